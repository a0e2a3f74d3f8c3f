//! Hints that know what the server has, and commands in them that can be copied.

use api::Code;
use cli::commands::publish::publish;
use cli::exit::Exit;
use cli::{Mode, Printer};
use serde_json::{Value, json};

use crate::arguments::{parsed, run};
use crate::fake_server::FakeServer;
use crate::publish::{options, small_export};

const GROUP: &str = "01900000-0000-7000-8000-000000000001";
const OTHER: &str = "01900000-0000-7000-8000-000000000002";

fn rolling(group: &str, platform: &str, runtime_version: &str) -> Value {
    json!({
        "id": "a0000000-0000-4000-8000-000000000001", "group": group, "kind": "update", "branch": "main",
        "platform": platform, "runtime_version": runtime_version, "created_at": "2026-11-23T12:00:00.000Z",
        "state": "rolling", "rollout": 1000, "issued_by": "token:ci",
    })
}

fn laid(server: &FakeServer, updates: &[Value]) {
    server.inner().laid.insert("updates", json!({"updates": updates}));
}

/// Has the server refuse a line; what people are told.
async fn refused(server: &FakeServer, line: &str, code: Code) -> String {
    server.refuse(code);
    let (exit, _, err) = run(&format!("{line} --server {} --token secret", server.url), Mode::default()).await;
    assert_eq!(exit, Exit::Refused, "{line}: {err}");
    format!("$ updraft {line}\n{err}\n")
}

#[tokio::test]
async fn an_open_rollout_is_named_with_what_to_type() {
    let server = FakeServer::start().await;
    laid(&server, &[rolling(GROUP, "ios", "1"), rolling(GROUP, "android", "1")]);
    let mut told = refused(&server, &format!("updates republish {OTHER}"), Code::RolloutActive).await;
    told += &refused(&server, &format!("rollout start {OTHER} --percent 5"), Code::RolloutActive).await;
    told += &refused(&server, "branches unpin main --app shop", Code::RolloutActive).await;
    laid(&server, &[rolling(GROUP, "ios", "1"), rolling(OTHER, "android", "1")]);
    told += &refused(&server, &format!("updates republish {OTHER}"), Code::RolloutActive).await;
    // Nothing is known of it: the server's own hint stands.
    laid(&server, &[]);
    told += &refused(&server, &format!("updates republish {OTHER}"), Code::RolloutActive).await;
    insta::assert_snapshot!(told);
}

#[tokio::test]
async fn an_unknown_name_is_answered_with_the_known_ones() {
    let server = FakeServer::start().await;
    let branch = |name: &str| json!({"id": name, "name": name, "pinned": false, "channels": [], "heads": []});
    let branches: Vec<Value> = (1..=14).map(|number| branch(&format!("b{number}"))).collect();
    server.inner().laid.insert("branches", json!({"branches": branches}));
    let app = json!({"slug": "shop", "update_url": "u", "channels": [
        {"name": "production", "branches": ["main"], "paused": false}]});
    server.inner().laid.insert("shop", app);
    server.inner().laid.insert(
        "apps",
        json!({"apps": [
        {"slug": "default", "created_at": "2026-11-23T12:00:00.000Z", "version": 1}]}),
    );
    let mut told = refused(&server, &format!("updates promote {GROUP} --branch mian"), Code::UnknownBranch).await;
    told += &refused(&server, "channels pause prod --app shop", Code::UnknownChannel).await;
    told += &refused(&server, "channels pause prod --app shpo", Code::UnknownApp).await;
    insta::assert_snapshot!(told);
}

#[tokio::test]
async fn a_copied_command_goes_to_the_same_server_and_app() {
    let server = FakeServer::start().await;
    let line = format!("channels pause production --app shop --server {}", server.url);
    let (global, command) = parsed(&line).unwrap();
    let operated = json!({"action": "pause_channel", "changed": true, "groups": [], "warnings": []});
    server.answer(&operated);
    let (printer, printed) = Printer::captured(Mode::default());
    let (around, intent) = Default::default();
    assert_eq!(cli::execute(global, command, &around, &intent, &printer).await, Exit::Ok);
    let expected =
        format!("hint: `updraft channels resume production --app shop --server {}` ends the pause\n", server.url);
    assert_eq!(printed.err(), expected);
}

#[tokio::test]
async fn the_open_rollout_of_a_channel_is_found() {
    let server = FakeServer::start().await;
    laid(&server, &[rolling(GROUP, "ios", "1"), rolling(GROUP, "android", "1")]);
    let place = format!("--server {} --token secret", server.url);
    let mut told = String::new();
    for (line, action) in [
        ("rollout set --channel production --percent 100", "set_rollout"),
        ("rollout finish --branch main", "finish_rollout"),
        ("rollout revert --channel production --yes", "revert_rollout"),
    ] {
        server.answer(&json!({"action": action, "changed": true, "groups": [], "warnings": []}));
        let (exit, out, err) = run(&format!("{line} {place}"), Mode::default()).await;
        assert_eq!(exit, Exit::Ok, "{err}");
        let asked = server.asked();
        assert_eq!(asked.line, format!("POST /api/v1/apps/default/updates/{GROUP}/rollout"));
        told += &["$ updraft ", line, "\n", &out, &err, "\n"].concat();
    }
    laid(&server, &[]);
    let (exit, _, err) = run(&format!("rollout finish --channel production {place}"), Mode::default()).await;
    assert_eq!(exit, Exit::Refused);
    told += &err;
    laid(&server, &[rolling(GROUP, "ios", "1"), rolling(OTHER, "android", "1")]);
    let (exit, _, err) = run(&format!("rollout finish --channel production {place}"), Mode::default()).await;
    assert_eq!(exit, Exit::Usage);
    told += &err;
    insta::assert_snapshot!(told);
}

#[tokio::test]
async fn what_would_refuse_a_publish_is_told_before_anything_goes_up() {
    let server = FakeServer::start().await;
    let export = small_export(&[]);
    let mut told = String::new();
    let mut attempt = async |of: &FakeServer, options| {
        let (printer, printed) = Printer::captured(Mode::default());
        match publish(options, &printer).await {
            Ok(report) => report.print(&printer),
            Err(failure) => printer.failure(&failure),
        }
        told += &[printed.out(), printed.err(), "\n".into()].concat();
        of.count("upload")
    };
    let usual = options(&server, export.path(), export.path());
    server.inner().rolling = vec![serde_json::from_value(rolling(GROUP, "ios", "1.0.0")).unwrap()];
    assert_eq!(attempt(&server, usual.clone()).await, 0);
    server.inner().rolling.clear();
    server.inner().split = Some("next".into());
    assert_eq!(attempt(&server, usual.clone()).await, 0);
    server.inner().split = None;

    // Another runtime version's rollout is in nobody's way, and a pause is only told.
    server.inner().rolling = vec![serde_json::from_value(rolling(GROUP, "ios", "2.0.0")).unwrap()];
    server.inner().paused = true;
    let mut first = usual.clone();
    first.release.rollout = Some(1000);
    assert_eq!(attempt(&server, first).await, 1);
    insta::assert_snapshot!(told);
}
