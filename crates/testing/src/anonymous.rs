//! A caller without anything: raw requests.

use ::device::{Binary, Protocol, Reader};
use bytes::Bytes;
use http::{HeaderMap, Method, StatusCode};
use protocol::{Platform, names};
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

    /// The field that a problem document blames; empty when it names none.
    pub fn field(&self) -> String {
        self.json()["field"].as_str().unwrap_or_default().to_owned()
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

    /// Any request. A successful answer to a check is read by the strict client of both platforms.
    ///
    /// # Panics
    /// When there is no answer (tests that expect none use their own client), or when the strict client refuses it.
    pub async fn send(&self, method: Method, path: &str, headers: &[(&str, &str)], body: Bytes) -> Answered {
        let mut request = self.client.request(method, format!("{}{path}", self.url)).body(body);
        for (name, value) in headers {
            request = request.header(*name, value.as_bytes());
        }
        let answer = request.send().await.expect("an answer");
        let (status, answer_headers) = (answer.status(), answer.headers().clone());
        let answered = Answered { status, headers: answer_headers, body: answer.bytes().await.expect("a whole body") };
        if status.is_success() && path.split('?').next().is_some_and(|path| path.ends_with("/update")) {
            read_strictly(headers, &answered);
        }
        answered
    }
}

/// No answer to a check passes through a test that the strict client of either platform would not take.
pub(crate) fn read_strictly(request: &[(&str, &str)], answered: &Answered) {
    let sent = |name: &str| request.iter().find(|(known, _)| *known == name).map(|(_, value)| *value);
    let mut binary = Binary::new("http://localhost/update", sent(names::RUNTIME_VERSION).unwrap_or_default(), None);
    binary.protocol = if sent(names::PROTOCOL_VERSION) == Some("1") { Protocol::One } else { Protocol::Zero };
    for platform in Platform::ALL {
        let read = Reader::new(platform, &binary).read(
            answered.status.as_u16(),
            &answered.headers,
            &answered.body,
            crate::EMBEDDED_AT,
        );
        if let Err(refusal) = read {
            panic!("{refusal}\n{answered:?}");
        }
    }
}
