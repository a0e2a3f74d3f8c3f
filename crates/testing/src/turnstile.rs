//! A place between a caller and a server at which the caller can be stopped, and what passes can be spoilt.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use axum::Router;
use axum::body::{Body, Bytes, to_bytes};
use axum::extract::{Request, State};
use axum::response::Response;
use http::{HeaderMap, StatusCode};
use tokio::net::TcpListener;
use tokio::sync::Notify;

/// Passes requests on to a server, one by one and whole, up to the one at which it holds the caller.
pub struct Turnstile {
    /// What the caller takes for the server.
    pub url: String,
    shared: Arc<Shared>,
    task: tokio::task::JoinHandle<()>,
}

/// Where a caller is held.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stop {
    /// Before this request, counted from 1, reaches the server.
    Before(usize),
    /// After the server has answered this request, before the caller hears of it.
    After(usize),
}

/// What a bad proxy does to requests and answers on the way; each is told the path.
#[derive(Clone, Copy, Debug)]
pub struct Spoil {
    /// Before the server sees it.
    pub request: fn(&str, &mut HeaderMap),
    /// Before the caller sees it.
    pub answer: fn(&str, &mut Response),
}

impl Spoil {
    /// Requests only.
    pub const fn of_requests(request: fn(&str, &mut HeaderMap)) -> Self {
        Self { request, answer: |_, _| {} }
    }

    /// Answers only.
    pub const fn of_answers(answer: fn(&str, &mut Response)) -> Self {
        Self { request: |_, _| {}, answer }
    }
}

impl Default for Spoil {
    fn default() -> Self {
        Self::of_requests(|_, _| {})
    }
}

struct Shared {
    server: Mutex<String>,
    spoil: Mutex<Spoil>,
    http: reqwest::Client,
    passed: AtomicUsize,
    stop: Mutex<Option<Stop>>,
    reached: Notify,
}

impl Turnstile {
    /// In front of a server.
    ///
    /// # Panics
    /// When the system has no port to give.
    pub async fn before(server: String) -> Self {
        let turnstile = Self::at_nothing().await;
        turnstile.lead_to(server);
        turnstile
    }

    /// In front of a server that is yet to start, since it is to know this address.
    ///
    /// # Panics
    /// When the system has no port to give.
    pub async fn at_nothing() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let url = format!("http://{}", listener.local_addr().expect("a bound address"));
        let http = reqwest::Client::builder().no_proxy().build().expect("an HTTP client");
        let shared = Arc::new(Shared {
            server: Mutex::default(),
            spoil: Mutex::default(),
            http,
            passed: AtomicUsize::new(0),
            stop: Mutex::new(None),
            reached: Notify::new(),
        });
        let router = Router::new().fallback(pass).with_state(Arc::clone(&shared));
        let task = tokio::spawn(async move {
            // It ends with the test.
            let _ended = axum::serve(listener, router).await;
        });
        Self { url, shared, task }
    }

    /// The server behind it.
    pub fn lead_to(&self, server: String) {
        *self.shared.server.lock().unwrap_or_else(PoisonError::into_inner) = server;
    }

    /// From now on everything that passes is spoilt like this.
    pub fn spoil(&self, spoil: Spoil) {
        *self.shared.spoil.lock().unwrap_or_else(PoisonError::into_inner) = spoil;
    }

    /// Counts from 1 again, and holds the caller there; none lets everything pass.
    pub fn hold(&self, stop: Option<Stop>) {
        self.shared.passed.store(0, Ordering::SeqCst);
        *self.shared.stop.lock().unwrap_or_else(PoisonError::into_inner) = stop;
    }

    /// How many requests came since [`Turnstile::hold`].
    pub fn passed(&self) -> usize {
        self.shared.passed.load(Ordering::SeqCst)
    }

    /// Returns once a caller is held.
    pub async fn reached(&self) {
        self.shared.reached.notified().await;
    }
}

impl Drop for Turnstile {
    fn drop(&mut self) {
        self.task.abort();
    }
}

async fn pass(State(shared): State<Arc<Shared>>, request: Request) -> Response {
    let number = shared.passed.fetch_add(1, Ordering::SeqCst) + 1;
    let stop = *shared.stop.lock().unwrap_or_else(PoisonError::into_inner);
    if stop == Some(Stop::Before(number)) {
        shared.hold_for_ever().await;
    }
    let answer = shared.forward(request).await;
    if stop == Some(Stop::After(number)) {
        shared.hold_for_ever().await;
    }
    answer.unwrap_or_else(|| {
        let mut gone = Response::new(Body::empty());
        *gone.status_mut() = StatusCode::BAD_GATEWAY;
        gone
    })
}

impl Shared {
    /// Whoever waits here is killed by the test, which closes the connection and ends this.
    async fn hold_for_ever(&self) {
        self.reached.notify_one();
        std::future::pending::<()>().await;
    }

    async fn forward(&self, request: Request) -> Option<Response> {
        let spoil = *self.spoil.lock().unwrap_or_else(PoisonError::into_inner);
        let (mut head, body) = request.into_parts();
        let path = head.uri.path().to_owned();
        (spoil.request)(&path, &mut head.headers);
        let body: Bytes = to_bytes(body, usize::MAX).await.ok()?;
        let server = self.server.lock().unwrap_or_else(PoisonError::into_inner).clone();
        let url = format!("{server}{}", head.uri);
        let answer = self.http.request(head.method, url).headers(head.headers).body(body).send().await.ok()?;
        let (status, headers) = (answer.status(), answer.headers().clone());
        let mut response = Response::new(Body::from(answer.bytes().await.ok()?));
        *response.status_mut() = status;
        *response.headers_mut() = headers;
        (spoil.answer)(&path, &mut response);
        Some(response)
    }
}
