//! `bench check`: checks and assets, each beside bare hyper.

use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::{Context, Result, bail};

use crate::content::{self, CHANNEL, MadeAsset, RUNTIME_VERSION};
use crate::machine::{self, Cores};
use crate::report::{Report, Starts};
use crate::rounds::{self, Case, Kind, Plan, Server};
use crate::subject::{self, CheckLog, Process, Start, Updraft};
use crate::wire::{self, Answer, Operator};

/// An installation that asks.
const DEVICE: &str = "9c1b3ee4-2b5c-4a52-9f56-1f5c7b0d8a11";
/// The update inside its binary.
const EMBEDDED: &str = "0f8b2a53-77f1-4a0b-a5a4-0a4b8c1f2d33";
/// After the start, until memory is read: nothing is asked meanwhile.
const IDLE: Duration = Duration::from_secs(1);

/// What to run.
#[derive(Clone, Debug)]
pub struct Setup {
    /// The `updraft` binary.
    pub updraft: PathBuf,
    /// The `bare-hyper` binary.
    pub bare_hyper: PathBuf,
    /// The export to publish.
    pub export: PathBuf,
    /// How much is measured.
    pub plan: Plan,
    /// How often the start is measured.
    pub starts: usize,
    /// How many devices ask at a time; of the 2 MB asset a quarter of that.
    pub connections: usize,
}

/// Publishes, measures, and says what came of it; `progress` hears what is being done.
pub fn run(setup: &Setup, progress: impl Fn(&str)) -> Result<Report> {
    let cores = Cores::pick()?;
    cores.stay_at_load()?;
    let scratch = tempfile::tempdir()?;
    let load_average = machine::load_average()?;

    progress("publishing");
    let (data_off, data_on) = (scratch.path().join("off"), scratch.path().join("on"));
    let (small, large) = (MadeAsset::small(), MadeAsset::large());
    let android = publish(setup, cores, &data_off, &[&small, &large])?;
    content::copy_directory(&data_off, &data_on)?;

    let check = check_request(None);
    let start = Start { binary: &setup.updraft, data_dir: &data_off, log: None };
    progress("starting and stopping");
    let mut first_answers = Vec::new();
    for _ in 0..setup.starts {
        first_answers.push(start.until_first_answer(cores, &check)?);
    }

    let log = CheckLog::create(scratch.path().join("checks.log"))?;
    let off = start.listening(cores, false)?;
    let on = Start { data_dir: &data_on, log: Some(&log), ..start }.listening(cores, false)?;
    std::thread::sleep(IDLE);
    let idle_bytes = machine::resident_bytes(on.process.id())?;

    let questions = [
        Asked {
            name: "signed multipart check",
            request: check,
            status: 200,
            body: None,
            connections: setup.connections,
        },
        Asked {
            name: "204 check",
            request: check_request(Some(&android)),
            status: 204,
            body: Some(0),
            connections: setup.connections,
        },
        Asked {
            name: "10 kB asset",
            request: asset_request(&small.hash),
            status: 200,
            body: Some(10_000),
            connections: setup.connections,
        },
        Asked {
            name: "2 MB asset",
            request: asset_request(&large.hash),
            status: 200,
            body: Some(2_000_000),
            connections: (setup.connections / 4).max(1),
        },
    ];
    let mut yardsticks = Vec::new();
    let mut cases = Vec::new();
    for asked in questions {
        let (case, yardstick) = asked.case(setup, cores, &off, (&on, &log))?;
        cases.push(case);
        yardsticks.push(yardstick);
    }
    // The checks above were logged too.
    std::thread::sleep(Duration::from_millis(200));
    log.clear()?;

    let samples = rounds::run(&cases, setup.plan, |round| {
        progress(&format!("round {} of {}", round + 1, setup.plan.rounds));
    })?;
    let starts = Starts { first_answers, idle_bytes, loaded_bytes: machine::resident_bytes(on.process.id())? };
    subject::stop(off.process)?;
    subject::stop(on.process)?;
    Ok(Report::new(&cases, samples, setup.plan, &starts, load_average))
}

/// The first start: publishes, and returns the Android update's id.
fn publish(setup: &Setup, cores: Cores, data_dir: &Path, made: &[&MadeAsset]) -> Result<String> {
    let server = Start { binary: &setup.updraft, data_dir, log: None }.listening(cores, true)?;
    let token = server.token.clone().context("no token")?;
    let operator = Operator { address: server.address, token };
    let updates = content::publish(&operator, &setup.export, made)?;
    subject::stop(server.process)?;
    updates.get("android").cloned().context("the export has no Android update")
}

/// What an Android phone of today sends (protocol.md §1); `current` is the update that it runs.
fn check_request(current: Option<&str>) -> Vec<u8> {
    let headers = [
        ("accept", "multipart/mixed,application/expo+json,application/json"),
        ("expo-platform", "android"),
        ("expo-protocol-version", "1"),
        ("expo-api-version", "1"),
        ("expo-updates-environment", "BARE"),
        ("expo-json-error", "true"),
        ("eas-client-id", DEVICE),
        ("expo-runtime-version", RUNTIME_VERSION),
        ("expo-current-update-id", current.unwrap_or(EMBEDDED)),
        ("expo-embedded-update-id", EMBEDDED),
        ("expo-expect-signature", "sig, keyid=\"main\", alg=\"rsa-v1_5-sha256\""),
        ("expo-channel-name", CHANNEL),
        ("accept-encoding", "gzip"),
        ("user-agent", "okhttp/4.12.0"),
    ];
    wire::get("/update", &headers)
}

/// What it sends for an asset (protocol.md §6).
fn asset_request(hash: &str) -> Vec<u8> {
    let headers = [
        ("accept", "*/*"),
        ("expo-platform", "android"),
        ("expo-protocol-version", "1"),
        ("expo-api-version", "1"),
        ("expo-updates-environment", "BARE"),
        ("eas-client-id", DEVICE),
        ("expo-runtime-version", RUNTIME_VERSION),
        ("expo-current-update-id", EMBEDDED),
        ("expo-embedded-update-id", EMBEDDED),
        ("expo-channel-name", CHANNEL),
        ("accept-encoding", "zstd, br, gzip"),
        ("user-agent", "okhttp/4.12.0"),
    ];
    wire::get(&format!("/assets/{hash}"), &headers)
}

/// A question, before anybody was asked it.
struct Asked {
    name: &'static str,
    request: Vec<u8>,
    status: u16,
    body: Option<usize>,
    connections: usize,
}

impl Asked {
    /// Asks the server once, has the yardstick answer the same, and makes sure that they do.
    fn case<'c>(
        self,
        setup: &Setup,
        cores: Cores,
        off: &Updraft,
        (on, log): (&Updraft, &'c CheckLog),
    ) -> Result<(Case<'c>, Process)> {
        let answer = wire::exchange(off.address, &self.request)?;
        if answer.status != self.status || self.body.is_some_and(|bytes| bytes != answer.body.len()) {
            let text = String::from_utf8_lossy(&answer.body[..answer.body.len().min(400)]);
            bail!("{}: {} with {} bytes: {text}", self.name, answer.status, answer.body.len());
        }
        let (process, address) = subject::yardstick(&setup.bare_hyper, cores, &answer.for_yardstick())?;
        for other in [address, on.address] {
            let same = wire::exchange(other, &self.request)?;
            if told(&same) != told(&answer) {
                bail!("{}: not the same answer:\n{:#?}\n{:#?}", self.name, told(&same), told(&answer));
            }
        }
        let mut servers = vec![
            Server { kind: Kind::BareHyper, address, pid: process.id(), log: None },
            Server { kind: Kind::LogOff, address: off.address, pid: off.process.id(), log: None },
        ];
        // Assets are not logged.
        if self.request.starts_with(b"GET /update ") {
            servers.push(Server { kind: Kind::LogOn, address: on.address, pid: on.process.id(), log: Some(log) });
        }
        let case = Case { name: self.name, request: self.request, answer, connections: self.connections, servers };
        Ok((case, process))
    }
}

/// All that must be the same: the date is not, the order need not be.
fn told(answer: &Answer) -> (u16, Vec<&(String, String)>, usize, usize) {
    let mut headers: Vec<_> = answer.headers.iter().filter(|(name, _)| name != "date").collect();
    headers.sort();
    (answer.status, headers, answer.body.len(), answer.wire_bytes())
}
