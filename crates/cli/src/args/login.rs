//! `updraft login`, `updraft logout` and `updraft whoami`.

use clap::Args;

use super::shared::PlaceArgs;
use crate::remote::Token;

/// `updraft login`
#[derive(Debug, Args)]
pub struct LoginArgs {
    /// The admin token; better typed when asked for, or on standard input, where other users cannot see it
    #[arg(long, conflicts_with = "token_stdin")]
    pub token: Option<Token>,
    /// Read the token from standard input, as scripts do
    #[arg(long)]
    pub token_stdin: bool,
    /// The server.
    #[command(flatten)]
    pub place: PlaceArgs,
}

/// `updraft logout`
#[derive(Debug, Args)]
pub struct LogoutArgs {
    /// Forget the tokens of all servers
    #[arg(long, conflicts_with = "server")]
    pub all: bool,
    /// The server.
    #[command(flatten)]
    pub place: PlaceArgs,
}
