#!/usr/bin/env bash
# Everything that must hold before a change lands. Installs what it needs.
set -euo pipefail
cd "$(dirname "$0")/.."
step() { printf '\n== %s\n' "$*"; }

step "tools"
tools/install.sh
make --no-print-directory assets tools/node_modules .protodeps .tools/bin/golangci-lint .tools/bin/grpcurl

step "lint"
go mod verify >/dev/null
go mod tidy -diff
make --no-print-directory lint

step "generated code is fresh"
before=$(find api -type f -exec sha256sum {} + | sort)
make --no-print-directory generate >/dev/null
after=$(find api -type f -exec sha256sum {} + | sort)
if [ "$before" != "$after" ]; then
  echo "api/ is stale: run make generate" >&2
  diff <(echo "$before") <(echo "$after") >&2 || true
  exit 1
fi

step "the contract breaks nobody"
tools/breaking.sh

step "policy"
go run ./cmd/register policy check policies

# The browser uses one core at most, and mostly waits: it runs beside the tests, and its
# words come after theirs. Its processes are a group, so that none outlives this script.
make --no-print-directory build tests/browser/node_modules
words=$(mktemp)
set -m
(
  step "the console in a browser"
  tools/browser.sh
  step "one command: a fresh register, its three first searches, a restart"
  tools/firststeps.sh
) >"$words" 2>&1 &
beside=$!
set +m
trap 'kill -- "-$beside" 2>/dev/null || true; rm -f "$words"' EXIT

step "tests, with the race detector (vet has run with the lint)"
tested=0
go test -race -vet off -count 1 -timeout 20m ./... || tested=$?
driven=0
wait "$beside" || driven=$?
cat "$words"
exit $((tested || driven))
