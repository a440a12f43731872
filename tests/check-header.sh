#!/bin/sh
# What a C programmer relies on: the header compiles everywhere, says what the library exports, and
# is the one that the sources generate.
#
#     tests/check-header.sh [LIBRARY]      after a build; target/debug/libwxpay.so unless given
set -eu
cd "$(dirname "$0")/.."
library=${1:-${CARGO_TARGET_DIR:-target}/debug/libwxpay.so}
header=include/wxpay.h
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

failed=0
fail() {
    echo "check-header: $*" >&2
    failed=1
}

# The header by itself, and used, in every dialect.
strict='-pedantic-errors -Wall -Wextra -Werror'
echo '#include <wxpay.h>' >"$work/alone.c"
echo 'typedef int not_empty;' >>"$work/alone.c"
cp "$work/alone.c" "$work/alone.cc"
cp tests/c/header.c "$work/header.cc"
for std in c89 c99 c11 c17; do
    for source in "$work/alone.c" tests/c/header.c; do
        ${CC:-cc} -std=$std $strict -Wstrict-prototypes -Iinclude -c "$source" -o "$work/x.o" ||
            fail "$source does not compile as $std"
    done
done
for std in c++98 c++11 c++17 c++20; do
    for source in "$work/alone.cc" "$work/header.cc"; do
        ${CXX:-c++} -std=$std $strict -Iinclude -c "$source" -o "$work/x.o" ||
            fail "$source does not compile as $std"
    done
done

# As on Windows: every function and callback carries the calling convention, and functions are
# imported unless WXPAY_STATIC is defined.
preprocess() {
    ${CC:-cc} -E -P -Iinclude -U_WIN32 "$@" "$work/alone.c"
}
declared=$(preprocess -DWXPAY_API=API -DWXPAY_CALL=CALL | tr -d '\n' | tr ';' '\n')
functions=$(echo "$declared" | sed -n 's/.*API .*CALL \(wxpay_[a-z_0-9]*\)(.*/\1/p' | LC_ALL=C sort)
callbacks=$(echo "$declared" | grep -c '(CALL \*wxpay_[a-z_]*_fn)')
[ "$callbacks" -eq "$(grep -c '^typedef void' $header)" ] ||
    fail "a callback has no WXPAY_CALL"
[ "$(echo "$functions" | wc -l)" -eq "$(grep -c '^WXPAY_API ' $header)" ] ||
    fail "a function has no WXPAY_CALL"
windows() {
    preprocess -D_WIN32 "-D__declspec(x)=[x]" "$@" | grep -c '\[dllimport\].*__cdecl wxpay_' || true
}
[ "$(windows)" -eq "$(echo "$functions" | wc -l)" ] || fail "a function is not imported on Windows"
[ "$(windows -DWXPAY_STATIC)" -eq 0 ] || fail "WXPAY_STATIC still imports"

# Header, symbol list and library agree.
echo "$functions" >"$work/header.txt"
nm -D --defined-only "$library" | awk '{print $3}' | LC_ALL=C sort >"$work/library.txt"
diff packaging/symbols.txt "$work/header.txt" ||
    fail "packaging/symbols.txt (<) and the header (>) differ"
diff packaging/symbols.txt "$work/library.txt" ||
    fail "packaging/symbols.txt (<) and the exports of $library (>) differ"

version=$(sed -n '/^\[workspace.package\]/,/^\[/s/^version = "\(.*\)"/\1/p' Cargo.toml)
soname=$(objdump -p "$library" | awk '$1 == "SONAME" {print $2}')
[ "$soname" = "libwxpay.so.${version%%.*}" ] || fail "the SONAME is '$soname'"

# One version everywhere: Cargo.toml, header and library.
cat >"$work/version.c" <<'END'
#include <stdio.h>
#include <string.h>
#include <wxpay.h>
int main(void)
{
    puts(wxpay_version());
    return strcmp(wxpay_version(), WXPAY_VERSION) != 0 ||
           wxpay_version_number() != WXPAY_VERSION_NUMBER;
}
END
cp "$library" "$work/$soname"
if ${CC:-cc} -Iinclude "$work/version.c" "$work/$soname" -o "$work/version" &&
    found=$(LD_LIBRARY_PATH="$work" "$work/version"); then
    [ "$found" = "$version" ] || fail "the library says $found, Cargo.toml says $version"
else
    fail "the header and the library have different versions"
fi

# Examples compile without a warning, in C89 too.
for source in examples-c/*.c tests/c/*.c; do
    for std in c89 c99 c17; do
        ${CC:-cc} -std=$std -O2 -Wall -Wextra -pedantic -Werror -Iinclude -c "$source" \
            -o "$work/x.o" || fail "$source does not compile as $std"
    done
done

# The header in the tree is the one that the build has just generated.
if git rev-parse --is-inside-work-tree >/dev/null 2>&1; then
    git ls-files --error-unmatch $header >/dev/null || fail "$header is not checked in"
    git diff --exit-code -- $header || fail "$header is not what the sources generate: commit it"
fi

[ $failed -eq 0 ] && echo "check-header: ok, $(wc -l <packaging/symbols.txt) functions, $soname"
exit $failed
