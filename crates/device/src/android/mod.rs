//! Android's reading of an answer: `FileDownloader.parseRemoteUpdateResponse`, in its order.

mod directive;
mod json;
mod manifest;
mod multipart;
mod parameters;

use std::borrow::Cow;

use protocol::names;

use self::multipart::Part;
use self::parameters::MediaType;
use crate::answer::{Answer, App, Parts, Received, text_header};
use crate::binary::Protocol;
use crate::fields::OuterHeaders;
use crate::refusal::{Law, Refusal, quote};
use crate::rule::Rule;

pub(crate) fn read(received: &Received<'_>, app: &App<'_>) -> Result<Answer, Refusal> {
    let law = app.law;
    let outer = OuterHeaders::read(received.headers, law)?;
    if received.status == 204 {
        law.require(
            Rule::NoContentHasProtocolVersion,
            outer.protocol_version.is_some_and(|version| version > 0),
            || String::from("a 204 without an expo-protocol-version above 0"),
        )?;
        return Ok(Parts::default().into_answer(outer, law));
    }
    let content_type = text_header(received.headers, "content-type", law)?;
    let media_type = content_type.as_deref().and_then(MediaType::parse);
    if let Some(text) = &content_type {
        law.require(Rule::ContentTypeParses, media_type.is_some(), || {
            format!("the content type {} does not parse, so the body is taken for a bare manifest", quote(text))
        })?;
    }
    let parts = match &media_type {
        Some(media_type) if media_type.kind == "multipart" => read_multipart(received, media_type, &outer, app)?,
        _ => read_bare(received, media_type.as_ref(), &outer, app)?,
    };
    Ok(parts.into_answer(outer, law))
}

fn read_bare(
    received: &Received<'_>,
    media_type: Option<&MediaType>,
    outer: &OuterHeaders,
    app: &App<'_>,
) -> Result<Parts, Refusal> {
    let law = app.law;
    if let Some(charset) = media_type.and_then(|media_type| media_type.parameter("charset")) {
        let is_utf8 = ["utf-8", "utf8", "us-ascii"].iter().any(|known| charset.eq_ignore_ascii_case(known));
        law.require(Rule::BareManifestIsUtf8, is_utf8, || format!("the body would be read as {}", quote(charset)))?;
    }
    let body = received.body.strip_prefix(b"\xef\xbb\xbf").unwrap_or(received.body);
    if app.code_signing.is_some() {
        law.require(Rule::BareManifestHasNoMark, body.len() == received.body.len(), || {
            String::from(
                "the manifest begins with a byte order mark, which is dropped before its signature is verified",
            )
        })?;
    }
    let signature = text_header(received.headers, names::SIGNATURE, law)?;
    let part = SignedPart { body: &as_android_text(body), signature: signature.as_deref() };
    let manifest = manifest::read(part, None, None, outer, app)?;
    Ok(Parts { manifest: Some(manifest), directive: None })
}

fn read_multipart(
    received: &Received<'_>,
    media_type: &MediaType,
    outer: &OuterHeaders,
    app: &App<'_>,
) -> Result<Parts, Refusal> {
    let law = app.law;
    let boundary = media_type.parameter("boundary");
    law.require(Rule::BoundaryIsPresent, boundary.is_some(), || String::from("the content type has no boundary"))?;
    let found = if received.body.is_empty() {
        Vec::new()
    } else {
        multipart::read(received.body, boundary.unwrap_or_default(), law)?
    };
    let named = NamedParts::sort(&found, law)?;
    let extensions = match named.extensions.as_deref() {
        Some(text) => Some(manifest::parse_object(text, Rule::ExtensionsAreJson, "the part extensions", law)?),
        None => None,
    };
    if app.protocol == Protocol::Zero {
        law.require(Rule::ManifestPartIsPresent, named.manifest.is_some(), || {
            String::from("a client of protocol 0 finds no manifest")
        })?;
    }
    let chain = named.certificate_chain.as_deref();
    let manifest = match &named.manifest {
        Some((body, signature)) => {
            let part = SignedPart { body, signature: signature.as_deref() };
            Some(manifest::read(part, extensions.as_ref(), chain, outer, app)?)
        }
        None => None,
    };
    let directive = match &named.directive {
        Some((body, signature)) if app.reads_directives() => {
            Some(directive::read(SignedPart { body, signature: signature.as_deref() }, chain, app)?)
        }
        _ => None,
    };
    Ok(Parts { manifest, directive })
}

/// A body with the signature in its headers.
#[derive(Debug, Clone, Copy)]
struct SignedPart<'a> {
    body: &'a str,
    signature: Option<&'a str>,
}

/// A part's text and its `expo-signature`.
type TextAndSignature<'a> = (Cow<'a, str>, Option<String>);

/// The parts by name; of two with the same name the last counts.
#[derive(Debug, Default)]
struct NamedParts<'a> {
    manifest: Option<TextAndSignature<'a>>,
    directive: Option<TextAndSignature<'a>>,
    extensions: Option<Cow<'a, str>>,
    certificate_chain: Option<Cow<'a, str>>,
}

impl<'a> NamedParts<'a> {
    fn sort(parts: &[Part<'a>], law: Law) -> Result<Self, Refusal> {
        let mut named = Self::default();
        for part in parts {
            let Some(name) = name_of(part, law)? else { continue };
            let text = as_android_text(part.body);
            let signature = part.header(names::SIGNATURE).map(String::from);
            match name.as_str() {
                "manifest" => named.manifest = Some((text, signature)),
                "directive" => named.directive = Some((text, signature)),
                "extensions" => named.extensions = Some(text),
                "certificate_chain" => named.certificate_chain = Some(text),
                _ => law.refuse(Rule::PartNameIsKnown, format!("a part has the name {}", quote(&name)))?,
            }
        }
        Ok(named)
    }
}

fn name_of(part: &Part<'_>, law: Law) -> Result<Option<String>, Refusal> {
    let Some(disposition) = part.header("content-disposition") else {
        law.refuse(Rule::PartIsNamed, "a part has no content-disposition")?;
        return Ok(None);
    };
    let Some(start) = disposition.find(';') else {
        law.refuse(Rule::DispositionHasParameters, format!("the content-disposition is {}", quote(disposition)))?;
        return Ok(None);
    };
    let Some(parameters) = parameters::of_disposition(&disposition[start..]) else {
        law.refuse(Rule::DispositionParses, format!("the content-disposition is {}", quote(disposition)))?;
        return Ok(None);
    };
    let name = parameters.into_iter().find(|(key, _)| key == "name").map(|(_, value)| value);
    law.require(Rule::PartIsNamed, name.is_some(), || {
        format!("the content-disposition {} has no lower-case name", quote(disposition))
    })?;
    Ok(name)
}

/// `readUtf8`: what is not UTF-8 becomes a replacement character, and the signature is verified over that.
fn as_android_text(bytes: &[u8]) -> Cow<'_, str> {
    String::from_utf8_lossy(bytes)
}
