//! Apps, their channels and branches.

use async_trait::async_trait;
use model::{AppId, AppSlug, BranchId, BranchName, ChannelId, ChannelName, Millis, Salt, Target};
use serde_json::json;
use sqlx::{SqliteConnection, query, query_as, query_scalar};
use store::{
    Actor, AppRecord, Apps, AppsError, AuditAction, Bootstrap, Bootstrapped, BranchRecord, ChannelRecord, NewChannel,
    StoreError,
};

use crate::columns::{app_id, basis_points, name, unsigned, uuid};
use crate::fault::fault;
use crate::{SqliteStore, audit, keys, tokens};

#[async_trait]
impl Apps for SqliteStore {
    async fn bootstrap(&self, bootstrap: Bootstrap) -> Result<Bootstrapped, StoreError> {
        let mut tx = self.write().await?;
        if let Some(app) = find(&mut tx, &bootstrap.slug).await? {
            return Ok(Bootstrapped::Existed(app));
        }
        let (app, now) = (bootstrap.app, bootstrap.now);
        let (id, slug) = (app.0.as_bytes().as_slice(), bootstrap.slug.as_str());
        query!("INSERT INTO apps (id, slug, version, created_at) VALUES (?, ?, 1, ?)", id, slug, now.0)
            .execute(&mut *tx)
            .await
            .map_err(fault)?;
        insert_branch(&mut tx, app, bootstrap.branch.id, bootstrap.branch.name.as_str(), now).await?;
        insert_channel(&mut tx, app, &bootstrap.channel, bootstrap.branch.id, now).await?;
        if let Some(key) = &bootstrap.key {
            keys::insert(&mut tx, app, key, now).await?;
        }
        if let Some(token) = &bootstrap.token {
            tokens::insert(&mut tx, token, now).await?;
        }
        let detail = json!({
            "slug": bootstrap.slug,
            "channel": bootstrap.channel.name,
            "branch": bootstrap.branch.id,
            "key": bootstrap.key.as_ref().map(|key| &key.key_id),
            "token": bootstrap.token.as_ref().map(|token| token.id.0),
        });
        audit::write(&mut tx, app, &bootstrap.actor, AuditAction::CreateApp, &detail, now).await?;
        tx.commit().await.map_err(fault)?;
        Ok(Bootstrapped::Created(AppRecord { id: app, slug: bootstrap.slug, version: 1, created_at: now }))
    }

    async fn app(&self, slug: &AppSlug) -> Result<Option<AppRecord>, StoreError> {
        let mut connection = self.readers().acquire().await.map_err(fault)?;
        find(&mut connection, slug).await
    }

    async fn apps(&self) -> Result<Vec<AppRecord>, StoreError> {
        let rows = query_as!(AppRow, "SELECT id, slug, version, created_at FROM apps ORDER BY slug")
            .fetch_all(self.readers())
            .await
            .map_err(fault)?;
        rows.into_iter().map(AppRow::record).collect()
    }

    async fn ensure_channel(
        &self,
        app: AppId,
        channel: NewChannel,
        branch: BranchId,
        actor: &Actor,
        now: Millis,
    ) -> Result<ChannelRecord, AppsError> {
        let mut tx = self.write().await?;
        if let Some(found) = channels(&mut tx, app).await?.into_iter().find(|found| found.name == channel.name) {
            return Ok(found);
        }
        raise_version(&mut tx, app).await?.ok_or(AppsError::UnknownApp)?;
        let (id, named) = (app.0.as_bytes().as_slice(), channel.name.as_str());
        let existing = query_scalar!("SELECT id FROM branches WHERE app_id = ? AND name = ?", id, named)
            .fetch_optional(&mut *tx)
            .await
            .map_err(fault)?;
        let branch = if let Some(existing) = existing {
            BranchId(uuid("branches", &existing)?)
        } else {
            insert_branch(&mut tx, app, branch, named, now).await?;
            branch
        };
        insert_channel(&mut tx, app, &channel, branch, now).await?;
        let detail = json!({ "channel": channel.name, "branch": branch });
        audit::write(&mut tx, app, actor, AuditAction::CreateChannel, &detail, now).await?;
        tx.commit().await.map_err(fault)?;
        Ok(ChannelRecord { id: channel.id, name: channel.name, target: Target::Branch(branch), paused: false })
    }

    async fn channels(&self, app: AppId) -> Result<Vec<ChannelRecord>, StoreError> {
        let mut connection = self.readers().acquire().await.map_err(fault)?;
        channels(&mut connection, app).await
    }

    async fn branches(&self, app: AppId) -> Result<Vec<BranchRecord>, StoreError> {
        const TABLE: &str = "branches";
        let app = app.0.as_bytes().as_slice();
        let rows = query!("SELECT id, name FROM branches WHERE app_id = ? ORDER BY name", app)
            .fetch_all(self.readers())
            .await
            .map_err(fault)?;
        let branch = |id: &[u8], text: &str| {
            Ok(BranchRecord { id: BranchId(uuid(TABLE, id)?), name: name(TABLE, text, BranchName::parse)? })
        };
        rows.iter().map(|row| branch(&row.id, &row.name)).collect()
    }
}

/// The app's version after this intent; none when there is no such app.
pub(crate) async fn raise_version(tx: &mut SqliteConnection, app: AppId) -> Result<Option<u64>, StoreError> {
    let id = app.0.as_bytes().as_slice();
    let raised = query_scalar!("UPDATE apps SET version = version + 1 WHERE id = ? RETURNING version", id)
        .fetch_optional(tx)
        .await
        .map_err(fault)?;
    raised.map(|version| unsigned("apps", version)).transpose()
}

/// The app's channels, by name.
pub(crate) async fn channels(connection: &mut SqliteConnection, app: AppId) -> Result<Vec<ChannelRecord>, StoreError> {
    const TABLE: &str = "channels";
    let app = app.0.as_bytes().as_slice();
    let rows = query!(
        r#"SELECT id, name, branch_id, split_branch_id, split_share, split_salt, paused AS "paused: bool"
        FROM channels WHERE app_id = ? ORDER BY name"#,
        app
    )
    .fetch_all(connection)
    .await
    .map_err(fault)?;
    rows.into_iter()
        .map(|row| {
            let branch = BranchId(uuid(TABLE, &row.branch_id)?);
            let target = match (row.split_branch_id, row.split_share, row.split_salt) {
                (Some(new), Some(share), Some(salt)) => Target::Split {
                    old: branch,
                    new: BranchId(uuid(TABLE, &new)?),
                    share: basis_points(TABLE, share)?,
                    salt: Salt(uuid(TABLE, &salt)?),
                },
                _ => Target::Branch(branch),
            };
            Ok(ChannelRecord {
                id: ChannelId(uuid(TABLE, &row.id)?),
                name: name(TABLE, &row.name, ChannelName::parse)?,
                target,
                paused: row.paused,
            })
        })
        .collect()
}

struct AppRow {
    id: Vec<u8>,
    slug: String,
    version: i64,
    created_at: i64,
}

impl AppRow {
    fn record(self) -> Result<AppRecord, StoreError> {
        Ok(AppRecord {
            id: app_id(&self.id)?,
            slug: name("apps", &self.slug, AppSlug::parse)?,
            version: unsigned("apps", self.version)?,
            created_at: Millis(self.created_at),
        })
    }
}

async fn find(connection: &mut SqliteConnection, slug: &AppSlug) -> Result<Option<AppRecord>, StoreError> {
    let slug = slug.as_str();
    query_as!(AppRow, "SELECT id, slug, version, created_at FROM apps WHERE slug = ?", slug)
        .fetch_optional(connection)
        .await
        .map_err(fault)?
        .map(AppRow::record)
        .transpose()
}

async fn insert_branch(
    tx: &mut SqliteConnection,
    app: AppId,
    branch: BranchId,
    named: &str,
    now: Millis,
) -> Result<(), StoreError> {
    let (app, id) = (app.0.as_bytes().as_slice(), branch.0.as_bytes().as_slice());
    query!("INSERT INTO branches (id, app_id, name, created_at) VALUES (?, ?, ?, ?)", id, app, named, now.0)
        .execute(tx)
        .await
        .map_err(fault)?;
    Ok(())
}

async fn insert_channel(
    tx: &mut SqliteConnection,
    app: AppId,
    channel: &NewChannel,
    branch: BranchId,
    now: Millis,
) -> Result<(), StoreError> {
    let (app, id) = (app.0.as_bytes().as_slice(), channel.id.0.as_bytes().as_slice());
    let (named, branch) = (channel.name.as_str(), branch.0.as_bytes().as_slice());
    query!(
        "INSERT INTO channels (id, app_id, name, branch_id, created_at) VALUES (?, ?, ?, ?, ?)",
        id,
        app,
        named,
        branch,
        now.0
    )
    .execute(tx)
    .await
    .map_err(fault)?;
    Ok(())
}
