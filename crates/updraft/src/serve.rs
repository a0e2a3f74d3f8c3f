//! `updraft serve`: from arguments to a server, until a signal.
#![expect(clippy::print_stdout, clippy::print_stderr, reason = "what is said before and after the log")]

use std::error::Error;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::Args;
use server::RunningServer;
use server::config::{self, Settings};

/// Arguments of `updraft serve`.
#[derive(Debug, Args)]
pub struct Serve {
    /// The settings file; without one the defaults hold, and the environment (`UPDRAFT_…`)
    #[arg(long, value_name = "FILE", env = "UPDRAFT_CONFIG")]
    config: Option<PathBuf>,
}

/// Arguments of `updraft token`.
#[derive(Debug, Args)]
pub struct Token {
    /// The settings file of the server
    #[arg(long, value_name = "FILE", env = "UPDRAFT_CONFIG")]
    config: Option<PathBuf>,
    /// What the audit log calls its holder
    #[arg(long, default_value = "operator")]
    name: String,
}

/// Prints a new admin token.
pub async fn token(arguments: Token) -> ExitCode {
    let settings = match settings(arguments.config.as_deref()) {
        Ok(settings) => settings,
        Err(code) => return code,
    };
    match server::create_token(&settings, &arguments.name).await {
        Ok(token) => {
            println!("{}", token.as_str());
            ExitCode::SUCCESS
        }
        Err(error) => complain("no token was made", &error),
    }
}

/// Serves until SIGTERM, SIGINT or a failure.
pub async fn run(arguments: Serve) -> ExitCode {
    let settings = match settings(arguments.config.as_deref()) {
        Ok(settings) => settings,
        Err(code) => return code,
    };
    let server = match server::start(settings.clone()).await {
        Ok(server) => server,
        Err(error) => return complain("the server cannot start", &error),
    };
    greet(&server, &settings);
    until_signal(server).await
}

/// `updraft config check`.
pub fn check(file: Option<&Path>) -> ExitCode {
    match config::read(file, environment()) {
        Ok(settings) => {
            println!("the settings are fine: {} listens on {}", settings.public_url.as_str(), settings.listen);
            ExitCode::SUCCESS
        }
        Err(faults) => {
            eprintln!("error: {faults}");
            ExitCode::FAILURE
        }
    }
}

/// The settings, with the process's log started by them.
pub fn settings(file: Option<&Path>) -> Result<Settings, ExitCode> {
    let settings = config::read(file, environment()).map_err(|faults| {
        eprintln!("error: {faults}");
        ExitCode::FAILURE
    })?;
    server::start_logging(&settings.log).map_err(|error| complain("the log cannot start", &error))?;
    Ok(settings)
}

/// Variables that are not UTF-8 are none of ours.
fn environment() -> impl Iterator<Item = (String, String)> {
    std::env::vars_os().filter_map(|(name, value)| Some((name.into_string().ok()?, value.into_string().ok()?)))
}

/// What an operator wants to know at the start; the token only at the first.
pub fn greet(server: &RunningServer, settings: &Settings) {
    eprintln!("Updraft listens on http://{} and is reached at {}", server.address, settings.public_url.as_str());
    let data_dir = settings.data_dir.canonicalize().unwrap_or_else(|_| settings.data_dir.clone());
    eprintln!("Its data lies in {}", data_dir.display());
    if let Some(created) = &server.created {
        eprintln!();
        eprintln!("First start: created the app `default` with the channel `production` and the signing key `main`.");
        eprintln!("The admin token, shown only now (for `updraft login`, or as UPDRAFT_TOKEN in CI):");
        eprintln!();
        eprintln!("  {}", created.token.as_str());
        eprintln!();
    }
}

/// Serves on, drains at the signal.
pub async fn until_signal(mut server: RunningServer) -> ExitCode {
    tokio::select! {
        signal = signal() => {
            if let Err(error) = signal {
                return complain("signals cannot be received", &error);
            }
            server.stop().await;
            ExitCode::SUCCESS
        }
        () = server.failed() => complain("the server failed", &std::io::Error::other("the accept loop ended")),
    }
}

#[cfg(unix)]
async fn signal() -> std::io::Result<()> {
    use tokio::signal::unix::{SignalKind, signal};
    let (mut terminate, mut interrupt) = (signal(SignalKind::terminate())?, signal(SignalKind::interrupt())?);
    tokio::select! {
        _ = terminate.recv() => {}
        _ = interrupt.recv() => {}
    }
    Ok(())
}

#[cfg(not(unix))]
async fn signal() -> std::io::Result<()> {
    tokio::signal::ctrl_c().await
}

/// Data to standard output.
pub fn print(text: &str) {
    print!("{text}");
}

/// An error with everything beneath it.
pub fn complain(what: &str, error: &dyn Error) -> ExitCode {
    eprintln!("error: {what}: {error}");
    let mut cause = error.source();
    while let Some(error) = cause {
        eprintln!("  because: {error}");
        cause = error.source();
    }
    ExitCode::FAILURE
}
