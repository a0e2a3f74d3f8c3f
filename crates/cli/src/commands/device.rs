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

pub(crate) use network::Network;
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

    fn binary(&self) -> Result<Binary, Failure> {
        let embedded = Embedded {
            id: machine::random_uuid().ok_or(Failure::NoRandomness)?,
            commit_time_ms: 0,
            asset_keys: Vec::new(),
        };
        let mut binary = Binary::new(self.update_url(), self.runtime_version.as_str(), Some(embedded));
        binary.request_headers.push((names::CHANNEL.into(), self.channel.clone()));
        binary.request_headers.extend(self.api_key.iter().map(|key| (API_KEY.into(), key.clone())));
        binary.request_headers.extend(self.headers.iter().cloned());
        if let Some(Trust { certificate, key_id, include_chain }) = &self.trust {
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
    let mut phones = Vec::new();
    for &platform in &options.platforms {
        phones.push(phone::play(platform, &options, printer).await?);
    }
    Ok(Played { phones })
}
