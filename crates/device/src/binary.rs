//! What is baked into an app when it is built, and what a test may choose about it.

use signing::Certificate;
use uuid::Uuid;

/// An installed binary: the `updates` block of its app config and what the build put into it.
#[derive(Debug, Clone)]
pub struct Binary {
    /// `updates.url`. With the request headers it names the configuration that updates are stored under.
    pub url: String,
    /// `updates.requestHeaders`, in order. They override every other header of a check and of an asset request.
    pub request_headers: Vec<(String, String)>,
    /// The runtime version: a free string.
    pub runtime_version: String,
    /// The update inside the binary; none when it was built without one.
    pub embedded: Option<Embedded>,
    /// `updates.codeSigningCertificate` and what goes with it; none when the app takes unsigned answers.
    pub code_signing: Option<CodeSigning>,
    /// Which version of the protocol the client speaks.
    pub protocol: Protocol,
}

impl Binary {
    /// A binary with an embedded update, without code signing and without request headers.
    pub fn new(url: impl Into<String>, runtime_version: impl Into<String>, embedded: Option<Embedded>) -> Self {
        Self {
            url: url.into(),
            request_headers: Vec::new(),
            runtime_version: runtime_version.into(),
            embedded,
            code_signing: None,
            protocol: Protocol::One,
        }
    }
}

/// The update inside a binary (`app.manifest`). It has no metadata, so it passes every filter.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Embedded {
    /// Its id.
    pub id: Uuid,
    /// The build's clock, in milliseconds since 1970.
    pub commit_time_ms: i64,
    /// The keys of the assets inside (`packagerHash`: the MD5 that an export gives the file as its name). Android takes
    /// an asset with such a key from the binary; iOS downloads it.
    pub asset_keys: Vec<String>,
}

/// What an app knows about signatures.
#[derive(Debug, Clone)]
pub struct CodeSigning {
    /// `updates.codeSigningCertificate`: the certificate that signs, or the root of its chain.
    pub certificate: Certificate,
    /// `updates.codeSigningMetadata.keyid`; the client's default is `root`.
    pub key_id: String,
    /// `codeSigningIncludeManifestResponseCertificateChain`: the answer brings the chain, and the `keyid` is not
    /// compared.
    pub include_chain: bool,
    /// `codeSigningAllowUnsignedManifests`: an answer without a signature passes; one with a signature is still checked.
    pub allow_unsigned: bool,
}

/// The protocol that a client speaks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Protocol {
    /// Version 1: every client since SDK 49.
    #[default]
    One,
    /// Version 0, with the rules of the present client's compatibility mode: every multipart answer needs a manifest, and
    /// directives are ignored. Sends `expo-protocol-version: 0`, as old clients do.
    Zero,
}
