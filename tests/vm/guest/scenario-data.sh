# shellcheck shell=sh
# SPDX-License-Identifier: GPL-2.0-only
# What A has to lose: random data in tmpfs with its checksums, a process that counts, its boot id, its
# kernel log. Scenarios fill it before a jump and look after it.

data=/data

# data_fill MEGABYTES: files of 5 MB with their checksums.
data_fill() {
	mkdir -p $data
	mount -t tmpfs -o size=90% tmpfs $data
	data_files=$((($1 + 4) / 5))
	_i=0
	while [ $_i -lt $data_files ]; do
		dd if=/dev/urandom of=$data/$_i bs=1M count=5 2>/dev/null || fail "filling $1 MB"
		_i=$((_i + 1))
	done
	(cd $data && sha256sum [0-9]*) > /run/sums || fail "no checksums"
	data_sum=$(sha256sum < /run/sums | cut -c1-64)
	boot_id=$(cat /proc/sys/kernel/random/boot_id)
	log_bad=$(log_bad_lines)
}

# Lines of the kernel log that no test may add.
log_bad_lines() {
	dmesg | grep -c -E 'WARNING:|BUG:|Oops|Call Trace|general protection|nobody cared|Bad page'
}

# data_check_file N: one of the files, round and round: quick enough for each round.
data_check_file() {
	_name=$(($1 % data_files))
	(cd $data && grep " $_name\$" /run/sums | sha256sum -c -s)
}

data_check_all() {
	_sum=$( (cd $data && sha256sum [0-9]*) | sha256sum | cut -c1-64)
	[ "$_sum" = "$data_sum" ]
}

counter_start() {
	(
		n=0
		while :; do
			n=$((n + 1))
			echo $n > /run/count.new
			mv /run/count.new /run/count
			usleep 50000
		done
	) &
	counter_pid=$!
}

# The process that was there before is still there and counts on.
counter_goes_on() {
	kill -0 "$counter_pid" || return 1
	_before=$(cat /run/count)
	_i=0
	while [ "$(cat /run/count)" = "$_before" ]; do
		_i=$((_i + 1))
		[ $_i -lt 600 ] || return 1
		usleep 100000
	done
}

# What must hold after each return of a jump. $1 = round.
data_intact() {
	data_check_file "$1" || fail "round $1: the data changed"
	counter_goes_on || fail "round $1: the counting process stopped"
	[ "$(cat /proc/sys/kernel/random/boot_id)" = "$boot_id" ] || fail "round $1: another boot_id"
	if [ "$(log_bad_lines)" != "$log_bad" ]; then
		dmesg | tail -n 60
		fail "round $1: new warnings in the kernel log"
	fi
}
