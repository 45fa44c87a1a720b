# shellcheck shell=sh
# SPDX-License-Identifier: GPL-2.0-only
# What a kernel that could jump refuses, each with the words that help, and nothing changed by it.
. /lib/guest/refuse.sh

b_arguments="--initrd=/b/initrd.img --append=b=never"

run_scenario() {
	refuse_without_image
	refuse_wrong_entries
	refuse_small_regions
	refuse_without_memory
	refuse_broken_images
	unwritable_run
	refuse_when_disabled
}

keep() {
	# shellcheck disable=SC2086 # two words
	kexec --load-preserve-context /b/bzImage $b_arguments "$@"
}

refuse_without_image() {
	refuse "kexec -e with nothing loaded" 'Nothing has been loaded' kexec -e
	refuse "kexec -j with nothing loaded" 'Nothing has been loaded' kexec -j
	accept "an ordinary load" kexec -l /b/bzImage --append=nothing
	refuse "kexec -j on an ordinary image" 'will not come back' kexec -j
	accept "unload" kexec -u
}

refuse_wrong_entries() {
	refuse "the helper without an entry" 'kexec_jump_back_entry' kexec --load-jump-back-helper
	refuse "an entry in this kernel's own memory" 'is no way back' \
		kexec --load-jump-back-helper --entry=0x2000000
	refuse "an entry above 4 GiB" '.' kexec --load-jump-back-helper --entry=0x100002000
	refuse "an entry that is no number" '.' kexec --load-jump-back-helper --entry=somewhere
}

# The seeds' --mem-max=0xffffff meets a kernel linked at 16 MiB; the remedy that is named must work.
refuse_small_regions() {
	refuse "a region below the kernel's own address" 'smallest that would do is --mem-max=0x' \
		keep --mem-max=0xffffff
	_max=$(sed -n 's/.*would do is --mem-max=\(0x[0-9a-f]*\).*/\1/p' /run/refused.out)
	if [ -n "$_max" ]; then
		accept "the region that the refusal named ($_max)" keep "--mem-max=$_max"
		accept "unload" kexec -u
	fi
	refuse "a region that is too small" 'smallest that would do is --mem-max=0x' \
		keep --mem-min=0x8000000 --mem-max=0x80fffff
}

refuse_without_memory() {
	refuse "a region of more than half of the memory" 'too little memory' \
		keep --mem-min=0x1000000 --mem-max=0x1bffffff
	mkdir -p /hog
	mount -t tmpfs -o size=100% hog /hog
	_free=$(($(sed -n 's/^MemAvailable: *\([0-9]*\) kB/\1/p' /proc/meminfo) / 1024))
	dd if=/dev/zero of=/hog/file bs=1M count=$((_free - 25)) 2>/dev/null
	refuse "a load with too little free memory" 'too little free memory' keep
	umount /hog
}

refuse_broken_images() {
	head -c 60000 /b/bzImage > /tmp/short
	refuse "a truncated kernel" 'short' kexec --load-preserve-context /tmp/short --append=x
	refuse "a file that is no image" 'busybox\|short\|init' kexec -l /init
	refuse "a file that is not there" 'nowhere' kexec -l /nowhere
	: > /tmp/empty
	refuse "an empty file" 'empty' kexec -l /tmp/empty
}

unwritable_run() {
	mount -t tmpfs -o ro none /run
	if keep > /tmp/load.out 2>&1 && [ "$(loaded)" = 1 ]; then
		passed "accepted: a load with /run unwritable"
	else
		failed "a load with /run unwritable: $(tail -n 1 /tmp/load.out)"
	fi
	grep -q /run /tmp/load.out || failed "a load with /run unwritable says nothing about it"
	umount /run
	accept "unload" kexec -u
}

# Cannot be taken back: comes last.
refuse_when_disabled() {
	echo 1 > /proc/sys/kernel/kexec_load_disabled
	refuse "a load with kexec_load_disabled" 'kexec_load_disabled is 1' keep
	refuse "an ordinary load with kexec_load_disabled" 'kexec_load_disabled is 1' kexec -l /b/bzImage
}
