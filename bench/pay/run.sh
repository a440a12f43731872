#!/bin/sh
# Payments beside a client by hand and beside nothing but TLS, all against the same simulator; see
# bench/README.md.
set -eu
cd "$(dirname "$0")/../.."

built=${1:-target/release}
if [ $# -eq 0 ]; then
    cargo build --release --locked --package wxpay
    cargo build --release --locked --package wxpay-simulator
    cargo build --release --locked --package wxpay-core --example unrecorded
fi
built=$(cd "$built" && pwd)

# On the disk of the project, since the temporary folder may be in memory: the journal is to be synced.
mkdir -p target
work=$(mktemp -d "$PWD/target/bench.XXXXXX")
memory=$(mktemp -d /dev/shm/wxpay-bench.XXXXXX)
gateways=
finish() {
    # shellcheck disable=SC2086 # a list of process numbers
    [ -z "$gateways" ] || kill $gateways 2>/dev/null || true
    rm -rf "$work" "$memory"
}
trap finish EXIT
trap 'exit 130' INT TERM

# The loader looks for the library's SONAME, as in an installed system.
ln -s "$built/libwxpay.so" "$work/libwxpay.so.0"
LD_LIBRARY_PATH=$work
export LD_LIBRARY_PATH
# program FILES AND LIBRARIES...
program() {
    name=$1
    shift
    ${CC:-cc} -O2 -Wall -Wextra -Iinclude "$@" -o "$work/$name"
}
program wxpay bench/pay/contestant.c bench/pay/wxpay.c "-L$built" -lwxpay
program curl bench/pay/contestant.c bench/pay/wechat.c bench/pay/curl.c -lcurl -lcrypto -lcjson
program floor bench/pay/contestant.c bench/pay/wechat.c bench/pay/floor.c -lssl -lcrypto -lcjson
program sync bench/pay/contestant.c bench/pay/sync.c
program turns bench/pay/turns.c
ln -s "$built/examples/unrecorded" "$work/unrecorded"

for api in v2 v3; do
    "$built/wxpay-simulator" --dir "$work/$api" --api $api --platform-keys public-key --port 0 \
        --control-port 0 >"$work/$api.log" 2>&1 &
    gateways="$gateways $!"
    until [ -f "$work/$api/ready.json" ]; do
        kill -0 $! 2>/dev/null || { cat "$work/$api.log"; exit 1; }
        sleep 0.1
    done
    sed "s|^path = .*|path = \"$memory/$api.db\"|" "$work/$api/wxpay.toml" >"$work/$api/memory.toml"
done

"$work/turns" "$work" "$work"

echo '| size | KiB |'
echo '|---|---|'
size() {
    printf '| %s | %d |\n' "$1" $(($(wc -c <"$2") / 1024))
}
size libwxpay.so "$built/libwxpay.so"
ldd "$work/curl" | awk '$3 ~ /^\// { print $1, $3 }' | while read -r name path; do
    case $name in
        libcurl.* | libssl.* | libcrypto.* | libcjson.*) size "$name" "$path" ;;
    esac
done
ldd "$work/curl" | awk '$3 ~ /^\// && $1 !~ /^lib(c|m|pthread|dl|gcc_s)\./ { print $3 }' |
    xargs cat | wc -c | awk '{ printf "| all that the peer loads but the C library | %d |\n", $1 / 1024 }'
