# shellcheck shell=sh
# SPDX-License-Identifier: GPL-2.0-only
# Reboots with sysvinit: runlevel 6 runs /etc/init.d/kexec-load, which loads a kernel if it is to, and, when all is
# unmounted, /etc/init.d/kexec, which starts what is loaded. Otherwise the firmware ends the machine.

loaded=/sys/kernel/kexec_loaded

# load WORD: by hand.
load() {
	check "kexec -l" kexec -l /vmlinuz --initrd=/initrd.img --reuse-cmdline --append="$1"
	check "... is loaded" reads $loaded 1
}

# set_to NAME VALUE: in the settings.
set_to() {
	sed -i "s|^$1=.*|$1=$2|" $settings
	check "$1 is $2" grep -x "$1=$2" $settings
}

# started WHY WORD: the kernel with WORD on its command line was started, after the root was made read-only.
started() {
	check "$1" has_word "$2"
	check "... with a clean root" not root_recovered
	check "... and nothing is loaded" reads $loaded 0
}

root_recovered() {
	dmesg | grep 'EXT4-fs.* recovery'
}

step_1() {
	check "init is that of sysvinit" of_package sysvinit-core /sbin/init
	package_is_original || package_replaces apt-get -q -y install /guest/kexec-jump.deb
	set_to LOAD_KEXEC true
	load by=hand
	reboot
}

step_2() {
	started "reboot starts a kernel loaded by hand" by=hand
	reboot
}

step_3() {
	started "reboot starts the default kernel with the same command line" by=hand
	steps_done
	coldreboot
}

step_4() {
	check "coldreboot goes through the firmware" has_word machine=2
	check "... and counts once" [ ! -e /no-kexec-reboot ]
	set_to KERNEL_IMAGE /none
	steps_done
	reboot
}

step_5() {
	check "reboot goes through the firmware where the kernel is missing" has_word machine=3
	set_to KERNEL_IMAGE /vmlinuz
	set_to LOAD_KEXEC false
	steps_done
	reboot
}

# kexec calls shutdown itself then.
step_6() {
	check "reboot goes through the firmware where it is not to be fast" has_word machine=4
	kexec /vmlinuz --initrd=/initrd.img --reuse-cmdline --append=by=kexec
}

step_7() {
	started "kexec KERNEL reboots and starts it" by=kexec
	set_to LOAD_KEXEC true
	load by=hand
	steps_done
	poweroff
}

step_8() {
	check "poweroff starts no kernel" has_word machine=5
	if ! package_is_original; then
		package_restored
		package_purged
	fi
	steps_done
	poweroff
}
