//! Settings: the embedded default file, then the operator's file, then the environment.
//!
//! [`DEFAULT_FILE`] is the one list of settings: what it does not name does not exist, its values are the defaults, and
//! their types are the types. Reading never stops at the first problem: an operator meets all of them at once.

mod layers;
mod settings;

pub use layers::{Layers, Origin};
pub use settings::{
    Access, AdminPublish, Assets, DatabaseSource, Devices, Limits, Log, LogFormat, MasterKeySource, PublicUrl, Settings,
};

use std::fmt;
use std::path::Path;

/// The documented defaults, as `updraft config default` prints them.
pub const DEFAULT_FILE: &str = include_str!("default.toml");

/// One thing that is wrong with the configuration.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fault {
    /// The setting, as `limits.max_assets`, or the file when it cannot be read at all.
    pub setting: String,
    /// Where the value came from.
    pub origin: Origin,
    /// What is wrong with it.
    pub problem: String,
    /// What to write instead.
    pub fix: String,
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} ({}): {}\n    fix: {}", self.setting, self.origin, self.problem, self.fix)
    }
}

/// Everything that is wrong with the configuration.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub struct Faults(pub Vec<Fault>);

impl fmt::Display for Faults {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let count = self.0.len();
        write!(f, "the configuration has {count} problem{}", if count == 1 { "" } else { "s" })?;
        self.0.iter().try_for_each(|fault| write!(f, "\n  {fault}"))
    }
}

/// Reads the settings.
///
/// `file` is the operator's file, if there is one; `environment` the process's variables, of which only those that begin
/// with `UPDRAFT_` are looked at.
pub fn read(file: Option<&Path>, environment: impl IntoIterator<Item = (String, String)>) -> Result<Settings, Faults> {
    let mut faults = Vec::new();
    let mut layers = Layers::defaults();
    if let Some(path) = file {
        match std::fs::read_to_string(path) {
            Ok(text) => layers.add_file(path, &text, &mut faults),
            Err(error) => faults.push(Fault {
                setting: path.display().to_string(),
                origin: Origin::File(path.to_owned()),
                problem: format!("the file cannot be read: {error}"),
                fix: "name a file that exists, or write one with `updraft config default > updraft.toml`".into(),
            }),
        }
    }
    layers.add_environment(environment, &mut faults);
    let settings = Settings::from_layers(&layers, &mut faults);
    if faults.is_empty() { Ok(settings) } else { Err(Faults(faults)) }
}
