# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-only
# For the scripts beside this one: kexec_fake on a recorded machine, its system calls written down; what it
# answered and what it asked for are compared. Sourced, so what is set here is used elsewhere.
# shellcheck disable=SC2034

src=${top_srcdir:-$(cd "$(dirname "$0")/../.." && pwd)}
bin=${top_builddir:-$PWD}
kexec=$bin/tests/cli/kexec_fake
make_image=$bin/tests/cli/make_image
make_core=$bin/tests/cli/make_core
kdump=$bin/kdump/kdump
if ! [ -x "$kexec" ] || ! [ -x "$make_image" ] || ! [ -x "$make_core" ]; then
	echo "FAIL kexec_fake, make_image and make_core are built: not below '$bin'"
	exit 1
fi
work=$(mktemp -d)
trap 'chmod -R u+w "$work"; rm -rf "$work"' EXIT
failed=0
debug=no # -d prints a plan, too
json=yes # unless built without jansson

export FAKE_LOG=$work/log FAKE_ROOT=$work/machine FAKE_RECORD=$work/run/kexec
export FAKE_LOADED=$FAKE_ROOT/sys/kernel/kexec_loaded
EPERM=1 EBUSY=16 EINVAL=22 ENOMEM=12 EADDRNOTAVAIL=99 ENOSYS=38 ENOENT=2

# A machine with nothing loaded and nothing recorded.
fresh() {
	chmod -R u+w "$work"
	rm -rf "$FAKE_ROOT" "$work/run" "$FAKE_LOG"
	cp -r "$src/tests/data/machines/pc-bios-512" "$FAKE_ROOT"
	chmod -R u+w "$FAKE_ROOT"
	mkdir -p "$work/run" "$FAKE_ROOT/sys/kernel/security" "$FAKE_ROOT/proc/self"
	echo 0 > "$FAKE_LOADED"
	printf 'Name:\tkexec\nCapEff:\t000001ffffffffff\n' > "$FAKE_ROOT/proc/self/status"
}

ok() {
	echo "ok $1"
}

fail() {
	echo "FAIL $1: $2"
	sed 's/^/    out: /' "$work/out" | head -n 20
	sed 's/^/    err: /' "$work/err" | head -n 20
	failed=1
}

# run [VARIABLE=VALUE]... -- ARGUMENT...: run kexec; rc, $work/out, $work/err and the log are the result.
run() {
	local settings=()
	while [ "$1" != -- ]; do
		settings+=("$1")
		shift
	done
	shift
	: > "$FAKE_LOG"
	env ${settings[@]+"${settings[@]}"} "$kexec" "$@" > "$work/out" 2> "$work/err" < /dev/null
	rc=$?
}

# check NAME RC ERR CALLS: the exit code, a pattern that standard error has ('' = nothing is there), and the
# calls that were made.
check() {
	local name=$1 calls
	calls=$(cut -d' ' -f1 "$FAKE_LOG" | grep -vxE 'segment|file' | tr '\n' ' ')
	if [ "$rc" != "$2" ]; then
		fail "$name" "exit code $rc, not $2"
	elif [ -z "$3" ] && [ -s "$work/err" ]; then
		fail "$name" "unexpected messages"
	elif [ -n "$3" ] && ! grep -qE -- "$3" "$work/err"; then
		fail "$name" "no message like '$3'"
	elif [ "${calls% }" != "$4" ]; then
		fail "$name" "calls '${calls% }', not '$4'"
	elif grep -qvE '^(kexec: |Usage: |Try )' "$work/err" && [ "$debug" = no ]; then
		fail "$name" "a message does not begin with 'kexec: '"
	else
		ok "$name"
	fi
}

expect() {
	if "${@:2}"; then ok "$1"; else fail "$1" "not so"; fi
}

is_json() {
	[ -s "$work/out" ] && jq -e "$@" "$work/out" > /dev/null
}

# expect_json NAME ARGUMENT...: what jq says of the output.
expect_json() {
	if [ "$json" = no ]; then
		echo "SKIP $1: built without jansson"
	else
		expect "$1" is_json "${@:2}"
	fi
}

printed() {
	grep -qE -- "$1" "$work/out"
}

not_printed() {
	! printed "$1"
}

kernel=$work/bzImage
program=$work/program
"$make_image" bzimage > "$kernel"
"$make_image" elf > "$program"
head -c 5000 /dev/zero | tr '\0' A > "$work/a.img"
head -c 100 /dev/zero | tr '\0' B > "$work/b.img"
