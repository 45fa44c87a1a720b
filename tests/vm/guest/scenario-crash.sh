# shellcheck shell=sh
# SPDX-License-Identifier: GPL-2.0-only
# The kernel crashes, and the one that was loaded for that finds its memory. call= is the system call, options=
# more for kexec, b= what the other kernel does. On a machine that EFI started, that kernel looks at what it is handed
# of the firmware, too (scenario-efi.sh).
load_panic() {
	[ ! -d /sys/firmware/efi ] || _facts=$(efi_facts)
	# shellcheck disable=SC2046 # options
	kexec -p "$(parameter call -a)" $(parameter options) /b/bzImage --initrd=/b/initrd.img --reuse-cmdline \
		--append="$b_console nr_cpus=1 b=$(parameter b crash) $_facts" > /run/load.out 2>&1 ||
		fail "load: $(tail -n 1 /run/load.out)"
	[ "$(cat /sys/kernel/kexec_crash_loaded)" = 1 ] || fail "nothing is loaded"
}

# status WANTED ARGUMENT...: what kexec exits with.
status() {
	_wanted=$1
	shift
	kexec "$@" > /run/out 2>&1
	_status=$?
	[ $_status = "$_wanted" ] || failed "kexec $* exits with $_status, not $_wanted: $(cat /run/out)"
}

# From then on the header of the core is the kernel's own.
change_processors() {
	[ "$(cat /sys/devices/system/cpu/crash_hotplug)" = 1 ] || fail "the kernel does not keep what is loaded true"
	echo 0 > /sys/devices/system/cpu/cpu1/online || fail "processor 1 stays online"
	echo 1 > /sys/devices/system/cpu/cpu1/online || fail "processor 1 stays offline"
	[ "$(cat /sys/kernel/kexec_crash_loaded)" = 1 ] || fail "nothing is loaded any more"
}

run_scenario() {
	[ "$(kexec --print-ckr-size)" = "$(cat /sys/kernel/kexec_crash_size)" ] ||
		failed "--print-ckr-size says $(kexec --print-ckr-size), not $(cat /sys/kernel/kexec_crash_size)"
	status 0 -S -p
	load_panic
	status 1 -S -p
	status 1 -S
	status 0 -S -l
	status 0 -u -p
	status 0 -S -p
	load_panic
	status 0 -p -u
	[ "$(cat /sys/kernel/kexec_crash_loaded)" = 0 ] || failed "-p -u leaves it loaded"
	[ "$failures" = 0 ] || fail "$failures checks failed"
	load_panic
	echo "words of the kernel that crashed" > /dev/kmsg
	[ "$(parameter hotplug no)" = no ] || change_processors
	pause_for_host a
	say "crash"
	echo c > /proc/sysrq-trigger
	fail "the kernel did not crash"
}
