#!/usr/bin/env bash
# Has libFuzzer look for bytes that break a rule of `fuzz/`, so many seconds for each target (60), on the stable toolchain.
# What it finds is kept in `fuzz/corpus/<target>/`, where `make test` runs it from then on; what only covers more is not.
#
#   scripts/fuzz.sh [SECONDS [TARGET …]]
set -euo pipefail
cd "$(dirname "$0")/.."
seconds=${1:-60}
shift || true
targets=("$@")
if [ ${#targets[@]} = 0 ]; then
    for path in fuzz/libfuzzer/targets/*.rs; do targets+=("$(basename "$path" .rs)"); done
fi

host=$(rustc -vV | sed -n 's/^host: //p')
# What cargo-fuzz passes: coverage for libFuzzer, and addresses checked, in everything that is compiled.
export RUSTC_BOOTSTRAP=1
export RUSTFLAGS="-Cpasses=sancov-module -Cllvm-args=-sanitizer-coverage-level=4 -Cllvm-args=-sanitizer-coverage-inline-8bit-counters \
-Cllvm-args=-sanitizer-coverage-pc-table -Cllvm-args=-sanitizer-coverage-trace-compares -Zsanitizer=address --cfg fuzzing -Ccodegen-units=1"
cargo build --release --manifest-path fuzz/libfuzzer/Cargo.toml --target "$host" --target-dir target/fuzz

status=0
for target in "${targets[@]}"; do
    found="target/fuzz/found/$target"
    mkdir -p "$found" "target/fuzz/corpus/$target"
    echo "fuzzing $target for $seconds s"
    # Leaks are libFuzzer's guess from the outside; ours are looked for by the soak.
    if ! "target/fuzz/$host/release/$target" "target/fuzz/corpus/$target" "fuzz/corpus/$target" \
        -max_total_time="$seconds" -artifact_prefix="$found/" -detect_leaks=0 -print_final_stats=1 >"target/fuzz/$target.log" 2>&1; then
        status=1
        cp "$found"/* "fuzz/corpus/$target/"
        tail -n 30 "target/fuzz/$target.log"
        echo "$target: broke a rule; the input is in fuzz/corpus/$target/"
    fi
    sed -n 's/^stat::number_of_executed_units: */  executed /p; s/^stat::new_units_added: */  new ways through /p' "target/fuzz/$target.log"
done
exit $status
