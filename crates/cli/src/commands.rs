//! What the subcommands do. They take resolved options, never arguments.

pub mod apps;
pub mod audit;
pub mod branches;
pub mod channels;
pub mod device;
pub mod doctor;
pub mod embedded;
pub mod explain;
pub mod init;
pub mod keys;
pub mod login;
pub mod operation;
pub mod publish;
pub mod roll_back;
pub mod rollout;
pub mod updates;
