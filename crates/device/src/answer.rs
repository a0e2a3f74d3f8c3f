//! Reading an answer to a check: the rules of one app on one platform, without any state.

use std::borrow::Cow;

use http::HeaderMap;
use protocol::Platform;

use crate::binary::{Binary, CodeSigning, Protocol};
use crate::fields::{Fields, OuterHeaders, single};
use crate::manifest::AcceptedManifest;
use crate::refusal::{Law, Refusal};
use crate::rule::{Rule, RuleSet};
use crate::{android, ios};

/// What an answer tells the client, every rule obeyed.
#[derive(Debug, Clone, PartialEq)]
pub struct Answer {
    /// What to do.
    pub instruction: Instruction,
    /// `expo-manifest-filters`, to be kept. Absent: what is stored stays.
    pub filters: Option<Fields>,
    /// `expo-server-defined-headers`, to be kept and sent back. Absent: what is stored stays.
    pub server_defined_headers: Option<Fields>,
}

/// What to do.
#[derive(Debug, Clone, PartialEq)]
pub enum Instruction {
    /// A 204, or a multipart answer without a body.
    Nothing,
    /// The directive `noUpdateAvailable`.
    NoUpdateAvailable,
    /// The directive `rollBackToEmbedded`.
    RollBackToEmbedded {
        /// `parameters.commitTime`, in milliseconds since 1970.
        commit_time_ms: i64,
    },
    /// A manifest. Whether it is loaded is decided later.
    Update(Box<AcceptedManifest>),
}

/// Reads answers as one binary on one platform does: the parsing, the signature, the manifest's shape.
#[derive(Debug, Clone, Copy)]
pub struct Reader<'a> {
    platform: Platform,
    binary: &'a Binary,
    rules: RuleSet,
}

impl<'a> Reader<'a> {
    /// The reader of that binary.
    pub const fn new(platform: Platform, binary: &'a Binary) -> Self {
        Self { platform, binary, rules: RuleSet::ALL }
    }

    pub(crate) const fn with_rules(self, rules: RuleSet) -> Self {
        Self { rules, ..self }
    }

    /// Reads an answer. `body` is what comes after decompression; `now_ms` is the device's clock in milliseconds since
    /// 1970, which only the certificates' validity is held against.
    pub fn read(self, status: u16, headers: &HeaderMap, body: &[u8], now_ms: i64) -> Result<Answer, Refusal> {
        let law = Law { platform: self.platform, rules: self.rules };
        law.require(Rule::StatusIsSuccess, (200..300).contains(&status), || format!("the status is {status}"))?;
        check_caching(headers, law)?;
        let received = Received { status, headers, body };
        let app = App {
            runtime_version: &self.binary.runtime_version,
            code_signing: self.binary.code_signing.as_ref(),
            protocol: self.binary.protocol,
            now_ms,
            law,
        };
        match self.platform {
            Platform::Android => android::read(&received, &app),
            Platform::Ios => ios::read(&received, &app),
        }
    }
}

/// The answer as it came.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Received<'a> {
    pub(crate) status: u16,
    pub(crate) headers: &'a HeaderMap,
    pub(crate) body: &'a [u8],
}

/// What a platform's parser needs to know of the app.
#[derive(Debug, Clone, Copy)]
pub(crate) struct App<'a> {
    pub(crate) runtime_version: &'a str,
    pub(crate) code_signing: Option<&'a CodeSigning>,
    pub(crate) protocol: Protocol,
    pub(crate) now_ms: i64,
    pub(crate) law: Law,
}

/// The parts of an answer that a parser accepted.
#[derive(Debug, Default)]
pub(crate) struct Parts {
    pub(crate) manifest: Option<AcceptedManifest>,
    pub(crate) directive: Option<Instruction>,
}

impl Parts {
    /// A directive wins over a manifest (`FetchUpdateProcedure`, `LoaderTask`).
    pub(crate) fn into_answer(self, outer: OuterHeaders) -> Answer {
        let update = self.manifest.map(|manifest| Instruction::Update(Box::new(manifest)));
        Answer {
            instruction: self.directive.or(update).unwrap_or(Instruction::Nothing),
            filters: outer.filters,
            server_defined_headers: outer.server_defined,
        }
    }
}

/// Both caches answer the next check themselves while an answer is fresh: by `max-age`, else by `expires`, else by a
/// guess from `last-modified`.
fn check_caching(headers: &HeaderMap, law: Law) -> Result<(), Refusal> {
    let lines = headers.get_all(http::header::CACHE_CONTROL).iter();
    let directives: Vec<String> = lines
        .filter_map(|line| line.to_str().ok())
        .flat_map(|line| line.split(','))
        .map(|directive| directive.trim().to_ascii_lowercase())
        .collect();
    let age = directives.iter().find_map(|directive| directive.strip_prefix("max-age="));
    let always_asks = directives.iter().any(|directive| directive == "no-cache" || directive == "no-store");
    let is_fresh = match age {
        Some(age) => age.trim_matches('"') != "0",
        None => headers.contains_key(http::header::EXPIRES) || headers.contains_key(http::header::LAST_MODIFIED),
    };
    law.require(Rule::AnswerIsAskedForAgain, always_asks || !is_fresh, || {
        String::from("a cache may answer the next check: neither max-age=0 nor no-cache nor no-store")
    })
}

/// A header that both platforms read as text.
pub(crate) fn text_header<'a>(headers: &'a HeaderMap, name: &str, law: Law) -> Result<Option<Cow<'a, str>>, Refusal> {
    Ok(single(headers, name, law)?.map(|value| String::from_utf8_lossy(value.as_bytes())))
}
