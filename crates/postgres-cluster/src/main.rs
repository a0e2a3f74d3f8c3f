//! `postgres-cluster COMMAND [ARGUMENT…]`: runs the command beside a private PostgreSQL, with the address of an empty
//! database in `POSTGRES_URL`, and ends as it ends.

use std::env;
use std::process::{Command, ExitCode};

use postgres_cluster::Cluster;

fn main() -> ExitCode {
    let mut arguments = env::args_os().skip(1);
    let Some(program) = arguments.next() else { return ExitCode::from(2) };
    let database = Cluster::start().database();
    let status = Command::new(program).args(arguments).env("POSTGRES_URL", database.url()).status();
    match status.ok().and_then(|status| status.code()).map(u8::try_from) {
        Some(Ok(code)) => ExitCode::from(code),
        _ => ExitCode::FAILURE,
    }
}
