# shellcheck shell=sh
# SPDX-License-Identifier: GPL-2.0-only
# C is offered images that it must not resume: the good one on /dev/vda with one thing wrong at a time
# (and mended again), and those on further disks. At last the good one is loaded once more.
. /lib/guest/refuse.sh

good=/dev/vda

# flip OFFSET: turn one bit of the good image, or back.
flip() {
	_byte=$(dd if=$good bs=1 skip=$(($1)) count=1 2>/dev/null | od -An -tu1 | tr -d ' ')
	# shellcheck disable=SC2059 # the byte in octal
	printf "\\$(printf %03o $((_byte ^ 16)))" |
		dd of=$good bs=1 seek=$(($1)) conv=notrunc,fsync 2>/dev/null
}

refuse_load() {
	_what=$1
	_reason=$2
	shift 2
	refuse "$_what" "$_reason" kexec --load-resume-image "$@"
	[ "$(grep -c -v 'restoring\|may take' /run/refused.out)" = 1 ] ||
		failed "$_what: the reason is not one line"
}

# refuse_flipped NAME WORDS OFFSET [OPTION]...
refuse_flipped() {
	_name_of_flip=$1
	_words_of_flip=$2
	_at=$3
	shift 3
	flip "$_at"
	refuse_load "one bit: $_name_of_flip" "$_words_of_flip" "$@" $good
	flip "$_at"
}

run_scenario() {
	eval "$(parameter offsets | tr ',' ' ')" # header_bytes= h= data= trailer= note=
	refuse_damaged
	refuse_states
	refuse_others
	accept "the good image, the classic way" kexec --load-resume-image --restore=classic $good
	accept "the good image, by two hops" kexec --load-resume-image --restore=two-hop $good
	refuse_load "the direct way in a kernel that has all memory" "this kernel itself uses" --restore=direct $good
	kexec --image-info $good | sed 's/^/info: /'
	kexec --image-info $good | grep -q '^resumable: yes' || failed "the good image is no longer good"
	if [ "$(parameter last)" = data ]; then
		flip "${data:?}"
	fi
	[ "$failures" = 0 ] || fail "$failures checks failed"
	say "c.leaving"
	kexec -e > /run/exec.out 2>&1
	fail "c: kexec -e: $(tail -n 1 /run/exec.out)"
}

refuse_damaged() {
	refuse_flipped "ELF magic" "not an ELF file" 1
	refuse_flipped "machine" damaged 18
	refuse_flipped "entry" "entry\|damaged" 25
	refuse_flipped "number of program headers" damaged 56
	refuse_flipped "program header, address" damaged $((64 + 56 + 26))
	refuse_flipped "program header, offset" damaged $((64 + 2 * 56 + 10))
	refuse_flipped "program header, size" "damaged\|PT_LOAD" $((64 + 56 + 35))
	refuse_flipped "note, owner" "where to enter" $((${note:?} + 12))
	_way_back=$(kexec --image-info $good | sed -n 's/^entry: *//p')
	refuse_flipped "note, owner, an entry given" damaged $((note + 12)) "--entry=$_way_back"
	refuse_flipped "note, way back" damaged $((note + 20 + 8 + 8))
	refuse_flipped "note, lent memory" damaged $((note + 20 + 8 + 96 + 9))
	refuse_flipped "note, end" damaged $((note + 20 + 490))
	refuse_flipped "state" writing $((${header_bytes:?} - 4096 + 20))
	refuse_flipped "hand-off area, pad" damaged $((${h:?} + 4096 + 4096 + 2048))
	refuse_flipped "table of checksums" damaged $((${trailer:?} + 300))
	refuse_flipped "data" damaged "${data:?}" --restore=classic
	refuse_flipped "hand-off area" damaged $((h + 100)) --restore=classic
}

refuse_states() {
	flip $((header_bytes - 4096 + 20))
	refuse_flipped "state, both" "both state slots" $((header_bytes - 8192 + 20))
	flip $((header_bytes - 4096 + 20))
	kdump -q -i $good -o /dev/vdb > /run/kdump.out 2>&1 &
	_pid=$!
	until kexec --image-info /dev/vdb 2>&1 | grep -q '^state: *writing'; do
		kill -0 $_pid || break
	done
	kill -9 $_pid
	wait $_pid 2>/dev/null
	refuse_load "a save that was stopped" writing /dev/vdb
	refuse "a disk too small for the save" "too small" kdump -i $good -o /dev/vdc
	accept "a copy of an image" kdump -q -i $good -o /dev/vdd
	accept "giving it up" kexec --image-info --discard /dev/vdd
	refuse_load "an image given up" "given up" /dev/vdd
}

refuse_others() {
	for _disk in e f g h i j k l m; do
		refuse_load "truncated, $((($(blockdev --getsize64 /dev/vd$_disk) + 524288) / 1048576)) MB" \
			"not complete" /dev/vd$_disk
	done
	dd if=/dev/urandom of=/tmp/garbage bs=1k count=64 2>/dev/null
	refuse_load "garbage" "not an ELF file" /tmp/garbage
	refuse "garbage, by --load" "file type" kexec -l /tmp/garbage
	refuse_load "an empty disk" "not an ELF file" /dev/vdc
	refuse_load "a program" "not a core" /sbin/kexec
	: > /tmp/empty
	refuse_load "an empty file" "cut short" /tmp/empty
	refuse_load "nothing" 'nowhere' /tmp/nowhere
}
