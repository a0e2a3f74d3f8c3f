//! iOS' reading of an answer: `FileDownloader.parseManifestResponse`, in its order.

mod directive;
mod json;
mod manifest;
mod multipart;
mod parameters;

use protocol::names;

use self::multipart::Part;
use crate::answer::{Answer, App, Parts, Received, text_header};
use crate::binary::Protocol;
use crate::fields::OuterHeaders;
use crate::refusal::{Law, Refusal, quote};
use crate::rule::Rule;

pub(crate) fn read(received: &Received<'_>, app: &App<'_>) -> Result<Answer, Refusal> {
    let law = app.law;
    let outer = OuterHeaders::read(received.headers, law)?;
    if received.status == 204 {
        // Without the version iOS goes on and parses the empty body as a manifest.
        law.require(
            Rule::NoContentHasProtocolVersion,
            outer.protocol_version.is_some_and(|version| version > 0),
            || String::from("a 204 without an expo-protocol-version above 0"),
        )?;
        return Ok(Parts::default().into_answer(outer, law));
    }
    let content_type = text_header(received.headers, "content-type", law)?.unwrap_or_default();
    let is_multipart = content_type.to_lowercase().starts_with("multipart/");
    let parts = if is_multipart {
        read_multipart(received, &content_type, &outer, app)?
    } else {
        read_bare(received, &outer, app)?
    };
    Ok(parts.into_answer(outer, law))
}

fn read_bare(received: &Received<'_>, outer: &OuterHeaders, app: &App<'_>) -> Result<Parts, Refusal> {
    let signature = text_header(received.headers, names::SIGNATURE, app.law)?;
    let part = SignedPart { body: received.body, signature: signature.as_deref() };
    Ok(Parts { manifest: Some(manifest::read(part, None, None, outer, app)?), directive: None })
}

fn read_multipart(
    received: &Received<'_>,
    content_type: &str,
    outer: &OuterHeaders,
    app: &App<'_>,
) -> Result<Parts, Refusal> {
    let law = app.law;
    let boundary = parameters::value(content_type, "boundary");
    law.require(Rule::BoundaryIsPresent, boundary.is_some(), || {
        format!("the content type {} has no boundary, in lower case", quote(content_type))
    })?;
    let found = if received.body.is_empty() {
        Vec::new()
    } else {
        multipart::read(received.body, &boundary.unwrap_or_default(), law)?
    };
    let named = NamedParts::sort(&found, law)?;
    let extensions = match named.extensions {
        Some(body) => Some(manifest::parse_object(body, Rule::ExtensionsAreJson, "the part extensions", law)?),
        None => None,
    };
    if app.protocol == Protocol::Zero {
        law.require(Rule::ManifestPartIsPresent, named.manifest.is_some(), || {
            String::from("a client of protocol 0 finds no manifest")
        })?;
    }
    // A chain that is not UTF-8 is none.
    let chain = named.certificate_chain.and_then(|body| std::str::from_utf8(body).ok());
    let directive = match named.directive {
        Some(part) if app.reads_directives() => Some(directive::read(part.signed(app)?, chain, app)?),
        _ => None,
    };
    let manifest = match named.manifest {
        Some(part) => Some(manifest::read(part.signed(app)?, extensions.as_ref(), chain, outer, app)?),
        None => None,
    };
    let rolls_back = matches!(directive, Some(crate::answer::Instruction::RollBackToEmbedded { .. }));
    law.require(Rule::RollBackComesAlone, !(rolls_back && manifest.is_some()), || {
        String::from("a manifest lies beside a rollBackToEmbedded, and iOS would download it too")
    })?;
    Ok(Parts { manifest, directive })
}

/// A body with the signature in its headers.
#[derive(Debug, Clone, Copy)]
struct SignedPart<'a> {
    body: &'a [u8],
    signature: Option<&'a str>,
}

/// The parts by name; of two with the same name the last counts.
#[derive(Debug, Default)]
struct NamedParts<'a, 'p> {
    manifest: Option<&'p Part<'a>>,
    directive: Option<&'p Part<'a>>,
    extensions: Option<&'a [u8]>,
    certificate_chain: Option<&'a [u8]>,
}

impl<'a, 'p> NamedParts<'a, 'p> {
    fn sort(parts: &'p [Part<'a>], law: Law) -> Result<Self, Refusal> {
        let mut named = Self::default();
        for part in parts {
            let disposition = part.header_in_any_case("content-disposition");
            let Some(name) = disposition.and_then(|text| parameters::value(text, "name")) else {
                law.refuse(Rule::PartIsNamed, "a part has no content-disposition with a lower-case name")?;
                continue;
            };
            match name.as_str() {
                "manifest" => named.manifest = Some(part),
                "directive" => named.directive = Some(part),
                "extensions" => named.extensions = Some(part.body),
                "certificate_chain" => named.certificate_chain = Some(part.body),
                _ => law.refuse(Rule::PartNameIsKnown, format!("a part has the name {}", quote(&name)))?,
            }
        }
        Ok(named)
    }
}

impl Part<'_> {
    /// The part with its signature, which is looked up by its exact name.
    fn signed(&self, app: &App<'_>) -> Result<SignedPart<'_>, Refusal> {
        let exact = self.header(names::SIGNATURE);
        let in_any_case = self.header_in_any_case(names::SIGNATURE);
        if app.code_signing.is_some() && exact.is_none() && in_any_case.is_some() {
            app.law.refuse(
                Rule::PartSignatureIsLowerCase,
                "a part's signature header is not spelled expo-signature, so iOS does not see it",
            )?;
            return Ok(SignedPart { body: self.body, signature: in_any_case });
        }
        Ok(SignedPart { body: self.body, signature: exact })
    }
}
