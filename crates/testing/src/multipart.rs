//! A reader of `multipart/mixed` that lets nothing pass which a stock client could trip over (protocol.md §2): CRLF
//! everywhere, lower-case part headers, nothing before the first delimiter and nothing after the last.

use bytes::Bytes;

use crate::Answered;

/// The parts of an answer, in their order.
#[derive(Clone, Debug)]
pub struct Parts(Vec<Part>);

/// One part.
#[derive(Clone, Debug)]
pub struct Part {
    /// From its `content-disposition`.
    pub name: String,
    headers: Vec<(String, String)>,
    /// Its exact bytes.
    pub body: Bytes,
}

impl Part {
    /// One of its headers; empty when absent.
    pub fn header(&self, name: &str) -> &str {
        self.headers.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str()).unwrap_or_default()
    }

    /// Its body as JSON.
    pub fn json(&self) -> serde_json::Value {
        serde_json::from_slice(&self.body).expect("a part in JSON")
    }
}

impl Parts {
    /// Reads an answer.
    ///
    /// # Panics
    /// When it is anything else than what a server of this protocol writes.
    pub fn read(answer: &Answered) -> Self {
        let content_type = answer.header("content-type");
        let boundary = content_type.strip_prefix("multipart/mixed; boundary=");
        let boundary = boundary.unwrap_or_else(|| panic!("the content type is {content_type:?}"));
        let (open, between, close) =
            (format!("--{boundary}\r\n"), format!("\r\n--{boundary}\r\n"), format!("\r\n--{boundary}--\r\n"));
        let body = &answer.body[..];
        let inner = body.strip_prefix(open.as_bytes()).expect("the first delimiter at the very beginning");
        let inner = inner.strip_suffix(close.as_bytes()).expect("the close delimiter and its CRLF at the very end");
        Self(split(inner, between.as_bytes()).into_iter().map(part).collect())
    }

    /// The names of all parts.
    pub fn names(&self) -> Vec<&str> {
        self.0.iter().map(|part| part.name.as_str()).collect()
    }

    /// The part of this name.
    ///
    /// # Panics
    /// When there is not exactly one.
    pub fn part(&self, name: &str) -> &Part {
        let mut found = self.0.iter().filter(|part| part.name == name);
        match (found.next(), found.next()) {
            (Some(part), None) => part,
            _ => panic!("not exactly one part {name:?} in {:?}", self.names()),
        }
    }
}

fn split<'b>(body: &'b [u8], delimiter: &[u8]) -> Vec<&'b [u8]> {
    let mut parts = Vec::new();
    let mut rest = body;
    while let Some(at) = rest.windows(delimiter.len()).position(|window| window == delimiter) {
        parts.push(&rest[..at]);
        rest = &rest[at + delimiter.len()..];
    }
    parts.push(rest);
    parts
}

fn part(bytes: &[u8]) -> Part {
    let end = bytes.windows(4).position(|four| four == b"\r\n\r\n").expect("the end of a part's headers");
    let head = std::str::from_utf8(&bytes[..end]).expect("part headers in ASCII");
    let header = |line: &str| {
        let (name, value) = line.split_once(": ").unwrap_or_else(|| panic!("the part header {line:?}"));
        assert_eq!(name, name.to_ascii_lowercase(), "iOS looks part headers up with their case");
        (name.to_owned(), value.to_owned())
    };
    let headers: Vec<_> = head.split("\r\n").map(header).collect();
    let disposition = headers.iter().find(|(name, _)| name == "content-disposition").map(|(_, value)| value.as_str());
    let name = disposition.and_then(|value| value.strip_prefix("inline; name=\"")?.strip_suffix('"'));
    let name = name.unwrap_or_else(|| panic!("the disposition {disposition:?}")).to_owned();
    Part { name, headers, body: Bytes::copy_from_slice(&bytes[end + 4..]) }
}
