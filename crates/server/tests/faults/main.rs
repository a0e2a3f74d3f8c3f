//! The server when things fail: killed, without its store, on a full disk, started wrongly, stopped in the middle.
#![expect(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "helpers of tests fail by panicking")]

mod check_log;
mod cut_publishers;
mod drain;
mod early_answers;
mod faulty_store;
mod full_disk;
mod full_objects;
mod kills;

mod process;
mod refused_starts;
mod replicas;
mod request_log;
mod served;
mod start;
mod store_fails;
mod store_panics;
mod writers;

/// Says something that whoever runs the tests must see: what tests print is hidden when they succeed.
fn say(text: &str) {
    use std::io::Write;
    std::io::stderr().write_all(format!("{text}\n").as_bytes()).unwrap();
}
