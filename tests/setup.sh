#!/bin/sh
# Installs what the tests need beyond Rust, a C compiler and make; does nothing where it is there.
set -eu

packages=
command -v valgrind >/dev/null || packages="$packages valgrind"
command -v c++ >/dev/null || packages="$packages g++"
command -v nm >/dev/null || packages="$packages binutils"
command -v openssl >/dev/null || packages="$packages openssl"
if [ -n "$packages" ]; then
    if [ "$(id -u)" -ne 0 ] || ! command -v apt-get >/dev/null; then
        echo "setup: please install:$packages" >&2
        exit 1
    fi
    apt-get update -qq
    # shellcheck disable=SC2086 # a list of names
    DEBIAN_FRONTEND=noninteractive apt-get install -qq --no-install-recommends $packages
fi
command -v cargo-deny >/dev/null || cargo install --quiet --locked cargo-deny --version 0.20.2
