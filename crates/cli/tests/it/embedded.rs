//! Registering the updates inside released binaries.

use std::path::PathBuf;

use api::{Code, Operated, Warning};
use cli::Mode;
use cli::exit::Exit;
use serde_json::{Value, json};
use tempfile::TempDir;

use crate::arguments::run;
use crate::binaries::{
    BUNDLE, ID, aab, android_manifest, apk, binary, ios_manifest, ipa, manifest, settings, xml, zip,
};
use crate::fake_server::{FakeServer, sha256};
use crate::transcript::told;

fn registered() -> Operated {
    let warning = Warning { code: "embedded_newer".into(), message: "it is newer than what it would be served".into() };
    Operated {
        action: "register_embedded".into(),
        changed: true,
        groups: Vec::new(),
        warnings: vec![warning],
        consequences: Vec::new(),
        dry_run: false,
    }
}

/// A directory with one file in it.
fn file(name: &str, bytes: &[u8]) -> (TempDir, PathBuf) {
    let directory = TempDir::new().unwrap();
    let path = directory.path().join(name);
    std::fs::write(&path, bytes).unwrap();
    (directory, path)
}

/// What is sent for a binary, or how it ends: exit, JSON, standard error without the binary's directory.
async fn register(bytes: &[u8], options: &str) -> Result<Value, (Exit, Value, String)> {
    let server = FakeServer::start().await;
    server.answer(&registered());
    let (directory, path) = file("app.bin", bytes);
    let line = format!("embedded register {} {options} --server {}", path.display(), server.url);
    match run(&line, Mode { json: true, ..Mode::default() }).await {
        (Exit::Ok, ..) => {
            assert_eq!(server.asked().line, "POST /api/v1/apps/default/embedded");
            Ok(server.asked().body.unwrap())
        }
        (exit, out, err) => {
            assert_eq!(server.inner().asked.len(), 0);
            let err = err.replace(&directory.path().display().to_string(), "DIR");
            Err((exit, serde_json::from_str(&out).unwrap(), err))
        }
    }
}

fn facts(platform: &str, runtime_version: &str, channel: Option<&str>) -> Value {
    let mut facts = json!({
        "id": ID, "platform": platform, "runtime_version": runtime_version,
        "created_at": "2025-11-24T16:00:00.123Z", "launch_hash": sha256(BUNDLE),
    });
    if let Some(channel) = channel {
        facts["channel"] = channel.into();
    }
    facts
}

#[tokio::test]
async fn a_registration_and_the_list_as_people_see_them() {
    let (directory, path) = file("app.ipa", &ipa(&xml(&settings("1.0.0", Some("production")))));
    let (unknown, apk) = file("app.apk", &apk(&[]));
    let line = format!("embedded register {}", path.display());
    let other = format!("embedded register {} --runtime-version 1.0.0", apk.display());
    let list = json!({"embedded": [facts("ios", "1.0.0", Some("production")),
        {"id": ID, "platform": "android", "runtime_version": "1", "created_at": "2026-11-23T12:00:00.000Z"}]});
    let transcripts = [
        told(&line, &registered(), Code::EmbeddedConflict).await,
        told(&other, &registered(), Code::EmbeddedConflict).await,
        told("embedded list", &list, Code::UnknownApp).await,
    ];
    let text = transcripts.concat().replace(&directory.path().display().to_string(), "DIR");
    insta::assert_snapshot!(text.replace(&unknown.path().display().to_string(), "DIR"));
}

#[tokio::test]
async fn every_kind_of_binary_is_read() {
    let plain = settings("1.0.0", Some("production"));
    let fingerprint = settings("file:fingerprint", None);
    let within_framework = {
        let manifest = ios_manifest();
        zip(&[
            ("Payload/A.app/Frameworks/EXUpdates.framework/EXUpdates.bundle/app.manifest", manifest.as_bytes()),
            ("Payload/A.app/app.manifest", b"the client prefers the other one"),
            ("Payload/A.app/main.jsbundle", BUNDLE),
        ])
    };
    for (what, bytes, options, expected) in [
        ("XML", ipa(&xml(&plain)), "", facts("ios", "1.0.0", Some("production"))),
        ("binary", ipa(&binary(&plain)), "", facts("ios", "1.0.0", Some("production"))),
        ("a fingerprint", ipa(&binary(&fingerprint)), "", facts("ios", "c0ffee11", None)),
        ("said twice", ipa(&xml(&plain)), "--runtime-version 1.0.0", facts("ios", "1.0.0", Some("production"))),
        ("a framework", within_framework, "--runtime-version 2 --channel beta", facts("ios", "2", Some("beta"))),
        ("AAB", aab(), "--channel beta", facts("android", "c0ffee00", Some("beta"))),
        ("APK", apk(&[]), "--runtime-version 1", facts("android", "1", None)),
        ("APK, fingerprint", apk(&[("assets/fingerprint", b"c0ffee")]), "", facts("android", "c0ffee", None)),
    ] {
        assert_eq!(register(&bytes, options).await, Ok(expected), "{what}");
    }
}

#[tokio::test]
async fn what_cannot_be_read_is_asked_for_and_what_contradicts_is_refused() {
    for (bytes, options, message, hint) in [
        (apk(&[]), "", "the runtime version cannot be read from", "say it with `--runtime-version`"),
        (ipa(&xml(&settings("", None))), "", "the runtime version cannot be read from", "`--channel` can say"),
        (
            ipa(&xml(&settings("1.0.0", Some("production")))),
            "--runtime-version 2.0.0",
            "is 1.0.0, not 2.0.0",
            "leave --runtime-version out",
        ),
        (
            ipa(&xml(&settings("1", Some("production")))),
            "--channel beta",
            "is production, not beta",
            "leave --channel out",
        ),
    ] {
        let (exit, json, err) = register(&bytes, options).await.unwrap_err();
        assert_eq!((exit, &json["error"]["code"]), (Exit::Usage, &"usage".into()), "{err}");
        assert!(err.contains(message) && err.contains(hint), "{err}");
    }
}

#[tokio::test]
async fn what_is_no_app_is_refused_with_the_public_code() {
    let ios = ios_manifest();
    let android = android_manifest();
    let without_id = r#"{"commitTime":1,"assets":[]}"#;
    let foreign_id = manifest("").replace(ID, "main");
    // The zip says that it is small; what comes out of it counts.
    let huge = vec![b' '; 16 * 1024 * 1024 + 1];
    let good_bundle = ("assets/index.android.bundle", BUNDLE);
    let mut torn = apk(&[]);
    let place = torn.windows(BUNDLE.len()).position(|window| window == BUNDLE).unwrap();
    torn[place] ^= 1;
    let plain = xml(&settings("1.0.0", None));
    let mut cut = apk(&[]);
    cut.truncate(cut.len() / 2);
    for (bytes, cause) in [
        (Vec::new(), "it is not an .apk, .aab or .ipa"),
        (b"PK\x03\x04 and nothing else".to_vec(), "it is not an .apk, .aab or .ipa"),
        (cut, "it is not an .apk, .aab or .ipa"),
        (zip(&[("classes.dex", b"dex"), ("assets/deeper/app.manifest", b"{}")]), "it holds no `app.manifest`"),
        (zip(&[("Payload/A.app/PlugIns/B.app/app.manifest", b"{}")]), "it holds no `app.manifest`"),
        (
            zip(&[("assets/app.manifest", android.as_bytes()), ("assets/main.jsbundle", BUNDLE)]),
            "it holds no bundle: there is no assets/index.android.bundle",
        ),
        (zip(&[("assets/app.manifest", without_id.as_bytes()), good_bundle]), "missing field `id`"),
        (zip(&[("assets/app.manifest", foreign_id.as_bytes()), good_bundle]), r#"its id "main" is not a UUID"#),
        (zip(&[("assets/app.manifest", &huge), good_bundle]), "assets/app.manifest has more than 16777216 bytes"),
        (torn, "assets/index.android.bundle cannot be read from it"),
        (ipa(b"not a property list"), "Payload/My App.app/Expo.plist cannot be read as a property list"),
        (ipa(&bomb()), "it unfolds to more than 10000 values"),
        (ipa(&[plain.as_slice(), &huge[..300_000]].concat()), "Expo.plist has more than 262144 bytes"),
        (
            zip(&[
                ("Payload/A.app/app.manifest", ios.as_bytes()),
                ("Payload/A.app/main.jsbundle", BUNDLE),
                ("Payload/B.app/app.manifest", ios.as_bytes()),
                ("Payload/B.app/main.jsbundle", BUNDLE),
            ]),
            "it holds two apps",
        ),
    ] {
        let (exit, json, err) = register(&bytes, "--runtime-version 1.0.0").await.unwrap_err();
        assert_eq!((exit, &json["error"]["code"]), (Exit::Failure, &"not_an_app".into()), "{err}");
        assert!(err.starts_with("error: DIR/app.bin is not an app with an embedded update\n"), "{err}");
        assert!(err.contains(cause), "{cause}: {err}");
        assert!(err.contains(&format!("hint: {}", Code::NotAnApp.hint())), "{err}");
    }
}

/// A binary property list of some hundred bytes: a dictionary of an array of 16 references to an array of 16
/// references, and so on.
fn bomb() -> Vec<u8> {
    let depth = 12_u8;
    let mut bytes = b"bplist00".to_vec();
    let mut offsets = Vec::new();
    let mut object = |bytes: &mut Vec<u8>, object: &[u8]| {
        offsets.push(u8::try_from(bytes.len()).unwrap());
        bytes.extend(object);
    };
    object(&mut bytes, &[0xD1, 1, 2]);
    object(&mut bytes, &[0x51, b'k']);
    for level in 2..depth {
        object(&mut bytes, &[&[0xAF, 0x10, 16][..], &[level + 1; 16]].concat());
    }
    object(&mut bytes, &[0x09]);
    let table = bytes.len() as u64;
    bytes.extend(&offsets);
    bytes.extend([0, 0, 0, 0, 0, 0, 1, 1]);
    for number in [offsets.len() as u64, 0, table] {
        bytes.extend(number.to_be_bytes());
    }
    bytes
}

#[tokio::test]
async fn the_two_files_do_as_well() {
    let server = FakeServer::start().await;
    let directory = TempDir::new().unwrap();
    let path = |name: &str| directory.path().join(name).display().to_string();
    let write = |name: &str, bytes: &[u8]| std::fs::write(path(name), bytes).unwrap();
    write("ios.manifest", ios_manifest().as_bytes());
    write("bare.manifest", manifest("").as_bytes());
    for name in ["x.hbc", "main.jsbundle", "index.android.bundle"] {
        write(name, BUNDLE);
    }
    let register = async |manifest: &str, bundle: &str, more: &str| {
        let (manifest, bundle, url) = (path(manifest), path(bundle), &server.url);
        let line = format!("embedded register --manifest {manifest} --bundle {bundle} --server {url} {more}");
        run(&line, Mode::default()).await
    };
    for (manifest, bundle, more, platform) in [
        ("ios.manifest", "x.hbc", "", "ios"),
        ("bare.manifest", "main.jsbundle", "", "ios"),
        ("bare.manifest", "index.android.bundle", "", "android"),
        ("bare.manifest", "x.hbc", "--platform android", "android"),
    ] {
        server.answer(&registered());
        let (exit, _, err) = register(manifest, bundle, &format!("--runtime-version 1 {more}")).await;
        assert_eq!((exit, server.asked().body), (Exit::Ok, Some(facts(platform, "1", None))), "{err}");
    }
    for (manifest, bundle, more, exit, message) in [
        ("bare.manifest", "x.hbc", "--runtime-version 1", Exit::Usage, "which platform it is for"),
        ("ios.manifest", "x.hbc", "--runtime-version 1 --platform android", Exit::Usage, "is ios, not android"),
        ("ios.manifest", "x.hbc", "", Exit::Usage, "the runtime version cannot be read"),
        ("x.hbc", "x.hbc", "--runtime-version 1", Exit::Failure, "is not an embedded update's manifest"),
        ("missing", "x.hbc", "--runtime-version 1", Exit::Failure, "cannot be read"),
        ("ios.manifest", ".", "--runtime-version 1", Exit::Failure, "it is not a regular file"),
    ] {
        let (ended, _, err) = register(manifest, bundle, more).await;
        assert_eq!(ended, exit, "{err}");
        assert!(err.contains(message), "{message}: {err}");
    }
    assert_eq!(server.inner().asked.len(), 4);
}
