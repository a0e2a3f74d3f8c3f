//! `updraft device`: a phone is played, as strictly as the stock client is.
//!
//! A fresh installation, built before anything was published, checks, verifies the signature, downloads every asset,
//! verifies every hash, and starts what its launcher chooses. It does what a phone does: it asks once and retries
//! nothing, and it decodes the encodings that its platform asks for.

mod network;
mod phone;
mod report;

use device::{Binary, CodeSigning, Embedded};
use protocol::{Platform, names};
use signing::Certificate;

pub(crate) use network::{Exchange, Network};
pub(crate) use phone::Session;
pub use report::{Installed, Phone, Played, Runs};

use crate::failure::Failure;
use crate::machine;
use crate::printer::Printer;
use crate::remote::ServerUrl;

/// The app that needs no name in its URL.
const DEFAULT_APP: &str = "default";
/// The request header of an API key, unless the server's settings name another.
const API_KEY: &str = "x-api-key";

/// Which phone is played.
#[derive(Clone, Debug)]
pub struct PlayOptions {
    /// The server that the binary asks.
    pub server: ServerUrl,
    /// The app's slug.
    pub app: String,
    /// The channel in the binary.
    pub channel: String,
    /// The platforms, one phone each.
    pub platforms: Vec<Platform>,
    /// The binary's runtime version.
    pub runtime_version: String,
    /// What the binary verifies signatures with; without it, it takes unsigned answers.
    pub trust: Option<Trust>,
    /// The API key.
    pub api_key: Option<String>,
    /// Further `updates.requestHeaders`.
    pub headers: Vec<(String, String)>,
}

/// What a binary verifies signatures with.
#[derive(Clone, Debug)]
pub struct Trust {
    /// `codeSigningCertificate`, in PEM.
    pub certificate: String,
    /// `codeSigningMetadata.keyid`.
    pub key_id: String,
    /// `codeSigningIncludeManifestResponseCertificateChain`.
    pub include_chain: bool,
}

impl PlayOptions {
    /// `updates.url` of the binary.
    pub fn update_url(&self) -> String {
        update_url(&self.server, &self.app)
    }

    /// `updates.requestHeaders` of the binary.
    fn request_headers(&self) -> Vec<(String, String)> {
        let channel = (names::CHANNEL.to_owned(), self.channel.clone());
        let key = self.api_key.iter().map(|key| (API_KEY.to_owned(), key.clone()));
        [channel].into_iter().chain(key).chain(self.headers.iter().cloned()).collect()
    }
}

/// What is baked into a binary.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Baked<'a> {
    pub(crate) url: &'a str,
    pub(crate) headers: &'a [(String, String)],
    pub(crate) runtime_version: &'a str,
    pub(crate) trust: Option<&'a Trust>,
}

impl Baked<'_> {
    /// A binary that was built before anything was published.
    pub(crate) fn binary(self) -> Result<Binary, Failure> {
        let embedded = Embedded {
            id: machine::random_uuid().ok_or(Failure::NoRandomness)?,
            commit_time_ms: 0,
            asset_keys: Vec::new(),
        };
        let mut binary = Binary::new(self.url, self.runtime_version, Some(embedded));
        binary.request_headers = self.headers.to_vec();
        if let Some(Trust { certificate, key_id, include_chain }) = self.trust {
            binary.code_signing = Some(CodeSigning {
                certificate: Certificate::from_pem(certificate).map_err(Failure::Certificate)?,
                key_id: key_id.clone(),
                include_chain: *include_chain,
                allow_unsigned: false,
            });
        }
        Ok(binary)
    }
}

/// Where binaries of an app ask for updates.
pub(crate) fn update_url(server: &ServerUrl, app: &str) -> String {
    let segments: &[&str] = if app == DEFAULT_APP { &["update"] } else { &["apps", app, "update"] };
    server.join(segments).into()
}

/// Plays a phone of each platform. An error is what the first one that failed met.
pub async fn play(options: PlayOptions, printer: &Printer) -> Result<Played, Failure> {
    let (url, headers) = (options.update_url(), options.request_headers());
    let baked = Baked {
        url: &url,
        headers: &headers,
        runtime_version: &options.runtime_version,
        trust: options.trust.as_ref(),
    };
    let mut phones = Vec::new();
    for &platform in &options.platforms {
        let mut session = Session::new(platform, baked.binary()?, &options.server)?;
        phones.push(session.run(&options.channel, printer).await?);
    }
    Ok(Played { phones })
}
