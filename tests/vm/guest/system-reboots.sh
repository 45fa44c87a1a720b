# shellcheck shell=sh
# SPDX-License-Identifier: GPL-2.0-only
# Reboots that go by kexec, and the one that does not: by the firmware, which ends the machine.

step_1() {
	package_is_original || package_replaces apt-get -q -y install /guest/kexec-jump.deb
	check "kexec -l" kexec -l /vmlinuz --initrd=/initrd.img --reuse-cmdline --append=by=hand
	check "... is loaded" reads /sys/kernel/kexec_loaded 1
	check "systemctl kexec, with a loaded kernel" systemctl kexec
}

# Where nothing is loaded systemctl calls kexec itself, with the default entry of the boot loader.
step_2() {
	check "... starts it" has_word by=hand
	mkdir -p /efi/loader/entries
	cp /vmlinuz /initrd.img /efi/
	cat > /efi/loader/entries/debian.conf <<- END
		title Debian
		linux /vmlinuz
		initrd /initrd.img
		options $(sed 's/ by=hand//' /proc/cmdline) by=entry
	END
	check "systemctl kexec, with a boot loader's entry" env SYSTEMD_ESP_PATH=/efi systemctl kexec
}

# Debian's kexec-tools loads a kernel then, but nothing starts it: its kexec.service is masked.
step_3() {
	check "... starts that" has_word by=entry
	check "/etc/default/kexec wants fast reboots" grep -x LOAD_KEXEC=true $settings
	! package_is_original || steps_done
	reboot
}

step_4() {
	check "reboot starts the default kernel with the same command line" has_word by=entry
	steps_done
	coldreboot
}
