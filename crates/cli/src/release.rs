//! To whom a new entry is served, and what becomes of the one that is rolling out.

use std::path::Path;

use serde_json::Value;

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

/// Reads a rule from a file. What it says is the server's to judge.
pub(crate) async fn read_rule(path: &Path) -> Result<Value, Failure> {
    let text =
        tokio::fs::read(path).await.map_err(|source| Failure::File { path: path.to_owned(), verb: "read", source })?;
    serde_json::from_slice(&text).map_err(|source| Failure::Rule { path: path.to_owned(), source })
}
