#!/bin/bash
# Golden outputs for the sample: what crash and drgn, with vmlinux, print about build/sample/sample.kdump.
# They are committed in test/golden/sample with an index, commands.json. Needs `npm run corpus -- sample`.
# usage: make-golden.sh
set -euo pipefail
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

repo=$(cd "$CORPUS_SRC/../.." && pwd)
sample=$OOPSCOPE_CACHE/corpus/sample
golden=$repo/test/golden/sample
[ -f "$sample/vmlinux" ] || die "no $sample/vmlinux: run npm run corpus -- sample"
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
# names without a path: crash prints them
cp "$repo/build/sample/sample.kdump" "$scratch/"
ln "$sample/vmlinux" "$scratch/" 2> /dev/null || cp "$sample/vmlinux" "$scratch/"
cd "$scratch"

"$CORPUS_SRC/run-drgn.sh" sample.kdump vmlinux "$CORPUS_SRC/oracle/addresses.py" > addresses
set -a
# shellcheck disable=SC1091
. ./addresses
set +a

rm -rf "$golden"
mkdir -p "$golden/crash" "$golden/drgn" raw
version=$(awk '$1 == "Package:" { hit = $2 == "crash" } hit && $1 == "Version:" { print $2 }' "$SID/var/lib/dpkg/status")
drgn_version=$(awk '$1 == "Package:" { hit = $2 == "python3-drgn" } hit && $1 == "Version:" { print $2 }' "$SID/var/lib/dpkg/status")
entries=()
while read -r file command; do
  [[ -z $file || $file = \#* ]] && continue
  head=''
  if [[ $command =~ ^head\ ([0-9]+):\ (.*)$ ]]; then
    head=${BASH_REMATCH[1]}
    command=${BASH_REMATCH[2]}
  fi
  while [[ $command =~ \$([A-Z0-9_]+) ]]; do command=${command/"\$${BASH_REMATCH[1]}"/${!BASH_REMATCH[1]}}; done
  echo "$command > raw/$file.txt" >> commands
  echo "$file $head" >> list
  entries+=("  { \"file\": \"crash/$file.txt\", \"tool\": \"crash $version\", \"command\": \"$command\"${head:+, \"lines\": $head} }")
done < "$CORPUS_SRC/oracle/golden.commands"

"$CORPUS_SRC/run-crash.sh" sample.kdump vmlinux commands > crash.log 2>&1 || die "crash failed: $(tail -5 crash.log)"
while read -r file head; do
  # a command that fails says so on crash's standard output, not in the file
  [ -e "raw/$file.txt" ] || die "crash wrote nothing for $file: $(head -5 crash.log)"
  head -n "${head:-1000000}" "raw/$file.txt" > "$golden/crash/$file.txt"
done < list

"$CORPUS_SRC/run-drgn.sh" sample.kdump vmlinux "$CORPUS_SRC/oracle/facts.py" "$golden/drgn"
for file in tasks stacks modules facts; do
  entries+=("  { \"file\": \"drgn/$file.json\", \"tool\": \"drgn $drgn_version\", \"command\": \"test/corpus/oracle/facts.py\" }")
done
entries+=("  { \"file\": \"drgn/log.txt\", \"tool\": \"drgn $drgn_version\", \"command\": \"test/corpus/oracle/facts.py\" }")
{
  echo '['
  printf '%s\n' "${entries[@]}" | sed '$!s/$/,/'
  echo ']'
} > "$golden/commands.json"
cp addresses "$golden/addresses.txt"
(cd "$golden" && wc -c ./*/* | sort -n | tail -8) >&2
cat crash.log >&2
