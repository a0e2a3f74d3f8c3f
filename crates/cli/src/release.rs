//! To whom a new entry is served, and what becomes of the one that is rolling out.

use std::path::Path;

use serde_json::Value;
use tokio::io::AsyncReadExt as _;

use crate::failure::Failure;

/// To whom a new entry is served. By default to everyone, unless a rollout is open.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Release {
    /// To this share of the devices first, in basis points: opens a rollout.
    pub rollout: Option<u16>,
    /// To the devices that match only.
    pub rule: Option<Value>,
    /// About a rollout that is open.
    pub on_rollout: api::OnRollout,
}

/// The largest file that is read as a rule, in bytes: 10,000 devices, one a line, fit.
const LARGEST_RULE: u64 = 1 << 20;

/// Reads a rule from a file. What it says is the server's to judge.
pub(crate) async fn read_rule(path: &Path) -> Result<Value, Failure> {
    let failed = |source| Failure::File { path: path.to_owned(), verb: "read", source };
    let file = tokio::fs::File::open(path).await.map_err(failed)?;
    let mut text = Vec::new();
    // Also what says nothing of its length, such as a pipe, is read no further.
    file.take(LARGEST_RULE + 1).read_to_end(&mut text).await.map_err(failed)?;
    if text.len() as u64 > LARGEST_RULE {
        return Err(Failure::RuleTooLarge { path: path.to_owned(), limit: LARGEST_RULE });
    }
    let unread = |source| Failure::Rule { path: path.to_owned(), source };
    serde_json::from_slice::<api::Distinct>(&text).map_err(unread)?;
    serde_json::from_slice(&text).map_err(unread)
}
