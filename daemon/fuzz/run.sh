#!/usr/bin/env bash
# Builds the fuzz targets and runs them, one after the other.
#
#   daemon/fuzz/run.sh [seconds in all] [target ...]
#
# Without a target all of them; 0 seconds: only what is in the corpora. What a target finds new goes
# to the build folder's fuzz/<target>/corpus, and an input that fails to fuzz/<target>/failed.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")"

seconds=${1:-60}
shift || true
here=$PWD
build=${CARGO_TARGET_DIR:-$here/../../target}
# The triple is named, so that the flags are not for build scripts and procedural macros.
triple=$(rustc -vV | sed -n 's/^host: //p')

# What `cargo fuzz --dev --sanitizer none` passes. There is no unsafe code of ours to be watched, and
# they all are flags of a stable compiler.
flags=(
  -Cpasses=sancov-module
  -Cllvm-args=-sanitizer-coverage-level=4
  -Cllvm-args=-sanitizer-coverage-inline-8bit-counters
  -Cllvm-args=-sanitizer-coverage-pc-table
  -Cllvm-args=-sanitizer-coverage-trace-compares
  --cfg fuzzing
  -Cllvm-args=-simplifycfg-branch-fold-threshold=0
  -Cllvm-args=-sanitizer-coverage-stack-depth
  -Cdebug-assertions
)
# Versions are those of the workspace; what it does not have is added.
cp ../../Cargo.lock Cargo.lock
CARGO_TARGET_DIR=$build RUSTFLAGS="${flags[*]}" cargo build --target "$triple" --bins

targets=("$@")
if [ ${#targets[@]} -eq 0 ]; then
  mapfile -t targets < <(sed -n 's/^name = "\([a-z_]*\)"$/\1/p' Cargo.toml)
fi
# Rounded up: 0 would be without an end.
each=$(((seconds + ${#targets[@]} - 1) / ${#targets[@]}))
# By the wall clock, which goes on while others have the processor.
options=(-timeout=60 -rss_limit_mb=2048 -max_len=16384 -print_final_stats=1)
if [ "$seconds" -eq 0 ]; then options+=(-runs=0); else options+=(-max_total_time="$each"); fi

for target in "${targets[@]}"; do
  program=$build/$triple/debug/$target
  folder=$build/fuzz/$target
  mkdir -p "$folder/corpus" "$folder/failed" "corpus/$target"
  printf 'Fuzzing %s.\n' "$target"
  if ! "$program" "${options[@]}" -artifact_prefix="$folder/failed/" \
    "$folder/corpus" "corpus/$target" >"$folder/log" 2>&1; then
    tail -n 40 "$folder/log" >&2
    printf 'hint: the input is in %s; again with: %s <input>\n' "$folder/failed" "$program" >&2
    exit 1
  fi
  grep -E '^(stat::number_of_executed_units|stat::peak_rss_mb)|DONE' "$folder/log"
done
