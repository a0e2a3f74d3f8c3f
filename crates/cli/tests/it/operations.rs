//! Operating an app: what is asked, what people and programs see, and how it is refused.

use api::{
    Code, Consequence, IssuedGroup, Operated, PublishedUpdate, Standing, StandingKind, UpdateKind, Warning, Why,
};
use cli::exit::Exit;
use cli::{Intent, Mode, Printer, Surroundings};
use serde_json::json;

use crate::arguments::{parsed, run};
use crate::fake_server::{FakeServer, Fault};
use crate::transcript::{told, told_beside};

const GROUP: &str = "01900000-0000-7000-8000-000000000001";
const UPDATE: &str = "a0000000-0000-4000-8000-000000000001";

fn operated(action: &str) -> Operated {
    Operated {
        action: action.into(),
        changed: true,
        groups: Vec::new(),
        warnings: Vec::new(),
        consequences: Vec::new(),
        dry_run: false,
    }
}

fn issued(action: &str, why: Why, held: bool) -> Operated {
    let update = |platform: &str, kind| PublishedUpdate {
        id: UPDATE.into(),
        kind,
        platform: platform.into(),
        runtime_version: "1.0.0".into(),
        created_at: "2026-11-23T12:00:00.000Z".into(),
        origin: None,
        held,
    };
    let updates = vec![update("android", UpdateKind::Update), update("ios", UpdateKind::RollBackToEmbedded)];
    let group = IssuedGroup { group: GROUP.into(), branch: "main".into(), why, updates };
    Operated { groups: vec![group], ..operated(action) }
}

#[tokio::test]
async fn channels() {
    let mut moved = issued("point_channel", Why::Renewed, false);
    moved.warnings = vec![Warning { code: "head_in_future".into(), message: "the head is ahead".into() }];
    let split = [(
        "channels",
        json!({"channels": [
            {"name": "production", "branch": "main", "paused": false, "rollout": {"branch": "next", "basis_points": 500}},
        ]}),
    )];
    let transcripts = [
        told("channels create beta", &operated("create_channel"), Code::ChannelExists).await,
        told("channels create beta --branch main", &operated("create_channel"), Code::UnknownBranch).await,
        told("channels point beta --branch main", &moved, Code::SameBranch).await,
        told("channels pause production", &operated("pause_channel"), Code::UnknownChannel).await,
        told("channels resume production", &operated("resume_channel"), Code::UnknownChannel).await,
        told("channels delete beta --yes", &operated("delete_channel"), Code::UnknownChannel).await,
        told(
            "channels rollout start production --branch next --percent 12.5",
            &operated("start_channel_rollout"),
            Code::SameBranch,
        )
        .await,
        told_beside(
            &split,
            "channels rollout set production --percent 0.01%",
            &operated("set"),
            Code::NoChannelRollout,
        )
        .await,
        told_beside(&split, "channels rollout finish production", &operated("finish"), Code::NoChannelRollout).await,
        told_beside(&split, "channels rollout revert production", &operated("revert"), Code::NoChannelRollout).await,
        told(
            "channels list",
            &json!({"channels": [
                {"name": "beta", "branch": "main", "paused": true},
                {"name": "production", "branch": "main", "paused": false,
                 "rollout": {"branch": "next", "basis_points": 1250}},
            ]}),
            Code::UnknownApp,
        )
        .await,
    ];
    insta::assert_snapshot!(transcripts.concat());
}

#[tokio::test]
async fn branches() {
    let transcripts = [
        told("branches create main", &operated("create_branch"), Code::BranchExists).await,
        told("branches rename main --to trunk", &operated("rename_branch"), Code::BranchExists).await,
        told("branches delete main -y", &operated("delete_branch"), Code::BranchInUse).await,
        told(&format!("branches pin main --group {GROUP}"), &issued("pin", Why::Asked, false), Code::RolloutActive).await,
        told(
            &format!("branches pin main --group {GROUP} --platform ios --on-rollout finish"),
            &operated("pin"),
            Code::UnknownUpdate,
        )
        .await,
        told("branches unpin main", &issued("unpin", Why::Renewed, false), Code::NotPinned).await,
        told(
            "branches list",
            &json!({"branches": [
                {"id": "b1", "name": "main", "pinned": true, "channels": ["beta", "production"], "heads": [
                    {"platform": "android", "runtime_version": "1", "update": UPDATE, "created_at": "2026-11-23T12:00:00.000Z"},
                    {"platform": "ios", "runtime_version": "1", "update": UPDATE, "created_at": "2026-11-23T12:00:00.001Z"},
                ]},
                {"id": "b2", "name": "next", "pinned": false, "channels": [], "heads": []},
            ]}),
            Code::UnknownApp,
        )
        .await,
    ];
    insta::assert_snapshot!(transcripts.concat());
}

/// A line for people and for programs of a command that only looks.
async fn shown(server: &FakeServer, line: &str) -> String {
    let full = format!("{line} --server {} --token secret", server.url);
    let (exit, out, err) = run(&full, Mode::default()).await;
    assert_eq!(exit, Exit::Ok, "{err}");
    let (exit, json, _) = run(&format!("{full} --json"), Mode { json: true, ..Mode::default() }).await;
    assert_eq!(exit, Exit::Ok);
    format!("$ updraft {line}\n{out}{err}{json}\n")
}

#[tokio::test]
async fn a_channel_and_a_branch_are_shown() {
    let server = FakeServer::start().await;
    let update = |platform: &str, more: serde_json::Value| {
        let mut update = json!({
            "id": UPDATE, "group": GROUP, "kind": "update", "branch": "main", "platform": platform,
            "runtime_version": "1.0.0", "created_at": "2026-11-23T12:00:00.000Z", "state": "served",
            "issued_by": "token:ci",
        });
        update.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        update
    };
    server.inner().laid.insert(
        "updates",
        json!({"updates": [
            update("ios", json!({"message": "Fixed"})), update("android", json!({"message": "Fixed"})),
            update("ios", json!({"group": "g0", "origin": UPDATE, "branch": "01900000-0000-7000-8000-000000000009"})),
        ]}),
    );
    server.inner().laid.insert("channels", json!({"channels": [
        {"name": "production", "branch": "main", "paused": true, "rollout": {"branch": "next", "basis_points": 500}},
    ]}));
    server.inner().laid.insert(
        "branches",
        json!({"branches": [
            {"id": "b1", "name": "main", "pinned": true, "channels": ["production"], "heads": []},
        ]}),
    );
    let told = shown(&server, "channels show production").await + &shown(&server, "branches show main").await;
    insta::assert_snapshot!(told);
    for line in ["channels show beta", "branches show mian"] {
        let (exit, out, err) = run(&format!("{line} --server {}", server.url), Mode::default()).await;
        assert_eq!((exit, out.as_str()), (Exit::Refused, ""), "{err}");
        assert!(err.starts_with("error: the app has no "), "{err}");
    }
}

#[tokio::test]
async fn rollouts() {
    let transcripts = [
        told(&format!("rollout start {UPDATE} --percent 5"), &operated("start_rollout"), Code::NotTheHead).await,
        told(
            &format!("rollout set {GROUP} --percent 50% --platform android"),
            &operated("set_rollout"),
            Code::RolloutCannotLower,
        )
        .await,
        told(&format!("rollout finish {GROUP}"), &operated("finish_rollout"), Code::NoRollout).await,
        told(
            &format!("rollout revert {GROUP} --platform ios --yes"),
            &issued("revert_rollout", Why::Reverted, false),
            Code::NoRollout,
        )
        .await,
    ];
    insta::assert_snapshot!(transcripts.concat());
}

#[tokio::test]
async fn updates() {
    let mut disabled = operated("disable_update");
    disabled.warnings = vec![Warning { code: "still_running".into(), message: "14 devices run it".into() }];
    let transcripts = [
        told(&format!("updates edit {GROUP} --message Fixed"), &operated("edit"), Code::UnknownUpdate).await,
        told(&format!("updates edit {GROUP} --no-message"), &operated("edit"), Code::UnknownUpdate).await,
        told(&format!("updates disable {GROUP}"), &disabled, Code::UnknownUpdate).await,
        told(&format!("updates enable {GROUP} --platform ios"), &operated("enable"), Code::UnknownUpdate).await,
        told(&format!("updates delete {UPDATE} --yes"), &operated("delete"), Code::UpdateNeeded).await,
        told(&format!("updates delete {GROUP} --platform ios --yes"), &operated("delete"), Code::UpdateNeeded).await,
        told(&format!("updates target {GROUP} --clear --platform ios"), &operated("target"), Code::NotServed).await,
        told(&format!("updates republish {GROUP}"), &issued("republish", Why::Asked, true), Code::RolloutActive).await,
        told(
            &format!(
                "updates promote {GROUP} --channel production --platform ios -m Go --rollout 5 --on-rollout revert"
            ),
            &issued("promote", Why::Asked, false),
            Code::SplitChannel,
        )
        .await,
        told(&format!("updates promote {GROUP} --branch next"), &operated("promote"), Code::UnknownBranch).await,
    ];
    insta::assert_snapshot!(transcripts.concat());
}

#[tokio::test]
async fn what_was_published_is_listed_and_shown() {
    let update = |state: &str, more: serde_json::Value| {
        let mut update = json!({
            "id": UPDATE, "group": GROUP, "kind": "update", "branch": "main", "platform": "ios",
            "runtime_version": "1.0.0", "created_at": "2026-11-23T12:00:00.000Z", "state": state,
            "issued_by": "token:ci",
        });
        update.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        update
    };
    let warning = json!([{"code": "embedded_newer", "message": "the binary of channel production is newer"}]);
    let long = "A message that goes on and on until nobody reads it any more, or two";
    let list = json!({"updates": [
        update("rolling", json!({"rollout": 500, "message": "Two\nlines"})),
        update("served", json!({"rule": {"device_in": ["d"]}, "message": long})),
        update("disabled", json!({"kind": "roll_back_to_embedded", "message": "back"})),
        update("held", json!({"kind": "roll_back_to_embedded"})),
        update("covered", json!({"warnings": warning})),
    ], "next_cursor": "c2"});
    let asset = |key: &str, launch| json!({"hash": "ab".repeat(32), "key": key, "content_type": "image/png", "size": 12_100, "launch": launch, "url": format!("https://u.example/assets/{key}")});
    let elsewhere = json!({"hash": "cd".repeat(32), "key": "4567", "content_type": "font/ttf", "launch": false, "url": "https://cdn.example.com/4567.ttf"});
    let full = json!({
        "rule": {"device_in": ["d"]}, "message": "Fixed", "git_commit": "c0ffee", "origin": UPDATE,
        "body": "{}", "assets": [asset("bundle-key", true), asset("0123", false), elsewhere],
    });
    let directive = json!({"kind": "roll_back_to_embedded", "body": "{}", "assets": [], "warnings": warning});
    let shown = json!({"updates": [update("served", full), update("served", directive)]});
    let transcripts = [
        told("updates list", &list, Code::UnknownApp).await,
        told(
            "updates list --branch ä/b&c --channel production --platform ios --runtime-version 1+2 --state held --limit 200 --cursor c=1",
            &json!({"updates": []}),
            Code::UnknownBranch,
        )
        .await,
        told(&format!("updates show {GROUP}"), &shown, Code::UnknownUpdate).await,
    ];
    insta::assert_snapshot!(transcripts.concat());
}

#[tokio::test]
async fn apps_and_their_audit_log() {
    let transcripts = [
        told(
            "apps list",
            &json!({"apps": [{"slug": "shop", "created_at": "2026-11-23T12:00:00.000Z", "version": 7}]}),
            Code::NotFound,
        )
        .await,
        told(
            "apps show --app shop",
            &json!({"slug": "shop", "update_url": "https://u.example/apps/shop/update", "channels": [
                {"name": "production", "branches": ["main", "next"], "paused": true}]}),
            Code::UnknownApp,
        )
        .await,
        told(
            "audit --limit 2 --before 9",
            &json!({"lines": [{"id": 7, "at": "2026-11-23T12:00:00.000Z", "actor": "token:ci", "action": "pause_channel",
                "detail": {"before": {"channel c1": {"name": "production", "paused": false}},
                           "after": {"channel c1": {"name": "production", "paused": true}}}}],
                "next_cursor": "7"}),
            Code::UnknownApp,
        )
        .await,
    ];
    insta::assert_snapshot!(transcripts.concat());
}

#[tokio::test]
async fn an_app_is_created_once() {
    let server = FakeServer::start().await;
    let line = format!("apps create shop --channel main --server {}", server.url);
    let created = json!({"slug": "shop", "created_at": "2026-11-23T12:00:00.000Z", "version": 1});
    server.answer(&created);
    let (exit, out, err) = run(&line, Mode::default()).await;
    assert_eq!((exit, out.as_str()), (Exit::Ok, "Created app shop with channel main\n"));
    assert_eq!(err, "hint: `updraft apps show --app shop` prints its update URL\n");
    let asked = server.asked();
    assert_eq!((asked.line.as_str(), asked.idempotency_key), ("POST /api/v1/apps", None));
    assert_eq!(asked.body, Some(json!({"slug": "shop", "channel": "main"})));

    server.answer(&created);
    let (_, out, _) = run(&line, Mode { json: true, ..Mode::default() }).await;
    assert_eq!(serde_json::from_str::<serde_json::Value>(&out).unwrap(), created);
    server.refuse(Code::AppExists);
    assert_eq!(run(&line, Mode::default()).await.0, Exit::Refused);

    // It may be there now, and a second one would be refused: that must not hide how the first one ended.
    server.fail("nothing", [Fault::CutAfterwards]);
    server.answer(&created);
    let (exit, _, err) = run(&line, Mode::default()).await;
    assert_eq!((exit, server.count("nothing")), (Exit::Unreachable, 4));
    assert!(err.contains("see with `updraft apps list`"), "{err}");
}

#[tokio::test]
async fn names_stay_one_segment_of_the_path() {
    let server = FakeServer::start().await;
    for (name, path) in [("my channel/ä?#%", "my%20channel%2F%C3%A4%3F%23%25"), ("...", "..."), ("a\\b", "a%5Cb")] {
        server.answer(&operated("pause_channel"));
        let words = ["updraft", "channels", "pause", name, "--server", &server.url];
        let (global, command) = crate::arguments::parsed_words(words).unwrap();
        let (printer, _) = Printer::captured(Mode::default());
        assert_eq!(
            cli::execute(global, command, &Surroundings::default(), &Intent::default(), &printer).await,
            Exit::Ok
        );
        assert_eq!(server.asked().line, format!("PATCH /api/v1/apps/default/channels/{path}"));
    }
}

#[tokio::test]
async fn a_rule_is_read_from_a_file_and_must_be_json() {
    let server = FakeServer::start().await;
    let directory = tempfile::TempDir::new().unwrap();
    let rule = directory.path().join("rule.json");
    std::fs::write(&rule, r#"{"device_in": ["d1"]}"#).unwrap();
    let line = format!("updates republish {GROUP} --rule {} --server {}", rule.display(), server.url);
    server.answer(&operated("republish"));
    assert_eq!(run(&line, Mode::default()).await.0, Exit::Ok);
    assert_eq!(server.asked().body.unwrap()["rule"], json!({"device_in": ["d1"]}));

    let target = format!("updates target {GROUP} --platform ios --rule {} --server {}", rule.display(), server.url);
    server.answer(&operated("target"));
    assert_eq!(run(&target, Mode::default()).await.0, Exit::Ok);
    let asked = server.asked();
    assert!(asked.line.starts_with("PUT ") && asked.line.contains(&format!("/updates/{GROUP}/rule")), "{}", asked.line);
    assert_eq!(asked.body.unwrap(), json!({"rule": {"device_in": ["d1"]}, "platform": "ios"}));

    let bottomless = "{\"not\":".repeat(10_000);
    for text in ["device_in: d1", &" ".repeat((1 << 20) + 1), &bottomless] {
        std::fs::write(&rule, text).unwrap();
        for line in [&line, &target] {
            let (exit, out, err) = run(line, Mode { json: true, ..Mode::default() }).await;
            assert_eq!(exit, Exit::Failure);
            assert!(out.contains(r#""code":"invalid_rule""#) && err.contains(Code::InvalidRule.hint()), "{out}{err}");
        }
    }
}

#[tokio::test]
async fn what_is_as_asked_for_already_is_no_failure() {
    let server = FakeServer::start().await;
    server.answer(&Operated { changed: false, ..operated("pause_channel") });
    let (exit, out, err) = run(&format!("channels pause beta --server {}", server.url), Mode::default()).await;
    assert_eq!((exit, out.as_str(), err.as_str()), (Exit::Ok, "Nothing changed: all is as asked for already\n", ""));
}

#[tokio::test]
async fn what_cannot_be_taken_back_needs_a_yes() {
    let server = FakeServer::start().await;
    for line in [
        "channels delete beta".to_owned(),
        "branches delete main".into(),
        format!("updates delete {GROUP}"),
        format!("rollout revert {GROUP}"),
    ] {
        let line = format!("{line} --server {}", server.url);
        server.answer(&preview("delete"));
        let (exit, out, err) = run(&line, Mode { json: true, ..Mode::default() }).await;
        assert_eq!(exit, Exit::Usage, "{line}");
        assert!(out.contains(r#""code":"unconfirmed""#) && err.contains("hint: say `--yes`"), "{out}{err}");
        assert!(out.contains("devices on u2 go back to u1, issued again)"), "{out}");

        for (typed, expected) in [("\n", Exit::Failure), ("no\n", Exit::Failure), ("Y\n", Exit::Ok), ("yes", Exit::Ok)]
        {
            let asked = server.inner().asked.len();
            server.answer(&preview("delete"));
            if expected == Exit::Ok {
                server.answer(&operated("delete"));
            }
            let (printer, printed) = Printer::captured(Mode::default());
            let (global, command) = parsed(&line).unwrap();
            let exit =
                cli::execute(global, command, &Surroundings::default(), &Intent::default(), &printer.answering(typed))
                    .await;
            assert_eq!(exit, expected, "{line} {typed:?}");
            let keys: Vec<bool> =
                server.inner().asked[asked..].iter().map(|asked| asked.idempotency_key.is_some()).collect();
            let expected: &[bool] = if exit == Exit::Ok { &[false, true] } else { &[false] };
            assert_eq!(keys, expected, "{line} {typed:?}: first a preview, and nothing without a yes");
            assert!(printed.err().contains("? ") && printed.err().contains(" [y/N]\n"), "{}", printed.err());
        }
    }
}

fn preview(action: &str) -> Operated {
    let standing = |update: &str| Standing {
        kind: StandingKind::Update,
        update: Some(update.into()),
        created_at: Some("2026-11-23T12:00:00.000Z".into()),
        origin: None,
        issued: false,
        reason: None,
    };
    let consequence = Consequence {
        channel: "production".into(),
        branch: Some("main".into()),
        platform: "ios".into(),
        runtime_version: "1.4.0".into(),
        share: None,
        by_rule: false,
        from: standing("u2"),
        to: Standing { origin: Some("u1".into()), issued: true, ..standing("u3") },
        reissued: 1,
    };
    Operated { consequences: vec![consequence], dry_run: true, ..operated(action) }
}

const CAREFUL: [&str; 10] = [
    "roll-back --channel production --to previous",
    "rollout revert g1",
    "channels rollout revert production",
    "updates disable g1",
    "updates delete g1",
    "channels delete production",
    "channels point production --branch next",
    "channels pause production",
    "branches delete main",
    "branches pin main --group g1",
];

/// A server at which the channel `production` rolls out another branch.
async fn rolling_server() -> FakeServer {
    let server = FakeServer::start().await;
    let split = json!({"channels": [
        {"name": "production", "branch": "main", "paused": false, "rollout": {"branch": "next", "basis_points": 500}},
    ]});
    server.inner().laid.insert("channels", split);
    server
}

/// A preview, or what was done, as each command is answered.
fn answers(line: &str, dry_run: bool) -> serde_json::Value {
    let operated = Operated { dry_run, ..preview("operate") };
    let mut answer = serde_json::to_value(operated).unwrap();
    if line.starts_with("roll-back") {
        for only_operated in ["action", "changed", "groups"] {
            answer.as_object_mut().unwrap().remove(only_operated);
        }
        answer["group"] = GROUP.into();
        answer["branch"] = "main".into();
        answer["updates"] = json!([]);
    }
    answer
}

#[tokio::test]
async fn what_it_means_is_said_before_a_terminal_is_asked() {
    for line in CAREFUL {
        let server = rolling_server().await;
        let full = format!("{line} --server {}", server.url);
        for (typed, exit) in [("no", Exit::Failure), ("y", Exit::Ok)] {
            server.answer(&answers(line, true));
            if exit == Exit::Ok {
                server.answer(&answers(line, false));
            }
            let (printer, printed) = Printer::captured(Mode { quiet: true, ..Mode::default() });
            let (global, command) = parsed(&full).unwrap();
            let printer = printer.answering(typed);
            let ended = cli::execute(global, command, &Surroundings::default(), &Intent::default(), &printer).await;
            assert_eq!(ended, exit, "{line}: {}", printed.err());
            let said = "iOS 1.4.0 on production: devices on u2 go back to u1, issued again\n";
            let err = printed.err();
            let (_, question) = err.split_once(said).unwrap();
            assert!(question.contains("? ") && question.ends_with("[y/N]\n") == (exit == Exit::Ok), "{question}");
            let done = "iOS 1.4.0 on production: devices on u2 go back to u1, issued again as u3\n";
            assert_eq!(printed.out().contains(done), exit == Exit::Ok, "{line}: {}", printed.out());
        }
        let asked: Vec<String> = server.inner().asked.iter().map(|asked| asked.line.clone()).collect();
        let previews: Vec<bool> = asked.iter().map(|line| line.ends_with("dry_run=true")).collect();
        assert_eq!(previews, [true, true, false], "{asked:?}");
        assert_eq!(asked[1].replace("?dry_run=true", ""), asked[2]);
    }
}

#[tokio::test]
async fn a_dry_run_only_looks_and_a_yes_does_not_look() {
    for line in CAREFUL {
        let server = rolling_server().await;
        let full = format!("{line} --server {}", server.url);
        server.answer(&answers(line, true));
        let (exit, out, err) = run(&format!("{full} --dry-run"), Mode::default()).await;
        let said = "Nothing was done. What it would mean:\n\
                    iOS 1.4.0 on production: devices on u2 go back to u1, issued again\n";
        assert_eq!((exit, out.as_str(), err.as_str()), (Exit::Ok, said, ""), "{line}");
        server.answer(&answers(line, true));
        let (exit, out, _) = run(&format!("{full} --dry-run"), Mode { json: true, ..Mode::default() }).await;
        let json: serde_json::Value = serde_json::from_str(&out).unwrap();
        assert_eq!((exit, json), (Exit::Ok, serde_json::to_value(answers(line, true)).unwrap()), "{line}");
        server.answer(&answers(line, false));
        assert_eq!(run(&format!("{full} --yes"), Mode::default()).await.0, Exit::Ok, "{line}");
        let asked: Vec<_> = server.inner().asked.clone();
        let told: Vec<_> =
            asked.iter().map(|asked| (asked.line.ends_with("dry_run=true"), asked.idempotency_key.is_some())).collect();
        assert_eq!(told, [(true, false), (true, false), (false, true)], "{line}");
    }
}

#[tokio::test]
async fn a_server_that_knows_no_previews_is_found_out() {
    let server = FakeServer::start().await;
    let line = format!("updates disable {GROUP} --dry-run --server {}", server.url);
    server.answer(&operated("disable"));
    let (exit, out, err) = run(&line, Mode { json: true, ..Mode::default() }).await;
    assert_eq!(exit, Exit::Failure);
    assert!(out.contains(r#""code":"not_a_preview""#) && err.contains("`updraft audit"), "{out}{err}");
}

#[tokio::test]
async fn an_operation_is_sent_again_under_its_key_and_may_end_unknown() {
    let server = FakeServer::start().await;
    let line = format!("channels pause beta --server {}", server.url);
    let (printer, _) = Printer::captured(Mode::default());
    let (global, command) = parsed(&line).unwrap();
    let intent = Intent::default();
    server.fail("nothing", [Fault::Cut]);
    server.answer(&operated("pause_channel"));
    assert!(!intent.was_sent());
    assert_eq!(cli::execute(global, command, &Surroundings::default(), &intent, &printer).await, Exit::Ok);
    assert!(intent.was_sent());
    let keys: Vec<_> = server.inner().seen.iter().map(|seen| seen.idempotency_key.clone()).collect();
    assert_eq!((keys.len(), &keys[0]), (2, &keys[1]));

    server.fail("nothing", [Fault::OtherJson]);
    let (exit, out, err) = run(&line, Mode { json: true, ..Mode::default() }).await;
    assert_eq!(exit, Exit::Unreachable);
    assert!(out.contains(r#""code":"outcome_unknown""#) && err.contains("see with `updraft audit`"), "{out}{err}");
}

#[tokio::test]
async fn a_list_is_read_to_its_end() {
    let server = FakeServer::start().await;
    let page = |name: &str, next: Option<&str>| {
        let channel = json!({"name": name, "branch": "main", "paused": false});
        json!({"channels": [channel], "next_cursor": next})
    };
    for page in [page("a", Some("c=1")), page("b", Some("c2")), page("c", None)] {
        server.answer(&page);
    }
    let json = Mode { json: true, ..Mode::default() };
    let (exit, out, err) = run(&format!("channels list --server {} --token secret", server.url), json).await;
    assert_eq!(exit, Exit::Ok, "{err}");
    let channels: api::Channels = serde_json::from_str(&out).unwrap();
    let names: Vec<_> = channels.channels.iter().map(|channel| channel.name.as_str()).collect();
    assert_eq!((names, channels.next_cursor), (vec!["a", "b", "c"], None));
    let asked = server.inner();
    let lines: Vec<_> = asked.asked.iter().filter_map(|asked| asked.line.split_once("channels")).collect();
    assert_eq!(lines.iter().map(|line| line.1).collect::<Vec<_>>(), ["", "?cursor=c%3D1", "?cursor=c2"]);
}

#[tokio::test]
async fn a_list_that_turns_in_circles_is_left() {
    let server = FakeServer::start().await;
    let page = |name: &str, next: &str| {
        let channel = json!({"name": name, "branch": "main", "paused": false});
        json!({"channels": [channel], "next_cursor": next})
    };
    for _ in 0..3 {
        server.answer(&page("a", "c1"));
        server.answer(&page("b", "c2"));
    }
    let json = Mode { json: true, ..Mode::default() };
    let (exit, out, err) = run(&format!("channels list --server {} --token secret", server.url), json).await;
    assert_eq!(exit, Exit::Ok, "{err}");
    let channels: api::Channels = serde_json::from_str(&out).unwrap();
    assert_eq!((channels.channels.len(), server.inner().asked.len()), (3, 3));
}
