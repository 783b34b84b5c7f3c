# shellcheck shell=bash
# Shared by the corpus and oracle scripts: the cache folder, Debian packages, the Debian mirror, check sums.
# Sourced, never run.
# shellcheck disable=SC2016 # apt's own $(FIELD) formats are meant literally

CORPUS_SRC=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
OOPSCOPE_CACHE=${OOPSCOPE_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/oopscope}
# shellcheck disable=SC2034 # used by the scripts that source this file
SID=$OOPSCOPE_CACHE/oracle/sid
export CORPUS_SRC OOPSCOPE_CACHE
export PATH=$PATH:/usr/sbin:/sbin LC_ALL=C DEBIAN_FRONTEND=noninteractive

say() { printf '[%4ds] %s\n' "$SECONDS" "$*" >&2; }
die() {
  printf '%s: %s\n' "$(basename "$0")" "$*" >&2
  exit 1
}

# need_packages COMMAND=PACKAGE… : install the Debian packages whose command is missing (root only).
need_packages() {
  local missing=() pair
  for pair in "$@"; do
    command -v "${pair%%=*}" > /dev/null 2>&1 || [ -e "${pair%%=*}" ] || missing+=("${pair#*=}")
  done
  [ ${#missing[@]} -eq 0 ] && return 0
  command -v apt-get > /dev/null || die "needs Debian packages: ${missing[*]} (no apt-get on this system)"
  [ "$(id -u)" = 0 ] || die "needs Debian packages; as root: apt-get install ${missing[*]}"
  say "installing ${missing[*]}"
  { apt-get -q update && apt-get -q install -y --no-install-recommends "${missing[@]}"; } \
    > "$OOPSCOPE_CACHE/apt-get.log" 2>&1 < /dev/null ||
    die "apt-get install ${missing[*]} failed, see $OOPSCOPE_CACHE/apt-get.log"
}

# The Debian mirror the system's own apt uses ("…/debian"), or the first of OOPSCOPE_DEBIAN_MIRRORS.
debian_mirror() {
  local uri
  uri=$(apt-get indextargets --format '$(REPO_URI) $(CODENAME) $(ORIGIN) $(LABEL)' 2> /dev/null |
    awk '$3 == "Debian" && $4 == "Debian" { print $1; exit }')
  # before the first apt-get update apt does not know who is who: go by the usual name
  [ -n "$uri" ] || uri=$(apt-get indextargets --format '$(REPO_URI)' 2> /dev/null | grep -m1 '/debian/*$' || true)
  : "${OOPSCOPE_DEBIAN_MIRRORS:=}"
  [ -n "$uri" ] || uri=${OOPSCOPE_DEBIAN_MIRRORS%% *}
  [ -n "$uri" ] || die "apt has no Debian mirror; name one in OOPSCOPE_DEBIAN_MIRRORS"
  echo "${uri%/}"
}

# The security archive beside it, by the usual naming.
debian_security_mirror() {
  local uri
  uri=$(apt-get indextargets --format '$(REPO_URI) $(LABEL)' 2> /dev/null |
    awk '$2 == "Debian-Security" { print $1; exit }')
  uri=${uri:-$(debian_mirror)-security}
  echo "${uri%/}"
}

# seal FILE: record its SHA-256 beside it. sealed FILE: is it there and still what was sealed?
seal() { (cd "$(dirname "$1")" && sha256sum "$(basename "$1")" > "$(basename "$1").sha256"); }
sealed() { [ -f "$1" ] && [ -f "$1.sha256" ] && (cd "$(dirname "$1")" && sha256sum --status -c "$(basename "$1").sha256"); }
