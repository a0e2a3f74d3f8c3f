//! `updraft init`: an Expo project is set up so that its next binary takes its updates from the server.
//!
//! What the server says of the app is held against the app config; what is missing is shown with its reason, and written
//! after a yes. A config that is code is never edited: what to paste into it is printed. A second run changes nothing.

mod config;
mod facts;
mod plan;
mod refusal;
mod report;
mod server;
mod trust;
mod wishes;

use std::path::PathBuf;

pub use plan::{Action, Change};
pub use refusal::{InitError, Unreadable};
pub use report::{CertificateFile, InitReport, Outcome};

use protocol::facts::Fact;

use crate::commands::operation::{self, Consent};
use crate::expo::{Client, ProjectFiles};
use crate::failure::Failure;
use crate::printer::Printer;
use crate::programs::Programs;
use crate::remote::Connection;
use config::Config;
pub(crate) use config::read_json;
pub(crate) use plan::lookup;
use server::Found;
use trust::Trust;
pub(crate) use trust::{is_of, is_root_of};
use wishes::Grounds;

/// What to set up, and how.
#[derive(Clone, Debug)]
pub struct InitOptions {
    /// The server and app.
    pub connection: Connection,
    /// The Expo project.
    pub project: PathBuf,
    /// The channel of the next binary; by default the one that the config names, `production`, or the only one.
    pub channel: Option<String>,
    /// The signing key; by default the one of the certificate that is there, `main`, or the only one.
    pub key_id: Option<String>,
    /// Where its certificate goes, relative to the project.
    pub certificate: PathBuf,
    /// What the server wants to hear of phones, where it does.
    pub api_key: Option<String>,
    /// When the app looks for updates.
    pub check_automatically: Option<CheckAutomatically>,
    /// How long the splash screen may wait for an update, in milliseconds.
    pub fallback_to_cache_timeout: Option<u32>,
    /// What rules are to know of its phones.
    pub facts: Vec<Fact>,
    /// Creates the app on the server where it is missing.
    pub create_app: bool,
    /// Also changes what is set otherwise.
    pub force: bool,
    /// Writes nothing.
    pub dry_run: bool,
    /// Whether somebody said yes in advance.
    pub consent: Consent,
    /// The project's tools.
    pub programs: Programs,
}

/// `updates.checkAutomatically`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum CheckAutomatically {
    /// At every start.
    #[default]
    OnLoad,
    /// At every start, on Wi-Fi.
    WifiOnly,
    /// Only after an update failed.
    OnErrorRecovery,
    /// Only when the app's own code asks.
    Never,
}

impl CheckAutomatically {
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::OnLoad => "ON_LOAD",
            Self::WifiOnly => "WIFI_ONLY",
            Self::OnErrorRecovery => "ON_ERROR_RECOVERY",
            Self::Never => "NEVER",
        }
    }

    fn why(self) -> &'static str {
        match self {
            Self::OnLoad => "the app looks for an update at every start",
            Self::WifiOnly => "the app looks for an update at every start, on Wi-Fi",
            Self::OnErrorRecovery => "the app looks for an update only after one failed",
            Self::Never => "the app looks for an update only when its own code asks",
        }
    }
}

/// Shows what there is to set, and sets it after a yes.
pub async fn init(options: InitOptions, printer: &Printer) -> Result<InitReport, Failure> {
    // Before the server is asked: is there something to set up?
    let files = ProjectFiles::find(&options.project)?;
    let mut config = Config::read(&files, &options).await?;
    let mut found = server::ask(&options, printer).await?;
    let channel = choose_channel(&found.app, &config, &options)?;
    require_api_key(&found, &config, &options)?;
    let trust = trust::choose(std::mem::take(&mut found.keys), config.app(), &options)?;
    let grounds = Grounds {
        found: &found,
        channel: &channel,
        trust: trust.as_ref(),
        config: config.app(),
        files: &files,
        options: &options,
    };
    let changes = plan::plan(config.app(), wishes::wishes(&grounds), options.force)?;
    let mut report = InitReport::new(&grounds, &config, changes);

    printer.data(&report.in_words());
    if report.has_nothing_to_write() {
        report.outcome = if report.snippet.is_some() { Outcome::Paste } else { Outcome::NothingToChange };
    } else if options.dry_run {
        report.outcome = Outcome::DryRun;
    } else {
        if options.consent == Consent::Ask {
            operation::confirm(format!("Write this to {}?", report.targets().join(" and ")), printer).await?;
        }
        write(&mut config, trust.as_ref(), &report)?;
        report.outcome = if report.snippet.is_some() { Outcome::Paste } else { Outcome::Written };
    }
    Ok(report)
}

fn write(config: &mut Config, trust: Option<&Trust>, report: &InitReport) -> Result<(), Failure> {
    if let Config::File(file) = &*config {
        file.require_unchanged()?;
    }
    // The config refers to it, so it comes first.
    if let Some(trust) = trust.filter(|trust| trust.is_missing) {
        config::write_certificate(&trust.file, &trust.key.certificate)?;
    }
    match config {
        Config::File(file) if report.changes_config() => file.write(&report.settings),
        _ => Ok(()),
    }
}

fn choose_channel(app: &api::App, config: &Config, options: &InitOptions) -> Result<String, Failure> {
    let known: Vec<&str> = app.channels.iter().map(|channel| channel.name.as_str()).collect();
    let key = plan::header_key(config.app(), protocol::names::CHANNEL);
    let configured = lookup(config.app(), &["updates", "requestHeaders", &key]).and_then(|value| value.as_str());
    let there = |name: &&str| known.contains(name);
    let chosen = match (&options.channel, &known[..]) {
        (Some(asked), _) => Some(asked.as_str()).filter(there),
        (None, [only]) => configured.filter(there).or(Some(only)),
        (None, _) => configured.filter(there).or(Some("production").filter(there)),
    };
    match (chosen, &options.channel) {
        (Some(channel), _) => Ok(channel.to_owned()),
        (None, Some(asked)) => Err(Failure::UnknownChannel {
            channel: asked.clone(),
            known: known.into_iter().map(str::to_owned).collect(),
        }),
        (None, None) => Err(Failure::Usage {
            message: "which channel is the next binary to ask for?".into(),
            hint: match &known[..] {
                [] => "create one with `updraft channels create`, and name it with --channel".into(),
                known => format!("name one with --channel: {}", known.join(", ")),
            },
        }),
    }
}

/// A file holds the key itself; code reads it from the environment.
fn require_api_key(found: &Found, config: &Config, options: &InitOptions) -> Result<(), Failure> {
    let (Some(header), Config::File(_), None) = (&found.key_header, config, &options.api_key) else { return Ok(()) };
    let key = plan::header_key(config.app(), header);
    match lookup(config.app(), &["updates", "requestHeaders", &key]) {
        Some(_) => Ok(()),
        None => Err(InitError::Door(format!("the server asks every phone for a key in {header}")).into()),
    }
}

/// What keeps the settings from reaching phones, whatever they say.
fn warnings(grounds: &Grounds<'_>) -> Vec<String> {
    let Grounds { found, trust, files, options, .. } = grounds;
    let mut warnings = Vec::new();
    if files.client == Client::Missing {
        warnings.push("package.json does not name expo-updates: run `npx expo install expo-updates`".into());
    }
    if trust.is_none() {
        warnings.push(
            "the app has no signing key, so binaries take whatever answers at that address: make one before you \
             build, with `updraft keys generate --key-id main`, and run this again"
                .into(),
        );
    }
    match (&found.key_header, &options.api_key, files.dynamic_config) {
        (Some(_), Some(_), None) => warnings.push(
            "the API key stands in a file of the repository; an app.config.ts can read it from the environment".into(),
        ),
        (None, Some(_), _) => warnings.push("the server asks phones for no key: the one given is not used".into()),
        _ => {}
    }
    if !files.native.is_empty() {
        warnings.push(format!(
            "there is {}: run `npx expo prebuild` before you build, or the settings stay out of the binary",
            files.native.iter().map(|name| format!("{name}/")).collect::<Vec<_>>().join(" and ")
        ));
    }
    warnings
}
