# shellcheck shell=sh
# SPDX-License-Identifier: GPL-2.0-only
# The kernel's own part of a jump, without any program of ours: way=plain where the kernel loads its
# descriptor table itself on return, way=gdt where the image has to do it.
run_scenario() {
	data_fill 20
	counter_start
	kernel-jump "$(parameter way plain)" 4 > /run/jump.out 2>&1 || fail "$(tail -n 1 /run/jump.out)"
	data_intact 1
	data_check_all || fail "the data changed"
	passed "the kernel calls the entries of an image in turn: $(cat /run/jump.out)"
}
