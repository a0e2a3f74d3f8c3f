//! What was found, and how it is told.

use protocol::Platform;
use serde::{Serialize, Serializer};

use super::check::Check;
use crate::exit::Exit;
use crate::printer::Printer;

/// How bad it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Level {
    /// As it should be.
    Ok,
    /// It works, but not for everyone, not for long, or not as well as it could.
    Warning,
    /// Phones will not get updates, or binaries cannot be built.
    Error,
}

/// One thing that was looked at.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Finding {
    /// What was checked.
    #[serde(serialize_with = "id")]
    pub check: Check,
    /// How bad it is.
    pub level: Level,
    /// `ios` or `android`; none where it is true of both, or of neither.
    pub platform: Option<&'static str>,
    /// What was found.
    pub message: String,
    /// What to do about it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub fix: Option<&'static str>,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde hands fields over like this")]
fn id<S: Serializer>(check: &Check, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(check.id())
}

/// Everything that was looked at.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Diagnosis {
    /// In the order of the checks.
    pub findings: Vec<Finding>,
}

/// Findings while they are made.
#[derive(Debug, Default)]
pub(super) struct Findings {
    found: Vec<Finding>,
    platform: Option<Platform>,
}

impl Findings {
    /// What follows is about this platform.
    pub(super) fn about(&mut self, platform: Option<Platform>) {
        self.platform = platform;
    }

    pub(super) fn ok(&mut self, check: Check, message: impl Into<String>) {
        self.add(check, Level::Ok, message.into());
    }

    pub(super) fn warning(&mut self, check: Check, message: impl Into<String>) {
        self.add(check, Level::Warning, message.into());
    }

    pub(super) fn error(&mut self, check: Check, message: impl Into<String>) {
        self.add(check, Level::Error, message.into());
    }

    pub(super) fn has_error(&self, check: Check) -> bool {
        self.found.iter().any(|finding| finding.check == check && finding.level == Level::Error)
    }

    fn add(&mut self, check: Check, level: Level, message: String) {
        let platform = self.platform.map(Platform::as_str);
        // What is true of both platforms is told once.
        let same = |known: &&mut Finding| (known.check, known.level, &known.message) == (check, level, &message);
        if let Some(known) = self.found.iter_mut().find(same) {
            if known.platform != platform {
                known.platform = None;
            }
            return;
        }
        let fix = (level != Level::Ok).then(|| check.fix());
        self.found.push(Finding { check, level, platform, message, fix });
    }

    pub(super) fn into_diagnosis(mut self) -> Diagnosis {
        self.found.sort_by_key(|finding| Check::ALL.iter().position(|check| *check == finding.check));
        Diagnosis { findings: self.found }
    }
}

impl Diagnosis {
    /// How many findings are this bad.
    pub fn count(&self, level: Level) -> usize {
        self.findings.iter().filter(|finding| finding.level == level).count()
    }

    /// Prints it.
    pub fn print(&self, printer: &Printer) {
        printer.data(&self.in_words());
        printer.json(self);
    }

    /// [`Exit::Failure`] when something is an error.
    pub fn exit(&self) -> Exit {
        if self.count(Level::Error) == 0 { Exit::Ok } else { Exit::Failure }
    }

    fn in_words(&self) -> String {
        let width = self.findings.iter().map(|finding| finding.check.id().len()).max().unwrap_or_default();
        let lines = self.findings.iter().map(|Finding { check, level, platform, message, fix }| {
            let level = match level {
                Level::Ok => "ok     ",
                Level::Warning => "warning",
                Level::Error => "ERROR  ",
            };
            let platform = platform.map(|platform| format!("{platform}: ")).unwrap_or_default();
            // What other programs said goes on beneath.
            let message = message.replace('\n', &format!("\n{:width$}           ", ""));
            let fix = fix.map(|fix| format!("\n{:width$}           fix: {fix}", "")).unwrap_or_default();
            format!("{level}  {:width$}  {platform}{message}{fix}\n", check.id())
        });
        let told = |count: usize, word: &str| format!("{count} {word}{}", if count == 1 { "" } else { "s" });
        let last = match (self.count(Level::Error), self.count(Level::Warning)) {
            (0, 0) => "All is well".into(),
            (0, warnings) => format!("No errors, {}", told(warnings, "warning")),
            (errors, warnings) => format!("{}, {}", told(errors, "error"), told(warnings, "warning")),
        };
        lines.chain([last]).collect()
    }
}
