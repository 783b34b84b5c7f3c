#!/bin/bash
# Runs a drgn script of the oracle over a dump; arguments after SCRIPT.py are the script's.
# Extra debuginfo files (modules) go in DRGN_SYMBOLS, separated by colons.
# usage: run-drgn.sh DUMP VMLINUX SCRIPT.py [ARGUMENT…]
set -eu
[ $# -ge 3 ] || { echo "usage: run-drgn.sh DUMP VMLINUX SCRIPT.py [ARGUMENT…]" >&2; exit 2; }
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
[ -e "$SID/.oopscope-ready" ] || die "no oracle in $SID: run test/corpus/oracle.sh first"
dump=$1 vmlinux=$2
shift 2
symbols=()
IFS=: read -ra extra <<< "${DRGN_SYMBOLS:-}"
for file in "${extra[@]}"; do [ -n "$file" ] && symbols+=(-s "$file"); done
export PYTHONHOME=$SID/usr PYTHONDONTWRITEBYTECODE=1
exec "$SID/lib64/ld-linux-x86-64.so.2" --inhibit-cache --library-path "$SID/usr/lib/x86_64-linux-gnu" \
  "$SID/usr/bin/python3" "$SID/usr/bin/drgn" -q -c "$dump" --no-default-symbols -s "$vmlinux" "${symbols[@]}" "$@" < /dev/null
