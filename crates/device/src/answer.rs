//! Reading an answer to a check: the rules of one app on one platform, without any state.

use std::borrow::Cow;

use http::{HeaderMap, HeaderValue};
use protocol::{Platform, names};

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

/// Whether that platform's client takes a manifest, as a binary of that runtime version without code signing: what a
/// publisher asks of the exact bytes before anything is signed or served.
pub fn check_manifest(platform: Platform, runtime_version: &str, manifest: &[u8]) -> Result<AcceptedManifest, Refusal> {
    let law = Law { platform, rules: RuleSet::ALL };
    match read_unsigned(platform, runtime_version, "application/expo+json", manifest)?.instruction {
        Instruction::Update(manifest) => Ok(*manifest),
        _ => Err(law.refusal(Rule::ManifestIsJson, "the answer holds no manifest")),
    }
}

/// The same for the exact bytes of a directive.
pub fn check_directive(platform: Platform, directive: &[u8]) -> Result<Instruction, Refusal> {
    // No JSON text can hold this line: a line end inside a string is escaped.
    let head: &[u8] = b"--directive\r\ncontent-disposition: inline; name=\"directive\"\r\n\r\n";
    let body = [head, directive, b"\r\n--directive--\r\n"].concat();
    read_unsigned(platform, "", "multipart/mixed; boundary=directive", &body).map(|answer| answer.instruction)
}

fn read_unsigned(
    platform: Platform,
    runtime_version: &str,
    content_type: &'static str,
    body: &[u8],
) -> Result<Answer, Refusal> {
    let mut headers = HeaderMap::new();
    headers.insert(http::header::CONTENT_TYPE, HeaderValue::from_static(content_type));
    headers.insert(http::header::CACHE_CONTROL, HeaderValue::from_static("private, max-age=0"));
    headers.insert(names::PROTOCOL_VERSION, HeaderValue::from_static("1"));
    // Without code signing the clock is not read.
    Reader::new(platform, &Binary::new("", runtime_version, None)).read(200, &headers, body, 0)
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
    /// What both platforms make of the parts (`FetchUpdateProcedure`, `LoaderTask`).
    pub(crate) fn into_answer(self, outer: OuterHeaders, law: Law) -> Answer {
        let update = self.manifest.map(|manifest| Instruction::Update(Box::new(manifest)));
        let chosen = if law.has(Rule::DirectiveWins) { self.directive.or(update) } else { update.or(self.directive) };
        Answer {
            instruction: chosen.unwrap_or(Instruction::Nothing),
            filters: outer.filters,
            server_defined_headers: outer.server_defined,
        }
    }
}

impl App<'_> {
    /// Whether directives are read at all.
    pub(crate) fn reads_directives(&self) -> bool {
        self.protocol == Protocol::One || !self.law.has(Rule::ProtocolZeroIgnoresDirectives)
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

#[cfg(test)]
mod tests {
    use protocol::Platform;

    use super::{Instruction, check_directive, check_manifest};
    use crate::Rule;

    #[test]
    fn bytes_are_checked_before_they_are_served() {
        const MANIFEST: &str = r#"{"id":"0190f3c1-7a2b-7c3d-8e4f-5a6b7c8d9e0f","createdAt":"2026-01-31T09:00:00.000Z",
            "runtimeVersion":"1","launchAsset":{"key":"k","url":"https://h/k","hash":"47DEQpj8HBSa-_TImW-5JCeuQeRkm5NMpJWZG3hSuFU"},
            "assets":[],"metadata":{}}"#;
        const DIRECTIVE: &[u8] =
            br#"{"type":"rollBackToEmbedded","parameters":{"commitTime":"1970-01-01T00:00:00.007Z"}}"#;
        for platform in Platform::ALL {
            let accepted = check_manifest(platform, "1", MANIFEST.as_bytes()).unwrap();
            assert_eq!(accepted.assets.len(), 1);
            assert!(!accepted.is_verified);
            let refused = check_manifest(platform, "2", MANIFEST.as_bytes()).unwrap_err();
            assert_eq!(refused.rule, Rule::RuntimeVersionIsTheApps);
            let instruction = check_directive(platform, DIRECTIVE).unwrap();
            assert_eq!(instruction, Instruction::RollBackToEmbedded { commit_time_ms: 7 });
            assert_eq!(check_directive(platform, b"{}").unwrap_err().rule, Rule::DirectiveTypeIsPresent);
            assert_eq!(check_directive(platform, b"{\r\n--directive--\r\n}").unwrap_err().rule, Rule::DirectiveIsJson);
        }
    }
}
