//! The store on SQLite: one process, one writer.
//!
//! - **One file**, in write-ahead-log mode beside its `-wal` and `-shm`. One connection writes, each time in a
//!   `BEGIN IMMEDIATE` transaction: a transaction that reads first and then wants to write would fail at once when
//!   another one wrote meanwhile. A few connections read, each load in one snapshot of the database, and wait for nobody.
//! - **`synchronous=FULL`**: an acknowledged publish survives a power cut. Publishes are rare, so the price is small.
//! - **Ids are UUIDs in 16 bytes**, not text: half the space in every key and index, and SQLite compares the bytes as
//!   PostgreSQL compares its `uuid`, so both stores list in the same order. `hex(id)` shows one in the `sqlite3` command.
//!
//! # Changing a query or the schema
//!
//! Queries are checked while compiling, against descriptions committed in `.sqlx`, so a build needs no database. After a
//! change run `crates/store-sqlite/prepare.sh` and commit what it writes: it applies the migrations to a scratch
//! database and compiles this crate against it, with the variables that the query macros read:
//! `STORE_SQLITE_SCHEMA_URL` (named in `sqlx.toml`) is the database, `SQLX_OFFLINE_DIR` is where the macros write one
//! description for each query. A test describes every committed query again on a migrated database, so one that the
//! schema left behind fails; a query without a description does not compile.
//!
//! A migration that was released is never edited: the database refuses to open when its checksum differs.

mod apps;
mod audit;
mod blobs;
mod columns;
mod control;
mod fault;
mod history;
mod issued;
mod keys;
mod open;
mod operate;
mod replay;
mod snapshots;
mod tokens;
mod watch;

pub use open::SqliteStore;
