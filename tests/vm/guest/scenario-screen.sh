# shellcheck shell=sh
# SPDX-License-Identifier: GPL-2.0-only
# A machine with a picture, which driver= shows (with + for blanks): the next kernel's driver finds it where it was,
# and draws. keep= is a parameter that B needs to have the same driver; words= must be in what our loader says.
run_scenario() {
	_driver=$(parameter driver | tr + ' ')
	[ "$(cat /proc/fb)" = "0 $_driver" ] || fail "the driver of the screen is '$(cat /proc/fb)'"
	kexec -l "$(parameter call -a)" /b/bzImage --initrd=/b/initrd.img \
		--append="$b_console vt.global_cursor_default=0 b=screen pause=b screen=$(screen_state) $(parameter keep)" \
		> /run/load.out 2>&1 || fail "load: $(tail -n 1 /run/load.out)"
	cat /run/load.out
	_words=$(parameter words '' | tr + ' ')
	if [ -n "$_words" ]; then
		grep "$_words" /run/load.out > /dev/null || fail "the loader did not say '$_words': $(cat /run/load.out)"
	fi
	kexec -e > /run/exec.out 2>&1
	fail "kexec -e: $(tail -n 1 /run/exec.out)"
}
