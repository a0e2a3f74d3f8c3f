//! A place between a caller and a server at which the caller can be stopped.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use axum::Router;
use axum::body::{Body, Bytes, to_bytes};
use axum::extract::{Request, State};
use axum::response::Response;
use http::StatusCode;
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

struct Shared {
    server: String,
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
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let url = format!("http://{}", listener.local_addr().expect("a bound address"));
        let http = reqwest::Client::builder().no_proxy().build().expect("an HTTP client");
        let shared = Arc::new(Shared {
            server,
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
        let (head, body) = request.into_parts();
        let body: Bytes = to_bytes(body, usize::MAX).await.ok()?;
        let url = format!("{}{}", self.server, head.uri);
        let answer = self.http.request(head.method, url).headers(head.headers).body(body).send().await.ok()?;
        let (status, headers) = (answer.status(), answer.headers().clone());
        let mut response = Response::new(Body::from(answer.bytes().await.ok()?));
        *response.status_mut() = status;
        *response.headers_mut() = headers;
        Some(response)
    }
}
