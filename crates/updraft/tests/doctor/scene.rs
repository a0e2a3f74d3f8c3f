//! The example project, a server behind something that can be spoilt, and a played npx.

use std::fs;
use std::path::{Path, PathBuf};

use cli::commands::doctor::{Diagnosis, DoctorOptions, doctor};
use cli::commands::init::{InitOptions, Outcome, init};
use cli::commands::operation::Consent;
use cli::commands::publish::{PublishOptions, Source, Target, publish};
use cli::{Connection, Mode, Printer, Programs, Release};
use serde_json::Value;
use tempfile::TempDir;
use testing::{TestServer, Turnstile};

pub struct Scene {
    pub turnstile: Turnstile,
    _server: TestServer,
    project: TempDir,
    connection: Connection,
}

impl Scene {
    /// The example, set up by `init` and published.
    pub async fn new() -> Self {
        Self::set_up(&[], "default", None).await
    }

    /// The same with an app of its own, which `init` creates.
    pub async fn of_app(app: &str) -> Self {
        Self::set_up(&[], app, None).await
    }

    /// The same, where the server lets nobody in without a key. Without one here, the app config lacks it.
    pub async fn behind_a_key(key: Option<&str>) -> Self {
        let scene = Self::set_up(
            &[("UPDRAFT_DEVICES_ACCESS", "api-key"), ("UPDRAFT_DEVICES_API_KEYS", "a-key-of-a-decent-length")],
            "default",
            Some("a-key-of-a-decent-length"),
        )
        .await;
        if key.is_none() {
            scene.with_config(|app| {
                app["updates"]["requestHeaders"].as_object_mut().unwrap().remove("x-api-key");
            });
        }
        scene
    }

    async fn set_up(settings: &[(&str, &str)], app: &str, api_key: Option<&str>) -> Self {
        let turnstile = Turnstile::at_nothing().await;
        let mut builder = TestServer::builder().set("UPDRAFT_PUBLIC_URL", &turnstile.url);
        for (name, value) in settings {
            builder = builder.set(name, value);
        }
        let server = builder.start().await;
        turnstile.lead_to(server.url());

        let project = TempDir::new().unwrap();
        for file in ["app.json", "package.json"] {
            fs::copy(example().join(file), project.path().join(file)).unwrap();
        }
        fs::create_dir(project.path().join(".fake")).unwrap();
        // Another server's key, made like this one's.
        let keys = TestServer::start().await.publisher().get("/keys").await.json();
        fs::write(project.path().join("other.pem"), keys["keys"][0]["certificate"].as_str().unwrap()).unwrap();
        let token = server.token.parse().unwrap();
        let connection = Connection::new(turnstile.url.parse().unwrap(), app, Some(token));
        let scene = Self { turnstile, _server: server, project, connection };
        scene.init(api_key).await;
        scene.with_config(|_| {});
        scene.publish().await;
        scene
    }

    async fn init(&self, api_key: Option<&str>) {
        let options = InitOptions {
            connection: self.connection.clone(),
            project: self.project.path().into(),
            channel: None,
            key_id: None,
            certificate: "certs/certificate.pem".into(),
            api_key: api_key.map(str::to_owned),
            check_automatically: None,
            fallback_to_cache_timeout: None,
            facts: Vec::new(),
            create_app: self.connection.app != "default",
            // The example names the address of `make run`.
            force: true,
            dry_run: false,
            consent: Consent::Given,
            programs: programs(),
        };
        let (printer, _) = Printer::captured(Mode::default());
        assert_eq!(init(options.clone(), &printer).await.unwrap().outcome, Outcome::Written);
        let options = InitOptions { force: false, ..options };
        assert_eq!(init(options, &printer).await.unwrap().outcome, Outcome::NothingToChange);
    }

    async fn publish(&self) {
        let options = PublishOptions {
            connection: self.connection.clone(),
            target: Target { channel: Some("production".into()), branch: None, create_channel: false },
            source: Source::Export(example().join("dist")),
            project: self.project.path().into(),
            platform: None,
            runtime_version: Some("1.0.0".into()),
            message: Some("The example".into()),
            force: false,
            other_project: false,
            release: Release::default(),
            programs: programs(),
        };
        let (printer, printed) = Printer::captured(Mode::default());
        assert!(publish(options, &printer).await.is_ok(), "{}", printed.err());
    }

    /// What Expo's tools make of the config from now on.
    pub fn with_config(&self, change: impl FnOnce(&mut Value)) {
        let app_json = fs::read(self.project.path().join("app.json")).unwrap();
        let mut app: Value = serde_json::from_slice(&app_json).unwrap();
        change(&mut app["expo"]);
        fs::write(self.project.path().join(".fake/private-config"), app["expo"].to_string()).unwrap();
    }

    /// The same scene, seen by somebody without a token.
    pub fn without_token(mut self) -> Self {
        self.connection.token = None;
        self
    }

    /// What it found, and its standard output.
    pub async fn doctor(&self, mode: Mode) -> (Diagnosis, String) {
        let options = DoctorOptions {
            connection: self.connection.clone(),
            project: self.project.path().into(),
            programs: programs(),
        };
        let (printer, printed) = Printer::captured(mode);
        let diagnosis = doctor(&options, &printer).await.unwrap();
        diagnosis.print(&printer);
        (diagnosis, printed.out())
    }

    /// What is not well, without what differs from run to run; and whether both phones met the same asset first does.
    pub fn unwell(&self, told: &str) -> String {
        let told = told.replace(&self.turnstile.url, "SERVER");
        let is_told =
            |line: &&str| (line.starts_with("ERROR") || line.starts_with("warning")) && !line.contains("phone_reach");
        let of_both = |line: &str| line.replace(" android: ", " ").replace(" ios: ", " ");
        let mut lines: Vec<String> = told.lines().filter(is_told).map(|line| of_both(&without_digits(line))).collect();
        lines.dedup();
        lines.join("\n") + "\n\n"
    }
}

/// Addresses of assets, seconds and dates.
fn without_digits(line: &str) -> String {
    let words = line.split(' ').map(|word| {
        if word.contains("/assets/") {
            "ASSET"
        } else if word.trim_matches('"').trim_end_matches([',', '"']).len() == 43 {
            // Which of several downloads fails first is chance.
            "HASH"
        } else if word.len() > 4 && word.chars().all(|c| c.is_ascii_digit()) {
            "NUMBER"
        } else {
            word
        }
    });
    words.collect::<Vec<_>>().join(" ")
}

fn example() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../examples/hello-expo")
}

fn programs() -> Programs {
    let fakes = Path::new(env!("CARGO_MANIFEST_DIR")).join("../cli/tests/fakes");
    Programs { npx: fakes.join("npx"), git: fakes.join("git"), unattended: true }
}
