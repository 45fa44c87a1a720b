# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-only
# Guests that boot a kernel from a compressed file, and the ELF kernel (vmlinux) that no boot loader takes: each
# compression, both forms of the kernel. The host packs, with the tools that people use; the guest only loads.

packed_formats=(gzip xz lzma zstd bzip2 lz4 lz4-legacy)

# packed_guests LONG: as guests() in tests/vm/run. Every form, compression and architecture occurs; --long has all.
packed_guests() {
	local image format arch
	if [ "$1" = yes ]; then
		for image in vmlinux bzImage; do
			for format in "${packed_formats[@]}"; do
				for arch in i386 x86_64; do
					packed_guest $image "$format" $arch
				done
			done
		done
		return
	fi
	packed_guest vmlinux gzip i386
	packed_guest vmlinux zstd x86_64
	packed_guest vmlinux bzip2 x86_64
	packed_guest vmlinux lz4-legacy i386
	packed_guest bzImage xz x86_64 from=input
	packed_guest bzImage lzma i386 from=pipe
	packed_guest bzImage lz4 x86_64 way=-f from=pipe
}

# packed_guest IMAGE FORMAT ARCH [PARAMETER]...
packed_guest() {
	local type=elf-x86 options
	[ "$3" = i386 ] || type=elf-x86_64
	options=--type=$type,--args-linux
	[ "$1" = vmlinux ] || options=
	echo "packed-$1-$2-$3 $3 256 1 max scenario=boot image=$1 packed=$2 options=$options ${*:4}"
}

# packed_file FLAVOUR PARAMETERS: the image that goes behind a guest's own.
packed_file() {
	echo "$vm_build/images/packed-$1-$(vm_parameter image "$2")-$(vm_parameter packed "$2").img"
}

packed_tool() {
	case $1 in
	gzip) gzip -n -1 ;;
	xz) xz -0 --check=crc32 ;;
	lzma) xz -0 --format=lzma ;;
	zstd) zstd -q -1 ;;
	bzip2) bzip2 -1 ;;
	lz4) lz4 -q -1 ;;
	lz4-legacy) lz4 -q -l -1 ;;
	esac
}

# packed_image FLAVOUR PARAMETERS: make it.
packed_image() {
	local out kernel image stripped
	out=$(packed_file "$1" "$2")
	kernel=$(vm_kernel "$1") || return 1
	image=$kernel/$(vm_parameter image "$2")
	rm -rf "$out.d"
	mkdir -p "$out.d/packed"
	if [[ $image == */vmlinux ]]; then
		stripped=$vm_build/images/$1.vmlinux
		[ "$stripped" -nt "$image" ] || strip -s -o "$stripped" "$image" || return 1
		image=$stripped
	fi
	packed_tool "$(vm_parameter packed "$2")" < "$image" > "$out.d/packed/kernel" &&
		vm_pack "$out.d" "$out" || return 1
	rm -rf "$out.d"
}
