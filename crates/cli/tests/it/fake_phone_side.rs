//! What a server shows to phones: one update, signed, and its assets.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

use axum::Router;
use axum::body::Body;
use axum::extract::{Request, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};
use signing::{Certificate, KeySize, SigningKey};
use tokio::net::TcpListener;

/// What `GET …/update` answers.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Shows {
    Update,
    Nothing,
    UnknownChannel,
    Html,
}

pub struct PhoneSide {
    pub url: String,
    pub certificate: String,
    state: Arc<Inner>,
}

struct Inner {
    base: String,
    key: SigningKey,
    shows: Mutex<Shows>,
    /// What is sent under a name, instead of what the manifest promises.
    assets: Mutex<BTreeMap<String, Vec<u8>>>,
    seen: Mutex<Vec<(String, HeaderMap)>>,
    insists_on_zstd: Mutex<bool>,
    /// Where the manifest says that assets lie, if not here.
    elsewhere: Mutex<Option<String>>,
}

const BUNDLE: &[u8] = b"var launched = true; var launched = true; var launched = true;";
const IMAGE: &[u8] = b"an image";

impl PhoneSide {
    pub async fn start(shows: Shows) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let base = format!("http://{}", listener.local_addr().unwrap());
        let key = SigningKey::generate(KeySize::Bits2048).unwrap();
        // 2020 to 2100.
        let certificate =
            Certificate::self_signed(&key, "test", 1_577_836_800_000, 4_102_444_800_000, [7; 16]).unwrap().to_pem();
        let assets = [("bundle".to_owned(), BUNDLE.to_vec()), ("image".to_owned(), IMAGE.to_vec())].into();
        let state = Arc::new(Inner {
            base: base.clone(),
            key,
            shows: Mutex::new(shows),
            assets: Mutex::new(assets),
            seen: Mutex::default(),
            insists_on_zstd: Mutex::default(),
            elsewhere: Mutex::default(),
        });
        let router = Router::new().fallback(answer).with_state(Arc::clone(&state));
        tokio::spawn(async move { axum::serve(listener, router).await });
        Self { url: base, certificate, state }
    }

    /// From now on these bytes come under that name.
    pub fn exchange(&self, name: &str, bytes: &[u8]) {
        self.state.assets.lock().unwrap().insert(name.into(), bytes.to_vec());
    }

    /// From now on bundles come in an encoding that iOS does not ask for.
    pub fn insist_on_zstd(&self) {
        *self.state.insists_on_zstd.lock().unwrap() = true;
    }

    /// From now on the manifest says that assets lie there.
    pub fn move_assets_to(&self, base: &str) {
        *self.state.elsewhere.lock().unwrap() = Some(base.into());
    }

    /// The paths asked for, and what was sent with them.
    pub fn seen(&self) -> Vec<(String, HeaderMap)> {
        self.state.seen.lock().unwrap().clone()
    }
}

async fn answer(State(state): State<Arc<Inner>>, request: Request) -> Response {
    let path = request.uri().path().to_owned();
    let asked = request.headers()["accept-encoding"].to_str().unwrap().to_owned();
    state.seen.lock().unwrap().push((path.clone(), request.headers().clone()));
    if path.ends_with("/update") {
        return state.check();
    }
    let assets = state.assets.lock().unwrap();
    let Some(bytes) = path.strip_prefix("/assets/").and_then(|name| assets.get(name)) else {
        return StatusCode::NOT_FOUND.into_response();
    };
    // As phones ask for it, except where a test wants to see that refused.
    let asks_for_zstd = asked.contains("zstd");
    if path.ends_with("bundle") && (asks_for_zstd || *state.insists_on_zstd.lock().unwrap()) {
        let encoded = zstd::encode_all(&bytes[..], 3).unwrap();
        return ([("content-encoding", "zstd")], encoded).into_response();
    }
    bytes.clone().into_response()
}

impl Inner {
    fn check(&self) -> Response {
        match *self.shows.lock().unwrap() {
            Shows::Html => ([("content-type", "text/html")], "<h1>Welcome</h1>").into_response(),
            Shows::Nothing => (StatusCode::NO_CONTENT, outer(), Body::empty()).into_response(),
            Shows::UnknownChannel => {
                let problem = api::Problem::new(api::Code::UnknownChannel, "the app has no channel \"nightly\"");
                let body = serde_json::to_vec(&problem).unwrap();
                (StatusCode::NOT_FOUND, [("content-type", api::problem::PROBLEM_JSON)], body).into_response()
            }
            Shows::Update => {
                let manifest = self.manifest().to_string();
                let signature = self.key.sign(manifest.as_bytes()).unwrap().to_base64();
                let signature = format!(r#"sig="{signature}", keyid="main", alg="rsa-v1_5-sha256""#);
                let headers = [("content-type", "application/expo+json"), ("expo-signature", signature.as_str())];
                (outer(), headers, manifest).into_response()
            }
        }
    }

    fn manifest(&self) -> Value {
        let base = self.elsewhere.lock().unwrap().clone().unwrap_or_else(|| self.base.clone());
        let asset = |name: &str, bytes: &[u8]| {
            json!({
                "hash": URL_SAFE_NO_PAD.encode(Sha256::digest(bytes)),
                "key": name,
                "contentType": "application/octet-stream",
                "url": format!("{base}/assets/{name}"),
            })
        };
        let mut image = asset("image", IMAGE);
        image["fileExtension"] = ".png".into();
        json!({
            "id": "0190a0b0-0000-7000-8000-000000000001",
            "createdAt": "2026-11-23T12:00:00.000Z",
            "runtimeVersion": "1.0.0",
            "launchAsset": asset("bundle", BUNDLE),
            "assets": [image],
            "metadata": {},
            "extra": {},
        })
    }
}

fn outer() -> [(&'static str, &'static str); 3] {
    [("expo-protocol-version", "1"), ("expo-sfv-version", "0"), ("cache-control", "private, max-age=0")]
}
