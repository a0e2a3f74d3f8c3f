//! Requests byte by byte: nothing is added, nothing is normalised, and a body may end early.

use bytes::Bytes;
use http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use crate::Answered;

/// A request as it stands on the wire.
#[derive(Clone, Debug)]
pub struct RawRequest {
    /// Its method.
    pub method: Method,
    /// Path and query, as sent.
    pub target: String,
    /// Every header line but `host` (unless it is here) and `connection`.
    pub headers: Vec<(String, Vec<u8>)>,
    /// What is sent of the body.
    pub body: Bytes,
}

impl RawRequest {
    /// Sends it to `host:port`, says that no more comes, and reads what is answered.
    ///
    /// # Panics
    /// When the answer is no HTTP.
    pub async fn send(&self, address: &str) -> Answered {
        let mut stream = TcpStream::connect(address).await.expect("a connection");
        stream.write_all(&self.bytes(address)).await.expect("a request that is taken");
        let mut answer = Vec::new();
        stream.read_to_end(&mut answer).await.expect("an answer to its end");
        read_answer(&answer)
    }

    /// Sends it and closes the connection at once, as a phone in a tunnel does.
    ///
    /// # Panics
    /// When it cannot be sent.
    pub async fn send_and_leave(&self, address: &str) {
        let mut stream = TcpStream::connect(address).await.expect("a connection");
        stream.write_all(&self.bytes(address)).await.expect("a request that is taken");
        stream.shutdown().await.expect("the end of the request");
        // The server notices and closes too; until then it may still be at work.
        let mut rest = Vec::new();
        let _ = stream.read_to_end(&mut rest).await;
    }

    fn bytes(&self, address: &str) -> Vec<u8> {
        let mut bytes = format!("{} {} HTTP/1.1\r\nconnection: close\r\n", self.method, self.target).into_bytes();
        if !self.headers.iter().any(|(name, _)| name == "host") {
            bytes.extend_from_slice(format!("host: {address}\r\n").as_bytes());
        }
        for (name, value) in &self.headers {
            bytes.extend_from_slice(name.as_bytes());
            bytes.extend_from_slice(b": ");
            bytes.extend_from_slice(value);
            bytes.extend_from_slice(b"\r\n");
        }
        bytes.extend_from_slice(b"\r\n");
        bytes.extend_from_slice(&self.body);
        bytes
    }
}

fn read_answer(answer: &[u8]) -> Answered {
    let shown = || String::from_utf8_lossy(&answer[..answer.len().min(400)]).into_owned();
    let end = answer.windows(4).position(|four| four == b"\r\n\r\n");
    let end = end.unwrap_or_else(|| panic!("no end of the headers in {:?}", shown()));
    let mut lines = answer[..end].split(|byte| *byte == b'\n').map(<[u8]>::trim_ascii_end);
    let status_line = std::str::from_utf8(lines.next().unwrap_or_default()).expect("a status line");
    let status = status_line.split(' ').nth(1).and_then(|code| code.parse::<StatusCode>().ok());
    let mut headers = HeaderMap::new();
    for line in lines {
        let colon = line.iter().position(|byte| *byte == b':').unwrap_or_else(|| panic!("a header in {:?}", shown()));
        let name = HeaderName::from_bytes(&line[..colon]).expect("a header name");
        headers.append(name, HeaderValue::from_bytes(line[colon + 1..].trim_ascii()).expect("a header value"));
    }
    let body = Bytes::copy_from_slice(&answer[end + 4..]);
    Answered { status: status.unwrap_or_else(|| panic!("no status in {status_line:?}")), headers, body }
}
