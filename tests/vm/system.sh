# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-only
# Guests that are a whole Debian, on a disk, with our package in the place of Debian's kexec-tools: what calls kexec
# there runs as it is. A kernel x86_64-system-INIT is a system's with this INIT. Knows nothing of how a machine is run
# (lib.sh, stages.sh), nor what the system does (guest/system-*.sh).
# shellcheck disable=SC2154,SC2034 # variables of those two

# system_guests LONG: as guests() in tests/vm/run. A system that starts several times takes minutes.
system_guests() {
	local package
	[ "$1" = yes ] || return 0
	for package in debian original; do
		cat <<-END
		$package-kdump x86_64-system-systemd 1024 1 qemu64 steps=system scenario=kdump crashkernel=256M boots=2 package=$package
		$package-reboots x86_64-system-systemd 1024 1 qemu64 steps=system scenario=reboots boots=1 package=$package
		$package-sysvinit x86_64-system-sysvinit 1024 1 qemu64 steps=system scenario=sysvinit boots=5 package=$package
		END
	done
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

# system_kernel FLAVOUR: print the folder of a system.
system_kernel() {
	"$vm_top/scripts/debian-system" "${1##*-}"
}

# system_images FLAVOUR...: kernels and initrds of systems where machines are started from, and the disk with package and
# scripts.
system_images() {
	local images=$vm_build/images folder root=$vm_build/images/system flavour
	system_package || return 1
	rm -rf "$root"
	mkdir -p "$root"
	cp "$vm_here/guest/common.sh" "$vm_here"/guest/system-* "$root/" &&
		cp "$vm_build"/package/deb/kexec-jump_*_amd64.deb "$root/kexec-jump.deb" || return 1
	rm -f "$root.disk"
	truncate -s 16M "$root.disk"
	mke2fs -q -F -t ext4 -d "$root" "$root.disk" || return 1
	for flavour in "$@"; do
		folder=$(system_kernel "$flavour") || return 1
		ln -sfn "$folder/system.img" "$images/$flavour.root"
		ln -sfn "$folder/vmlinuz" "$images/$flavour.bzImage"
		ln -sfn "$folder/initrd.img" "$images/$flavour.img"
	done
}

# steps=system: machines, one after the other, on the system's disk. A reset by the firmware ends one, a kexec does not.
stages_system() {
	local boot
	cp --sparse=always "$vm_build/images/$stages_flavour.root" "$stages_base.vda" || return 1
	stages_disks=("$stages_base.vda")
	stages_views=("$(stat -c %s "$vm_build/images/system.disk") $vm_build/images/system.disk")
	stages_devices=(-nodefaults)
	for ((boot = 1; boot <= $(stages_parameter boots); boot++)); do
		stage $boot "root=/dev/vda rw machine=$boot $stages_parameters" || return 1
		[ "$vm_watched" = ended ] || stages_fail $boot "the machine did not end: $vm_watched" || return 1
	done
	vm_why=ok
}
