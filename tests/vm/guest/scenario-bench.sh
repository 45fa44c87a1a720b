# shellcheck shell=sh
# SPDX-License-Identifier: GPL-2.0-only
# For ./bench hibernate: A uses a part of its memory and is saved by our programs (by=ours; b= is what B
# does) or by its own kernel (by=kernel), and says when it leaves and when it is back.
. /lib/guest/scenario-memory.sh

run_scenario() {
	data_fill 10
	memory_fill "$(parameter used 40)"
	if [ "$(parameter by)" = kernel ]; then
		leave_by_kernel
	else
		leave_by_jump
	fi
	say "a.back"
	memory_check 1
}

leave_by_jump() {
	kexec --load-preserve-context /b/bzImage --initrd=/b/initrd.img \
		--append="$b_console b=$(parameter b) rounds=$(parameter rounds) target=$(parameter target)" \
		> /run/load.out 2>&1 || fail "load: $(tail -n 1 /run/load.out)"
	say "a.leaving"
	kexec -e > /run/exec.out 2>&1 || fail "kexec -e: $(tail -n 1 /run/exec.out)"
}

leave_by_kernel() {
	mkswap /dev/vdb > /dev/null && swapon /dev/vdb || fail "no swap space"
	echo shutdown > /sys/power/disk
	say "a.leaving"
	echo disk > /sys/power/state || fail "the kernel does not hibernate: $(dmesg | tail -n 1)"
}
