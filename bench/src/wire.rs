//! Just enough HTTP/1.1 to publish, and to see one answer whole before it is asked for a million times.

use std::fmt::Write as _;
use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::time::Duration;

use anyhow::{Context, Result, bail};
use serde_json::Value;

use crate::yardstick;

/// Nothing here takes longer, a compressed bundle included.
const PATIENCE: Duration = Duration::from_mins(1);
/// What hyper writes by itself; the bare server does too.
const WRITTEN_BY_HYPER: [&str; 2] = ["content-length", "date"];

/// One whole answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Answer {
    /// HTTP status.
    pub status: u16,
    /// In the order of the wire, names in lower case.
    pub headers: Vec<(String, String)>,
    /// Bytes of the head, the empty line included.
    pub head_bytes: usize,
    /// The body.
    pub body: Vec<u8>,
}

impl Answer {
    /// What a bare server needs to give the same answer.
    pub fn for_yardstick(&self) -> yardstick::Answer {
        let headers = self.headers.iter().filter(|(name, _)| !WRITTEN_BY_HYPER.contains(&name.as_str()));
        yardstick::Answer { status: self.status, headers: headers.cloned().collect(), body_bytes: self.body.len() }
    }

    /// Bytes on the wire. The same every time: a date is always as long as another.
    pub fn wire_bytes(&self) -> usize {
        self.head_bytes + self.body.len()
    }

    fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str())
    }
}

/// A `GET` as bytes.
pub fn get(path: &str, headers: &[(&str, &str)]) -> Vec<u8> {
    request("GET", path, headers, None)
}

fn request(method: &str, path: &str, headers: &[(&str, &str)], body: Option<&[u8]>) -> Vec<u8> {
    let mut head = format!("{method} {path} HTTP/1.1\r\nhost: localhost\r\n");
    for (name, value) in headers {
        // Writing to a string does not fail.
        let _ = write!(head, "{name}: {value}\r\n");
    }
    if let Some(body) = body {
        let _ = write!(head, "content-length: {}\r\n", body.len());
    }
    head.push_str("\r\n");
    let mut bytes = head.into_bytes();
    bytes.extend_from_slice(body.unwrap_or_default());
    bytes
}

/// Sends a request over a connection of its own and reads the whole answer.
pub fn exchange(address: SocketAddr, request: &[u8]) -> Result<Answer> {
    let stream = TcpStream::connect(address).with_context(|| format!("connecting to {address}"))?;
    exchange_over(stream, request)
}

/// The same over this connection.
pub fn exchange_over(mut stream: TcpStream, request: &[u8]) -> Result<Answer> {
    stream.set_nodelay(true)?;
    stream.set_read_timeout(Some(PATIENCE))?;
    stream.write_all(request)?;
    let mut bytes = Vec::new();
    let mut piece = [0; 16 * 1024];
    loop {
        if let Some(answer) = whole(&bytes)? {
            return Ok(answer);
        }
        match stream.read(&mut piece)? {
            0 => bail!("the connection ended within an answer"),
            length => bytes.extend_from_slice(&piece[..length]),
        }
    }
}

/// The answer, once all of it is there.
fn whole(bytes: &[u8]) -> Result<Option<Answer>> {
    let Some(end) = bytes.windows(4).position(|window| window == b"\r\n\r\n") else { return Ok(None) };
    let head = std::str::from_utf8(&bytes[..end])?;
    let mut lines = head.split("\r\n");
    let status = lines.next().and_then(|line| line.strip_prefix("HTTP/1.1 ")).and_then(|rest| rest.get(..3));
    let status = status.context("no status line")?.parse()?;
    let headers = lines.map(|line| {
        let (name, value) = line.split_once(':').context("a header without a colon")?;
        Ok((name.to_ascii_lowercase(), value.trim().to_owned()))
    });
    let mut answer = Answer { status, headers: headers.collect::<Result<_>>()?, head_bytes: end + 4, body: Vec::new() };
    if answer.header("transfer-encoding").is_some() {
        bail!("an answer without content-length");
    }
    let length: usize = answer.header("content-length").unwrap_or("0").parse()?;
    let body = &bytes[answer.head_bytes..];
    if body.len() < length {
        return Ok(None);
    }
    answer.body = body[..length].to_vec();
    Ok(Some(answer))
}

/// Speaks the operator API.
pub struct Operator {
    /// The server.
    pub address: SocketAddr,
    /// The token of its first start.
    pub token: String,
}

impl Operator {
    /// Sends bytes beneath the default app; the answer must be a success.
    pub fn put(&self, path: &str, body: &[u8]) -> Result<()> {
        self.send("PUT", path, "application/octet-stream", body).map(|_| ())
    }

    /// Sends JSON beneath the default app and reads JSON back.
    pub fn post(&self, path: &str, body: &Value) -> Result<Value> {
        let answer = self.send("POST", path, "application/json", &serde_json::to_vec(body)?)?;
        serde_json::from_slice(&answer.body).with_context(|| format!("the answer of {path}"))
    }

    fn send(&self, method: &str, path: &str, content_type: &str, body: &[u8]) -> Result<Answer> {
        let path = format!("/api/v1/apps/default{path}");
        let authorization = format!("Bearer {}", self.token);
        let headers = [("authorization", authorization.as_str()), ("content-type", content_type)];
        let answer = exchange(self.address, &request(method, &path, &headers, Some(body)))?;
        if !(200..300).contains(&answer.status) {
            bail!("{method} {path}: {} {}", answer.status, String::from_utf8_lossy(&answer.body));
        }
        Ok(answer)
    }
}

#[cfg(test)]
mod tests {
    use super::{get, whole};

    #[test]
    fn an_answer_is_whole_with_its_last_byte() {
        let bytes = b"HTTP/1.1 200 OK\r\nContent-Length: 4\r\ndate: now\r\netag: \"x\"\r\n\r\nbody";
        for length in 0..bytes.len() {
            assert_eq!(whole(&bytes[..length]).unwrap(), None, "{length}");
        }
        let answer = whole(bytes).unwrap().unwrap();
        assert_eq!((answer.status, answer.body.as_slice(), answer.wire_bytes()), (200, &b"body"[..], bytes.len()));
        let same = answer.for_yardstick();
        assert_eq!(same.headers, [("etag".to_owned(), "\"x\"".to_owned())], "hyper writes the others itself");
        assert_eq!(same.body_bytes, 4);
    }

    #[test]
    fn an_answer_without_a_body_ends_with_its_head() {
        let answer = whole(b"HTTP/1.1 204 No Content\r\n\r\n").unwrap().unwrap();
        assert_eq!((answer.status, answer.body.len()), (204, 0));
    }

    #[test]
    fn a_request_is_what_http_wants() {
        assert_eq!(get("/update", &[("a", "b")]), b"GET /update HTTP/1.1\r\nhost: localhost\r\na: b\r\n\r\n");
    }
}
