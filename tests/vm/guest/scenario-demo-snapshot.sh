# shellcheck shell=sh
# SPDX-License-Identifier: GPL-2.0-only
# The snapshot demo: A changes between two snapshots that B takes of it.
. /lib/guest/scenario-demo.sh

run_scenario() {
	tell "A: Linux $(uname -r) is up, $(nproc) processors, $(sed -n 's/^MemTotal: *//p' /proc/meminfo) of memory"
	data_fill "$(parameter fill 20)"
	counter_start
	kexec --load-preserve-context /b/bzImage --initrd=/b/initrd.img \
		--append="$b_console b=demo-snapshots" > /run/load.out 2>&1 ||
		fail "load: $(tail -n 1 /run/load.out)"
	demo_snapshot 1 morning
	demo_snapshot 2 evening
	data_check_all || fail "the data changed"
	tell "A: data, processes and boot_id are as they were, no warning in the kernel log"
}

demo_snapshot() {
	hostname "$2"
	echo "it is $2" > /dev/kmsg
	tell "A: host name $2, a line in the kernel log, count $(cat /run/count); kexec -e"
	_from=$(now_ms)
	kexec -e > /run/exec.out 2>&1 || fail "kexec -e: $(tail -n 1 /run/exec.out)"
	tell "A: back after $(seconds $(($(now_ms) - _from)))"
	data_intact "$1"
}
