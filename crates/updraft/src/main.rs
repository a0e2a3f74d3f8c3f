//! One binary: `updraft serve` is the server, everything else the command line.

mod quickstart;
#[cfg(test)]
mod reference;
mod serve;

use std::ffi::OsString;
use std::path::PathBuf;
use std::process::ExitCode;

use clap::{CommandFactory as _, FromArgMatches as _, Parser, Subcommand};
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

/// Examples of the commands that are this binary's own.
const EXAMPLES: &[cli::help::Examples] = &[
    ("serve", &["updraft serve", "updraft serve --config updraft.toml"]),
    ("config default", &["updraft config default > updraft.toml"]),
    ("config check", &["updraft config check --config updraft.toml"]),
    ("token", &["updraft token --name ci"]),
    ("quickstart", &["updraft quickstart --export examples/hello-expo/dist"]),
    (
        "completions",
        &["updraft completions zsh > ~/.zfunc/_updraft", "updraft completions bash > /etc/bash_completion.d/updraft"],
    ),
];

/// The whole command line.
fn parser() -> clap::Command {
    cli::help::dressed(Updraft::command(), &[cli::help::EXAMPLES, EXAMPLES])
}

/// What was typed, or why it makes no sense. Words that are not UTF-8 can only be paths.
fn parsed(words: &[OsString]) -> Result<Updraft, clap::Error> {
    let matches = parser().try_get_matches_from(words)?;
    Updraft::from_arg_matches(&matches).map_err(|error| error.format(&mut parser()))
}

fn main() -> ExitCode {
    let words: Vec<OsString> = std::env::args_os().collect();
    let Updraft { global, command } = match parsed(&words) {
        Ok(updraft) => updraft,
        Err(error) => {
            let words: Vec<String> = words.iter().skip(1).map(|word| word.to_string_lossy().into_owned()).collect();
            return cli::usage::refused(error, parser(), &words);
        }
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
                clap_complete::generate(shell, &mut parser(), "updraft", &mut std::io::stdout());
                ExitCode::SUCCESS
            }
            Command::Client(command) => cli::run(global, command).await,
        }
    })
}
