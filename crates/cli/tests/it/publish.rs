//! Publishing a finished export, without Node.

use std::path::{Path, PathBuf};

use cli::commands::publish::{PublishOptions, Source, Target, publish};
use cli::exit::Exit;
use cli::{Mode, Printer, Programs, Release};
use tempfile::TempDir;

use crate::fake_server::{FakeServer, Fault, sha256};

/// The committed export of the example app.
pub fn hello_dist() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../examples/hello-expo/dist")
}

/// Options that publish an export, in a directory without repository, without npx.
pub fn options(server: &FakeServer, export: &Path, project: &Path) -> PublishOptions {
    PublishOptions {
        connection: server.connection(),
        target: Target { channel: Some("production".into()), branch: None, create_channel: false },
        source: Source::Export(export.to_owned()),
        project: project.to_owned(),
        platform: None,
        runtime_version: None,
        message: None,
        force: false,
        other_project: false,
        release: Release::default(),
        programs: Programs { npx: "/nowhere/npx".into(), git: "/nowhere/git".into(), unattended: true },
    }
}

/// An export with one bundle and the given assets as (name, bytes).
pub fn small_export(assets: &[(&str, &[u8])]) -> TempDir {
    let directory = TempDir::new().unwrap();
    let listed: Vec<_> =
        assets.iter().map(|(name, _)| serde_json::json!({"path": format!("assets/{name}"), "ext": "png"})).collect();
    let metadata = serde_json::json!({
        "version": 0, "bundler": "metro", "fileMetadata": {"ios": {"bundle": "ios.hbc", "assets": listed}},
    });
    std::fs::write(directory.path().join("metadata.json"), metadata.to_string()).unwrap();
    std::fs::write(directory.path().join("ios.hbc"), b"bundle").unwrap();
    std::fs::write(directory.path().join("expoConfig.json"), br#"{"runtimeVersion":"1.0.0"}"#).unwrap();
    std::fs::create_dir(directory.path().join("assets")).unwrap();
    for (name, bytes) in assets {
        std::fs::write(directory.path().join("assets").join(name), bytes).unwrap();
    }
    directory
}

#[tokio::test]
async fn the_example_goes_up_and_live_and_a_second_time_nothing_changed() {
    let server = FakeServer::start().await;
    let nowhere = TempDir::new().unwrap();
    let options = options(&server, &hello_dist(), nowhere.path());
    let (printer, printed) = Printer::captured(Mode::default());

    let report = publish(options.clone(), &printer).await.unwrap();
    report.print(&printer);
    assert_eq!(server.story(), "app, updates, missing, upload x5, prepare, commit");
    assert_eq!(report.uploaded.files, 5);
    insta::assert_snapshot!(printed.out(), @r"
    Published to branch production as group g1
      platform  runtime version  update                                created at
      android   1.0.0            00000000-0000-4000-8000-000000000000  2026-11-23T12:00:00.000Z
      ios       1.0.0            10000000-0000-4000-8000-000000000000  2026-11-23T12:00:00.000Z
    Uploaded 5 files, 2.9 MB; 0 reused
    ");
    let mut lines: Vec<String> = printed.err().lines().map(str::to_owned).collect();
    lines[1..].sort_unstable_by_key(|line| line.split_once("  ").map(|(_, file)| file.to_owned()));
    insta::assert_snapshot!(lines[0], @"uploading 5 files, 2.9 MB");
    assert_eq!(lines.len(), 6);

    let asked = server.inner().prepared[0].clone();
    let [android, ios] = &asked.platforms[..] else { panic!("{asked:?}") };
    assert_eq!((android.platform.as_str(), ios.platform.as_str()), ("android", "ios"));
    assert_eq!((android.runtime_version.as_str(), ios.runtime_version.as_str()), ("1.0.0", "1.0.0"));
    assert_eq!(ios.expo_config.as_ref().unwrap()["slug"], "hello-expo");
    let listing: serde_json::Value =
        serde_json::from_slice(&std::fs::read(hello_dist().join("metadata.json")).unwrap()).unwrap();
    let read = |path: &serde_json::Value| std::fs::read(hello_dist().join(path.as_str().unwrap())).unwrap();
    let listed = &listing["fileMetadata"]["ios"];
    assert_eq!(ios.bundle, sha256(&read(&listed["bundle"])));
    let path = &listed["assets"][0]["path"];
    let key = path.as_str().unwrap().strip_prefix("assets/").unwrap();
    let first = api::ExportAsset { hash: sha256(&read(path)), key: key.into(), ext: "png".into() };
    assert_eq!(ios.assets[0], first);
    assert_eq!((asked.git, asked.message), (None, None));
    assert!(server.inner().seen.iter().all(|seen| seen.authorization.as_deref() == Some("Bearer secret")));

    server.inner().seen.clear();
    let (printer, printed) = Printer::captured(Mode::default());
    let failure = publish(options, &printer).await.unwrap_err();
    printer.failure(&failure);
    assert_eq!(failure.exit(), Exit::NothingNew);
    assert_eq!(server.story(), "app, updates, missing, prepare");
    insta::assert_snapshot!(printed.err(), @r"
    nothing to upload: the server has every file
    error: the head of production already has this content
    hint: publish with `--force` to issue it again under a new id
    ");
}

#[tokio::test]
async fn only_what_is_missing_goes_up_and_equal_files_once() {
    let server = FakeServer::start().await;
    let export = small_export(&[("a", b"one"), ("b", b"two"), ("c", b"two")]);
    server.inner().blobs.insert(sha256(b"one"), "one".into());
    let (printer, printed) = Printer::captured(Mode::default());

    let report = publish(options(&server, export.path(), export.path()), &printer).await.unwrap();
    assert_eq!((report.uploaded.files, report.uploaded.bytes, report.uploaded.reused), (2, 9, 1));
    assert_eq!(server.count("upload"), 2);
    assert!(printed.err().starts_with("uploading 2 files, 9 B (1 already there)\n"), "{}", printed.err());
}

#[tokio::test]
async fn json_is_one_document_on_standard_output() {
    let server = FakeServer::start().await;
    server.inner().warnings = vec![api::Warning { code: "head_in_future".into(), message: "look".into() }];
    let export = small_export(&[]);
    let (printer, printed) = Printer::captured(Mode { json: true, quiet: true, ..Mode::default() });
    let mut options = options(&server, export.path(), export.path());
    options.message = Some("first".into());

    publish(options, &printer).await.unwrap().print(&printer);
    let document: serde_json::Value = serde_json::from_str(&printed.out()).unwrap();
    insta::assert_snapshot!(serde_json::to_string_pretty(&document).unwrap(), @r#"
    {
      "group": "g1",
      "branch": "production",
      "updates": [
        {
          "id": "00000000-0000-4000-8000-000000000000",
          "kind": "update",
          "platform": "ios",
          "runtime_version": "1.0.0",
          "created_at": "2026-11-23T12:00:00.000Z",
          "held": false
        }
      ],
      "warnings": [
        {
          "code": "head_in_future",
          "message": "look"
        }
      ],
      "channel": "production",
      "message": "first",
      "uploaded": {
        "files": 1,
        "bytes": 6,
        "reused": 0
      }
    }
    "#);
    insta::assert_snapshot!(printed.err(), @"warning: look (head_in_future)");
}

#[tokio::test]
async fn one_platform_one_runtime_version_and_a_branch_can_be_named() {
    let server = FakeServer::start().await;
    let nowhere = TempDir::new().unwrap();
    let mut options = options(&server, &hello_dist(), nowhere.path());
    options.platform = Some(protocol::Platform::Ios);
    options.runtime_version = Some("2.0.0+ä/%".into());
    options.target = Target { channel: None, branch: Some("beta".into()), create_channel: false };
    let (printer, _) = Printer::captured(Mode::default());

    publish(options, &printer).await.unwrap();
    let asked = server.inner().prepared[0].clone();
    assert_eq!((asked.channel, asked.branch.as_deref()), (None, Some("beta")));
    assert_eq!(asked.platforms.len(), 1);
    assert_eq!(asked.platforms[0].platform, "ios");
    assert_eq!(asked.platforms[0].runtime_version, "2.0.0+ä/%");
    assert_eq!(server.count("upload"), 4);
}

#[tokio::test]
async fn an_unknown_channel_is_told_before_anything_goes_up() {
    let server = FakeServer::start().await;
    let export = small_export(&[]);
    let mut options = options(&server, export.path(), export.path());
    options.target.channel = Some("prodction".into());
    let (printer, printed) = Printer::captured(Mode::default());

    let failure = publish(options.clone(), &printer).await.unwrap_err();
    printer.failure(&failure);
    assert_eq!((failure.exit(), server.story().as_str()), (Exit::Refused, "app"));
    insta::assert_snapshot!(printed.err(), @r"
    error: the app has no channel prodction
    hint: it has production; `updraft channels create` makes one, and so does `updraft publish --create-channel`
    ");

    options.target.create_channel = true;
    publish(options, &printer).await.unwrap();
    assert!(server.inner().prepared[0].create_channel);
}

#[tokio::test]
async fn bad_exports_are_told_and_nothing_goes_up() {
    let server = FakeServer::start().await;
    let no_listing = TempDir::new().unwrap();
    let missing_file = small_export(&[("a", b"x")]);
    std::fs::remove_file(missing_file.path().join("assets/a")).unwrap();
    let escaping = small_export(&[("a", b"x")]);
    let listing = r#"{"version":0,"bundler":"metro","fileMetadata":{"ios":{"bundle":"../ios.hbc","assets":[]}}}"#;
    std::fs::write(escaping.path().join("metadata.json"), listing).unwrap();
    let odd_config = small_export(&[]);
    std::fs::write(odd_config.path().join("expoConfig.json"), "[]").unwrap();

    let mut said = String::new();
    for export in [&no_listing, &missing_file, &escaping, &odd_config] {
        let (printer, printed) = Printer::captured(Mode::default());
        let failure = publish(options(&server, export.path(), export.path()), &printer).await.unwrap_err();
        printer.failure(&failure);
        assert_eq!(failure.exit(), Exit::Failure);
        said += &printed.err().replace(export.path().to_str().unwrap(), "DIR");
    }
    let no_android = small_export(&[]);
    let mut options = options(&server, no_android.path(), no_android.path());
    options.platform = Some(protocol::Platform::Android);
    let (printer, printed) = Printer::captured(Mode::default());
    printer.failure(&publish(options, &printer).await.unwrap_err());
    said += &printed.err().replace(no_android.path().to_str().unwrap(), "DIR");

    insta::assert_snapshot!(said, @r#"
    error: DIR has no metadata.json, so it is not an export
    hint: run `npx expo export --platform ios --platform android` first, or leave --input-dir out to have it run
    error: metadata.json of DIR lists assets/a, but there is no such file
    hint: export again with `npx expo export`, and publish its output unchanged
    error: DIR/metadata.json cannot be used
      caused by: fileMetadata.ios.bundle in metadata.json is "../ios.hbc": it leaves the export by `..`
    hint: export again with `npx expo export`, and publish its output unchanged
    error: DIR/expoConfig.json is not a JSON object
    hint: write it with `npx expo config --json --type public > expoConfig.json`
    error: DIR has no android export
    hint: add `--platform android` to `npx expo export`, or publish without it
    "#);
    assert_eq!(server.count("missing"), 0);
}

#[tokio::test]
async fn without_a_config_and_npx_the_runtime_version_must_be_given() {
    let server = FakeServer::start().await;
    let export = small_export(&[]);
    std::fs::remove_file(export.path().join("expoConfig.json")).unwrap();
    let mut options = options(&server, export.path(), export.path());
    let (printer, printed) = Printer::captured(Mode::default());

    let failure = publish(options.clone(), &printer).await.unwrap_err();
    printer.failure(&failure);
    assert_eq!(failure.exit(), Exit::Failure);
    insta::assert_snapshot!(printed.err(), @r"
    error: /nowhere/npx cannot be run
      caused by: No such file or directory (os error 2)
    hint: install Node 20 or newer; or, without Node, publish a finished export with --input-dir and --runtime-version
    ");

    options.runtime_version = Some("1.0.0".into());
    let (printer, printed) = Printer::captured(Mode { quiet: true, ..Mode::default() });
    publish(options, &printer).await.unwrap();
    assert_eq!(server.inner().prepared[0].platforms[0].expo_config, None);
    insta::assert_snapshot!(printed.err(), @"warning: this update carries no app config (/nowhere/npx cannot be run), so `Constants.expoConfig` will be empty; put the output of `npx expo config --json --type public` into expoConfig.json of the export");
}

#[tokio::test]
async fn keys_held_elsewhere_stop_the_publish_before_the_commit() {
    let server = FakeServer::start().await;
    server.inner().external_keys = vec!["ci".into()];
    let export = small_export(&[]);
    let (printer, printed) = Printer::captured(Mode { quiet: true, ..Mode::default() });

    let failure = publish(options(&server, export.path(), export.path()), &printer).await.unwrap_err();
    printer.failure(&failure);
    assert_eq!(server.count("commit"), 0);
    insta::assert_snapshot!(printed.err(), @r"
    error: the server does not hold the private part of ci
    hint: import the key with `updraft keys import`; bringing signatures made elsewhere is not supported yet
    ");
}

#[tokio::test]
async fn a_head_that_moved_is_prepared_again_under_a_new_key() {
    let server = FakeServer::start().await;
    let export = small_export(&[]);
    let options = options(&server, export.path(), export.path());
    let (printer, _) = Printer::captured(Mode::default());
    server.fail("commit", [Fault::Problem(api::Code::HeadMoved)]);

    publish(options.clone(), &printer).await.unwrap();
    assert_eq!(server.story(), "app, updates, missing, upload, prepare, commit, prepare, commit");
    let seen = server.inner().seen.clone();
    let keys: Vec<_> = seen.iter().filter_map(|seen| seen.idempotency_key.as_ref()).collect();
    assert_eq!(keys.len(), 2);
    assert_ne!(keys[0], keys[1]);

    server.fail("commit", vec![Fault::Problem(api::Code::HeadMoved); 4]);
    let mut forced = options;
    forced.force = true;
    let failure = publish(forced, &printer).await.unwrap_err();
    assert_eq!(failure.code(), "head_moved");
}

#[tokio::test]
async fn a_publish_can_run_on_another_thread() {
    fn assert_send(_: &impl Send) {}
    let server = FakeServer::start().await;
    let export = small_export(&[]);
    let (printer, _) = Printer::captured(Mode::default());
    assert_send(&publish(options(&server, export.path(), export.path()), &printer));
}

#[tokio::test]
async fn a_publish_can_open_a_rollout_and_end_another() {
    let server = FakeServer::start().await;
    let export = small_export(&[]);
    let (printer, _) = Printer::captured(Mode::default());
    let rule = serde_json::json!({"device_in": ["d1"]});
    let release = Release { rollout: Some(1250), rule: Some(rule), on_rollout: api::OnRollout::Finish };
    let options = PublishOptions { release: release.clone(), ..options(&server, export.path(), export.path()) };
    publish(options, &printer).await.unwrap();
    let asked = server.inner().prepared[0].clone();
    let sent = Release { rollout: asked.rollout, rule: asked.rule, on_rollout: asked.on_rollout };
    assert_eq!(sent, release);
}

#[tokio::test]
async fn an_export_of_another_project_is_refused_before_anything_goes_up() {
    let server = FakeServer::start().await;
    server.inner().head_config = Some(serde_json::json!({"slug": "shop"}));
    let export = small_export(&[]);
    std::fs::write(export.path().join("expoConfig.json"), br#"{"slug":"blog","runtimeVersion":"1.0.0"}"#).unwrap();
    let options = options(&server, export.path(), export.path());
    let (printer, printed) = Printer::captured(Mode::default());
    let failure = publish(options.clone(), &printer).await.unwrap_err();
    printer.failure(&failure);
    assert_eq!((failure.exit(), failure.code()), (Exit::Refused, "another_project"));
    assert_eq!(server.story(), "app, updates, update");
    insta::assert_snapshot!(printed.err(), @r#"
    error: this is another project: its slug is "blog", and the branch's newest update u0 has "shop"
    hint: name this project's app with --app (`updraft apps create` makes one), or say --other-project where phones shall run this one from now on
    "#);

    publish(PublishOptions { other_project: true, ..options.clone() }, &printer).await.unwrap();
    // What the example left, or the same project, is in nobody's way; neither is a branch that is not there.
    for slug in ["hello-expo", "blog"] {
        server.inner().head_config = Some(serde_json::json!({"slug": slug}));
        publish(PublishOptions { force: true, ..options.clone() }, &printer).await.unwrap();
    }
    server.fail("updates", [Fault::Problem(api::Code::UnknownBranch)]);
    publish(PublishOptions { force: true, ..options }, &printer).await.unwrap();
    assert_eq!(server.inner().committed.len(), 4);
}

#[tokio::test]
async fn binaries_that_ask_elsewhere_are_told_of() {
    let server = FakeServer::start().await;
    server.inner().channels.push("beta".into());
    for (updates, expected) in [
        (
            serde_json::json!({"url": "https://u.expo.dev/0f8b"}),
            "warning: binaries of this project ask https://u.expo.dev/0f8b,",
        ),
        (
            serde_json::json!({"requestHeaders": {"Expo-Channel-Name": "beta"}}),
            "the project's config says channel beta, and this goes to production",
        ),
        // The same in other words.
        (
            serde_json::json!({"url": "HTTP://LOCALHOST:8080/apps/default/update",
                               "requestHeaders": {"expo-channel-name": "production"}}),
            "",
        ),
    ] {
        let export = small_export(&[]);
        let config = serde_json::json!({"runtimeVersion": "1.0.0", "updates": updates});
        std::fs::write(export.path().join("expoConfig.json"), config.to_string()).unwrap();
        let (printer, printed) = Printer::captured(Mode::default());
        let options = PublishOptions { force: true, ..options(&server, export.path(), export.path()) };
        publish(options, &printer).await.unwrap();
        let err = printed.err();
        let told = err.lines().find(|line| line.contains("binaries of") || line.contains("says channel"));
        assert!(told.unwrap_or_default().starts_with(expected), "{updates}: {err}");
        assert_eq!(told.is_some(), !expected.is_empty(), "{updates}: {err}");
    }
}
