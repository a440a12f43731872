#!/bin/sh
# The main job, shown: a small till in C takes payments from a simulated gateway, and after each one
# what the till was told is compared with the gateway's ledger. Exits 0 only if all of them agree.
#
#     examples-c/demo.sh [FOLDER WITH THE BUILT LIBRARY AND SIMULATOR]
set -eu
cd "$(dirname "$0")/.."
built=${1:-target/release}
built=$(cd "$built" && pwd)
work=$(mktemp -d)
simulator=
finish() {
    [ -z "$simulator" ] || kill "$simulator" 2>/dev/null || true
    rm -rf "$work"
}
trap finish EXIT
trap 'exit 130' INT TERM

# The loader looks for the library's SONAME, as in an installed system.
ln -s "$built/libwxpay.so" "$work/libwxpay.so.0"
LD_LIBRARY_PATH=$work
export LD_LIBRARY_PATH

echo "== compiling the till"
set -- -Wall -Wextra -pedantic examples-c/pay.c -Iinclude "-L$built" -lwxpay -o "$work/pay"
echo "cc $*"
${CC:-cc} "$@"

echo
echo "== starting the gateway"
"$built/wxpay-simulator" --dir "$work/gateway" --port 0 --port 0 --control-port 0 --quick \
    >"$work/gateway.log" 2>&1 &
simulator=$!
until [ -f "$work/gateway/ready.json" ]; do
    kill -0 "$simulator" 2>/dev/null || { cat "$work/gateway.log"; exit 1; }
    sleep 0.1
done
grep '^hosts' "$work/gateway.log"
{ echo 'language = "en"'; cat "$work/gateway/wxpay.toml"; } >"$work/gateway/till.toml"
WXPAY_CONFIG=$work/gateway/till.toml
TILL_ORDERS=$work/till-orders.txt
export WXPAY_CONFIG TILL_ORDERS

disagreements=0
# take TITLE AUTH_CODE EXPECTED_STATUS EXPECTED_NET_FEN
take() {
    echo
    echo "== $1"
    echo "pay 8.88 $2"
    "$work/pay" 8.88 "$2" >"$work/out" 2>"$work/err" || true
    cat "$work/out"
    sed 's/^/   log: /' "$work/err"
    result=$(grep '^RESULT ' "$work/out" || true)
    told=$(echo "$result" | sed 's/.* name=\([A-Z_]*\) .*/\1/')
    number=$(echo "$result" | sed 's/.* out_trade_no=\([^ ]*\) .*/\1/')
    row=$("$built/wxpay-simulator" ledger --dir "$work/gateway" --table | grep "^$number " || true)
    echo "   ledger: $row"
    net=$(echo "$row" | awk '{print $NF}')
    if [ "$told" = "$3" ] && [ "$net" = "$4" ]; then
        echo "   agreed: the till was told $told, and $net fen have changed hands"
    else
        echo "   DISAGREED: expected $3 and $4 fen, got ${told:-nothing} and ${net:-nothing}"
        disagreements=$((disagreements + 1))
    fi
}

take 'a payment that succeeds at once' 134567890000010000 WXPAY_OK 888
take 'a payment that needs the password' 134567890000020101 WXPAY_OK 888
take 'a payment that is declined: not enough money' 134567890000030201 WXPAY_DECLINED 0
take 'a payer who never types the password: timed out and reversed' \
    134567890000040103 WXPAY_REVERSED 0
take 'the answer is lost although the payer was charged' 134567890000050401 WXPAY_OK 888

echo
echo "== the gateway's ledger (fen)"
"$built/wxpay-simulator" ledger --dir "$work/gateway" --table
echo
if [ "$disagreements" -ne 0 ]; then
    echo "demo: $disagreements payments disagree with the ledger"
    exit 1
fi
echo "demo: all payments agree with the ledger"
