# shellcheck shell=sh
# SPDX-License-Identifier: GPL-2.0-only
# A kernel that cannot or will not be kept: the load is refused, names the reason, and changes nothing.
. /lib/guest/refuse.sh

# refuse_loads WORDS-OF-LOAD WORDS-OF-FILE-LOAD: by both system calls, and where kexec has the choice.
refuse_loads() {
	refuse "$(parameter reason): -c" "$1" kexec -l -c /b/bzImage --append=nothing
	refuse "$(parameter reason): -s" "$2" kexec -l -s /b/bzImage --append=nothing
	refuse "$(parameter reason): -a" "$2" kexec -l -a /b/bzImage --append=nothing
}

run_scenario() {
	case $(parameter reason none) in
	file-lockdown) # signed by Debian, but no firmware told this kernel of the key
		refuse_loads 'locked down (integrity) and then never' 'loads only what is signed with a key'
		refuse "lockdown: -p" 'loads only what is signed' kexec -p /b/bzImage --append=nothing
		return ;;
	limits)
		echo 0 > /proc/sys/kernel/kexec_load_limit_reboot || fail "no limit can be set"
		refuse_loads 'kexec_load_limit_reboot is 0' 'kexec_load_limit_reboot is 0'
		echo 0 > /proc/sys/kernel/kexec_load_limit_panic
		refuse "limits: -p" 'kexec_load_limit_panic is 0' kexec -p -c /b/bzImage --append=nothing
		echo 1 > /proc/sys/kernel/kexec_load_disabled
		refuse_loads 'kexec_load_disabled is 1' 'kexec_load_disabled is 1'
		return ;;
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
