# shellcheck shell=sh
# SPDX-License-Identifier: GPL-2.0-only
# C resumes with the commands of 2008, as they were written down.
run_scenario() {
	mkdir -p /mnt
	mount -t ext4 -o ro "$(parameter fs)" /mnt || fail "c: mount"
	cd /mnt || fail "c: cd"
	# shellcheck disable=SC2006,SC2046 # as written
	/sbin/kexec -l --args-none --entry=`cat kexec_jump_back_entry` dump.elf > /run/load.out 2>&1 ||
		fail "c: load: $(tail -n 1 /run/load.out)"
	sed 's/^/load: /' /run/load.out
	say "c.way $(sed -n 's/.* the \([a-z-]*\) way: .*/\1/p' /run/load.out)"
	/sbin/kexec -e > /run/exec.out 2>&1
	fail "c: kexec -e: $(tail -n 1 /run/exec.out)"
}
