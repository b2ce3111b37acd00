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
# shellcheck source=packaging/test-host/cache.sh
. "$(dirname "$0")/cache.sh"

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
  # Radios, where the kernel has some.
  iw
  wpasupplicant
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

place=$(place_of root "${packages[@]}")

if [ "${1:-}" = --remove ]; then
  rm -rf --one-file-system "$cache"
  exit 0
fi
if [ ! -e "$place" ]; then
  if [ "$(id -u)" -ne 0 ]; then
    printf 'only root can build the system of the tests\nhint: run "sudo %s"\n' "$0" >&2
    # Tests that need it need root too, and are left out.
    [ -z "${CI:-}" ] || exit 1
    exit 0
  fi
  keep "$place" 'the system of the tests (320 MB)' --variant=minbase --include="${packages[*]}"
fi
ln -sfn "${place##*/}" "$cache/root"
printf '%s\n' "$place"
