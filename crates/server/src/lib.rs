//! Configuration, wiring and life cycle: the only room that names concrete backends.

pub mod config;
