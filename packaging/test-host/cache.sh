# shellcheck shell=bash
# The Debian systems of the tests, each built once and kept. Sourced by what builds one.
# MIRROR= names another mirror than Debian's.

suite=bookworm
cache=/var/cache/pwasync-test

# Where the system of these packages is kept: place_of NAME PACKAGE...
place_of() {
  printf '%s/%s-%s\n' "$cache" "$1" "$(printf '%s\n' "$suite" "${@:2}" | sha256sum | cut -c1-12)"
}

# Builds a system, where it is not there, as mmdebstrap is told to:
# keep PLACE 'what it is, and its size' OPTION...
keep() (
  mkdir -p "$cache"
  exec 9>"$cache/lock"
  flock 9
  # Somebody else may have built it meanwhile.
  [ ! -e "$1" ] || exit 0
  printf 'Building %s, once, in %s.\n' "$2" "$1" >&2
  forming=$(mktemp -d "$cache/forming-XXXXXX")
  trap 'rm -rf --one-file-system "$forming"' EXIT
  mmdebstrap --quiet --mode=root "${@:3}" \
    --aptopt='APT::Install-Recommends "false"' \
    --dpkgopt='path-exclude=/usr/share/doc/*' \
    --dpkgopt='path-exclude=/usr/share/locale/*' \
    --dpkgopt='path-exclude=/usr/share/man/*' \
    "$suite" "$forming/system" ${MIRROR:+"$MIRROR"} >&2
  mv "$forming/system" "$1"
)
