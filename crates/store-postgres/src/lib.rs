//! The store on PostgreSQL: any number of servers, which hear each other's changes.
//!
//! - **The app's row is the lock.** Every intent that changes an app locks its row first, so that what it checked still
//!   holds when it writes, and operations on one app wait for each other instead of failing. Nothing else is locked
//!   before it, so they cannot wait in a circle. Reads that need one instant are `REPEATABLE READ` and wait for nobody.
//! - **Changes are told** by `NOTIFY updraft, '<app id> <version>'` from the changing transaction: who hears it finds the
//!   version stored. See [`Watch`](store::Watch).
//! - **The clock is the database's** ([`Time::Database`]): instants of new entries rise by one clock, whichever server
//!   issues them.
//! - **One pool**, bounded, whose connections are tested before use; a statement that runs or waits too long is ended by
//!   the database. Whoever goes through a pooler needs one that keeps sessions: prepared statements and `LISTEN` do.
//!
//! # Changing a query or the schema
//!
//! Queries are checked while compiling, against descriptions committed in `.sqlx`, so a build needs no database. After a
//! change run `crates/store-postgres/prepare.sh` and commit what it writes: it applies the migrations to a private
//! PostgreSQL and compiles this crate against it, with the variables that the query macros read:
//! `STORE_POSTGRES_SCHEMA_URL` (named in `sqlx.toml`) is the database, `SQLX_OFFLINE_DIR` is where the macros write one
//! description for each query. A test describes every committed query again on a migrated database, so one that the
//! schema left behind fails; a query without a description does not compile.
//!
//! A migration that was released is never edited: the database refuses to open when its checksum differs. Its tables are
//! those of the SQLite store; a test compares them.

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

pub use open::{PostgresStore, Time};
