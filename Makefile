# Two commands: `make run` starts a server with an example published on it, `make test` checks everything.

CARGO ?= cargo
export CARGO_TERM_COLOR ?= auto

.PHONY: run test lint unit e2e bench

run:
	$(CARGO) build --release --locked --package updraft
	./target/release/updraft quickstart --export examples/hello-expo/dist

test: lint unit e2e

lint:
	$(CARGO) fmt --all --check
	$(CARGO) clippy --workspace --all-targets --locked -- -D warnings
	$(CARGO) xtask deps

unit:
	$(CARGO) test --workspace --locked

e2e:
	$(CARGO) xtask e2e

bench:
	$(CARGO) xtask bench check
