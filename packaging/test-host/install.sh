#!/usr/bin/env bash
# Installs what the tests, the demo or the benchmarks need and this machine lacks, after saying
# what.
#
#   packaging/test-host/install.sh [test|demo|bench|acceptance]
#
# INSTALL=0 only prints. Nothing is done where nothing is missing. Debian and its kin only;
# elsewhere it says which commands are wanted.
set -euo pipefail

purpose=${1:-test}

# command=package, one a line; or a file=package for what brings no command. What is there by
# another way is good enough.
case "$purpose" in
  demo)
    wanted=(
      chromium=chromium
      ip=iproute2
    )
    ;;
  # Debian starts the servers among them; the benchmarks start their own, and use none of those.
  # PostgreSQL's is off the path: a tool that only comes with it stands for it.
  bench)
    wanted=(
      beanstalkd=beanstalkd
      redis-server=redis-server
      sqlite3=sqlite3
      pg_ctlcluster=postgresql
      ip=iproute2
      strace=strace
      valgrind=valgrind
    )
    ;;
  test)
    wanted=(
      make=make
      'c++=g++'
      chromium=chromium
      grpc_python_plugin=protobuf-compiler-grpc
      ip=iproute2
      jq=jq
      mkfs.ext4=e2fsprogs
      mmdebstrap=mmdebstrap
      mount=mount
      perl=perl-base
      protoc=protobuf-compiler
      /usr/include/google/protobuf/duration.proto=libprotobuf-dev
      /usr/lib/python3/dist-packages/grpc/__init__.py=python3-grpcio
      shellcheck=shellcheck
      strace=strace
      systemd-analyze=systemd
    )
    ;;
  # QEMU and the guest's kernel are no packages of this machine: guest.sh has them in its cache,
  # where they are in nobody's way.
  acceptance)
    wanted=(
      chroot=coreutils
      mkfs.ext4=e2fsprogs
      mmdebstrap=mmdebstrap
      systemctl=systemd
      unshare=util-linux
    )
    ;;
  *)
    printf 'unknown purpose "%s"\nhint: it is "test", "demo", "bench" or "acceptance"\n' "$purpose" >&2
    exit 2
    ;;
esac

# Tools of the administrator live in sbin, which an ordinary user's PATH leaves out.
PATH=$PATH:/usr/local/sbin:/usr/sbin:/sbin

packages=()
for entry in "${wanted[@]}"; do
  [[ $entry == /* && -e "${entry%%=*}" ]] || command -v "${entry%%=*}" >/dev/null || packages+=("${entry#*=}")
done
if [ ${#packages[@]} -eq 0 ]; then
  [ "${INSTALL:-1}" != 0 ] || printf 'No package is missing for the %s.\n' "$purpose"
  exit 0
fi

printf 'Packages missing for the %s: %s\n' "$purpose" "${packages[*]}"
if [ "${INSTALL:-1}" = 0 ]; then
  printf 'INSTALL=0: nothing is installed.\n'
  exit 0
fi
if ! command -v apt-get >/dev/null; then
  printf 'no apt-get on this machine\nhint: install them with its own package manager\n' >&2
  exit 1
fi
if [ "$(id -u)" -ne 0 ]; then
  printf 'only root can install packages\nhint: run "sudo %s %s"\n' "$0" "$purpose" >&2
  exit 1
fi

export DEBIAN_FRONTEND=noninteractive
# Package lists that are too old to know a package, or name files which are gone, are fetched anew.
# Nothing of the machine is removed for them.
install_packages() {
  apt-get install --yes --no-install-recommends --no-remove -o Dpkg::Use-Pty=0 "${packages[@]}"
}
printf 'Installing them with apt-get.\n'
apt-cache show "${packages[@]}" >/dev/null 2>&1 && install_packages && exit 0
apt-get update
install_packages
