//! Branches.

pub mod create;
pub mod delete;
pub mod list;
pub mod pin;
pub mod rename;
pub mod unpin;
