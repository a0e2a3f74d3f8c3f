//! One operation: first what refuses it, in the order that [`Operate::apply`](store::Operate::apply) states, then its
//! rows. Only [`CommitError::TooManyConditionalEntries`] is seen in what was written; the transaction takes it back.

use sqlx::PgConnection;
use store::{CommitError, Operation, Seal};

use super::{checks, edits, issue, owns};
use crate::{apps, audit, keys};

/// Makes all of it visible; returns the app's new version. `locked` is the version now, none when there is no such app.
pub(super) async fn apply(
    tx: &mut PgConnection,
    locked: Option<u64>,
    operation: &Operation,
    seal: &Seal,
) -> Result<u64, CommitError> {
    let app = operation.app;
    let actual = locked.ok_or(CommitError::UnknownApp)?;
    if let Some(expected) = operation.at_version.filter(|expected| *expected != actual) {
        return Err(CommitError::VersionMoved { expected, actual });
    }
    if let Some(platform) = operation.out_of_order() {
        return Err(CommitError::OutOfOrder(platform));
    }
    checks::instants(tx, app, &operation.entries).await?;
    if operation.at_version.is_none() {
        checks::pins(tx, operation).await?;
    }
    let mut touched = edits::apply(tx, app, &operation.edits, seal.now).await?;
    for group in &operation.groups {
        if !owns(tx, app, group.branch).await? {
            return Err(CommitError::UnknownTarget);
        }
    }
    let places = operation.places()?;
    checks::rollouts(tx, &places).await?;
    checks::blobs(tx, operation).await?;
    checks::signatures(tx, operation, &seal.signatures).await?;

    let version = apps::raise_version(tx, app).await?;
    issue::issue(tx, operation, version, seal).await?;
    let signatures = seal.signatures.iter().map(|signed| (signed.update, &signed.key_id, signed.signature.as_ref()));
    keys::insert_signatures(tx, signatures).await?;
    audit::write(tx, app, &seal.actor, operation.action, &operation.detail, seal.now).await?;
    touched.extend(places);
    checks::lanes(tx, touched).await?;
    Ok(version)
}
