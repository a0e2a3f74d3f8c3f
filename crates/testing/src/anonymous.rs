//! A caller without anything: raw requests.

use bytes::Bytes;
use http::{HeaderMap, Method, StatusCode};
use serde_json::Value;

/// Sends raw requests.
#[derive(Clone, Debug)]
pub struct Anonymous {
    url: String,
    client: reqwest::Client,
}

/// A whole answer.
#[derive(Clone, Debug)]
pub struct Answered {
    /// Its status.
    pub status: StatusCode,
    /// Its headers.
    pub headers: HeaderMap,
    /// Its body as sent, still compressed where it was.
    pub body: Bytes,
}

impl Answered {
    /// The body as JSON; null when it is none.
    pub fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap_or_default()
    }

    /// The public code of a problem document; empty when it is none.
    pub fn code(&self) -> String {
        self.json()["code"].as_str().unwrap_or_default().to_owned()
    }

    /// One header as text; empty when absent.
    pub fn header(&self, name: &str) -> &str {
        self.headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default()
    }
}

impl Anonymous {
    /// A caller of the server at this URL.
    pub fn new(url: &str) -> Self {
        let client = reqwest::Client::builder().no_proxy().build().expect("an HTTP client");
        Self { url: url.to_owned(), client }
    }

    /// `GET` with these headers.
    pub async fn get(&self, path: &str, headers: &[(&str, &str)]) -> Answered {
        self.send(Method::GET, path, headers, Bytes::new()).await
    }

    /// Any request.
    ///
    /// # Panics
    /// When there is no answer: tests that expect none use their own client.
    pub async fn send(&self, method: Method, path: &str, headers: &[(&str, &str)], body: Bytes) -> Answered {
        let mut request = self.client.request(method, format!("{}{path}", self.url)).body(body);
        for (name, value) in headers {
            request = request.header(*name, value.as_bytes());
        }
        let answer = request.send().await.expect("an answer");
        let (status, headers) = (answer.status(), answer.headers().clone());
        Answered { status, headers, body: answer.bytes().await.expect("a whole body") }
    }
}
