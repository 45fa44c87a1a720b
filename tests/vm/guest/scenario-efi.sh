# shellcheck shell=sh
# SPDX-License-Identifier: GPL-2.0-only
# A machine that EFI started: the next kernel gets the firmware's services (expect=services), or no more than
# the ACPI tables (expect=tables). call= is the system call, options= what our loader is told besides, with commas
# for blanks. variables=yes: B must be able to read and write them; framebuffer=yes: A must have one.
run_scenario() {
	[ -d /sys/firmware/efi ] || fail "this machine was not started by EFI"
	[ -d /sys/firmware/efi/runtime-map/0 ] || fail "the kernel tells no runtime map"
	[ "$(parameter framebuffer no)" = no ] || [ "$(efi_screen)" != none ] || fail "no frame buffer to hand on"
	efi_load
	kexec -e > /run/exec.out 2>&1
	fail "kexec -e: $(tail -n 1 /run/exec.out)"
}

efi_load() {
	_facts="efi_state=$(efi_state) acpi=$(efi_acpi) screen=$(efi_screen)"
	_wanted="expect=$(parameter expect services) variables=$(parameter variables no)"
	# shellcheck disable=SC2046 # options=-a,-b are words
	kexec -l "$(parameter call -a)" /b/bzImage --initrd=/b/initrd.img \
		$(parameter options "" | tr ',' ' ') \
		--append="$b_console b=efi $_facts $_wanted" \
		> /run/load.out 2>&1 || fail "load: $(tail -n 1 /run/load.out)"
}
