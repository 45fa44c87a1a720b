# shellcheck shell=sh
# SPDX-License-Identifier: GPL-2.0-only
# Our package in a Debian system that has Debian's kexec-tools, or had it.

settings=/etc/default/kexec

# With package=original Debian's kexec-tools stays, to compare.
package_is_original() {
	[ "$(parameter package)" = original ]
}

installed() {
	dpkg-query -W -f '${db:Status-Status}\n' "$1" | grep -x installed
}

not() {
	! "$@"
}

quiet() {
	_said=$("$@" 2>&1)
	echo "$_said"
	[ -z "$_said" ]
}

# of_package NAME FILE: whether dpkg says so, and the file is the package's own.
of_package() {
	dpkg -S "$2" | grep -x "$1: $2" && quiet dpkg --verify "$1"
}

# What sysv-rc runs in which runlevel, and when.
links() {
	echo /etc/rc?.d/*kexec*
}

links_are() {
	links
	[ "$(links)" = "$1" ]
}

# package_replaces COMMAND...: install ours where Debian's is. There is nobody who could answer a question.
package_replaces() {
	check "kexec-tools is installed" installed kexec-tools
	_links=$(links)
	echo '# by hand' >> $settings
	check "kexec-jump is installed over it" env DEBIAN_FRONTEND=noninteractive "$@"
	check "... kexec-tools is gone" not installed kexec-tools
	check "... kdump-tools stays" installed kdump-tools
	check "... the settings are kept" grep -x '# by hand' $settings
	for _file in /sbin/kexec /etc/init.d/kexec /etc/init.d/kexec-load; do
		check "... $_file is its own" of_package kexec-jump $_file
		check "... and can be run" [ -x $_file ]
	done
	check "... no settings wait to be merged" quiet find /etc -name '*.dpkg-*'
	check "... the init scripts are linked as they were" links_are "$_links"
	if [ -d /run/systemd/system ]; then
		check "... kexec-load.service is active" systemctl is-active kexec-load.service
		check "... kexec.service is enabled" systemctl is-enabled kexec.service
	fi
	check "... nothing is loaded" reads /sys/kernel/kexec_loaded 0
}

# What goes when dpkg forgets kexec-tools comes back when ours is installed once more.
package_restored() {
	_links=$(links)
	check "kexec-tools is purged" dpkg --purge kexec-tools
	check "kexec-jump is installed once more" dpkg -i /guest/kexec-jump.deb
	check "... the init scripts are linked as they were" links_are "$_links"
	check "... there are settings" [ -r $settings ]
}

# Nothing that either package made is left.
package_purged() {
	check "kexec-jump is purged" env DEBIAN_FRONTEND=noninteractive dpkg --force-depends --purge kexec-jump
	check "... dpkg knows it no more" not dpkg-query -W kexec-jump
	check "... no file is left" quiet find /etc /usr/sbin /usr/lib/systemd /var/lib/systemd -name '*kexec*' \
		! -name kexec.target ! -name systemd-kexec.service
}
