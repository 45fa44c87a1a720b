# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-only
# Looking into saved images on the host, with what others made to read cores, and damaging them. Knows
# doc/image.md as far as tests need it.

# image_loads IMAGE: offset, address, bytes in the file, bytes in memory of each PT_LOAD, in hex.
image_loads() {
	readelf -lW "$1" | awk '$1 == "LOAD" { print $2, $4, $5, $6 }'
}

# The first bytes of the note of ours, and its NOTE_IMAGE record, are found by their place in the PT_NOTE.
image_note() {
	readelf -lW "$1" | awk '$1 == "NOTE" { print $2; exit }'
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

# image_flip IMAGE OFFSET: turn the bit that the guests turn too.
image_flip() {
	local byte
	byte=$(dd if="$1" bs=1 skip="$2" count=1 2>/dev/null | od -An -tu1 | tr -d ' ')
	# shellcheck disable=SC2059 # the byte in octal
	printf "\\$(printf %03o $((byte ^ 16)))" | dd of="$1" bs=1 seek="$2" conv=notrunc 2>/dev/null
}

# image_memory MEMORY ADDRESS: the file with the memory of this address, and where it is there: what lies above
# 4 GiB is in MEMORY.high.
image_memory() {
	if [ $(($2)) -ge $((0x100000000)) ]; then
		echo "$1.high" $(($2 - 0x100000000))
	else
		echo "$1" $(($2))
	fi
}

# image_same_as_memory IMAGE MEMORY: compare each PT_LOAD with the machine's memory; the hand-off area, which
# this kernel or the pad writes, is left out. Says how much was compared.
image_same_as_memory() {
	local offset address bytes in_memory way_back total=0 memory at
	way_back=$(($(readelf -h "$1" | awk '/Entry point/ { print $NF }') / 4096 * 4096))
	while read -r offset address bytes in_memory; do
		if [ $((address)) -le $way_back ] && [ $((address + in_memory)) -gt $way_back ]; then
			# H is its pages up to the pad's; it begins the lent memory, or the range.
			bytes=$((way_back - 8192 - address))
			in_memory=$bytes
			[ $bytes -gt 0 ] || continue
		fi
		read -r memory at <<< "$(image_memory "$2" "$address")"
		cmp -n $((bytes)) -i $((offset)):$at "$1" "$memory" ||
			{ echo "the PT_LOAD at $address differs" && return 1; }
		cmp -n $((in_memory - bytes)) -i $((at + bytes)):0 "$memory" /dev/zero ||
			{ echo "the PT_LOAD at $address is not zero behind its data" && return 1; }
		total=$((total + in_memory))
	done < <(image_loads "$1")
	echo "$((total / 1048576)) MB"
}

# image_lent_like_memory IMAGE MEMORY START END...: how many of the lent pages that the image shows are as in the
# memory; fails if less than nine of ten are. It shows those that A used: the others were given to B as they were.
image_lent_like_memory() {
	local image=$1 memory=$2 offset address bytes in_memory start end pages=0 other=0 differing part at
	shift 2
	while [ $# -gt 1 ]; do
		start=$1 end=$2
		shift 2
		[ $((start)) -ge $((0x100000)) ] || continue
		while read -r offset address bytes in_memory; do
			[ $((address)) -ge $((start)) ] && [ $((address + bytes)) -le $((end)) ] || continue
			read -r part at <<< "$(image_memory "$memory" "$address")"
			differing=$(cmp -l -n $((bytes)) -i $((offset)):$at "$image" "$part" |
				awk '{ page = int(($1 - 1) / 4096) } page != last || !NR { n++ } { last = page } END { print n + 0 }')
			other=$((other + differing))
			pages=$((pages + bytes / 4096))
		done < <(image_loads "$image")
	done
	echo "$((pages - other)) of $pages pages are as they were before the jump"
	[ $pages -gt 0 ] && [ $((other * 10)) -le $pages ]
}

# image_slide IMAGE KERNEL: how far KASLR moved the kernel.
image_slide() {
	local linked is
	linked=$(awk '$3 == "_stext" { print $1 }' "$2/System.map")
	is=$(eu-readelf -n "$1" | sed -n 's/.*SYMBOL(_stext)=//p')
	[ -n "$is" ] && printf '0x%x\n' $((0x$is - 0x$linked))
}

# image_gdb IMAGE KERNEL: what gdb makes of it: banner, host name, processes.
image_gdb() {
	local slide script
	slide=$(image_slide "$1" "$2") || { echo "no _stext in its VMCOREINFO" && return 1; }
	script=$(mktemp)
	cat > "$script" << 'END'
printf "%s", linux_banner
printf "host %s\n", init_uts_ns.name.nodename
set $inside = (long)&((struct task_struct *)0)->tasks
set $task = &init_task
set $left = 1000
while $left > 0
	printf "task %d %s\n", $task->pid, $task->comm
	set $task = (struct task_struct *)((char *)$task->tasks.next - $inside)
	set $left = $left - 1
	if $task == &init_task
		set $left = 0
	end
end
END
	gdb -nx -batch -ex "target core $1" -ex "symbol-file -o $slide $2/vmlinux" -x "$script" 2>&1
	rm -f "$script"
}

# image_reader ARCH PROGRAM ARGUMENT...: run crash or makedumpfile as built for an architecture.
image_reader() {
	local arch=$1 program=$2 root
	shift 2
	if [ "$arch" = x86_64 ]; then
		"$program" "$@" < /dev/null
		return
	fi
	root=$("$vm_top/scripts/i386-sysroot" --readers) || return 1
	"$root/lib/ld-linux.so.2" --library-path "$root/lib/i386-linux-gnu:$root/usr/lib/i386-linux-gnu" \
		"$root/usr/bin/$program" "$@" < /dev/null
}

# image_crash_kernel KERNEL OUT: vmlinux as Debian's crash wants it. The 32-bit one disassembles system calls by
# the names they had up to Linux 4.16.
image_crash_kernel() {
	local text address name add=()
	text=$(awk '$3 == "_text" { print $1 }' "$1/System.map")
	while read -r address name; do
		add+=(--add-symbol "$name=.text:$((0x$address - 0x$text)),global,function")
	done < <(sed -nE 's/^([0-9a-f]+) T __ia32_(sys_(open|fork|read|write))$/\1 \2/p' "$1/System.map")
	objcopy "${add[@]}" "$1/vmlinux" "$2"
}

# image_crash IMAGE KERNEL ARCH [COMMAND]...: what crash makes of it: banner, host name, log, processes, and
# more. (Its ps finds no process of a kernel whose struct pid ends in an open array; those of Linux 6.1 do
# since 2024.)
image_crash() {
	local work options=() result
	# What makedumpfile made of an image: zeros that were not stored it takes as left out.
	[[ $1 != *.d17 ]] || options+=(--zero_excluded)
	work=$(mktemp -d)
	printf '%s\n' 'p linux_banner' sys log 'list task_struct.tasks -s task_struct.pid,comm -h init_task' "${@:4}" quit \
		> "$work/commands"
	# On i386 it takes the kernel's own address for that of the linear map.
	[ "$3" != i386 ] || options+=(-m page_offset=0xc0000000)
	if [ "$3" = i386 ]; then
		image_crash_kernel "$2" "$work/vmlinux"
	else
		ln -s "$2/vmlinux" "$work/vmlinux"
	fi && image_reader "$3" crash "${options[@]}" --kaslr=auto -s -i "$work/commands" "$work/vmlinux" "$1" 2>&1
	result=$?
	rm -rf "$work"
	return $result
}

# image_vmcoreinfo IMAGE: the release in its VMCOREINFO, by libkdumpfile.
image_vmcoreinfo() {
	/usr/bin/python3 -c 'import sys, kdumpfile
core = kdumpfile.kdumpfile(sys.argv[1])
print(core.attr["arch.name"], core.attr["linux.uts.release"])' "$1"
}

# image_drgn IMAGE KERNEL: what drgn makes of it: host name, processes.
image_drgn() {
	timeout 300 /usr/bin/python3 - "$1" "$2/vmlinux" 2>&1 << 'END'
import sys
import drgn
from drgn.helpers.linux.pid import for_each_task

program = drgn.Program()
program.set_core_dump(sys.argv[1])
program.load_debug_info([sys.argv[2]])
print("host", program["init_uts_ns"].name.nodename.string_().decode())
for task in for_each_task(program):
    print("task", task.pid.value_(), task.comm.string_().decode())
END
}

# image_readers IMAGE FLAVOUR HOST WAITER: the slower ones of those programs, in the same way as image_debuggers.
image_readers() {
	local image=$1 flavour=$2 host=$3 waiter=$4 kernel arch out
	kernel=$(vm_kernel "$flavour") || return 1
	arch=$(vm_arch "$flavour")
	image_crash_sees "$image" "$kernel" "$arch" "$host" "$waiter" || return 1
	if [ "$arch" = x86_64 ] && [ -d /usr/lib/python3/dist-packages/drgn ]; then
		out=$(image_drgn "$image" "$kernel")
		[[ $out == "host $host"$'\n'* && $out == *"task $waiter "* && $out == *" keeper"* ]] ||
			{ echo "drgn: $(tail -n 5 <<< "$out" | tr '\n' ' ')" && return 1; }
		echo "drgn finds host name $host and $(grep -c '^task' <<< "$out") processes"
	fi
	out=$(image_vmcoreinfo "$image" 2>&1)
	[[ $out == *" 6.1."* ]] || { echo "libkdumpfile: $(tail -n 1 <<< "$out")" && return 1; }
	echo "libkdumpfile reads VMCOREINFO: $out"
	out=$(image_reader "$arch" makedumpfile --non-mmap -c -d 17 --message-level 28 "$image" "$image.d17" 2>&1) &&
		[ -s "$image.d17" ] ||
		{ echo "makedumpfile -d 17: $(tail -n 3 <<< "$out" | tr '\n' ' ')" && return 1; }
	echo "makedumpfile -d 17 takes it: $(($(stat -c %s "$image.d17") / 1048576)) MB, $(
		sed -n 's/.*number of pages is reduced to \([0-9]* *%\).*/\1 of the pages/p' <<< "$out" | tail -n 1)"
	# Of a 32-bit kernel above 32 MiB makedumpfile cannot tell what is free.
	[ "$arch" = i386 ] || image_crash_sees "$image.d17" "$kernel" "$arch" "$host" "$waiter" || return 1
	rm -f "$image.d17"
}

# image_crash_sees IMAGE KERNEL ARCH HOST WAITER: a line about what crash must find in it.
image_crash_sees() {
	local out host=$4 waiter=$5 what=
	[[ $1 != *.d17 ]] || what=" in what makedumpfile made"
	out=$(image_crash "$1" "$2" "$3")
	[[ $out == *"Linux version 6.1"* && $out == *"NODENAME: $host"$'\n'* && $out == *"mark of snapshot ${host#*-}"* &&
		$out == *"pid = 1,"$'\n'* && $out == *"pid = $waiter,"$'\n'* && $out == *'comm = "keeper\'* ]] ||
		{ echo "crash$what: $(tail -n 5 <<< "$out" | tr '\n' ' ')" && return 1; }
	echo "crash finds banner, host name $host, $(grep -c '^\[ *[0-9.]*\] ' <<< "$out") lines of the log and $(
		)$(grep -c '^  pid = ' <<< "$out") processes$what"
}

# image_debuggers IMAGE FLAVOUR HOST WAITER: what programs that know nothing of us read out of an image; a line
# for each, the last one says what is wrong.
image_debuggers() {
	local image=$1 flavour=$2 host=$3 waiter=$4 kernel out
	kernel=$(vm_kernel "$flavour") || return 1
	out=$(readelf -hlWn "$image" 2>&1 > /dev/null)
	[ -z "$out" ] || { echo "readelf: $out" && return 1; }
	eu-readelf -n "$image" | grep "OSRELEASE=6.1" > /dev/null || { echo "eu-readelf finds no VMCOREINFO" && return 1; }
	echo "readelf and eu-readelf read headers and VMCOREINFO"
	out=$("$vm_build/$(vm_arch "$flavour")/kdump/vmcore-dmesg" "$image")
	[[ $out == *"Linux version"* && $(grep 'mark of snapshot' <<< "$out" | tail -n 1) == *" ${host#*-}" ]] ||
		{ echo "vmcore-dmesg: $(tail -n 1 <<< "$out")" && return 1; }
	echo "vmcore-dmesg prints $(wc -l <<< "$out") lines of A's log"
	out=$(image_gdb "$image" "$kernel")
	[[ $out == *"Linux version 6.1"* && $out == *"host $host"$'\n'* && $out == *"task 1 init"* &&
		$out == *"task $waiter "* && $out == *" keeper"* ]] ||
		{ echo "gdb: $(tail -n 5 <<< "$out" | tr '\n' ' ')" && return 1; }
	echo "gdb finds banner, host name $host and $(grep -c '^task' <<< "$out") processes"
}
