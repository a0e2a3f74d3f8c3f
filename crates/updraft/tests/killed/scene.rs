//! A server, a turnstile before it, the binary, and phones that look at what is served.

use std::path::Path;
use std::process::{ExitStatus, Stdio};

use cli::Platform;
use rustix::process::{Pid, Signal, kill_process};
use serde_json::Value;
use tempfile::TempDir;
use testing::{Device, Export, Stop, TestServer, Turnstile};
use tokio::process::{Child, Command};

/// How the process ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Death {
    /// Ctrl-C: it may say something.
    Interrupted,
    /// It may not.
    Killed,
}

pub struct Scene {
    server: TestServer,
    turnstile: Turnstile,
    export: TempDir,
}

impl Scene {
    pub async fn new() -> Self {
        let server = TestServer::start().await;
        let turnstile = Turnstile::before(server.url()).await;
        let scene = Self { server, turnstile, export: TempDir::new().unwrap() };
        scene.publish("what was there before").await;
        scene
    }

    /// Makes this the content of the export that `publish` is given.
    pub fn export(&self, text: &str) {
        Export::small("1.0.0", text).write(self.export.path());
    }

    /// Publishes without the binary.
    pub async fn publish(&self, text: &str) {
        self.server.clock.advance(1000);
        self.server.publisher().publish(&Export::small("1.0.0", text), "production").await;
    }

    /// The same to a tenth of the devices; the group.
    pub async fn publish_to_a_tenth(&self, text: &str) -> String {
        self.server.clock.advance(1000);
        self.server.publisher().publish_to(&Export::small("1.0.0", text), "production", 1000).await.group
    }

    /// A command line; `publish` gets the export.
    pub fn words(&self, line: &str, more: &[&str]) -> Vec<String> {
        let mut words: Vec<String> = line.split(' ').chain(more.iter().copied()).map(str::to_owned).collect();
        if words[0] == "publish" {
            words.extend(["--input-dir".to_owned(), path(self.export.path())]);
        }
        words
    }

    /// Runs a command that must work. How many requests it made.
    pub async fn in_peace(&self, words: &[String]) -> usize {
        self.turnstile.hold(None);
        let exit = self.run(words).await;
        assert_eq!(exit, 0, "{words:?}");
        self.turnstile.passed()
    }

    /// Runs a command; its exit code.
    pub async fn run(&self, words: &[String]) -> i32 {
        self.server.clock.advance(1000);
        self.turnstile.hold(None);
        let output = self.start(words).wait_with_output().await.unwrap();
        let code = output.status.code().unwrap();
        let err = String::from_utf8_lossy(&output.stderr);
        assert!(code != 0 || !output.stdout.is_empty(), "{words:?}: {err}");
        code
    }

    /// Runs a command up to the stop and ends it there. What it said, where it could.
    pub async fn killed(&self, words: &[String], stop: Stop, death: Death) -> Option<String> {
        self.server.clock.advance(1000);
        self.turnstile.hold(Some(stop));
        let mut child = self.start(words);
        let pid = Pid::from_raw(child.id().unwrap().try_into().unwrap()).unwrap();
        tokio::select! {
            () = self.turnstile.reached() => {}
            status = child.wait() => panic!("{words:?} ended with {} before {stop:?}", status.unwrap()),
        }
        kill_process(pid, if death == Death::Killed { Signal::KILL } else { Signal::INT }).unwrap();
        let output = child.wait_with_output().await.unwrap();
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        ended_as_told(output.status, death, &said);
        (death == Death::Interrupted).then_some(said)
    }

    fn start(&self, words: &[String]) -> Child {
        Command::new(env!("CARGO_BIN_EXE_updraft"))
            .args(words)
            .args(["--server", &self.turnstile.url, "--json"])
            .current_dir(self.export.path())
            .env_clear()
            .env("CI", "1")
            .env("UPDRAFT_TOKEN", &self.server.token)
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .kill_on_drop(true)
            .spawn()
            .unwrap()
    }

    /// What a phone of each platform, new, installs and runs: both the same group, unless one is rolling out. And every
    /// group that there is has both platforms.
    pub async fn served(&self) -> String {
        let page = self.server.publisher().get("/updates?limit=200").await.json();
        let updates = page["updates"].as_array().unwrap();
        for update in updates {
            let of_group = updates.iter().filter(|other| other["group"] == update["group"]).count();
            assert_eq!(of_group, 2, "half a group: {update}");
        }
        let mut groups = Vec::new();
        for (platform, seed) in [(Platform::Android, 11), (Platform::Ios, 12)] {
            let mut phone = Device::new(platform, &self.server.url(), "1.0.0", seed);
            let running = phone.check_and_restart().await.unwrap().id().unwrap().to_string();
            groups.push(group_of(updates, &running));
        }
        // A rollout draws each phone for itself.
        if updates.iter().all(|update| update["state"] != "rolling") {
            assert_eq!(groups[0], groups[1], "the platforms run different groups");
        }
        groups.join(" ")
    }
}

fn ended_as_told(status: ExitStatus, death: Death, said: &str) {
    match death {
        Death::Interrupted => assert_eq!(status.code(), Some(130), "{said}"),
        Death::Killed => assert_eq!(status.code(), None, "{said}"),
    }
}

fn group_of(updates: &[Value], id: &str) -> String {
    let update = updates.iter().find(|update| update["id"] == id);
    update.and_then(|update| update["group"].as_str()).unwrap_or_else(|| panic!("{id} is not listed")).to_owned()
}

fn path(path: &Path) -> String {
    path.display().to_string()
}
