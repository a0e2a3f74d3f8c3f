//! The server's operator API, called.

mod advice;
mod error;
mod exchange;
mod patience;
mod server_url;
mod token;
mod upload;

use std::collections::HashSet;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use http::Method;
use serde::Serialize;
use serde::de::DeserializeOwned;

pub use error::RemoteError;
pub(crate) use exchange::{Answer, build_client};
pub use patience::{Clock, Patience, Pause};
pub use server_url::{ServerUrl, ServerUrlError};
pub use token::{Token, TokenError, TokenFrom};
pub(crate) use upload::Upload;

use crate::machine::IdempotencyKey;
use crate::printer::Printer;
use exchange::{Exchange, Repeat};

/// How long an ordinary answer may take. Preparing compresses every new file, so this is generous.
const ANSWER_LIMIT: Duration = Duration::from_mins(5);
/// How long an answer may take for which the server only reads.
const READ_LIMIT: Duration = Duration::from_secs(20);

/// Which server, for which app, as whom, and how patiently.
#[derive(Clone, Debug)]
pub struct Connection {
    /// The server's public URL.
    pub server: ServerUrl,
    /// The app's slug.
    pub app: String,
    /// The admin token.
    pub token: Option<Token>,
    /// Where that is from, for whoever must correct it.
    pub token_from: TokenFrom,
    /// When to try again, and when to give up.
    pub patience: Patience,
    /// Tells whoever interrupts the command how much that undoes.
    pub intent: Intent,
}

impl Connection {
    /// A patient connection.
    pub fn new(server: ServerUrl, app: impl Into<String>, token: Option<Token>) -> Self {
        Self {
            server,
            app: app.into(),
            token,
            token_from: TokenFrom::default(),
            patience: Patience::default(),
            intent: Intent::default(),
        }
    }
}

/// Whether a request was sent that changes what devices get. Clones share the answer.
#[derive(Clone, Debug, Default)]
pub struct Intent(Arc<AtomicBool>);

impl Intent {
    /// Before this, nothing is served that was not served before.
    pub fn was_sent(&self) -> bool {
        self.0.load(Ordering::Acquire)
    }

    fn sending(&self) {
        self.0.store(true, Ordering::Release);
    }
}

/// A request that changes something.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Request {
    pub(crate) method: Method,
    /// Beneath the app; each segment is percent-encoded.
    pub(crate) path: Vec<String>,
    pub(crate) query: Vec<(String, String)>,
    pub(crate) body: Option<serde_json::Value>,
}

impl Request {
    pub(crate) fn new(method: Method, path: &[&str], body: Option<&impl Serialize>) -> Self {
        let path = path.iter().map(|&segment| segment.to_owned()).collect();
        // Every body is plain data with string keys, which always has a JSON form.
        let body = body.map(|body| serde_json::to_value(body).unwrap_or_default());
        Self { method, path, query: Vec::new(), body }
    }
}

/// What an address of the API is beneath.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Place {
    /// The server.
    Server,
    /// The app.
    App,
}

/// The operator API of one app.
#[derive(Clone)]
pub(crate) struct Remote {
    exchange: Exchange,
    connection: Connection,
}

impl Remote {
    pub(crate) fn new(connection: Connection, printer: &Printer) -> Result<Self, RemoteError> {
        if connection.token.is_some() && !connection.server.is_private() {
            printer.warning(&format!("{} is not encrypted: anyone on the way can read the token", connection.server));
        }
        let exchange = Exchange::new(&connection, printer.clone())?;
        Ok(Self { exchange, connection })
    }

    pub(crate) async fn app(&self) -> Result<api::App, RemoteError> {
        self.get(Place::App, &[], &[]).await
    }

    pub(crate) async fn missing_blobs(&self, which: &api::WhichBlobs) -> Result<api::MissingBlobs, RemoteError> {
        self.post(&["blobs", "missing"], which, None, Repeat::Always).await
    }

    /// Nothing is served by this, so it is repeated without a key: a second one is prepared beside the first.
    pub(crate) async fn prepare(&self, publish: &api::PreparePublish) -> Result<api::Prepared, RemoteError> {
        self.post(&["publishes"], publish, None, Repeat::Always).await
    }

    pub(crate) async fn commit(
        &self,
        prepared: &str,
        commit: &api::CommitPublish,
        key: IdempotencyKey,
    ) -> Result<api::Published, RemoteError> {
        self.connection.intent.sending();
        self.post(&["publishes", prepared, "commit"], commit, Some(key), Repeat::Always).await
    }

    /// Does what is safe to send again under its key.
    pub(crate) async fn operate<T: DeserializeOwned>(
        &self,
        operation: &Request,
        key: IdempotencyKey,
    ) -> Result<T, RemoteError> {
        self.connection.intent.sending();
        self.send(operation, Some(key)).await
    }

    /// What that would come to. Nothing is done by it.
    pub(crate) async fn preview<T: DeserializeOwned>(&self, operation: &Request) -> Result<T, RemoteError> {
        let mut preview = operation.clone();
        preview.query.push(("dry_run".into(), "true".into()));
        self.send(&preview, None).await
    }

    async fn send<T: DeserializeOwned>(
        &self,
        operation: &Request,
        key: Option<IdempotencyKey>,
    ) -> Result<T, RemoteError> {
        let Request { method, path, query, body } = operation;
        let path: Vec<&str> = path.iter().map(String::as_str).collect();
        let request = || {
            let mut request = self.request_at(method.clone(), Place::App, &path, query);
            if let Some(key) = key {
                request = request.header(api::IDEMPOTENCY_KEY, key.header_value());
            }
            match body {
                Some(body) => request.json(body),
                None => request,
            }
        };
        match self.exchange.json(Repeat::Always, request).await {
            Ok(operated) => Ok(operated),
            Err(error) => Err(self.advised(error, &path).await),
        }
    }

    /// Reads what lies at an address.
    pub(crate) async fn get<T: DeserializeOwned>(
        &self,
        place: Place,
        path: &[&str],
        query: &[(String, String)],
    ) -> Result<T, RemoteError> {
        match self.exchange.json(Repeat::Always, || self.request_at(Method::GET, place, path, query)).await {
            Ok(read) => Ok(read),
            Err(error) => Err(self.advised(error, path).await),
        }
    }

    /// Reads a list to its end.
    pub(crate) async fn all<T: DeserializeOwned + api::Page>(
        &self,
        place: Place,
        path: &[&str],
    ) -> Result<T, RemoteError> {
        let mut list: T = self.get(place, path, &[]).await?;
        let mut asked = HashSet::new();
        while let Some(cursor) = list.next_cursor().map(str::to_owned) {
            // A cursor that was there before would have us turn in circles, and fill the memory.
            if !asked.insert(cursor.clone()) {
                break;
            }
            let page: T = self.get(place, path, &[("cursor".to_owned(), cursor)]).await?;
            list = list.followed_by(page);
        }
        Ok(list)
    }

    /// A second one is refused, since a name is all that tells apps apart.
    pub(crate) async fn create_app(&self, app: &api::CreateApp) -> Result<api::AppSummary, RemoteError> {
        self.connection.intent.sending();
        let request = || self.request_at(Method::POST, Place::Server, &["apps"], &[]).json(app);
        self.exchange.json(Repeat::IfUntouched, request).await
    }

    pub(crate) async fn keys(&self) -> Result<api::Keys, RemoteError> {
        self.all(Place::App, &["keys"]).await
    }

    pub(crate) async fn generate_key(&self, key: &api::GenerateKey) -> Result<api::Key, RemoteError> {
        self.post(&["keys", "generate"], key, None, Repeat::IfUntouched).await
    }

    pub(crate) async fn import_key(&self, key: &api::ImportKey) -> Result<api::Key, RemoteError> {
        self.post(&["keys", "import"], key, None, Repeat::IfUntouched).await
    }

    async fn post<T: DeserializeOwned>(
        &self,
        path: &[&str],
        body: &impl Serialize,
        key: Option<IdempotencyKey>,
        repeat: Repeat,
    ) -> Result<T, RemoteError> {
        let request = || {
            let request = self.request(Method::POST, path).json(body);
            match key {
                Some(key) => request.header(api::IDEMPOTENCY_KEY, key.header_value()),
                None => request,
            }
        };
        match self.exchange.json(repeat, request).await {
            Ok(read) => Ok(read),
            Err(error) => Err(self.advised(error, path).await),
        }
    }

    fn request(&self, method: Method, path: &[&str]) -> reqwest::RequestBuilder {
        self.request_at(method, Place::App, path, &[])
    }

    fn request_at(
        &self,
        method: Method,
        place: Place,
        path: &[&str],
        query: &[(String, String)],
    ) -> reqwest::RequestBuilder {
        let Connection { server, app, token, .. } = &self.connection;
        let base: &[&str] = match place {
            Place::Server => &["api", "v1"],
            Place::App => &["api", "v1", "apps", app.as_str()],
        };
        let mut url = server.join(&[base, path].concat());
        if !query.is_empty() {
            url.query_pairs_mut().extend_pairs(query);
        }
        let limit = if method == Method::GET { READ_LIMIT } else { ANSWER_LIMIT };
        let request = self.exchange.client().request(method, url).header(http::header::ACCEPT, ACCEPT).timeout(limit);
        match token {
            Some(token) => request.bearer_auth(token.reveal()),
            None => request,
        }
    }
}

const ACCEPT: &str = "application/json, application/problem+json";

/// The fields of a flat structure as a query; absent ones are left out.
pub(crate) fn pairs(fields: &impl Serialize) -> Vec<(String, String)> {
    let Ok(serde_json::Value::Object(fields)) = serde_json::to_value(fields) else { return Vec::new() };
    let text = |value| match value {
        serde_json::Value::Null => None,
        serde_json::Value::String(text) => Some(text),
        other => Some(other.to_string()),
    };
    fields.into_iter().filter_map(|(name, value)| Some((name, text(value)?))).collect()
}
