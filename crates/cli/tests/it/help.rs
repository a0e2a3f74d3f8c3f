//! What `--help` says there is.

use clap::Command;

use crate::arguments::parser;

#[test]
fn the_tree_of_commands() {
    let mut parser = parser();
    parser.build();
    let mut tree = String::new();
    for command in parser.get_subcommands().filter(|command| command.get_name() != "help") {
        add("updraft", command, &mut tree);
    }
    insta::assert_snapshot!(tree);
}

/// A line for each command and each option of its own; what all of them have is left out.
fn add(parent: &str, command: &Command, tree: &mut String) {
    use std::fmt::Write as _;
    let name = format!("{parent} {}", command.get_name());
    writeln!(tree, "{name}: {}", command.get_about().unwrap()).unwrap();
    let everywhere = ["server", "app", "json", "token", "help", "quiet", "non_interactive"];
    for argument in command.get_arguments().filter(|argument| !everywhere.contains(&argument.get_id().as_str())) {
        writeln!(tree, "    {argument}: {}", argument.get_help().unwrap()).unwrap();
    }
    for child in command.get_subcommands().filter(|child| child.get_name() != "help") {
        add(&name, child, tree);
    }
}

/// Commands whose output is judged where they are tested, since they do more than one request.
const TOLD_ELSEWHERE: &[&str] = &[
    "init",              // init.rs
    "doctor",            // doctor.rs
    "publish",           // publish.rs, project.rs, retries.rs
    "roll-back",         // roll_back.rs
    "embedded register", // embedded.rs
    "apps create",       // operations.rs
    "keys generate",     // keys.rs
    "keys import",       // keys.rs
    "keys list",         // keys.rs
    "keys certificate",  // keys.rs
    "device",            // device.rs
    "login",             // login.rs
    "logout",            // login.rs
    "whoami",            // login.rs
];

/// Every command that does something has a transcript: `$ updraft …` in a snapshot.
#[test]
fn every_command_has_a_transcript() {
    let snapshots = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/it/snapshots");
    let files = std::fs::read_dir(snapshots).unwrap();
    let told: String = files.map(|file| std::fs::read_to_string(file.unwrap().path()).unwrap()).collect();
    let mut parser = parser();
    parser.build();
    let (mut without, mut leaves) = (Vec::new(), Vec::new());
    add_leaves("", &parser, &mut leaves);
    for leaf in &leaves {
        let is_told = told.lines().any(|line| {
            line.strip_prefix(&format!("$ updraft {leaf}")).is_some_and(|rest| rest.is_empty() || rest.starts_with(' '))
        });
        if !is_told && !TOLD_ELSEWHERE.contains(&leaf.as_str()) {
            without.push(leaf.clone());
        }
    }
    assert_eq!(without, Vec::<String>::new(), "these have no transcript");
    let gone: Vec<&&str> = TOLD_ELSEWHERE.iter().filter(|known| leaves.iter().all(|leaf| leaf != **known)).collect();
    assert!(gone.is_empty(), "{gone:?} are no commands");
}

fn add_leaves(path: &str, command: &Command, leaves: &mut Vec<String>) {
    for child in command.get_subcommands().filter(|child| child.get_name() != "help") {
        let path = format!("{path} {}", child.get_name()).trim_start().to_owned();
        if child.has_subcommands() { add_leaves(&path, child, leaves) } else { leaves.push(path) }
    }
}
