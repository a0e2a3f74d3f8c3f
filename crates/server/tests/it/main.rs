#![expect(clippy::panic, clippy::unwrap_used, reason = "helpers of tests fail by panicking")]
//! The server from the outside: real router, real database, real files, callers as types.

mod access;
mod assets;
mod chains;
mod check;
mod control;
mod docs;
mod encodings;
mod idempotency;
mod keys;
mod many_assets;
mod names;
mod nothing;
mod operations_apps;
mod operations_audit;
mod operations_branches;
mod operations_channels;
mod operations_desk;
mod operations_embedded;
mod operations_explain;
mod operations_going_back;
mod operations_replays;
mod operations_rollouts;
mod operations_updates;
mod pki;
mod publish;
mod refused_checks;
mod refused_publishes;
mod renewed;
mod resilience;
mod roll_back;
mod scene;
mod signatures;
mod simple;
mod stories;
mod uploads;
