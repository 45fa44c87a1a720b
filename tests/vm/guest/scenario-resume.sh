# shellcheck shell=sh
# SPDX-License-Identifier: GPL-2.0-only
# C: resume what is on the disk. When it works C is gone, and A speaks next.
run_scenario() {
	image=$(resume_image)
	_restore=$(parameter restore)
	resume_load ${_restore:+"--restore=$_restore"} --resume-kernel=/b/bzImage "$image"
	kexec --image-info "$image" 2>&1 | sed 's/^/info: /'
	pause_for_host c
	say "c.leaving"
	kexec -e > /run/exec.out 2>&1
	fail "c: kexec -e: $(tail -n 1 /run/exec.out)"
}

# Where the image is: a device, or a file on one that is mounted for that.
resume_image() {
	if [ -n "$(parameter fs)" ]; then
		mkdir -p /mnt
		mount -t ext4 -o ro "$(parameter fs)" /mnt || fail "c: mount"
	fi
	parameter target /dev/vda
}

# resume_load ARGUMENT...: and say how it was done, how long it took, and how much memory it needed.
resume_load() {
	_from=$(now_ms)
	kexec --load-resume-image "$@" > /run/load.out 2>&1 &
	_pid=$!
	_most=0
	while kill -0 $_pid 2>/dev/null; do
		_now=$(sed -n 's/^RssAnon:[[:space:]]*\([0-9]*\) kB/\1/p' /proc/$_pid/status 2>/dev/null)
		[ "${_now:-0}" -le $_most ] || _most=$_now
		usleep 200000
	done
	wait $_pid
	_status=$?
	sed 's/^/load: /' /run/load.out
	[ $_status = 0 ] || fail "c: load: $(tail -n 1 /run/load.out)"
	say "c.way $(sed -n 's/.* the \([a-z-]*\) way: .*/\1/p' /run/load.out)"
	say "c.load_ms $(($(now_ms) - _from)) anonymous $_most kB"
}
