#!/bin/sh
# The main job, shown: a small till in C takes payments from a simulated gateway over APIv2, APIv3 and
# Fubei, shows a code to scan, and gives money back; a bus validator deducts rides. After each step
# what the program was told is compared with the gateway's ledger. Exits 0 only if all of them agree.
#
#     examples-c/demo.sh [FOLDER WITH THE BUILT LIBRARY AND SIMULATOR]
set -eu
cd "$(dirname "$0")/.."
built=${1:-target/release}
built=$(cd "$built" && pwd)
work=$(mktemp -d)
gateways=
finish() {
    # shellcheck disable=SC2086 # a list of process numbers
    [ -z "$gateways" ] || kill $gateways 2>/dev/null || true
    rm -rf "$work"
}
trap finish EXIT
trap 'exit 130' INT TERM

# The loader looks for the library's SONAME, as in an installed system.
ln -s "$built/libwxpay.so" "$work/libwxpay.so.0"
LD_LIBRARY_PATH=$work
export LD_LIBRARY_PATH

echo "== compiling the till"
for program in pay native refund; do
    set -- -Wall -Wextra -pedantic examples-c/$program.c -Iinclude "-L$built" -lwxpay \
        -o "$work/$program"
    echo "cc $*"
    ${CC:-cc} "$@"
done

echo
echo "== starting the gateways"
# Two, so that each writes a configuration and has a ledger of its own.
for api in v2 v3; do
    "$built/wxpay-simulator" --dir "$work/$api" --api $api --port 0 --port 0 --control-port 0 \
        --quick >"$work/$api.log" 2>&1 &
    gateways="$gateways $!"
    until [ -f "$work/$api/ready.json" ]; do
        kill -0 $! 2>/dev/null || { cat "$work/$api.log"; exit 1; }
        sleep 0.1
    done
    echo "API$api: $(grep '^hosts' "$work/$api.log")"
    # The configuration is all that a till changes to move from one API to the other.
    { echo 'language = "en"'; cat "$work/$api/wxpay.toml"; } >"$work/$api/till.toml"
done
TILL_ORDERS=$work/till-orders.txt
export TILL_ORDERS

disagreements=0
ledger() {
    "$built/wxpay-simulator" ledger --dir "$work/$api" --table
}
# The line of an order or a refund.
row() {
    ledger | grep "^$1 " || true
}
# show: what the till wrote. Its log comes after its output.
show() {
    cat "$work/out"
    sed 's/^/   log: /' "$work/err"
}
# agree WHAT_WAS_TOLD EXPECTED WHAT_CHANGED_HANDS EXPECTED_FEN
agree() {
    if [ "$1" = "$2" ] && [ "$3" = "$4" ]; then
        echo "   agreed: the till was told $1, and $3 fen have changed hands"
    else
        echo "   DISAGREED: expected $2 and $4 fen, got ${1:-nothing} and ${3:-nothing}"
        disagreements=$((disagreements + 1))
    fi
}
# of RESULT_LINE NAME
of() {
    echo "$1" | sed "s/.* $2=\\([^ ]*\\).*/\\1/"
}

# take TITLE AUTH_CODE EXPECTED_STATUS EXPECTED_NET_FEN: a payment code is scanned
take() {
    echo
    echo "== API$api: $1"
    echo "pay 8.88 $2"
    WXPAY_CONFIG=$work/$api/till.toml "$work/pay" 8.88 "$2" >"$work/out" 2>"$work/err" || true
    show
    result=$(grep '^RESULT ' "$work/out" || true)
    found=$(row "$(of "$result" out_trade_no)")
    echo "   ledger: $found"
    agree "$(of "$result" name)" "$3" "$(echo "$found" | awk '{print $NF}')" "$4"
}

# scan TITLE NUMBER WHAT_THE_PAYER_DOES EXPECTED_STATUS EXPECTED_NET_FEN: a code is shown
scan() {
    echo
    echo "== API$api: $1"
    echo "native till.toml $2 888"
    : >"$work/out"
    QR_ENCODER="'$built/wxpay-simulator' qr" "$work/native" "$work/$api/till.toml" "$2" 888 3 \
        >"$work/out" 2>"$work/err" &
    till=$!
    # The payer scans what is shown.
    until grep -q '^Let the customer' "$work/out"; do
        kill -0 $till 2>/dev/null || break
        sleep 0.1
    done
    [ "$3" = nothing ] ||
        "$built/wxpay-simulator" payer --dir "$work/$api" "$2" "$3" >/dev/null || true
    wait $till || true
    show
    found=$(row "$2")
    echo "   ledger: $found"
    agree "$(of "$(grep '^RESULT ' "$work/out" || true)" name)" "$4" \
        "$(echo "$found" | awk '{print $NF}')" "$5"
}

# give_back TITLE NUMBER EXPECTED_NET_FEN PART...: refunds in parts
give_back() {
    echo
    echo "== API$api: $1"
    number=$2 net=$3
    shift 3
    echo "refund till.toml $number 888 $*"
    "$work/refund" "$work/$api/till.toml" "$number" 888 "$@" >"$work/out" 2>"$work/err" || true
    show
    ledger | sed -n '/^out_refund_no/,$p' | sed 's/^/   ledger: /'
    echo "   ledger: $(row "$number")"
    told=$(grep -c '^REFUND name=WXPAY_REFUNDED ' "$work/out" || true)
    agree "$told of $# refunds" "$# of $# refunds" "$(row "$number" | awk '{print $NF}')" "$net"
}

api=v2
take 'a payment that succeeds at once' 134567890000010000 WXPAY_OK 888
take 'a payment that needs the password' 134567890000020101 WXPAY_OK 888
take 'a payment that is declined: not enough money' 134567890000030201 WXPAY_DECLINED 0
take 'a payer who never types the password: timed out and reversed' \
    134567890000040103 WXPAY_REVERSED 0
take 'the answer is lost although the payer was charged' 134567890000050401 WXPAY_OK 888
scan 'a code to scan, and the payer pays' SCANNED-1 pay WXPAY_OK 888
give_back 'the customer brings a part of it back' SCANNED-1 588 300

api=v3
take 'the same till, another configuration: a payment that succeeds at once' \
    134567890000060000 WXPAY_OK 888
take 'a payment that needs the password' 134567890000070101 WXPAY_OK 888
take 'a payment that is declined: not enough money' 134567890000080201 WXPAY_DECLINED 0
take 'the answer is lost although the payer was charged' 134567890000090401 WXPAY_OK 888
scan 'a code to scan, and the payer pays' SCANNED-2 pay WXPAY_OK 888
scan 'a code to scan, and nobody does: closed' SCANNED-3 nothing WXPAY_REVERSED 0
give_back 'a refund in two parts' SCANNED-2 0 300 588

for api in v2 v3; do
    echo
    echo "== the ledger of the gateway that serves API$api (fen)"
    ledger
done
echo
if [ "$disagreements" -ne 0 ]; then
    echo "demo: $disagreements steps disagree with the ledger"
    exit 1
fi
echo "demo: all payments and refunds agree with the ledger"
