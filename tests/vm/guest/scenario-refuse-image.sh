# shellcheck shell=sh
# SPDX-License-Identifier: GPL-2.0-only
# One image that this machine, or anybody, must not resume: the reason is in words=, with underscores.
. /lib/guest/refuse.sh
run_scenario() {
	refuse "$(parameter name image | tr _ ' ')" "$(parameter words . | tr _ ' ')" \
		kexec --load-resume-image "$(parameter target /dev/vda)"
	kexec --image-info "$(parameter target /dev/vda)" | sed 's/^/info: /'
}
