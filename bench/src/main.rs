//! Benchmarks: measured beside bare hyper, as ratios within one run.
#![expect(clippy::print_stdout, clippy::print_stderr, reason = "a command-line tool")]

use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Args, Parser};

/// Measures the server beside bare hyper. Missing an aim is no failure: the numbers are the machine's too.
#[derive(Debug, Parser)]
#[command(name = "bench", max_term_width = 100)]
enum Bench {
    /// Update checks and assets on the loopback, the load on one core and the server on another
    Check(Check),
}

#[derive(Debug, Args)]
#[cfg_attr(not(target_os = "linux"), expect(dead_code, reason = "only Linux tells what a process took"))]
struct Check {
    /// Only sees that everything runs: half a minute, numbers of no worth
    #[arg(long)]
    quick: bool,
    /// Prints everything as JSON
    #[arg(long)]
    json: bool,
    /// How often every server is asked every question
    #[arg(long, default_value_t = 6, value_parser = clap::value_parser!(u16).range(1..))]
    rounds: u16,
    /// Seconds of one measurement; there are ten in a round
    #[arg(long, default_value_t = 3.0)]
    seconds: f64,
    /// How many devices ask at a time
    #[arg(long, default_value_t = 64)]
    connections: usize,
    /// The server's binary; by default the one beside this one
    #[arg(long, value_name = "FILE")]
    server: Option<PathBuf>,
    /// The export to publish
    #[arg(long, value_name = "DIRECTORY", default_value = "examples/hello-expo/dist")]
    export: PathBuf,
}

fn main() -> ExitCode {
    let Bench::Check(arguments) = Bench::parse();
    match check(arguments) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error:#}");
            ExitCode::FAILURE
        }
    }
}

#[cfg(target_os = "linux")]
fn check(arguments: Check) -> anyhow::Result<()> {
    use std::time::Duration;

    use anyhow::Context;
    use bench::check::{self, Setup};
    use bench::rounds::Plan;

    let beside = std::env::current_exe()?;
    let beside = beside.parent().context("this program lies nowhere")?;
    let (rounds, seconds, starts) =
        if arguments.quick { (5, 0.4, 5) } else { (usize::from(arguments.rounds), arguments.seconds, 11) };
    let measured = Duration::try_from_secs_f64(seconds).context("--seconds")?;
    let setup = Setup {
        updraft: arguments.server.unwrap_or_else(|| beside.join("updraft")),
        bare_hyper: beside.join("bare-hyper"),
        export: arguments.export,
        plan: Plan { rounds, measured, warm_up: measured / 10 },
        starts,
        connections: arguments.connections,
    };
    let report = check::run(&setup, |doing| eprintln!("{doing}"))?;
    if arguments.json {
        println!("{}", serde_json::to_string_pretty(&report)?);
    } else {
        println!("{}", report.table());
    }
    Ok(())
}

#[cfg(not(target_os = "linux"))]
fn check(_: Check) -> anyhow::Result<()> {
    anyhow::bail!("the benchmark needs Linux: it pins cores and reads what a process took of them")
}
