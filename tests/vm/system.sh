# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-only
# Guests that are a whole Debian, on a disk, with our package in the place of Debian's kexec-tools: what calls kexec
# there runs as it is. Knows nothing of how a machine is run (lib.sh, stages.sh), nor what the system does
# (guest/system-*.sh).
# shellcheck disable=SC2154,SC2034 # variables of those two

# system_guests LONG: as guests() in tests/vm/run. A machine that starts systemd several times takes minutes.
system_guests() {
	[ "$1" = yes ] || return 0
	cat <<-'END'
	debian-kdump x86_64-system 1024 1 qemu64 steps=system scenario=kdump crashkernel=256M boots=2
	debian-reboots x86_64-system 1024 1 qemu64 steps=system scenario=reboots boots=1
	original-kdump x86_64-system 1024 1 qemu64 steps=system scenario=kdump crashkernel=256M boots=2 package=original
	original-reboots x86_64-system 1024 1 qemu64 steps=system scenario=reboots boots=1 package=original
	END
}

# system_package: our package, built from the source as it is.
system_package() {
	local build=$vm_build/package log=$vm_build/package.log
	mkdir -p "$build"
	if ! ({ [ -x "$vm_top/configure" ] || (cd "$vm_top" && autoreconf -i); } &&
		cd "$build" && { [ -f Makefile ] || "$vm_top/configure"; } &&
		DEB_BUILD_OPTIONS="nocheck noautodbgsym parallel=$(nproc)" make deb) < /dev/null > "$log" 2>&1; then
		tail -n 20 "$log" >&2
		vm_say "the package cannot be built, see '$log'"
		return 1
	fi
}

# system_images: the system's kernel and initrd where machines are started from, and the disk with package and scripts.
system_images() {
	local images=$vm_build/images folder root=$vm_build/images/system
	folder=$("$vm_top/scripts/debian-system") && system_package || return 1
	rm -rf "$root"
	mkdir -p "$root"
	cp "$vm_here/guest/common.sh" "$vm_here"/guest/system-* "$root/" &&
		cp "$vm_build"/package/deb/kexec-jump_*_amd64.deb "$root/kexec-jump.deb" || return 1
	rm -f "$root.disk"
	truncate -s 16M "$root.disk"
	mke2fs -q -F -t ext4 -d "$root" "$root.disk" || return 1
	ln -sfn "$folder/system.img" "$images/system.root"
	ln -sfn "$folder/vmlinuz" "$images/x86_64-system.bzImage"
	ln -sfn "$folder/initrd.img" "$images/x86_64-system.img"
}

# steps=system: machines, one after the other, on the system's disk. A reset by the firmware ends one.
stages_system() {
	local boot
	cp --sparse=always "$vm_build/images/system.root" "$stages_base.vda" || return 1
	stages_disks=("$stages_base.vda")
	stages_views=("$(stat -c %s "$vm_build/images/system.disk") $vm_build/images/system.disk")
	stages_devices=(-nodefaults)
	for ((boot = 1; boot <= $(stages_parameter boots); boot++)); do
		stage $boot "root=/dev/vda rw $stages_parameters" || return 1
	done
	vm_why=ok
}
