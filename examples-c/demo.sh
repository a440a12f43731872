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
# name_of API
name_of() {
    case $1 in
        fubei) echo Fubei ;;
        *) echo "API$1" ;;
    esac
}
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
for program in pay native refund ride notify_server; do
    set -- -Wall -Wextra -pedantic examples-c/$program.c -Iinclude "-L$built" -lwxpay \
        -o "$work/$program"
    echo "cc $*"
    ${CC:-cc} "$@"
done

echo
echo "== starting the gateways"
# Three, so that each writes a configuration and has a ledger of its own. The last one deducts rides, too.
for api in v2 v3 fubei; do
    rides=
    [ $api != fubei ] || rides=--ride-code
    "$built/wxpay-simulator" --dir "$work/$api" --api $api $rides --port 0 --port 0 \
        --control-port 0 --quick >"$work/$api.log" 2>&1 &
    gateways="$gateways $!"
    until [ -f "$work/$api/ready.json" ]; do
        kill -0 $! 2>/dev/null || { cat "$work/$api.log"; exit 1; }
        sleep 0.1
    done
    echo "$(name_of $api): $(grep '^hosts' "$work/$api.log")"
    # The configuration is all that a till changes to move from one to the other.
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
    echo "== $(name_of $api): $1"
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
    echo "== $(name_of $api): $1"
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
    echo "== $(name_of $api): $1"
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

# board TITLE NUMBER EXPECTED_STATUS EXPECTED_NOTICE EXPECTED_FEN: a ride code is scanned
board() {
    echo
    echo "== ride code: $1"
    boarded=$(TZ=CST-8 date +%Y%m%d%H%M%S)
    echo "ride till.toml $2 200 M393 $boarded TXSIMULATED$2"
    "$work/ride" "$work/$api/till.toml" "$2" 200 M393 "$boarded" "TXSIMULATED$2" \
        >"$work/out" 2>"$work/err" || true
    show
    # Its end comes by itself.
    tries=0
    until notice=$(grep " out_trade_no=$2 " "$work/notices") || [ $tries -ge 100 ]; do
        tries=$((tries + 1))
        sleep 0.1
    done
    echo "   callback: $notice"
    echo "   ledger: $(row "$2")"
    told=$(of "$(grep '^RIDE ' "$work/out" || true)" name)
    agree "$told, then $(of "$notice" name)" "$3, then $4" "$(row "$2" | awk '{print $NF}')" "$5"
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

api=fubei
take 'the same till with an aggregator: a code of Alipay' 284567890000100000 WXPAY_OK 888
take 'a code of WeChat that needs the password' 134567890000110101 WXPAY_OK 888
take 'a payer who never types the password: timed out and reversed' \
    284567890000120103 WXPAY_REVERSED 0
scan 'a code to scan, and the payer pays' SCANNED-4 pay WXPAY_OK 888

"$work/notify_server" "$work/fubei/till.toml" 0 >"$work/notices" 2>"$work/notices.log" &
gateways="$gateways $!"
until grep -q '^listening' "$work/notices"; do
    kill -0 $! 2>/dev/null || { cat "$work/notices.log"; exit 1; }
    sleep 0.1
done
"$built/wxpay-simulator" ride-callback --dir "$work/fubei" \
    "$(sed -n 's/^listening on //p' "$work/notices")" >/dev/null
board 'a ride, accepted, then paid by its callback' RIDE-0000 WXPAY_ACCEPTED WXPAY_OK 200
board 'a ride whose deduction fails later' RIDE-0101 WXPAY_ACCEPTED WXPAY_DECLINED 0
board 'the answer is lost although the passenger was charged' RIDE-0301 WXPAY_UNKNOWN WXPAY_OK 200

for api in v2 v3 fubei; do
    echo
    echo "== the ledger of the gateway that serves $(name_of $api) (fen)"
    ledger
done
echo
if [ "$disagreements" -ne 0 ]; then
    echo "demo: $disagreements steps disagree with the ledger"
    exit 1
fi
echo "demo: all payments, refunds and rides agree with the ledger"
