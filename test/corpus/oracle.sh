#!/bin/bash
# The independent tools we compare with: crash, drgn and makedumpfile of Debian sid, in a cached
# debootstrap. Nothing is mounted and nothing of the system is changed but missing packages, which
# are installed when run as root. Idempotent; a broken-off run starts again from the packages it has.
# usage: oracle.sh [--toolchain]    --toolchain adds gcc, make and pahole (modules of newer kernels)
set -euo pipefail
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

mkdir -p "$OOPSCOPE_CACHE/oracle/debs"
if [ ! -e "$SID/.oopscope-ready" ]; then
  [ "$(id -u)" = 0 ] || die "making the oracle needs root once (debootstrap into $SID)"
  need_packages debootstrap=debootstrap /usr/share/keyrings/debian-archive-keyring.gpg=debian-archive-keyring
  say "debootstrap sid into $SID"
  rm -rf --one-file-system "$SID"
  debootstrap --variant=minbase --cache-dir="$OOPSCOPE_CACHE/oracle/debs" \
    --include=crash,python3-drgn,makedumpfile sid "$SID" "$(debian_mirror)" \
    > "$OOPSCOPE_CACHE/oracle/debootstrap.log" 2>&1 < /dev/null ||
    die "debootstrap failed, see $OOPSCOPE_CACHE/oracle/debootstrap.log"
  touch "$SID/.oopscope-ready"
fi
if [ "${1:-}" = --toolchain ] && [ ! -e "$SID/.oopscope-toolchain" ]; then
  [ "$(id -u)" = 0 ] || die "installing the tool chain into $SID needs root once"
  say "adding gcc, make, pahole to the oracle"
  # a mirror may be frozen at a date
  relaxed=(-q -o Acquire::Check-Valid-Until=false -o APT::Sandbox::User=root)
  { chroot "$SID" apt-get "${relaxed[@]}" update && chroot "$SID" apt-get "${relaxed[@]}" install -y --no-install-recommends \
    gcc make pahole libelf1t64 kmod zstd xz-utils libc6-dev bc; } \
    > "$OOPSCOPE_CACHE/oracle/toolchain.log" 2>&1 < /dev/null ||
    die "apt-get in $SID failed, see $OOPSCOPE_CACHE/oracle/toolchain.log"
  touch "$SID/.oopscope-toolchain"
fi
for p in crash python3-drgn makedumpfile; do
  awk -v p="$p" '$1 == "Package:" { hit = $2 == p } hit && $1 == "Version:" { print p, $2 }' "$SID/var/lib/dpkg/status"
done
