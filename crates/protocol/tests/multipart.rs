//! Multipart answers, read back by a parser of its own: as much of RFC 2046 as both clients need, and as strict as iOS.

use http::HeaderValue;
use proptest::prelude::*;
use protocol::multipart::{Message, Multipart, RenderedMultipart};

struct Part {
    headers: Vec<(String, String)>,
    body: Vec<u8>,
}

impl Part {
    /// With its case, as iOS does.
    fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str())
    }
}

fn position(bytes: &[u8], wanted: &[u8]) -> Option<usize> {
    bytes.windows(wanted.len()).position(|window| window == wanted)
}

/// The parts; none when the first delimiter does not stand first or the last is not followed by CRLF and the end.
fn read(rendered: &RenderedMultipart) -> Option<Vec<Part>> {
    let boundary = rendered.content_type.to_str().ok()?.strip_prefix("multipart/mixed; boundary=")?;
    let mut rest = rendered.body.strip_prefix(format!("--{boundary}\r\n").as_bytes())?;
    let delimiter = format!("\r\n--{boundary}");
    let mut parts = Vec::new();
    loop {
        let end = position(rest, delimiter.as_bytes())?;
        let part = &rest[..end];
        let headers_end = position(part, b"\r\n\r\n")?;
        let headers = std::str::from_utf8(&part[..headers_end]).ok()?;
        let headers = headers
            .split("\r\n")
            .map(|line| line.split_once(": ").map(|(name, value)| (name.to_owned(), value.to_owned())));
        parts.push(Part { headers: headers.collect::<Option<_>>()?, body: part[headers_end + 4..].to_vec() });
        rest = &rest[end + delimiter.len()..];
        match rest {
            b"--\r\n" => return Some(parts),
            _ => rest = rest.strip_prefix(b"\r\n")?,
        }
    }
}

/// Bodies of ordinary bytes, and of the very bytes that delimit parts.
fn body() -> impl Strategy<Value = Vec<u8>> {
    prop_oneof![
        prop::collection::vec(any::<u8>(), 0..200),
        "(\r\n|--|updraft-|[a-zA-Z0-9_-]{1,24}|: |\\{\\}){0,12}".prop_map(String::into_bytes),
    ]
}

proptest! {
    #[test]
    fn every_part_comes_back_as_it_was(
        is_manifest in any::<bool>(),
        body in body(),
        signature in prop::option::of("[!-~][ -~]{0,60}[!-~]"),
        extensions in prop::option::of(body()),
        certificate_chain in prop::option::of(body()),
    ) {
        let signature = signature.map(|text| HeaderValue::from_str(&text).unwrap());
        let multipart = Multipart {
            message: if is_manifest { Message::Manifest } else { Message::Directive },
            body: &body,
            signature: signature.as_ref(),
            extensions: extensions.as_deref(),
            certificate_chain: certificate_chain.as_deref(),
        };
        let rendered = multipart.render();
        prop_assert_eq!(&multipart.render(), &rendered);
        let parts = read(&rendered).expect("readable");

        let name = if is_manifest { "manifest" } else { "directive" };
        let expected: Vec<(&str, &[u8])> = std::iter::once((name, body.as_slice()))
            .chain(extensions.as_deref().map(|body| ("extensions", body)))
            .chain(certificate_chain.as_deref().map(|body| ("certificate_chain", body)))
            .collect();
        prop_assert_eq!(parts.len(), expected.len());
        for (at, (part, (name, body))) in parts.iter().zip(expected).enumerate() {
            prop_assert_eq!(&part.body, body);
            let disposition = format!("inline; name=\"{name}\"");
            prop_assert_eq!(part.header("content-disposition"), Some(disposition.as_str()));
            prop_assert!(part.header("content-type").is_some());
            let signed = signature.as_ref().filter(|_| at == 0).map(|value| value.to_str().unwrap());
            prop_assert_eq!(part.header("expo-signature"), signed);
            prop_assert!(part.headers.iter().all(|(name, _)| *name == name.to_ascii_lowercase()));
        }
    }
}

#[test]
fn the_parser_of_this_test_refuses_what_ios_refuses() {
    let multipart = Multipart {
        message: Message::Manifest,
        body: b"{}",
        signature: None,
        extensions: Some(b"{}"),
        certificate_chain: None,
    };
    let good = multipart.render();
    assert_eq!(read(&good).map(|parts| parts.len()), Some(2));
    let with = |body: Vec<u8>| RenderedMultipart { body: body.into(), ..good.clone() };
    assert!(read(&with(good.body[..good.body.len() - 2].to_vec())).is_none(), "no CRLF after the close delimiter");
    let line_feeds = String::from_utf8(good.body.to_vec()).unwrap().replace("\r\n", "\n");
    assert!(read(&with(line_feeds.into_bytes())).is_none(), "line feeds");
}
