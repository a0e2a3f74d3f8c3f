//! The stock client's rules and state, Android's and iOS'. Never does I/O and never knows a server.
//!
//! A [`Device`] is one installation of an app with expo-updates 57 inside: it says what it sends, takes what comes, and
//! tells what it would run. The rules were read line by line from the Kotlin, Java, Swift and Objective-C sources of
//! `expo-updates` 57.0.24 and the packages it uses; each is a [`Rule`] with the file it comes from.
//!
//! Two parsers, `android` and `ios`, each in its platform's order and with its platform's leniency, and neither shared
//! with the `protocol` room, so that a mistake there is not repeated here. Where a real client would crash, drop an
//! asset or silently read something else than was meant, the device refuses: see [`Consequence`]. It is stricter than
//! the client in two more places, where leniency serves nobody: JSON is JSON (Android's `org.json` also takes comments
//! and single quotes), and certificates are what the `signing` room takes.
//!
//! Not here: applying patches (a patch answer is asked for again, as after a failed patch), and the development client.

mod android;
mod answer;
mod binary;
mod bytes;
mod code_signing;
mod database;
mod date;
mod device;
mod fields;
mod http_cache;
mod ios;
mod load;
mod manifest;
mod refusal;
mod request;
mod rule;
mod rule_table;
mod selection;
mod structured;
#[cfg(test)]
mod tests;

pub use answer::{Answer, Instruction, Reader, check_directive, check_manifest};
pub use binary::{Binary, CodeSigning, Embedded, Protocol};
pub use device::{CheckResult, Device, Launched};
pub use fields::{FieldValue, Fields};
pub use load::{AssetRequest, Loading, Outcome, Taken};
pub use manifest::{AcceptedManifest, Asset};
pub use refusal::Refusal;
pub use rule::{Consequence, Rule, RuleSet};
pub use selection::{KeepReason, LoadReason, Verdict};
