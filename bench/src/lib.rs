//! Benchmarks: measured beside bare hyper, as ratios within one run.
//!
//! `cargo xtask bench check` builds everything in release and runs `bench check`.

pub mod yardstick;

#[cfg(target_os = "linux")]
pub mod check;
#[cfg(target_os = "linux")]
pub mod content;
#[cfg(target_os = "linux")]
pub mod latency;
#[cfg(target_os = "linux")]
pub mod load;
#[cfg(target_os = "linux")]
pub mod machine;
#[cfg(target_os = "linux")]
pub mod report;
#[cfg(target_os = "linux")]
pub mod rounds;
#[cfg(target_os = "linux")]
pub mod subject;
#[cfg(target_os = "linux")]
pub mod wire;
