#!/bin/sh
# Measures, each time beside a peer in the same run; see bench/README.md. Prints a table.
set -eu
cd "$(dirname "$0")/.."

has() {
    printf '#include <%s>\n' "$1" | ${CC:-cc} -E - >/dev/null 2>&1
}
packages=
has openssl/evp.h || packages="$packages libssl-dev"
has cjson/cJSON.h || packages="$packages libcjson-dev"
has curl/curl.h || packages="$packages libcurl4-openssl-dev"
if [ -n "$packages" ]; then
    if [ "$(id -u)" -ne 0 ] || ! command -v apt-get >/dev/null; then
        echo "bench: please install:$packages" >&2
        exit 1
    fi
    apt-get update -qq
    # shellcheck disable=SC2086 # a list of names
    DEBIAN_FRONTEND=noninteractive apt-get install -qq --no-install-recommends $packages
fi

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
${CC:-cc} -O2 -Wall -Wextra bench/ride_peer.c -lcrypto -lcjson -o "$work/ride_peer"
WXPAY_RIDE_PEER=$work/ride_peer cargo bench --locked --package wxpay-core --bench ride

bench/pay/run.sh
