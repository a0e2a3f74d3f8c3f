//! A server that speaks the operator API, remembers what it was asked, and misbehaves on order.

use std::collections::{BTreeMap, HashMap, VecDeque};
use std::fmt::Write as _;
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::Duration;

use api::{Code, Problem};
use axum::Router;
use axum::body::{Body, Bytes};
use axum::extract::{Request, State};
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use cli::{Clock, Connection, Patience, Pause};
use serde_json::Value;
use sha2::{Digest, Sha256};
use tokio::net::TcpListener;

/// How a request goes wrong.
#[derive(Clone, Copy, Debug)]
pub enum Fault {
    /// A problem with a code of the table.
    Problem(Code),
    /// A problem, and a `retry-after`.
    RetryAfter(Code, &'static str),
    /// A page for people.
    Html(u16),
    /// A proxy has waited for 100 s, and answers with this status; the request is done meanwhile.
    Impatient(u16),
    /// The same, while the server is not through with it.
    StillAtIt(u16),
    /// To a login page.
    Redirect,
    /// Elsewhere, with this status.
    RedirectTo(u16, &'static str),
    /// The connection breaks within the answer; nothing was done.
    Cut,
    /// The connection breaks within the answer; the request was done.
    CutAfterwards,
    /// JSON of another shape.
    OtherJson,
}

/// One request as it came.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Seen {
    pub what: String,
    pub path: String,
    pub idempotency_key: Option<String>,
    pub authorization: Option<String>,
}

#[derive(Default)]
pub struct Inner {
    /// Only waits and proxies that wait let time go by.
    pub passed: Duration,
    pub faults: HashMap<&'static str, VecDeque<Fault>>,
    pub seen: Vec<Seen>,
    pub blobs: BTreeMap<String, Bytes>,
    pub channels: Vec<String>,
    pub prepared: Vec<api::PreparePublish>,
    pub committed: Vec<String>,
    pub answers: HashMap<String, api::Published>,
    /// The app config of the branch's newest update.
    pub head_config: Option<Value>,
    pub rolled_back: Vec<api::RollBack>,
    pub keys: Vec<api::Key>,
    pub imported: Vec<api::ImportKey>,
    pub external_keys: Vec<String>,
    pub warnings: Vec<api::Warning>,
    /// The key that phones must bring in `x-api-key`.
    pub phone_key: Option<&'static str>,
    pub rolling: Vec<api::Update>,
    pub split: Option<String>,
    pub paused: bool,
    /// What lies at addresses that are only looked at, by the last segment of their path.
    pub laid: HashMap<&'static str, Value>,
    pub scripted: VecDeque<(StatusCode, Value)>,
    pub asked: Vec<Asked>,
}

/// A request to an address that only answers what a test has laid ready.
#[derive(Clone, Debug, PartialEq)]
pub struct Asked {
    /// Method, path and query, as they came.
    pub line: String,
    pub body: Option<Value>,
    pub idempotency_key: Option<String>,
}

pub struct FakeServer {
    pub url: String,
    inner: Arc<Mutex<Inner>>,
    pub waits: Arc<Mutex<Vec<Duration>>>,
}

impl FakeServer {
    pub async fn start() -> Self {
        let inner: Arc<Mutex<Inner>> = Arc::default();
        inner.lock().unwrap().channels = vec!["production".into()];
        let router = Router::new().fallback(answer).with_state(Arc::clone(&inner));
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        tokio::spawn(async move { axum::serve(listener, router).await });
        Self { url, inner, waits: Arc::default() }
    }

    /// A connection that waits for nothing, and writes down how long it would have.
    pub fn connection(&self) -> Connection {
        let waits = Arc::clone(&self.waits);
        let inner = Arc::clone(&self.inner);
        let pause = Pause::new(move |wait| {
            waits.lock().unwrap().push(wait);
            inner.lock().unwrap().passed += wait;
            Box::pin(std::future::ready(()))
        });
        let inner = Arc::clone(&self.inner);
        let clock = Clock::new(move || inner.lock().unwrap().passed);
        let mut connection = Connection::new(self.url.parse().unwrap(), "default", Some("secret".parse().unwrap()));
        connection.patience = Patience { pause, clock, ..Patience::default() };
        connection
    }

    pub fn inner(&self) -> MutexGuard<'_, Inner> {
        self.inner.lock().unwrap()
    }

    /// The next requests of this kind go wrong in these ways.
    pub fn fail(&self, what: &'static str, faults: impl IntoIterator<Item = Fault>) {
        self.inner().faults.entry(what).or_default().extend(faults);
    }

    /// The kinds of requests so far, in order; uploads in one stretch may come in any order, so they are counted.
    pub fn story(&self) -> String {
        let mut story = String::new();
        // What is only looked at is no part of it.
        let seen: Vec<Seen> = self.inner().seen.iter().filter(|seen| seen.what != "rolling").cloned().collect();
        for stretch in seen.chunk_by(|a, b| a.what == b.what) {
            let times = if stretch.len() > 1 { format!(" x{}", stretch.len()) } else { String::new() };
            let space = if story.is_empty() { "" } else { ", " };
            write!(story, "{space}{}{times}", stretch[0].what).unwrap();
        }
        story
    }

    /// The next request beyond publishing, rolling back and keys is answered with this.
    pub fn answer(&self, value: &impl serde::Serialize) {
        self.inner().scripted.push_back((StatusCode::OK, serde_json::to_value(value).unwrap()));
    }

    /// The next such request is refused with this code.
    pub fn refuse(&self, code: Code) {
        let problem = Problem::new(code, format!("an order of the test ({code})"));
        let status = StatusCode::from_u16(code.status()).unwrap();
        self.inner().scripted.push_back((status, serde_json::to_value(problem).unwrap()));
    }

    /// The last such request.
    pub fn asked(&self) -> Asked {
        self.inner().asked.last().cloned().unwrap()
    }

    pub fn count(&self, what: &str) -> usize {
        self.inner().seen.iter().filter(|seen| seen.what == what).count()
    }
}

async fn answer(State(inner): State<Arc<Mutex<Inner>>>, request: Request) -> Response {
    let (parts, body) = request.into_parts();
    let text = |name: &str| parts.headers.get(name).map(|value| value.to_str().unwrap().to_owned());
    let path = parts.uri.path().to_owned();
    let segments: Vec<&str> = path.split('/').skip(1).collect();
    let what = match (parts.method.as_str(), &segments[..]) {
        ("GET", ["api", "v1", "apps", _]) => "app",
        ("GET", ["api", "v1", "apps", _, "updates"]) if parts.uri.query().is_some_and(asks_for_rollouts) => "rolling",
        ("GET", ["api", "v1", "apps", _, "updates"]) => "updates",
        ("GET", ["api", "v1", "apps", _, "updates", _]) => "update",
        ("GET", ["api", "v1", "apps", _, "channels"]) => "channels",
        ("POST", ["api", "v1", "apps", _, "blobs", "missing"]) => "missing",
        ("PUT", ["api", "v1", "apps", _, "blobs", _]) => "upload",
        ("POST", ["api", "v1", "apps", _, "publishes"]) => "prepare",
        ("POST", ["api", "v1", "apps", _, "publishes", _, "commit"]) => "commit",
        ("POST", ["api", "v1", "apps", _, "roll-backs"]) => "roll-back",
        ("GET", ["api", "v1", "apps", _, "keys"]) => "keys",
        ("GET", ["update"]) => "check",
        ("POST", ["api", "v1", "apps", _, "keys", "generate"]) => "generate",
        ("POST", ["api", "v1", "apps", _, "keys", "import"]) => "import",
        _ => "nothing",
    };
    let key = text("idempotency-key");
    if what == "check"
        && let Some(expected) = inner.lock().unwrap().phone_key
    {
        return door(expected, text("x-api-key").as_deref());
    }
    let fault = {
        let mut inner = inner.lock().unwrap();
        inner.seen.push(Seen {
            what: what.into(),
            path: path.clone(),
            idempotency_key: key.clone(),
            authorization: text("authorization"),
        });
        let fault = inner.faults.get_mut(what).and_then(VecDeque::pop_front);
        if let Some(Fault::Impatient(_) | Fault::StillAtIt(_)) = fault {
            inner.passed += PROXY_WAITS;
        }
        fault
    };
    if let Some(fault) = &fault
        && !matches!(fault, Fault::CutAfterwards | Fault::Impatient(_))
    {
        return fault.response();
    }
    let Ok(body) = axum::body::to_bytes(body, usize::MAX).await else { return problem(Code::BodyCut) };
    let mut inner = inner.lock().unwrap();
    if let Some(laid) = segments.last().and_then(|last| inner.laid.get(last)).filter(|_| parts.method == "GET") {
        return scripted(StatusCode::OK, laid);
    }
    let answer = inner.scripted.pop_front();
    let response = match answer {
        Some((status, answer)) => {
            let line = format!("{} {}", parts.method, parts.uri);
            let body = serde_json::from_slice(&body).ok();
            inner.asked.push(Asked { line, body, idempotency_key: key });
            scripted(status, &answer)
        }
        None => inner.act(what, segments.last().unwrap(), key, &body),
    };
    fault.map_or(response, |fault| fault.response())
}

/// As long as Cloudflare does.
const PROXY_WAITS: Duration = Duration::from_secs(100);

fn asks_for_rollouts(query: &str) -> bool {
    query.contains("state=rolling")
}

impl Fault {
    fn response(&self) -> Response {
        match self {
            Self::Problem(code) => problem(*code),
            Self::RetryAfter(code, after) => ([(header::RETRY_AFTER, *after)], problem(*code)).into_response(),
            Self::Html(status) | Self::Impatient(status) | Self::StillAtIt(status) => {
                let status = StatusCode::from_u16(*status).unwrap();
                (status, [(header::CONTENT_TYPE, "text/html; charset=utf-8")], "<h1>Welcome</h1>").into_response()
            }
            Self::Redirect => (StatusCode::FOUND, [(header::LOCATION, "https://login.example/")]).into_response(),
            Self::RedirectTo(status, to) => {
                (StatusCode::from_u16(*status).unwrap(), [(header::LOCATION, *to)]).into_response()
            }
            Self::Cut | Self::CutAfterwards => {
                let broken = futures_util::stream::iter([Ok(Bytes::from("{")), Err(std::io::Error::other("cut"))]);
                ([(header::CONTENT_TYPE, "application/json")], Body::from_stream(broken)).into_response()
            }
            Self::OtherJson => axum::Json(serde_json::json!({"hello": "world"})).into_response(),
        }
    }
}

fn manifest(config: &Value) -> String {
    let asset = serde_json::json!({
        "key": "k", "contentType": "application/javascript", "url": "http://localhost/assets/x",
        "hash": "47DEQpj8HBSa-_TImW-5JCeuQeRkm5NMpJWZG3hSuFU"
    });
    serde_json::json!({
        "id": "a0000000-0000-4000-8000-000000000000", "createdAt": "2026-11-22T12:00:00.000Z",
        "runtimeVersion": "1.0.0", "launchAsset": asset, "assets": [], "metadata": {},
        "extra": {"expoClient": config}
    })
    .to_string()
}

fn scripted(status: StatusCode, answer: &Value) -> Response {
    let content_type = if status.is_success() { "application/json" } else { api::problem::PROBLEM_JSON };
    (status, [(header::CONTENT_TYPE, content_type)], answer.to_string()).into_response()
}

fn problem(code: Code) -> Response {
    problem_saying(code, format!("an order of the test ({code})"))
}

fn problem_saying(code: Code, detail: String) -> Response {
    let body = serde_json::to_vec(&Problem::new(code, detail)).unwrap();
    let status = StatusCode::from_u16(code.status()).unwrap();
    (status, [(header::CONTENT_TYPE, api::problem::PROBLEM_JSON)], body).into_response()
}

fn door(expected: &str, key: Option<&str>) -> Response {
    let detail = match key {
        Some(key) if key == expected => return StatusCode::NO_CONTENT.into_response(),
        Some(_) => "the x-api-key header does not carry a valid key",
        None => "the request has no x-api-key header",
    };
    let problem = Problem::new(Code::Unauthorized, detail).field("x-api-key");
    scripted(StatusCode::UNAUTHORIZED, &serde_json::to_value(problem).unwrap())
}

impl Inner {
    fn act(&mut self, what: &str, last: &str, key: Option<String>, body: &[u8]) -> Response {
        let created = |value: &api::Published| (StatusCode::CREATED, axum::Json(value)).into_response();
        match what {
            "app" => axum::Json(self.app(last)).into_response(),
            "updates" => axum::Json(serde_json::json!({"updates": self.heads()})).into_response(),
            "update" => {
                let mut head = self.heads().pop().unwrap();
                head["body"] = manifest(self.head_config.as_ref().unwrap()).into();
                head["assets"] = serde_json::json!([]);
                axum::Json(serde_json::json!({"updates": [head]})).into_response()
            }
            "rolling" => axum::Json(api::Updates { updates: self.rolling.clone(), next_cursor: None }).into_response(),
            "missing" => {
                let asked: api::WhichBlobs = serde_json::from_slice(body).unwrap();
                let missing = asked.blobs.into_iter().map(|blob| blob.hash);
                let missing = missing.filter(|hash| !self.blobs.contains_key(hash)).collect();
                axum::Json(api::MissingBlobs { missing }).into_response()
            }
            "upload" => {
                if sha256(body) != last {
                    return problem(Code::HashMismatch);
                }
                self.blobs.insert(last.into(), Bytes::copy_from_slice(body));
                StatusCode::NO_CONTENT.into_response()
            }
            "prepare" => {
                let asked: api::PreparePublish = serde_json::from_slice(body).unwrap();
                let same = self.prepared.last().is_some_and(|last| last.platforms == asked.platforms);
                if same && !self.committed.is_empty() && !asked.force {
                    return problem_saying(
                        Code::NothingChanged,
                        "the head of production already has this content".into(),
                    );
                }
                let prepared = api::Prepared {
                    id: format!("p{}", self.prepared.len() + 1),
                    updates: Vec::new(),
                    external_keys: self.external_keys.clone(),
                    warnings: self.warnings.clone(),
                };
                self.prepared.push(asked);
                (StatusCode::CREATED, axum::Json(prepared)).into_response()
            }
            "commit" => {
                let key = key.unwrap();
                if !self.answers.contains_key(&key) {
                    self.committed.push(key.clone());
                    let published = self.published();
                    self.answers.insert(key.clone(), published);
                }
                created(&self.answers[&key])
            }
            "roll-back" => {
                let key = key.unwrap();
                if !self.answers.contains_key(&key) {
                    self.rolled_back.push(serde_json::from_slice(body).unwrap());
                    self.answers.insert(key.clone(), self.embedded());
                }
                created(&self.answers[&key])
            }
            "keys" => axum::Json(api::Keys { keys: self.keys.clone(), next_cursor: None }).into_response(),
            "generate" => {
                let asked: api::GenerateKey = serde_json::from_slice(body).unwrap();
                self.add_key(&asked.key_id, asked.common_name.as_deref().unwrap_or("default"))
            }
            "import" => {
                let asked: api::ImportKey = serde_json::from_slice(body).unwrap();
                let key_id = asked.key_id.clone();
                self.imported.push(asked);
                self.add_key(&key_id, "imported")
            }
            _ => problem(Code::NotFound),
        }
    }

    /// A roll back, and the update before it whose config a test has laid ready.
    fn heads(&self) -> Vec<Value> {
        let Some(_) = self.head_config else { return Vec::new() };
        let head = |id: &str, kind: &str| {
            serde_json::json!({
                "id": id, "group": "g0", "kind": kind, "branch": "production", "platform": "ios",
                "runtime_version": "1.0.0", "created_at": "2026-11-22T12:00:00.000Z", "state": "served",
                "issued_by": "token:ci"
            })
        };
        vec![head("r0", "roll_back_to_embedded"), head("u0", "update")]
    }

    fn app(&self, slug: &str) -> api::App {
        let channel = |name: &String| api::ChannelSummary {
            name: name.clone(),
            branches: [name.clone()].into_iter().chain(self.split.clone()).collect(),
            paused: self.paused,
        };
        api::App {
            slug: slug.into(),
            update_url: "http://localhost:8080/update".into(),
            channels: self.channels.iter().map(channel).collect(),
        }
    }

    fn published(&self) -> api::Published {
        let asked = self.prepared.last().unwrap();
        let update = |(index, platform): (usize, &api::PlatformExport)| api::PublishedUpdate {
            id: format!("{index}0000000-0000-4000-8000-000000000000"),
            kind: api::UpdateKind::Update,
            platform: platform.platform.clone(),
            runtime_version: platform.runtime_version.clone(),
            created_at: "2026-11-23T12:00:00.000Z".into(),
            origin: None,
            held: false,
        };
        api::Published {
            group: "g1".into(),
            branch: asked.branch.clone().or(asked.channel.clone()).unwrap(),
            updates: asked.platforms.iter().enumerate().map(update).collect(),
            also: Vec::new(),
            warnings: self.warnings.clone(),
            consequences: Vec::new(),
            dry_run: false,
        }
    }

    fn embedded(&self) -> api::Published {
        let asked = self.rolled_back.last().unwrap();
        let update = api::PublishedUpdate {
            id: "e0000000-0000-4000-8000-000000000000".into(),
            kind: match asked.to {
                api::RollBackTo::Embedded => api::UpdateKind::RollBackToEmbedded,
                api::RollBackTo::Previous | api::RollBackTo::Group => api::UpdateKind::Update,
            },
            platform: asked.platform.clone().unwrap_or("ios".into()),
            runtime_version: asked.runtime_version.clone().unwrap_or("1.0.0".into()),
            created_at: "2026-11-23T13:00:00.000Z".into(),
            origin: (asked.to != api::RollBackTo::Embedded).then(|| "a0000000-0000-4000-8000-000000000000".into()),
            held: false,
        };
        let branch = asked.branch.clone().or(asked.channel.clone()).unwrap();
        api::Published {
            group: "g2".into(),
            branch,
            updates: vec![update],
            also: Vec::new(),
            warnings: Vec::new(),
            consequences: Vec::new(),
            dry_run: false,
        }
    }

    fn add_key(&mut self, key_id: &str, subject: &str) -> Response {
        if self.keys.iter().any(|key| key.key_id == key_id) {
            return problem_saying(Code::KeyExists, format!("the app already has a signing key {key_id}"));
        }
        let key = api::Key {
            key_id: key_id.into(),
            algorithm: "rsa-v1_5-sha256".into(),
            holder: api::KeyHolder::Server,
            subject: format!("CN={subject}"),
            fingerprint: "ab".repeat(32),
            not_before: "2026-11-23T00:00:00.000Z".into(),
            not_after: "2036-11-23T00:00:00.000Z".into(),
            certificate: format!("-----BEGIN CERTIFICATE-----\n{key_id}\n-----END CERTIFICATE-----\n"),
            chain: None,
        };
        self.keys.push(key.clone());
        (StatusCode::CREATED, axum::Json(key)).into_response()
    }
}

pub fn sha256(bytes: &[u8]) -> String {
    let digits: Vec<String> = Sha256::digest(bytes).iter().map(|byte| format!("{byte:02x}")).collect();
    digits.concat()
}
