#!/usr/bin/env bash
# Builds, once, a Debian system in a folder: the one whose NetworkManager, UPower, logind and D-Bus
# the tests run against. Prints where it is.
#
#   packaging/test-host/root.sh            as root; nothing is done where it is there
#   packaging/test-host/root.sh --remove   gives its space back
#
# Nothing in it ever runs on this machine as such: tests lay a copy in memory over it and start its
# programs in namespaces of their own. MIRROR= names another mirror than Debian's.
set -euo pipefail

suite=bookworm
packages=(
  # A bus, a kernel's and a provider's side of a network.
  dbus
  dnsmasq-base
  iproute2
  kmod
  procps
  # The sources of facts.
  network-manager
  power-profiles-daemon
  upower
  # Batteries that the kernel does not have.
  gir1.2-umockdev-1.0
  python3-gi
  umockdev
  # A whole system, with logind.
  libpam-systemd
  polkitd
  systemd
  systemd-container
  systemd-sysv
  udev
)

cache=/var/cache/pwasync-test
name=root-$(printf '%s\n' "$suite" "${packages[@]}" | sha256sum | cut -c1-12)

if [ "${1:-}" = --remove ]; then
  rm -rf --one-file-system "$cache"
  exit 0
fi
if [ -e "$cache/$name" ]; then
  ln -sfn "$name" "$cache/root"
  printf '%s\n' "$cache/$name"
  exit 0
fi
if [ "$(id -u)" -ne 0 ]; then
  printf 'only root can build the system of the tests\nhint: run "sudo %s"\n' "$0" >&2
  # Tests that need it need root too, and are left out.
  [ -z "${CI:-}" ] || exit 1
  exit 0
fi

mkdir -p "$cache"
exec 9>"$cache/lock"
flock 9
# Somebody else may have built it meanwhile.
if [ ! -e "$cache/$name" ]; then
  printf 'Building the system of the tests, once: about 320 MB in %s.\n' "$cache/$name" >&2
  forming=$(mktemp -d "$cache/forming-XXXXXX")
  trap 'rm -rf --one-file-system "$forming"' EXIT
  include=$(IFS=,; printf '%s' "${packages[*]}")
  mmdebstrap --quiet --variant=minbase --mode=root --include="$include" \
    --aptopt='APT::Install-Recommends "false"' \
    --dpkgopt='path-exclude=/usr/share/doc/*' \
    --dpkgopt='path-exclude=/usr/share/locale/*' \
    --dpkgopt='path-exclude=/usr/share/man/*' \
    "$suite" "$forming/root" ${MIRROR:+"$MIRROR"} >&2
  mv "$forming/root" "$cache/$name"
fi
ln -sfn "$name" "$cache/root"
printf '%s\n' "$cache/$name"
