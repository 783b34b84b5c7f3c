#!/bin/bash
# Runs crash 9 of the oracle over a dump: the output of the commands in CMDFILE ("-" reads them from stdin).
# usage: run-crash.sh DUMP VMLINUX CMDFILE [CRASH_OPTION…]
set -eu
[ $# -ge 3 ] || { echo "usage: run-crash.sh DUMP VMLINUX CMDFILE [CRASH_OPTION…]" >&2; exit 2; }
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
dump=$1 vmlinux=$2 commands=$3
shift 3
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
# no .crashrc, pager, colours or history of the user's; an "exit" of our own, or crash waits for a terminal
{
  cat "$([ "$commands" = - ] && echo /dev/stdin || echo "$commands")"
  echo
  echo exit
} > "$scratch/commands"
HOME=$scratch TERM=dumb "$CORPUS_SRC/run-sid.sh" crash -s "$@" -i "$scratch/commands" "$vmlinux" "$dump" < /dev/null
