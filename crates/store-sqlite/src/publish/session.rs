//! Prepared publishes that wait for their commit.

use std::collections::HashMap;

use model::{AppId, BranchId, ChannelName, Millis, Platform, UpdateGroupId, UpdateId};
use serde_json::{Value, json};
use sqlx::{SqliteConnection, query, query_scalar};
use store::{
    AuditAction, ContentFingerprint, Effect, ExpectedHead, IDEMPOTENCY_LIFETIME, NewAsset, NewEntry, NewGroup, Once,
    PreparedPublish, SESSION_LIFETIME, SaveError, SessionId, StoreError,
};

use crate::columns::{blob_hash, kind, kind_word, lane, name, rollout, sha256, uuid, word};
use crate::fault::fault;
use crate::{SqliteStore, replay};

pub(super) async fn save(
    store: &SqliteStore,
    prepared: PreparedPublish,
    once: Option<Once>,
    now: Millis,
) -> Result<Effect<()>, SaveError> {
    check_order(&prepared.entries)?;
    let mut tx = store.write().await?;
    let (request, outcome) = once.map(|Once { request, outcome }| (request, outcome)).unzip();
    if let Some(before) = replay::find::<SaveError>(&mut tx, request.as_ref(), now).await? {
        return Ok(Effect::Replayed(before));
    }
    if !owns(&mut tx, prepared.app, prepared.branch).await? {
        return Err(SaveError::UnknownBranch);
    }
    forget_old(&mut tx, now).await?;
    insert_session(&mut tx, &prepared, now).await?;
    for (position, entry) in (0_i64..).zip(&prepared.entries) {
        insert_entry(&mut tx, prepared.session, position, entry).await?;
        insert_assets(&mut tx, prepared.session, entry).await?;
    }
    for expected in &prepared.expected_heads {
        insert_head(&mut tx, prepared.session, expected).await?;
    }
    if let Some(outcome) = &outcome {
        replay::keep(&mut tx, request.as_ref(), outcome, now).await?;
    }
    tx.commit().await.map_err(fault)?;
    Ok(Effect::Fresh(()))
}

pub(super) async fn find(
    store: &SqliteStore,
    app: AppId,
    session: SessionId,
    now: Millis,
) -> Result<Option<PreparedPublish>, StoreError> {
    const TABLE: &str = "publish_sessions";
    let mut tx = store.read().await?;
    let (app_id, id) = (app.0.as_bytes().as_slice(), session.0.as_bytes().as_slice());
    let expired = now.0 - SESSION_LIFETIME.0;
    let row = query!(
        r#"SELECT branch_id, action, group_id, channel, message, git_commit, git_branch,
            git_dirty AS "git_dirty: bool"
        FROM publish_sessions WHERE id = ? AND app_id = ? AND committed_at IS NULL AND created_at > ?"#,
        id,
        app_id,
        expired
    )
    .fetch_optional(&mut *tx)
    .await
    .map_err(fault)?;
    let Some(row) = row else { return Ok(None) };
    let channel = row.channel.map(|channel| name(TABLE, &channel, ChannelName::parse)).transpose()?;
    Ok(Some(PreparedPublish {
        session,
        app,
        branch: BranchId(uuid(TABLE, &row.branch_id)?),
        action: word(TABLE, &row.action, AuditAction::parse)?,
        group: NewGroup {
            id: UpdateGroupId(uuid(TABLE, &row.group_id)?),
            channel,
            message: row.message,
            git_commit: row.git_commit,
            git_branch: row.git_branch,
            git_dirty: row.git_dirty,
        },
        entries: entries(&mut tx, session).await?,
        expected_heads: expected_heads(&mut tx, session).await?,
    }))
}

fn check_order(entries: &[NewEntry]) -> Result<(), SaveError> {
    if entries.is_empty() {
        return Err(SaveError::Empty);
    }
    let mut latest: HashMap<Platform, Millis> = HashMap::new();
    for entry in entries {
        let platform = entry.lane.platform;
        if latest.insert(platform, entry.created_at).is_some_and(|before| before >= entry.created_at) {
            return Err(SaveError::OutOfOrder(platform));
        }
    }
    Ok(())
}

async fn owns(tx: &mut SqliteConnection, app: AppId, branch: BranchId) -> Result<bool, StoreError> {
    let (app, branch) = (app.0.as_bytes().as_slice(), branch.0.as_bytes().as_slice());
    query_scalar!(r#"SELECT EXISTS (SELECT 1 FROM branches WHERE id = ? AND app_id = ?) AS "owns!: bool""#, branch, app)
        .fetch_one(tx)
        .await
        .map_err(fault)
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

async fn insert_session(tx: &mut SqliteConnection, prepared: &PreparedPublish, now: Millis) -> Result<(), StoreError> {
    let (id, app) = (prepared.session.0.as_bytes().as_slice(), prepared.app.0.as_bytes().as_slice());
    let (branch, group) = (prepared.branch.0.as_bytes().as_slice(), prepared.group.id.0.as_bytes().as_slice());
    let (action, channel) = (prepared.action.as_str(), prepared.group.channel.as_ref().map(ChannelName::as_str));
    query!(
        "INSERT INTO publish_sessions
            (id, app_id, branch_id, action, group_id, channel, message, git_commit, git_branch, git_dirty, created_at)
        VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        id,
        app,
        branch,
        action,
        group,
        channel,
        prepared.group.message,
        prepared.group.git_commit,
        prepared.group.git_branch,
        prepared.group.git_dirty,
        now.0
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
    let (platform, runtime_version) = (entry.lane.platform.as_str(), entry.lane.runtime_version.as_str());
    let (kind, fingerprint) = (kind_word(entry.kind), entry.fingerprint.0.as_slice());
    let origin = entry.origin.as_ref().map(|origin| origin.0.as_bytes().as_slice());
    let share = entry.rollout.map(|rollout| i64::from(rollout.share.get()));
    let salt = entry.rollout.as_ref().map(|rollout| rollout.salt.0.as_bytes().as_slice());
    let body = entry.body.as_ref();
    query!(
        "INSERT INTO session_entries (session_id, position, update_id, platform, runtime_version, created_at, kind,
            fingerprint, origin_id, held, rollout_share, rollout_salt, body)
        VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        session,
        position,
        update,
        platform,
        runtime_version,
        entry.created_at.0,
        kind,
        fingerprint,
        origin,
        entry.held,
        share,
        salt,
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

async fn insert_head(tx: &mut SqliteConnection, session: SessionId, expected: &ExpectedHead) -> Result<(), StoreError> {
    let session = session.0.as_bytes().as_slice();
    let (platform, runtime_version) = (expected.lane.platform.as_str(), expected.lane.runtime_version.as_str());
    let head = expected.head.as_ref().map(|head| head.0.as_bytes().as_slice());
    query!(
        "INSERT INTO session_heads (session_id, platform, runtime_version, head_id) VALUES (?, ?, ?, ?)",
        session,
        platform,
        runtime_version,
        head
    )
    .execute(tx)
    .await
    .map_err(fault)?;
    Ok(())
}

async fn entries(connection: &mut SqliteConnection, session: SessionId) -> Result<Vec<NewEntry>, StoreError> {
    const TABLE: &str = "session_entries";
    let id = session.0.as_bytes().as_slice();
    let rows = query!(
        r#"SELECT update_id, platform, runtime_version, created_at, kind, fingerprint, origin_id,
            held AS "held: bool", rollout_share, rollout_salt, body
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
                lane: lane(TABLE, &row.platform, &row.runtime_version)?,
                created_at: Millis(row.created_at),
                kind: kind(TABLE, &row.kind)?,
                body: row.body.into(),
                fingerprint: ContentFingerprint(sha256(TABLE, &row.fingerprint)?),
                origin: origin.map(UpdateId),
                held: row.held,
                rollout: rollout(TABLE, row.rollout_share, row.rollout_salt)?,
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

async fn expected_heads(
    connection: &mut SqliteConnection,
    session: SessionId,
) -> Result<Vec<ExpectedHead>, StoreError> {
    const TABLE: &str = "session_heads";
    let session = session.0.as_bytes().as_slice();
    let rows = query!(
        "SELECT platform, runtime_version, head_id FROM session_heads WHERE session_id = ? ORDER BY rowid",
        session
    )
    .fetch_all(connection)
    .await
    .map_err(fault)?;
    rows.into_iter()
        .map(|row| {
            let head = row.head_id.map(|head| uuid(TABLE, &head)).transpose()?;
            let lane = lane(TABLE, &row.platform, &row.runtime_version)?;
            Ok(ExpectedHead { lane, head: head.map(UpdateId) })
        })
        .collect()
}
