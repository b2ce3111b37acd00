#!/usr/bin/env bash
# Builds the virtual machine of the acceptance run: a Debian kernel, its start-up files, and a disk
# with the system of root.sh, systemd as its first process, and the built programs.
#
#   packaging/test-host/guest.sh PROGRAMS FOLDER     as root; prints where QEMU's own system is
#
# PROGRAMS is the folder of the built programs. FOLDER gets `kernel`, `initrd`, `disk`, and
# `battery.aml`, what the firmware of a machine with a battery tells. QEMU and the kernel are put,
# once, into a system of their own below /var/cache/pwasync-test, and are no packages of this
# machine; `root.sh --remove` gives the space back. MIRROR= names another mirror than Debian's.
set -euo pipefail

programs=$1
folder=$(cd "$2" && pwd)
here=$(cd "$(dirname "$0")" && pwd)
# shellcheck source=packaging/test-host/cache.sh
. "$here/cache.sh"
packages=(acpica-tools busybox-static kmod linux-image-amd64 qemu-system-x86)
# Loaded before the disk can be read, those that they need first.
modules=(virtio_pci virtio_blk ext4 virtio_console e1000e autofs4 veth 8021q bonding)
# On the disk, for when there is such a device, or somebody asks.
later=(ac battery ccm ctr mac80211_hwsim)

system=$("$here/root.sh")
tools=$(place_of tools "${packages[@]}")
# shellcheck disable=SC2016 # It is mmdebstrap's shell that knows the system.
keep "$tools" 'QEMU and a kernel (600 MB)' --variant=extract --include="${packages[*]}" \
  --extract-hook='mkdir "$1/guest" && chroot "$1" /sbin/depmod "$(ls "$1/lib/modules")"'
version=$(ls "$tools/lib/modules")

# The files of modules, and of those that they need.
files_of() {
  chroot "$tools" /sbin/modprobe --set-version "$version" --show-depends --all "$@" |
    awk '$1 == "insmod" && !seen[$2]++ { print $2 }'
}

# The first programs of the guest: load drivers, mount the disk, hand over to systemd.
start=$folder/start
mkdir -p "$start"/{bin,dev,modules,disk}
cp "$tools/bin/busybox" "$start/bin/"
number=100
for path in $(files_of "${modules[@]}"); do
  cp "$tools$path" "$start/modules/$((number++))-${path##*/}"
done
cat >"$start/init" <<'INIT'
#!/bin/busybox sh
/bin/busybox mount -t devtmpfs dev /dev
for module in /modules/*; do /bin/busybox insmod "$module"; done
until [ -b /dev/vda ]; do /bin/busybox usleep 10000; done
/bin/busybox mount -t ext4 /dev/vda /disk
/bin/busybox mount -o move /dev /disk/dev
exec /bin/busybox switch_root /disk /sbin/init
INIT
chmod 0755 "$start/init"
cp "$tools/boot/vmlinuz-$version" "$folder/kernel"
(cd "$start" && find . -print0 | "$tools/bin/busybox" cpio -0 -o -H newc) >"$folder/initrd" 2>/dev/null
rm -r "$start"

# The system itself is left as it is: a layer over it holds what the guest has besides.
drivers="$(files_of "${later[@]}") $(printf "/lib/modules/$version/modules.%s " builtin builtin.modinfo order)"
export folder system programs here tools version drivers
# shellcheck disable=SC2016 # They are the inner shell's.
unshare --mount sh -eu -c '
  mount --make-rprivate /
  mkdir "$folder/layer"
  mount -t tmpfs tmpfs "$folder/layer"
  mkdir "$folder/layer/upper" "$folder/layer/work" "$folder/layer/root"
  mount -t overlay overlay "$folder/layer/root" -o \
    "lowerdir=$system,upperdir=$folder/layer/upper,workdir=$folder/layer/work"
  cd "$folder/layer/root"
  cp --recursive --preserve=mode "$here/guest/." .
  chmod 0600 etc/NetworkManager/system-connections/*
  install -D -m 0644 "$here/../../systemd/pwasyncd.service" usr/lib/systemd/system/pwasyncd.service
  install -D -m 0644 "$here/../../systemd/pwasync.sysusers.conf" usr/lib/sysusers.d/pwasync.conf
  install -D -m 0644 "$here/../../docs/examples/wake-alarm.conf" usr/share/doc/pwasync/wake-alarm.conf
  for program in pwasyncd syncctl pwasync-acceptance; do
    install -m 0755 "$programs/$program" usr/bin/
  done
  for file in $drivers; do
    install -D -m 0644 "$tools/$file" "usr/$file"
  done
  chroot . /sbin/depmod "$version"
  # Nobody logs in, nothing is fetched, and nothing waits for a network.
  systemctl --root="$PWD" --quiet mask getty@tty1 serial-getty@ttyS0 systemd-firstboot \
    apt-daily.timer apt-daily-upgrade.timer dpkg-db-backup.timer fstrim.timer e2scrub_all.timer \
    e2scrub_reap NetworkManager-wait-online systemd-networkd-wait-online systemd-pcrphase \
    systemd-pcrphase-sysinit systemd-resolved systemd-timesyncd systemd-networkd
  systemctl --root="$PWD" --quiet enable pwasyncd NetworkManager guest-internet guest-acceptance
  systemctl --root="$PWD" --quiet set-default multi-user.target
  truncate --size=1200M "$folder/disk"
  mkfs.ext4 -q -O ^has_journal -d . "$folder/disk"
  # The assembler is where QEMU is.
  mount --bind "$folder" "$tools/guest"
  cp "$here/battery.asl" "$folder/"
  chroot "$tools" iasl -vs -p /guest/battery /guest/battery.asl >&2
'
rmdir "$folder/layer"
printf '%s\n' "$tools"
