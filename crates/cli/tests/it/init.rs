//! Setting projects up.

use std::fs;
use std::path::{Path, PathBuf};

use cli::commands::init::{CheckAutomatically, InitOptions, Outcome, init};
use cli::commands::operation::Consent;
use cli::exit::Exit;
use cli::{Failure, Mode, Printer, Programs};
use serde_json::{Value, json};
use signing::{Certificate, KeySize, SigningKey};
use tempfile::TempDir;

use crate::fake_server::FakeServer;

/// A project and a server with one key, `main`.
struct Scene {
    project: TempDir,
    server: FakeServer,
    certificate: String,
}

const PACKAGE: &str = r#"{"dependencies": {"expo": "~57.0.0", "expo-updates": "~57.0.24"}}"#;
const APP: &str = "{\n    \"expo\": {\n        \"name\": \"My app\",\n        \"slug\": \"my-app\",\n        \"ios\": { \"bundleIdentifier\": \"a.b\" }\n    }\n}\n";

fn certificate() -> String {
    let key = SigningKey::generate(KeySize::Bits2048).unwrap();
    // 2020 to 2100.
    Certificate::self_signed(&key, "test", 1_577_836_800_000, 4_102_444_800_000, [7; 16]).unwrap().to_pem()
}

impl Scene {
    async fn new(app_json: &str) -> Self {
        let scene =
            Self { project: TempDir::new().unwrap(), server: FakeServer::start().await, certificate: certificate() };
        scene.write("package.json", PACKAGE);
        scene.write("app.json", app_json);
        scene.add_key("main", &scene.certificate);
        scene
    }

    fn add_key(&self, key_id: &str, certificate: &str) {
        self.server.inner().keys.push(api::Key {
            key_id: key_id.into(),
            algorithm: "rsa-v1_5-sha256".into(),
            holder: api::KeyHolder::Server,
            subject: "CN=test".into(),
            fingerprint: "00".repeat(32),
            not_before: "2020-01-01T00:00:00.000Z".into(),
            not_after: "2100-01-01T00:00:00.000Z".into(),
            certificate: certificate.into(),
            chain: None,
        });
    }

    fn path(&self, name: &str) -> PathBuf {
        self.project.path().join(name)
    }

    fn write(&self, name: &str, text: &str) {
        fs::create_dir_all(self.path(name).parent().unwrap()).unwrap();
        fs::write(self.path(name), text).unwrap();
    }

    fn read(&self, name: &str) -> String {
        fs::read_to_string(self.path(name)).unwrap()
    }

    fn app_json(&self) -> Value {
        serde_json::from_str(&self.read("app.json")).unwrap()
    }

    fn options(&self) -> InitOptions {
        let fakes = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fakes");
        InitOptions {
            connection: self.server.connection(),
            project: self.project.path().into(),
            channel: None,
            key_id: None,
            certificate: "certs/certificate.pem".into(),
            api_key: None,
            check_automatically: None,
            fallback_to_cache_timeout: None,
            facts: Vec::new(),
            create_app: false,
            force: false,
            dry_run: false,
            consent: Consent::Given,
            programs: Programs { npx: fakes.join("npx"), git: fakes.join("git"), unattended: true },
        }
    }

    /// Runs it: what came of it, and all that was printed, standard output first.
    async fn init(&self, options: InitOptions) -> (Result<Outcome, Failure>, String) {
        let (printer, printed) = Printer::captured(Mode::default());
        let result = init(options, &printer).await;
        match &result {
            Ok(report) => report.print(&printer),
            Err(failure) => printer.failure(failure),
        }
        let err: Vec<String> = printed.err().lines().map(|line| format!("! {line}\n")).collect();
        let said = printed.out() + &err.concat();
        (result.map(|report| report.outcome), said.replace(self.project.path().to_str().unwrap(), "PROJECT"))
    }
}

#[tokio::test]
async fn a_project_is_set_up_once() {
    let scene = Scene::new(APP).await;
    let (outcome, said) = scene.init(scene.options()).await;
    assert_eq!(outcome.unwrap(), Outcome::Written);
    insta::assert_snapshot!(said);
    insta::assert_snapshot!("set_up_app_json", scene.read("app.json"));
    assert_eq!(scene.read("certs/certificate.pem"), scene.certificate);

    let before = (scene.read("app.json"), scene.read("certs/certificate.pem"));
    let (outcome, said) = scene.init(InitOptions { consent: Consent::Ask, ..scene.options() }).await;
    assert_eq!(outcome.unwrap(), Outcome::NothingToChange);
    assert!(said.ends_with("Nothing to change: app.json is set up for this server\n"), "{said}");
    assert_eq!(before, (scene.read("app.json"), scene.read("certs/certificate.pem")));
}

#[tokio::test]
async fn a_flat_config_stays_flat() {
    let scene = Scene::new("{\"name\":\"x\",\"runtimeVersion\":\"1.0.0\"}").await;
    let (outcome, _) = scene.init(scene.options()).await;
    assert_eq!(outcome.unwrap(), Outcome::Written);
    let app = scene.app_json();
    assert_eq!((app.get("expo"), &app["runtimeVersion"]), (None, &json!("1.0.0")));
    assert_eq!(app["updates"]["requestHeaders"]["expo-channel-name"], "production");
}

#[tokio::test]
async fn nothing_is_written_without_a_yes() {
    let scene = Scene::new(APP).await;
    let asking = InitOptions { consent: Consent::Ask, ..scene.options() };
    let (outcome, said) = scene.init(asking.clone()).await;
    assert_eq!(outcome.unwrap_err().exit(), Exit::Usage);
    assert!(said.contains("this needs a yes: Write this to ./certs/certificate.pem and app.json?"), "{said}");

    let (printer, _) = Printer::captured(Mode::default());
    let failure = init(asking.clone(), &printer.answering("no")).await.unwrap_err();
    assert!(matches!(failure, Failure::Declined));
    let (outcome, said) = scene.init(InitOptions { dry_run: true, ..scene.options() }).await;
    assert_eq!(outcome.unwrap(), Outcome::DryRun);
    assert!(said.contains("Nothing was written\n"), "{said}");
    assert!(scene.read("app.json") == APP && !scene.path("certs").exists());

    let (printer, _) = Printer::captured(Mode::default());
    assert_eq!(init(asking, &printer.answering("y")).await.unwrap().outcome, Outcome::Written);
}

#[tokio::test]
async fn what_the_project_has_set_itself_stays() {
    let scene = Scene::new(
        r#"{"expo": {"ios": {"runtimeVersion": "1"}, "android": {"runtimeVersion": {"policy": "fingerprint"}}, "updates": {
  "checkAutomatically": "NEVER", "fallbackToCacheTimeout": 30000, "assetPatternsToBeBundled": ["**"],
  "requestHeaders": {"Expo-Channel-Name": "production", "x-mine": "1"}
}}}"#,
    )
    .await;
    let (outcome, said) = scene.init(scene.options()).await;
    assert_eq!(outcome.unwrap(), Outcome::Written);
    assert!(said.contains("! updates.fallbackToCacheTimeout stays 30000; --force makes it 0\n"), "{said}");
    let app = &scene.app_json()["expo"];
    let updates = &app["updates"];
    assert_eq!(app.get("runtimeVersion"), None);
    assert_eq!((&updates["checkAutomatically"], &updates["fallbackToCacheTimeout"]), (&json!("NEVER"), &json!(30000)));
    assert_eq!(updates["requestHeaders"], json!({"Expo-Channel-Name": "production", "x-mine": "1"}));

    let asked = InitOptions {
        check_automatically: Some(CheckAutomatically::WifiOnly),
        fallback_to_cache_timeout: Some(500),
        ..scene.options()
    };
    let (outcome, said) = scene.init(asked).await;
    assert_eq!(outcome.unwrap(), Outcome::Written);
    assert!(said.contains("~ updates.checkAutomatically = \"WIFI_ONLY\", was \"NEVER\"\n"), "{said}");
    assert_eq!(scene.app_json()["expo"]["updates"]["fallbackToCacheTimeout"], 500);
}

#[tokio::test]
async fn the_channel_is_the_one_that_fits() {
    for (channels, configured, asked, expected) in [
        (&["production", "beta"][..], None, None, Some("production")),
        (&["beta"], None, None, Some("beta")),
        (&["production", "beta"], Some("beta"), None, Some("beta")),
        (&["production", "beta"], Some("gone"), None, None),
        (&["production", "beta"], Some("beta"), Some("production"), Some("production")),
        (&["alpha", "beta"], None, None, None),
        (&["alpha"], None, Some("beta"), None),
        (&[], None, None, None),
    ] {
        let headers = configured.map_or(json!({}), |channel| json!({"expo-channel-name": channel}));
        let scene = Scene::new(&json!({"expo": {"updates": {"requestHeaders": headers}}}).to_string()).await;
        scene.server.inner().channels = channels.iter().map(|&channel| channel.to_owned()).collect();
        let options = InitOptions { channel: asked.map(str::to_owned), ..scene.options() };
        let (outcome, said) = scene.init(options).await;
        assert_eq!(outcome.is_ok(), expected.is_some(), "{channels:?} {configured:?} {asked:?}: {said}");
        if let Some(expected) = expected {
            assert_eq!(scene.app_json()["expo"]["updates"]["requestHeaders"]["expo-channel-name"], expected);
        }
    }
}

#[tokio::test]
async fn a_door_with_a_key_gets_one() {
    let scene = Scene::new(APP).await;
    scene.server.inner().phone_key = Some("k-123456");
    let mut said = String::new();
    for api_key in [None, Some("wrong-key".to_owned())] {
        let (outcome, told) = scene.init(InitOptions { api_key, ..scene.options() }).await;
        assert_eq!(outcome.unwrap_err().code(), "api_key");
        said += &told;
    }
    insta::assert_snapshot!(said);
    let (_, said) = scene.init(InitOptions { api_key: Some("k-123456".into()), ..scene.options() }).await;
    assert_eq!(scene.app_json()["expo"]["updates"]["requestHeaders"]["x-api-key"], "k-123456");
    assert!(said.contains("x-api-key = \"•••\"") && !said.contains("k-123456"), "{said}");
    // The second time it is there.
    let (outcome, _) = scene.init(scene.options()).await;
    assert_eq!(outcome.unwrap(), Outcome::NothingToChange);
}

#[tokio::test]
async fn code_is_not_edited_but_told_what_to_say() {
    let scene = Scene::new(APP).await;
    scene.server.inner().phone_key = Some("k-123456");
    scene.write("app.config.ts", "export default () => ({})");
    scene.write(".fake/private-config", r#"{"name":"x","runtimeVersion":"1.0.0"}"#);
    let (outcome, said) = scene.init(InitOptions { api_key: Some("k-123456".into()), ..scene.options() }).await;
    assert_eq!(outcome.unwrap(), Outcome::Paste);
    insta::assert_snapshot!(said);
    assert_eq!(
        (scene.read("app.json").as_str(), scene.read("app.config.ts").as_str()),
        (APP, "export default () => ({})")
    );
    assert_eq!(scene.read("certs/certificate.pem"), scene.certificate);

    // A key that the code has read is not shown, whatever else is missing.
    let half = json!({"runtimeVersion": "1.0.0", "updates": {"requestHeaders": {"X-API-Key": "k-123456"}}});
    scene.write(".fake/private-config", &half.to_string());
    for json in [false, true] {
        let (printer, printed) = Printer::captured(Mode { json, ..Mode::default() });
        init(scene.options(), &printer).await.unwrap().print(&printer);
        let said = printed.out() + &printed.err();
        assert!(said.contains("X-API-Key") && said.contains("process.env.UPDRAFT_API_KEY"), "{said}");
        assert!(!said.contains("k-123456"), "{said}");
    }

    // Pasted, it says all of it.
    let pasted = json!({"runtimeVersion": "1.0.0", "updates": {
        "url": "http://localhost:8080/update", "enabled": true, "checkAutomatically": "ON_LOAD",
        "fallbackToCacheTimeout": 0, "enableBsdiffPatchSupport": true,
        "requestHeaders": {"expo-channel-name": "production", "x-api-key": "k-123456"},
        "codeSigningCertificate": "./certs/certificate.pem",
        "codeSigningMetadata": {"keyid": "main", "alg": "rsa-v1_5-sha256"},
    }});
    scene.write(".fake/private-config", &pasted.to_string());
    let (outcome, said) = scene.init(scene.options()).await;
    assert_eq!(outcome.unwrap(), Outcome::NothingToChange, "{said}");

    // Code that throws: all of it is shown, and why.
    scene.write(".fake/private-config.fails", "Error: no API_URL\n");
    let (outcome, said) = scene.init(scene.options()).await;
    assert_eq!(outcome.unwrap(), Outcome::Paste);
    assert!(said.contains("app.config.ts cannot be evaluated") && said.contains("Error: no API_URL"), "{said}");
}

#[tokio::test]
async fn what_released_binaries_may_trust_is_not_replaced() {
    let signed = |keyid: &str| {
        json!({"expo": {"updates": {
            "codeSigningCertificate": "./mine.pem",
            "codeSigningMetadata": {"keyid": keyid, "alg": "rsa-v1_5-sha256"},
        }}})
        .to_string()
    };
    let mut said = String::new();
    let scene = Scene::new(&signed("main")).await;
    let mut refused = async |options: InitOptions| {
        let before = scene.read("app.json");
        let (outcome, told) = scene.init(options).await;
        assert_eq!(outcome.unwrap_err().exit(), Exit::Failure);
        assert!(scene.read("app.json") == before && !scene.path("certs/certificate.pem").exists());
        said += &told;
    };
    scene.write("mine.pem", &certificate());
    refused(InitOptions { force: true, ..scene.options() }).await;
    scene.write("mine.pem", "no certificate");
    refused(scene.options()).await;
    scene.write("mine.pem", &scene.certificate);
    scene.write("app.json", &signed("root"));
    refused(scene.options()).await;
    scene.write("app.json", r#"{"updates": {"url": "https://u.expo.dev/x", "enabled": false}}"#);
    refused(scene.options()).await;
    scene.write("app.json", APP);
    refused(InitOptions { certificate: "package.json".into(), ..scene.options() }).await;
    scene.write("app.json", "{\"expo\": {},}");
    refused(scene.options()).await;
    insta::assert_snapshot!(said);

    // A certificate of the server's is taken for what it is, wherever it lies and whatever the default would be.
    scene.add_key("next", &scene.certificate);
    scene.write("app.json", &signed("next"));
    let (outcome, told) = scene.init(InitOptions { key_id: Some("next".into()), ..scene.options() }).await;
    assert_eq!(outcome.unwrap(), Outcome::Written, "{told}");
    assert_eq!(scene.app_json()["expo"]["updates"]["codeSigningCertificate"], "./mine.pem");
}

#[tokio::test]
async fn what_keeps_the_settings_from_phones_is_said() {
    let scene = Scene::new(APP).await;
    scene.write("package.json", "{}");
    scene.write("android/build.gradle", "");
    scene.server.inner().keys.clear();
    let (outcome, said) = scene.init(InitOptions { api_key: Some("unused".into()), ..scene.options() }).await;
    assert_eq!(outcome.unwrap(), Outcome::Written);
    let warnings: Vec<&str> = said.lines().filter(|line| line.starts_with("! warning")).collect();
    insta::assert_snapshot!(warnings.join("\n"));
    assert_eq!(scene.app_json()["expo"]["runtimeVersion"], json!({"policy": "fingerprint"}));
    assert_eq!(scene.app_json()["expo"]["updates"].get("codeSigningCertificate"), None);
}

#[tokio::test]
async fn what_rules_are_to_know_goes_into_headers_or_into_code() {
    use protocol::facts::Fact;
    let app = |code: u32| {
        json!({"version": "1.2.0", "ios": {"buildNumber": "7"}, "android": {"versionCode": code}}).to_string()
    };
    let scene = Scene::new(&app(7)).await;
    let facts = vec![Fact::AppVersion, Fact::AppBuildId, Fact::Locale, Fact::Platform];
    let options = InitOptions { facts, ..scene.options() };
    let (outcome, said) = scene.init(options.clone()).await;
    assert_eq!(outcome.unwrap(), Outcome::Written);
    let headers = &scene.app_json()["updates"]["requestHeaders"];
    assert_eq!((&headers["updraft-app-version"], &headers["expo-app-build-id"]), (&json!("1.2.0"), &json!("7")));
    assert_eq!(said.matches("setExtraParamAsync('updraft-locale', Localization").count(), 1, "{said}");
    assert!(!said.contains("setExtraParamAsync('expo-app-build-id'"), "{said}");
    assert_eq!(scene.init(options.clone()).await.0.unwrap(), Outcome::NothingToChange);

    // One header cannot be two numbers.
    scene.write("app.json", &app(8));
    let (_, said) = scene.init(options).await;
    assert_eq!(scene.app_json()["updates"]["requestHeaders"].get("expo-app-build-id"), None);
    assert!(said.contains("setExtraParamAsync('expo-app-build-id', Application.nativeBuildVersion)"), "{said}");
}

#[tokio::test]
async fn what_stands_in_the_way_of_a_setting_is_not_replaced() {
    for (config, named) in [
        (json!({"expo": {"updates": "https://u.example"}}), "updates"),
        (json!({"expo": {"updates": {"requestHeaders": ["expo-channel-name: x"]}}}), "updates.requestHeaders"),
        (json!({"updates": {"codeSigningMetadata": "main"}}), "updates.codeSigningMetadata"),
    ] {
        let scene = Scene::new(&config.to_string()).await;
        let (outcome, said) = scene.init(InitOptions { force: true, ..scene.options() }).await;
        let failure = outcome.unwrap_err();
        assert_eq!((failure.code(), failure.exit()), ("not_editable", Exit::Failure), "{said}");
        assert!(said.contains(&format!("its `{named}` is no object")), "{said}");
        assert!(scene.app_json() == config && !scene.path("certs").exists(), "{named}");
    }
}

#[tokio::test]
async fn an_address_that_is_spelt_otherwise_is_the_same() {
    let scene = Scene::new(APP).await;
    assert_eq!(scene.init(scene.options()).await.0.unwrap(), Outcome::Written);
    let text =
        scene.read("app.json").replace("http://localhost:8080/update", "http://LOCALHOST:8080/apps/default/update");
    scene.write("app.json", &text);
    let (outcome, said) = scene.init(scene.options()).await;
    assert_eq!(outcome.unwrap(), Outcome::NothingToChange, "{said}");
    assert_eq!(scene.read("app.json"), text);
}

#[tokio::test]
async fn programs_are_told_the_same() {
    let scene = Scene::new(APP).await;
    let (printer, printed) = Printer::captured(Mode { json: true, ..Mode::default() });
    init(InitOptions { dry_run: true, ..scene.options() }, &printer).await.unwrap().print(&printer);
    let document: Value = serde_json::from_str(&printed.out()).unwrap();
    assert_eq!((&document["outcome"], &document["config"]), (&json!("dry_run"), &json!("app.json")));
    assert_eq!(document["settings"][0]["path"], "updates.url");
    assert_eq!(document["settings"][0]["action"], "add");
    assert_eq!(document["certificate"]["is_there"], false);
}

#[tokio::test]
async fn a_directory_without_a_project_is_refused_before_the_server_is_asked() {
    let scene = Scene::new(APP).await;
    fs::remove_file(scene.path("package.json")).unwrap();
    let (outcome, said) = scene.init(scene.options()).await;
    assert_eq!(outcome.unwrap_err().exit(), Exit::Failure);
    assert!(said.contains("PROJECT has no package.json that can be read"), "{said}");
    assert_eq!(scene.server.story(), "");
}
