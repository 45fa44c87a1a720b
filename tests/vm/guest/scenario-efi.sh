# shellcheck shell=sh
# SPDX-License-Identifier: GPL-2.0-only
# A machine that EFI started: the next kernel gets the firmware's services (expect=services), its tables
# (expect=tables), or no more than where ACPI is (expect=nothing). call= is the system call, or several with commas
# between: that many kernels, each started by the one before it. options= is what our loader is told besides, with
# commas for blanks. variables=yes: B must be able to read and write them; framebuffer=yes: A must have one.
run_scenario() {
	[ -d /sys/firmware/efi ] || fail "this machine was not started by EFI"
	[ "$(parameter efi none)" = noruntime ] || [ -d /sys/firmware/efi/runtime-map/0 ] || fail "the kernel tells no runtime map"
	[ "$(parameter framebuffer no)" = no ] || [ "$(screen_state)" != none ] || fail "no frame buffer to hand on"
	efi_hop "$(parameter call -a)"
}
