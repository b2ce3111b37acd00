#!/bin/sh
# Starts a machine, see machine.rs, and ends with it when its stdin does.
#
#   machine.sh CGROUP SYSTEM FOLDER DAEMON
set -eu
cgroup=$1
export system="$2" folder="$3" daemon="$4"
echo $$ >"$cgroup/cgroup.procs"
# shellcheck disable=SC2016 # They are the inner shell's.
unshare --mount --ipc --uts --cgroup --pid --fork --kill-child sh -eu -c '
  mount --make-rprivate /
  mkdir "$folder/memory"
  mount -t tmpfs tmpfs "$folder/memory"
  # One copy in memory for what runs the container, and one for the container.
  for layer in around inside; do
    mkdir "$folder/memory/$layer" "$folder/memory/$layer-upper" "$folder/memory/$layer-work"
    mount -t overlay overlay "$folder/memory/$layer" -o \
      "lowerdir=$system,upperdir=$folder/memory/$layer-upper,workdir=$folder/memory/$layer-work"
  done
  cd "$folder/memory/around"
  mount -t proc proc proc
  mount -t sysfs sysfs sys
  mount -t cgroup2 cgroup2 sys/fs/cgroup
  mount --rbind /dev dev
  mount -t tmpfs tmpfs run
  mkdir run/systemd machine host shared
  mount --move "$folder/memory/inside" machine
  mount --bind "$folder/shared" shared
  mount --bind "$daemon" shared/pwasyncd
  cp --recursive shared/files/. machine/
  pivot_root . host
  umount --lazy host
  exec systemd-nspawn --quiet --register=no --keep-unit --link-journal=no --console=pipe \
    --machine=pwasync-test --directory=/machine --capability=CAP_WAKE_ALARM --boot \
    --bind=/shared --bind=/shared/pwasync:/run/pwasync --bind=/shared/dbus:/run/dbus \
    --bind=/shared/power-state:/sys/power/state --bind-ro=/shared/pwasyncd:/usr/bin/pwasyncd \
    -- --unit=basic.target
' </dev/null &
child=$!
cat >/dev/null || true
kill -KILL "$child" || true
