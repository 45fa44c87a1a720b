# shellcheck shell=sh
# SPDX-License-Identifier: GPL-2.0-only
# The hibernate demo, second machine: kernel C finds the image.
run_scenario() {
	say "tell C: Linux $(uname -r) is up, boot_id $(cat /proc/sys/kernel/random/boot_id); there is no data here"
	say "tell C: kexec --load-resume-image /dev/vda"
	kexec --load-resume-image /dev/vda > /run/load.out 2>&1 || fail "c: load: $(tail -n 1 /run/load.out)"
	say "tell C: $(head -n 1 /run/load.out)"
	say "tell C: kexec -e"
	kexec -e > /run/exec.out 2>&1
	fail "c: kexec -e: $(tail -n 1 /run/exec.out)"
}
