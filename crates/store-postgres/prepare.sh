#!/bin/sh
# Checks every query against the migrations and writes what the compiler then reads from `.sqlx`. Run it after a change
# to a query or a migration, and commit `.sqlx` with it. Needs an installed PostgreSQL, of which it starts a private
# cluster; a plain build needs nothing.
set -eu
cd "$(dirname "$0")"

if [ -z "${POSTGRES_URL:-}" ]; then
    exec cargo run --quiet --package postgres-cluster -- ./prepare.sh
fi

for migration in migrations/*.sql; do
    psql --no-psqlrc --quiet --set ON_ERROR_STOP=1 --single-transaction --dbname "$POSTGRES_URL" --file "$migration"
done

# The macros write a file for each query that they see, into a directory that must exist. `touch` makes Cargo ask them.
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
touch src/lib.rs
STORE_POSTGRES_SCHEMA_URL="$POSTGRES_URL" SQLX_OFFLINE=false SQLX_OFFLINE_DIR="$scratch" \
    cargo check --quiet --package store-postgres --lib

rm -rf .sqlx
mkdir .sqlx
mv "$scratch"/*.json .sqlx
# The next build must read what was written.
touch src/lib.rs
