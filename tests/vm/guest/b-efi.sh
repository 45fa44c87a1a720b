# shellcheck shell=sh
# SPDX-License-Identifier: GPL-2.0-only
# What a kernel knows of EFI firmware: for A to write down, and for B to compare; how one kernel starts the next.

# Variables that this kernel and those before it wrote.
efi_written=-1

# The map of the runtime services and two addresses of the system table, as one word. (The third one, of the
# services, is a virtual address after the first boot.)
efi_state() {
	(cd /sys/firmware/efi && cat fw_vendor config_table runtime-map/[0-9]*/*) | sha256sum | cut -c1-16
}

# Where the tables are that a kernel without services is told of, too.
efi_tables() {
	grep -E '^(ACPI|SMBIOS)' /sys/firmware/efi/systab | sort | tr '\n' ,
}

# Where the kernel found the root of the ACPI tables.
efi_acpi() {
	dmesg | sed -n 's/.*ACPI: RSDP \(0x[0-9A-F]*\) .*/\1/p'
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
	# Those of earlier kernels are there, and cannot be changed without more ado.
	efi_written=$(find /sys/firmware/efi/efivars -name 'KexecTest*' | wc -l)
	_mine=/sys/firmware/efi/efivars/KexecTest$efi_written-6b657865-632d-6a75-6d70-6b657865636a
	printf '\007\000\000\000\052' > "$_mine" || fail "b: no variable can be written"
	[ "$(od -An -tx1 "$_mine")" = " 07 00 00 00 2a" ] || fail "b: a variable reads differently from what was written"
	[ "$efi_written" = "$(parameter written 0)" ] || fail "b: $efi_written variables of earlier kernels"
}

efi_services() {
	dmesg | grep 'efi: EFI v' > /dev/null || fail "b: the kernel did not find EFI: $(dmesg | grep -i efi)"
	[ -d /sys/firmware/efi/runtime-map/0 ] || fail "b: no runtime map"
	! grep acpi_rsdp= /proc/cmdline > /dev/null || fail "b: acpi_rsdp= beside the services: $(cat /proc/cmdline)"
	[ "$(efi_state)" = "$(parameter efi_state none)" ] || fail "b: another runtime map or system table"
	_module=/lib/modules/$(uname -r)/efivarfs.ko
	if [ -f "$_module" ] || grep -w efivarfs /proc/filesystems > /dev/null; then
		efi_variables
	else
		[ "$(parameter variables no)" = no ] || fail "b: this kernel has no efivarfs"
	fi
}

# efi_facts: what B is told of A, as parameters.
efi_facts() {
	echo "efi_state=$(efi_state) efi_tables=$(efi_tables) acpi=$(efi_acpi) screen=$(screen_state)" \
		"expect=$(parameter expect services) variables=$(parameter variables no) written=$((efi_written + 1))"
}

# What A had, B has.
efi_check() {
	[ "$(efi_acpi)" = "$(parameter acpi none)" ] || fail "b: ACPI tables at '$(efi_acpi)', A had them at '$(parameter acpi none)'"
	[ "$(screen_state)" = "$(parameter screen none)" ] || fail "b: screen '$(screen_state)', A had '$(parameter screen none)'"
	case $(parameter expect none) in
	services) efi_services ;;
	tables)
		dmesg | grep 'efi: EFI v' > /dev/null || fail "b: the kernel did not find EFI: $(dmesg | grep -i efi)"
		[ ! -d /sys/firmware/efi/runtime-map ] || fail "b: a runtime map"
		[ "$(efi_tables)" = "$(parameter efi_tables none)" ] || fail "b: other tables: $(efi_tables)"
		dmesg | grep 'DMI: QEMU' > /dev/null || fail "b: the kernel did not find SMBIOS: $(dmesg | grep -i dmi)"
		grep -w noefi /proc/cmdline > /dev/null || fail "b: nobody forbade the services" ;;
	nothing)
		! dmesg | grep 'efi: EFI v' > /dev/null || fail "b: the kernel was told of EFI"
		[ ! -d /sys/firmware/efi ] || fail "b: there is EFI in sysfs" ;;
	esac
	say "b.seen $(parameter expect none), RSDP $(efi_acpi), screen $(screen_state)"
}

# efi_more: a ramdisk that has what B needs to start the next kernel itself: kernels, B's own ramdisk, a 32-bit loader.
efi_more() {
	mkdir -p /tmp/more/b /tmp/more/sbin
	cp /b/bzImage* /b/initrd.img /tmp/more/b/
	[ ! -f /sbin/kexec-i386 ] || cp /sbin/kexec-i386 /tmp/more/sbin/
	(cd /tmp/more && find . | cpio -o -H newc) > /tmp/more.img 2> /dev/null
}

# efi_hop CALLS: start the next kernel by the first of the calls (-c, -s; with commas between), which has the rest
# of them; the last kernel powers off. -c:FLAVOUR: another kernel than A's.
efi_hop() {
	_rest=${1#*,}
	[ "$_rest" != "$1" ] || _rest=last
	_next=$(echo "${1%%,*}" | sed -n 's/.*:/-/p')
	_call=${1%%,*}
	set -- "${_call%:*}" --initrd=/b/initrd.img
	[ "$_rest" = last ] || { efi_more && set -- "$@" --initrd=/tmp/more.img; }
	_program=kexec
	[ "$(uname -m)" = x86_64 ] || [ ! -x /sbin/kexec-i386 ] || _program=kexec-i386
	# shellcheck disable=SC2046 # options=-a,-b are words
	$_program -l "$@" "/b/bzImage$_next" $(parameter options "" | tr ',' ' ') \
		--append="$b_console b=efi $(efi_facts) hops=$_rest" > /run/load.out 2>&1 ||
		fail "load $1: $(tail -n 1 /run/load.out)"
	cat /run/load.out
	$_program -e > /run/exec.out 2>&1
	fail "kexec -e: $(tail -n 1 /run/exec.out)"
}

# /init of B.
efi_seen() {
	efi_check
	[ "$(parameter hops last)" = last ] || efi_hop "$(parameter hops)"
	finish ok
}
