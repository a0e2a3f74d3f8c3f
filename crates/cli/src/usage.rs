//! Arguments that the parser refused, told to people and to programs.

use std::process::ExitCode;

use clap::Command;
use clap::error::{ContextKind, ContextValue, Error, ErrorKind};

use crate::exit::Exit;
use crate::failure::Failure;
use crate::printer::{Mode, Printer};

/// Ends as the parser's error asks to: with help or a version on standard output, or as wrong arguments do. `words` are
/// what was typed, without the program's name.
pub fn refused(error: Error, parser: Command, words: &[String]) -> ExitCode {
    if !error.use_stderr() || error.kind() == ErrorKind::DisplayHelpOnMissingArgumentOrSubcommand {
        let is_fine = !error.use_stderr();
        // Nobody is left to tell when the reader of the stream has gone.
        let _gone = error.print();
        return if is_fine { Exit::Ok.into() } else { Exit::Usage.into() };
    }
    let json = words.iter().take_while(|word| *word != "--").any(|word| word == "--json");
    tell(error, parser, words, &Printer::new(Mode { json, ..Mode::default() })).into()
}

/// What [`refused`] does with wrong arguments, into a given printer.
pub fn tell(mut error: Error, mut parser: Command, words: &[String], printer: &Printer) -> Exit {
    if is_about_a_token(&error) {
        let failure = Failure::Usage {
            message: "the token in UPDRAFT_TOKEN or --token is empty, or has characters that no token has".into(),
            hint: "`updraft token` on the server's machine makes a new one".into(),
        };
        printer.failure(&failure);
        return failure.exit();
    }
    parser.build();
    let mut command = meant(&parser, words).clone();
    let (usage, name) = (command.render_usage(), command.get_bin_name().unwrap_or("updraft"));
    // The parser's own lists whatever the environment holds as if it were required.
    if error.get(ContextKind::Usage).is_some() {
        error.insert(ContextKind::Usage, ContextValue::StyledStr(usage));
    }
    let from = variable(&error, &command, words).map(|name| format!("the value is from {name}"));
    let shown = error.render().to_string();
    let hint = from.clone().unwrap_or_else(|| format!("`{name} --help` shows what there is"));
    let failure = Failure::Usage { message: message(&shown), hint };
    let shown = from.map_or_else(|| shown.clone(), |from| format!("{shown}\nhint: {from}"));
    printer.refused_arguments(&shown, &failure);
    failure.exit()
}

/// The command that the words lead to, as far as they do.
fn meant<'a>(parser: &'a Command, words: &[String]) -> &'a Command {
    let mut command = parser;
    for word in words.iter().filter(|word| !word.starts_with('-')) {
        match command.find_subcommand(word) {
            Some(child) => command = child,
            None => break,
        }
    }
    command
}

/// Where a refused value came from, when it was not typed.
fn variable(error: &Error, command: &Command, words: &[String]) -> Option<String> {
    let argument = error.get(ContextKind::InvalidArg)?.to_string();
    let option = argument.split(' ').next()?.to_owned();
    let was_typed = words.iter().any(|word| *word == option || word.starts_with(&format!("{option}=")));
    let of =
        command.get_arguments().find(|known| known.get_long().is_some_and(|long| option == format!("--{long}")))?;
    of.get_env().filter(|_| !was_typed).map(|name| name.to_string_lossy().into_owned())
}

/// What is wrong, in one line: the parser's text up to its advice.
fn message(shown: &str) -> String {
    let first = shown.split("\n\n").next().unwrap_or_default();
    let lines: Vec<&str> = first.trim_start_matches("error: ").lines().map(str::trim).collect();
    lines.join(" ")
}

/// The parser quotes what it refuses, and a damaged secret is still one.
fn is_about_a_token(error: &Error) -> bool {
    let argument = error.get(ContextKind::InvalidArg).map(ToString::to_string);
    error.kind() == ErrorKind::ValueValidation && argument.is_some_and(|argument| argument.starts_with("--token "))
}
