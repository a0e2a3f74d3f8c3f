//! What the played phones would run.

use device::{AcceptedManifest, Binary, KeepReason, Launched, Outcome};
use serde::Serialize;

use crate::exit::Exit;
use crate::printer::Printer;
use crate::table;

/// What the played phones would run.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Played {
    /// One for each platform.
    pub phones: Vec<Phone>,
}

/// One phone after its session.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Phone {
    /// `ios` or `android`.
    pub platform: &'static str,
    /// The channel in its binary.
    pub channel: String,
    /// The runtime version of its binary.
    pub runtime_version: String,
    /// What came over the line, in bytes, as encoded there.
    pub received_bytes: u64,
    /// What it runs from now on.
    pub runs: Runs,
}

/// What a phone runs.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Runs {
    /// What it downloaded.
    Update(Installed),
    /// What is inside its binary.
    Embedded {
        /// Why, for people.
        why: String,
    },
}

/// An update that was downloaded, verified and launched.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Installed {
    /// Its id.
    pub id: String,
    /// Its `createdAt`.
    pub created_at: String,
    /// The key whose signature was verified; none where the binary has no certificate.
    pub verified_by: Option<String>,
    /// Bytes of the launch asset.
    pub bundle_bytes: u64,
    /// The other assets.
    pub assets: usize,
    /// Their bytes.
    pub asset_bytes: u64,
}

impl Played {
    /// Prints it.
    pub fn print(&self, printer: &Printer) {
        for phone in &self.phones {
            printer.data(&phone.in_words());
        }
        printer.json(self);
    }

    /// [`Exit::NothingNew`] when no phone got an update.
    pub fn exit(&self) -> Exit {
        if self.phones.iter().any(|phone| matches!(phone.runs, Runs::Update(_))) { Exit::Ok } else { Exit::NothingNew }
    }
}

impl Phone {
    fn in_words(&self) -> String {
        let Self { platform, channel, runtime_version, received_bytes, runs } = self;
        let head = format!("{platform}, runtime version {runtime_version}, channel {channel}");
        match runs {
            Runs::Embedded { why } => format!("{head}\n  runs        its embedded update: {why}"),
            Runs::Update(Installed { id, created_at, verified_by, bundle_bytes, assets, asset_bytes }) => {
                let signature = verified_by
                    .as_ref()
                    .map_or("not verified: the binary has no certificate".into(), |key| format!("verified, key {key}"));
                format!(
                    "{head}\n  runs        {id}\n  created at  {created_at}\n  signature   {signature}\n  \
                     bundle      {}\n  assets      {}, {}\n  hashes      all verified\n  received    {}",
                    table::bytes(*bundle_bytes),
                    table::files(*assets),
                    table::bytes(*asset_bytes),
                    table::bytes(*received_bytes),
                )
            }
        }
    }
}

impl Installed {
    /// An update before its first byte.
    pub(super) fn announced(manifest: &AcceptedManifest, binary: &Binary) -> Self {
        let key = binary.code_signing.as_ref().map(|signing| signing.key_id.clone());
        Self {
            id: manifest.id.to_string(),
            created_at: manifest.json.get("createdAt").and_then(|text| text.as_str()).unwrap_or_default().into(),
            verified_by: key.filter(|_| manifest.is_verified),
            bundle_bytes: 0,
            assets: 0,
            asset_bytes: 0,
        }
    }

    pub(super) fn count(&mut self, is_launch_asset: bool, bytes: u64) {
        if is_launch_asset {
            self.bundle_bytes += bytes;
        } else {
            self.assets += 1;
            self.asset_bytes += bytes;
        }
    }
}

impl Runs {
    /// What the launch after a load started.
    pub(super) fn after(outcome: &Outcome, launched: Launched, installed: Option<Installed>) -> Self {
        match (launched, installed) {
            (Launched::Update { id }, Some(installed)) if installed.id == id.to_string() => Self::Update(installed),
            _ => Self::Embedded { why: why(outcome).into() },
        }
    }
}

fn why(outcome: &Outcome) -> &'static str {
    match outcome {
        Outcome::Nothing => "the server has no update for it",
        Outcome::Kept(KeepReason::FailsFilters) => "the update fails the filters that came with it",
        Outcome::Kept(_) => "the update is not later than what it runs",
        Outcome::RolledBack => "the server sends it back there",
        Outcome::RollBackIgnored => "the roll back is not later than what it runs",
        Outcome::Incomplete { .. } => "some files did not come",
        Outcome::Downloaded { .. } | Outcome::AlreadyStored { .. } => "its launcher does not choose the update",
    }
}
