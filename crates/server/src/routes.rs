//! From a request to its room: devices go straight to delivery, operators through the API's router.

use std::convert::Infallible;
use std::net::IpAddr;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use bytes::Bytes;
use delivery::assets::AssetAnswer;
use delivery::body::Body;
use delivery::{Asked, Delivery, Problem};
use http::{HeaderValue, Method, Request, Response, StatusCode, header};
use http_body_util::BodyExt;
use publishing::ports::Clock;
use tower::ServiceExt;

/// What answers a request.
pub struct Routes {
    /// Devices.
    pub delivery: Arc<Delivery>,
    /// Operators.
    pub admin: axum::Router,
    /// For the records of checks.
    pub clock: Arc<dyn Clock>,
}

/// What a path means.
enum Route<'p> {
    Check { app: Option<&'p str> },
    Asset { hash: &'p str },
    Alive,
    Ready,
    Operator,
}

impl<'p> Route<'p> {
    fn of(path: &'p str) -> Self {
        match path {
            "/update" => Self::Check { app: None },
            "/healthz" => Self::Alive,
            "/readyz" => Self::Ready,
            _ => {
                if let Some(hash) = path.strip_prefix("/assets/") {
                    Self::Asset { hash }
                } else if let Some(app) = path.strip_prefix("/apps/").and_then(|rest| rest.strip_suffix("/update")) {
                    Self::Check { app: Some(app) }
                } else {
                    Self::Operator
                }
            }
        }
    }
}

/// An answer on its way. A check's is there at once: it costs no allocation and no second poll.
pub enum Answering {
    /// There already; none once it was taken.
    Now(Option<Response<Body>>),
    /// Waits for a disk or a database.
    Later(Pin<Box<dyn Future<Output = Response<Body>> + Send>>),
}

impl Future for Answering {
    type Output = Result<Response<Body>, Infallible>;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        match &mut *self {
            Self::Now(answer) => answer.take().map_or(Poll::Pending, |answer| Poll::Ready(Ok(answer))),
            Self::Later(answer) => answer.as_mut().poll(context).map(Ok),
        }
    }
}

impl Routes {
    /// Answers one request of the peer at `ip`.
    pub fn answer<B>(self: &Arc<Self>, request: Request<B>, ip: IpAddr) -> Answering
    where
        B: http_body::Body<Data = Bytes> + Send + 'static,
        B::Error: Into<Box<dyn std::error::Error + Send + Sync>>,
    {
        let now = |answer| Answering::Now(Some(answer));
        let route = Route::of(request.uri().path());
        let reads = *request.method() == Method::GET || *request.method() == Method::HEAD;
        match route {
            Route::Operator => {
                let routes = self.clone();
                Answering::Later(Box::pin(async move { routes.operator(request).await }))
            }
            _ if !reads => now(method_not_allowed(request.method())),
            Route::Check { app } => now(self.delivery.check(&Asked {
                app,
                headers: request.headers(),
                query: request.uri().query(),
                ip,
                now: self.clock.now(),
            })),
            Route::Asset { hash } => match self.delivery.asset(request.method(), hash, request.headers()) {
                AssetAnswer::Now(answer) => now(answer),
                AssetAnswer::Read(reading) => {
                    let delivery = self.delivery.clone();
                    Answering::Later(Box::pin(async move { delivery.read_asset(reading).await }))
                }
            },
            Route::Alive => now(plain(StatusCode::OK, "alive\n")),
            Route::Ready if self.delivery.is_ready() => now(plain(StatusCode::OK, "ready\n")),
            Route::Ready => now(plain(StatusCode::SERVICE_UNAVAILABLE, "no snapshot is loaded\n")),
        }
    }

    async fn operator<B>(&self, request: Request<B>) -> Response<Body>
    where
        B: http_body::Body<Data = Bytes> + Send + 'static,
        B::Error: Into<Box<dyn std::error::Error + Send + Sync>>,
    {
        let answering = self.admin.clone().oneshot(request.map(axum::body::Body::new));
        // In a task of its own: an operator who hangs up must not leave an effect stored and not yet visible.
        let response = match tokio::spawn(answering).await {
            Ok(answered) => answered.unwrap_or_else(|never: Infallible| match never {}),
            Err(error) => {
                tracing::error!(%error, "an endpoint failed");
                return internal();
            }
        };
        let (parts, body) = response.into_parts();
        // The API's answers are made whole; only their type says that they could be streams.
        let body = body.collect().await.map_or_else(|_| Body::empty(), |whole| Body::Full(whole.to_bytes()));
        Response::from_parts(parts, body)
    }
}

fn plain(status: StatusCode, text: &'static str) -> Response<Body> {
    let mut response = Response::new(Body::Full(Bytes::from_static(text.as_bytes())));
    *response.status_mut() = status;
    response.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static("text/plain; charset=utf-8"));
    response.headers_mut().insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    response
}

fn internal() -> Response<Body> {
    Problem {
        status: StatusCode::INTERNAL_SERVER_ERROR,
        code: "internal",
        detail: "the server failed".to_owned(),
        field: None,
        hint: "look into the server's log",
    }
    .response()
}

fn method_not_allowed(method: &Method) -> Response<Body> {
    let mut response = Problem {
        status: StatusCode::METHOD_NOT_ALLOWED,
        code: "method_not_allowed",
        detail: format!("this address does not take {method}"),
        field: None,
        hint: "use GET",
    }
    .response();
    response.headers_mut().insert(header::ALLOW, HeaderValue::from_static("GET, HEAD"));
    response
}
