//! The store on a real PostgreSQL, beside what the contract asks of every backend.

#![expect(clippy::unwrap_used, reason = "helpers of tests fail by panicking")]

mod at_once;
mod clocks;
mod connections;
mod faults;
mod opening;
mod queries;
mod rows;
mod scene;
mod watching;
