# shellcheck shell=sh
# SPDX-License-Identifier: GPL-2.0-only
# kdump-tools of Debian: it loads a crash kernel when the machine starts, and when it was restarted; the machine
# crashes, the crash kernel saves a dump, and the next boot finds it.

crash_loaded=/sys/kernel/kexec_crash_loaded

ready() {
	check "kdump-config status" kdump_config status 'current state *: ready to kdump'
	check "kdump-config show" kdump_config show "/sbin/kexec -p .*nr_cpus=1.* --initrd=/var/lib/kdump/initrd.img /var/lib"
	check "kdump-config test" kdump_config test "/sbin/kexec -p .*nr_cpus=1.* --initrd=/var/lib/kdump/initrd.img /var/lib"
	check "... loaded" reads $crash_loaded 1
}

# kdump_config VERB WORDS
kdump_config() {
	kdump-config "$1" | grep -- "$2"
}

step_1() {
	check "the service has loaded a crash kernel" reads $crash_loaded 1
	if ! package_is_original; then
		package_replaces dpkg -i /guest/kexec-jump.deb
		check "... the crash kernel stays" reads $crash_loaded 1
		check "the service stops" systemctl stop kdump-tools
		check "... unloaded" reads $crash_loaded 0
		check "the service starts" systemctl start kdump-tools
	fi
	ready
	steps_done
	echo "words of the kernel that crashed" > /dev/kmsg
	echo c > /proc/sysrq-trigger
}

step_2() {
	check "the service loads a crash kernel when the machine starts" reads $crash_loaded 1
	ready
	check "the log was saved" grep -h "words of the kernel that crashed" /var/crash/*/dmesg.*
	check "... to the end" grep -h "sysrq: Trigger a crash" /var/crash/*/dmesg.*
	check "the dump was saved" makedumpfile -R /var/crash/dump < "$(echo /var/crash/*/dump.*)"
	check "... and is one" makedumpfile --dump-dmesg /var/crash/dump /var/crash/log
	check "... of that kernel" grep "sysrq: Trigger a crash" /var/crash/log
	package_is_original || package_purged
	steps_done
	poweroff
}
