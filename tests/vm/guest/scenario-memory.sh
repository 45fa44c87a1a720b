# shellcheck shell=sh
# SPDX-License-Identifier: GPL-2.0-only
# Filling most of the memory with what can be compared word by word: a process that holds one half of
# it, a file in tmpfs with the other.

memory_kb() {
	sed -n "s/^$1: *\([0-9]*\) kB/\1/p" /proc/meminfo
}

memory_used_percent() {
	echo $((($(memory_kb MemTotal) - $(memory_kb MemFree)) / ($(memory_kb MemTotal) / 100)))
}

# memory_fill PERCENT: until so much of the memory is in use, whatever uses it.
memory_fill() {
	_total=$(memory_kb MemTotal)
	_more=$(((_total / 100 * $1 - (_total - $(memory_kb MemFree))) / 1024))
	[ $_more -ge 2 ] || _more=2
	keeper fill $data/keeper $((_more / 2)) || fail "filling $((_more / 2)) MB of tmpfs"
	: > /run/keeper
	keeper hold $((_more - _more / 2)) /run/keeper &
	keeper_pid=$!
	keeper_lines=1
	keeper_wait || fail "the process that holds memory says: $(tail -n 1 /run/keeper)"
	say "filled $_more MB more, $(memory_used_percent) percent of $((_total / 1024)) MB in use"
}

keeper_wait() {
	while [ "$(wc -l < /run/keeper)" -lt $keeper_lines ]; do
		kill -0 $keeper_pid || return 1
		usleep 100000
	done
}

# memory_check ROUND
memory_check() {
	keeper_lines=$((keeper_lines + 1))
	kill -USR1 $keeper_pid
	keeper_wait || fail "round $1: the process that holds memory is gone"
	[ "$(tail -n 1 /run/keeper)" = right ] || fail "round $1: memory: $(tail -n 1 /run/keeper)"
	keeper check $data/keeper || fail "round $1: the file in tmpfs changed"
}
