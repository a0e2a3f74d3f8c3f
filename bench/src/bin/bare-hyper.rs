//! The yardstick: hyper with nothing behind it. It gives one answer, made before the first request, to whatever is asked.
//!
//! It stands on the same builder, the same runtime and the same socket options as the server, and does no more than
//! hyper asks for: no route, no look at the request, no limit on time, no drain. What the server adds to this is its own.
#![expect(clippy::print_stdout, reason = "says where it listens")]

use std::convert::Infallible;
use std::io::Write;

use anyhow::{Context, Result};
use bench::yardstick::Answer;
use bytes::Bytes;
use http::{HeaderMap, HeaderName, HeaderValue, Response, StatusCode};
use http_body_util::Full;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use tokio::net::{TcpListener, TcpStream};

fn main() -> Result<()> {
    let answer: Answer = serde_json::from_reader(std::io::stdin().lock()).context("reading the answer to give")?;
    let prepared = Prepared::new(&answer)?;
    tokio::runtime::Runtime::new()?.block_on(serve(prepared))
}

/// The answer, cheap to give again.
#[derive(Clone)]
struct Prepared {
    status: StatusCode,
    headers: HeaderMap,
    body: Bytes,
}

impl Prepared {
    fn new(answer: &Answer) -> Result<Self> {
        let mut headers = HeaderMap::new();
        for (name, value) in &answer.headers {
            headers.append(HeaderName::try_from(name)?, HeaderValue::try_from(value)?);
        }
        let body = vec![b'.'; answer.body_bytes].into();
        Ok(Self { status: StatusCode::from_u16(answer.status)?, headers, body })
    }

    fn response(&self) -> Response<Full<Bytes>> {
        let mut response = Response::new(Full::new(self.body.clone()));
        *response.status_mut() = self.status;
        *response.headers_mut() = self.headers.clone();
        response
    }
}

async fn serve(prepared: Prepared) -> Result<()> {
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    println!("{}", listener.local_addr()?);
    std::io::stdout().flush()?;
    let http = http1::Builder::new();
    loop {
        let (stream, _) = listener.accept().await?;
        let (http, prepared) = (http.clone(), prepared.clone());
        tokio::spawn(async move { connection(stream, &http, prepared).await });
    }
}

async fn connection(stream: TcpStream, http: &http1::Builder, prepared: Prepared) {
    if stream.set_nodelay(true).is_err() {
        return;
    }
    let service = service_fn(move |_| {
        let response = prepared.response();
        async move { Ok::<_, Infallible>(response) }
    });
    // A connection that ends early is the load generator's to complain about.
    let _ = http.serve_connection(TokioIo::new(stream), service).await;
}
