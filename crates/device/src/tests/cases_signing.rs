//! Bad signatures, certificates and project bindings.

use serde_json::json;

use super::bases::Base::{Bare, Bound, BoundNoUpdate, Chain, Multipart, NoUpdate, RollBack};
use super::cases::Change::{Content, Wire};
use super::cases::On::{AndroidBut, AndroidOnly, Both, IosBut, IosOnly};
use super::cases::{Case, directive, manifest, remove, set};
use super::draft::{Part, sig};
use crate::Rule;

pub(super) const CASES: &[Case] = &[
    Case {
        name: "signature-missing",
        base: Multipart,
        what: "the manifest's part has no expo-signature",
        rule: Rule::SignatureIsPresent,
        on: Both,
        change: Wire(|wire| wire.part("manifest").remove("expo-signature")),
    },
    Case {
        name: "signature-missing-on-directive",
        base: RollBack,
        what: "the directive's part has no expo-signature",
        rule: Rule::SignatureIsPresent,
        on: Both,
        change: Wire(|wire| wire.part("directive").remove("expo-signature")),
    },
    Case {
        name: "signature-in-the-outer-header",
        base: Multipart,
        what: "the signature of the manifest's part stands in the outer header",
        rule: Rule::SignatureIsPresent,
        on: Both,
        change: Wire(|wire| {
            let signature = wire.part("manifest").get("expo-signature");
            wire.part("manifest").remove("expo-signature");
            wire.set("expo-signature", &signature);
        }),
    },
    Case {
        name: "signature-quote-open",
        base: Bare,
        what: "the quote behind sig is missing",
        rule: Rule::SignatureIsDictionary,
        on: Both,
        change: Wire(|wire| {
            let value = format!("sig=\"{}", sig("main.key.pem", wire.bare()));
            wire.set("expo-signature", &value);
        }),
    },
    Case {
        name: "signature-is-bare-base64",
        base: NoUpdate,
        what: "expo-signature is the base64 alone",
        rule: Rule::SignatureIsDictionary,
        on: Both,
        change: Wire(|wire| resign(wire.part("directive"), |sig| sig)),
    },
    Case {
        name: "signature-without-sig",
        base: Multipart,
        what: "expo-signature has no sig",
        rule: Rule::SignatureHasSig,
        on: Both,
        change: Wire(|wire| wire.part("manifest").set("expo-signature", "keyid=\"main\", alg=\"rsa-v1_5-sha256\"")),
    },
    Case {
        name: "signature-sig-is-bytes",
        base: Multipart,
        what: "sig is a structured byte sequence, as RFC 9421 has it",
        rule: Rule::SignatureHasSig,
        on: AndroidBut(Rule::SignatureMembersAreStrings),
        change: Wire(|wire| resign(wire.part("manifest"), |sig| format!("sig=:{sig}:, keyid=\"main\""))),
    },
    Case {
        name: "signature-member-is-number",
        base: Multipart,
        what: "expo-signature also tells when it was made, as a number",
        rule: Rule::SignatureMembersAreStrings,
        on: IosOnly,
        change: Wire(|wire| {
            resign(wire.part("manifest"), |sig| format!("sig=\"{sig}\", keyid=\"main\", created=1769850000"));
        }),
    },
    Case {
        name: "signature-of-another-key-id",
        base: Multipart,
        what: "the keyid is next",
        rule: Rule::KeyIdMatches,
        on: Both,
        change: Wire(|wire| resign(wire.part("manifest"), |sig| format!("sig=\"{sig}\", keyid=\"next\""))),
    },
    Case {
        name: "signature-without-key-id",
        base: Bare,
        what: "no keyid, which means root, and the app's is main",
        rule: Rule::KeyIdMatches,
        on: Both,
        change: Wire(|wire| {
            let value = format!("sig=\"{}\", alg=\"rsa-v1_5-sha256\"", sig("main.key.pem", wire.bare()));
            wire.set("expo-signature", &value);
        }),
    },
    Case {
        name: "signature-key-id-is-token",
        base: NoUpdate,
        what: "the keyid is a token, which Android passes over",
        rule: Rule::KeyIdMatches,
        on: AndroidOnly,
        change: Wire(|wire| resign(wire.part("directive"), |sig| format!("sig=\"{sig}\", keyid=main"))),
    },
    Case {
        name: "signature-of-unknown-algorithm",
        base: Multipart,
        what: "the alg is rsa-sha256",
        rule: Rule::AlgorithmIsKnown,
        on: Both,
        change: Wire(|wire| {
            resign(wire.part("manifest"), |sig| format!("sig=\"{sig}\", keyid=\"main\", alg=\"rsa-sha256\""));
        }),
    },
    Case {
        name: "signature-unpadded",
        base: Multipart,
        what: "the base64 of sig has no padding",
        rule: Rule::SignatureIsBase64,
        on: IosOnly,
        change: Wire(|wire| {
            resign(wire.part("manifest"), |sig| format!("sig=\"{}\", keyid=\"main\"", sig.trim_end_matches('=')));
        }),
    },
    Case {
        name: "signature-base64url",
        base: Multipart,
        what: "sig is in the URL-safe alphabet",
        rule: Rule::SignatureIsBase64,
        on: IosBut(Rule::SignatureVerifies),
        change: Wire(|wire| {
            resign(wire.part("manifest"), |sig| {
                format!("sig=\"{}\", keyid=\"main\"", sig.replace('+', "-").replace('/', "_"))
            });
        }),
    },
    Case {
        name: "signature-over-other-bytes",
        base: Multipart,
        what: "a space is added to the manifest after it was signed",
        rule: Rule::SignatureVerifies,
        on: Both,
        change: Wire(|wire| wire.part("manifest").body.push(b' ')),
    },
    Case {
        name: "signature-over-other-bytes-of-directive",
        base: RollBack,
        what: "a space is added to the directive after it was signed",
        rule: Rule::SignatureVerifies,
        on: Both,
        change: Wire(|wire| wire.part("directive").body.insert(0, b' ')),
    },
    Case {
        name: "signature-of-another-key",
        base: Bare,
        what: "another key signed",
        rule: Rule::SignatureVerifies,
        on: Both,
        change: Wire(|wire| {
            let value = format!("sig=\"{}\", keyid=\"main\"", sig("other.key.pem", wire.bare()));
            wire.set("expo-signature", &value);
        }),
    },
    Case {
        name: "chain-without-intermediate",
        base: Chain,
        what: "the chain is the leaf alone",
        rule: Rule::ChainLeadsToRoot,
        on: Both,
        change: Content(|content| content.chain = vec!["chain-leaf.pem"]),
    },
    Case {
        name: "chain-upside-down",
        base: Chain,
        what: "the chain begins with the intermediate",
        rule: Rule::ChainLeadsToRoot,
        on: Both,
        change: Content(|content| content.chain.reverse()),
    },
    Case {
        name: "chain-missing",
        base: Chain,
        what: "there is no certificate_chain, so the root would have to sign",
        rule: Rule::CertificateIsForCodeSigning,
        on: Both,
        change: Content(|content| content.chain.clear()),
    },
    Case {
        name: "chain-leaf-for-tls-clients",
        base: Chain,
        what: "the leaf is for TLS clients, not for code signing",
        rule: Rule::CertificateIsForCodeSigning,
        on: Both,
        change: Content(|content| content.chain[0] = "chain-leaf-plain.pem"),
    },
    Case {
        name: "chain-leaf-expired",
        base: Chain,
        what: "the leaf is over since 2025",
        rule: Rule::CertificateIsValidNow,
        on: Both,
        change: Content(|content| content.chain[0] = "chain-leaf-expired.pem"),
    },
    Case {
        name: "manifest-of-another-project",
        base: Bound,
        what: "extra.eas.projectId is another than the certificate's",
        rule: Rule::ProjectMatches,
        on: Both,
        change: Content(|content| {
            set(manifest(content), "/extra/eas/projectId", json!("00000000-0000-4000-8000-000000000000"));
        }),
    },
    Case {
        name: "manifest-without-scope-key",
        base: Bound,
        what: "the certificate is bound, and the manifest has no extra.scopeKey",
        rule: Rule::ProjectMatches,
        on: Both,
        change: Content(|content| remove(manifest(content), "/extra/scopeKey")),
    },
    Case {
        name: "directive-without-signing-info",
        base: BoundNoUpdate,
        what: "the certificate is bound, and the directive has no extra.signingInfo",
        rule: Rule::ProjectMatches,
        on: Both,
        change: Content(|content| remove(directive(content), "/extra")),
    },
];

/// Gives the part a signature header of another form.
fn resign(part: &mut Part, form: impl Fn(String) -> String) {
    let header = form(sig("main.key.pem", &part.body));
    part.set("expo-signature", &header);
}
