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
