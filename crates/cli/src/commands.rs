//! What the subcommands do. They take resolved options, never arguments.

pub mod device;
pub mod keys;
pub mod publish;
pub mod roll_back;
