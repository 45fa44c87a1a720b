# shellcheck shell=sh
# SPDX-License-Identifier: GPL-2.0-only
# A is saved by B to a disk, the machine is switched off, and a kernel C in a new machine resumes A: as
# often as cycles= says. Nothing of A is lost, and A knows how long it was away.
. /lib/guest/scenario-memory.sh

run_scenario() {
	cycles=$(parameter cycles 1)
	data_fill "$(parameter fill 10)"
	counter_start
	hibernate_load
	memory_fill "$(parameter used 80)"
	data_intact 0
	_cycle=1
	while :; do
		hibernate "$_cycle"
		_cycle=$((_cycle + 1))
		[ $_cycle -le "$cycles" ] || break
		hibernate_load
	done
	data_check_all || fail "the data changed"
}

# What B is told is what A was told.
hibernate_load() {
	_options=
	for _name in target fs view pause; do
		[ -z "$(parameter $_name)" ] || _options="$_options $_name=$(parameter $_name)"
	done
	# shellcheck disable=SC2046 # options=-a,-b are words
	kexec --load-preserve-context /b/bzImage --initrd=/b/initrd.img \
		$(parameter options "" | tr ',' ' ') \
		--append="$b_console b=$(parameter b save)$_options" > /run/load.out 2>&1 ||
		fail "load: $(tail -n 1 /run/load.out)"
	say "lent $(kexec --status --json | tr -d '\n')"
}

clocks_before() {
	_rtc=$(cat /sys/class/rtc/rtc0/since_epoch)
	_apart=$(($(date +%s) - _rtc))
	_uptime=$(now_ms)
}

# The clock went on as the hardware's did (an emulated kernel's own is a poor one), and so did uptime.
clocks_after() {
	_away=$(($(cat /sys/class/rtc/rtc0/since_epoch) - _rtc))
	_lived=$((($(now_ms) - _uptime) / 1000))
	_apart=$(($(date +%s) - $(cat /sys/class/rtc/rtc0/since_epoch) - _apart))
	say "clocks cycle $1: away $_away s, uptime went on $_lived s, the clock is off by $_apart s"
	# With too little of a busy host's time a kernel takes its processor for 50 times slower than it is.
	if dmesg | grep 'PIT calibration deviates\|Marking clocksource' > /dev/null; then
		say "clocks cycle $1: this kernel's own clock was wrong from the start"
		return
	fi
	[ $_away -ge 0 ] && [ $_lived -ge 0 ] && [ $_lived -le $((_away + 30)) ] ||
		fail "cycle $1: uptime went on $_lived s in $_away s"
	[ ${_apart#-} -le 10 ] || fail "cycle $1: the clock is off by $_apart s"
}

hibernate() {
	clocks_before
	say "a.leaving $1"
	kexec -e > /run/exec.out 2>&1
	_status=$?
	sed 's/^/exec: /' /run/exec.out
	[ $_status = 0 ] || fail "cycle $1: kexec -e ended with $_status: $(tail -n 1 /run/exec.out)"
	clocks_after "$1"
	data_intact "$1"
	memory_check "$1"
	if [ "$(parameter marks yes)" = yes ]; then
		hibernate_marks "$1"
	fi
	say "a.back $1"
}

# The image is spent and what was loaded for it is gone.
hibernate_marks() {
	_image=$(parameter target /dev/vda)
	grep -q "resumed from '$_image'" /run/exec.out ||
		fail "cycle $1: A did not notice that it was resumed: $(tail -n 1 /run/exec.out)"
	[ "$(cat /sys/kernel/kexec_loaded)" = 0 ] || fail "cycle $1: the spent kernel is still loaded"
	kexec --image-info "$_image" > /run/info.out 2>&1
	grep -q '^state: *resumed' /run/info.out ||
		fail "cycle $1: the image is not marked: $(grep ^state /run/info.out)"
}
