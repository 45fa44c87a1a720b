# shellcheck shell=sh
# SPDX-License-Identifier: GPL-2.0-only
# A program called in physical mode, twice: it computes, tries SSE with the switch that purgatory uses,
# leaves a result where A can read it, and returns. payload/payload.h says what the result means.
result_address=1264 # 0x4f0

# Word N (of 32 bits) of the result, in decimal.
result_word() {
	dd if=/dev/mem bs=4 skip=$((result_address / 4 + $1)) count=1 2>/dev/null | od -An -tu4 | tr -d ' '
}

run_scenario() {
	data_fill 20
	counter_start
	kexec --load-preserve-context --args-none /bin/payload.elf > /run/load.out 2>&1 ||
		fail "load: $(tail -n 1 /run/load.out)"
	call_once 1
	call_once 2
	data_check_all || fail "the data changed"
	kexec -u || fail "the program cannot be unloaded"
	call_two_entries
}

# Each call says where the next one goes: the kernel's own idea of a jump test.
call_two_entries() {
	kexec --load-preserve-context --args-none /bin/two-entries.elf > /run/load.out 2>&1 ||
		fail "two entries: load: $(tail -n 1 /run/load.out)"
	for _entry in 1 2 1 2; do
		kexec -e > /run/exec.out 2>&1 || fail "two entries: $(tail -n 1 /run/exec.out)"
		[ "$(result_word 1)" = $_entry ] ||
			fail "two entries: $(result_word 1) was called, not $_entry"
	done
	data_check_all || fail "two entries: the data changed"
	passed "a program's entries are called in turn, as it says"
}

call_once() {
	kexec -e > /run/exec.out 2>&1 || fail "call $1: $(tail -n 1 /run/exec.out)"
	data_intact "$1"
	[ "$(result_word 0)" = 1280917840 ] || fail "call $1: the program left no result"
	[ "$(result_word 1)" = "$1" ] || fail "call $1: it counted $(result_word 1) calls"
	[ "$(result_word 2)" = 333833500 ] || fail "call $1: its sum is $(result_word 2)"
	[ "$(result_word 3)" = 7 ] || fail "call $1: not all was good: $(result_word 3) of 7"
	passed "call $1 returned, its sum is right, sha256, SSE and the control registers are good"
}
