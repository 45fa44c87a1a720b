# shellcheck shell=sh
# SPDX-License-Identifier: GPL-2.0-only
# The hibernate demo, first machine and, resumed, second machine: A has work in progress.
. /lib/guest/scenario-demo.sh

run_scenario() {
	_megabytes=$(parameter fill 40)
	tell "A: Linux $(uname -r) is up, $(nproc) processors, $(sed -n 's/^MemTotal: *//p' /proc/meminfo) of memory"
	data_fill "$_megabytes"
	sum_before=$(data_sha256)
	counter_start
	tell "A: $_megabytes MB of random data in memory, sha256 $sum_before"
	tell "A: a process counts, boot_id $boot_id"
	tell "A: kexec --load-preserve-context bzImage --initrd=initrd.img"
	kexec --load-preserve-context /b/bzImage --initrd=/b/initrd.img \
		--append="$b_console b=demo-save" > /run/load.out 2>&1 || fail "load: $(tail -n 1 /run/load.out)"
	_rtc=$(cat /sys/class/rtc/rtc0/since_epoch)
	_count=$(cat /run/count)
	tell "A: the process is at $_count; kexec -e"
	kexec -e > /run/exec.out 2>&1 || fail "kexec -e: $(tail -n 1 /run/exec.out)"
	_away=$(($(cat /sys/class/rtc/rtc0/since_epoch) - _rtc))
	tell "A: back, after $_away s: $(grep resumed /run/exec.out)"
	data_intact 1
	tell "A: the process went on from $_count to $(cat /run/count)"
	tell "A: checking the data"
	_after=$(data_sha256)
	tell "A: sha256 now    $_after"
	tell "A: sha256 before $sum_before"
	[ "$_after" = "$sum_before" ] || fail "the data changed"
	tell "A: boot_id now    $(cat /proc/sys/kernel/random/boot_id), no warning in the kernel log"
	tell "A: the image: $(kexec --image-info /dev/vda | sed -n 's/^state: *//p'): it cannot be resumed twice"
}
