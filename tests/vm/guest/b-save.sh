# shellcheck shell=sh
# SPDX-License-Identifier: GPL-2.0-only
# What B does with the memory of A: saves it, and then powers off or goes back.

memory_free() {
	sed -n 's/^MemAvailable: *\([0-9]*\) kB/\1/p' /proc/meminfo
}

# save TARGET [OPTION]...: tells how it went; the status is kdump's.
save() {
	say "b.saving $1"
	_from=$(now_ms)
	kdump -o "$@" > /run/kdump.out 2>&1 &
	_pid=$!
	_least=$(memory_free)
	while kill -0 $_pid 2>/dev/null; do
		_free=$(memory_free)
		[ "${_free:-0}" -ge "$_least" ] || _least=$_free
		usleep 500000
	done
	wait $_pid
	_status=$?
	say "b.memory $(sed -n 's/^MemTotal: *\([0-9]*\) kB/\1/p' /proc/meminfo) kB, at least $_least kB available"
	say "b.saved status $_status, $(($(now_ms) - _from)) ms: $(tail -n 1 /run/kdump.out)"
	return $_status
}

save_mount() {
	[ -n "$(parameter fs)" ] || return 0
	mkdir -p /mnt
	mount -t ext4 "$(parameter fs)" /mnt || fail "b: mount"
}

save_and_power_off() {
	save_mount
	_view=$(parameter view)
	pause_for_host b.before
	save "$(parameter target /dev/vda)" ${_view:+"--view=$_view"} ||
		fail "b: kdump: $(tail -n 1 /run/kdump.out)"
	pause_for_host b
	[ -z "$(parameter fs)" ] || umount /mnt
	finish ok
}

# The commands of 2008, as they were written down: no program of ours takes part, and the core is a
# plain copy.
save_as_in_2008() {
	save_mount
	cd /mnt || fail "b: cd"
	# shellcheck disable=SC2002,SC2006 # as written
	jump_back_entry=`cat /proc/cmdline | tr ' ' '\n' | grep kexec_jump_back_entry | cut -d '=' -f 2`
	echo "$jump_back_entry" > kexec_jump_back_entry
	cp /proc/vmcore dump.elf || fail "b: cp"
	say "b.saved $(stat -c %s dump.elf) bytes, entry $(cat kexec_jump_back_entry)"
	cd /
	umount /mnt || fail "b: umount"
	finish ok
}

# One snapshot for each visit, to one disk after the other: vda, vdb, ...
save_snapshots() {
	kexec --load-jump-back-helper > /run/load.out 2>&1 ||
		fail "b: load: $(tail -n 1 /run/load.out)"
	for _letter in a b c d e f g h i j k l; do
		_disk=/dev/vd$_letter
		[ -b $_disk ] || fail "b: there is no $_disk for one more snapshot"
		save $_disk --view=both
		kexec -e > /run/exec.out 2>&1 || fail "b: kexec -e: $(tail -n 1 /run/exec.out)"
	done
}

# bench_one NAME DISK COMMAND...: the host takes the time, flushing included; MB that went to the disk.
bench_one() {
	_name=$1
	_disk=$2
	shift 2
	echo 3 > /proc/sys/vm/drop_caches
	_sectors=$(awk '{ print $7 }' "/sys/block/$_disk/stat")
	say "b.begin $_name"
	"$@" > /run/bench.out 2>&1 || fail "b: $_name: $(tail -n 1 /run/bench.out)"
	sync
	say "b.end $_name $((($(awk '{ print $7 }' "/sys/block/$_disk/stat") - _sectors) / 2048))"
}

# Our saver beside those that were there before, each to a disk of its own.
bench_saving() {
	mkdir -p /mnt
	mount -t ext4 /dev/vdc /mnt || fail "b: mount"
	_left=$(parameter rounds 1)
	while [ "$_left" -gt 0 ]; do
		bench_one kdump vda kdump -q -f -o /dev/vda
		bench_one dd vdb dd if=/proc/vmcore of=/dev/vdb bs=1M
		rm -f /mnt/dump
		bench_one makedumpfile vdc /readers/ld-linux.so.2 --library-path /readers \
			/readers/makedumpfile -E -d 1 /proc/vmcore /mnt/dump
		_left=$((_left - 1))
	done
	umount /mnt
	finish ok
}

# The same for the demo, told to the host.
demo_save() {
	say "tell B: kdump -o $*"
	kdump -o "$@" > /run/kdump.out 2>&1 || fail "b: kdump: $(tail -n 1 /run/kdump.out)"
	say "tell B: $(tail -n 1 /run/kdump.out)"
}

demo_save_and_power_off() {
	say "tell B: Linux $(uname -r) is up; the memory of A is /proc/vmcore, $(($(stat -c %s /proc/vmcore) >> 20)) MB"
	demo_save /dev/vda
	say "tell B: switching the machine off"
	finish ok
}

demo_snapshots() {
	kexec --load-jump-back-helper > /run/load.out 2>&1 ||
		fail "b: load: $(tail -n 1 /run/load.out)"
	for _disk in /dev/vda /dev/vdb; do
		demo_save $_disk --view=both
		kexec -e > /run/exec.out 2>&1 || fail "b: kexec -e: $(tail -n 1 /run/exec.out)"
	done
}
