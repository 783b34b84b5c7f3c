# shellcheck shell=bash
# Other dumps of the same machine: every format that makedumpfile and QEMU write. Sourced by make.sh.
# They go to OUT/variants/, each with its .sha256; OUT/variants/NAME.done says that a group is complete.

variants_done() {
  local group
  for group in ${R[variants]}; do [ -e "$1/variants/$group.done" ] || return 1; done
}

# make_variants NAME OUT WORK KERNEL_DIR RELEASE : WORK/vmcore is the unfiltered /proc/vmcore
make_variants() {
  local name=$1 out=$2 group
  for group in ${R[variants]}; do
    say "$name: variants: $group"
    mkdir -p "$out/variants"
    "variants_$group" "$@"
    touch "$out/variants/$group.done"
  done
}

variants_misfiltered() { write_dump "$3/vmcore" "$2/variants/misfiltered.kdump" 31 zstd; }

variants_formats() {
  local vmcore=$3/vmcore dir=$2/variants piece
  write_dump "$vmcore" "$dir/filtered.elf" 31 elf
  write_dump "$vmcore" "$dir/lzo.kdump" 31 lzo
  write_dump "$vmcore" "$dir/zlib.kdump" 31 zlib
  write_dump "$vmcore" "$dir/uncompressed.kdump" 31 none
  write_dump "$vmcore" "$dir/unfiltered.kdump" 0 zstd
  "$CORPUS_SRC/run-sid.sh" makedumpfile -F -z -d 31 "$vmcore" > "$dir/flattened.kdump" 2> "$dir/log" < /dev/null ||
    die "makedumpfile -F failed: $(tail -c 300 "$dir/log")"
  "$CORPUS_SRC/run-sid.sh" makedumpfile -F -E -d 31 "$vmcore" > "$dir/flattened.elf" 2> "$dir/log" < /dev/null ||
    die "makedumpfile -F -E failed: $(tail -c 300 "$dir/log")"
  rm -f "$dir"/split-?.kdump
  "$CORPUS_SRC/run-sid.sh" makedumpfile --split --splitblock-size 64 -z -d 31 "$vmcore" "$dir"/split-{1,2,3}.kdump > "$dir/log" 2>&1 < /dev/null ||
    die "makedumpfile --split failed: $(tail -c 300 "$dir/log")"
  # a disk that fills up at 8 MiB: makedumpfile marks such a dump as incomplete and fails
  gcc -shared -fPIC -O2 -o "$3/disk-full.so" "$CORPUS_SRC/scenario/disk-full.c"
  rm -f "$dir/incomplete.kdump"
  SID_PRELOAD=$3/disk-full.so DISK_FULL_AT=8388608 "$CORPUS_SRC/run-sid.sh" makedumpfile -z -d 31 "$vmcore" \
    "$dir/incomplete.kdump" > "$dir/log" 2>&1 < /dev/null || true
  [ -s "$dir/incomplete.kdump" ] || die "makedumpfile wrote no incomplete dump: $(tail -c 300 "$dir/log")"
  # all memory, as /proc/vmcore had it; zero pages become holes of the file
  cp --sparse=always "$vmcore" "$dir/unfiltered.elf"
  rm -f "$dir/log"
  chmod 644 "$dir"/*
  for piece in flattened.kdump flattened.elf split-1.kdump split-2.kdump split-3.kdump incomplete.kdump unfiltered.elf; do
    seal "$dir/$piece"
  done
}

# What a hypervisor writes: no capture kernel, and with or without VMCOREINFO.
variants_qemu() {
  local work=$3 kernel=$4 release=$5 dir=$2/variants ko=''
  rm -rf "$work/root" "$work/capture" "$work/initrd.gz"
  [ -f "$work/module/oops_demo.ko" ] && ko=$work/module/oops_demo.ko
  build_initramfs "$kernel" "$release" "$work" "${R[scenario]}" "$ko" no virtio_pci virtio_blk virtio_net ext4 loop qemu_fw_cfg
  qemu_dumps "$work" "$kernel/boot/vmlinuz-$release" "-device vmcoreinfo" \
    "dump-guest-memory $dir/qemu.elf" "dump-guest-memory -p $dir/qemu-paging.elf" "dump-guest-memory -z $dir/qemu-zlib.kdump" \
    "dump-guest-memory -l $dir/qemu-lzo.kdump" "dump-guest-memory -s $dir/qemu-snappy.kdump"
  qemu_dumps "$work" "$kernel/boot/vmlinuz-$release" "" \
    "dump-guest-memory $dir/qemu-bare.elf" "dump-guest-memory -z $dir/qemu-bare-zlib.kdump"
  local file
  for file in qemu.elf qemu-paging.elf qemu-zlib.kdump qemu-lzo.kdump qemu-snappy.kdump qemu-bare.elf qemu-bare-zlib.kdump; do
    if [ ! -s "$dir/$file" ]; then
      say "$1: this QEMU wrote no $file"
      rm -f "$dir/$file"
      continue
    fi
    [[ $file = *.elf ]] && fallocate --dig-holes "$dir/$file"
    seal "$dir/$file"
  done
}

# qemu_dumps WORK KERNEL OPTIONS COMMAND… : boots to the panic, then gives QEMU's monitor the commands
qemu_dumps() {
  local work=$1 kernel=$2 options=$3 machine waited=0
  shift 3
  rm -f "$work/console.txt" "$work/monitor"
  truncate -s 64M "$work/disk.img"
  mkfifo "$work/monitor"
  # shellcheck disable=SC2086 # options are words
  timeout 240 qemu-system-x86_64 -accel tcg,thread=multi -cpu "${R[cpu]}" -m 256 -smp "${R[cpus]}" -kernel "$kernel" \
    -initrd "$work/initrd.gz" -append "console=ttyS0 oops=panic panic=0" -display none -serial "file:$work/console.txt" \
    -monitor stdio -drive "file=$work/disk.img,if=virtio,format=raw,cache=unsafe" -netdev user,id=n,restrict=on \
    -device virtio-net-pci,netdev=n $options < "$work/monitor" > "$work/monitor.log" 2>&1 &
  machine=$!
  exec 8> "$work/monitor"
  until grep -aq 'end Kernel panic' "$work/console.txt" 2> /dev/null; do
    waited=$((waited + 1))
    [ $waited -lt 150 ] || break
    sleep 1
  done
  printf '%s\n' stop "$@" quit >&8
  exec 8>&-
  wait $machine || true
  [ $waited -lt 150 ] || die "the machine for QEMU's dumps did not panic: $(tail -c 300 "$work/console.txt")"
}
