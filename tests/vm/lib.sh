# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-only
# Guests for tests and the demo: builds their initramfs images, boots them in QEMU without hardware
# virtualisation, watches them and finds out what they said. Knows nothing of what is being tested.
#
# A guest has two serial lines: the first is its console, on the second its scripts write lines
# "@@ key value". Files of a run called NAME: $vm_out/NAME.console, NAME.results, NAME.qemu.

vm_here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
vm_top=$(cd "$vm_here/../.." && pwd)
vm_build=${KEXEC_BUILD:-$vm_top/build}
vm_out=${VM_OUT:-$vm_build/vm}
# A guest that says nothing for this long is stuck; the other one is the limit for the whole run.
vm_silence_seconds=${VM_SILENCE_SECONDS:-900}
vm_limit_seconds=${VM_LIMIT_SECONDS:-5400}
# Our programs, in guests and in the folder of a build.
vm_tools=(kexec/kexec kdump/kdump kdump/vmcore-dmesg)
# Modules of Debian's kernels that B finds in /lib/modules/RELEASE.
vm_modules=kernel/fs/efivarfs/efivarfs.ko
# Kernels that guests of 64-bit kernels find as /b/bzImage-FLAVOUR.
vm_kernels_inside=
# What vm_boot() adds to QEMU's command line, and a function that it calls twice a second (BASE PID).
vm_devices=()
vm_tick=:
# An image whose files the guest finds in addition, if there is one of this name.
vm_extra=
# A host that is busy with other things must not look like a broken timer or a stuck processor.
vm_patience="no_timer_check rcupdate.rcu_cpu_stall_suppress=1"

vm_say() {
	echo "$*" >&2
}

# vm_parameter NAME WORDS [DEFAULT]: the last value of NAME= among the words.
vm_parameter() {
	local word value=${3:-}
	for word in $2; do
		[[ $word != "$1="* ]] || value=${word#*=}
	done
	echo "$value"
}

# vm_monitor BASE: a monitor that answers on a pair of pipes; vm_monitored is what QEMU is to be told.
vm_monitor() {
	mkdir -p "$vm_out"
	rm -f "$1".monitor.*
	mkfifo "$1.monitor.in" "$1.monitor.out" || return 1
	vm_monitored=(-chardev "pipe,id=monitor,path=$1.monitor" -mon "chardev=monitor,mode=readline")
}

# vm_kernel FLAVOUR: the folder of a test kernel, built when it is not there; with "-debian" in its name it is
# Debian's own, fetched, which cannot jump. A flavour "x86_64+x86_64-other" is a machine whose A is the first kernel
# and whose B is the second; this is about the first.
vm_kernel() {
	local boot flavour=${1%%+*} folder
	folder=$vm_build/kernels/$flavour
	case $flavour in
	*-debian*)
		boot=$("$vm_top/scripts/debian-kernel" "${flavour/-debian/}") || return 1
		mkdir -p "$folder"
		ln -sfn "$(echo "$boot"/vmlinuz-*)" "$folder/bzImage"
		ln -sfn "$(echo "$boot"/../lib/modules/*)" "$folder/modules"
		echo "$folder" ;;
	*) "$vm_here/kernel/build-kernel" "$flavour" ;;
	esac
}

# vm_arch FLAVOUR: the architecture of a kernel flavour.
vm_arch() {
	case $1 in
	x86_64*) echo x86_64 ;;
	*) echo i386 ;;
	esac
}

# vm_build_programs ARCH: the static kexec of an architecture and the guests' own test programs, in
# $vm_build/ARCH.
vm_build_programs() {
	local arch=$1 log=$vm_build/$1.log build=$vm_build/$1 sysroot words
	local flags=(--enable-static-programs --with-libarchive)
	if [ "$arch" = i386 ]; then
		sysroot=$("$vm_top/scripts/i386-sysroot" --flags) || return 1
		read -ra words <<< "--host=i686-linux-gnu $sysroot"
		flags+=("${words[@]}" CC="gcc -m32")
	fi
	# Other libraries than those it was configured with: anew.
	[ "$(cat "$build/configured" 2> /dev/null)" = "${flags[*]}" ] || rm -rf "$build"
	mkdir -p "$build"
	if ! {
		{ [ -x "$vm_top/configure" ] || (cd "$vm_top" && autoreconf -i); } &&
			cd "$build" &&
			{ [ -f Makefile ] || "$vm_top/configure" "${flags[@]}"; } && echo "${flags[*]}" > configured &&
			make -j"$(nproc)" "${vm_tools[@]}" &&
			make vm-programs
	} < /dev/null > "$log" 2>&1; then
		tail -n 30 "$log" >&2
		vm_say "the build for $arch guests failed, see '$log'"
		return 1
	fi
}

# vm_pack FOLDER FILE: an initramfs of a folder.
vm_pack() {
	(cd "$1" && find . | LC_ALL=C sort | cpio --quiet -o -H newc -R 0:0 | gzip -n -1) > "$2.new" &&
		mv "$2.new" "$2"
}

# vm_root ARCH FOLDER INIT: what every guest has: busybox (a 32-bit one, which every kernel here runs),
# our programs, the scripts.
vm_root() {
	local arch=$1 root=$2 init=$3 sysroot applet program
	sysroot=$("$vm_top/scripts/i386-sysroot") || return 1
	rm -rf "$root"
	mkdir -p "$root"/{bin,sbin,dev,proc,sys,run,tmp,lib/guest}
	cp "$sysroot/bin/busybox" "$root/bin/"
	for applet in sh mount; do
		ln -s busybox "$root/bin/$applet"
	done
	cp "$vm_here/guest/$init" "$root/init"
	cp "$vm_here/guest/common.sh" "$root/lib/guest/"
	chmod +x "$root/init"
	for program in "${vm_tools[@]}"; do
		strip -o "$root/sbin/$(basename "$program")" "$vm_build/$arch/$program"
	done
}

# vm_add_modules ARCH ROOT: modules of the Debian kernels that were fetched.
vm_add_modules() {
	local folder module to
	for folder in "$vm_build/kernels/$1-debian"*/modules; do
		for module in $vm_modules; do
			[ -f "$folder/$module" ] || [ -f "$folder/$module.xz" ] || continue
			to=$2/lib/modules/$(basename "$(readlink "$folder")")
			mkdir -p "$to"
			cp "$folder/$module" "$to/" 2> /dev/null ||
				xz -dc "$folder/$module.xz" > "$to/$(basename "$module")"
		done
	done
}

# vm_work ARCH: the unpacked images of both kernels' roots, in $vm_build/images/ARCH.
vm_work() {
	local arch=$1 work=$vm_build/images/$1 program
	mkdir -p "$work"
	vm_root "$arch" "$work/b" init-b || return 1
	cp "$vm_here"/guest/b-*.sh "$work/b/lib/guest/"
	for program in "$vm_build/$arch"/tests/vm/in-b/*; do
		[ ! -f "$program" ] || cp "$program" "$work/b/bin/"
	done
	vm_add_modules "$arch" "$work/b"
	vm_pack "$work/b" "$work/b.img" || return 1
	vm_root "$arch" "$work/a" init-a || return 1
	cp "$vm_here"/guest/*.sh "$work/a/lib/guest/"
	mkdir "$work/a/b" "$work/a/boot"
	cp "$work/b.img" "$work/a/b/initrd.img"
	ln -s ../b/bzImage "$work/a/boot/bzImage"
	# A 64-bit kernel runs the 32-bit program, too, where it was built.
	[ "$arch" != x86_64 ] || [ ! -x "$vm_build/i386/kexec/kexec" ] ||
		strip -o "$work/a/sbin/kexec-i386" "$vm_build/i386/kexec/kexec"
	for program in "$vm_build/$arch"/tests/vm/in-a/*; do
		[ ! -f "$program" ] || cp "$program" "$work/a/bin/"
	done
}

# vm_images FLAVOUR...: $vm_build/images/FLAVOUR.img for each kernel flavour, which are of one
# architecture. The image of A carries B: the same kernel, if no other is named, and an initramfs of its own.
vm_images() {
	local images=$vm_build/images work flavour kernel other
	work=$images/$(vm_arch "$1")
	vm_work "$(vm_arch "$1")" || return 1
	for flavour in $vm_kernels_inside; do
		kernel=$(vm_kernel "$flavour") || return 1
		[ "$(vm_arch "$1")" != x86_64 ] || cp "$kernel/bzImage" "$work/a/b/bzImage-$flavour"
	done
	for flavour in "$@"; do
		kernel=$(vm_kernel "$flavour") && other=$(vm_kernel "${flavour#*+}") || return 1
		cp "$other/bzImage" "$work/a/b/bzImage"
		vm_pack "$work/a" "$images/$flavour.img" || return 1
		ln -sfn "$kernel/bzImage" "$images/$flavour.bzImage"
	done
}

# vm_boot NAME FLAVOUR MEGABYTES CPUS CPU APPEND: run one guest to its end. Succeeds when the guest's
# last word was "@@ result ok"; otherwise vm_why says what happened. Kills QEMU when it is stuck. With
# firmware=efi, or efi32, in APPEND the machine is one that EFI starts, with variables of its own. A guest
# that says "again" (it was not placed where the test wants it) is started anew.
vm_boot() {
	local try
	for try in {1..20}; do
		vm_boot_once "$@" && return
		[ "$vm_why" = again ] || return
	done
	vm_why="not placed as the test wants it in $try starts"
	return 1
}

vm_boot_once() {
	local name=$1 flavour=$2 megabytes=$3 cpus=$4 cpu=$5 append=$6
	local base=$vm_out/$name initrd=$vm_build/images/$flavour.img qemu program
	program=qemu-system-$(vm_arch "$flavour")
	local devices=("${vm_devices[@]}")
	# A 32-bit kernel on a 64-bit processor.
	[[ $cpu != qemu64* ]] || program='qemu-system-x86_64'
	mkdir -p "$vm_out"
	if [ -f "$vm_extra" ]; then
		cat "$initrd" "$vm_extra" > "$base.initrd"
		initrd=$base.initrd
	fi
	rm -f "$base".{console,results,qemu}
	: > "$base.console"
	: > "$base.results"
	case " $append " in
	*" firmware=efi "*) vm_firmware "$base" OVMF_VARS_4M OVMF_CODE_4M || return ;;
	*" firmware=efi32 "*)
		# Debian has 32-bit firmware only as one that keeps its variables in system management mode.
		vm_firmware "$base" OVMF32_VARS_4M OVMF32_CODE_4M.secboot || return
		devices+=(-machine "q35,smm=on" -global "driver=cfi.pflash01,property=secure,value=on") ;;
	esac
	"$program" -accel tcg -no-reboot -display none -monitor none -nic none \
		-m "$megabytes" -smp "$cpus" -cpu "$cpu" \
		-kernel "$vm_build/images/$flavour.bzImage" -initrd "$initrd" \
		-append "console=ttyS0 no_console_suspend panic=-1 loglevel=6 $vm_patience $append" \
		-serial "file:$base.console" -serial "file:$base.results" \
		"${devices[@]}" -d cpu_reset -D "$base.qemu" < /dev/null > "$base.err" 2>&1 &
	qemu=$!
	vm_watch "$base" $qemu
	vm_why=$(vm_verdict "$base" "$vm_watched")
	[ "$vm_why" = ok ]
}

# vm_firmware BASE VARIABLES CODE: add EFI firmware, by names of OVMF's files, to the devices of vm_boot_once.
vm_firmware() {
	cp "/usr/share/OVMF/$2.fd" "$1.efi" || { vm_why="OVMF is not installed" && return 1; }
	devices+=(-drive "if=pflash,format=raw,readonly=on,file=/usr/share/OVMF/$3.fd"
		-drive "if=pflash,format=raw,file=$1.efi")
}

# vm_watch BASE PID: wait until QEMU ends or is stuck; vm_watched says which.
vm_watch() {
	local base=$1 qemu=$2 started=$SECONDS changed=$SECONDS size last=
	vm_watched=ended
	# shellcheck disable=SC2064 # the process of now
	trap "kill -9 $qemu 2>/dev/null; exit 143" TERM INT
	while kill -0 "$qemu" 2>/dev/null; do
		sleep 0.5
		size=$(stat -c %s "$base.console" "$base.results" 2>/dev/null)
		[ "$size" = "$last" ] || changed=$SECONDS
		last=$size
		"$vm_tick" "$base" "$qemu"
		if [ $((SECONDS - changed)) -gt "$vm_silence_seconds" ]; then
			vm_watched="silent for $vm_silence_seconds s"
			kill -9 "$qemu"
		elif [ $((SECONDS - started)) -gt "$vm_limit_seconds" ]; then
			vm_watched="not done after $vm_limit_seconds s"
			kill -9 "$qemu"
		fi
	done
	wait "$qemu" 2>/dev/null || true
	trap - TERM INT
}

# vm_verdict BASE WATCHED: "ok" or what went wrong, in one line.
vm_verdict() {
	local base=$1 watched=$2 result
	result=$(vm_value "$base" result)
	if [ "$result" = ok ]; then
		echo ok
	elif grep -q 'Initramfs unpacking failed' "$base.console"; then
		echo "the initramfs did not fit: $(grep -a -m 1 'Initramfs unpacking failed' "$base.console" | tr -d '\r')"
	elif [ -n "$result" ]; then
		echo "${result#fail }"
	elif [ "$watched" != ended ]; then
		echo "the guest was $watched"
	elif [ -s "$base.err" ]; then
		echo "QEMU: $(tail -n 1 "$base.err")"
	elif grep -q 'Triple fault' "$base.qemu" 2>/dev/null; then
		echo "the guest reset: triple fault"
	elif grep -q 'Kernel panic' "$base.console"; then
		echo "the guest panicked: $(grep -a -m 1 'Kernel panic' "$base.console" | tr -d '\r')"
	else
		echo "the guest ended without a result"
	fi
}

# vm_value BASE KEY: the last value of a key, empty if the guest never said it.
vm_value() {
	tr -d '\r' < "$1.results" | sed -n "s/^@@ $2 //p" | tail -n 1
}

# vm_show_failure NAME: what a person needs to see, on standard output.
vm_show_failure() {
	local base=$vm_out/$1 file
	for file in "$base.results" "$base.console"; do
		echo "    --- the last lines of $(basename "$file") ---"
		grep -av "^@@ b.head" "$file" | tail -n 40 | tr -d '\r' | cut -c1-200 | sed 's/^/    | /'
	done
	if grep -q 'Triple fault' "$base.qemu" 2>/dev/null; then
		echo "    --- the processor at the triple fault ---"
		grep -A 20 'Triple fault' "$base.qemu" | head -n 24 | sed 's/^/    | /'
	fi
}
