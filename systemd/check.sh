#!/usr/bin/env bash
# Checks the unit and the users of a staged installation:  systemd/check.sh STAGE PREFIX
set -euo pipefail

stage=$1
prefix=$2
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT

# `verify` wants the program at its place; in a stage it stands below the stage.
unit=$scratch/pwasyncd.service
sed "s|^ExecStart=|ExecStart=$stage|" "$stage$prefix/lib/systemd/system/pwasyncd.service" >"$unit"

# It warns of unknown keys and bad values and still exits with 0: an empty report is the pass.
if ! systemd-analyze verify --man=no "$unit" 2>"$scratch/report" || [ -s "$scratch/report" ]; then
  cat "$scratch/report" >&2
  exit 1
fi

# The threshold is ten times the exposure: 1.5.
systemd-analyze security --offline=true --no-pager --threshold=15 "$unit" >"$scratch/security" || {
  cat "$scratch/security" >&2
  exit 1
}
tail -n 1 "$scratch/security"

mkdir -p "$scratch/host/etc" "$scratch/host/usr/lib/sysusers.d"
cp "$stage$prefix/lib/sysusers.d/pwasync.conf" "$scratch/host/usr/lib/sysusers.d/"
systemd-sysusers --root="$scratch/host" 2>"$scratch/report" || {
  cat "$scratch/report" >&2
  exit 1
}
for entry in passwd:pwasync group:pwasync-admin; do
  grep -q "^${entry#*:}:" "$scratch/host/etc/${entry%%:*}" || {
    printf 'sysusers makes no %s\n' "$entry" >&2
    exit 1
  }
done

# Each of these is a file with something in it.
for file in bin/{pwasyncd,syncctl,pwasync-chromium} share/man/man1/syncctl.1 \
  share/bash-completion/completions/syncctl share/zsh/site-functions/_syncctl \
  share/fish/vendor_completions.d/syncctl.fish share/doc/pwasync/{protocol.md,pwasyncd.toml}; do
  [ -s "$stage$prefix/$file" ] || { printf 'not installed: %s\n' "$prefix/$file" >&2; exit 1; }
done
