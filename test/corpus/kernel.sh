# shellcheck shell=bash
# Debian kernels out of an apt configuration of our own, in the cache folder: the system's is not touched.
# Sourced by make.sh.

APT_DIR=$OOPSCOPE_CACHE/corpus/apt

corpus_apt() {
  local tool=$1
  shift
  "$tool" -q -o Dir::State="$APT_DIR" -o Dir::State::lists="$APT_DIR/lists" -o Dir::State::status="$APT_DIR/status" \
    -o Dir::Cache="$APT_DIR/cache" -o Dir::Cache::pkgcache=pkgcache.bin -o Dir::Cache::srcpkgcache=srcpkgcache.bin -o Dir::Etc="$APT_DIR/etc" -o Dir::Etc::sourcelist="$APT_DIR/sources.list" \
    -o Dir::Etc::sourceparts=- -o APT::Architecture=amd64 -o APT::Sandbox::User=root \
    -o Acquire::Languages=none -o Acquire::Check-Valid-Until=false -o Acquire::Retries=3 "$@" < /dev/null
}

# Suites of all corpus kernels. Old suites leave the mirrors for Debian's archive, and security ones may be
# missing: OOPSCOPE_DEBIAN_MIRRORS and OOPSCOPE_DEBIAN_SECURITY_MIRRORS name further places.
corpus_apt_update() {
  local suite uri key=/usr/share/keyrings/debian-archive-keyring.gpg
  if [ -e "$APT_DIR/updated" ] && [ -z "$(find "$APT_DIR/updated" -mmin +1440)" ]; then return 0; fi
  mkdir -p "$APT_DIR"/{lists/partial,cache/archives/partial,etc/preferences.d}
  : > "$APT_DIR/status"
  : > "$APT_DIR/sources.list"
  for suite in bullseye bookworm trixie sid; do
    for uri in $(debian_mirror) ${OOPSCOPE_DEBIAN_MIRRORS:-}; do
      release_exists "$uri" "$suite" || continue
      echo "deb [arch=amd64 signed-by=$key] $uri $suite main" >> "$APT_DIR/sources.list"
      break
    done
    [ $suite = sid ] && continue
    for uri in $(debian_security_mirror) ${OOPSCOPE_DEBIAN_SECURITY_MIRRORS:-}; do
      release_exists "$uri" "$suite-security" || continue
      echo "deb [arch=amd64 signed-by=$key] $uri $suite-security main" >> "$APT_DIR/sources.list"
      break
    done
  done
  corpus_apt apt-get update > "$APT_DIR/update.log" 2>&1 || die "apt-get update failed, see $APT_DIR/update.log"
  touch "$APT_DIR/updated"
}

# Asks with apt's own downloader, which knows the proxies and credentials that curl would not.
release_exists() {
  /usr/lib/apt/apt-helper -q download-file "${1%/}/dists/$2/InRelease" "$APT_DIR/probe" > "$APT_DIR/probe.log" 2>&1 < /dev/null
}

# The package version of a kernel image, "" when the suites do not have it.
package_version() { corpus_apt apt-cache madison "$1" | awk '{ print $3; exit }'; }

# resolve_kernel SUITE PINNED : the kernel release to use. Pinned first: the committed sample was made from it.
resolve_kernel() {
  local suite=$1 release=$2 newest
  if [ -n "$(package_version "linux-image-$release-dbg")" ]; then
    echo "$release"
    return
  fi
  newest=$(corpus_apt apt-cache madison linux-image-cloud-amd64 | awk -v s="$suite/" 'index($0, " " s) || index($0, " " substr(s, 1, length(s) - 1) "-security/") { print $3; exit }')
  [ -n "$newest" ] || die "no cloud kernel in $suite"
  newest=$(corpus_apt apt-cache show "linux-image-cloud-amd64=$newest" | grep -o 'linux-image-[0-9][^ ,]*' | head -1)
  say "kernel $release is no longer in the archive: using ${newest#linux-image-}"
  echo "${newest#linux-image-}"
}

# fetch_debs DIR PACKAGE[=VERSION]… : downloads what is there; apt checks the archive's hashes.
fetch_debs() {
  local dir=$1
  shift
  mkdir -p "$dir"
  (cd "$dir" && corpus_apt apt-get download "$@") >> "$OOPSCOPE_CACHE/corpus/download.log" 2>&1 ||
    die "download of $* failed, see $OOPSCOPE_CACHE/corpus/download.log"
}

# fetch_source RELEASE : the package with its source text; without it the tests of source text are skipped
fetch_source() {
  local rel=$1 dir=$OOPSCOPE_CACHE/corpus/sources version package deb
  version=$(package_version "linux-image-$rel-dbg")
  package=linux-source-$(cut -d. -f1,2 <<< "$rel")
  deb=$dir/${package}_${version}_all.deb
  sealed_size "$deb" && return 0
  say "downloading $package=$version (some 140 MB)"
  rm -rf "$dir"
  if (fetch_debs "$dir" "$package=$version") && [ -s "$deb" ]; then
    seal "$deb"
  else
    rm -rf "$dir"
    say "no $package=$version: the tests of source text are skipped"
  fi
}

# unpack_kernel RELEASE : prints the folder with boot/vmlinuz, lib/modules, vmlinux, usr/src and debug/*.ko
unpack_kernel() {
  local rel=$1 dir="$OOPSCOPE_CACHE/corpus/kernels/$1" version common kbuild list pkg deb
  echo "$dir"
  [ -e "$dir/.ready" ] && sealed_size "$dir/vmlinux" && return 0
  mkdir -p "$dir/debs" "$dir/usr/lib"
  ln -sfn usr/lib "$dir/lib" # packages of all ages: modules in /lib or in /usr/lib
  version=$(package_version "linux-image-$rel-dbg")
  [ -n "$version" ] || die "no package linux-image-$rel-dbg"
  # since 7.x the image package is a shell around linux-binary and linux-modules
  list=("linux-image-$rel=$version")
  for pkg in "linux-base-$rel" "linux-binary-$rel" "linux-modules-$rel"; do
    [ -n "$(package_version "$pkg")" ] && list+=("$pkg=$version")
  done
  common=$(corpus_apt apt-cache show "linux-headers-$rel=$version" | grep -o 'linux-headers-[^ ,]*common' | head -1)
  kbuild=$(corpus_apt apt-cache show "linux-headers-$rel=$version" | grep -o 'linux-kbuild-[^ ,]*' | head -1)
  list+=("linux-headers-$rel=$version")
  [ -n "$common" ] && list+=("$common=$version")
  [ -n "$kbuild" ] && list+=("$kbuild")
  say "downloading ${list[*]}"
  rm -f "$dir"/debs/*.deb
  fetch_debs "$dir/debs" "${list[@]}"
  for deb in "$dir"/debs/*.deb; do dpkg-deb --fsys-tarfile "$deb" | tar -x -C "$dir" --keep-directory-symlink; done
  rm -f "$dir"/debs/*.deb
  # the headers' Makefile names /usr/src: make it look beside itself
  # shellcheck disable=SC2016
  sed -i 's#/usr/src/#$(dir $(abspath $(firstword $(MAKEFILE_LIST))))../#' "$dir/usr/src/linux-headers-$rel/Makefile"
  if [ -e "$dir/lib/modules/$rel/vmlinuz" ]; then # 7.x
    mkdir -p "$dir/boot"
    cp "$dir/lib/modules/$rel/vmlinuz" "$dir/boot/vmlinuz-$rel"
  fi
  depmod -b "$dir" "$rel"
  if ! sealed "$dir/vmlinux"; then
    say "downloading linux-image-$rel-dbg (some 300 MB)"
    fetch_debs "$dir/debs" "linux-image-$rel-dbg=$version"
    say "unpacking vmlinux"
    # only vmlinux and the debuginfo of the modules the machines load: the rest is gigabytes
    dpkg-deb --fsys-tarfile "$dir"/debs/linux-image-*-dbg_*.deb |
      tar -x -C "$dir" --wildcards --no-anchored "vmlinux-*" "vmlinux" \
        'virtio*.ko*' 'loop.ko*' 'ext4.ko*' 'jbd2.ko*' 'mbcache.ko*' 'crc16.ko*' 'crc32c*.ko*' 'failover.ko*' \
        'net_failover.ko*' 'qemu_fw_cfg.ko*' 2> /dev/null || true
    local found
    found=$(find "$dir/usr/lib/debug" -type f -name 'vmlinux*' | head -1)
    [ -n "$found" ] || die "no vmlinux in linux-image-$rel-dbg"
    mv "$found" "$dir/vmlinux"
    mkdir -p "$dir/debug"
    find "$dir/usr/lib/debug" -type f -name '*.ko*' -exec mv -t "$dir/debug" {} +
    rm -rf "$dir/usr/lib/debug" "$dir/debs"
    seal "$dir/vmlinux"
  fi
  touch "$dir/.ready"
}

# A cheap check for the big ones: sealed, and neither empty nor newer than its seal.
sealed_size() { [ -s "$1" ] && [ -f "$1.sha256" ] && [ ! "$1" -nt "$1.sha256" ]; }
