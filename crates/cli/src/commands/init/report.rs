//! What is set, for people and for programs.

use serde::Serialize;
use serde_json::Value;

use super::config::Config;
use super::plan::{self, Action, Change};
use super::wishes::{Grounds, KEY_FROM_ENVIRONMENT};
use super::{facts, trust, warnings};
use crate::printer::Printer;

/// What was set, or would be.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct InitReport {
    /// The file of the app config.
    pub config: String,
    /// What came of it.
    pub outcome: Outcome,
    /// Every setting, also those that are right already.
    pub settings: Vec<Change>,
    /// The certificate that goes into the binary.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub certificate: Option<CertificateFile>,
    /// What to paste where the config is code and does not say all of it yet.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub snippet: Option<String>,
    /// What may be wrong.
    pub warnings: Vec<String>,
    /// What to do next, in order.
    pub next: Vec<String>,
}

/// What came of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    /// The files are written.
    Written,
    /// They were right already.
    NothingToChange,
    /// They were only looked at.
    DryRun,
    /// The settings are yours to paste; the certificate is written.
    Paste,
}

/// The certificate's file.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct CertificateFile {
    /// As the config has it.
    pub path: String,
    /// The key that it belongs to.
    pub key_id: String,
    /// SHA-256, hexadecimal.
    pub fingerprint: String,
    /// RFC 3339.
    pub not_after: String,
    /// Whether it is there already.
    pub is_there: bool,
}

impl InitReport {
    pub(super) fn new(grounds: &Grounds<'_>, config: &Config, settings: Vec<Change>) -> Self {
        let certificate = grounds.trust.map(|trust::Trust { key, path, is_missing, .. }| CertificateFile {
            path: path.clone(),
            key_id: key.key_id.clone(),
            fingerprint: key.fingerprint.clone(),
            not_after: key.not_after.clone(),
            is_there: !is_missing,
        });
        let is_open = settings.iter().any(|change| matches!(change.action, Action::Add | Action::Change));
        let mut warnings = warnings(grounds);
        let snippet = match config {
            Config::Code { name, unknown, .. } => {
                let because = |why| format!("{name} cannot be evaluated, so all of it is shown: {why}");
                warnings.extend(unknown.as_ref().map(because));
                is_open.then(|| snippet(&settings))
            }
            Config::File(_) => None,
        };
        Self {
            config: config.name().into(),
            outcome: Outcome::NothingToChange,
            settings,
            certificate,
            snippet,
            warnings,
            next: next(grounds),
        }
    }

    pub(super) fn changes_config(&self) -> bool {
        self.snippet.is_none()
            && self.settings.iter().any(|change| matches!(change.action, Action::Add | Action::Change))
    }

    pub(super) fn has_nothing_to_write(&self) -> bool {
        self.targets().is_empty()
    }

    /// The files that are to be written.
    pub(super) fn targets(&self) -> Vec<String> {
        let certificate = self.certificate.iter().filter(|file| !file.is_there).map(|file| file.path.clone());
        certificate.chain(self.changes_config().then(|| self.config.clone())).collect()
    }

    /// The settings with their reasons, then what to paste.
    pub(super) fn in_words(&self) -> String {
        let settings = self.settings.iter().map(line);
        let certificate = self.certificate.iter().map(|file| {
            let CertificateFile { path, key_id, not_after, is_there, .. } = file;
            let sign = if *is_there { '=' } else { '+' };
            let day = not_after.split('T').next().unwrap_or_default();
            format!("{path}\n  {sign} the certificate of key {key_id}, valid until {day}\n")
        });
        let snippet = self
            .snippet
            .iter()
            .map(|snippet| format!("\n{} is code, so this is yours to put into it:\n\n{snippet}\n", self.config));
        let first = format!("{}\n", self.config);
        std::iter::once(first).chain(settings).chain(certificate).chain(snippet).collect()
    }

    /// Prints what came of it; the settings were shown before.
    pub fn print(&self, printer: &Printer) {
        let config = &self.config;
        match self.outcome {
            Outcome::Written => printer.data(&format!("Wrote {}", self.targets().join(" and "))),
            Outcome::NothingToChange => printer.data(&format!("Nothing to change: {config} is set up for this server")),
            Outcome::DryRun => printer.data("Nothing was written"),
            Outcome::Paste => printer.data(&format!("{config} was not touched")),
        }
        for warning in &self.warnings {
            printer.warning(warning);
        }
        if self.outcome != Outcome::NothingToChange {
            for next in &self.next {
                printer.note(&format!("next: {next}"));
            }
        }
        printer.json(self);
    }
}

fn line(Change { path, action, value, was, why, .. }: &Change) -> String {
    let was = was.as_ref().map(ToString::to_string).unwrap_or_default();
    match action {
        Action::Add => format!("  + {path} = {value}\n      {why}\n"),
        Action::Change => format!("  ~ {path} = {value}, was {was}\n      {why}\n"),
        Action::Same => format!("  = {path} = {value}\n      {why}\n"),
        Action::Keep => format!("  ! {path} stays {was}; --force makes it {value}\n      {why}\n"),
    }
}

/// An object literal: JSON is one already, but for the key that comes from the environment.
fn snippet(settings: &[Change]) -> String {
    let block: Value = plan::block(settings, KEY_FROM_ENVIRONMENT);
    let text = format!("{block:#}");
    let members = text.trim_start_matches("{\n").trim_end_matches("\n}");
    let members: Vec<&str> = members.lines().map(|line| line.strip_prefix("  ").unwrap_or(line)).collect();
    format!("{},", members.join("\n")).replace(&format!("\"{KEY_FROM_ENVIRONMENT}\""), KEY_FROM_ENVIRONMENT)
}

fn next(grounds: &Grounds<'_>) -> Vec<String> {
    let channel = crate::shell::word(grounds.channel).into_owned();
    let mut next = facts::next(&grounds.options.facts, grounds.config);
    next.extend([
        "build and release a new binary: all of this is fixed when it is built, and older binaries keep what they have"
            .into(),
        format!("publish an update with `updraft publish --channel {channel}`"),
        "check all of it as a phone would with `updraft doctor`".into(),
    ]);
    next
}
