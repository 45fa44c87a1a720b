# shellcheck shell=sh
# SPDX-License-Identifier: GPL-2.0-only
# Nothing but the data: how long filling and checking takes here.
run_scenario() {
	_from=$(now_ms)
	data_fill "$(parameter fill 50)"
	say "fill_ms $(($(now_ms) - _from))"
	counter_start
	_from=$(now_ms)
	data_check_all || fail "the data changed"
	say "check_ms $(($(now_ms) - _from))"
	data_intact 1
}
