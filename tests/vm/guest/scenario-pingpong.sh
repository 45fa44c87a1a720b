# shellcheck shell=sh
# SPDX-License-Identifier: GPL-2.0-only
# A -> B -> A again and again, and nothing of A is lost. What B sees of the machine is reported on the
# first visit. The default is that B comes back by our own tool; way=raw lets it use the rawest means.
run_scenario() {
	rounds=$(parameter rounds 10)
	way=$(parameter way tool)
	data_fill "$(parameter fill 100)"
	counter_start
	pingpong_load
	_round=1
	while [ $_round -le "$rounds" ]; do
		_from=$(now_ms)
		kexec -e > /run/exec.out 2>&1
		_status=$?
		_ms=$(($(now_ms) - _from))
		cat /run/exec.out
		[ $_status = 0 ] || fail "round $_round: kexec -e ended with $_status: $(tail -n 1 /run/exec.out)"
		data_intact $_round
		say "round $_round $_ms ms"
		_round=$((_round + 1))
	done
	data_check_all || fail "the data changed"
	[ "$(cat /sys/kernel/kexec_loaded)" = 1 ] || fail "the image is no longer loaded"
	if [ "$way" = raw ]; then
		pingpong_nobody_there
	fi
	kexec -u || fail "the image cannot be unloaded"
	[ "$(cat /sys/kernel/kexec_loaded)" = 0 ] || fail "the image is still loaded"
}

pingpong_load() {
	_from=$(now_ms)
	# shellcheck disable=SC2046 # options=-a,-b are words
	kexec --load-preserve-context /b/bzImage --initrd=/b/initrd.img \
		$(parameter options "" | tr ',' ' ') \
		--command-line="$b_console b=$way" > /run/load.out 2>&1 ||
		fail "load: $(tail -n 1 /run/load.out)"
	say "load_ms $(($(now_ms) - _from))"
	# The exit status is 1 when something is loaded, as it has always been.
	kexec --status -v > /run/status.out 2>&1
	[ $? = 1 ] || fail "--status: $(tail -n 1 /run/status.out)"
	sed 's/^/status: /' /run/status.out
	say "lent $(kexec --status --json | tr -d '\n')"
	data_intact 0
}

# B left without leaving an address behind: a further jump finds nobody and is back at once.
pingpong_nobody_there() {
	kexec -e > /run/exec.out 2>&1 || fail "a jump to nobody: $(tail -n 1 /run/exec.out)"
	data_intact 1
	say "nobody ok"
}
