# shellcheck shell=sh
# SPDX-License-Identifier: GPL-2.0-only
# The physical-mode demo: a program without an operating system below it is called like a function.
. /lib/guest/scenario-call.sh

tell() {
	say "tell $*"
}

run_scenario() {
	tell "A: Linux $(uname -r) is up"
	data_fill 20
	counter_start
	tell "A: kexec --load-preserve-context --args-none payload.elf"
	kexec --load-preserve-context --args-none /bin/payload.elf > /run/load.out 2>&1 ||
		fail "load: $(tail -n 1 /run/load.out)"
	for _call in 1 2; do
		tell "A: kexec -e (call $_call)"
		call_once $_call
		tell "A: the program returned; it left in memory: call $(result_word 1), 1*1 + ... + 1000*1000 = $(result_word 2)"
	done
	data_check_all || fail "the data changed"
	tell "A: data, processes and boot_id are as they were"
}
