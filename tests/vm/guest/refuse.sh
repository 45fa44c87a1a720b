# shellcheck shell=sh
# SPDX-License-Identifier: GPL-2.0-only
# Commands that must be refused: with a status, with words, and without any change.

loaded() {
	cat /sys/kernel/kexec_loaded
}

# refuse NAME WORDS COMMAND...
refuse() {
	_name=$1
	_words=$2
	shift 2
	_loaded=$(loaded)
	"$@" > /run/refused.out 2>&1
	_status=$?
	sed "s/^/refused: /" /run/refused.out
	if [ $_status = 0 ]; then
		failed "$_name: was not refused"
	elif ! grep -q -e "$_words" /run/refused.out; then
		failed "$_name: no '$_words' in: $(tail -n 1 /run/refused.out)"
	elif [ "$(loaded)" != "$_loaded" ]; then
		failed "$_name: was refused, but what is loaded changed"
	else
		passed "refused: $_name"
	fi
}

# accept NAME COMMAND...
accept() {
	_name=$1
	shift
	if "$@" > /run/accepted.out 2>&1; then
		passed "accepted: $_name"
	else
		failed "$_name: $(tail -n 1 /run/accepted.out)"
	fi
}
