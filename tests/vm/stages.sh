# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-only
# Guests that outlive their machine: several QEMU processes, one after the other, on the same disks. Each
# stages_KIND function runs one guest from power-on to its last power-off, prints lines "ok ...", "FAIL
# ..." for single checks, and sets vm_why. Knows what comes after what; lib.sh knows how one machine is run,
# image.sh what is in an image.
#
# Files: $vm_out/NAME.STAGE.* as in lib.sh, disks $vm_out/NAME.vda and so on.

# shellcheck source=tests/vm/image.sh
. "$vm_here/image.sh"

# stages_guests LONG: the guests, as in run: name, kernel, megabytes, CPUs, CPU, parameters. steps=KIND names the
# function; cycles= how often A is saved and resumed; a= further kernel parameters of A.
stages_guests() {
	local flavour megabytes cpus
	cat <<-END
	hibernate-3072-i386 i386 3072 2 max steps=hibernate
	hibernate-512-x86_64 x86_64 512 2 max steps=hibernate view=both
	hibernate-1024-i386-pae i386-pae 1024 2 qemu32 steps=hibernate
	hibernate-256-i386 i386 256 1 max steps=hibernate cycles=2
	hibernate-file-i386-pae i386-pae 256 1 max steps=hibernate fs=/dev/vda target=/mnt/image marks=no
	hibernate-2008-i386 i386 512 1 qemu32 steps=hibernate by=resume-2008 b=2008 fs=/dev/vda marks=no
	hibernate-direct-i386 i386 256 1 max steps=direct expect=direct
	hibernate-classic-i386-pae i386-pae 512 2 max steps=hibernate a=mem=200M restore=classic expect=classic view=both
	hibernate-refusals-i386 i386 512 1 max steps=refusals a=mem=200M
	foreign-pae i386-pae 256 1 qemu32 steps=foreign other=i386 othercpu=qemu32,-pae words=PAE
	foreign-i386 i386 256 1 max steps=foreign other=x86_64 words=of_a_kernel_for_i386
	foreign-x86_64 x86_64 256 1 max steps=foreign other=i386 words=this_one_is_for_i386
	END
	if [ "$1" != yes ]; then
		echo "hibernate-powercut-i386 i386 256 1 max steps=powercut cuts=3"
		echo "snapshots-i386 i386 256 1 max steps=snapshots rounds=3"
		echo "snapshots-x86_64 x86_64 512 2 max steps=snapshots rounds=1"
		return
	fi
	stages_long_x86_64
	for megabytes in 3072 1024 256; do
		for flavour in i386 i386-pae; do
			for cpus in 1 2; do
				echo "hibernate5-$megabytes-$flavour-$cpus $flavour $megabytes $cpus max steps=hibernate cycles=5"
			done
		done
	done
	for flavour in i386 i386-pae; do
		echo "hibernate-powercuts-$flavour $flavour 256 1 max steps=powercut cuts=20"
		echo "snapshots10-$flavour $flavour 256 2 max steps=snapshots rounds=10"
		echo "hibernate-2008-1024-$flavour $flavour 1024 2 max steps=hibernate by=resume-2008 b=2008 fs=/dev/vda marks=no"
		echo "hibernate-direct-1024-$flavour $flavour 1024 2 max steps=direct expect=direct"
	done
	echo "hibernate-by-pae-i386 i386 512 2 max steps=hibernate c=i386-pae"
	echo "hibernate-by-i386-pae i386-pae 512 2 max steps=hibernate c=i386"
	echo "hibernate-refusals-i386-pae i386-pae 512 2 max steps=refusals a=mem=200M"
	echo "hibernate-classic-i386 i386 512 1 max steps=hibernate a=mem=200M restore=classic expect=classic"
	echo "hibernate-file-i386 i386 1024 2 max steps=hibernate fs=/dev/vda target=/mnt/image marks=no"
	echo "hibernate-least-i386 i386 256 1 max steps=hibernate options=--mem-min=0x2000000,--mem-max=0x4400000"
}

# The same for x86_64, where the CPU max has five-level page tables unless told not to.
stages_long_x86_64() {
	local megabytes cpus
	cat <<-END
	hibernate-6144-x86_64 x86_64 6144 2 max steps=hibernate used=90
	hibernate-direct-6144-x86_64 x86_64 6144 2 max,la57=off steps=direct expect=direct used=85
	hibernate-6144-x86_64-qemu64 x86_64 6144 1 qemu64 steps=hibernate used=80
	hibernate-above-x86_64 x86_64 6144 2 max steps=hibernate used=50 text=high
	END
	for megabytes in 2048 512; do
		for cpus in 1 2; do
			echo "hibernate5-$megabytes-x86_64-$cpus x86_64 $megabytes $cpus max steps=hibernate cycles=5"
		done
	done
	cat <<-END
	hibernate-2048-x86_64-la57=off x86_64 2048 2 max,la57=off steps=hibernate
	hibernate-512-x86_64-qemu64 x86_64 512 1 qemu64 steps=hibernate cycles=2
	hibernate-direct-2048-x86_64 x86_64 2048 2 max steps=direct expect=direct
	hibernate-2008-x86_64 x86_64 1024 2 max steps=hibernate by=resume-2008 b=2008 fs=/dev/vda marks=no
	hibernate-classic-x86_64 x86_64 1024 1 max steps=hibernate a=mem=400M restore=classic expect=classic view=both
	hibernate-file-x86_64 x86_64 1024 2 max steps=hibernate fs=/dev/vda target=/mnt/image marks=no
	hibernate-refusals-x86_64 x86_64 1024 2 max steps=refusals a=mem=400M
	foreign-la57-x86_64 x86_64 512 2 max steps=foreign other=x86_64 othercpu=max,la57=off words=five-level
	foreign-no-la57-x86_64 x86_64 512 1 max,la57=off steps=foreign other=x86_64 othercpu=max words=five-level
	hibernate-powercuts-x86_64 x86_64 512 1 max steps=powercut cuts=20
	snapshots10-x86_64 x86_64 512 2 max,la57=off steps=snapshots rounds=10
	hibernate-x86_64-6.12 x86_64-6.12 512 2 max steps=hibernate
	hibernate-i386-6.12 i386-6.12 512 2 max steps=hibernate
	hibernate-x86_64-cloud x86_64-cloud 1024 2 max steps=hibernate
	hibernate-builds-x86_64 x86_64+x86_64-other 512 2 max steps=hibernate c=x86_64-6.12
	hibernate-older-x86_64 x86_64-6.12+x86_64 512 2 max steps=hibernate c=x86_64-other
	hibernate-efi-x86_64 x86_64 1024 2 max steps=hibernate firmware=efi
	snapshots-x86_64-6.12 x86_64-6.12 512 2 max steps=snapshots rounds=2
	snapshots-x86_64-other x86_64-other 512 2 max steps=snapshots rounds=2
	END
}

# stages_run NAME FLAVOUR MEGABYTES CPUS CPU PARAMETERS...: run one guest, print its lines.
stages_run() {
	local started=$SECONDS kind stage
	stages_machine "$1" "$2" "$3" "$4" "$5" "${*:6}"
	kind=$(stages_parameter steps)
	if "stages_$kind"; then
		stages_said
		echo "ok vm $1: $(stages_figures), $((SECONDS - started)) s"
		[ "$keep" = yes ] || stages_done
		return
	fi
	stages_said
	echo "FAIL vm $1: $vm_why"
	stage=${stages_failed:-1}
	vm_show_failure "$1.$stage"
	ls "$stages_base".* | sed 's/^/    kept: /'
}

# What single checks of the stages said.
stages_said() {
	cat "$stages_base".[0-9]*.results 2>/dev/null | tr -d '\r' |
		sed -nE "s/^@@ (ok|FAIL|SKIP) (.*)/\1 vm $stages_name: \2/p"
}

# stages_machine NAME FLAVOUR MEGABYTES CPUS CPU PARAMETERS: what the stages of a guest have in common.
stages_machine() {
	stages_name=$1
	stages_flavour=$2
	stages_megabytes=$3
	stages_cpus=$4
	stages_cpu=$5
	stages_parameters=$6
	stages_base=$vm_out/$1
	stages_disks=()
	stages_more_disks=()
	stages_views=()
	stages_devices=()
	stages_failed=
	vm_tick=:
	mkdir -p "$vm_out"
	rm -f "$stages_base".*
}

# A monitor that the host can ask, for the stages that follow.
stages_monitor() {
	vm_monitor "$stages_base" && stages_devices=("${vm_monitored[@]}")
}

# stages_parameter NAME [DEFAULT]: of the guest's line.
stages_parameter() {
	vm_parameter "$1" "$stages_parameters" "${2:-}"
}

# stages_disk LETTER MEGABYTES [ext4]: a new disk, all zeros, or a file system.
stages_disk() {
	local file=$stages_base.vd$1
	rm -f "$file"
	truncate -s "$2M" "$file"
	[ "${3:-}" != ext4 ] || mkfs.ext4 -q -F "$file" || return 1
	stages_disks+=("$file" "${stages_more_disks[@]}")
}

# stages_options: vm_devices, from the disks and from the views, which show the first bytes of a file.
stages_options() {
	local file number=0 view
	vm_devices=()
	for file in "${stages_disks[@]}"; do
		vm_devices+=(-drive "if=none,id=disk$number,file=$file,format=raw,cache=writeback"
			-device "virtio-blk-pci,drive=disk$number")
		number=$((number + 1))
	done
	for view in "${stages_views[@]}"; do
		file=${view#* }
		vm_devices+=(-blockdev "driver=raw,node-name=disk$number,size=${view%% *},read-only=on,$(
			)file.driver=file,file.locking=off,file.filename=${file}"
			-device "virtio-blk-pci,drive=disk$number")
		number=$((number + 1))
	done
	vm_devices+=("${stages_devices[@]}")
}

# stage NUMBER PARAMETERS: one machine, from power-on to power-off.
stage() {
	stages_options
	vm_boot "$stages_name.$1" "$stages_flavour" "$stages_megabytes" "$stages_cpus" "$stages_cpu" "$2" && return
	stages_fail "$1" "$vm_why"
}

# stages_fail STAGE WHY
stages_fail() {
	vm_why="stage $1: $2"
	stages_failed=$1
	return 1
}

# said STAGE WORDS: whether a guest said a line that begins so.
said() {
	tr -d '\r' < "$stages_base.$1.results" | grep "^@@ $2" > /dev/null
}

must_say() {
	said "$1" "$2" || stages_fail "$1" "never said '$2'"
}

# A is saved: stage 1 of most guests.
stages_save() {
	local fs
	fs=$(stages_parameter fs)
	stages_disk a $((stages_megabytes + 64)) ${fs:+ext4} || stages_fail 1 "no disk" || return 1
	stage 1 "scenario=hibernate $stages_parameters $(stages_parameter a | tr , ' ') ${1:-}" &&
		must_say 1 "a.leaving 1"
}

# A is saved and resumed, cycles= times; by a kernel of the flavour c=.
stages_hibernate() {
	local cycles cycle
	cycles=$(stages_parameter cycles 1)
	stages_save || return 1
	stages_flavour=$(stages_parameter c "$stages_flavour")
	for ((cycle = 1; cycle <= cycles; cycle++)); do
		stage $((cycle + 1)) "scenario=$(stages_parameter by resume) $stages_parameters" &&
			must_say $((cycle + 1)) "a.back $cycle" || return 1
		stages_check_way $((cycle + 1)) || return 1
	done
	stages_check_share || return 1
	vm_why=ok
}

# An image holds more than three quarters of the machine's memory, unless A uses only a part of it.
stages_check_share() {
	local mib
	[ -z "$(stages_parameter a)" ] && mib=$(stages_saved_mib) && [ -n "$mib" ] || return 0
	[ $((mib * 100)) -gt $((stages_megabytes * 75)) ] ||
		stages_fail 1 "the image holds $mib of $stages_megabytes MB: not more than 75 %"
}

stages_saved_mib() {
	vm_value "$stages_base.1" b.saved | sed -nE 's/.*kdump: saved ([0-9]+) MiB.*/\1/p'
}

# C must have taken the way that was expected, if one was.
stages_check_way() {
	local expected taken
	expected=$(stages_parameter expect)
	taken=$(vm_value "$stages_base.$1" c.way)
	[ -z "$expected" ] || [ "$expected" = "$taken" ] || stages_fail "$1" "restored the $taken way, not the $expected way"
}

# C is booted into what A lent and restores directly; what it put into memory, and before that what B saved,
# is compared with what QEMU sees in the machine.
stages_direct() {
	stages_monitor || return 1
	vm_tick=stages_look
	stages_save pause=b || return 1
	stages_compare 1 b.pause "the memory that B saved" || return 1
	stage 2 "scenario=resume pause=c $(stages_confined) $stages_parameters" &&
		must_say 2 "a.back 1" && stages_check_way 2 || return 1
	stages_compare 2 c.pause "the memory that C restored" || return 1
	vm_why=ok
}

# Bytes of the machine's memory below 4 GiB, where QEMU's pc leaves room for devices, and above.
stages_low_memory() {
	local bytes=$((stages_megabytes * 1048576))
	[ $bytes -lt $((0xe0000000)) ] || bytes=$((0xc0000000))
	echo $bytes
}

stages_high_memory() {
	echo $((stages_megabytes * 1048576 - $(stages_low_memory)))
}

# stages_look BASE PID: on "@@ ... pause", take the machine's memory. QEMU answers on the other pipe, which is
# read so that it does not fill.
stages_look() {
	local word
	word=$(tr -d '\r' < "$1.results" | sed -nE 's/^@@ ([abc]\.pause)$/\1/p' | tail -n 1)
	[ -n "$word" ] && [ ! -e "$1.$word" ] || return 0
	rm -f "$1.memory"
	{
		echo stop
		echo "pmemsave 0 $(stages_low_memory) \"$1.memory\""
		[ "$(stages_high_memory)" = 0 ] || echo "pmemsave 0x100000000 $(stages_high_memory) \"$1.memory.high\""
		echo "pmemsave 0 16 \"$1.$word\""
	} > "$stages_base.monitor.in"
	timeout 300 sh -c 'while [ ! -s "$1" ]; do sleep 0.1; done' sh "$1.$word"
	echo cont > "$stages_base.monitor.in"
	timeout 1 cat "$stages_base.monitor.out" > /dev/null
}

# stages_compare STAGE WORD WHAT
stages_compare() {
	local base=$stages_base.$1
	[ -s "$base.$2" ] || stages_fail "$1" "the machine's memory was not taken" || return 1
	if tr -d '\r' < "$base.results" | sed -n "/^@@ $2$/,\$p" | grep "^@@ ${2}_over" > /dev/null &&
		image_same_as_memory "$stages_base.vda" "$base.memory" > "$base.compared"; then
		echo "ok vm $stages_name: $3 is the image, byte by byte: $(tail -n 1 "$base.compared")"
		rm -f "$base".memory{,.high}
		return 0
	fi
	stages_fail "$1" "$3: $(tail -n 1 "$base.compared")"
}

# Parameters that keep a kernel inside what A lent: the rest of the RAM is reserved. The page below 1 MiB gets
# another type, or the kernel joins the firmware's reserved memory there with ours and then locks both. In so little
# memory the initramfs may fill more than the half that a root in tmpfs is granted.
stages_confined() {
	local from to at=$((0x100000)) end=$(($(stages_low_memory) - 0x20000)) words="rootfstype=ramfs memmap=4K#1020K"
	while read -r from && read -r to; do
		[ $((from)) -ge $((0x100000)) ] || continue
		words+=" memmap=$((from - at))\$$at"
		at=$((to))
	done < <(stages_lent 1)
	words+=" memmap=$((end - at))\$$at"
	[ "$(stages_high_memory)" = 0 ] || words+=" memmap=$(stages_high_memory)\$0x100000000"
	echo "$words"
}

# stages_lent STAGE: start and end of what A lent, one number on a line.
stages_lent() {
	vm_value "$stages_base.$1" lent | grep -oE '"(start|end)": *"?(0x)?[0-9a-f]+' | sed 's/.*[: "]//'
}

# Snapshots of a running A, each on a disk of its own, and what the usual programs see in each.
stages_snapshots() {
	local rounds round letter
	rounds=$(stages_parameter rounds 3)
	for ((round = 1; round <= rounds; round++)); do
		letter=$(cut -c "$round" <<< abcdefghijkl)
		stages_disk "$letter" $((stages_megabytes + 64))
	done
	stages_monitor || return 1
	vm_tick=stages_look
	stage 1 "scenario=snapshot pause=a $stages_parameters" || return 1
	for ((round = 1; round <= rounds; round++)); do
		must_say 1 "a.snapped $round" || return 1
		stages_check_snapshot "$round" "$stages_base.vd$(cut -c "$round" <<< abcdefghijkl)" || return 1
	done
	stages_compare_lent || return 1
	vm_why=ok
}

# stages_check_snapshot ROUND IMAGE
stages_check_snapshot() {
	local words seen waiter boot_id
	words=$(tr -d '\r' < "$stages_base.1.results" | sed -n "s/^@@ a.snapshot $1 //p")
	waiter=$(sed -n 's/.*waiter \([0-9]*\).*/\1/p' <<< "$words")
	boot_id=$(sed -n 's/.*boot_id //p' <<< "$words")
	seen=$(image_debuggers "$2" "$stages_flavour" "snapshot-$1" "$waiter" "$boot_id") ||
		stages_fail 1 "snapshot $1: $(tail -n 1 <<< "$seen")" || return 1
	sed "s/^/ok vm $stages_name: snapshot $1: /" <<< "$seen"
	# Debian's crash and makedumpfile know kernels up to 6.1.
	[ "$1" = 1 ] && [[ $stages_flavour != *-6.12 ]] || return 0
	seen=$(image_readers "$2" "$stages_flavour" "snapshot-$1" "$waiter") ||
		stages_fail 1 "snapshot $1: $(tail -n 1 <<< "$seen")" || return 1
	sed "s/^/ok vm $stages_name: snapshot $1: /" <<< "$seen"
}

# What the debug view shows where B was is A's memory as it was a moment before the jump, but for the little
# that A still did.
stages_compare_lent() {
	local same
	[ -s "$stages_base.1.a.pause" ] || stages_fail 1 "the machine's memory was not taken" || return 1
	same=$(image_lent_like_memory "$stages_base.vda" "$stages_base.1.memory" $(stages_lent 1)) ||
		stages_fail 1 "the lent memory in the debug view: $same" || return 1
	echo "ok vm $stages_name: the lent memory in the debug view: $same"
}

# Images that must be refused, then the good one is resumed, and then it is spent. Every machine has the same
# number of disks: firmware takes memory for each.
stages_refusals() {
	local bytes tenth megabytes=$((stages_megabytes + 64)) copy=$stages_base.image
	truncate -s "${megabytes}M" "$copy" "$stages_base".vd{b,d}
	truncate -s 16M "$stages_base.vdc"
	for tenth in 1 2 3 4 5 6 7 8 9; do
		stages_views+=("$((tenth * 1048576)) $copy")
	done
	stages_more_disks=("$stages_base".vd{b,c,d})
	stages_save || return 1
	bytes=$(image_offset "$stages_base.vda" trailer)
	cp --sparse=always "$stages_base.vda" "$copy"
	stages_views=()
	for tenth in 1 2 3 4 5 6 7 8 9; do
		stages_views+=("$((bytes / 10 * tenth / 4096 * 4096)) $copy")
	done
	if stage 2 "scenario=refuse-images last=data offsets=$(image_offsets "$stages_base.vda") $stages_parameters"; then
		stages_fail 2 "went on, although its data is damaged" || return 1
	fi
	# C refused all it should, loaded the good image for two hops, and jumped after one bit of its data was
	# turned: the second kernel must find that.
	said 2 "c.leaving" || return 1
	grep -aq 'nothing was resumed' "$stages_base.2.console" ||
		stages_fail 2 "the second kernel did not refuse" || return 1
	echo "ok vm $stages_name: refused by the second kernel: $(
		tr '\r' '\n' < "$stages_base.2.console" | sed -n "s/^kexec: \('.*\)/\1/p" | tail -n 1)"
	stages_refused_elsewhere || return 1
	image_flip "$stages_base.vda" "$(image_offset "$stages_base.vda" data)"
	stage 6 "scenario=resume $stages_parameters" && must_say 6 "a.back 1" || return 1
	stage 7 "scenario=refuse-image name=resumed_twice words=resumed $stages_parameters" || return 1
	vm_why=ok
}

# On another machine.
stages_refused_elsewhere() {
	local megabytes=$stages_megabytes
	stages_megabytes=$((megabytes + 128))
	stage 3 "scenario=refuse-image name=more_memory words=memory $stages_parameters" || return 1
	stages_megabytes=$((megabytes - 64))
	stage 4 "scenario=refuse-image name=less_memory words=memory $stages_parameters" || return 1
	stages_megabytes=$megabytes
	stages_devices=(-machine q35)
	stage 5 "scenario=refuse-image name=another_map_of_as_much_memory words=laid_out $stages_parameters" || return 1
	stages_devices=()
}

# The image is refused by another kernel or on another processor, for the reason in words=, and then resumed.
stages_foreign() {
	local flavour=$stages_flavour cpu=$stages_cpu result
	stages_save || return 1
	stages_flavour=$(stages_parameter other)
	stages_cpu=$(stages_parameter othercpu "$cpu")
	stage 2 "scenario=refuse-image name=an_image_of_${flavour/_/-}_on_${stages_flavour/_/-},_$stages_cpu $stages_parameters"
	result=$?
	stages_flavour=$flavour
	stages_cpu=$cpu
	[ $result = 0 ] || return 1
	stage 3 "scenario=resume $stages_parameters" && must_say 3 "a.back 1" || return 1
	vm_why=ok
}

# QEMU is killed while B saves, cuts= times at random moments and once right after "ready"; each time on a disk
# of its own. B is brought to the point where it begins only once: the machine is stored there, and goes on
# from there each time.
stages_powercut() {
	local cut cuts saved ms
	cuts=$(stages_parameter cuts 3)
	stages_store_before_save || return 1
	stages_from_store 2 "$stages_base.cut0" 999999 || return 1
	said 2 "b.saved status 0" || stages_fail 2 "B did not save" || return 1
	ms=$(vm_value "$stages_base.2" b.saved | sed -nE 's/.* ([0-9]+) ms:.*/\1/p')
	for ((cut = 1; cut <= cuts; cut++)); do
		stages_from_store $((cut + 2)) "$stages_base.cut$cut" $((RANDOM * ms / 32768)) || return 1
		saved=$(stages_judge_cut "$stages_base.cut$cut") || stages_fail $((cut + 2)) "$saved" || return 1
		echo "ok vm $stages_name: power cut $cut: $saved"
	done
	stages_from_store $((cuts + 3)) "$stages_base.cut$cut" ready || return 1
	saved=$(stages_judge_cut "$stages_base.cut$cut") && [[ $saved == *ready* ]] ||
		stages_fail $((cuts + 3)) "after 'ready': $saved" || return 1
	echo "ok vm $stages_name: power cut after the save: $saved"
	stages_after_cuts $((cuts + 4)) || return 1
	vm_why=ok
}

# Stage 1 ends before the save, and its machine is in a file. (One that was stopped would stay so.)
stages_store_before_save() {
	stages_monitor || return 1
	vm_tick=stages_store
	stages_save pause=b.before
	vm_tick=:
	stages_devices=()
	[ -s "$stages_base.machine" ] && ! said 1 b.saving || stages_fail 1 "the machine was not stored ($vm_why)"
}

stages_store() {
	local machine=$stages_base.machine
	grep -q '^@@ b.before.pause' "$1.results" && [ ! -e "$machine" ] || return 0
	printf '%s\n' "migrate \"exec:cat > $machine.new && mv $machine.new $machine\"" > "$stages_base.monitor.in"
	timeout 120 sh -c 'until [ -e "$1" ]; do sleep 0.2; done' sh "$machine"
	echo quit > "$stages_base.monitor.in"
}

# stages_from_store STAGE DISK MOMENT: the stored machine goes on with a copy of its disk. The moment is in ms
# after B begins to save, or "ready": as soon as it has saved. Succeeds if it got that far.
stages_from_store() {
	local result
	cp --sparse=always "$stages_base.vda" "$2"
	stages_disks=("$2")
	stages_devices=(-incoming "exec:cat $stages_base.machine")
	stages_moment=$3
	stages_cut_armed=no
	vm_tick=stages_cut
	# The shell would tell of each process that was killed.
	stage "$1" "scenario=hibernate $stages_parameters" 2> /dev/null
	result=$?
	vm_tick=:
	stages_devices=()
	[ $result = 0 ] || [ $stages_cut_armed = yes ] || return 1
}

stages_cut() {
	local words='^@@ b.saving'
	[ "$stages_moment" != ready ] || words='^@@ b.saved'
	[ $stages_cut_armed = no ] && grep -q "$words" "$1.results" || return 0
	stages_cut_armed=yes
	case $stages_moment in
	ready) stages_kill "$2" ;;
	999999) ;;
	*) (sleep "$(printf '%d.%03d' $((stages_moment / 1000)) $((stages_moment % 1000)))" && stages_kill "$2") & ;;
	esac
}

# stages_kill PID: if it is still the machine of this guest.
stages_kill() {
	tr '\0' ' ' < "/proc/$1/cmdline" 2> /dev/null | grep -qF "file=$stages_base." && kill -9 "$1" 2> /dev/null
}

# stages_judge_cut DISK: "none", "writing", or "ready" and every checksum right; anything else fails.
stages_judge_cut() {
	local told state
	told=$("$vm_build/$(vm_arch "$stages_flavour")/kexec/kexec" --image-info --verify "$1" 2>&1)
	state=$(sed -n 's/^state: *\([a-z]*\) .*/\1/p' <<< "$told")
	case $state in
	'') echo "there is no image yet: $(tail -n 1 <<< "$told")" && grep -q 'not an ELF file' <<< "$told" ;;
	writing) echo "writing" && grep -q '^resumable: no' <<< "$told" ;;
	ready) echo "ready, every checksum is right" && grep -q '^data: *every checksum is right' <<< "$told" ;;
	*) echo "the image says: $told" && false ;;
	esac
}

# C refuses every image but those that are ready, and the last of them is resumed.
stages_after_cuts() {
	local file refused=
	stages_disks=()
	for file in "$stages_base".cut*; do
		stages_judge_cut "$file" | grep ^ready > /dev/null || refused+=" $file"
	done
	vm_why="stage $1: no cut left anything unfinished: $(for file in "$stages_base".cut*; do stages_judge_cut "$file"; done)"
	[ -n "$refused" ] || return 1
	set -- "$1" $refused
	stages_disks=("$2")
	stage "$1" "scenario=refuse-image name=a_save_that_was_cut_off words=. $stages_parameters" || return 1
	stages_disks=("$(ls -t "$stages_base".cut* | head -n 1)")
	stage $(($1 + 1)) "scenario=resume $stages_parameters" && must_say $(($1 + 1)) "a.back 1"
}

# What is worth reading of a guest that passed.
stages_figures() {
	cat "$stages_base".[0-9]*.results | tr -d '\r' | sed -nE \
		-e 's/^@@ filled .*, ([0-9]+) percent of ([0-9]+) MB.*/filled \1 % of \2 MB/p' \
		-e 's/^@@ b\.saved .*: kdump: (saved [0-9]+ MiB).* in ([0-9.]+ s),.*/\1 in \2/p' \
		-e 's/^@@ alive .*, (step [0-9]+ after [0-9]+ s)$/\1/p' \
		-e 's/^@@ c\.way (.*)/\1/p' -e 's/^@@ c\.load_ms ([0-9]+) anonymous ([0-9]+).*/\1 ms, \2 kB/p' |
		tr '\n' ';' | sed 's/;$//; s/;/; /g'
}

stages_done() {
	rm -f "$stages_base".vd? "$stages_base".monitor.* "$stages_base".*.memory* "$stages_base".{image,machine,cut*}
}
