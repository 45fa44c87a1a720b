# shellcheck shell=sh
# SPDX-License-Identifier: GPL-2.0-only
# A kernel that cannot or will not be kept: the load is refused, names the reason, and changes nothing.
. /lib/guest/refuse.sh

run_scenario() {
	case $(parameter reason none) in
	lockdown) _words='locked down' ;;
	no-kexec-jump) _words='without CONFIG_KEXEC_JUMP' ;;
	*) fail "no reason is given" ;;
	esac
	refuse "$(parameter reason none): loading" "$_words" \
		kexec --load-preserve-context /b/bzImage --initrd=/b/initrd.img --append="$b_console b=never"
	if [ "$(parameter reason none)" = no-kexec-jump ]; then
		accept "an ordinary load on the same kernel" kexec -l /b/bzImage --append=nothing
		refuse "jump into what will not come back" 'will not come back' kexec -j
		accept "unload" kexec -u
	fi
}
