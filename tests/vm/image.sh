# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-only
# Looking into saved images on the host, with readelf and cmp, and damaging them. Knows doc/image.md as
# far as tests need it.

# image_loads IMAGE: offset, address, bytes in the file, bytes in memory of each PT_LOAD, in hex.
image_loads() {
	readelf -lW "$1" | awk '$1 == "LOAD" { print $2, $4, $5, $6 }'
}

# The first bytes of the note of ours, and its NOTE_IMAGE record, are found by their place in the PT_NOTE.
image_note() {
	readelf -lW "$1" | awk '$1 == "NOTE" { print $2; exit }'
}

# image_record IMAGE: the fields header_bytes, data_bytes, trailer_offset, trailer_bytes in decimal.
image_record() {
	"$vm_build/i386/kexec/kexec" --image-info --json "$1"
}

# image_offset IMAGE WHAT: where header_bytes, h (the hand-off area), data, trailer or note is in the file.
image_offset() {
	local way_back offset address bytes rest first last
	case $2 in
	note) echo $(($(image_note "$1"))) ;;
	header_bytes) image_loads "$1" | { read -r first rest && echo $((first)); } ;;
	trailer)
		last=$(image_loads "$1" | tail -n 1)
		read -r offset address bytes rest <<< "$last"
		echo $((offset + rest)) ;;
	data)
		# Not zeros: those may not be stored.
		image_loads "$1" | while read -r offset address bytes rest; do
			echo $((bytes)) $((offset))
		done | sort -n | tail -n 1 | { read -r bytes offset && echo $((offset + bytes / 2)); } ;;
	h)
		way_back=$(readelf -h "$1" | awk '/Entry point/ { print $NF }')
		image_loads "$1" | while read -r offset address bytes rest; do
			[ $((way_back)) -ge $((address)) ] && [ $((way_back)) -lt $((address + bytes)) ] || continue
			# The pad is the last page of H, the core header before it has two.
			echo $((offset + way_back / 4096 * 4096 - 8192 - address))
		done ;;
	esac
}

image_offsets() {
	local what list=
	for what in header_bytes h data trailer note; do
		list+=${list:+,}$what=$(image_offset "$1" $what)
	done
	echo "$list"
}

# image_bytes IMAGE: up to where the table of checksums begins.
image_bytes() {
	image_offset "$1" trailer
}

# image_flip IMAGE OFFSET: turn the bit that the guests turn too.
image_flip() {
	local byte
	byte=$(dd if="$1" bs=1 skip="$2" count=1 2>/dev/null | od -An -tu1 | tr -d ' ')
	# shellcheck disable=SC2059 # the byte in octal
	printf "\\$(printf %03o $((byte ^ 16)))" | dd of="$1" bs=1 seek="$2" conv=notrunc 2>/dev/null
}

# image_same_as_memory IMAGE MEMORY: compare each PT_LOAD with the machine's memory; the hand-off area, which
# this kernel or the pad writes, is left out. Says how much was compared.
image_same_as_memory() {
	local offset address bytes in_memory way_back total=0
	way_back=$(($(readelf -h "$1" | awk '/Entry point/ { print $NF }') / 4096 * 4096))
	while read -r offset address bytes in_memory; do
		if [ $((address)) -le $way_back ] && [ $((address + in_memory)) -gt $way_back ]; then
			# H is its pages up to the pad's; it begins the lent memory, or the range.
			bytes=$((way_back - 8192 - address))
			in_memory=$bytes
			[ $bytes -gt 0 ] || continue
		fi
		cmp -n $((bytes)) -i $((offset)):$((address)) "$1" "$2" ||
			{ echo "the PT_LOAD at $address differs" && return 1; }
		cmp -n $((in_memory - bytes)) -i $((address + bytes)):0 "$2" /dev/zero ||
			{ echo "the PT_LOAD at $address is not zero behind its data" && return 1; }
		total=$((total + in_memory))
	done < <(image_loads "$1")
	echo "$((total / 1048576)) MB"
}
