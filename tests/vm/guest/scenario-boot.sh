# shellcheck shell=sh
# SPDX-License-Identifier: GPL-2.0-only
# An ordinary kexec, by the system call that call= names (-a, -c, -s): the next kernel has the whole
# machine, and A is gone. B says how it ended. program= is our loader, options= and append= are what it is
# told besides, with commas for blanks; kernel= another kernel than A's own; initrds=2 gives B a second ramdisk;
# pack=uki: kernel, initrd and command line come as one file; entry=linux, uki or efi: a boot loader entry names it;
# packed=: it is in a compressed file, which comes by name, or by from=pipe or from=input. way=-f loads and executes at
# once.
second_ramdisk() {
	mkdir -p /tmp/second/lib
	echo "of the second ramdisk" > /tmp/second/lib/second
	(cd /tmp/second && find . | cpio -o -H newc) > /tmp/second.img 2> /dev/null
	echo --initrd=/tmp/second.img
}

# write_entry KEY FILE: the entry of a boot loader that names the file, with what it needs beside it.
write_entry() {
	mkdir -p /boot/loader/entries /boot/EFI/Linux
	cp "$2" /boot/EFI/Linux/image || fail "no image for the entry"
	{
		echo "title A guest"
		echo "version 1"
		echo "$1 /EFI/Linux/image"
		if [ "$1" = linux ]; then
			cp /b/initrd.img /boot/EFI/Linux/initrd
			echo "initrd /EFI/Linux/initrd"
			echo "options $_cmdline"
		fi
	} > /boot/loader/entries/guest.conf
}

boot_load() {
	_kernel=/b/bzImage$(parameter kernel "" | sed 's/^./-&/')
	[ ! -f /packed/kernel ] || _kernel=/packed/kernel
	_input=/dev/null
	case $(parameter from name) in
	pipe)
		mkfifo /tmp/pipe
		cat /packed/kernel > /tmp/pipe &
		_kernel=/tmp/pipe ;;
	input) _kernel=- _input=/packed/kernel ;;
	esac
	[ "$(parameter initrds 1)" = 1 ] || set -- "$(second_ramdisk)" "$@"
	_cmdline="$b_console $(parameter append "" | tr ',' ' ') b=boot megabytes=$_megabytes word='two words'"
	_cmdline="$_cmdline initrds=$(parameter initrds 1)"
	if [ "$(parameter pack no)" = uki ]; then
		make-uki "$_kernel" /b/initrd.img "$_cmdline" > /tmp/b.efi || fail "no UKI could be made"
		set -- /tmp/b.efi
	else
		set -- "$_kernel" --initrd=/b/initrd.img --append="$_cmdline" "$@"
	fi
	[ "$(parameter entry none)" = none ] || { write_entry "$(parameter entry)" "$1" && set -- --entry-file=guest; }
	# shellcheck disable=SC2046 # options=-a,-b are words
	$(parameter program kexec) "$(parameter way -l)" "$(parameter call -a)" "$@" $(parameter options "" | tr ',' ' ') \
		> /run/load.out 2>&1 < $_input || fail "load: $(tail -n 1 /run/load.out)"
	[ "$(cat /sys/kernel/kexec_loaded)" = 1 ] || fail "nothing is loaded"
}

run_scenario() {
	_megabytes=$(($(sed -n 's/^MemTotal: *\([0-9]*\) kB/\1/p' /proc/meminfo) / 1024))
	boot_load
	if [ "$(parameter call -a)" = -s ]; then
		kexec -u || fail "what kexec_file_load loaded cannot be unloaded"
		[ "$(cat /sys/kernel/kexec_loaded)" = 0 ] || fail "something is loaded after -u"
		boot_load --reuse-cmdline
	fi
	kexec -e > /run/exec.out 2>&1
	fail "kexec -e: $(tail -n 1 /run/exec.out)"
}
