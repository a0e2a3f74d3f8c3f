//! Examining projects.

use std::fs;
use std::path::{Path, PathBuf};

use cli::commands::doctor::{Diagnosis, DoctorOptions, Level, doctor};
use cli::exit::Exit;
use cli::{Connection, Mode, Printer, Programs};
use serde_json::{Value, json};
use signing::{Certificate, KeySize, SigningKey};
use tempfile::TempDir;

use crate::fake_phone_side::{PhoneSide, Shows};
use crate::fake_server::FakeServer;

/// A project whose `npx` answers what the test lays there, and what its phones meet.
struct Scene {
    project: TempDir,
    phones: PhoneSide,
    npx: PathBuf,
}

const PACKAGE: &str = r#"{"dependencies": {"expo-updates": "~57.0.24"}}"#;

impl Scene {
    async fn new(shows: Shows) -> Self {
        let npx = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fakes/npx");
        let scene = Self { project: TempDir::new().unwrap(), phones: PhoneSide::start(shows).await, npx };
        fs::create_dir(scene.project.path().join(".fake")).unwrap();
        scene.write("package.json", PACKAGE);
        scene.write("certificate.pem", &scene.phones.certificate);
        let app = scene.app();
        scene.write("app.json", &json!({ "expo": app }).to_string());
        scene.write(".fake/private-config", &app.to_string());
        scene
    }

    /// A config that is all right.
    fn app(&self) -> Value {
        json!({
            "runtimeVersion": "1.0.0",
            "updates": {
                "url": format!("{}/update", self.phones.url),
                "requestHeaders": {"expo-channel-name": "production"},
                "codeSigningCertificate": "./certificate.pem",
                "codeSigningMetadata": {"keyid": "main", "alg": "rsa-v1_5-sha256"},
            },
        })
    }

    fn write(&self, name: &str, text: &str) {
        fs::write(self.project.path().join(name), text).unwrap();
    }

    /// The config with this changed.
    fn change(&self, change: impl FnOnce(&mut Value)) {
        let mut app = self.app();
        change(&mut app);
        self.write(".fake/private-config", &app.to_string());
    }

    async fn doctor(&self) -> (Diagnosis, String) {
        self.doctor_with(Connection::new("http://127.0.0.1:9".parse().unwrap(), "default", None)).await
    }

    async fn doctor_with(&self, connection: Connection) -> (Diagnosis, String) {
        let options = DoctorOptions {
            connection,
            project: self.project.path().into(),
            programs: Programs { npx: self.npx.clone(), git: "git".into(), unattended: true },
        };
        let (printer, printed) = Printer::captured(Mode { quiet: true, ..Mode::default() });
        let diagnosis = doctor(&options, &printer).await.unwrap();
        diagnosis.print(&printer);
        let said = printed.out().replace(&self.phones.url, "SERVER");
        (diagnosis, said.replace(self.project.path().to_str().unwrap(), "PROJECT"))
    }
}

fn certificate(until_ms: i64) -> String {
    let key = SigningKey::generate(KeySize::Bits2048).unwrap();
    Certificate::self_signed(&key, "test", 1_577_836_800_000, until_ms, [7; 16]).unwrap().to_pem()
}

#[tokio::test]
async fn a_sound_project_is_told_line_by_line() {
    let scene = Scene::new(Shows::Update).await;
    let (diagnosis, said) = scene.doctor().await;
    assert_eq!(diagnosis.exit(), Exit::Ok, "{said}");
    insta::assert_snapshot!(said);
}

#[tokio::test]
async fn every_way_in_which_a_project_is_broken_is_found() {
    use Level::{Error, Warning};
    type Break = fn(&mut Scene);
    let cases: &[(&str, Level, Shows, Break)] = &[
        ("client_installed", Error, Shows::Update, |scene| scene.write("package.json", "{}")),
        ("client_installed", Warning, Shows::Update, |scene| {
            scene.write("package.json", r#"{"dependencies": {"expo-updates": "~29.0.1"}}"#);
        }),
        ("native_directories", Warning, Shows::Update, |scene| {
            fs::create_dir(scene.project.path().join("ios")).unwrap();
        }),
        ("config_readable", Error, Shows::Update, |scene| scene.npx = "/nowhere/npx".into()),
        ("config_readable", Error, Shows::Update, |scene| {
            scene.npx = "/nowhere/npx".into();
            scene.write("app.json", "{\"expo\": {},}");
        }),
        ("config_readable", Error, Shows::Update, |scene| {
            scene.write("app.config.ts", "throw new Error('no API_URL')");
            scene.write(".fake/private-config.fails", "Error: no API_URL\n    at app.config.ts:1:7\n");
        }),
        ("config_readable", Error, Shows::Update, |scene| scene.write(".fake/private-config", "Welcome to Expo!")),
        ("updates_enabled", Error, Shows::Update, |scene| scene.change(|app| app["updates"]["enabled"] = false.into())),
        ("update_url", Error, Shows::Update, |scene| scene.change(|app| app["updates"]["url"] = Value::Null)),
        ("update_url", Error, Shows::Update, |scene| {
            scene.change(|app| app["updates"]["url"] = "ftp://a.example".into());
        }),
        ("cleartext", Error, Shows::Update, |scene| {
            scene.change(|app| app["updates"]["url"] = "http://updates.invalid/update".into());
        }),
        ("server_reachable", Error, Shows::Update, |scene| {
            scene.change(|app| app["updates"]["url"] = "http://127.0.0.1:1/update".into());
        }),
        ("headers_sendable", Error, Shows::Update, |scene| {
            scene.change(|app| app["updates"]["requestHeaders"]["x-tier"] = 7.into());
        }),
        ("channel_declared", Warning, Shows::Update, |scene| {
            scene.change(|app| app["updates"]["requestHeaders"] = json!({}));
        }),
        ("runtime_version", Error, Shows::Update, |scene| scene.change(|app| app["runtimeVersion"] = Value::Null)),
        ("runtime_version", Error, Shows::Update, |scene| {
            scene.change(|app| app["runtimeVersion"] = json!({"policy": "fingerprint"}));
            scene.write(".fake/runtime-version-ios.fails", "no fingerprint\n");
            scene.write(".fake/runtime-version-android", r#"{"runtimeVersion":"1.0.0"}"#);
        }),
        ("code_signing", Warning, Shows::Update, |scene| {
            scene.change(|app| app["updates"]["codeSigningCertificate"] = Value::Null);
        }),
        ("certificate_readable", Error, Shows::Update, |scene| {
            scene.change(|app| app["updates"]["codeSigningCertificate"] = "./gone.pem".into());
        }),
        ("certificate_readable", Error, Shows::Update, |scene| scene.write("certificate.pem", "not PEM")),
        ("certificate_usable", Error, Shows::Update, |scene| {
            scene.write("certificate.pem", &certificate(1_609_459_200_000));
        }),
        ("key_metadata", Error, Shows::Update, |scene| {
            scene.change(|app| app["updates"]["codeSigningMetadata"]["alg"] = "rsa-pss".into());
        }),
        ("key_metadata", Warning, Shows::Update, |scene| {
            scene.change(|app| app["updates"]["codeSigningMetadata"] = json!({"alg": "rsa-v1_5-sha256"}));
        }),
        ("signature", Error, Shows::Update, |scene| scene.write("certificate.pem", &certificate(4_102_444_800_000))),
        ("manifest_accepted", Error, Shows::Update, |scene| scene.change(|app| app["runtimeVersion"] = "2.0.0".into())),
        ("assets_verified", Error, Shows::Update, |scene| scene.phones.exchange("image", b"another image")),
        ("assets_verified", Error, Shows::Update, |scene| scene.phones.insist_on_zstd()),
        ("server_answers", Error, Shows::Html, |_| {}),
        ("channel_exists", Error, Shows::UnknownChannel, |_| {}),
        ("update_published", Warning, Shows::Nothing, |_| {}),
    ];
    let mut told = String::new();
    for (id, level, shows, damage) in cases {
        let mut scene = Scene::new(*shows).await;
        damage(&mut scene);
        let (diagnosis, said) = scene.doctor().await;
        let found = diagnosis.findings.iter().find(|finding| finding.check.id() == *id && finding.level == *level);
        let Some(finding) = found else { panic!("{id} {level:?}: {said}") };
        if *level == Error {
            assert_eq!(diagnosis.exit(), Exit::Failure, "{id}: {said}");
        }
        let message = finding.message.replace(&scene.phones.url, "SERVER").replace(scene.npx.to_str().unwrap(), "NPX");
        told.extend([*id, ": ", finding.platform.unwrap_or("-"), ": ", &message, "\n"]);
    }
    insta::assert_snapshot!(told);
}

#[tokio::test]
async fn a_config_that_cannot_be_evaluated_is_still_read_where_it_is_json() {
    let mut scene = Scene::new(Shows::Update).await;
    scene.npx = "/nowhere/npx".into();
    let (diagnosis, said) = scene.doctor().await;
    assert_eq!((diagnosis.exit(), diagnosis.count(Level::Error)), (Exit::Failure, 1), "{said}");
    assert!(said.contains("assets_verified"), "{said}");
}

#[tokio::test]
async fn secrets_do_not_go_to_other_hosts_unseen() {
    let scene = Scene::new(Shows::Update).await;
    scene.change(|app| {
        // The assets' addresses say 127.0.0.1.
        let url = app["updates"]["url"].as_str().unwrap().replace("127.0.0.1", "localhost");
        app["updates"]["url"] = url.into();
        app["updates"]["requestHeaders"]["x-api-key"] = "s3cret".into();
    });
    let (_, said) = scene.doctor().await;
    assert!(said.contains("warning  asset_host") && said.contains("127.0.0.1 is sent x-api-key\n"), "{said}");
    assert!(!said.contains("s3cret"), "{said}");
}

#[tokio::test]
async fn every_asset_that_fails_is_named_and_the_server_is_not_blamed() {
    let scene = Scene::new(Shows::Update).await;
    scene.phones.exchange("image", b"another image");
    scene.phones.exchange("bundle", b"another bundle");
    let (diagnosis, said) = scene.doctor().await;
    assert_eq!(diagnosis.count(Level::Error), 2, "{said}");
    assert!(said.contains("SERVER/assets/bundle") && said.contains("SERVER/assets/image"), "{said}");

    scene.phones.move_assets_to("http://127.0.0.1:1");
    let (diagnosis, said) = scene.doctor().await;
    assert_eq!(diagnosis.count(Level::Error), 2, "{said}");
    assert!(said.contains("http://127.0.0.1:1/assets/bundle") && said.contains("http://127.0.0.1:1/assets/image"));
    assert!(said.contains("ok       server_reachable"), "{said}");
}

#[tokio::test]
async fn the_server_explains_what_it_says_to_this_very_phone_and_hears_no_secret() {
    let scene = Scene::new(Shows::Nothing).await;
    scene.change(|app| {
        app["platforms"] = json!(["ios"]);
        app["updates"]["requestHeaders"]["X-Api-Key"] = "s3cret".into();
        app["updates"]["requestHeaders"]["Updraft-App-Version"] = "1.2.0".into();
    });
    let server = FakeServer::start().await;
    server.answer(&json!({"slug": "default", "update_url": "http://localhost:8080/update", "channels": []}));
    server.answer(&json!({"keys": []}));
    server.answer(&json!({}));
    scene.doctor_with(server.connection()).await;
    let line = server.asked().line;
    assert!(line.starts_with("GET /api/v1/apps/default/explain?"), "{line}");
    let checks = scene.phones.seen();
    let (_, check) = checks.iter().find(|(path, _)| path == "/update").unwrap();
    let device = check["eas-client-id"].to_str().unwrap();
    assert!(line.contains(&format!("device={device}")), "{line}");
    assert!(
        line.contains("header=updraft-app-version%3D1.2.0") || line.contains("pdraft-App-Version%3D1.2.0"),
        "{line}"
    );
    assert!(!line.contains("s3cret"), "{line}");
}
