# On a fresh machine: Rust (see rust-version in Cargo.toml), a C compiler and make.
#
#   make demo     takes payments with a till in C against the simulated gateway
#   make test     everything
#   make build    the shared library, target/release/libwxpay.so
#   make simulate RUNS=1000000   simulated shops, each a function of its seed
#   make power KILLS=3000        tills that are killed; SEED=… chooses other moments
#   make fuzz SECONDS=1200       every parser of outside bytes and the C functions, by libFuzzer
#   make load PAYMENTS=100000    crowds of up to 500 threads on one client
#   make sanitize                C programs and threads under the address and thread sanitizers
#   make coverage                what the unit tests reach of the policy, the gateways, the journal, the crypto
#   make mutants PARTS=policy    changes such code in one place at a time: do the unit tests notice?
#   make bench    measures it beside others

.PHONY: build demo test check lint simulate power load sanitize coverage mutants fuzz bench

# The second name is the SONAME, which programs look for.
build:
	cargo build --release --locked --package wxpay
	ln -sf libwxpay.so target/release/libwxpay.so.0

demo: build
	cargo build --release --locked --package wxpay-simulator
	examples-c/demo.sh

test: lint check

# What a change is held to before it is run.
lint:
	tests/setup.sh
	cargo fmt --all --check
	cargo clippy --workspace --all-targets --locked -- --deny warnings
	tests/check-dependencies.sh

check:
	cargo build --workspace --locked
	tests/check-header.sh
	cargo test --workspace --locked

RUNS = 1000000

simulate:
	cargo run --locked --package wxpay-simulation -- --runs $(RUNS)

KILLS = 3000
SEED =

# The debug library: every arithmetic overflow in it counts.
power:
	WXPAY_KILLS=$(KILLS) WXPAY_SEED=$(SEED) cargo test --locked --test power -- --nocapture

PAYMENTS = 100000

load:
	WXPAY_PAYMENTS=$(PAYMENTS) cargo test --locked --test load -- --nocapture

# `address` or `thread`; both unless given.
SANITIZER =

sanitize:
	tests/sanitize.sh $(SANITIZER)

coverage:
	tests/coverage.sh

# Each part takes hours of one processor; OPTIONS="--shard 0/10" tries a tenth.
PARTS = policy gateway journal
OPTIONS =

mutants:
	OPTIONS="$(OPTIONS)" tests/mutants.sh $(PARTS)

bench:
	bench/run.sh

# Every fuzz target for so many seconds, or those of TARGETS; see docs/testing.md.
SECONDS = 1200
TARGETS =

fuzz:
	fuzz/run.sh $(SECONDS) $(TARGETS)
