#!/bin/bash
# Makes the corpus: real kdumps of Debian kernels, each with its vmlinux, in the cache folder.
#   make.sh [NAME…]        the dumps of these recipes (all but the heavy ones when none is named)
#   make.sh --list         the recipes
#   make.sh --sample       a new build/sample/sample.kdump (the committed one is otherwise used as it is)
# Result: $OOPSCOPE_CACHE/corpus/NAME/{dump.kdump,vmlinux,oops_demo.ko,console.txt,…}, each with a .sha256.
# Whatever is there and unchanged is kept. See README.md.
set -euo pipefail
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
. "$CORPUS_SRC/kernel.sh"
. "$CORPUS_SRC/machine.sh"
. "$CORPUS_SRC/variants.sh"

CORPUS=$OOPSCOPE_CACHE/corpus
REPO=$(cd "$CORPUS_SRC/../.." && pwd)

# read_recipe NAME : sets the R array
declare -A R
read_recipe() {
  local file=$CORPUS_SRC/recipes/$1.recipe line
  [ -f "$file" ] || die "no recipe $1; there are: $(recipes | tr '\n' ' ')"
  R=([suite]='' [release]='' [memory]=512 [cpus]=2 [cpu]=Nehalem [crashkernel]=160M [cmdline]='' [scenario]='24 8'
    [filter]=31 [compression]=zstd [zstdlevel]='' [variants]='' [modules]='virtio_pci virtio_blk virtio_net ext4 loop' [heavy]='')
  while IFS= read -r line; do
    [[ $line =~ ^([a-z]+)=(.*)$ ]] || continue
    [ -n "${R[${BASH_REMATCH[1]}]+known}" ] || die "$file: unknown setting ${BASH_REMATCH[1]}"
    R[${BASH_REMATCH[1]}]=${BASH_REMATCH[2]}
  done < "$file"
  R[id]=$(sha256sum < <(cat "$file" "$CORPUS_SRC"/scenario/* "$CORPUS_SRC/machine.sh") | cut -c1-16)
}

recipes() { (cd "$CORPUS_SRC/recipes" && printf '%s\n' *.recipe | sed 's/\.recipe$//'); }

compression_flag() {
  case $1 in
    # not echo: it takes -E for its own
    zstd) printf -- '-z' ;; zlib) printf -- '-c' ;; lzo) printf -- '-l' ;; none) ;; elf) printf -- '-E' ;;
    *) die "compression $1?" ;;
  esac
}

# write_dump VMCORE OUT FILTER COMPRESSION
write_dump() {
  local flag
  flag=$(compression_flag "$4")
  rm -f "$2" "$2.part"
  # shellcheck disable=SC2086 # one flag or none
  "$CORPUS_SRC/run-sid.sh" makedumpfile $flag -d "$3" "$1" "$2.part" > "$2.log" 2>&1 < /dev/null ||
    die "makedumpfile failed: $(tail -c 300 "$2.log")"
  chmod 644 "$2.part"
  mv "$2.part" "$2"
  rm -f "$2.log"
  seal "$2"
}

# crash_machine NAME KERNEL_DIR RELEASE WORK : leaves WORK/vmcore, the raw /proc/vmcore
crash_machine() {
  local name=$1 kernel=$2 release=$3 work=$4 ko='' attempt size modules
  if [ "${R[scenario]}" != sysrq ]; then
    if build_module "$kernel" "$release" "$work/module"; then
      ko=$work/module/oops_demo.ko
    else
      say "$name: no module for $release, so this machine panics by sysrq-c"
    fi
  fi
  read -ra modules <<< "${R[modules]}"
  build_initramfs "$kernel" "$release" "$work" "${R[scenario]}" "$ko" yes "${modules[@]}"
  for attempt in 1 2 3; do
    say "$name: booting $release to its panic (attempt $attempt)"
    rm -f "$work/disk.img"
    truncate -s $((R[memory] + 256))M "$work/disk.img"
    boot "$work" "$kernel/boot/vmlinuz-$release" "${R[memory]}" "${R[cpus]}" "${R[cpu]}" \
      "crashkernel=${R[crashkernel]} ${R[cmdline]}" "$work/console.txt" || true
    size=$(grep -ao 'VMCORE_SIZE [0-9]*' "$work/console.txt" | awk '{ print $2; exit }')
    if [ -n "$size" ] && grep -aq '^CAPTURED' "$work/console.txt"; then
      truncate -s "$size" "$work/disk.img"
      mv "$work/disk.img" "$work/vmcore"
      return 0
    fi
    say "$name: no vmcore this time: $(grep -aE 'Kernel panic|error|Oops' "$work/console.txt" | tail -1 | tr -d '\r')"
  done
  cp "$work/console.txt" "$CORPUS/$name.failed-console.txt"
  die "$name: the capture kernel brought no vmcore in 3 attempts, see $CORPUS/$name.failed-console.txt"
}

make_one() {
  local name=$1 out=$CORPUS/$1 kernel release work
  read_recipe "$name"
  release=$(resolve_kernel "${R[suite]}" "${R[release]}")
  if sealed "$out/dump.kdump" && [ "$(cat "$out/recipe.id" 2> /dev/null)" = "${R[id]}-$release" ] && variants_done "$out"; then
    say "$name: there already"
    return 0
  fi
  kernel=$(unpack_kernel "$release")
  if [ "$name" = sample ] && [ "${REMAKE_SAMPLE:-}" != 1 ] && [ -f "$REPO/build/sample/sample.kdump" ]; then
    # the committed dump is the artefact; here it only gets its vmlinux
    mkdir -p "$out"
    cp "$REPO/build/sample/sample.kdump" "$out/dump.kdump"
    seal "$out/dump.kdump"
    [ "$release" = "${R[release]}" ] || { say "sample: its kernel ${R[release]} is no longer in the archive: no vmlinux"; return 0; }
    ln -f "$kernel/vmlinux" "$out/vmlinux"
    echo "${R[id]}-$release" > "$out/recipe.id"
    say "sample: the committed one, with its vmlinux"
    return 0
  fi
  mkdir -p "$out"
  rm -rf "${out:?}"/*
  ln -f "$kernel/vmlinux" "$out/vmlinux"
  work=$(mktemp -d "$CORPUS/work.XXXXXX")
  WORKS+=("$work")
  crash_machine "$name" "$kernel" "$release" "$work"
  cp "$work/console.txt" "$out/"
  [ -f "$work/module/oops_demo.ko" ] && cp "$work/module/oops_demo.ko" "$out/"
  say "$name: filtering with -d ${R[filter]}"
  if [ -n "${R[zstdlevel]}" ]; then
    gcc -shared -fPIC -O2 -o "$work/zstd-level.so" "$CORPUS_SRC/scenario/zstd-level.c"
    SID_PRELOAD=$work/zstd-level.so write_dump "$work/vmcore" "$out/dump.kdump" "${R[filter]}" "${R[compression]}"
  else
    write_dump "$work/vmcore" "$out/dump.kdump" "${R[filter]}" "${R[compression]}"
  fi
  make_variants "$name" "$out" "$work" "$kernel" "$release"
  echo "${R[id]}-$release" > "$out/recipe.id"
  rm -rf "$work"
  say "$name: $(stat -c %s "$out/dump.kdump") bytes"
}

WORKS=()
cleanup() { for w in "${WORKS[@]}"; do rm -rf "$w"; done; }

case ${1:-} in
  --list)
    recipes
    exit
    ;;
  --sample)
    REMAKE_SAMPLE=1
    set -- sample
    ;;
esac
mkdir -p "$CORPUS"
trap cleanup EXIT
exec 9> "$CORPUS/lock"
flock -n 9 || die "another run is making the corpus in $CORPUS"
"$CORPUS_SRC/oracle.sh" > /dev/null
need_packages gdb=gdb qemu-system-x86_64=qemu-system-x86 qemu-img=qemu-utils /bin/busybox=busybox-static cpio=cpio kexec=kexec-tools \
  modprobe=kmod mke2fs=e2fsprogs gcc=gcc make=make pahole=pahole xz=xz-utils zstd=zstd flock=util-linux \
  /usr/include/stdio.h=libc6-dev
[ "$(id -u)" = 0 ] || say "not root: kernels that need sid's compiler panic by sysrq-c"
corpus_apt_update
if [ $# -eq 0 ]; then
  for name in $(recipes); do
    read_recipe "$name"
    [ -n "${R[heavy]}" ] || set -- "$@" "$name"
  done
fi
for name in "$@"; do
  make_one "$name"
  [ "$name" != debian-6.1 ] || fetch_source "$(resolve_kernel "${R[suite]}" "${R[release]}")"
done
if [ "${REMAKE_SAMPLE:-}" = 1 ]; then
  mkdir -p "$REPO/build/sample"
  cp "$CORPUS/sample/dump.kdump" "$REPO/build/sample/sample.kdump"
  say "wrote build/sample/sample.kdump; now run test/corpus/make-golden.sh"
fi
say "corpus in $CORPUS"
