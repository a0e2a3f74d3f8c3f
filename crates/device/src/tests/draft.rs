//! An answer on its way to the wire: JSON first, then signed parts, then bytes. A mutation acts on one of the three, so
//! that everything else stays valid.

use std::sync::OnceLock;

use serde_json::Value;
use signing::{Certificate, SigningKey};

use crate::{Binary, CodeSigning, Embedded, Protocol};

/// The app that the vectors are for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Client {
    /// The certificate's file in `vectors/bad/keys/`.
    pub(super) certificate: Option<&'static str>,
    pub(super) include_chain: bool,
    pub(super) protocol: Protocol,
}

impl Client {
    pub(super) const OPEN: Self = Self { certificate: None, include_chain: false, protocol: Protocol::One };
    pub(super) const SIGNED: Self = Self { certificate: Some("main.pem"), ..Self::OPEN };
    pub(super) const BOUND: Self = Self { certificate: Some("bound.pem"), ..Self::OPEN };
    pub(super) const CHAIN: Self = Self { certificate: Some("chain-root.pem"), include_chain: true, ..Self::OPEN };
    pub(super) const ZERO: Self = Self { protocol: Protocol::Zero, ..Self::OPEN };
}

/// What is about to be signed.
#[derive(Debug, Clone, Default)]
pub(super) struct Content {
    pub(super) manifest: Option<Value>,
    pub(super) directive: Option<Value>,
    pub(super) extensions: Option<Value>,
    /// Files in `vectors/bad/keys/`.
    pub(super) chain: Vec<&'static str>,
}

/// A part, signed.
#[derive(Debug, Clone)]
pub(super) struct Part {
    pub(super) headers: Vec<(String, String)>,
    pub(super) body: Vec<u8>,
}

/// What is about to become bytes.
#[derive(Debug, Clone)]
pub(super) struct Wire {
    pub(super) status: u16,
    pub(super) headers: Vec<(String, String)>,
    pub(super) shape: Shape,
}

#[derive(Debug, Clone)]
pub(super) enum Shape {
    Empty,
    Bare(Vec<u8>),
    Multipart(Vec<Part>),
}

/// What the client receives.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Message {
    pub(super) status: u16,
    pub(super) headers: Vec<(String, String)>,
    pub(super) body: Vec<u8>,
}

pub(super) const BOUNDARY: &str = "updraft-5b1c9e";

impl Wire {
    /// The outer header of that name.
    pub(super) fn set(&mut self, name: &str, value: &str) {
        self.remove(name);
        self.headers.push((String::from(name), String::from(value)));
    }

    pub(super) fn remove(&mut self, name: &str) {
        self.headers.retain(|(key, _)| key != name);
    }

    pub(super) fn parts(&mut self) -> &mut Vec<Part> {
        match &mut self.shape {
            Shape::Multipart(parts) => parts,
            Shape::Empty | Shape::Bare(_) => panic!("not multipart"),
        }
    }

    /// The part of that name.
    pub(super) fn part(&mut self, name: &str) -> &mut Part {
        let disposition = disposition(name);
        let found = self.parts().iter_mut().find(|part| part.headers.iter().any(|(_, value)| *value == disposition));
        found.expect("a part of that name")
    }

    pub(super) fn bare(&mut self) -> &mut Vec<u8> {
        match &mut self.shape {
            Shape::Bare(body) => body,
            Shape::Empty | Shape::Multipart(_) => panic!("not bare"),
        }
    }

    pub(super) fn render(self) -> Message {
        let body = match self.shape {
            Shape::Empty => Vec::new(),
            Shape::Bare(body) => body,
            Shape::Multipart(parts) => multipart(&parts),
        };
        Message { status: self.status, headers: self.headers, body }
    }
}

impl Part {
    pub(super) fn new(name: &str, content_type: &str, signature: Option<String>, body: Vec<u8>) -> Self {
        let mut headers = vec![
            (String::from("content-disposition"), disposition(name)),
            (String::from("content-type"), String::from(content_type)),
        ];
        headers.extend(signature.map(|signature| (String::from("expo-signature"), signature)));
        Self { headers, body }
    }

    /// Replaces a header's value.
    pub(super) fn set(&mut self, name: &str, value: &str) {
        self.remove(name);
        self.headers.push((String::from(name), String::from(value)));
    }

    pub(super) fn remove(&mut self, name: &str) {
        self.headers.retain(|(key, _)| key != name);
    }

    pub(super) fn get(&self, name: &str) -> String {
        self.headers.iter().find(|(key, _)| key == name).map(|(_, value)| value.clone()).unwrap_or_default()
    }
}

fn disposition(name: &str) -> String {
    format!("inline; name=\"{name}\"")
}

fn multipart(parts: &[Part]) -> Vec<u8> {
    let mut body = Vec::new();
    for (position, part) in parts.iter().enumerate() {
        let before = if position == 0 { "" } else { "\r\n" };
        body.extend_from_slice(format!("{before}--{BOUNDARY}\r\n").as_bytes());
        for (name, value) in &part.headers {
            body.extend_from_slice(format!("{name}: {value}\r\n").as_bytes());
        }
        body.extend_from_slice(b"\r\n");
        body.extend_from_slice(&part.body);
    }
    body.extend_from_slice(format!("\r\n--{BOUNDARY}--\r\n").as_bytes());
    body
}

/// A file of `vectors/bad/keys/`.
pub(super) fn key_file(name: &str) -> String {
    let path = format!("{}/../../vectors/bad/keys/{name}", env!("CARGO_MANIFEST_DIR"));
    std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{path}: {error}"))
}

/// The `sig` member over these bytes with that key. Reading a key checks its primes, so each is read once.
pub(super) fn sig(key: &str, bytes: &[u8]) -> String {
    static MAIN: OnceLock<SigningKey> = OnceLock::new();
    static OTHER: OnceLock<SigningKey> = OnceLock::new();
    let slot = if key == "main.key.pem" { &MAIN } else { &OTHER };
    slot.get_or_init(|| SigningKey::from_pem(&key_file(key)).unwrap()).sign(bytes).unwrap().to_base64()
}

/// The whole header, as the server sends it.
pub(super) fn signature(bytes: &[u8]) -> String {
    format!("sig=\"{}\", keyid=\"main\", alg=\"rsa-v1_5-sha256\"", sig("main.key.pem", bytes))
}

pub(super) const RUNTIME_VERSION: &str = "1.0.0";

/// The binary of a client.
pub(super) fn binary(client: Client) -> Binary {
    let embedded = Embedded {
        id: "00000000-0000-4000-8000-0000000000e0".parse().unwrap(),
        commit_time_ms: 1_767_225_600_000,
        asset_keys: Vec::new(),
    };
    let mut binary = Binary::new("https://updates.example/update", RUNTIME_VERSION, Some(embedded));
    binary.code_signing = client.certificate.map(|certificate| CodeSigning {
        certificate: Certificate::from_pem(&key_file(certificate)).unwrap(),
        key_id: String::from("main"),
        include_chain: client.include_chain,
        allow_unsigned: false,
    });
    binary.protocol = client.protocol;
    binary
}
