# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-only
# Guests that boot what is no Linux: where it comes from, and how the host sees that it runs. Nothing of it talks
# to the host by itself, but for our own programs; what it writes on its console is all there is.

# foreign_guests LONG: as guests() in tests/vm/run. Xen needs a 64-bit processor, whoever loads it.
foreign_guests() {
	cat <<-'END'
	multiboot-raw-i386 i386-pae 256 1 max scenario=foreign image=multiboot type=multiboot-x86 suffix=bin
	multiboot2-raw-i386 i386 256 1 max scenario=foreign image=multiboot type=multiboot2-x86 suffix=bin version=2
	multiboot-x86_64 x86_64 256 1 max scenario=foreign image=multiboot type=multiboot-x86
	multiboot2-x86_64 x86_64 256 2 max scenario=foreign image=multiboot type=multiboot2-x86 version=2
	xen-i386 i386 512 1 qemu64 scenario=foreign image=xen type=multiboot-x86
	xen2-x86_64 x86_64 512 2 max scenario=foreign image=xen type=multiboot2-x86
	memtest-x86_64 x86_64 256 1 max scenario=foreign image=memtest suffix=x64
	nbi-x86_64 x86_64 256 2 max scenario=foreign image=nbi suffix=32
	notes-x86_64 x86_64 256 1 max scenario=foreign image=notes type=elf-x86
	END
	[ "$1" = yes ] || return 0
	cat <<-'END'
	multiboot2-efi-debian x86_64-debian 512 1 max scenario=foreign image=multiboot type=multiboot2-x86 version=2 firmware=efi framebuffer=yes
	multiboot2-efi-x86_64 x86_64 512 1 max scenario=foreign image=multiboot type=multiboot2-x86 version=2 firmware=efi
	notes-i386 i386 256 1 max scenario=foreign image=notes type=elf-x86
	multiboot-i386 i386 256 1 max scenario=foreign image=multiboot type=multiboot-x86
	xen2-i386 i386 512 1 qemu64 scenario=foreign image=xen type=multiboot2-x86
	xen-x86_64 x86_64 512 1 max scenario=foreign image=xen type=multiboot-x86
	memtest-i386 i386 256 1 max scenario=foreign image=memtest
	nbi-i386 i386 256 1 max scenario=foreign image=nbi
	nbi-32-i386 i386-pae 256 1 max scenario=foreign image=nbi suffix=32
	nbi-16-x86_64 x86_64 256 1 max scenario=foreign image=nbi
	END
}

# foreign_image: an image with Xen and memtest86+ from Debian, to go behind a guest's own; vm_extra names it.
foreign_image() {
	local folder=${XDG_CACHE_HOME:-$HOME/.cache}/kexec-debian/foreign root=$vm_build/images/foreign
	"$vm_top/scripts/debian-files" "$folder" '^xen-hypervisor-4\.17-amd64$' 'memtest86+' || return 1
	rm -rf "$root"
	mkdir -p "$root/boot"
	cp "$folder"/boot/xen-*.gz "$root/boot/xen.gz" &&
		cp "$folder"/boot/memtest86+*.bin "$root/boot/" && vm_pack "$root" "$root.img" || return 1
}

# foreign_words PARAMETERS: what stands on the console when the image runs, the last of it.
foreign_words() {
	case $1 in
	*image=xen*) echo '\(XEN\) System RAM: [0-9]+MB' ;;
	*image=memtest*) echo 'Memtest86\+' ;;
	esac
}

# As vm_tick: once the words are there nothing more is to be seen.
foreign_tick() {
	[ -n "$foreign_expected" ] && grep -aqE "$foreign_expected" "$1.console" || return 0
	echo "@@ result ok" >> "$1.results"
	kill "$2" 2> /dev/null
}

# foreign_judge BASE PARAMETERS: sets vm_why on failure.
foreign_judge() {
	local line
	case $2 in
	*image=xen*)
		for line in 'Xen version 4\.17' 'Command line: com1=115200,8n1 console=com1 noreboot' \
			'\[0000000000100000, 000000001ffdffff\] \(usable\)'; do
			vm_why="Xen did not say '$line'"
			grep -aqE "$line" "$1.console" || return 1
		done ;;
	*image=multiboot* | *image=nbi* | *image=notes*)
		vm_why="A wanted nothing"
		grep -q '^@@ want ' "$1.results" || return 1
		while IFS= read -r line; do
			vm_why="the kernel did not get: $line"
			tr -d '\r' < "$1.results" | grep -xF "@@ got $line" > /dev/null || return 1
		done < <(tr -d '\r' < "$1.results" | sed -n 's/^@@ want //p') ;;
	esac
	vm_why=ok
}
