# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-only
# Guests about crash kernels, and what keeps a kernel from being loaded. Where the core is kept, the kernel that
# was loaded for it copies /proc/vmcore to a disk, and the host looks at it with the programs people use. Knows
# nothing of how a machine is run (lib.sh, stages.sh).
# shellcheck disable=SC2154,SC2034,SC2054 # variables of those two; commas of QEMU

crash_guests() {
	cat <<-END
	dump-x86_64 x86_64 640 2 max steps=crash crashkernel=160M
	END
	[ "$1" = yes ] || return 0
	cat <<-END
	crash-hotplug x86_64-debian-6.12 1024 2 max scenario=crash crashkernel=256M call=-c options=--hotplug hotplug=yes
	lockdown-debian x86_64-debian 1024 1 max scenario=refused-load reason=file-lockdown lockdown=integrity crashkernel=256M
	limits-debian x86_64-debian-6.12 1024 1 max scenario=refused-load reason=limits crashkernel=256M
	dump-i386 i386 384 2 max steps=crash crashkernel=112M options=--elf32-core-headers class=ELF32
	dump-file-x86_64 x86_64 640 1 max steps=crash crashkernel=160M call=-s low=no
	dump-high-x86_64 x86_64 6144 1 max steps=crash crashkernel=256M,high
	dump-i386-pae i386-pae 384 1 max steps=crash crashkernel=112M class=ELF64
	END
}

# steps=crash: one machine; its memory is taken right before it crashes.
stages_crash() {
	local core=$stages_base.vda bytes
	stages_disk a $((stages_megabytes + 64))
	stages_monitor || return 1
	vm_tick=stages_look
	stage 1 "scenario=crash pause=a b=dump $stages_parameters" || return 1
	vm_tick=:
	bytes=$(vm_value "$stages_base.1" b.dumped)
	[ -n "$bytes" ] && truncate -s "$bytes" "$core" || stages_fail 1 "no core was copied" || return 1
	crash_class "$core" && crash_memory "$core" && crash_readers "$core" || return 1
	rm -f "$core.small"
	vm_why=ok
}

crash_ok() {
	echo "ok vm $stages_name: $*"
}

crash_class() {
	local class
	class=$(stages_parameter class ELF64)
	readelf -h "$1" 2>&1 | grep "Class: *$class" > /dev/null || stages_fail 1 "the core is not $class"
}

# What is in the core is the memory that the host saw: low memory, which the crash kernel overwrites and
# purgatory copied, to the byte; the rest but for what the kernel still did.
crash_memory() {
	local memory=$stages_base.1.memory same
	[ -s "$memory" ] || stages_fail 1 "the machine's memory was not taken" || return 1
	if [ "$(stages_parameter low yes)" = yes ]; then # kexec_file_load leaves it out
		same=$(crash_low_memory "$1" "$memory") || stages_fail 1 "low memory: $same" || return 1
		crash_ok "$same"
	fi
	same=$(image_lent_like_memory "$1" "$memory" 0x100000 $((stages_megabytes * 1048576))) ||
		stages_fail 1 "memory: $same" || return 1
	crash_ok "${same/the jump/the crash}"
}

crash_low_memory() {
	local offset address bytes in_memory total=0
	while read -r offset address bytes in_memory; do
		[ $((address)) -lt $((0xa0000)) ] || continue
		cmp -n $((bytes)) -i $((offset)):$((address)) "$1" "$2" || return 1
		! cmp -s -n $((bytes)) -i $((offset)):0 "$1" /dev/zero || { echo "is all zeros" && return 1; }
		total=$((total + in_memory))
	done < <(image_loads "$1")
	[ $total -ge $((500 * 1024)) ] || { echo "$total bytes in the core" && return 1; }
	echo "$((total / 1024)) KB of low memory are as they were"
}

# crash_wants WHAT TEXT WORDS...: each of the words must be in the text.
crash_wants() {
	local what=$1 text=$2 word
	shift 2
	for word in "$@"; do
		[[ $text == *"$word"* ]] || stages_fail 1 "$what: no '$word': $(tail -n 3 <<< "$text" | tr '\n' ' ')" || return 1
	done
}

crash_readers() {
	local core=$1 kernel out
	kernel=$(vm_kernel "$stages_flavour") || return 1
	out=$("$vm_build/$(vm_arch "$stages_flavour")/kdump/vmcore-dmesg" "$core" 2>&1)
	crash_wants vmcore-dmesg "$out" "words of the kernel that crashed" "sysrq: Trigger a crash" || return 1
	crash_ok "vmcore-dmesg prints $(wc -l <<< "$out") lines"
	out=$(image_gdb "$core" "$kernel")
	crash_wants gdb "$out" "Linux version 6.1" "task 1 init" || return 1
	crash_ok "gdb finds banner and $(grep -c '^task' <<< "$out") processes"
	crash_makedumpfile "$core" && crash_crash "$core" "$kernel" "the core" &&
		crash_crash "$core.small" "$kernel" "what makedumpfile made"
}

# Without pages that nobody would look at.
crash_makedumpfile() {
	local out
	rm -f "$1.small"
	out=$(image_reader "$(vm_arch "$stages_flavour")" makedumpfile -c -d 31 "$1" "$1.small" 2>&1) ||
		stages_fail 1 "makedumpfile: $(tail -n 3 <<< "$out" | tr '\n' ' ')" || return 1
	crash_ok "makedumpfile: $(($(stat -c %s "$1") >> 20)) MB become $(($(stat -c %s "$1.small") >> 20))"
}

# crash_crash CORE KERNEL WHAT: the stack of the processor that crashed is found by the registers in its note.
# The 32-bit crash leaves the innermost calls out.
crash_crash() {
	local out arch innermost=machine_kexec
	arch=$(vm_arch "$stages_flavour")
	[ "$arch" != i386 ] || innermost=panic
	out=$(image_crash "$1" "$2" "$arch" bt)
	crash_wants crash "$out" "PANIC: " "] $innermost at " "] write_sysrq_trigger at " \
		"words of the kernel that crashed" || return 1
	crash_ok "crash reads $3: $(sed -n 's/^ *PANIC: //p' <<< "$out" | head -n 1)"
}
