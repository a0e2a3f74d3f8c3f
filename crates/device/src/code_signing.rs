//! Whether a client with a certificate takes a part (`CodeSigningConfiguration`, `SignatureHeaderInfo`,
//! `CertificateChain`). The platforms differ in what they take for a signature, not in what they verify.

use base64::Engine as _;
use base64::alphabet;
use base64::engine::general_purpose::STANDARD;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};
use protocol::{Platform, names};
use signing::{Certificate, CertificateChain, CertificateError, ChainError, ProjectBinding, Signature, VerifiedLeaf};

use crate::answer::App;
use crate::binary::CodeSigning;
use crate::refusal::{Law, Refusal, quote};
use crate::rule::Rule;
use crate::structured::{Item, parse_dictionary};

const ALGORITHM: &str = "rsa-v1_5-sha256";
const DEFAULT_KEY_ID: &str = "root";

/// A part whose signature, if the app wants one, was verified.
#[derive(Debug, Default)]
pub(crate) struct Verified {
    /// Whether there was something to verify and it was right.
    pub(crate) is_verified: bool,
    /// The project that the certificate is bound to.
    pub(crate) project: Option<ProjectBinding>,
}

impl Verified {
    /// Holds a part's own project and scope key against the certificate's.
    pub(crate) fn require_project(&self, own: (Option<&str>, Option<&str>), law: Law) -> Result<(), Refusal> {
        let Some(project) = &self.project else { return Ok(()) };
        law.require(Rule::ProjectMatches, own == (Some(&project.project_id), Some(&project.scope_key)), || {
            let named = |name: Option<&str>| name.map_or_else(|| String::from("nothing"), quote);
            format!(
                "the certificate is for project {} and scope key {}, the part names {} and {}",
                quote(&project.project_id),
                quote(&project.scope_key),
                named(own.0),
                named(own.1)
            )
        })
    }
}

/// Verifies the exact bytes of a part. `chain` is the part `certificate_chain`.
pub(crate) fn verify(
    app: &App<'_>,
    signature: Option<&str>,
    bytes: &[u8],
    chain: Option<&str>,
) -> Result<Verified, Refusal> {
    let law = app.law;
    let Some(signing) = app.code_signing else { return Ok(Verified::default()) };
    let Some(header) = signature else {
        if !signing.allow_unsigned {
            law.refuse(Rule::SignatureIsPresent, format!("no {} for an app that wants one", names::SIGNATURE))?;
        }
        return Ok(Verified::default());
    };
    let header = SignatureHeader::read(header, law)?;
    if !signing.include_chain {
        law.require(Rule::KeyIdMatches, header.key_id == signing.key_id, || {
            format!("the keyid is {}, the app's is {}", quote(&header.key_id), quote(&signing.key_id))
        })?;
    }
    let certificate = signing_certificate(signing, chain.unwrap_or_default(), app)?;
    let raw = decode(&header.signature, law)?;
    let is_right = certificate.verify(bytes, &Signature::from_bytes(raw)).is_ok();
    law.require(Rule::SignatureVerifies, is_right, || {
        String::from("the signature was not made over these bytes with the certificate's key")
    })?;
    Ok(Verified { is_verified: true, project: certificate.project().cloned() })
}

struct SignatureHeader {
    signature: String,
    key_id: String,
}

impl SignatureHeader {
    fn read(field: &str, law: Law) -> Result<Self, Refusal> {
        let members = match parse_dictionary(field) {
            Ok(members) => members,
            Err(error) => {
                law.refuse(Rule::SignatureIsDictionary, format!("{} does not parse: {error}", names::SIGNATURE))?;
                Vec::new()
            }
        };
        for (key, item) in &members {
            // One cast of the whole dictionary on iOS, where tokens are strings too.
            law.require(Rule::SignatureMembersAreStrings, matches!(item, Item::Text(_) | Item::Token(_)), || {
                format!("{} has a {key} that is not a string", names::SIGNATURE)
            })?;
        }
        let text = |wanted: &str| {
            let (_, item) = members.iter().find(|(key, _)| key == wanted)?;
            match item {
                Item::Text(text) => Some(text.clone()),
                Item::Token(token) if law.platform == Platform::Ios => Some(token.clone()),
                _ => None,
            }
        };
        let signature = text("sig");
        law.require(Rule::SignatureHasSig, signature.is_some(), || {
            format!("{} has no sig, or one that is not a string", names::SIGNATURE)
        })?;
        if let Some(algorithm) = text("alg") {
            law.require(Rule::AlgorithmIsKnown, algorithm == ALGORITHM, || {
                format!("the alg is {}, not {ALGORITHM}", quote(&algorithm))
            })?;
        }
        Ok(Self {
            signature: signature.unwrap_or_default(),
            key_id: text("keyid").unwrap_or_else(|| String::from(DEFAULT_KEY_ID)),
        })
    }
}

/// The certificate that signs: the app's own, or with chains the leaf that leads to it.
fn signing_certificate(signing: &CodeSigning, chain: &str, app: &App<'_>) -> Result<Certificate, Refusal> {
    let root = &signing.certificate;
    // Without a chain, in a bare answer for one, the root has to be the certificate that signs.
    if !signing.include_chain || !chain.contains("-----BEGIN CERTIFICATE-----") {
        return accepted(VerifiedLeaf::from_root(root, app.now_ms), root, app.law);
    }
    match CertificateChain::from_pem(chain) {
        Ok(chain) => accepted(chain.verify_to_root(root, app.now_ms), chain.leaf(), app.law),
        Err(error) => {
            app.law.refuse(Rule::ChainLeadsToRoot, format!("the certificate_chain does not parse: {error}"))?;
            Ok(root.clone())
        }
    }
}

fn accepted(verdict: Result<VerifiedLeaf, ChainError>, leaf: &Certificate, law: Law) -> Result<Certificate, Refusal> {
    if let Err(error) = verdict {
        law.refuse(rule_of(&error), with_source(&error))?;
    }
    Ok(leaf.clone())
}

fn rule_of(error: &ChainError) -> Rule {
    use CertificateError::{Expired, KeySize, NoCodeSigning, NoDigitalSignature, NotRsa, NotYetValid};
    match error {
        ChainError::Certificate { source: NotYetValid { .. } | Expired { .. }, .. }
        | ChainError::Leaf(NotYetValid { .. } | Expired { .. }) => Rule::CertificateIsValidNow,
        ChainError::Leaf(NoDigitalSignature | NoCodeSigning | NotRsa | KeySize { .. }) => {
            Rule::CertificateIsForCodeSigning
        }
        _ => Rule::ChainLeadsToRoot,
    }
}

fn with_source(error: &dyn std::error::Error) -> String {
    error.source().map_or_else(|| error.to_string(), |source| format!("{error}: {source}"))
}

/// iOS' `Data(base64Encoded:)` wants the standard alphabet and its padding; Android's decoder skips what it does not
/// know and needs no padding, so what is wrong there shows only when the signature is verified.
fn decode(text: &str, law: Law) -> Result<Vec<u8>, Refusal> {
    if let Ok(bytes) = STANDARD.decode(text) {
        return Ok(bytes);
    }
    law.refuse(Rule::SignatureIsBase64, format!("the sig is {}, not padded standard base64", quote(text)))?;
    let known: String = text.chars().filter(|c| c.is_ascii_alphanumeric() || matches!(c, '+' | '/')).collect();
    Ok(LENIENT.decode(known).unwrap_or_default())
}

const LENIENT: GeneralPurpose = GeneralPurpose::new(
    &alphabet::STANDARD,
    GeneralPurposeConfig::new()
        .with_decode_padding_mode(DecodePaddingMode::Indifferent)
        .with_decode_allow_trailing_bits(true),
);
