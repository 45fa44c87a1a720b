# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-only
# Guests on machines that EFI (OVMF) starts, and what they carry beside A's own image: a kernel of the other word
# size, and the loader that starts it from there.

# efi_guests LONG: as guests() in tests/vm/run. call= lists system calls, and kernels that are not A's.
efi_guests() {
	cat <<-'END'
	efi-debian x86_64-debian 512 2 max scenario=efi firmware=efi call=-c,-s variables=yes framebuffer=yes
	efi-x86_64 x86_64 512 1 max scenario=efi firmware=efi call=-c
	efi-i386-debian x86_64-debian 640 1 max scenario=efi firmware=efi call=-c:i386-debian expect=tables framebuffer=yes
	efi-noefi-x86_64 x86_64 512 2 max scenario=efi firmware=efi options=--noefi expect=nothing
	efi-crash-debian x86_64-debian 640 1 max scenario=crash firmware=efi crashkernel=192M call=-c variables=yes
	END
	[ "$1" = yes ] || return 0
	cat <<-'END'
	efi-hops-debian x86_64-debian 512 1 max scenario=efi firmware=efi call=-c,-s,-c,-c variables=yes framebuffer=yes
	efi-hops-file-debian x86_64-debian-6.12 512 1 max scenario=efi firmware=efi call=-s,-s,-c variables=yes framebuffer=yes
	efi-hops-i386-debian x86_64-debian 768 1 max scenario=efi firmware=efi call=-c:i386-debian,-c:i386-debian,-c expect=tables framebuffer=yes
	efi-noruntime-debian x86_64-debian 512 1 max scenario=efi firmware=efi efi=noruntime call=-c,-c expect=tables framebuffer=yes
	efi-crash-noefi-debian x86_64-debian 640 1 max scenario=crash firmware=efi crashkernel=192M call=-c options=--noefi expect=nothing
	efi-crash-file-debian x86_64-debian 640 1 max scenario=crash firmware=efi crashkernel=192M call=-s variables=yes
	efi32-i386-debian i386-debian 640 1 max scenario=efi firmware=efi32 call=-c,-c expect=tables framebuffer=yes
	efi32-debian x86_64-debian 640 2 max scenario=efi firmware=efi32 call=-a,-c expect=tables framebuffer=yes
	efi32-mixed-debian x86_64-debian 768 1 max scenario=efi firmware=efi32 call=-c:i386-debian,-c expect=tables framebuffer=yes
	efi32-crash-debian x86_64-debian 640 1 max scenario=crash firmware=efi32 crashkernel=192M call=-c expect=tables
	END
}

# efi_image: an image to go behind the guest's own.
efi_image() {
	local kernel root=$vm_build/images/efi
	kernel=$(vm_kernel i386-debian) && vm_build_programs i386 || return 1
	rm -rf "$root"
	mkdir -p "$root/b" "$root/sbin"
	cp "$kernel/bzImage" "$root/b/bzImage-i386-debian" &&
		strip -o "$root/sbin/kexec-i386" "$vm_build/i386/kexec/kexec" && vm_pack "$root" "$root.img"
}
