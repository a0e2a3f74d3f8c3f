//! A story: steps with what is expected of each, played by a device. The transcript is compared line by line, so a
//! story notices whatever a missing rule changes.

use http::HeaderMap;
use protocol::Platform;
use serde_json::json;
use uuid::Uuid;

use super::bases::NOW_MS;
use super::traffic::{CLIENT_ID, header_map};
use crate::{Binary, CheckResult, Device, Embedded, KeepReason, Launched, Loading, Outcome, Refusal, RuleSet};

/// A story on one platform or both.
#[derive(Debug, Clone, Copy)]
pub(super) struct Story {
    pub(super) name: &'static str,
    pub(super) platforms: &'static [Platform],
    pub(super) binary: fn() -> Binary,
    /// What is done, and what is to come of it.
    pub(super) steps: &'static [(Step, &'static str)],
}

/// Something that happens to the device.
#[derive(Debug, Clone, Copy)]
pub(super) enum Step {
    /// A cold start.
    Launch,
    /// A restart of the JavaScript.
    Reload,
    /// Content appears.
    Succeed,
    /// A fatal error with this text.
    Fail(&'static str),
    /// The client deletes what it needs no more.
    Reap,
    /// A check and a load, with every file.
    Check(Sent),
    /// The same, but the launch asset's URL answers 404.
    CheckLosing(Sent),
    /// `checkForUpdateAsync` alone.
    Ask(Sent),
    /// The value of a header of the next check.
    Header(&'static str),
    /// Another binary is installed.
    Install(fn() -> Binary),
    /// The request headers are overridden.
    Override(&'static [(&'static str, &'static str)]),
    /// An extra parameter is set or removed.
    Param(&'static str, Option<&'static str>),
    /// The stored filters.
    Filters,
    /// The stored updates in the order of their times.
    Stored,
}

/// An answer of the server. Updates are named by a letter, times are seconds after 2026-01-01T00:00:00.000Z.
#[derive(Debug, Clone, Copy)]
pub(super) struct Sent {
    kind: Kind,
    filters: Option<&'static str>,
    server_headers: Option<&'static str>,
}

#[derive(Debug, Clone, Copy)]
enum Kind {
    Update {
        name: char,
        at: u8,
        branch: &'static str,
    },
    RollBack {
        at: u8,
    },
    /// An update beside a `noUpdateAvailable`.
    Contradiction {
        name: char,
        at: u8,
    },
    NoUpdate,
    Nothing,
}

impl Sent {
    pub(super) const fn update(name: char, at: u8) -> Self {
        Self::of(Kind::Update { name, at, branch: "main" })
    }

    pub(super) const fn of_branch(name: char, at: u8, branch: &'static str) -> Self {
        Self::of(Kind::Update { name, at, branch })
    }

    pub(super) const fn roll_back(at: u8) -> Self {
        Self::of(Kind::RollBack { at })
    }

    pub(super) const fn contradiction(name: char, at: u8) -> Self {
        Self::of(Kind::Contradiction { name, at })
    }

    pub(super) const fn no_update() -> Self {
        Self::of(Kind::NoUpdate)
    }

    pub(super) const fn nothing() -> Self {
        Self::of(Kind::Nothing)
    }

    const fn of(kind: Kind) -> Self {
        Self { kind, filters: None, server_headers: None }
    }

    pub(super) const fn filters(self, filters: &'static str) -> Self {
        Self { filters: Some(filters), ..self }
    }

    pub(super) const fn server_headers(self, headers: &'static str) -> Self {
        Self { server_headers: Some(headers), ..self }
    }

    fn message(self) -> (u16, HeaderMap, Vec<u8>) {
        let mut headers = vec![("expo-protocol-version", "1"), ("cache-control", "private, max-age=0")];
        headers.extend(self.filters.map(|filters| ("expo-manifest-filters", filters)));
        headers.extend(self.server_headers.map(|server| ("expo-server-defined-headers", server)));
        let (status, content_type, body) = match self.kind {
            Kind::Nothing => (204, None, String::new()),
            Kind::NoUpdate => multipart(&[("directive", NO_UPDATE)]),
            Kind::Contradiction { name, at } => {
                multipart(&[("manifest", &manifest(name, at, "main")), ("directive", NO_UPDATE)])
            }
            Kind::RollBack { at } => {
                let directive = json!({"type": "rollBackToEmbedded", "parameters": {"commitTime": time(at)}});
                multipart(&[("directive", &directive.to_string())])
            }
            Kind::Update { name, at, branch } => (200, Some("application/json"), manifest(name, at, branch)),
        };
        headers.extend(content_type.map(|content_type| ("content-type", content_type)));
        let headers: Vec<(String, String)> =
            headers.into_iter().map(|(name, value)| (String::from(name), String::from(value))).collect();
        (status, header_map(&headers), body.into_bytes())
    }
}

const NO_UPDATE: &str = r#"{"type":"noUpdateAvailable"}"#;

fn multipart(parts: &[(&str, &str)]) -> (u16, Option<&'static str>, String) {
    let part =
        |(name, body): &(&str, &str)| format!("--b\r\ncontent-disposition: inline; name=\"{name}\"\r\n\r\n{body}\r\n");
    let parts: String = parts.iter().map(part).collect();
    (200, Some("multipart/mixed; boundary=b"), format!("{parts}--b--\r\n"))
}

/// The launch asset is the update's own, the other asset is everyone's.
fn manifest(name: char, at: u8, branch: &str) -> String {
    let asset = |key: &str| {
        let body = file(key);
        let hash = super::bases::File { key: "", path: "", content: body.leak() }.hash();
        json!({"key": key, "url": format!("https://updates.example/{key}"), "hash": hash, "fileExtension": ".bin"})
    };
    let manifest = json!({
        "id": id(name),
        "createdAt": time(at),
        "runtimeVersion": "1.0.0",
        "launchAsset": asset(&format!("bundle-{name}")),
        "assets": [asset("image")],
        "metadata": {"branchId": branch},
    });
    manifest.to_string()
}

fn file(key: &str) -> Vec<u8> {
    format!("the bytes of {key}").into_bytes()
}

fn time(at: u8) -> String {
    format!("2026-01-01T00:{:02}:{:02}.000Z", at / 60, at % 60)
}

pub(super) fn id(name: char) -> Uuid {
    Uuid::from_u128(u128::from(u32::from(name)) << 96)
}

/// A binary of runtime version 1.0.0 with an embedded update.
pub(super) fn binary(embedded: char, at: u8) -> Binary {
    let commit_time_ms = 1_767_225_600_000 + i64::from(at) * 1000;
    let embedded = Embedded { id: id(embedded), commit_time_ms, asset_keys: Vec::new() };
    let mut binary = Binary::new("https://updates.example/update", "1.0.0", Some(embedded));
    binary.request_headers = vec![(String::from("expo-channel-name"), String::from("production"))];
    binary
}

/// What every step came to.
pub(super) fn transcript(story: &Story, platform: Platform, rules: RuleSet) -> Vec<String> {
    let mut device = Device::new(platform, (story.binary)(), CLIENT_ID);
    device.rules = rules;
    story.steps.iter().map(|(step, _)| play(&mut device, *step)).collect()
}

fn play(device: &mut Device, step: Step) -> String {
    match step {
        Step::Launch => launched(Some(device.launch())),
        Step::Reload => launched(device.reload()),
        Step::Succeed => {
            device.succeed_launch();
            done()
        }
        Step::Fail(text) => {
            device.fail_launch(text);
            done()
        }
        Step::Reap => {
            device.reap();
            done()
        }
        Step::Check(sent) => check(device, sent, 200).unwrap_or_else(|refusal| refused(&refusal)),
        Step::CheckLosing(sent) => check(device, sent, 404).unwrap_or_else(|refusal| refused(&refusal)),
        Step::Ask(sent) => ask(device, sent).unwrap_or_else(|refusal| refused(&refusal)),
        Step::Header(name) => {
            let headers = device.check_request();
            headers.into_iter().find(|(key, _)| key == name).map_or_else(|| String::from("absent"), |(_, value)| value)
        }
        Step::Install(binary) => {
            device.install(binary());
            done()
        }
        Step::Override(headers) => {
            let headers = headers.iter().map(|(name, value)| (String::from(*name), String::from(*value))).collect();
            taken(device.override_request_headers(Some(headers)))
        }
        Step::Param(key, value) => taken(device.set_extra_param(key, value)),
        Step::Filters => match device.stored_filters() {
            None => String::from("none"),
            Some(filters) => {
                let filters: Vec<String> =
                    filters.iter().map(|(key, value)| format!("{key}={}", value.to_header())).collect();
                filters.join(" ")
            }
        },
        Step::Stored => device.ready_updates().into_iter().map(name).collect(),
    }
}

fn check(device: &mut Device, sent: Sent, launch_asset_status: u16) -> Result<String, Refusal> {
    device.check_request();
    let (status, headers, body) = sent.message();
    let answer = device.read_answer(status, &headers, &body, NOW_MS)?;
    let requests = match device.load(answer)? {
        Loading::Done(outcome) => return Ok(outcome_text(&outcome)),
        Loading::Assets(requests) => requests,
    };
    let mut lost = String::new();
    for request in &requests {
        let status = if request.is_launch_asset { launch_asset_status } else { 200 };
        let body = file(request.key.as_deref().unwrap_or_default());
        if let Err(refusal) = device.take_asset(&request.file_name, status, &HeaderMap::new(), &body) {
            lost = format!(", {}", refused(&refusal));
        }
    }
    let outcome = device.finish_load();
    Ok(format!("{} with {} files{lost}", outcome_text(&outcome), requests.len()))
}

fn ask(device: &mut Device, sent: Sent) -> Result<String, Refusal> {
    device.check_request();
    let (status, headers, body) = sent.message();
    let answer = device.read_answer(status, &headers, &body, NOW_MS)?;
    Ok(match device.check_for_update(&answer) {
        CheckResult::UpdateAvailable { id } => format!("{} is available", name(id)),
        CheckResult::RollBackToEmbedded { .. } => String::from("a roll back is available"),
        CheckResult::NothingOnServer => String::from("nothing on the server"),
        CheckResult::UpdateRejected => String::from("rejected"),
        CheckResult::FailedBefore => String::from("failed before"),
        CheckResult::RollBackRejected => String::from("roll back rejected"),
        CheckResult::NoEmbedded => String::from("no embedded"),
    })
}

fn launched(launched: Option<Launched>) -> String {
    match launched {
        None => String::from("nothing to start"),
        Some(Launched::Emergency) => String::from("emergency"),
        Some(Launched::Embedded { id }) => format!("runs embedded {}", name(id)),
        Some(Launched::Update { id }) => format!("runs {}", name(id)),
    }
}

fn outcome_text(outcome: &Outcome) -> String {
    match outcome {
        Outcome::Nothing => String::from("nothing"),
        Outcome::Kept(KeepReason::NotLater) => String::from("not later"),
        Outcome::Kept(KeepReason::FailsFilters) => String::from("fails filters"),
        Outcome::Kept(KeepReason::OfOtherConfiguration) => String::from("of another configuration"),
        Outcome::Downloaded { id } => format!("downloads {}", name(*id)),
        Outcome::AlreadyStored { id } => format!("has {}", name(*id)),
        Outcome::RolledBack => String::from("rolls back"),
        Outcome::RollBackIgnored => String::from("ignores the roll back"),
        Outcome::Incomplete { missing } => format!("lacks {}", missing.len()),
    }
}

fn name(id: Uuid) -> char {
    u32::try_from(id.as_u128() >> 96).ok().and_then(char::from_u32).unwrap_or('?')
}

fn refused(refusal: &Refusal) -> String {
    format!("refused by {}", refusal.rule)
}

fn taken(taken: bool) -> String {
    String::from(if taken { "taken" } else { "not taken" })
}

fn done() -> String {
    String::from("done")
}
