//! A phone: the strict model of the stock client, with the HTTP that it does not do itself.

use std::io::Read as _;

use ::device::{Answer, Binary, CodeSigning, Embedded, Launched, Loading, Outcome, Refusal, Taken};
use http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header};
use protocol::Platform;
use signing::Certificate;
use uuid::Uuid;

/// One phone with one app on it.
pub struct Device {
    /// The client: its rules and its state.
    pub client: ::device::Device,
    /// How many files it asked for so far.
    pub asset_requests: usize,
    now_ms: i64,
    http: reqwest::Client,
}

/// Why a check came to nothing.
#[derive(Debug)]
pub enum Failed {
    /// The client refuses the answer or a file.
    Refused(Refusal),
    /// The answer was no success; its status and body.
    Status(StatusCode, String),
}

impl From<Refusal> for Failed {
    fn from(refusal: Refusal) -> Self {
        Self::Refused(refusal)
    }
}

/// The commit time of the update inside the binary: long before the mock clock starts.
pub const EMBEDDED_AT: i64 = 1_700_000_000_000;

impl Device {
    /// A phone with a binary of this runtime version on the channel `production`, installed and launched once: it runs
    /// its embedded update. `seed` makes its ids.
    pub fn new(platform: Platform, url: &str, runtime_version: &str, seed: u128) -> Self {
        Self::with_binary(platform, Self::binary(url, runtime_version, "production", seed), seed)
    }

    /// The binary of [`Device::new`] on any channel, to change before it is installed.
    pub fn binary(url: &str, runtime_version: &str, channel: &str, seed: u128) -> Binary {
        let embedded =
            Embedded { id: Uuid::from_u128(seed << 1 | 1), commit_time_ms: EMBEDDED_AT, asset_keys: Vec::new() };
        let mut binary = Binary::new(format!("{url}/update"), runtime_version, Some(embedded));
        binary.request_headers.push(("expo-channel-name".into(), channel.into()));
        binary
    }

    /// What a certificate in the binary makes it ask for.
    pub fn code_signing(certificate_pem: &str, key_id: &str) -> CodeSigning {
        CodeSigning {
            certificate: Certificate::from_pem(certificate_pem).expect("a certificate"),
            key_id: key_id.into(),
            include_chain: false,
            allow_unsigned: false,
        }
    }

    /// A phone with this binary, installed and launched once.
    pub fn with_binary(platform: Platform, binary: Binary, seed: u128) -> Self {
        let mut client = ::device::Device::new(platform, binary, Uuid::from_u128(seed << 1));
        client.launch();
        client.succeed_launch();
        let http = reqwest::Client::builder().no_proxy().build().expect("an HTTP client");
        Self { client, asset_requests: 0, now_ms: EMBEDDED_AT, http }
    }

    /// Sets the phone's clock, which only certificates are held against.
    pub fn set_clock(&mut self, now_ms: i64) {
        self.now_ms = now_ms;
    }

    /// One check: what the server answers, as the client reads it. Nothing is stored yet.
    pub async fn ask(&mut self) -> Result<Answer, Failed> {
        let request = self.client.check_request();
        let (status, headers, body) = self.get(&self.client.binary().url.clone(), &request, "identity").await;
        let read = self.client.read_answer(status.as_u16(), &headers, &body, self.now_ms);
        if !status.is_success() && status != StatusCode::NOT_MODIFIED {
            return Err(Failed::Status(status, String::from_utf8_lossy(&body).into_owned()));
        }
        Ok(read?)
    }

    /// A check, and the download of what it names.
    pub async fn check(&mut self) -> Result<Outcome, Failed> {
        let answer = self.ask().await?;
        let mut waiting = match self.client.load(answer)? {
            Loading::Done(outcome) => return Ok(outcome),
            Loading::Assets(assets) => assets,
        };
        let accept_encoding = self.client.accept_encoding();
        while let Some(asset) = waiting.pop() {
            self.asset_requests += 1;
            let (status, headers, body) = self.get(&asset.url, &asset.headers, accept_encoding).await;
            if let Taken::AskAgain(again) =
                self.client.take_asset(&asset.file_name, status.as_u16(), &headers, &body)?
            {
                waiting.push(again);
            }
        }
        Ok(self.client.finish_load())
    }

    /// Starts the app anew and well.
    pub fn restart(&mut self) -> Launched {
        let launched = self.client.launch();
        self.client.succeed_launch();
        launched
    }

    /// Checks, downloads and starts what it then has.
    pub async fn check_and_restart(&mut self) -> Result<Launched, Failed> {
        self.check().await?;
        Ok(self.restart())
    }

    /// One request with the body decompressed, as OkHttp and NSURLSession do it.
    async fn get(
        &self,
        url: &str,
        request: &[(String, String)],
        accept_encoding: &'static str,
    ) -> (StatusCode, HeaderMap, Vec<u8>) {
        let mut headers: HeaderMap = request
            .iter()
            .map(|(name, value)| {
                let name: HeaderName = name.parse().expect("a header name");
                (name, HeaderValue::from_bytes(value.replace('\n', " ").as_bytes()).expect("a header value"))
            })
            .collect();
        headers.insert(header::ACCEPT_ENCODING, HeaderValue::from_static(accept_encoding));
        let answer = self.http.get(url).headers(headers).send().await.expect("an answer");
        let (status, headers) = (answer.status(), answer.headers().clone());
        let body = answer.bytes().await.expect("a whole body");
        let body = decompress(&headers, &body);
        (status, headers, body)
    }
}

fn decompress(headers: &HeaderMap, body: &[u8]) -> Vec<u8> {
    let mut decoded = Vec::new();
    let encoding = headers.get(header::CONTENT_ENCODING).map(HeaderValue::as_bytes);
    let read = match encoding {
        None => return body.to_vec(),
        Some(b"br") => brotli::Decompressor::new(body, 4096).read_to_end(&mut decoded),
        Some(b"gzip") => flate2::read::GzDecoder::new(body).read_to_end(&mut decoded),
        Some(b"zstd") => zstd::stream::Decoder::new(body).and_then(|mut reader| reader.read_to_end(&mut decoded)),
        Some(other) => panic!("an encoding that nobody asked for: {}", String::from_utf8_lossy(other)),
    };
    read.expect("a body that can be decompressed");
    decoded
}
