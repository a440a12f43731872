#!/bin/bash
# Fuzzes every target for so many seconds, or those that are named, and tells what was executed. What
# breaks a rule is left in fuzz/artifacts, what reaches something new in fuzz/corpus.
#
#     fuzz/run.sh SECONDS [TARGET…]
#
# Needs the nightly compiler, and cargo-fuzz, which is installed where it is missing.
set -euo pipefail
cd "$(dirname "$0")/.."
seconds=$1
shift
[ $# -gt 0 ] || set -- $(cd fuzz/fuzz_targets && ls *.rs | sed 's/\.rs$//')
sanitizer=${SANITIZER:-address}

command -v cargo-fuzz >/dev/null || cargo install --quiet --locked cargo-fuzz
cargo +nightly fuzz build --sanitizer "$sanitizer"

failed=0
for target in "$@"; do
    mkdir -p "fuzz/corpus/$target"
    seeds=("fuzz/seeds/$target")
    case $target in
        pem | certificates | v3_certificates | pkcs12) seeds+=(core/tests/fixtures) ;;
    esac
    # A file of 1 MiB is the largest that any parser takes; a slow one is as good as one that hangs.
    log=$(mktemp)
    result=ok
    cargo +nightly fuzz run --sanitizer "$sanitizer" "$target" "fuzz/corpus/$target" "${seeds[@]}" -- \
        -max_total_time="$seconds" -max_len=65536 -timeout=60 -rss_limit_mb=4096 \
        -print_final_stats=1 >"$log" 2>&1 || result=FAILED
    executed=$(sed -n 's/^stat::number_of_executed_units: *//p' "$log")
    speed=$(sed -n 's/^stat::average_exec_per_sec: *//p' "$log")
    covered=$(sed -n 's/.* cov: \([0-9]*\) .*/\1/p' "$log" | tail -1)
    printf '%-16s %s: %s executions, %s a second, %s edges\n' \
        "$target" "$result" "${executed:-?}" "${speed:-?}" "${covered:-?}"
    if [ $result != ok ]; then
        failed=1
        tail -40 "$log"
    fi
    rm -f "$log"
done
exit $failed
