//! The files that updates consist of.

pub mod missing;
pub mod put;
