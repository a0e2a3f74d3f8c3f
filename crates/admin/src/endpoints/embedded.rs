//! The updates inside released binaries.

pub mod list;
pub mod register;
