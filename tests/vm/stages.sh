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
	stages_views=()
	stages_devices=()
	stages_failed=
	vm_tick=:
	mkdir -p "$vm_out"
	rm -f "$stages_base".*
}

# stages_parameter NAME [DEFAULT]: of the guest's line.
stages_parameter() {
	local word value=${2:-}
	for word in $stages_parameters; do
		[[ $word != "$1="* ]] || value=${word#*=}
	done
	echo "$value"
}

# stages_disk LETTER MEGABYTES [ext4]: a new disk, all zeros, or a file system.
stages_disk() {
	local file=$stages_base.vd$1
	rm -f "$file"
	truncate -s "$2M" "$file"
	[ "${3:-}" != ext4 ] || mkfs.ext4 -q -F "$file" || return 1
	stages_disks+=("$file")
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
	tr -d '\r' < "$stages_base.$1.results" | grep -q "^@@ $2"
}

must_say() {
	said "$1" "$2" || stages_fail "$1" "never said '$2'"
}

# A is saved: stage 1 of most guests.
stages_save() {
	local fs
	fs=$(stages_parameter fs)
	stages_disk a $((stages_megabytes + 64)) ${fs:+ext4} || stages_fail 1 "no disk" || return 1
	stage 1 "scenario=hibernate $stages_parameters ${1:-}" && must_say 1 "a.leaving 1"
}

# A is saved and resumed, cycles= times.
stages_hibernate() {
	local cycles cycle
	cycles=$(stages_parameter cycles 1)
	stages_save || return 1
	for ((cycle = 1; cycle <= cycles; cycle++)); do
		stage $((cycle + 1)) "scenario=$(stages_parameter by resume) $stages_parameters" &&
			must_say $((cycle + 1)) "a.back $cycle" || return 1
		stages_check_way $((cycle + 1)) || return 1
	done
	vm_why=ok
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
	local fifo=$stages_base.monitor
	mkfifo "$fifo.in" "$fifo.out" || return 1
	stages_devices=(-chardev "pipe,id=monitor,path=$fifo" -mon chardev=monitor,mode=readline)
	vm_tick=stages_look
	stages_save pause=yes || return 1
	stages_compare 1 b.pause "the memory that B saved" || return 1
	stage 2 "scenario=resume pause=yes $(stages_confined) $stages_parameters" &&
		must_say 2 "a.back 1" && stages_check_way 2 || return 1
	stages_compare 2 c.pause "the memory that C restored" || return 1
	vm_why=ok
}

# stages_look BASE PID: on "@@ ... pause", take the machine's memory. QEMU answers on the other pipe, which is
# read so that it does not fill.
stages_look() {
	local word
	word=$(tr -d '\r' < "$1.results" | sed -nE 's/^@@ ([bc]\.pause)$/\1/p' | tail -n 1)
	[ -n "$word" ] && [ ! -e "$1.$word" ] || return 0
	rm -f "$1.memory"
	{
		echo stop
		echo "pmemsave 0 $((stages_megabytes * 1048576)) \"$1.memory\""
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
	if tr -d '\r' < "$base.results" | sed -n "/^@@ $2$/,\$p" | grep -q "^@@ ${2}_over" &&
		image_same_as_memory "$stages_base.vda" "$base.memory" > "$base.compared"; then
		echo "ok vm $stages_name: $3 is the image, byte by byte: $(tail -n 1 "$base.compared")"
		rm -f "$base.memory"
		return 0
	fi
	stages_fail "$1" "$3: $(tail -n 1 "$base.compared")"
}

# Parameters that keep a kernel inside what A lent: the rest of the RAM is reserved. The page below 1 MiB gets
# another type, or the kernel joins the firmware's reserved memory there with ours and then locks both.
stages_confined() {
	local from to at=$((0x100000)) end=$((stages_megabytes * 1048576 - 0x20000)) words="memmap=4K#1020K"
	while read -r from && read -r to; do
		[ $((from)) -ge $((0x100000)) ] || continue
		words+=" memmap=$((from - at))\$$at"
		at=$((to))
	done < <(stages_lent 1)
	echo "$words memmap=$((end - at))\$$at"
}

# stages_lent STAGE: start and end of what A lent, one number on a line.
stages_lent() {
	vm_value "$stages_base.$1" lent | grep -oE '"(start|end)": *"?(0x)?[0-9a-f]+' | sed 's/.*[: "]//'
}

# Images that must be refused, then the good one is resumed, and then it is spent.
stages_refusals() {
	local bytes tenth view
	stages_save || return 1
	bytes=$(image_bytes "$stages_base.vda")
	stages_disk b $((stages_megabytes + 64))
	stages_disk c 16
	stages_disk d $((stages_megabytes + 64))
	cp --sparse=always "$stages_base.vda" "$stages_base.image"
	for tenth in 1 2 3 4 5 6 7 8 9; do
		view=$((bytes / 10 * tenth / 4096 * 4096))
		stages_views+=("$view $stages_base.image")
	done
	stage 2 "scenario=refuse-images last=data offsets=$(image_offsets "$stages_base.vda") $stages_parameters" &&
		stages_fail 2 "went on, although its data is damaged" && return 1
	# C refused all it should; then it was told to jump with one bit of the data wrong, and the second kernel
	# found that.
	said 2 "c.leaving" || return 1
	grep -aq 'nothing was resumed' "$stages_base.2.console" ||
		stages_fail 2 "the second kernel did not refuse" || return 1
	echo "ok vm $stages_name: one bit of the data: refused by the second kernel: $(
		grep -a -B 1 'nothing was resumed' "$stages_base.2.console" | head -n 1 | tr -d '\r')"
	stages_refused_elsewhere || return 1
	image_flip "$stages_base.vda" "$(image_offset "$stages_base.vda" data)"
	stages_views=()
	stage 6 "scenario=resume $stages_parameters" && must_say 6 "a.back 1" || return 1
	stage 7 "scenario=refuse-image name=resumed_twice words=resumed $stages_parameters" || return 1
	rm -f "$stages_base.image"
	vm_why=ok
}

# On another machine.
stages_refused_elsewhere() {
	local megabytes=$stages_megabytes
	stages_views=()
	stages_megabytes=$((megabytes + 128))
	stage 3 "scenario=refuse-image name=more_memory words=memory $stages_parameters" || return 1
	stages_megabytes=$((megabytes - 64))
	stage 4 "scenario=refuse-image name=less_memory words=memory $stages_parameters" || return 1
	stages_megabytes=$megabytes
	stages_other_processor
}

# A kernel with PAE cannot be resumed where there is none.
stages_other_processor() {
	local flavour=$stages_flavour cpu=$stages_cpu result
	[ "$flavour" = i386-pae ] || return 0
	stages_flavour=i386
	stages_cpu=qemu32,-pae
	stage 5 "scenario=refuse-image name=no_PAE words=PAE $stages_parameters"
	result=$?
	stages_flavour=$flavour
	stages_cpu=$cpu
	return $result
}

# What is worth reading of a guest that passed.
stages_figures() {
	local file
	for file in "$stages_base".[0-9]*.results; do
		tr -d '\r' < "$file" | sed -nE 's/^@@ (filled|b\.saved|c\.way|c\.load_ms|clocks) (.*)/    \1 \2/p'
	done
}

stages_done() {
	rm -f "$stages_base".vd? "$stages_base".monitor.* "$stages_base".*.memory "$stages_base.image"
}
