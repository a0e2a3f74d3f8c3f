//! The HTTP cache that sits beneath the client on both platforms: it asks with `if-none-match` and turns a 304 back into
//! the stored answer (protocol.md §1).

use http::header::{
    CACHE_CONTROL, CONNECTION, CONTENT_ENCODING, CONTENT_LENGTH, CONTENT_TYPE, ETAG, TRANSFER_ENCODING, VARY,
};
use http::{HeaderMap, HeaderName};

/// An answer as the client sees it.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Stored {
    pub(crate) headers: HeaderMap,
    pub(crate) body: Vec<u8>,
    etag: String,
    /// The request headers named by `vary`, as they were sent; none when it is `*`.
    varied: Option<Vec<(String, Option<String>)>>,
}

/// One answer, since a device checks one URL.
#[derive(Debug, Clone, Default)]
pub(crate) struct HttpCache {
    stored: Option<Stored>,
    /// The request on its way: what a 304 or a new answer belongs to.
    asked: Option<Vec<(String, String)>>,
    is_conditional: bool,
}

impl HttpCache {
    /// Notes the request and gives the `etag` to ask with, when the stored answer was made for such a request.
    pub(crate) fn ask(&mut self, request: &[(String, String)]) -> Option<String> {
        self.asked = Some(request.to_vec());
        let fitting = self.stored.as_ref().filter(|stored| {
            let varied = stored.varied.as_ref();
            varied.is_some_and(|varied| varied.iter().all(|(name, value)| sent(request, name) == value.as_deref()))
        });
        self.is_conditional = fitting.is_some();
        fitting.map(|stored| stored.etag.clone())
    }

    /// The stored answer that a 304 stands for; none for one that nobody asked for.
    pub(crate) fn revalidated(&mut self, not_modified: &HeaderMap) -> Option<Stored> {
        let stored = self.stored.as_mut().filter(|_| self.is_conditional)?;
        let mut headers = stored.headers.clone();
        for name in not_modified.keys().filter(|name| !belongs_to_one_message(name)) {
            headers.remove(name);
            for value in not_modified.get_all(name) {
                headers.append(name, value.clone());
            }
        }
        stored.headers = headers;
        Some(stored.clone())
    }

    /// Remembers a successful answer that has an `etag` and may be stored.
    pub(crate) fn remember(&mut self, headers: &HeaderMap, body: &[u8]) {
        let Some(request) = self.asked.take() else { return };
        let forbids = |line: &http::HeaderValue| {
            line.to_str()
                .is_ok_and(|line| line.split(',').any(|directive| directive.trim().eq_ignore_ascii_case("no-store")))
        };
        let etag = headers.get(ETAG).and_then(|etag| etag.to_str().ok());
        self.stored = match etag {
            Some(etag) if !headers.get_all(CACHE_CONTROL).iter().any(forbids) => Some(Stored {
                headers: headers.clone(),
                body: body.to_vec(),
                etag: String::from(etag),
                varied: varied(headers, &request),
            }),
            _ => None,
        };
    }
}

fn varied(headers: &HeaderMap, request: &[(String, String)]) -> Option<Vec<(String, Option<String>)>> {
    let mut varied = Vec::new();
    for line in headers.get_all(VARY) {
        for name in line.to_str().ok()?.split(',').map(str::trim).filter(|name| !name.is_empty()) {
            if name == "*" {
                return None;
            }
            varied.push((String::from(name), sent(request, name).map(String::from)));
        }
    }
    Some(varied)
}

fn sent<'a>(request: &'a [(String, String)], name: &str) -> Option<&'a str> {
    request.iter().find(|(key, _)| key.eq_ignore_ascii_case(name)).map(|(_, value)| value.as_str())
}

/// Headers of a 304 that say nothing about the stored answer.
fn belongs_to_one_message(name: &HeaderName) -> bool {
    [CONTENT_LENGTH, CONTENT_ENCODING, CONTENT_TYPE, CONNECTION, TRANSFER_ENCODING].contains(name)
}
