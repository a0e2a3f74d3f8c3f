//! One binary: `updraft serve` is the server, everything else the command line.

mod quickstart;
mod serve;

use std::path::PathBuf;
use std::process::ExitCode;

use clap::error::{ContextKind, ErrorKind};
use clap::{CommandFactory as _, Parser, Subcommand};
use clap_complete::Shell;

/// Over-the-air updates for Expo and React Native apps, from your own server.
#[derive(Debug, Parser)]
#[command(name = "updraft", version, propagate_version = true, max_term_width = 100)]
struct Updraft {
    #[command(flatten)]
    global: cli::Global,
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
#[expect(clippy::large_enum_variant, reason = "there is one, made once")]
enum Command {
    /// Run the server
    Serve(serve::Serve),
    /// Show the settings or check a settings file
    #[command(subcommand)]
    Config(Config),
    /// Make another admin token for the data directory, such as when the first was lost
    Token(serve::Token),
    /// Run the server, publish an example if nothing is published yet, and play a phone that installs it
    Quickstart(quickstart::Quickstart),
    /// Print a script that completes commands and options in a shell
    Completions {
        /// Which shell
        #[arg(value_enum)]
        shell: Shell,
    },
    #[command(flatten)]
    Client(cli::Command),
}

#[derive(Debug, Subcommand)]
enum Config {
    /// Print every setting with its default and what it means
    Default,
    /// Say what is wrong with the settings that `serve` would use
    Check {
        /// The settings file
        #[arg(long, value_name = "FILE", env = "UPDRAFT_CONFIG")]
        config: Option<PathBuf>,
    },
}

/// The argument parser quotes what it refuses, and a damaged secret is still one.
fn is_about_a_token(error: &clap::Error) -> bool {
    let argument = error.get(ContextKind::InvalidArg).map(ToString::to_string);
    error.kind() == ErrorKind::ValueValidation && argument.is_some_and(|argument| argument.starts_with("--token"))
}

fn main() -> ExitCode {
    let Updraft { global, command } = match Updraft::try_parse() {
        Ok(updraft) => updraft,
        Err(error) if is_about_a_token(&error) => return serve::refuse_token(),
        Err(error) => error.exit(),
    };
    let runtime = match tokio::runtime::Runtime::new() {
        Ok(runtime) => runtime,
        Err(error) => return serve::complain("the program cannot start", &error),
    };
    runtime.block_on(async {
        match command {
            Command::Serve(arguments) => serve::run(arguments).await,
            Command::Config(Config::Default) => {
                serve::print(server::config::DEFAULT_FILE);
                ExitCode::SUCCESS
            }
            Command::Config(Config::Check { config }) => serve::check(config.as_deref()),
            Command::Token(arguments) => serve::token(arguments).await,
            Command::Quickstart(arguments) => quickstart::run(global, arguments).await,
            Command::Completions { shell } => {
                clap_complete::generate(shell, &mut Updraft::command(), "updraft", &mut std::io::stdout());
                ExitCode::SUCCESS
            }
            Command::Client(command) => cli::run(global, command).await,
        }
    })
}
