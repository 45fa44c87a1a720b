# shellcheck shell=sh
# SPDX-License-Identifier: GPL-2.0-only
# What a kernel knows of the screen, and what it draws there.

# Driver, frame buffer and size of the screen, as one word; "none" where the kernel has no driver for it.
screen_state() {
	if [ -n "$(cat /proc/fb 2> /dev/null)" ]; then
		echo "$(cat /proc/fb /sys/class/graphics/fb0/virtual_size /sys/class/graphics/fb0/stride)" \
			"$(grep -E 'efifb|vesafb|simplefb|BOOTFB' /proc/iomem)" | tr -s ' \n' '-'
	else
		echo none
	fi
}

# fill BYTES PIXEL: as many bytes of a pixel (for printf).
fill() {
	# shellcheck disable=SC2059 # that is the point
	printf "$2" > /tmp/pixels
	while [ "$(stat -c %s /tmp/pixels)" -lt "$1" ]; do
		cat /tmp/pixels /tmp/pixels > /tmp/twice
		mv /tmp/twice /tmp/pixels
	done
	head -c "$1" /tmp/pixels
}

# The upper half red, the lower half green.
screen_draw() {
	_size=$(cat /sys/class/graphics/fb0/virtual_size)
	_half=$(($(cat /sys/class/graphics/fb0/stride) * (${_size#*,} / 2)))
	case $(cat /sys/class/graphics/fb0/bits_per_pixel) in
	32) { fill $_half '\0\0\377\0' && fill $_half '\0\377\0\0'; } > /tmp/picture ;;
	24) { fill $_half '\0\0\377' && fill $_half '\0\377\0'; } > /tmp/picture ;;
	16) { fill $_half '\000\370' && fill $_half '\340\007'; } > /tmp/picture ;;
	*) fail "b: $(cat /sys/class/graphics/fb0/bits_per_pixel) bits to a pixel" ;;
	esac
	cat /tmp/picture > /dev/fb0 || fail "b: nothing can be drawn"
	say "b.size $_size"
}

# /init of B.
screen_seen() {
	[ "$(screen_state)" = "$(parameter screen none)" ] ||
		fail "b: screen '$(screen_state)', A had '$(parameter screen none)'"
	say "b.screen $(screen_state)"
	screen_draw
	pause_for_host b
	finish ok
}
