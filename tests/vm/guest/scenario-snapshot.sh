# shellcheck shell=sh
# SPDX-License-Identifier: GPL-2.0-only
# Snapshots of a running A: B takes one and goes back at once. Before each, A changes what a debugger
# can find: its host name, a line in its kernel log, a process.
. /lib/guest/scenario-memory.sh

run_scenario() {
	_rounds=$(parameter rounds 3)
	data_fill "$(parameter fill 10)"
	counter_start
	kexec --load-preserve-context /b/bzImage --initrd=/b/initrd.img \
		--append="$b_console b=snapshots" > /run/load.out 2>&1 ||
		fail "load: $(tail -n 1 /run/load.out)"
	mkfifo /run/never
	say "lent $(kexec --status --json | tr -d '\n')"
	memory_fill "$(parameter used 75)"
	_round=1
	while [ $_round -le "$_rounds" ]; do
		snapshot $_round
		_round=$((_round + 1))
	done
	data_check_all || fail "the data changed"
}

snapshot() {
	hostname "snapshot-$1"
	echo "mark of snapshot $1" > /dev/kmsg
	cat /run/never &
	say "a.snapshot $1 host snapshot-$1 waiter $! boot_id $boot_id"
	[ "$1" != 1 ] || pause_for_host a
	_from=$(now_ms)
	kexec -e > /run/exec.out 2>&1 || fail "snapshot $1: kexec -e: $(tail -n 1 /run/exec.out)"
	sed 's/^/exec: /' /run/exec.out
	say "a.snapped $1 away $(($(now_ms) - _from)) ms"
	data_intact "$1"
	memory_check "$1"
	kexec --image-info "/dev/vd$(echo abcdefghijkl | cut -c "$1")" | sed 's/^/info: /'
}
