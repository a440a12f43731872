#!/bin/sh
# Licences, bans and sources of every dependency; advisories too where their database can be reached.
set -eu
cd "$(dirname "$0")/.."
cargo deny --offline check licenses bans sources
if cargo deny fetch db >/dev/null 2>&1; then
    cargo deny check advisories
else
    echo "check-dependencies: the advisory database cannot be reached; advisories were not checked"
fi
