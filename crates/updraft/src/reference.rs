//! `docs/cli.md` and every command's help are made of the parser, and held against what is committed.
//!
//! `UPDATE_CLI=1 cargo test -p updraft` writes the reference anew, `INSTA_UPDATE=always` the help.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use clap::{Arg, ArgAction, Command};
use cli::exit::Exit;

use crate::{EXAMPLES, parser};

/// Options that every command on a server has; told once.
const EVERYWHERE: [&str; 7] = ["server", "app", "token", "json", "quiet", "non_interactive", "help"];

#[test]
fn the_committed_reference_is_the_parsers() {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/cli.md");
    let reference = reference();
    if asked_to_update() {
        std::fs::write(&file, &reference).unwrap();
    }
    let committed = std::fs::read_to_string(&file).unwrap_or_default();
    assert!(committed == reference, "docs/cli.md is not what the parser says: UPDATE_CLI=1 cargo test -p updraft");
}

#[test]
fn help() {
    let mut settings = insta::Settings::clone_current();
    settings.set_snapshot_path(PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/help"));
    settings.set_prepend_module_to_snapshot(false);
    settings.set_omit_expression(true);
    settings.bind(|| {
        let mut parser = parser();
        insta::assert_snapshot!("updraft", parser.render_long_help().to_string());
        parser.build();
        for command in listed(&parser) {
            let mut text = String::new();
            add_help(command.get_name(), command, &mut text);
            insta::assert_snapshot!(command.get_name().to_owned(), text);
        }
    });
}

#[test]
fn every_command_has_an_example_and_every_example_is_understood() {
    let mut parser = parser();
    parser.build();
    let mut without = Vec::new();
    for (path, _) in leaves(&parser) {
        let examples = cli::help::examples(&path, &[cli::help::EXAMPLES, EXAMPLES]);
        if examples.is_empty() {
            without.push(path.clone());
        }
        for example in examples {
            assert!(example.starts_with(&format!("updraft {path}")), "{example} is no example of {path}");
            let words = typed(example);
            parser.clone().try_get_matches_from(&words).unwrap_or_else(|error| panic!("{example}: {error}"));
        }
    }
    assert_eq!(without, Vec::<String>::new(), "these have no line in EXAMPLES");
}

/// The words of an example, as a shell would split them up to a redirection.
fn typed(line: &str) -> Vec<String> {
    let (mut words, mut word, mut is_quoted) = (Vec::new(), String::new(), false);
    for c in line.split(['<', '>']).next().unwrap_or_default().chars() {
        match c {
            '\'' => is_quoted = !is_quoted,
            ' ' if !is_quoted => words.push(std::mem::take(&mut word)),
            _ => word.push(c),
        }
    }
    words.push(word);
    words.retain(|word| !word.is_empty());
    words
}

fn reference() -> String {
    let mut parser = parser();
    parser.build();
    let mut text = String::from(
        "# The command line\n\nGenerated from the parser: `UPDATE_CLI=1 cargo test -p updraft` writes it anew.\n\n\
         Results go to standard output, everything else to standard error. With `--json`, standard output is one JSON\n\
         document; a failure is `{\"error\": {\"code\", \"message\", \"hint\", \"exit\"}}`, also when the arguments make no sense.\n\n",
    );
    add_exit_codes(&mut text);
    add_environment(&parser, &mut text);
    text += "## Options of most commands\n\n";
    let publish = parser.find_subcommand("publish").unwrap();
    let everywhere: Vec<&Arg> =
        EVERYWHERE.iter().filter_map(|id| publish.get_arguments().find(|argument| argument.get_id() == id)).collect();
    add_options(&everywhere, &mut text);
    for command in listed(&parser) {
        writeln!(text, "## updraft {}\n\n{}\n", command.get_name(), sentence(command)).unwrap();
        if command.has_subcommands() {
            for (path, leaf) in leaves_beneath(command, command.get_name()) {
                writeln!(text, "### updraft {path}\n\n{}\n", sentence(leaf)).unwrap();
                add_command(&path, leaf, &mut text);
            }
        } else {
            add_command(command.get_name(), command, &mut text);
        }
    }
    text.trim_end().to_owned() + "\n"
}

fn add_exit_codes(text: &mut String) {
    *text += "## Exit codes\n\n| code | |\n|---|---|\n";
    for exit in Exit::ALL {
        writeln!(text, "| {} | {} |", exit.code(), exit.meaning()).unwrap();
    }
    *text += "\n";
}

/// Every variable that stands for an option, with the commands that have it.
fn add_environment(parser: &Command, text: &mut String) {
    let mut variables: BTreeMap<String, String> = BTreeMap::new();
    for (_, leaf) in leaves(parser) {
        for argument in leaf.get_arguments() {
            if let (Some(variable), Some(long)) = (argument.get_env(), argument.get_long()) {
                variables.insert(variable.to_string_lossy().into_owned(), long.to_owned());
            }
        }
    }
    *text += "## Environment\n\nAn option wins over the environment, and that over `updraft login`. A token of an option\n\
              or the environment is not sent to the server of a login that has another: name its server too.\n\n\
              | variable | stands for |\n|---|---|\n";
    for (variable, long) in variables {
        writeln!(text, "| `{variable}` | `--{long}` |").unwrap();
    }
    *text += "\n`serve` and what else runs on the server's machine reads every setting from the environment too: see\n\
              `updraft config default`.\n\n";
}

fn add_command(path: &str, command: &Command, text: &mut String) {
    let usage = command.clone().render_usage().to_string();
    writeln!(text, "```\n{}\n```\n", usage.trim_start_matches("Usage: ").trim()).unwrap();
    let (shared, own): (Vec<&Arg>, Vec<&Arg>) =
        command.get_arguments().partition(|argument| EVERYWHERE.contains(&argument.get_id().as_str()));
    add_options(&own.into_iter().filter(|argument| argument.get_id() != "version").collect::<Vec<_>>(), text);
    let shared: Vec<String> = shared
        .into_iter()
        .filter(|argument| argument.get_id() != "help")
        .filter_map(|argument| Some(format!("`--{}`", argument.get_long()?)))
        .collect();
    if !shared.is_empty() {
        writeln!(text, "And {}.\n", shared.join(", ")).unwrap();
    }
    let examples = cli::help::examples(path, &[cli::help::EXAMPLES, EXAMPLES]);
    if !examples.is_empty() {
        writeln!(text, "```sh\n{}\n```\n", examples.join("\n")).unwrap();
    }
}

fn add_options(arguments: &[&Arg], text: &mut String) {
    if arguments.is_empty() {
        return;
    }
    *text += "| option | |\n|---|---|\n";
    for argument in arguments {
        writeln!(text, "| `{}` | {} |", in_cell(&name(argument)), in_cell(&about(argument))).unwrap();
    }
    *text += "\n";
}

/// As one types it: `-m, --message <MESSAGE>`, `<NAME>`.
fn name(argument: &Arg) -> String {
    let value = argument.get_value_names().and_then(|names| names.first()).map(|name| format!("<{name}>"));
    let value = value.filter(|_| matches!(argument.get_action(), ArgAction::Set | ArgAction::Append));
    let short = argument.get_short().map(|short| format!("-{short}"));
    let long = argument.get_long().map(|long| format!("--{long}"));
    let flags: Vec<String> = short.into_iter().chain(long).collect();
    [flags.join(", "), value.unwrap_or_default()].join(" ").trim().to_owned()
}

fn about(argument: &Arg) -> String {
    let mut text = argument.get_help().map(ToString::to_string).unwrap_or_default();
    let possible: Vec<String> = match argument.get_action() {
        ArgAction::Set | ArgAction::Append => {
            argument.get_possible_values().iter().map(|value| format!("`{}`", value.get_name())).collect()
        }
        _ => Vec::new(),
    };
    if !possible.is_empty() {
        write!(text, ": {}", possible.join(", ")).unwrap();
    }
    let defaults: Vec<String> =
        argument.get_default_values().iter().map(|value| value.to_string_lossy().into_owned()).collect();
    if !defaults.is_empty() && argument.get_action().takes_values() {
        write!(text, " [default: {}]", defaults.join(" ")).unwrap();
    }
    if let Some(variable) = argument.get_env() {
        write!(text, " [env: {}]", variable.to_string_lossy()).unwrap();
    }
    if argument.is_required_set() && argument.get_long().is_some() {
        text += " (required)";
    }
    text
}

fn sentence(command: &Command) -> String {
    format!("{}.", command.get_about().map(ToString::to_string).unwrap_or_default())
}

fn in_cell(text: &str) -> String {
    text.replace('\n', " ").replace('|', "\\|")
}

fn add_help(path: &str, command: &Command, text: &mut String) {
    writeln!(text, "$ updraft {path} --help\n{}", command.clone().render_long_help()).unwrap();
    for child in listed(command) {
        add_help(&format!("{path} {}", child.get_name()), child, text);
    }
}

fn listed(command: &Command) -> impl Iterator<Item = &Command> {
    command.get_subcommands().filter(|child| child.get_name() != "help")
}

fn leaves(parser: &Command) -> Vec<(String, &Command)> {
    listed(parser).flat_map(|command| leaves_beneath(command, command.get_name())).collect()
}

fn leaves_beneath<'a>(command: &'a Command, path: &str) -> Vec<(String, &'a Command)> {
    if !command.has_subcommands() {
        return vec![(path.to_owned(), command)];
    }
    listed(command).flat_map(|child| leaves_beneath(child, &format!("{path} {}", child.get_name()))).collect()
}

#[expect(clippy::disallowed_methods, reason = "a test asks whoever runs it")]
fn asked_to_update() -> bool {
    std::env::var("UPDATE_CLI").is_ok()
}
