#!/usr/bin/env bash
# Measures the register and prints a Markdown report, also kept as
# .run/bench-report.md. BENCH_QUICK=1 only tries it out; BENCH_NOMINALS,
# BENCH_TIME, BENCH_REPEATS, BENCH_SEED and BENCH_ONLY change what is measured;
# BENCH_PROFILE=1 writes CPU profiles of the server instead; BENCH_KEEP=1 keeps
# the loaded register for the next run; BENCH_DIRECT=1 loads millions faster;
# BENCH_ALONE=1 leaves pg_trgm out.
set -euo pipefail
cd "$(dirname "$0")/.."
tools/install.sh
exec go run ./internal/bench "$@"
