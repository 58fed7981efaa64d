#!/usr/bin/env bash
# Lines covered per crate: with llvm-cov where the toolchain has its tools, with cargo-tarpaulin (installed if absent)
# everywhere else: its llvm engine reads the profiles itself, and unlike ptrace it survives processes that change user.
# Writes target/coverage/ and prints one line per crate.
set -euo pipefail
cd "$(dirname "$0")/.."
out=target/coverage
mkdir -p "$out"

if cargo llvm-cov --version >/dev/null 2>&1; then
    cargo llvm-cov --profile ci --workspace --json --summary-only --output-path "$out/llvm-cov.json"
    python3 scripts/coverage_table.py "$out/llvm-cov.json"
    exit
fi
if ! cargo tarpaulin --version >/dev/null 2>&1; then
    echo "installing cargo-tarpaulin (it compiles for some minutes, once)"
    cargo install cargo-tarpaulin --locked --quiet
fi
# Its own target folder, so that instrumented builds and ordinary ones do not undo each other.
cargo tarpaulin --profile ci --workspace --engine llvm --follow-exec --skip-clean --timeout 900 \
    --target-dir target/tarpaulin --exclude-files 'target/*' 'tests/*' 'benches/*' \
    --out Json --output-dir "$out" -- --test-threads 2
python3 scripts/coverage_table.py "$out/tarpaulin-report.json"
