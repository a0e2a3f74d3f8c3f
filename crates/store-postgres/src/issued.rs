//! Rows of `updates` without their bodies.

use model::control::{ContentFingerprint, PastEntry};
use model::{BranchId, Entry, Millis, UpdateGroupId, UpdateId};
use store::StoreError;
use uuid::Uuid;

use crate::columns::{kind, lane, rollout, rule, sha256, unsigned};

/// A checked query for [`IssuedRow`]s, given what follows `FROM updates`.
macro_rules! query_issued {
    ($rest:literal $(, $argument:expr)* $(,)?) => {
        sqlx::query_as!(
            crate::issued::IssuedRow,
            "SELECT id, group_id, branch_id, platform, runtime_version, created_at, kind, app_version, fingerprint,
                origin_id, disabled, held, rollout_share, rollout_salt, rule
            FROM updates " + $rest
            $(, $argument)*
        )
    };
}

pub(crate) use query_issued;

/// The columns of `updates` except its body.
#[derive(Debug)]
pub(crate) struct IssuedRow {
    pub(crate) id: Uuid,
    pub(crate) group_id: Uuid,
    pub(crate) branch_id: Uuid,
    pub(crate) platform: String,
    pub(crate) runtime_version: String,
    pub(crate) created_at: i64,
    pub(crate) kind: String,
    pub(crate) app_version: i64,
    pub(crate) fingerprint: Vec<u8>,
    pub(crate) origin_id: Option<Uuid>,
    pub(crate) disabled: bool,
    pub(crate) held: bool,
    pub(crate) rollout_share: Option<i64>,
    pub(crate) rollout_salt: Option<Uuid>,
    pub(crate) rule: Option<String>,
}

impl IssuedRow {
    const TABLE: &'static str = "updates";

    /// The entry with its place.
    pub(crate) fn past(self) -> Result<PastEntry, StoreError> {
        Ok(PastEntry {
            branch: BranchId(self.branch_id),
            lane: lane(Self::TABLE, &self.platform, &self.runtime_version)?,
            entry: Entry {
                id: UpdateId(self.id),
                group: UpdateGroupId(self.group_id),
                created_at: Millis(self.created_at),
                kind: kind(Self::TABLE, &self.kind)?,
                disabled: self.disabled,
                held: self.held,
                rollout: rollout(Self::TABLE, self.rollout_share, self.rollout_salt)?,
                rule: rule(Self::TABLE, self.rule.as_deref())?,
            },
            origin: self.origin_id.map(UpdateId),
            content: ContentFingerprint(sha256(Self::TABLE, &self.fingerprint)?),
            version: unsigned(Self::TABLE, self.app_version)?,
        })
    }
}
