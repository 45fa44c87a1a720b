# shellcheck shell=sh
# SPDX-License-Identifier: GPL-2.0-only
# What a kernel knows of EFI firmware: for A to write down, and for B to compare.

# The map of the runtime services and two addresses of the system table, as one word. (The third one, of the
# services, is a virtual address after the first boot.)
efi_state() {
	(cd /sys/firmware/efi && cat fw_vendor config_table runtime-map/[0-9]*/*) | sha256sum | cut -c1-16
}

# Where the kernel found the root of the ACPI tables.
efi_acpi() {
	dmesg | sed -n 's/.*ACPI: RSDP \(0x[0-9A-F]*\) .*/\1/p'
}

# Driver, frame buffer and size of the screen, as one word; "none" where the kernel has no driver for it.
efi_screen() {
	if [ -n "$(cat /proc/fb 2> /dev/null)" ]; then
		echo "$(cat /proc/fb /sys/class/graphics/fb0/virtual_size /sys/class/graphics/fb0/stride)" \
			"$(grep -E 'efifb|simplefb|BOOTFB' /proc/iomem)" | tr -s ' \n' '-'
	else
		echo none
	fi
}

# A variable is read, and one is written, by calling the firmware.
efi_variables() {
	if [ -f "$_module" ]; then
		insmod "$_module" || fail "b: efivarfs.ko cannot be loaded"
	fi
	mount -t efivarfs efivarfs /sys/firmware/efi/efivars || fail "b: no variables: $(dmesg | tail -n 3)"
	_boot=$(echo /sys/firmware/efi/efivars/BootOrder-*)
	[ -s "$_boot" ] || fail "b: the firmware tells no BootOrder: $(ls /sys/firmware/efi/efivars | head -n 3)"
	say "b.variables $(find /sys/firmware/efi/efivars -type f | wc -l), BootOrder $(od -An -tx1 "$_boot" | tr -d ' \n')"
	_mine=/sys/firmware/efi/efivars/KexecTest-6b657865-632d-6a75-6d70-6b657865636a
	printf '\007\000\000\000\052' > $_mine || fail "b: no variable can be written"
	[ "$(od -An -tx1 $_mine)" = " 07 00 00 00 2a" ] || fail "b: a variable reads differently from what was written"
}

efi_services() {
	dmesg | grep 'efi: EFI v' > /dev/null || fail "b: the kernel did not find EFI: $(dmesg | grep -i efi)"
	[ -d /sys/firmware/efi/runtime-map/0 ] || fail "b: no runtime map"
	[ "$(efi_state)" = "$(parameter efi_state none)" ] || fail "b: another runtime map or system table"
	_module=/lib/modules/$(uname -r)/efivarfs.ko
	if [ -f "$_module" ] || grep -w efivarfs /proc/filesystems > /dev/null; then
		efi_variables
	else
		[ "$(parameter variables no)" = no ] || fail "b: this kernel has no efivarfs"
	fi
}

# /init of B.
efi_seen() {
	[ "$(efi_acpi)" = "$(parameter acpi none)" ] || fail "b: ACPI tables at '$(efi_acpi)', A had them at '$(parameter acpi none)'"
	[ "$(efi_screen)" = "$(parameter screen none)" ] || fail "b: screen '$(efi_screen)', A had '$(parameter screen none)'"
	case $(parameter expect none) in
	services) efi_services ;;
	tables)
		! dmesg | grep 'efi: EFI v' > /dev/null || fail "b: the kernel was told of EFI"
		[ ! -d /sys/firmware/efi ] || fail "b: there is EFI in sysfs" ;;
	esac
	say "b.seen $(parameter expect none), RSDP $(efi_acpi), screen $(efi_screen)"
	finish ok
}
