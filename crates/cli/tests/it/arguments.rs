//! From what one types to what is done.

use clap::{Args as _, FromArgMatches as _, Subcommand as _};
use cli::exit::Exit;
use cli::{Command, Global, Intent, Mode, Printer, Surroundings};

use crate::fake_server::FakeServer;
use crate::publish::hello_dist;

pub fn parser() -> clap::Command {
    Command::augment_subcommands(Global::augment_args(clap::Command::new("updraft"))).subcommand_required(true)
}

pub fn parsed(line: &str) -> Result<(Global, Command), clap::Error> {
    parsed_words(format!("updraft {line}").split_whitespace())
}

pub fn parsed_words<'a>(words: impl IntoIterator<Item = &'a str>) -> Result<(Global, Command), clap::Error> {
    let matches = parser().try_get_matches_from(words.into_iter().map(str::to_owned))?;
    Ok((Global::from_arg_matches(&matches)?, Command::from_arg_matches(&matches)?))
}

/// Runs a line as the binary would; returns the exit code's meaning, standard output and standard error.
pub async fn run(line: &str, mode: Mode) -> (Exit, String, String) {
    let (printer, printed) = Printer::captured(mode);
    let (global, command) = parsed(line).unwrap();
    // As if the server were in the environment: hints need not name it.
    let server = line.split_once("--server ").and_then(|(_, rest)| rest.split_whitespace().next());
    let around = server.map_or_else(Surroundings::default, |server| Surroundings::default().with_server(server));
    let exit = cli::execute(global, command, &around, &Intent::default(), &printer).await;
    (exit, printed.out(), printed.err())
}

#[test]
fn the_arguments_do_not_contradict_each_other() {
    parser().debug_assert();
}

#[test]
fn what_makes_no_sense_is_refused_with_two() {
    for line in [
        "publish",
        "publish --channel",
        "publish --channel production --platform web",
        "publish --branch main --create-channel",
        "publish --channel production --server localhost:8080",
        "publish --channel production --runtime-version=",
        "roll-back --channel production",
        "publish --channel production --branch main",
        "roll-back --channel production --to yesterday",
        "keys",
        "keys import --key-id main --private-key private-key.pem",
        "roll-back --channel production --to 0190c0de",
        "publish --channel production --rollout 100.01",
        "publish --channel production --rollout 0.001",
        "publish --channel production --on-rollout wait",
        "channels",
        "channels create",
        "channels pause ..",
        "channels pause production --app ..",
        "channels point production",
        "channels rollout start production --branch next",
        "channels rollout set production --percent 101%",
        "branches rename main",
        "branches pin main",
        "updates list --limit 0",
        "updates list --limit 201",
        "updates list --state live",
        "updates edit u1",
        "updates edit u1 --message x --no-message",
        "updates promote u1",
        "updates promote u1 --channel a --branch b",
        "rollout start u1 --percent -1",
        "rollout finish u1 --percent 5",
        "explain --channel production --platform all --runtime-version 1",
        "explain --channel production --platform ios",
        "embedded register",
        "embedded register app.apk --manifest app.manifest --bundle main.jsbundle",
        "embedded register --manifest app.manifest",
        "embedded register app.apk --platform ios",
        "audit --limit 0",
        "init --channel=",
        "init --check-automatically sometimes",
        "init --fact shoe_size",
        "init --fallback-to-cache-timeout 300001",
        "device --channel production",
        "device --channel production --runtime-version 1 --key-id main",
        "device --channel production --runtime-version 1 --header nonsense",
        "device --channel production --runtime-version 1 --header a:b=c",
    ] {
        let Err(error) = parsed(line) else { panic!("{line}") };
        assert_eq!(error.exit_code(), i32::from(Exit::Usage.code()), "{line}");
    }
    for line in [
        "publish --branch main",
        "publish --channel production --create-channel --input-dir dist --platform ios --runtime-version 1 -m x --force --json",
        "roll-back --to embedded --branch main --platform android",
        "roll-back --to 0190C0DE-0000-7000-8000-000000000001 --branch main --on-rollout revert",
        "publish --channel production --rollout 12.5% --rule rule.json --on-rollout finish",
        "apps list",
        "audit",
        "embedded register --manifest app.manifest --bundle main.jsbundle --platform ios --channel production",
        "keys generate --key-id main --bits 3072 --validity-years 20 --common-name x --certificate-out c.pem",
        "keys list --json --quiet --non-interactive",
        "init",
        "init --project app --channel beta --key-id main --certificate c.pem --api-key k --yes --force --dry-run --json",
        "init --fact locale --fact app_version",
        "doctor --project app --json",
        "init --check-automatically wifi-only --fallback-to-cache-timeout 300000",
        "device --channel production --runtime-version 1",
        "device --channel production --runtime-version 1 --certificate c.pem --header a=b=c --header d=",
    ] {
        parsed(line).unwrap_or_else(|error| panic!("{line}: {error}"));
    }
}

#[test]
fn a_token_is_not_shown_in_help() {
    let mut parser = parser();
    let help = parser.find_subcommand_mut("publish").unwrap().render_long_help().to_string();
    assert!(help.contains("[env: UPDRAFT_TOKEN]"), "{help}");
}

#[tokio::test]
async fn every_command_reaches_the_server_and_ends_with_its_code() {
    let server = FakeServer::start().await;
    let operator = format!("--server {} --token secret", server.url);
    let publish = format!("publish --channel production --input-dir {} {operator}", hello_dist().display());

    let (exit, out, _) = run(&publish, Mode::default()).await;
    assert_eq!(exit, Exit::Ok);
    assert!(out.starts_with("Published to branch production as group g1\n"), "{out}");
    let (exit, out, err) = run(&publish, Mode { json: true, ..Mode::default() }).await;
    assert_eq!(exit, Exit::NothingNew);
    let document: serde_json::Value = serde_json::from_str(&out).unwrap();
    assert_eq!((&document["error"]["code"], &document["error"]["exit"]), (&"nothing_changed".into(), &3.into()));
    assert!(err.contains("error: the head of production already has this content"), "{err}");

    let roll_back = format!("roll-back --channel production --to embedded --platform ios {operator}");
    assert_eq!(run(&roll_back, Mode::default()).await.0, Exit::Ok);
    assert_eq!(run(&format!("keys generate --key-id main {operator}"), Mode::default()).await.0, Exit::Ok);
    assert_eq!(run(&format!("keys generate --key-id main {operator}"), Mode::default()).await.0, Exit::Refused);
    assert_eq!(run(&format!("keys list {operator}"), Mode::default()).await.0, Exit::Ok);
    assert_eq!(run(&format!("keys certificate --key-id main {operator}"), Mode::default()).await.0, Exit::Ok);

    let device = format!("device --channel production --runtime-version 1.0.0 --server {}", server.url);
    let (exit, _, err) = run(&device, Mode::default()).await;
    assert_eq!(exit, Exit::Refused, "{err}");
    let missing = format!("{device} --certificate /nowhere/certificate.pem");
    assert_eq!(run(&missing, Mode::default()).await.0, Exit::Failure);
}

#[test]
fn a_share_over_everyone_is_named() {
    let Err(error) = parsed("rollout set u1 --percent 101") else { panic!("parsed") };
    assert!(error.to_string().contains("a rollout over 100 %"), "{error}");
}
