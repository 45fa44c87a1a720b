# shellcheck shell=sh
# SPDX-License-Identifier: GPL-2.0-only
# One bit of what was loaded is not as it should be: purgatory notices, says so on the serial line and
# goes back, and A goes on. kexec says so, each time it is tried.
run_scenario() {
	data_fill 20
	counter_start
	changed_load
	for _try in 1 2; do
		changed_jump "$_try"
	done
	data_intact 2
	data_check_all || fail "the data changed"
	passed "a changed kernel is not entered, and the running one goes on"
}

changed_jump() {
	kexec -e > /run/exec.out 2>&1 && fail "jump $1: kexec -e took it for a good trip"
	grep "was not entered: it was changed in memory" /run/exec.out > /dev/null ||
		fail "jump $1: $(tail -n 1 /run/exec.out)"
}

changed_load() {
	set -- --load-preserve-context /b/bzImage --initrd=/b/initrd.img --console-serial \
		--serial=0x3f8 --append="$b_console b=never"
	kexec --dry-run "$@" > /run/plan.out 2>&1 || fail "plan: $(tail -n 1 /run/plan.out)"
	_at=$(awk '$NF == "(checked)" && $(NF - 1) == "kernel" { print $1 }' /run/plan.out)
	[ -n "$_at" ] || fail "the plan has no kernel: $(tail -n 1 /run/plan.out)"
	KEXEC_CHANGE=$_at kexec-changing "$@" > /run/load.out 2>&1 ||
		fail "load: $(tail -n 1 /run/load.out)"
}
