# shellcheck shell=sh
# SPDX-License-Identifier: GPL-2.0-only
# Boot what is no Linux: image= Xen, memtest86+ or our own Multiboot kernel, by --type=type=; that kernel with ELF
# boot notes (image=notes), too. A is gone, so that the host sees how it ended: by words on the console, or by what the
# kernel got of what A wanted it to get.
want() {
	say "want $*"
}

# want_module TEXT FILE BYTES_OF: what the kernel must say of a module whose contents are in a file.
want_module() {
	want "module $1 aligned $(printf '0x%x' "$(stat -c %s "$2")") $(sha256sum < "$2" | cut -d' ' -f1)"
}

# Two modules: one that is unpacked, and a ramdisk, which must not be.
load_multiboot() {
	seq 1 20000 > /run/plain
	gzip -c /run/plain > /run/packed.gz
	_image=/bin/multiboot.$(parameter suffix elf)
	want "state right"
	want "bss zero"
	want "version $(parameter version 1)"
	want "cmdline $_image a=1 words='two words'"
	want_module "/run/packed.gz x=1 y" /run/plain
	want_module "/b/initrd.img" /b/initrd.img
	# Of EFI's memory, what it keeps tables in is no RAM.
	[ -d /sys/firmware/efi ] || want "ram $(printf '0x%x' "$(ram_bytes)")"
	_entry=elf
	[ "$(parameter suffix elf)" = elf ] || _entry=header
	want "entry $_entry"
	[ "$(parameter version 1)" = 1 ] || want_firmware
	[ "$_entry$(parameter version 1)" != elf2 ] || want "base right"
	kexec -l "--type=$(parameter type)" $_image --append="a=1 words='two words'" \
		--module="/run/packed.gz x=1 y" --module=/b/initrd.img || return
	! rsdp_hidden || grep 'ACPI root pointer' /run/load.out > /dev/null || fail "not a word of the ACPI root pointer"
}

load_notes() {
	want "state right"
	want "bss zero"
	want "entry elf"
	want "checksum right"
	want "loader kexec"
	want "cmdline a=1 words='two words'"
	kexec -l "--type=$(parameter type)" --args-elf /bin/multiboot.elf --append="a=1 words='two words'"
}

# Debian's kernels do not let anyone read the tables of a machine that EFI started: then there must be a word.
rsdp_hidden() {
	[ -d /sys/firmware/efi ] || return
	! dd if=/dev/mem bs=1 skip=$(($(efi_acpi))) count=36 2> /dev/null | grep 'RSD PTR' > /dev/null
}

# What this machine's firmware left: tables, and the address of the screen.
want_firmware() {
	rsdp_hidden || want "rsdp right"
	_tables=/sys/firmware/dmi/tables/DMI
	[ ! -f $_tables ] || want "smbios $(sha256sum < $_tables | cut -d' ' -f1)"
	_screen=$(sed -n 's/^ *\([0-9a-f]*\)-.*: efifb$/0x\1/p' /proc/iomem)
	[ -z "$_screen" ] || want "screen $_screen"
	[ "$(parameter framebuffer no)" = no ] || [ -n "$_screen" ] || fail "this machine has no frame buffer"
}

ram_bytes() {
	_sum=0
	for _entry in /sys/firmware/memmap/*; do
		[ "$(cat "$_entry/type")" = "System RAM" ] || continue
		_sum=$((_sum + $(cat "$_entry/end") + 1 - $(cat "$_entry/start")))
	done
	echo $_sum
}

load_nbi() {
	want "entry $(parameter suffix 16)"
	want "header right"
	want "bootp right"
	want "parts right"
	[ "$(parameter suffix 16)" = 32 ] || want "bios right"
	kexec -l --type=nbi-x86 "/bin/nbi-$(parameter suffix 16).img"
}

load_foreign() {
	case $(parameter image) in
	xen)
		kexec -l "--type=$(parameter type)" /boot/xen.gz \
			--append="com1=115200,8n1 console=com1 noreboot" \
			--module="/b/bzImage console=hvc0" --module=/b/initrd.img ;;
	memtest) kexec -l "/boot/memtest86+$(parameter suffix ia32).bin" --append=console=ttyS0,115200 ;;
	multiboot) load_multiboot ;;
	notes) load_notes ;;
	nbi) load_nbi ;;
	esac
}

run_scenario() {
	load_foreign > /run/load.out 2>&1 || fail "load: $(tail -n 1 /run/load.out)"
	kexec -S -v > /run/status
	grep '^type' /run/status
	kexec -e > /run/exec.out 2>&1
	fail "kexec -e: $(tail -n 1 /run/exec.out)"
}
