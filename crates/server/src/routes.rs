//! From a request to its room: devices go straight to delivery, operators through the API's router.

use std::convert::Infallible;
use std::net::IpAddr;
use std::sync::Arc;

use bytes::Bytes;
use delivery::body::Body;
use delivery::{Asked, Delivery, Problem};
use futures_util::TryStreamExt;
use http::{HeaderValue, Method, Request, Response, StatusCode, header};
use http_body_util::BodyExt;
use publishing::ports::Clock;
use tower::ServiceExt;

/// What answers a request.
#[derive(Clone)]
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

impl Routes {
    /// Answers one request of the peer at `ip`.
    pub async fn answer<B>(&self, request: Request<B>, ip: IpAddr) -> Response<Body>
    where
        B: http_body::Body<Data = Bytes> + Send + 'static,
        B::Error: Into<Box<dyn std::error::Error + Send + Sync>>,
    {
        let route = Route::of(request.uri().path());
        let reads = *request.method() == Method::GET || *request.method() == Method::HEAD;
        match route {
            Route::Operator => self.operator(request).await,
            _ if !reads => method_not_allowed(request.method()),
            Route::Check { app } => self.delivery.check(&Asked {
                app,
                headers: request.headers(),
                query: request.uri().query(),
                ip,
                now: self.clock.now(),
            }),
            Route::Asset { hash } => self.delivery.asset(request.method(), hash, request.headers()).await,
            Route::Alive => plain(StatusCode::OK, "alive\n"),
            Route::Ready if self.delivery.is_ready() => plain(StatusCode::OK, "ready\n"),
            Route::Ready => plain(StatusCode::SERVICE_UNAVAILABLE, "no snapshot is loaded\n"),
        }
    }

    async fn operator<B>(&self, request: Request<B>) -> Response<Body>
    where
        B: http_body::Body<Data = Bytes> + Send + 'static,
        B::Error: Into<Box<dyn std::error::Error + Send + Sync>>,
    {
        let request = request.map(axum::body::Body::new);
        let answered: Result<Response<axum::body::Body>, Infallible> = self.admin.clone().oneshot(request).await;
        let Ok(response) = answered;
        let (parts, body) = response.into_parts();
        let body = match http_body::Body::size_hint(&body).exact() {
            // The API's answers are made whole; only their type says that they could be streams.
            Some(_) => body.collect().await.map(|whole| Body::Full(whole.to_bytes())).unwrap_or(Body::empty()),
            None => {
                let pieces = TryStreamExt::map_err(body.into_data_stream(), Into::into);
                Body::Stream { pieces: Box::pin(pieces), remaining: None }
            }
        };
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
