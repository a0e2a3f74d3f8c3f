//! One check, from headers to answer.

use std::net::IpAddr;
use std::time::Instant;

use arrayvec::ArrayVec;
use http::{HeaderMap, HeaderValue, Response, StatusCode, header};
use model::decide::{Decision, Outcome, Reason, decide};
use model::{AppSlug, BranchId, Device, Facts, Millis, Platform, UpdateId};
use protocol::answer::{AnswerKind, outer_headers};
use protocol::request::parse_check;
use protocol::{CheckRequest, ProtocolVersion, names};

use crate::body::Body;
use crate::door::Turned;
use crate::prepared::{PreparedAnswer, PreparedApp};
use crate::problem::Problem;
use crate::record::{CheckRecord, Named};
use crate::{DEFAULT_APP, Delivery, facts};

/// A check as the connection hands it over.
#[derive(Clone, Copy, Debug)]
pub struct Asked<'r> {
    /// The app in the path; none on `/update`, which means the default app.
    pub app: Option<&'r str>,
    /// The request's headers.
    pub headers: &'r HeaderMap,
    /// The request's query, without the question mark.
    pub query: Option<&'r str>,
    /// The peer's address.
    pub ip: IpAddr,
    /// Now.
    pub now: Millis,
}

/// What the pipeline learned, for the record.
#[derive(Default)]
struct Learned {
    app: Option<AppSlug>,
    platform: Option<Platform>,
    runtime_version: Option<Named<model::RuntimeVersion>>,
    channel: Option<Named<model::ChannelName>>,
    device: Option<uuid::Uuid>,
    current: Option<UpdateId>,
    served: Option<UpdateId>,
}

impl Learned {
    /// What the request says by itself.
    fn facts(&mut self, request: &CheckRequest<'_>) {
        self.platform = Some(platform(request.platform));
        self.device = request.client_id;
        self.current = request.current_update_id.map(UpdateId);
    }

    /// The names, shared with the snapshot where it has them, so that an ordinary record copies no text.
    fn names(&mut self, app: Option<&PreparedApp>, request: &CheckRequest<'_>) {
        let channel = app.and_then(|app| app.snapshot.channels.get_key_value(&*request.channel));
        self.channel = Some(
            channel.map_or_else(|| Named::Sent(bounded(&request.channel)), |(name, _)| Named::Known(name.clone())),
        );
        let lanes = app.into_iter().flat_map(|app| app.snapshot.branches.values());
        let mut lanes = lanes.map(|branch| branch.lanes(platform(request.platform)));
        let runtime_version = lanes.find_map(|lanes| lanes.get_key_value(&*request.runtime_version));
        self.runtime_version = Some(
            runtime_version
                .map_or_else(|| Named::Sent(bounded(&request.runtime_version)), |(name, _)| Named::Known(name.clone())),
        );
    }
}

impl Delivery {
    /// Answers one check. Steps 1 to 6 of the crate's documentation, and nothing else.
    pub fn check(&self, asked: &Asked<'_>) -> Response<Body> {
        #[expect(clippy::disallowed_methods, reason = "the record says how long the check took; nothing decides by it")]
        let started = Instant::now();
        let mut learned = Learned::default();
        let (response, reason) = self.answer(asked, &mut learned);
        if !self.sinks.is_empty() {
            let app = learned.app.map_or_else(|| Named::Sent(bounded(asked.app.unwrap_or(DEFAULT_APP))), Named::Known);
            let record = CheckRecord {
                at: asked.now,
                app,
                ip: asked.ip,
                platform: learned.platform,
                runtime_version: learned.runtime_version,
                channel: learned.channel,
                device: learned.device,
                current: learned.current,
                served: learned.served,
                reason,
                status: response.status().as_u16(),
                duration: started.elapsed(),
            };
            self.record(record);
        }
        response
    }

    fn answer(&self, asked: &Asked<'_>, learned: &mut Learned) -> (Response<Body>, &'static str) {
        let request = match parse_check(asked.headers, asked.query) {
            Ok(request) => request,
            Err(error) => return (refusal(&Problem::from(&error), ProtocolVersion::V1), error.code()),
        };
        let version = request.protocol_version;
        let slug = asked.app.unwrap_or(DEFAULT_APP);
        learned.facts(&request);
        if let Err(turned) = self.door.admit(slug, asked.headers) {
            learned.names(None, &request);
            return turned_away(&turned, version);
        }
        let apps = self.apps.load();
        let Some((slug, app)) = apps.by_slug.get_key_value(slug) else {
            learned.names(None, &request);
            return unknown_app(slug, version);
        };
        if !self.sinks.is_empty() {
            learned.app = Some(slug.clone());
            learned.names(Some(app), &request);
        }
        let facts = app.asks_for_facts.then(|| facts::told(&request));
        let decision = decide(&app.snapshot, &device(&request, facts.as_ref()));
        respond(asked, app, &request, &decision, learned)
    }
}

/// Step 4's view of step 1's result.
pub(crate) fn device<'r>(request: &'r CheckRequest<'_>, facts: Option<&'r Facts<'r>>) -> Device<'r> {
    Device {
        platform: platform(request.platform),
        runtime_version: &request.runtime_version,
        channel: &request.channel,
        id: request.client_id,
        current: request.current_update_id.map(UpdateId),
        embedded: request.embedded_update_id.map(UpdateId),
        recent_failed: request.recent_failed.iter().copied().map(UpdateId).collect::<ArrayVec<_, _>>(),
        takes_directives: request.takes_directives(),
        facts,
    }
}

/// Step 5: from the decision to the bytes.
fn respond(
    asked: &Asked<'_>,
    app: &PreparedApp,
    request: &CheckRequest<'_>,
    decision: &Decision,
    learned: &mut Learned,
) -> (Response<Body>, &'static str) {
    let version = request.protocol_version;
    match decision.outcome {
        Outcome::Nothing(Reason::UnknownChannel) => {
            let problem = Problem {
                status: StatusCode::NOT_FOUND,
                code: Reason::UnknownChannel.code(),
                detail: format!("the app has no channel {:?}", request.channel),
                field: Some(channel_field(asked)),
                hint: "the channel is baked into the binary by `updates.requestHeaders`; create it on the server",
            };
            (refusal(&problem, version), problem.code)
        }
        Outcome::Nothing(reason) => (nothing(app, decision.filter), reason.code()),
        Outcome::Update(entry) | Outcome::RollBackToEmbedded(entry) => {
            let key = request.expect_signature.as_ref().map(|expected| &*expected.key_id);
            let Some(answer) = app.answer(entry, request.shape, key, decision.filter.is_some()) else {
                return no_such_key(app, key.unwrap_or_default(), version);
            };
            learned.served = Some(entry);
            let unchanged = request.if_none_match.matches(&answer.etag);
            (hand_out(answer, version, unchanged), decision.reason().code())
        }
    }
}

fn hand_out(answer: &PreparedAnswer, version: ProtocolVersion, unchanged: bool) -> Response<Body> {
    let body = if unchanged { Body::empty() } else { Body::Full(answer.body.clone()) };
    let mut response = Response::new(body);
    *response.headers_mut() = answer.headers(version).clone();
    if unchanged {
        *response.status_mut() = StatusCode::NOT_MODIFIED;
    }
    response
}

fn nothing(app: &PreparedApp, filter: Option<BranchId>) -> Response<Body> {
    let mut response = Response::new(Body::empty());
    *response.status_mut() = StatusCode::NO_CONTENT;
    *response.headers_mut() = app.nothing(filter).clone();
    response
}

fn refusal(problem: &Problem<'_>, version: ProtocolVersion) -> Response<Body> {
    let mut response = problem.response();
    for (name, value) in outer_headers(version, AnswerKind::Nothing) {
        // A problem has its own `cache-control`; two lines of one header would leave it to chance which one counts.
        response.headers_mut().insert(name, value);
    }
    response
}

fn unknown_app(slug: &str, version: ProtocolVersion) -> (Response<Body>, &'static str) {
    let problem = Problem {
        status: StatusCode::NOT_FOUND,
        code: "unknown_app",
        detail: format!("there is no app {:?}", bounded(slug)),
        field: Some("app"),
        hint: "`updates.url` in app.json names the app",
    };
    (refusal(&problem, version), problem.code)
}

fn turned_away(turned: &Turned, version: ProtocolVersion) -> (Response<Body>, &'static str) {
    let header = turned.header().as_str();
    let problem = Problem {
        status: StatusCode::UNAUTHORIZED,
        code: turned.code(),
        detail: match turned {
            Turned::NoCredential { .. } => format!("the request has no {header} header"),
            Turned::WrongCredential { .. } => format!("the {header} header does not carry a valid key"),
        },
        field: Some(header),
        hint: "`updates.requestHeaders` in app.json sets it; it is fixed when the binary is built",
    };
    let mut response = refusal(&problem, version);
    response.headers_mut().insert(header::WWW_AUTHENTICATE, HeaderValue::from_static("ApiKey"));
    (response, turned.code())
}

/// Where the request names its channel (protocol.md §8). One that names none should name one in the header.
fn channel_field(asked: &Asked<'_>) -> &'static str {
    let in_query = |query: &str| query.split('&').any(|pair| pair.starts_with("channel="));
    if asked.headers.contains_key(names::CHANNEL) {
        names::CHANNEL
    } else if asked.headers.contains_key(names::RELEASE_CHANNEL) {
        names::RELEASE_CHANNEL
    } else if asked.query.is_some_and(in_query) {
        "channel"
    } else {
        names::CHANNEL
    }
}

fn no_such_key(app: &PreparedApp, key: &str, version: ProtocolVersion) -> (Response<Body>, &'static str) {
    let known: Vec<&str> = app.keys().iter().map(model::KeyId::as_str).collect();
    let known = if known.is_empty() { "none".to_owned() } else { known.join(", ") };
    let problem = Problem {
        status: StatusCode::BAD_REQUEST,
        code: "unknown_key",
        detail: format!("the app has no signature by the key {:?}; it has {known}", bounded(key)),
        field: Some(names::EXPECT_SIGNATURE),
        hint: "`codeSigningMetadata.keyid` in app.json must name a key of the server: `updraft keys list`",
    };
    (refusal(&problem, version), problem.code)
}

const fn platform(platform: protocol::Platform) -> Platform {
    match platform {
        protocol::Platform::Android => Platform::Android,
        protocol::Platform::Ios => Platform::Ios,
    }
}

/// At most 255 bytes of what a stranger sent.
fn bounded(text: &str) -> Box<str> {
    text[..text.floor_char_boundary(255)].into()
}
