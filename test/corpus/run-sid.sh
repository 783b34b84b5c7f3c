#!/bin/bash
# Runs a program of the oracle (Debian sid) on this system's files: sid's own loader and libraries,
# no chroot and no mounts, so that any path works and start-up costs nothing extra.
# usage: run-sid.sh PROGRAM ARGUMENT…     e.g. run-sid.sh makedumpfile -z -d 31 vmcore out.kdump
set -eu
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
[ -e "$SID/.oopscope-ready" ] || die "no oracle in $SID: run test/corpus/oracle.sh first"
program=$1
shift
preload=()
[ -n "${SID_PRELOAD:-}" ] && preload=(--preload "$SID_PRELOAD")
exec "$SID/lib64/ld-linux-x86-64.so.2" --inhibit-cache --library-path "$SID/usr/lib/x86_64-linux-gnu" \
  "${preload[@]}" --argv0 "$program" "$SID/usr/bin/$program" "$@"
