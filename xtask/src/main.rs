//! The repository's own checks and generators: `cargo xtask deps`.
#![expect(clippy::print_stdout, clippy::print_stderr, reason = "a command-line tool")]

mod deps;

use std::process::ExitCode;

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let words: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let ["deps"] = words.as_slice() else {
        eprintln!("usage: cargo xtask deps");
        return ExitCode::from(2);
    };
    let outcome = deps::check();
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("{error:#}");
            ExitCode::FAILURE
        }
    }
}
