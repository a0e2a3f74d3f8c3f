#![expect(clippy::expect_used, clippy::panic, reason = "a test that cannot go on stops")]
//! A whole server and its callers as types, for tests at the outer seam.
//!
//! [`TestServer`] is the real one: router, SQLite and blobs in a scratch directory, a port from the system, and a clock
//! that only the test moves. Callers are types: [`Publisher`] and [`Admin`] hold a token, [`Anonymous`] does not, and
//! [`Device`] is the strict model of the stock client, driven over HTTP.

mod anonymous;
mod clock;
mod device;
mod export;
mod publisher;
mod records;
mod server;

pub use anonymous::{Anonymous, Answered};
pub use clock::MockClock;
pub use device::{Device, EMBEDDED_AT, Failed};
pub use export::{Export, ExportedFile, PlatformFiles};
pub use publisher::{Publisher, expect};
pub use records::Records;
pub use server::{ServerBuilder, TestServer};
