#!/bin/bash
# The C programs and the thread tests under sanitizers, which watch the library, SQLite, the cryptography's C
# code and the programs.
#
#     tests/sanitize.sh [address|thread]      both unless one is named
#
# address: memory errors, leaks and C's undefined behaviour, in every C program of the tree and in a crowd of
#          threads on one client.
# thread:  data races, in the same crowd, in the programs, and in tests/threads.rs with everything of Rust in
#          its process, the standard library too.
#
# Installs nothing. Needs a C compiler that knows the sanitizers, and the nightly compiler; `thread` needs its
# sources besides: rustup component add rust-src --toolchain nightly
set -euo pipefail
cd "$(dirname "$0")/.."
target=x86_64-unknown-linux-gnu
[ $# -gt 0 ] || set -- address thread
# The tests themselves stay as they are: only what they load and start is watched.
stable=${CARGO_TARGET_DIR:-$PWD/target}
reports=$(mktemp -d)
trap 'rm -rf "$reports"' EXIT

runtimes=$(rustc +nightly --print sysroot)/lib/rustlib/$target/lib
[ -d "$runtimes" ] || {
    echo "sanitize: please install: rustup toolchain install nightly" >&2
    exit 1
}

# What went wrong is in files: some programs' output is nobody's to see.
# GCC gives equal constant tables of SQLite one address, which looks like a name that is defined twice.
export ASAN_OPTIONS="exitcode=99:log_path=$reports/address:quarantine_size_mb=16:detect_odr_violation=0"
export UBSAN_OPTIONS="exitcode=99:print_stacktrace=1"
export TSAN_OPTIONS="exitcode=99:log_path=$reports/thread:suppressions=$PWD/tests/thread-sanitizer.txt"

# The nightly compiler with one sanitizer for Rust and C alike.
nightly() {
    CARGO_TARGET_DIR=$stable/sanitize/$sanitizer RUSTFLAGS="-Zsanitizer=$sanitizer -Clink-arg=-rdynamic" \
        CFLAGS_x86_64_unknown_linux_gnu="-fsanitize=$sanitizer -g" \
        cargo +nightly "$@" --locked --target $target "${sources[@]}"
}

failed=0
for sanitizer in "$@"; do
    case $sanitizer in
        address) sources=() runtime=asan ;;
        thread)
            sources=(-Zbuild-std) runtime=tsan
            [ -f "$(rustc +nightly --print sysroot)/lib/rustlib/src/rust/library/Cargo.lock" ] || {
                echo "sanitize: please install: rustup component add rust-src --toolchain nightly" >&2
                exit 1
            }
            ;;
        *)
            echo "sanitize: no such sanitizer: $sanitizer" >&2
            exit 1
            ;;
    esac
    nightly build --package wxpay
    library=$stable/sanitize/$sanitizer/$target/debug/libwxpay.so
    WXPAY_SANITIZER=$sanitizer WXPAY_SANITIZED_LIBRARY=$library \
        WXPAY_SANITIZER_RUNTIME=$runtimes/librustc-nightly_rt.$runtime.a \
        CARGO_TARGET_DIR=$stable cargo test --locked --test programs --test load -- --nocapture || failed=1
    if [ "$sanitizer" = thread ]; then
        # The simulator is slowed down, too.
        WXPAY_PATIENCE=10 WXPAY_LIBRARY=$library nightly test --test threads || failed=1
    fi
done

for report in "$reports"/*; do
    [ -e "$report" ] || continue
    failed=1
    cat "$report"
done
[ $failed -eq 0 ] && echo "sanitize: no findings by $*"
exit $failed
