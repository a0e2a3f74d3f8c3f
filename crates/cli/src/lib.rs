//! The command line: arguments, settings, commands; speaks HTTP to the operator API. Never links a store.
//!
//! [`Command`] and [`Global`] are for the binary to flatten beside its own subcommands, and [`run`] does what they say.
//! The commands can also be called without arguments around them, as the quick start does: see [`commands`].
//!
//! Data goes to standard output and everything else to standard error; the exit codes are those of [`exit::Exit`].

mod app_json;
mod args;
pub mod codes;
pub mod commands;
mod consequences;
mod digest;
mod dispatch;
mod embedded;
pub mod exit;
mod expo;
mod export;
mod facts;
mod failure;
mod files;
mod git;
pub mod help;
mod issued;
mod logins;
mod machine;
mod printer;
mod programs;
mod release;
mod remote;
mod rolling;
mod settings;
mod share;
mod shell;
mod surroundings;
mod table;
mod update_address;
pub mod usage;

use std::process::ExitCode;

pub use args::{Command, Global};
pub use embedded::NotAnApp;
pub use expo::ExpoError;
pub use export::ExportFailure;
pub use failure::Failure;
pub use logins::{LoginError, LoginFile};
pub use printer::{Captured, Mode, Printer};
pub use programs::Programs;
pub use protocol::Platform;
pub use release::Release;
pub use remote::{
    Clock, Connection, Intent, Patience, Pause, RemoteError, ServerUrl, ServerUrlError, Token, TokenError, TokenFrom,
};
pub use surroundings::Surroundings;

use exit::Exit;

/// Does what the arguments say, prints what came of it, and returns the exit code. Ctrl-C ends it.
pub async fn run(global: Global, command: Command) -> ExitCode {
    let printer = Printer::new(settings::mode(global, &command));
    let (intent, around) = (Intent::default(), Surroundings::of_process());
    tokio::select! {
        // Ctrl-C is listened for before anything is sent.
        biased;
        () = interrupted() => {
            printer.warning(if intent.was_sent() {
                "interrupted after the server was asked to change something: it may be in effect"
            } else {
                "interrupted; nothing changed for any device"
            });
            Exit::Interrupted.into()
        }
        exit = execute(global, command, &around, &intent, &printer) => exit.into(),
    }
}

/// What [`run`] does, in given surroundings, into a given printer and without heed to Ctrl-C. `intent` tells whether a
/// request was sent that changes what devices get.
pub async fn execute(
    global: Global,
    command: Command,
    around: &Surroundings,
    intent: &Intent,
    printer: &Printer,
) -> Exit {
    let (place, app) = command.place();
    let printer = &printer.clone().repeating(around.repeated(place.server.as_ref(), app));
    match dispatch::dispatch(global, command, around, intent, printer).await {
        Ok(exit) => exit,
        Err(failure) => {
            printer.failure(&failure);
            failure.exit()
        }
    }
}

async fn interrupted() {
    if tokio::signal::ctrl_c().await.is_err() {
        // Without a handler the default one ends the process, which is as good.
        std::future::pending::<()>().await;
    }
}
