# Two commands: `make run` starts a server with an example published on it, `make test` checks everything.

CARGO ?= cargo
export CARGO_TERM_COLOR ?= auto

.PHONY: run test lint tools unit described readme bench

run:
	$(CARGO) run --release --locked --package updraft -- quickstart --export examples/hello-expo/dist

test: lint unit described readme

lint:
	$(CARGO) fmt --all --check
	$(CARGO) clippy --workspace --all-targets --locked -- -D warnings
	$(CARGO) xtask deps

# OpenSSL judges every signature beside the library that made it; tests start a private PostgreSQL from its package;
# schemathesis is a Python program.
tools:
	@command -v openssl >/dev/null || { apt-get update && apt-get install --yes openssl; }
	@command -v initdb >/dev/null || ls /usr/lib/postgresql/*/bin/initdb >/dev/null 2>&1 \
		|| { apt-get update && apt-get install --yes postgresql; }
	@python3 -c 'import ensurepip, venv' 2>/dev/null || { apt-get update && apt-get install --yes python3-venv; }

unit: tools
	$(CARGO) test --workspace --locked
	UPDRAFT_TEST_STORE=postgres $(CARGO) test --workspace --locked --test it
# Once more and alone, for a minute: eight writers, and how soon one server sees what another did.
	WRITERS_SECONDS=60 $(CARGO) test --workspace --locked --test faults -- writers each_follows_the_other

# A live server against docs/openapi.json; `cargo xtask schemathesis SEED` makes other requests.
described: tools
	$(CARGO) xtask schemathesis

# Starts `make run`, then types every command of the README, and of docs/getting-started.md: real exports and installs.
readme:
	$(CARGO) xtask readme

bench:
	$(CARGO) xtask bench check
