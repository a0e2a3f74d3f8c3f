#![expect(
    clippy::expect_used,
    clippy::missing_panics_doc,
    clippy::panic,
    reason = "a test that cannot go on stops, and where that is surprising the docs say so"
)]
//! A whole server and its callers as types, for tests at the outer seam.
//!
//! [`TestServer`] is the real one: router, SQLite and blobs in a scratch directory, a port from the system, and a clock
//! that only the test moves. Callers are types: [`Publisher`] and [`Admin`] hold a token, [`Anonymous`] does not, and
//! [`Device`] is the strict model of the stock client, driven over HTTP. A [`Turnstile`] stops a caller half-way.

mod anonymous;
mod check;
mod clock;
mod device;
mod export;
mod multipart;
mod openssl;
mod publisher;
mod raw;
mod records;
mod server;
mod state;
mod turnstile;

pub use anonymous::{Anonymous, Answered};
pub use check::{Check, STOCK_ACCEPT};
pub use clock::MockClock;
pub use device::{Device, EMBEDDED_AT, Failed};
pub use export::{Export, ExportedFile, PlatformFiles};
pub use multipart::{Part, Parts};
pub use openssl::{OpenSsl, bare_signature};
pub use publisher::{Publisher, expect};
pub use raw::RawRequest;
pub use records::Records;
pub use server::{ServerBuilder, TestServer};
pub use turnstile::{Spoil, Stop, Turnstile};
