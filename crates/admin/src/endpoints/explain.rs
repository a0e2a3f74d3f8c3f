//! `GET /api/v1/apps/{app}/explain`

use axum::Json;
use axum::extract::State;
use delivery::explain::{Explained, NotExplained};
use http::{HeaderMap, HeaderName, HeaderValue};
use model::control::Control;
use model::decide::{Outcome, Verdict};
use model::rule::Judged;
use model::{Draw, Entry, EntryKind, LaneId, Platform, Reason, RuntimeVersion};
use serde_json::{Map, Value};
use uuid::Uuid;

use crate::Admin;
use crate::auth::Operator;
use crate::failure::Failure;
use crate::openapi::{InApp, refusals};
use crate::operate::kind;
use crate::request::{self, Path, Query};

/// The member of the query that may stand many times.
const HEADER: &str = "header";

refusals!(ReadsInApp, BadRequest);

/// Explains why a device gets what it gets.
///
/// The same decision as for a check, on what is served now: each entry that was looked at, why it was passed over or
/// chosen, and what the device does with the answer. Nothing is changed, and no check is counted.
#[utoipa::path(
    get, path = "/api/v1/apps/{app}/explain", tag = "insight", operation_id = "explain",
    params(
        InApp,
        api::Explain,
        ("header" = Option<Vec<api::texts::HeaderText>>, Query, description = "A header of the check as `name=value`, such as \
            `accept=application/json`; may stand many times, and overrides what the other parameters say."),
    ),
    responses((status = 200, description = "The decision and what led to it.", body = api::Explanation), Refusals),
)]
pub async fn handle(
    State(admin): State<Admin>,
    _operator: Operator,
    Path(app): Path<String>,
    Query(query): Query<Vec<(String, String)>>,
) -> Result<Json<api::Explanation>, Failure> {
    let app = request::app(&app)?;
    let (asked, headers) = check(query)?;
    let explained = admin.explain.explain(&app, &headers);
    let explained = explained.map_err(|error| match error {
        NotExplained::UnknownApp(_) => Failure::from(publishing::PublishError::UnknownApp),
        NotExplained::Request(error) => Failure::new(api::Code::BadRequest, error.to_string()).field(error.field()),
    })?;
    let passed_over = passed_over(&admin.publishing.app_control(&app).await?, &asked, &explained);
    Ok(Json(explanation(explained, passed_over)?))
}

/// More of them would hide what there is to see.
const MOST_PASSED_OVER: usize = 10;

/// The disabled and held entries that stand above where the walk ended. A check does not meet them: they are left out of
/// what it reads. Whoever asks why a device does not get one of them should.
fn passed_over(control: &Control, asked: &api::Explain, explained: &Explained) -> Vec<(Entry, Verdict)> {
    let branch = explained.branch.as_ref().and_then(|name| control.branch_named(name));
    let lane = Platform::parse(&asked.platform).zip(RuntimeVersion::parse(&asked.runtime_version).ok());
    let (Some(branch), Some((platform, runtime_version))) = (branch, lane) else { return Vec::new() };
    let lane = LaneId { platform, runtime_version };
    let end = explained.steps.last().map(|(entry, _)| entry.created_at);
    let above = control.lane(branch.id, &lane).take_while(|past| end.is_none_or(|end| past.entry.created_at > end));
    above
        .filter_map(|past| {
            let verdict = match &past.entry {
                Entry { disabled: true, .. } => Verdict::Disabled,
                Entry { held: true, .. } => Verdict::Held,
                _ => return None,
            };
            Some((past.entry.clone(), verdict))
        })
        .take(MOST_PASSED_OVER)
        .collect()
}

/// The headers of the check that the stock client would send, with those on top that were given.
fn check(query: Vec<(String, String)>) -> Result<(api::Explain, HeaderMap), Failure> {
    let (given, asked): (Vec<_>, Vec<_>) = query.into_iter().partition(|(name, _)| name == HEADER);
    let mut asked = asked_for(asked)?;
    // A device of which nothing else is said runs what it was installed with.
    asked.current = asked.current.or_else(|| asked.embedded.clone());
    let mut headers = stock(&asked)?;
    let given = given.iter().map(|(_, text)| header(text)).collect::<Result<Vec<_>, _>>()?;
    for (name, _) in &given {
        headers.remove(name);
    }
    for (name, value) in given {
        headers.append(name, value);
    }
    Ok((asked, headers))
}

fn asked_for(query: Vec<(String, String)>) -> Result<api::Explain, Failure> {
    let mut members = Map::new();
    for (name, value) in query {
        if members.insert(name.clone(), Value::String(value)).is_some() {
            return Err(Failure::bad_field("query", format!("{name:?} stands twice")));
        }
    }
    serde_json::from_value(Value::Object(members)).map_err(|error| Failure::bad_field("query", error))
}

fn stock(asked: &api::Explain) -> Result<HeaderMap, Failure> {
    let mut headers = HeaderMap::new();
    headers.insert("expo-protocol-version", HeaderValue::from_static("1"));
    headers.insert("accept", HeaderValue::from_static("multipart/mixed"));
    for (name, field, text) in [
        ("expo-platform", "platform", &asked.platform),
        ("expo-runtime-version", "runtime_version", &asked.runtime_version),
        ("expo-channel-name", "channel", &asked.channel),
    ] {
        headers.insert(name, value(field, text)?);
    }
    for (name, field, id) in [
        ("eas-client-id", "device", &asked.device),
        ("expo-embedded-update-id", "embedded", &asked.embedded),
        ("expo-current-update-id", "current", &asked.current),
    ] {
        if let Some(id) = id {
            Uuid::parse_str(id).map_err(|error| Failure::bad_field(field, error))?;
            headers.insert(name, value(field, id)?);
        }
    }
    Ok(headers)
}

fn header(text: &str) -> Result<(HeaderName, HeaderValue), Failure> {
    let (name, text) = text.split_once('=').ok_or_else(|| Failure::bad_field(HEADER, "it is not `name=value`"))?;
    let name = HeaderName::try_from(name).map_err(|error| Failure::bad_field(HEADER, error))?;
    Ok((name, value(HEADER, text)?))
}

fn value(field: &str, text: &str) -> Result<HeaderValue, Failure> {
    HeaderValue::from_bytes(text.as_bytes()).map_err(|error| Failure::bad_field(field, error))
}

fn explanation(mut explained: Explained, passed_over: Vec<(Entry, Verdict)>) -> Result<api::Explanation, Failure> {
    explained.steps.extend(passed_over);
    explained.steps.sort_by_key(|(entry, _)| std::cmp::Reverse(entry.created_at));
    let reason = explained.outcome.reason();
    Ok(api::Explanation {
        answer: match explained.outcome {
            Outcome::Update(_) => api::ExplainedAnswer::Update,
            Outcome::RollBackToEmbedded(_) => api::ExplainedAnswer::RollBackToEmbedded,
            Outcome::Nothing(Reason::UnknownChannel) => api::ExplainedAnswer::NotFound,
            Outcome::Nothing(_) => api::ExplainedAnswer::Nothing,
        },
        update: explained.outcome.served().map(|id| id.to_string()),
        code: reason.code().into(),
        explanation: reason.explanation().into(),
        branch: explained.branch.map(|branch| branch.to_string()),
        channel_rollout: explained.split.map(draw),
        filter: explained.filter.map(|branch| branch.to_string()),
        steps: explained
            .steps
            .into_iter()
            .map(|(entry, verdict)| step(&entry, verdict, explained.rules.remove(&entry.id)))
            .collect::<Result<_, _>>()?,
        device: api::DeviceVerdict { code: explained.device.code().into(), explanation: explained.because },
    })
}

fn step(entry: &Entry, verdict: Verdict, rule: Option<Judged>) -> Result<api::Step, Failure> {
    let rollout = match verdict {
        Verdict::OutsideRollout(draw) | Verdict::Chosen { rollout: Some(draw) } => Some(draw),
        _ => None,
    };
    Ok(api::Step {
        update: entry.id.to_string(),
        kind: kind(entry.kind == EntryKind::RollBackToEmbedded),
        created_at: publishing::instant(entry.created_at)?,
        code: verdict.code().into(),
        explanation: words(verdict),
        rollout: rollout.map(draw),
        rule: rule.map(judged),
    })
}

fn judged(node: Judged) -> api::JudgedNode {
    let Judged { kind, asks, verdict, fact, said, nodes } = node;
    let verdict = match verdict {
        Some(true) => api::Truth::True,
        Some(false) => api::Truth::False,
        None => api::Truth::Unknown,
    };
    api::JudgedNode { kind: kind.into(), asks, verdict, fact, said, nodes: nodes.into_iter().map(judged).collect() }
}

fn words(verdict: Verdict) -> String {
    match verdict {
        Verdict::Disabled => "It is disabled: it is served to nobody.".into(),
        Verdict::Held => "It waits behind a pin.".into(),
        Verdict::OutsideRule => "Its rule does not match the device, or asks for what the device does not say.".into(),
        Verdict::OutsideRollout(draw) => format!(
            "Its rollout has not reached the device: the device's bucket is {}, and the buckets below {} are served.",
            draw.bucket,
            draw.share.get()
        ),
        Verdict::Chosen { rollout: Some(draw) } => format!(
            "It is the choice: its rollout has reached the device, whose bucket {} is below {}.",
            draw.bucket,
            draw.share.get()
        ),
        Verdict::Chosen { rollout: None } => "It is the choice: the newest that is served to this device.".into(),
    }
}

fn draw(draw: Draw) -> api::Draw {
    api::Draw { bucket: draw.bucket, basis_points: draw.share.get(), inside: draw.inside() }
}
