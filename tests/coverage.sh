#!/bin/bash
# What the unit tests of the core reach of its pure and its critical folders: a table of lines and branches, and
# in target/coverage/missed the places that they do not reach. Test modules count for nothing. Fails if
# anything of the policy is not reached: a line, a branch, or a region, which an arm of a match is.
#
# Needs the nightly compiler, which alone counts branches, with its llvm-tools, and cargo-llvm-cov, which is
# installed where it is missing. Compiles into a folder of its own.
set -euo pipefail
cd "$(dirname "$0")/.."
command -v cargo-llvm-cov >/dev/null || cargo install --quiet --locked cargo-llvm-cov

out=target/coverage
mkdir -p $out
cargo +nightly llvm-cov clean --workspace --profraw-only
cargo +nightly llvm-cov test --no-report --branch --locked --package wxpay-core --lib -- --quiet
cargo +nightly llvm-cov report --branch --package wxpay-core --lcov --output-path $out/lcov.info
cargo +nightly llvm-cov report --branch --package wxpay-core >$out/table

awk -F'[:,]' -v missed=$out/missed '
    # The line where an inline test module begins.
    function tests_begin(path,    line, number, marked, found) {
        found = 1e9
        while ((getline line <path) > 0) {
            number++
            if (marked && line ~ /^mod [a-z_]+ \{/) { found = number; break }
            marked = line ~ /^#\[cfg\(test\)\]/
        }
        close(path)
        return found
    }
    BEGIN { printf "" >missed }
    /^SF:/ {
        path = substr($0, 4)
        sub(/.*\/core\/src\//, "core/src/", path)
        folder = path
        sub(/^core\/src\//, "", folder)
        sub(/\/.*/, "", folder)
        wanted = folder ~ /^(policy|gateway|journal|crypto)$/ && path !~ /\/(tests|testing|vectors)(\/|\.rs)/
        if (wanted) end = tests_begin(path)
        next
    }
    !wanted || $2 + 0 >= end { next }
    /^DA:/ {
        lines[folder]++
        if ($3 == 0) print path ":" $2 >missed
        else reached_lines[folder]++
    }
    /^BRDA:/ {
        branches[folder]++
        if ($5 == "-" || $5 == 0) print path ":" $2 " branch " $4 >missed
        else reached_branches[folder]++
    }
    function row(name, reached, all) {
        return sprintf("%6d of %6d %6.2f %%", reached, all, all ? 100 * reached / all : 0)
    }
    END {
        printf "%-8s  %-26s  %-26s\n", "", "lines", "branches"
        split("policy gateway journal crypto", names, " ")
        for (i = 1; i <= 4; i++) {
            name = names[i]
            printf "%-8s  %-26s  %-26s\n", name, row(name, reached_lines[name], lines[name]), \
                row(name, reached_branches[name], branches[name])
        }
        exit !lines["policy"] || reached_lines["policy"] < lines["policy"] || \
            !branches["policy"] || reached_branches["policy"] < branches["policy"]
    }' $out/lcov.info || { grep policy/ $out/missed; exit 1; }

# Its tests are all in files of their own, so the tool itself can count its regions: second and third column.
awk '$1 ~ /policy\// && $1 !~ /tests\// { all += $2; missed += $3; if ($3) print }
    END { printf "regions of the policy: %d of %d\n", all - missed, all; exit !all || missed }' $out/table
