#!/usr/bin/env bash
# Starts a fresh register with invented people and drives its pages in a
# browser: `browser.sh` runs the tests, `browser.sh path` one part of them,
# `browser.sh screenshots` takes pictures into screenshots/.
set -euo pipefail
cd "$(dirname "$0")/.."
make --no-print-directory build tests/browser/node_modules
dir=$(mktemp -d)
chmod 755 "$dir" # the database's own account must reach its folder
pid=
cleanup() {
  [ -z "$pid" ] || { kill "$pid" 2>/dev/null && wait "$pid" || true; }
  rm -rf "$dir"
}
trap cleanup EXIT
bin/register dev --dir "$dir/run" --grpc 127.0.0.1:0 --rest 127.0.0.1:0 --admin 127.0.0.1:0 --idp 127.0.0.1:0 >"$dir/out" 2>"$dir/log" &
pid=$!
for _ in $(seq 600); do
  if grep -q 'CreateSearch$' "$dir/out"; then break; fi
  if ! kill -0 "$pid" 2>/dev/null; then cat "$dir/log" >&2; exit 1; fi
  sleep 0.1
done
REGISTER_URL=$(grep -o 'http://127.0.0.1:[0-9]*' "$dir/out" | head -n 1)
export REGISTER_URL
script=run.mjs
if [ "${1:-}" = screenshots ]; then script=screenshots.mjs && shift; fi
node "tests/browser/$script" "$@" || { tail -n 20 "$dir/log" >&2; exit 1; }
