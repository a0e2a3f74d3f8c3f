//! What a phone's HTTP library does: ask once, follow redirects, undo the encoding.

use std::io::{self, Read};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use http::header::{ACCEPT_ENCODING, CONTENT_ENCODING};
use http::{HeaderMap, HeaderName, HeaderValue, StatusCode};
use reqwest::Client;

use crate::failure::Failure;
use crate::machine;
use crate::remote::{Answer, RemoteError, ServerUrl, build_client};

/// iOS gives up after a minute without a byte; Android after ten seconds.
const SILENCE: Duration = Duration::from_mins(1);
/// Larger bodies are cut here, encoded or not.
const LARGEST_BODY: usize = 512 * 1024 * 1024;

/// A phone's network.
pub(crate) struct Network {
    client: Client,
    accept_encoding: &'static str,
    exchanges: Mutex<Vec<Exchange>>,
}

/// A question and its answer, without the body.
#[derive(Clone, Debug)]
pub(crate) struct Exchange {
    pub(crate) url: String,
    /// Another where redirects led elsewhere.
    pub(crate) answered_by: String,
    pub(crate) status: StatusCode,
    pub(crate) headers: HeaderMap,
    /// Bytes of the body, as they came over the line.
    pub(crate) received: usize,
    pub(crate) received_at_ms: i64,
}

impl Network {
    pub(crate) fn new(server: &ServerUrl, accept_encoding: &'static str) -> Result<Self, Failure> {
        let client = build_client(server, || Client::builder().read_timeout(SILENCE))?;
        Ok(Self { client, accept_encoding, exchanges: Mutex::default() })
    }

    /// The bytes of all bodies so far, as they came over the line.
    pub(super) fn received(&self) -> u64 {
        self.exchanges().iter().map(|exchange| exchange.received as u64).sum()
    }

    /// All that came so far.
    pub(crate) fn exchanges(&self) -> Vec<Exchange> {
        self.exchanges.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Asks once, as phones do. The body that comes back is decoded.
    pub(crate) async fn get(&self, url: &str, headers: &[(String, String)]) -> Result<Answer, Failure> {
        let failed = |error| RemoteError::from_network(url, error);
        let request = self.client.get(url).headers(self.headers(headers)?);
        let response = request.send().await.map_err(failed)?;
        let mut answer = Answer::read(response, LARGEST_BODY).await.map_err(failed)?;
        self.exchanges.lock().unwrap_or_else(PoisonError::into_inner).push(Exchange {
            url: url.into(),
            answered_by: answer.url.clone(),
            status: answer.status,
            headers: answer.headers.clone(),
            received: answer.body.len(),
            received_at_ms: machine::now_ms(),
        });

        let encoding = answer.headers.get(CONTENT_ENCODING).map(|value| value.as_bytes().to_ascii_lowercase());
        if let Some(encoding) = encoding {
            let (body, asked) = (std::mem::take(&mut answer.body), self.accept_encoding);
            let decoding = tokio::task::spawn_blocking(move || decode(&encoding, asked, &body)).await;
            answer.body = decoding
                .unwrap_or_else(|stopped| Err(io::Error::other(stopped)))
                .map_err(|source| Failure::Undecodable { url: url.into(), source })?;
        }
        Ok(answer)
    }

    fn headers(&self, headers: &[(String, String)]) -> Result<HeaderMap, Failure> {
        let mut map = HeaderMap::with_capacity(headers.len() + 1);
        map.insert(ACCEPT_ENCODING, HeaderValue::from_static(self.accept_encoding));
        for (name, value) in headers {
            let pair = HeaderName::try_from(name.as_str()).ok().zip(HeaderValue::try_from(value.as_str()).ok());
            let (name, value) = pair.ok_or_else(|| Failure::Header(name.clone()))?;
            map.insert(name, value);
        }
        Ok(map)
    }
}

/// Undoes an encoding that was asked for; a phone cannot undo others.
fn decode(encoding: &[u8], asked: &str, body: &[u8]) -> io::Result<Vec<u8>> {
    let was_asked = asked.split(", ").any(|name| name.as_bytes() == encoding);
    match encoding {
        b"" | b"identity" => Ok(body.to_vec()),
        b"br" if was_asked => all(brotli::Decompressor::new(body, 4096)),
        b"zstd" if was_asked => all(zstd::Decoder::new(body)?),
        b"gzip" if was_asked => all(flate2::read::MultiGzDecoder::new(body)),
        b"deflate" if was_asked => all(flate2::read::ZlibDecoder::new(body)),
        other => {
            let message =
                format!("the content-encoding is {:?}, asked for was {asked}", String::from_utf8_lossy(other));
            Err(io::Error::new(io::ErrorKind::Unsupported, message))
        }
    }
}

fn all(decoder: impl Read) -> io::Result<Vec<u8>> {
    let mut body = Vec::new();
    decoder.take(LARGEST_BODY as u64).read_to_end(&mut body)?;
    Ok(body)
}

#[cfg(test)]
mod tests {
    use std::io::Write as _;

    use super::decode;

    #[test]
    fn undoes_what_phones_ask_for() {
        let text = b"an update, an update, an update".repeat(20);
        let mut br = Vec::new();
        brotli::CompressorWriter::new(&mut br, 4096, 5, 22).write_all(&text).unwrap();
        let mut gzip = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
        gzip.write_all(&text).unwrap();
        let mut deflate = flate2::write::ZlibEncoder::new(Vec::new(), flate2::Compression::fast());
        deflate.write_all(&text).unwrap();
        for (encoding, body) in [
            ("br", br),
            ("zstd", zstd::encode_all(&text[..], 3).unwrap()),
            ("gzip", gzip.finish().unwrap()),
            ("deflate", deflate.finish().unwrap()),
            ("identity", text.clone()),
        ] {
            let asked = "zstd, br, gzip, deflate";
            assert_eq!(decode(encoding.as_bytes(), asked, &body).unwrap(), text, "{encoding}");
            if encoding != "identity" {
                assert!(decode(encoding.as_bytes(), asked, &body[..body.len() / 2]).is_err(), "{encoding}");
                assert!(decode(encoding.as_bytes(), "", &body).is_err(), "{encoding}");
            }
        }
        assert!(decode(b"compress", "gzip", b"x").is_err());
        assert!(decode(b"gzip", "gzip", b"not gzip").is_err());
    }
}
