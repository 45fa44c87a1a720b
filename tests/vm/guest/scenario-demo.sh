# shellcheck shell=sh
# SPDX-License-Identifier: GPL-2.0-only
# The jump demo, told to the host in lines "@@ tell text": A keeps its data while B has the machine.
tell() {
	say "tell $*"
}

seconds() {
	printf '%d.%d s' $(($1 / 1000)) $(($1 % 1000 / 100))
}

data_sha256() {
	(cd $data && cat [0-9]*) | sha256sum | cut -c1-64
}

run_scenario() {
	_megabytes=$(parameter fill 60)
	tell "A: Linux $(uname -r) is up, $(nproc) processors, $(sed -n 's/^MemTotal: *//p' /proc/meminfo) of memory"
	data_fill "$_megabytes"
	sum_before=$(data_sha256)
	counter_start
	tell "A: $_megabytes MB of random data in memory, sha256 $sum_before"
	tell "A: a process counts, boot_id $boot_id"
	demo_load
	demo_jump 1
	demo_jump 2
	tell "A: checking the data"
	_after=$(data_sha256)
	tell "A: sha256 now    $_after"
	tell "A: sha256 before $sum_before"
	[ "$_after" = "$sum_before" ] || fail "the data changed"
	[ "$(cat /proc/sys/kernel/random/boot_id)" = "$boot_id" ] || fail "another boot_id"
	tell "A: the same boot_id, the process counts on ($(cat /run/count)), no warning in the kernel log"
}

demo_load() {
	_from=$(now_ms)
	tell "A: kexec --load-preserve-context bzImage --initrd=initrd.img"
	kexec --load-preserve-context /b/bzImage --initrd=/b/initrd.img \
		--append="$b_console b=demo" > /run/load.out 2>&1 || fail "load: $(tail -n 1 /run/load.out)"
	kexec --status -v > /run/status.out 2>&1
	tell "A: loaded in $(seconds $(($(now_ms) - _from))), lent to B: $(
		sed -n 's/^memory lent: //p' /run/status.out | tr '\n' ' ')"
}

demo_jump() {
	_count=$(cat /run/count)
	tell "A: kexec -e (jump $1)"
	_from=$(now_ms)
	kexec -e > /run/exec.out 2>&1 || fail "kexec -e: $(tail -n 1 /run/exec.out)"
	_ms=$(($(now_ms) - _from))
	data_intact "$1"
	tell "A: back after $(seconds $_ms), exit status 0; the counting process went from $_count to $(cat /run/count)"
}
