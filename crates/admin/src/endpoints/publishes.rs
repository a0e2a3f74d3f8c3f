//! Publishing: prepare, then commit.

pub mod commit;
pub mod prepare;
