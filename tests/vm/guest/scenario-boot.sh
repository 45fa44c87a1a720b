# shellcheck shell=sh
# SPDX-License-Identifier: GPL-2.0-only
# An ordinary kexec: the next kernel has the whole machine, and A is gone. B says how it ended.
run_scenario() {
	_megabytes=$(($(sed -n 's/^MemTotal: *\([0-9]*\) kB/\1/p' /proc/meminfo) / 1024))
	kexec -l /b/bzImage --initrd=/b/initrd.img \
		--append="$b_console b=boot megabytes=$_megabytes word='two words'" > /run/load.out 2>&1 ||
		fail "load: $(tail -n 1 /run/load.out)"
	[ "$(cat /sys/kernel/kexec_loaded)" = 1 ] || fail "nothing is loaded"
	kexec -e > /run/exec.out 2>&1
	fail "kexec -e: $(tail -n 1 /run/exec.out)"
}
