#!/usr/bin/env bash
# Walks a newcomer's first steps: starts a fresh register, runs the searches it
# prints, compares their answers, does what the documents for professional standards
# say, restarts it, and searches again.
set -euo pipefail
cd "$(dirname "$0")/.."
make --no-print-directory build .tools/bin/grpcurl
dir=$(mktemp -d)
chmod 755 "$dir" # the database's own account must reach its folder
pid=
cleanup() {
  [ -z "$pid" ] || { kill "$pid" 2>/dev/null && wait "$pid" || true; }
  rm -rf "$dir"
}
trap cleanup EXIT

start() {
  bin/register dev --dir "$dir/run" --grpc 127.0.0.1:0 --rest 127.0.0.1:0 --admin 127.0.0.1:0 --idp "$1" >"$dir/out" 2>"$dir/log" &
  pid=$!
  for _ in $(seq 600); do
    if grep -q 'CreateSearch$' "$dir/out"; then return; fi
    if ! kill -0 "$pid" 2>/dev/null; then break; fi
    sleep 0.1
  done
  cat "$dir/log" >&2
  echo "the register did not start" >&2
  exit 1
}

walk() {
  # The printed lines are run as they stand.
  sed -n '/^  bin\/registerctl/,$s/^  //p' "$dir/out" >"$dir/steps"
  bash -euo pipefail "$dir/steps" >"$dir/answers"
  grep -q 'Calum Thackery' "$dir/answers"
  sed -n '/^{/,$p' "$dir/answers" |
    jq -es 'map(.candidates | map(del(.name))) | length == 2 and .[0] == .[1] and (.[0] | length) > 0' >/dev/null ||
    { echo "REST and gRPC answer differently" >&2; cat "$dir/answers" >&2; exit 1; }
  grep -o 'ready after [0-9a-z.]*' "$dir/out"
}

start 127.0.0.1:0
walk
tools/docsteps.sh "$dir/run"
idp=$(grep -o 'issuer: http://[0-9.:]*' "$dir/run/registerctl.yaml" | head -n 1 | sed 's,.*//,,')
kill "$pid"
wait "$pid"
pid=
start "$idp"
walk
echo "first steps walked, twice"
