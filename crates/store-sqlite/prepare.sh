#!/bin/sh
# Checks every query against the migrations and writes what the compiler then reads from `.sqlx`. Run it after a change
# to a query or a migration, and commit `.sqlx` with it. Needs the `sqlite3` command; a plain build needs nothing.
set -eu
cd "$(dirname "$0")"

scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT

for migration in migrations/*.sql; do
    sqlite3 -bail "$scratch/schema.db" <"$migration"
done

# The macros write a file for each query that they see, into a directory that must exist. `touch` makes Cargo ask them.
mkdir "$scratch/queries"
touch src/lib.rs
STORE_SQLITE_SCHEMA_URL="sqlite:$scratch/schema.db" SQLX_OFFLINE=false SQLX_OFFLINE_DIR="$scratch/queries" \
    cargo check --quiet --package store-sqlite --lib

rm -rf .sqlx
mv "$scratch/queries" .sqlx
# The next build must read what was written.
touch src/lib.rs
