//! Configuration, wiring and life cycle: the only room that names concrete backends.

pub mod check_log;
pub mod config;
pub mod connections;
mod database;
mod fetch;
mod follow;
mod logging;
pub mod machine;
mod master_key;
pub mod routes;
mod start;
mod token;

pub use admin::error_reference;
pub use logging::{LogError, start_logging};
pub use start::{Created, Parts, RunningServer, StartError, WrapStore, start, start_with};
pub use store_postgres::Time;
pub use token::create_token;
