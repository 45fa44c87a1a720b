# shellcheck shell=sh
# SPDX-License-Identifier: GPL-2.0-only
# Call a program in physical mode, twice, and read its result; then a program that was changed after
# loading: purgatory must not call it, and Linux must go on.
run_scenario() {
	data_fill "$(parameter fill 20)"
	counter_start
	call_load kexec
	for call in 1 2; do
		call_once
		[ "$(call_word 0)" = 4c594150 ] || fail "call $call: the program left no result"
		[ "$(call_word 4)" = 0000000$call ] || failed "call $call: it counted $(call_word 4)"
		[ "$(call_word 8)" = 13e5e51c ] || failed "call $call: the sum is $(call_word 8)"
		[ "$(call_word 12)" = 00000007 ] ||
			failed "call $call: good is $(call_word 12), see tests/vm/payload/payload.h"
		data_intact "$call"
	done
	passed "called twice, it counted, used SSE and put CR4 back"

	# One bit of its code is different from what the digest was made of.
	KEXEC_CHANGE=0x6000800 call_load kexec-changing
	call_once
	[ "$(call_word 4)" = 00000002 ] || failed "a changed program was called"
	data_intact 3
	passed "a changed program is not called"
	data_check_all || fail "the data changed"
	kexec -u || fail "the image cannot be unloaded"
}

call_load() {
	"$1" --load-preserve-context --args-none --console-serial --serial=0x3f8 /bin/payload.elf \
		> /run/load.out 2>&1 || fail "load: $(tail -n 1 /run/load.out)"
}

call_once() {
	kexec -e > /run/exec.out 2>&1 || fail "kexec -e: $(tail -n 1 /run/exec.out)"
}

# A little-endian word of the program's result, as eight hex digits.
call_word() {
	dd if=/dev/mem bs=1 skip=$((0x4f0 + $1)) count=4 2>/dev/null | hexdump -v -e '1/4 "%08x"'
}
