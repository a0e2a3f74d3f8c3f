//! Arguments that make no sense, and what goes to which stream, of the program as it is run.
#![expect(clippy::unwrap_used, reason = "what fails here fails a test")]

use std::process::{Command, Output};

/// Runs the program with nothing in its environment but these variables, and a home of its own.
fn run(words: &[&str], variables: &[(&str, &str)]) -> Output {
    let home = tempfile::TempDir::new().unwrap();
    let mut command = Command::new(env!("CARGO_BIN_EXE_updraft"));
    command.args(words).env_clear().env("HOME", home.path()).current_dir(home.path());
    command.envs(variables.iter().copied()).output().unwrap()
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8(bytes.to_vec()).unwrap()
}

#[test]
fn wrong_arguments_end_with_two_and_are_json_when_asked_for() {
    let mut told = String::new();
    for line in [
        "publish --json",
        "publish --channel production --rollout 101 --json",
        "channels create --json",
        "chanels list --json",
        "roll-back --channel production --to yesterday --json",
        "audit --limit 0 --json",
    ] {
        let output = run(
            &line.split(' ').collect::<Vec<_>>(),
            &[("UPDRAFT_SERVER", "https://u.example"), ("UPDRAFT_TOKEN", "upd_secret")],
        );
        assert_eq!(output.status.code(), Some(2), "{line}");
        let out = text(&output.stdout);
        let document: serde_json::Value = serde_json::from_str(&out).unwrap();
        assert_eq!(document["error"]["exit"], 2, "{line}");
        told += &["$ updraft ", line, "\n", &out, &text(&output.stderr), "\n"].concat();
    }
    assert!(!told.contains("upd_secret") && !told.contains("u.example"), "{told}");
    insta::assert_snapshot!(told);
}

#[test]
fn without_json_standard_output_stays_empty() {
    for line in ["publish", "nonsense", "channels", "", "serve --config", "keys list --server localhost:1"] {
        let output = run(&line.split_whitespace().collect::<Vec<_>>(), &[]);
        assert_eq!(output.status.code(), Some(2), "{line}");
        assert!(output.stdout.is_empty() && !output.stderr.is_empty(), "{line}");
    }
}

#[test]
fn a_refused_value_of_the_environment_is_told_by_its_name() {
    let output = run(&["channels", "list"], &[("UPDRAFT_SERVER", "localhost:8090")]);
    let err = text(&output.stderr);
    assert!(err.contains("hint: the value is from UPDRAFT_SERVER"), "{err}");
    let output = run(&["channels", "list", "--server", "localhost:8090"], &[]);
    assert!(!text(&output.stderr).contains("UPDRAFT_SERVER"), "{}", text(&output.stderr));
}

#[test]
fn a_damaged_token_is_never_repeated() {
    for (words, variables) in [
        (vec!["channels", "list", "--json"], vec![("UPDRAFT_TOKEN", "upd secret")]),
        (vec!["login", "--token", "upd secret", "--json"], vec![]),
    ] {
        let output = run(&words, &variables);
        assert_eq!(output.status.code(), Some(2));
        let all = text(&output.stdout) + &text(&output.stderr);
        assert!(all.contains("the token in UPDRAFT_TOKEN or --token is empty") && !all.contains("secret"), "{all}");
        assert!(serde_json::from_slice::<serde_json::Value>(&output.stdout).is_ok(), "{all}");
    }
}

#[test]
fn help_and_version_are_data() {
    for words in [vec!["--help"], vec!["--version"], vec!["channels", "create", "--help"], vec!["help", "publish"]] {
        let output = run(&words, &[]);
        assert_eq!(output.status.code(), Some(0), "{words:?}");
        assert!(!output.stdout.is_empty() && output.stderr.is_empty(), "{words:?}");
    }
}

#[test]
fn every_shell_gets_a_script() {
    for (shell, part) in [
        ("bash", "complete -F _updraft"),
        ("zsh", "#compdef updraft"),
        ("fish", "complete -c updraft"),
        ("powershell", "Register-ArgumentCompleter"),
        ("elvish", "edit:completion:arg-completer[updraft]"),
    ] {
        let output = run(&["completions", shell], &[]);
        assert_eq!(output.status.code(), Some(0), "{shell}");
        let script = text(&output.stdout);
        assert!(script.contains(part) && script.contains("roll-back"), "{shell}");
    }
    assert_eq!(run(&["completions", "tcsh"], &[]).status.code(), Some(2));
}
