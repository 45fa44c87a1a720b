# shellcheck shell=sh
# SPDX-License-Identifier: GPL-2.0-only
# What both kernels of a guest share: the first steps of /init, the parameters, and how they talk to
# the host. Runs in busybox's shell.

export PATH=/sbin:/bin:/usr/sbin:/usr/bin
report=/dev/ttyS1

# What every kernel that is started here is told besides its task.
# shellcheck disable=SC2034 # used by whoever starts a kernel
b_console="console=ttyS0 no_console_suspend panic=-1 loglevel=6 no_timer_check rcupdate.rcu_cpu_stall_suppress=1"

guest_start() {
	mount -t proc proc /proc
	mount -t sysfs sysfs /sys
	mount -t devtmpfs devtmpfs /dev 2>/dev/null
	/bin/busybox --install -s /bin
	mount -t tmpfs tmpfs /run
	mount -t tmpfs -o mode=1777 tmpfs /tmp
	mount -t securityfs securityfs /sys/kernel/security 2>/dev/null
	[ -c $report ] || report=/dev/null
	stty -F $report -echo raw 115200 2>/dev/null
}

# One line for the host, and on the console for the reader of the log.
say() {
	echo "@@ $*" > $report
	echo "@@ $*"
}

# parameter NAME DEFAULT: from the kernel command line.
parameter() {
	_value=$(tr ' ' '\n' < /proc/cmdline | sed -n "s/^$1=//p" | tail -n 1)
	echo "${_value:-$2}"
}

# Milliseconds since some moment, from the clock that goes on during a jump.
now_ms() {
	awk '{ printf "%d\n", $1 * 1000 }' /proc/uptime
}

# pause_for_host NAME: if pause=NAME, say "NAME.pause" and give the host time to stop the machine and look.
pause_for_host() {
	[ "$(parameter pause)" = "$1" ] || return 0
	say "$1.pause"
	_until=$(($(now_ms) + 8000))
	while [ "$(now_ms)" -lt $_until ]; do
		usleep 100000
	done
	say "$1.pause_over"
}

finish() {
	say "result $*"
	sync
	poweroff -f
	sleep 5
	reboot -f
	while :; do sleep 60; done
}

fail() {
	finish "fail $*"
}

passed() {
	say "ok $*"
}

failed() {
	failures=$((failures + 1))
	say "FAIL $*"
}

failures=0
