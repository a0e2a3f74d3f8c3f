//! The repository's own checks and generators.
//!
//! - `cargo xtask bench decide`: nanoseconds and allocations of one decision
//! - `cargo xtask bench check`: update checks and assets beside bare hyper (`--help` tells the rest)
//! - `cargo xtask deps`: no room depends on another than the table allows
//! - `cargo xtask schemathesis [SEED]`: the live server does what docs/openapi.json says (Python is needed)
//! - `cargo xtask readme`: every command of the README and of docs/getting-started.md does what it says, with
//!   a real `npm ci` and `expo export`
#![expect(clippy::print_stdout, clippy::print_stderr, reason = "a command-line tool")]

mod bench;
mod deps;
mod readme;
mod schemathesis;
mod serving;

use std::process::ExitCode;

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let words: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let outcome = match words.as_slice() {
        ["bench", arguments @ ..] => bench::run(arguments),
        ["deps"] => deps::check(),
        ["readme"] => readme::check(),
        ["schemathesis"] => schemathesis::check(None),
        ["schemathesis", seed] => schemathesis::check(Some(seed)),
        _ => {
            eprintln!("usage: cargo xtask bench check | bench decide | deps | readme | schemathesis [SEED]");
            return ExitCode::from(2);
        }
    };
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("{error:#}");
            ExitCode::FAILURE
        }
    }
}
