# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-only
# Guests that outlive their machine: several QEMU processes, one after the other, on the same disks. Each
# stages_KIND function runs one guest from power-on to its last power-off, and sets vm_why. Knows what
# comes after what; lib.sh knows how one machine is run.
#
# Files: $vm_out/NAME.STAGE.* as in lib.sh, disks $vm_out/NAME.vda and so on.

# machine NAME FLAVOUR MEGABYTES CPUS CPU PARAMETERS: what the stages of a guest have in common.
stages_machine() {
	stages_name=$1
	stages_flavour=$2
	stages_megabytes=$3
	stages_cpus=$4
	stages_cpu=$5
	stages_parameters=$6
	stages_base=$vm_out/$1
	stages_disks=()
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

# stage NUMBER PARAMETERS: one machine, from power-on to power-off.
stage() {
	local file
	vm_devices=()
	for file in "${stages_disks[@]}"; do
		vm_devices+=(-drive "file=$file,format=raw,if=virtio,cache=writeback")
	done
	vm_devices+=("${stages_devices[@]}")
	vm_boot "$stages_name.$1" "$stages_flavour" "$stages_megabytes" "$stages_cpus" "$stages_cpu" "$2" && return
	vm_why="stage $1: $vm_why"
	stages_failed=$1
	return 1
}

# said STAGE WORDS: whether a guest said a line that begins so.
said() {
	tr -d '\r' < "$stages_base.$1.results" | grep -q "^@@ $2"
}

# must_say STAGE WORDS
must_say() {
	said "$1" "$2" && return
	vm_why="stage $1: never said '$2'"
	stages_failed=$1
	return 1
}

# A is saved and resumed, cycles= times.
stages_hibernate() {
	local cycles cycle extra
	cycles=$(stages_parameter cycles 1)
	extra=$(stages_parameter fs)
	stages_disk a $((stages_megabytes + 64)) ${extra:+ext4} || { vm_why="no disk" && return 1; }
	stage 1 "scenario=hibernate $stages_parameters" && must_say 1 "a.leaving 1" || return 1
	for ((cycle = 1; cycle <= cycles; cycle++)); do
		stage $((cycle + 1)) "scenario=resume $stages_parameters" &&
			must_say $((cycle + 1)) "a.back $cycle" || return 1
	done
	vm_why=ok
}

# What is worth reading of a guest that passed.
stages_figures() {
	local file
	for file in "$stages_base".[0-9]*.results; do
		tr -d '\r' < "$file" | sed -nE 's/^@@ (filled|b\.saved|c\.way|c\.load_ms|clocks) (.*)/    \1 \2/p'
	done
}

stages_done() {
	rm -f "$stages_base".vd?
}
