# shellcheck shell=bash
# Builds the machine that will crash (kernel module, program, initramfs) and boots it under QEMU.
# Sourced by make.sh.

# build_module KERNEL_DIR RELEASE OUT_DIR : oops_demo.ko with debuginfo and, with vmlinux in place, BTF.
# Returns 1 with the reason on stderr when it cannot be built.
build_module() {
  local dir=$1 rel=$2 out=$3 headers=usr/src/linux-headers-$2 root="" cc=gcc make=(make) flags=-g
  rm -rf "$out"
  mkdir -p "$out"
  # Kernels up to 6.1 were built with gcc 12 or older: Debian 12's own gcc does. Newer ones want sid's.
  if [[ $rel =~ ^[7-9]\. || $rel =~ ^6\.1[0-9] ]] || [ "$(gcc -dumpversion 2> /dev/null)" != 12 ]; then
    "$CORPUS_SRC/oracle.sh" --toolchain > /dev/null || return 1
    root=$SID
    rm -rf "$SID/build"
    mkdir -p "$SID/build/usr/lib"
    cp -al "$dir/usr/src" "$SID/build/usr/src"
    cp -al "$dir"/usr/lib/linux-kbuild-* "$SID/build/usr/lib/"
    # pahole takes the kernel's BTF from vmlinux; 7.x headers bring a small one of their own
    [ -e "$SID/build/$headers/vmlinux" ] || cp -al "$dir/vmlinux" "$SID/build/$headers/vmlinux"
    mkdir "$SID/build/module"
    # objtool of 7.x looks for its stack in /proc, which is not mounted there; it only uses it to explain a crash
    mkdir -p "$SID/proc/self"
    [ -e "$SID/proc/self/maps" ] || echo '7f0000000000-7ffffffff000 rw-p 00000000 00:00 0 [stack]' > "$SID/proc/self/maps"
    make=(chroot "$SID" make)
    dir=/build out=/build/module
    flags='-g -std=gnu11'
  else
    [ -e "$dir/$headers/vmlinux" ] || ln "$dir/vmlinux" "$dir/$headers/vmlinux"
  fi
  cp "$CORPUS_SRC/scenario/oops_demo.c" "$root$out/"
  echo 'obj-m := oops_demo.o' > "$root$out/Makefile"
  # resolve_btfids is missing from the older headers packages, and this module has nothing for it to resolve
  [ -e "$root$dir/$headers/tools/bpf/resolve_btfids/resolve_btfids" ] || make+=(RESOLVE_BTFIDS=true)
  if ! "${make[@]}" -C "$dir/$headers" M="$out" CC="$cc" KCFLAGS="$flags" modules \
    > "$3/build.log" 2>&1 < /dev/null; then
    say "oops_demo did not build for $rel: $(grep -m1 -iE 'error|not found' "$3/build.log"), see $3/build.log"
    return 1
  fi
  [ -z "$root" ] || cp "$SID/build/module/oops_demo.ko" "$3/"
  [ -z "$root" ] || rm -rf "$SID/build"
  grep -q 'Skipping BTF generation' "$3/build.log" && say "oops_demo has no BTF (see $3/build.log)"
  return 0
}

# copy_program ROOT FILE… : a program and the shared libraries it needs
copy_program() {
  local root=$1 file library
  shift
  for file in "$@"; do
    mkdir -p "$root$(dirname "$file")"
    cp -L "$file" "$root$file"
    for library in $(ldd "$file" 2> /dev/null | grep -o '/[^ ]*'); do
      mkdir -p "$root$(dirname "$library")"
      cp -L "$library" "$root$library"
    done
  done
}

# copy_modules KERNEL_DIR RELEASE ROOT MODULE… : uncompressed, with ROOT/modules.order naming them in load order
copy_modules() {
  local dir=$1 rel=$2 root=$3 name path file
  shift 3
  mkdir -p "$root/modules"
  for name in "$@"; do
    modprobe -d "$dir" -S "$rel" --show-depends "$name" 2> /dev/null | awk '$1 == "insmod" { print $2 }' || true
  done | awk '!seen[$0]++' > "$root/modules.paths"
  while read -r path; do
    file=$(basename "$path" | sed 's/\.ko.*/.ko/')
    case $path in
      *.xz) xz -dc "$path" > "$root/modules/$file" ;;
      *.zst) zstd -qdc "$path" > "$root/modules/$file" ;;
      *) cp "$path" "$root/modules/$file" ;;
    esac
    echo "/modules/$file"
  done < "$root/modules.paths" > "$root/modules.order"
  rm "$root/modules.paths"
}

pack() { (cd "$1" && find . | sort | cpio -o -H newc 2> /dev/null | gzip -1) > "$2"; }

base_root() {
  local root=$1 applet
  mkdir -p "$root"/{bin,proc,sys,dev,tmp,etc,run,boot,data,root}
  cp /bin/busybox "$root/bin/"
  for applet in sh mount mkdir insmod dd wc poweroff sleep sync cat ifconfig losetup mknod echo test; do
    ln -s busybox "$root/bin/$applet"
  done
}

# build_initramfs KERNEL_DIR RELEASE WORK SCENARIO KO KEXEC MODULE… : WORK/initrd.gz
# The capture kernel's initramfs lies inside the first one: it only copies /proc/vmcore to the disk.
build_initramfs() {
  local dir=$1 rel=$2 work=$3 scenario=$4 ko=$5 kexec=$6 root=$3/root capture=$3/capture
  shift 6
  base_root "$root"
  copy_modules "$dir" "$rel" "$root" "$@"
  if [ "$kexec" = yes ]; then
    base_root "$capture"
    copy_modules "$dir" "$rel" "$capture" virtio_pci virtio_blk
    install -m755 "$CORPUS_SRC/scenario/capture-init.sh" "$capture/init"
    pack "$capture" "$root/boot/capture.gz"
    copy_program "$root" "$(command -v kexec)"
    ln -sf "$(command -v kexec)" "$root/bin/kexec"
    cp "$dir/boot/vmlinuz-$rel" "$root/boot/vmlinuz"
  fi
  install -m755 "$CORPUS_SRC/scenario/init.sh" "$root/init"
  if [ "$scenario" != sysrq ]; then
    gcc -static -O2 -pthread -o "$root/bin/busy" "$CORPUS_SRC/scenario/busy.c"
    strip "$root/bin/busy"
    echo "$scenario" > "$root/etc/scenario"
  fi
  if [ -n "$ko" ]; then
    strip --strip-debug -o "$root/modules/oops_demo.ko" "$ko"
  fi
  truncate -s 4M "$root/root/data.img"
  mke2fs -q -t ext4 -L data "$root/root/data.img"
  pack "$root" "$work/initrd.gz"
}

# boot WORK KERNEL MEMORY CPUS CPU CMDLINE CONSOLE [QEMU_OPTION…]
boot() {
  local work=$1 kernel=$2 memory=$3 cpus=$4 cpu=$5 cmdline=$6 console=$7
  shift 7
  timeout 240 qemu-system-x86_64 -accel tcg,thread=multi -cpu "$cpu" -m "$memory" -smp "$cpus" \
    -kernel "$kernel" -initrd "$work/initrd.gz" -append "console=ttyS0 oops=panic panic=-1 $cmdline" \
    -display none -serial "file:$console" -monitor none -no-reboot \
    -drive "file=$work/disk.img,if=virtio,format=raw,cache=unsafe" \
    -netdev user,id=n,restrict=on -device virtio-net-pci,netdev=n "$@" < /dev/null
}
