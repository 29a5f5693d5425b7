#!/usr/bin/env bash
# Installs what the project needs and the machine lacks: PostgreSQL's server,
# Node.js (for prebuilt buf and the console's styles), Chromium, in which the console
# is tested, and what the documents verify the log by hand with. Needs root only when something is missing.
set -euo pipefail
missing=()
compgen -G '/usr/lib/postgresql/*/bin/initdb' >/dev/null || command -v initdb >/dev/null || missing+=(postgresql postgresql-contrib)
command -v npm >/dev/null || missing+=(nodejs npm)
command -v chromium >/dev/null || command -v chromium-browser >/dev/null || missing+=(chromium)
command -v jq >/dev/null || missing+=(jq)
for tool in curl unzip xxd openssl python3; do
  command -v $tool >/dev/null || missing+=($tool)
done
if [ ${#missing[@]} -eq 0 ]; then exit 0; fi
sudo=()
if [ "$(id -u)" != 0 ]; then
  command -v sudo >/dev/null || { echo "please install: ${missing[*]}" >&2; exit 1; }
  sudo=(sudo -n)
fi
export DEBIAN_FRONTEND=noninteractive
"${sudo[@]}" apt-get update -qq
"${sudo[@]}" apt-get install -y -qq --no-install-recommends "${missing[@]}"
