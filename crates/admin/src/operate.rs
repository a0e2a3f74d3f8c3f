//! From a command to its answer.

use axum::Json;
use axum::response::{IntoResponse, Response};
use http::{HeaderValue, header};
use publishing::{Command, IfMatch, IssuedUpdate, Outcome, Place, ShownPlace};

use crate::Admin;
use crate::auth::Operator;
use crate::failure::Failure;
use crate::if_match;
use crate::request::{self, Asked};

/// Does what the command asks for, as this operator, once for each idempotency key.
pub async fn operate(
    admin: &Admin,
    operator: &Operator,
    app: &str,
    command: Command,
    asked: &Asked,
) -> Result<api::Operated, Failure> {
    let Done { outcome, dry_run } = perform(admin, operator, app, command, None, asked).await?;
    Ok(operated(outcome, dry_run))
}

/// The same to something that has an entity tag: only if it is as its editor saw it, where the request says how that was.
pub async fn operate_if(
    admin: &Admin,
    operator: &Operator,
    app: &str,
    command: Command,
    asked: &Asked,
) -> Result<Tagged<api::Operated>, Failure> {
    let condition = if_match::read(&asked.parts.headers)?;
    let Done { mut outcome, dry_run } = perform(admin, operator, app, command, condition, asked).await?;
    // A state that nobody is in has no tag.
    let etag = outcome.etag.take().filter(|_| !dry_run);
    Ok(Tagged { etag, body: operated(outcome, dry_run) })
}

/// What came of a command, or would.
pub struct Done {
    /// What.
    pub outcome: Outcome,
    /// Whether nothing was done.
    pub dry_run: bool,
}

/// Does what the command asks for, or only looks what it would come to, where the request says so.
pub async fn perform(
    admin: &Admin,
    operator: &Operator,
    app: &str,
    command: Command,
    condition: Option<IfMatch>,
    asked: &Asked,
) -> Result<Done, Failure> {
    if condition.is_none() && asked.parts.headers.contains_key(header::IF_MATCH) {
        // Who sends it relies on it.
        return Err(Failure::bad_field("if-match", "only edits of channels and of rollouts take it"));
    }
    let (app, caller, dry_run) = (request::app(app)?, operator.caller(asked)?, asked.is_dry_run()?);
    let outcome = if dry_run {
        admin.publishing.preview(&app, command, condition).await?
    } else {
        admin.publishing.operate_if(&app, command, condition, caller).await?
    };
    Ok(Done { outcome, dry_run })
}

/// An answer with the entity tag of what it is about, where there is one.
pub struct Tagged<T> {
    /// With its quotes.
    pub etag: Option<String>,
    /// The answer.
    pub body: T,
}

impl<T: serde::Serialize> IntoResponse for Tagged<T> {
    fn into_response(self) -> Response {
        let mut response = Json(self.body).into_response();
        if let Some(etag) = self.etag.and_then(|etag| HeaderValue::try_from(etag).ok()) {
            response.headers_mut().insert(header::ETAG, etag);
        }
        response
    }
}

/// The answer to most operations.
pub fn operated(outcome: Outcome, dry_run: bool) -> api::Operated {
    api::Operated {
        action: outcome.action,
        changed: outcome.changed,
        groups: outcome.groups.into_iter().map(group).collect(),
        warnings: outcome.warnings.into_iter().map(warning).collect(),
        consequences: outcome.consequences.into_iter().map(consequence).collect(),
        dry_run,
    }
}

/// The answer to an operation that issues one group above all.
pub fn published(outcome: Outcome, dry_run: bool) -> Result<api::Published, Failure> {
    let mut groups: Vec<api::IssuedGroup> = outcome.groups.into_iter().map(group).collect();
    let Some(asked) = groups.iter().position(|group| group.why == api::Why::Asked) else {
        tracing::error!(outcome.action, "an operation that issues has issued nothing");
        return Err(Failure::new(api::Code::Internal, api::Code::Internal.title()));
    };
    let api::IssuedGroup { group, branch, updates, .. } = groups.remove(asked);
    let warnings = outcome.warnings.into_iter().map(warning).collect();
    let consequences = outcome.consequences.into_iter().map(consequence).collect();
    Ok(api::Published { group, branch, updates, also: groups, warnings, consequences, dry_run })
}

fn consequence(of: publishing::Consequence) -> api::Consequence {
    let publishing::Consequence { channel, branch, platform, runtime_version, share, by_rule, from, to, reissued } = of;
    let [from, to] = [from, to].map(standing);
    api::Consequence { channel, branch, platform, runtime_version, share, by_rule, from, to, reissued }
}

fn standing(place: Place) -> api::Standing {
    let (kind, shown, reason) = match place {
        Place::Update(shown) => (api::StandingKind::Update, Some(shown), None),
        Place::Embedded { entry } => (api::StandingKind::Embedded, entry, None),
        Place::Nothing { reason } => (api::StandingKind::Nothing, None, reason),
    };
    let issued = shown.as_ref().is_some_and(|shown| shown.is_new);
    let (update, created_at, origin) = match shown {
        Some(ShownPlace { id, created_at, origin, .. }) => (Some(id), Some(created_at), origin),
        None => (None, None, None),
    };
    api::Standing { kind, update, created_at, origin, issued, reason }
}

fn group(group: publishing::IssuedGroup) -> api::IssuedGroup {
    api::IssuedGroup {
        group: group.group,
        branch: group.branch,
        why: match group.why.as_str() {
            "asked" => api::Why::Asked,
            "reverted" => api::Why::Reverted,
            _ => api::Why::Renewed,
        },
        updates: group.updates.into_iter().map(update).collect(),
    }
}

fn update(update: IssuedUpdate) -> api::PublishedUpdate {
    api::PublishedUpdate {
        id: update.id,
        kind: kind(update.roll_back_to_embedded),
        platform: update.platform,
        runtime_version: update.runtime_version,
        created_at: update.created_at,
        origin: update.origin,
        held: update.held,
    }
}

/// What an entry is, on the wire.
pub fn kind(roll_back_to_embedded: bool) -> api::UpdateKind {
    if roll_back_to_embedded { api::UpdateKind::RollBackToEmbedded } else { api::UpdateKind::Update }
}

/// Something worth a look.
pub fn warning(warning: publishing::Warning) -> api::Warning {
    api::Warning { code: warning.code, message: warning.message }
}
