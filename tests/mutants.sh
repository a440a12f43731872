#!/bin/bash
# Changes the policy, the gateways' classification and the journal in one place at a time, and tells which
# changes the unit tests of that part do not notice. What is found is in target/mutants/PART/mutants.out.
#
#     tests/mutants.sh [PART…]        policy, gateway, journal; all unless given
#
# OPTIONS go to cargo-mutants, which is installed where it is missing: OPTIONS="--shard 0/10" tries a tenth.
set -euo pipefail
cd "$(dirname "$0")/.."
[ $# -gt 0 ] || set -- policy gateway journal
command -v cargo-mutants >/dev/null || cargo install --quiet --locked cargo-mutants

# Each mutant is made in a copy of the tree, which has no target folder: what they depend on is compiled once.
export CARGO_TARGET_DIR=${CARGO_TARGET_DIR:-$PWD/target/mutants/target}
failed=0
for part in "$@"; do
    case $part in
        policy | journal) files=("core/src/$part/**") ;;
        # What decides what an answer means. Not how requests are built, checked and signed.
        gateway)
            files=(core/src/gateway/{codes,refund_codes,paid,refunded,prepaid}.rs)
            files+=(core/src/gateway/*/{answer,refund,codes,money,verify}.rs)
            ;;
        *)
            echo "mutants: there is no part $part" >&2
            exit 2
            ;;
    esac
    mkdir -p "target/mutants/$part"
    # shellcheck disable=SC2086 # options
    cargo mutants --package wxpay-core "${files[@]/#/--file=}" --output "target/mutants/$part" \
        --colors never --cargo-arg=--lib ${OPTIONS:-} -- "$part::" || failed=1
done
exit $failed
