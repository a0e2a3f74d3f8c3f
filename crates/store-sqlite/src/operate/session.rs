//! Prepared operations that wait for their commit.

use std::collections::HashMap;

use model::control::{ContentFingerprint, Edit};
use model::{AppId, BranchId, ChannelName, Millis, UpdateGroupId, UpdateId};
use serde_json::{Value, json};
use sqlx::{SqliteConnection, query};
use store::{
    AuditAction, IDEMPOTENCY_LIFETIME, NewAsset, NewEntry, NewGroup, Operation, SESSION_LIFETIME, SaveError, SessionId,
    StoreError,
};

use super::owns;
use crate::apps;
use crate::columns::{
    blob_hash, json, json_text, kind, kind_word, lane, name, rollout, rollout_columns, rule, rule_text, sha256, signed,
    unsigned, uuid, word,
};
use crate::fault::{fault, one_row};

/// A session that is still known.
pub(super) enum Session {
    /// It can be committed.
    Waiting(Box<Operation>),
    /// It was; this is what was answered.
    Committed(Value),
}

pub(super) async fn save(
    tx: &mut SqliteConnection,
    session: SessionId,
    operation: &Operation,
    now: Millis,
) -> Result<(), SaveError> {
    if operation.entries.is_empty() {
        return Err(SaveError::Empty);
    }
    if let Some(platform) = operation.out_of_order() {
        return Err(SaveError::OutOfOrder(platform));
    }
    check_branches(tx, operation).await?;
    forget_old(tx, now).await?;
    insert_session(tx, session, operation, now).await?;
    for (position, group) in (0_i64..).zip(&operation.groups) {
        insert_group(tx, session, position, group).await?;
    }
    for (position, entry) in (0_i64..).zip(&operation.entries) {
        operation.branch_of(entry.group)?;
        insert_entry(tx, session, position, entry).await?;
        insert_assets(tx, session, entry).await?;
    }
    Ok(())
}

/// The session, committed or not; one that has expired uncommitted is gone.
pub(super) async fn find(
    connection: &mut SqliteConnection,
    app: AppId,
    session: SessionId,
    now: Millis,
) -> Result<Option<Session>, StoreError> {
    const TABLE: &str = "publish_sessions";
    let (app_id, id) = (app.0.as_bytes().as_slice(), session.0.as_bytes().as_slice());
    let expired = now.0 - SESSION_LIFETIME.0;
    let row = query!(
        "SELECT action, detail, at_version, edits, outcome FROM publish_sessions
        WHERE id = ? AND app_id = ? AND (committed_at IS NOT NULL OR created_at > ?)",
        id,
        app_id,
        expired
    )
    .fetch_optional(&mut *connection)
    .await
    .map_err(fault)?;
    let Some(row) = row else { return Ok(None) };
    if let Some(outcome) = row.outcome {
        return Ok(Some(Session::Committed(json(TABLE, &outcome)?)));
    }
    Ok(Some(Session::Waiting(Box::new(Operation {
        app,
        action: word(TABLE, &row.action, AuditAction::parse)?,
        detail: json(TABLE, &row.detail)?,
        at_version: row.at_version.map(|version| unsigned(TABLE, version)).transpose()?,
        edits: json(TABLE, &row.edits)?,
        groups: groups(connection, session).await?,
        entries: entries(connection, session).await?,
    }))))
}

/// Leaves of the session what a second commit is answered with.
pub(super) async fn finish(
    tx: &mut SqliteConnection,
    session: SessionId,
    outcome: &Value,
    now: Millis,
) -> Result<(), StoreError> {
    let (session, outcome) = (session.0.as_bytes().as_slice(), outcome.to_string());
    for statement in [
        query!("DELETE FROM session_assets WHERE session_id = ?", session),
        query!("DELETE FROM session_entries WHERE session_id = ?", session),
        query!("DELETE FROM session_groups WHERE session_id = ?", session),
    ] {
        statement.execute(&mut *tx).await.map_err(fault)?;
    }
    let done = query!(
        "UPDATE publish_sessions SET outcome = ?, committed_at = ? WHERE id = ? AND committed_at IS NULL",
        outcome,
        now.0,
        session
    )
    .execute(tx)
    .await
    .map_err(fault)?;
    one_row("commit", done.rows_affected())
}

/// Every group goes to a branch of the app, or to one that the operation itself creates.
async fn check_branches(tx: &mut SqliteConnection, operation: &Operation) -> Result<(), SaveError> {
    if apps::version(tx, operation.app).await?.is_none() {
        return Err(SaveError::UnknownBranch);
    }
    for group in &operation.groups {
        let creates = |edit: &Edit| matches!(edit, Edit::CreateBranch { id, .. } if *id == group.branch);
        if !operation.edits.iter().any(creates) && !owns(tx, operation.app, group.branch).await? {
            return Err(SaveError::UnknownBranch);
        }
    }
    Ok(())
}

/// Sessions that can no longer be committed, and outcomes that nobody may ask for any more.
async fn forget_old(tx: &mut SqliteConnection, now: Millis) -> Result<(), StoreError> {
    let (prepared_before, committed_before) = (now.0 - SESSION_LIFETIME.0, now.0 - IDEMPOTENCY_LIFETIME.0);
    query!(
        "DELETE FROM publish_sessions
        WHERE (committed_at IS NULL AND created_at <= ?1) OR (created_at <= ?1 AND committed_at <= ?2)",
        prepared_before,
        committed_before
    )
    .execute(tx)
    .await
    .map_err(fault)?;
    Ok(())
}

async fn insert_session(
    tx: &mut SqliteConnection,
    session: SessionId,
    operation: &Operation,
    now: Millis,
) -> Result<(), StoreError> {
    let (id, app) = (session.0.as_bytes().as_slice(), operation.app.0.as_bytes().as_slice());
    let (action, detail, edits) =
        (operation.action.as_str(), operation.detail.to_string(), json_text(&operation.edits)?);
    let at_version = operation.at_version.map(signed).transpose()?;
    query!(
        "INSERT INTO publish_sessions (id, app_id, action, detail, at_version, edits, created_at)
        VALUES (?, ?, ?, ?, ?, ?, ?)",
        id,
        app,
        action,
        detail,
        at_version,
        edits,
        now.0
    )
    .execute(tx)
    .await
    .map_err(fault)?;
    Ok(())
}

async fn insert_group(
    tx: &mut SqliteConnection,
    session: SessionId,
    position: i64,
    group: &NewGroup,
) -> Result<(), StoreError> {
    let (session, id) = (session.0.as_bytes().as_slice(), group.id.0.as_bytes().as_slice());
    let (branch, channel) = (group.branch.0.as_bytes().as_slice(), group.channel.as_ref().map(ChannelName::as_str));
    query!(
        "INSERT INTO session_groups
            (session_id, position, group_id, branch_id, channel, message, git_commit, git_branch, git_dirty)
        VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
        session,
        position,
        id,
        branch,
        channel,
        group.message,
        group.git_commit,
        group.git_branch,
        group.git_dirty
    )
    .execute(tx)
    .await
    .map_err(fault)?;
    Ok(())
}

async fn insert_entry(
    tx: &mut SqliteConnection,
    session: SessionId,
    position: i64,
    entry: &NewEntry,
) -> Result<(), StoreError> {
    let (session, update) = (session.0.as_bytes().as_slice(), entry.id.0.as_bytes().as_slice());
    let group = entry.group.0.as_bytes().as_slice();
    let (platform, runtime_version) = (entry.lane.platform.as_str(), entry.lane.runtime_version.as_str());
    let (kind, content) = (kind_word(entry.kind), entry.content.0.as_slice());
    let origin = entry.origin.as_ref().map(|origin| origin.0.as_bytes().as_slice());
    let (share, salt) = rollout_columns(entry.rollout.as_ref());
    let (rule, body) = (rule_text(entry.rule.as_ref())?, entry.body.as_ref());
    query!(
        "INSERT INTO session_entries (session_id, position, update_id, group_id, platform, runtime_version, created_at,
            kind, fingerprint, origin_id, held, disabled, rollout_share, rollout_salt, rule, body)
        VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        session,
        position,
        update,
        group,
        platform,
        runtime_version,
        entry.created_at.0,
        kind,
        content,
        origin,
        entry.held,
        entry.disabled,
        share,
        salt,
        rule,
        body
    )
    .execute(tx)
    .await
    .map_err(fault)?;
    Ok(())
}

/// All assets in one statement: an update may have 20,000.
async fn insert_assets(tx: &mut SqliteConnection, session: SessionId, entry: &NewEntry) -> Result<(), StoreError> {
    let (session, update) = (session.0.as_bytes().as_slice(), entry.id.0.as_bytes().as_slice());
    let list: Value = entry
        .assets
        .iter()
        .map(|asset| json!([asset.hash, asset.key, asset.content_type, u8::from(asset.launch)]))
        .collect();
    let list = list.to_string();
    query!(
        "INSERT INTO session_assets (session_id, update_id, position, hash, key, content_type, launch)
        SELECT ?1, ?2, asset.key, unhex(asset.value ->> 0), asset.value ->> 1, asset.value ->> 2, asset.value ->> 3
        FROM json_each(?3) AS asset",
        session,
        update,
        list
    )
    .execute(tx)
    .await
    .map_err(fault)?;
    Ok(())
}

async fn groups(connection: &mut SqliteConnection, session: SessionId) -> Result<Vec<NewGroup>, StoreError> {
    const TABLE: &str = "session_groups";
    let session = session.0.as_bytes().as_slice();
    let rows = query!(
        r#"SELECT group_id, branch_id, channel, message, git_commit, git_branch, git_dirty AS "git_dirty: bool"
        FROM session_groups WHERE session_id = ? ORDER BY position"#,
        session
    )
    .fetch_all(connection)
    .await
    .map_err(fault)?;
    rows.into_iter()
        .map(|row| {
            Ok(NewGroup {
                id: UpdateGroupId(uuid(TABLE, &row.group_id)?),
                branch: BranchId(uuid(TABLE, &row.branch_id)?),
                channel: row.channel.map(|channel| name(TABLE, &channel, ChannelName::parse)).transpose()?,
                message: row.message,
                git_commit: row.git_commit,
                git_branch: row.git_branch,
                git_dirty: row.git_dirty,
            })
        })
        .collect()
}

async fn entries(connection: &mut SqliteConnection, session: SessionId) -> Result<Vec<NewEntry>, StoreError> {
    const TABLE: &str = "session_entries";
    let id = session.0.as_bytes().as_slice();
    let rows = query!(
        r#"SELECT update_id, group_id, platform, runtime_version, created_at, kind, fingerprint, origin_id,
            held AS "held: bool", disabled AS "disabled: bool", rollout_share, rollout_salt, rule, body
        FROM session_entries WHERE session_id = ? ORDER BY position"#,
        id
    )
    .fetch_all(&mut *connection)
    .await
    .map_err(fault)?;
    let mut assets = assets(connection, session).await?;
    rows.into_iter()
        .map(|row| {
            let id = UpdateId(uuid(TABLE, &row.update_id)?);
            let origin = row.origin_id.map(|origin| uuid(TABLE, &origin)).transpose()?;
            Ok(NewEntry {
                id,
                group: UpdateGroupId(uuid(TABLE, &row.group_id)?),
                lane: lane(TABLE, &row.platform, &row.runtime_version)?,
                created_at: Millis(row.created_at),
                kind: kind(TABLE, &row.kind)?,
                body: row.body.into(),
                content: ContentFingerprint(sha256(TABLE, &row.fingerprint)?),
                origin: origin.map(UpdateId),
                held: row.held,
                disabled: row.disabled,
                rollout: rollout(TABLE, row.rollout_share, row.rollout_salt)?,
                rule: rule(TABLE, row.rule.as_deref())?,
                assets: assets.remove(&id).unwrap_or_default(),
            })
        })
        .collect()
}

async fn assets(
    connection: &mut SqliteConnection,
    session: SessionId,
) -> Result<HashMap<UpdateId, Vec<NewAsset>>, StoreError> {
    const TABLE: &str = "session_assets";
    let session = session.0.as_bytes().as_slice();
    let rows = query!(
        r#"SELECT update_id, hash, key, content_type, launch AS "launch: bool"
        FROM session_assets WHERE session_id = ? ORDER BY update_id, position"#,
        session
    )
    .fetch_all(connection)
    .await
    .map_err(fault)?;
    let mut assets: HashMap<_, Vec<_>> = HashMap::new();
    for row in rows {
        let hash = blob_hash(TABLE, &row.hash)?;
        let asset = NewAsset { hash, key: row.key, content_type: row.content_type, launch: row.launch };
        assets.entry(UpdateId(uuid(TABLE, &row.update_id)?)).or_default().push(asset);
    }
    Ok(assets)
}
