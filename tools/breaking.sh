#!/usr/bin/env bash
# Fails on a change of the contract that would break a client of main's. In a
# clone of main itself the contract before the newest change to it is compared.
set -euo pipefail
cd "$(dirname "$0")/.."
base=$(git merge-base HEAD origin/main 2>/dev/null || git rev-parse HEAD)
if [ "$base" = "$(git rev-parse HEAD)" ] && git diff --quiet HEAD -- proto; then
  base=$(git rev-list -2 HEAD -- proto | tail -n 1)
fi
if [ -z "$base" ] || ! git cat-file -e "$base:proto" 2>/dev/null; then
  echo "no earlier contract to compare with"
  exit 0
fi
old=$(mktemp -d)
trap 'rm -rf "$old"' EXIT
git archive "$base" proto buf.yaml | tar -x -C "$old"
cp -r .protodeps "$old/"
buf breaking --against "$old"
echo "compared with $(git rev-parse --short "$base")"
