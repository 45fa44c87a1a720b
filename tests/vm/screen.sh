# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-only
# Guests with a picture: what the firmware set up, or a driver, is handed on, and what the next kernel draws is what
# the machine shows. The host looks at the screen.

# screen_guests LONG: as guests() in tests/vm/run. driver= is A's frame buffer, with + for blanks.
screen_guests() {
	local no_bochs=initcall_blacklist=bochs_pci_driver_init
	cat <<-'END'
	screen-vesafb i386-debian 256 1 max scenario=screen vga=0x317 driver=VESA+VGA
	END
	[ "$1" = yes ] || return 0
	cat <<-END
	screen-vesafb-32 i386-debian 256 1 max scenario=screen vga=0x344 driver=VESA+VGA
	screen-efifb x86_64-debian 512 1 max scenario=screen firmware=efi driver=EFI+VGA call=-c
	screen-simpledrm x86_64-screen 512 1 max scenario=screen firmware=efi driver=simpledrmdrmfb keep=$no_bochs $no_bochs call=-c
	screen-simpledrm-file x86_64-screen 512 1 max scenario=screen firmware=efi driver=simpledrmdrmfb keep=$no_bochs $no_bochs call=-s
	screen-simpledrm-vesa x86_64-screen 512 1 max scenario=screen vga=0x318 driver=simpledrmdrmfb keep=$no_bochs $no_bochs call=-c
	screen-bochs x86_64-screen 512 1 max scenario=screen firmware=efi driver=bochs-drmdrmfb words=stays+dark call=-c
	END
}

# As vm_tick: when B has drawn.
screen_tick() {
	[ ! -e "$1.ppm" ] && tr -d '\r' < "$1.results" | grep -x '@@ b.pause' > /dev/null || return 0
	echo "screendump \"$1.ppm\"" > "$1.monitor.in"
	timeout 60 sh -c 'while [ ! -s "$1" ]; do sleep 0.1; done' sh "$1.ppm"
	timeout 1 cat "$1.monitor.out" > /dev/null
}

# screen_judge BASE: the upper half is red, the lower half green, to the last line; sets vm_why on failure.
screen_judge() {
	local size
	size=$(vm_value "$1" b.size)
	vm_why="the host saw no screen"
	[ -s "$1.ppm" ] || return 1
	vm_why="the screen is not the picture that B drew: '$1.ppm'"
	perl -e '
		local $/; open F, "<:raw", $ARGV[0] or die; my $all = <F>;
		$all =~ s/^P6\s+(\d+)\s+(\d+)\s+255\s// or die; my ($w, $h) = ($1, $2);
		"$w,$h" eq $ARGV[1] or exit 1;
		for my $y (0 .. $h - 1) {
			my $line = substr($all, $y * $w * 3, $w * 3);
			$line =~ ($y < $h / 2 ? qr/^([\xf8-\xff]\0\0)+$/s : qr/^(\0[\xfc-\xff]\0)+$/s) or exit 1;
		}' "$1.ppm" "$size" || return 1
	vm_why=ok
}
