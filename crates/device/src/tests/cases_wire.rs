//! Bad status lines, outer headers and multipart bodies.

use serde_json::json;

use super::bases::Base::{Bare, Chain, Multipart, NoContent, NoUpdate, ProtocolZero, RollBack, UnsignedBare};
use super::cases::Case;
use super::cases::Change::{Content, Message, Wire};
use super::cases::On::{AndroidBut, AndroidOnly, Both, IosOnly};
use super::draft::{self, BOUNDARY, Shape, signature};
use crate::Rule;

pub(super) const CASES: &[Case] = &[
    Case {
        name: "status-404",
        base: Multipart,
        what: "the status is 404",
        rule: Rule::StatusIsSuccess,
        on: Both,
        change: Message(|message| message.status = 404),
    },
    Case {
        name: "status-304-unasked",
        base: Multipart,
        what: "a 304 without a body answers a request that had no if-none-match",
        rule: Rule::StatusIsSuccess,
        on: Both,
        change: Message(|message| {
            message.status = 304;
            message.body.clear();
        }),
    },
    Case {
        name: "cache-control-max-age-60",
        base: Multipart,
        what: "cache-control allows a minute",
        rule: Rule::AnswerIsAskedForAgain,
        on: Both,
        change: Wire(|wire| wire.set("cache-control", "private, max-age=60")),
    },
    Case {
        name: "cache-control-missing-with-last-modified",
        base: NoContent,
        what: "no cache-control, but a last-modified that caches guess from",
        rule: Rule::AnswerIsAskedForAgain,
        on: Both,
        change: Wire(|wire| {
            wire.remove("cache-control");
            wire.set("last-modified", "Thu, 01 Jan 2026 00:00:00 GMT");
        }),
    },
    Case {
        name: "filters-on-two-lines",
        base: Multipart,
        what: "expo-manifest-filters comes twice",
        rule: Rule::HeaderComesOnce,
        on: Both,
        change: Wire(|wire| wire.headers.push(pair("expo-manifest-filters", "plan=\"pro\""))),
    },
    Case {
        name: "protocol-version-word-on-manifest",
        base: Multipart,
        what: "expo-protocol-version is a word",
        rule: Rule::ProtocolVersionIsNumber,
        on: AndroidBut(Rule::ProtocolVersionIsPresent),
        change: Wire(|wire| wire.set("expo-protocol-version", "one")),
    },
    Case {
        name: "protocol-version-word-on-directive",
        base: NoUpdate,
        what: "expo-protocol-version is a word; iOS does not read it for a directive",
        rule: Rule::ProtocolVersionIsNumber,
        on: AndroidOnly,
        change: Wire(|wire| wire.set("expo-protocol-version", "1.0")),
    },
    Case {
        name: "protocol-version-missing",
        base: Bare,
        what: "expo-protocol-version is missing",
        rule: Rule::ProtocolVersionIsPresent,
        on: Both,
        change: Wire(|wire| wire.remove("expo-protocol-version")),
    },
    Case {
        name: "protocol-version-2",
        base: Multipart,
        what: "expo-protocol-version is 2",
        rule: Rule::ProtocolVersionIsKnown,
        on: Both,
        change: Wire(|wire| wire.set("expo-protocol-version", "2")),
    },
    Case {
        name: "no-content-without-protocol-version",
        base: NoContent,
        what: "a 204 without expo-protocol-version",
        rule: Rule::NoContentHasProtocolVersion,
        on: Both,
        change: Wire(|wire| wire.remove("expo-protocol-version")),
    },
    Case {
        name: "no-content-protocol-version-0",
        base: NoContent,
        what: "a 204 with expo-protocol-version 0",
        rule: Rule::NoContentHasProtocolVersion,
        on: Both,
        change: Wire(|wire| wire.set("expo-protocol-version", "0")),
    },
    Case {
        name: "filters-not-ascii",
        base: Multipart,
        what: "a filter has an accented letter",
        rule: Rule::FiltersAreAscii,
        on: Both,
        change: Wire(|wire| wire.set("expo-manifest-filters", "branchid=\"m\u{e4}in\"")),
    },
    Case {
        name: "filters-key-upper-case",
        base: Multipart,
        what: "a filter's key has a capital",
        rule: Rule::FiltersAreDictionary,
        on: Both,
        change: Wire(|wire| wire.set("expo-manifest-filters", "branchId=\"main\"")),
    },
    Case {
        name: "filters-trailing-comma",
        base: NoContent,
        what: "the filters end in a comma",
        rule: Rule::FiltersAreDictionary,
        on: Both,
        change: Wire(|wire| wire.set("expo-manifest-filters", "branchid=\"main\",")),
    },
    Case {
        name: "filter-is-number",
        base: Multipart,
        what: "a filter is a number",
        rule: Rule::FilterValuesAreStrings,
        on: AndroidOnly,
        change: Wire(|wire| wire.set("expo-manifest-filters", "branchid=\"main\", rollout=7")),
    },
    Case {
        name: "filter-is-token",
        base: Multipart,
        what: "a filter is a token, which Android drops and iOS takes for a string",
        rule: Rule::FilterValuesAreStrings,
        on: AndroidOnly,
        change: Wire(|wire| wire.set("expo-manifest-filters", "branchid=main")),
    },
    Case {
        name: "server-headers-not-ascii",
        base: Multipart,
        what: "a server-defined header has an accented letter",
        rule: Rule::ServerHeadersAreAscii,
        on: Both,
        change: Wire(|wire| wire.set("expo-server-defined-headers", "expo-name=\"\u{fc}\"")),
    },
    Case {
        name: "server-headers-key-upper-case",
        base: NoContent,
        what: "a server-defined header's name has capitals",
        rule: Rule::ServerHeadersAreDictionary,
        on: Both,
        change: Wire(|wire| wire.set("expo-server-defined-headers", "Expo-Rollout=\"7\"")),
    },
    Case {
        name: "server-header-is-token",
        base: Multipart,
        what: "a server-defined header is a token",
        rule: Rule::ServerHeaderValuesAreStrings,
        on: AndroidOnly,
        change: Wire(|wire| wire.set("expo-server-defined-headers", "expo-rollout=seven")),
    },
    Case {
        name: "boundary-unquoted",
        base: Multipart,
        what: "the boundary has a slash and no quotes",
        rule: Rule::ContentTypeParses,
        on: AndroidOnly,
        change: Message(|message| {
            replace(message, BOUNDARY, "up/draft");
            set_header(message, "content-type", "multipart/mixed; boundary=up/draft");
        }),
    },
    Case {
        name: "boundary-missing",
        base: Multipart,
        what: "the content type has no boundary",
        rule: Rule::BoundaryIsPresent,
        on: Both,
        change: Wire(|wire| wire.set("content-type", "multipart/mixed")),
    },
    Case {
        name: "boundary-parameter-upper-case",
        base: Multipart,
        what: "the parameter is spelled Boundary",
        rule: Rule::BoundaryIsPresent,
        on: IosOnly,
        change: Wire(|wire| {
            let value = format!("multipart/mixed; Boundary={BOUNDARY}");
            wire.set("content-type", &value);
        }),
    },
    Case {
        name: "first-delimiter-lf",
        base: Multipart,
        what: "the first delimiter ends in LF",
        rule: Rule::DelimiterEndsInCrlf,
        on: Both,
        change: Message(|message| {
            let text = text(message);
            message.body = text.replacen("\r\n", "\n", 1).into_bytes();
        }),
    },
    Case {
        name: "all-lines-lf",
        base: NoUpdate,
        what: "every line of the body ends in LF",
        rule: Rule::DelimiterEndsInCrlf,
        on: Both,
        change: Message(|message| replace(message, "\r\n", "\n")),
    },
    Case {
        name: "boundary-begins-a-line-of-a-body",
        base: Chain,
        what: "a line of the certificate chain begins with the delimiter",
        rule: Rule::DelimiterEndsInCrlf,
        on: AndroidOnly,
        change: Wire(|wire| {
            let line = format!("leaf and intermediate\r\n--{BOUNDARY}-chain\r\n");
            wire.part("certificate_chain").body.splice(0..0, line.into_bytes());
        }),
    },
    Case {
        name: "body-cut-off",
        base: Multipart,
        what: "the body ends in the middle of the last part",
        rule: Rule::CloseDelimiterIsPresent,
        on: Both,
        change: Message(|message| {
            let cut = message.body.len() - BOUNDARY.len() - 20;
            message.body.truncate(cut);
        }),
    },
    Case {
        name: "close-delimiter-missing",
        base: RollBack,
        what: "the body ends behind the last part",
        rule: Rule::CloseDelimiterIsPresent,
        on: Both,
        change: Message(|message| replace(message, &format!("\r\n--{BOUNDARY}--\r\n"), "")),
    },
    Case {
        name: "close-delimiter-without-line-end",
        base: Multipart,
        what: "the CRLF behind the close delimiter is missing",
        rule: Rule::CloseDelimiterEndsInCrlf,
        on: IosOnly,
        change: Message(|message| message.body.truncate(message.body.len() - 2)),
    },
    Case {
        name: "close-delimiter-lf",
        base: NoUpdate,
        what: "the close delimiter ends in LF",
        rule: Rule::CloseDelimiterEndsInCrlf,
        on: IosOnly,
        change: Message(|message| replace(message, "--\r\n", "--\n")),
    },
    Case {
        name: "multipart-without-parts",
        base: NoUpdate,
        what: "the body is the close delimiter alone",
        rule: Rule::MultipartHasPart,
        on: Both,
        change: Message(|message| message.body = format!("--{BOUNDARY}--\r\n").into_bytes()),
    },
    Case {
        name: "part-headers-lf",
        base: RollBack,
        what: "the lines of the part's headers end in LF",
        rule: Rule::PartHeadersEndInCrlf,
        on: IosOnly,
        change: Message(|message| {
            let text = text(message);
            let (delimiter, rest) = text.split_once("\r\n").expect("a first line");
            let (headers, rest) = rest.split_once("\r\n\r\n").expect("a header block");
            message.body = format!("{delimiter}\r\n{}\n\n{rest}", headers.replace("\r\n", "\n")).into_bytes();
        }),
    },
    Case {
        name: "disposition-without-parameters",
        base: NoUpdate,
        what: "a part's content-disposition is inline alone",
        rule: Rule::DispositionHasParameters,
        on: AndroidBut(Rule::PartIsNamed),
        change: Wire(|wire| wire.part("directive").set("content-disposition", "inline")),
    },
    Case {
        name: "disposition-name-unquoted",
        base: NoUpdate,
        what: "the name has a space and no quotes",
        rule: Rule::DispositionParses,
        on: AndroidBut(Rule::PartNameIsKnown),
        change: Wire(|wire| wire.part("directive").set("content-disposition", "inline; name=the directive")),
    },
    Case {
        name: "disposition-missing",
        base: Multipart,
        what: "the manifest's part has no content-disposition",
        rule: Rule::PartIsNamed,
        on: Both,
        change: Wire(|wire| wire.part("manifest").remove("content-disposition")),
    },
    Case {
        name: "disposition-parameter-upper-case",
        base: Multipart,
        what: "the parameter is spelled Name",
        rule: Rule::PartIsNamed,
        on: Both,
        change: Wire(|wire| wire.part("manifest").set("content-disposition", "inline; Name=\"manifest\"")),
    },
    Case {
        name: "part-name-upper-case",
        base: RollBack,
        what: "the part's name is Directive",
        rule: Rule::PartNameIsKnown,
        on: Both,
        change: Wire(|wire| wire.part("directive").set("content-disposition", "inline; name=\"Directive\"")),
    },
    Case {
        name: "part-signature-upper-case",
        base: Multipart,
        what: "the part's signature header is spelled Expo-Signature",
        rule: Rule::PartSignatureIsLowerCase,
        on: IosOnly,
        change: Wire(|wire| {
            let part = wire.part("manifest");
            let signature = part.get("expo-signature");
            part.remove("expo-signature");
            part.headers.push((String::from("Expo-Signature"), signature));
        }),
    },
    Case {
        name: "protocol-0-without-manifest",
        base: ProtocolZero,
        what: "a client of protocol 0 gets a directive instead of a manifest",
        rule: Rule::ManifestPartIsPresent,
        on: Both,
        change: Content(|content| {
            content.manifest = None;
            content.directive = Some(json!({"type": "noUpdateAvailable"}));
        }),
    },
    Case {
        name: "roll-back-beside-manifest",
        base: Multipart,
        what: "a rollBackToEmbedded comes with the manifest",
        rule: Rule::RollBackComesAlone,
        on: IosOnly,
        change: Content(|content| {
            let parameters = json!({"commitTime": "2026-01-31T10:00:00.000Z"});
            content.directive = Some(json!({"type": "rollBackToEmbedded", "parameters": parameters}));
        }),
    },
    Case {
        name: "bare-manifest-with-mark",
        base: Bare,
        what: "the bare manifest begins with a byte order mark, which is signed too",
        rule: Rule::BareManifestHasNoMark,
        on: AndroidOnly,
        change: Wire(|wire| {
            wire.bare().splice(0..0, *b"\xef\xbb\xbf");
            let signature = signature(wire.bare());
            wire.set("expo-signature", &signature);
        }),
    },
    Case {
        name: "bare-manifest-in-latin-1",
        base: UnsignedBare,
        what: "the content type says charset=iso-8859-1",
        rule: Rule::BareManifestIsUtf8,
        on: AndroidOnly,
        change: Wire(|wire| wire.set("content-type", "application/json; charset=iso-8859-1")),
    },
    Case {
        name: "html-page",
        base: UnsignedBare,
        what: "a login page answers, with status 200",
        rule: Rule::ManifestIsJson,
        on: Both,
        change: Wire(|wire| {
            wire.set("content-type", "text/html; charset=utf-8");
            wire.shape = Shape::Bare(b"<!doctype html><title>Sign in</title>".to_vec());
        }),
    },
    Case {
        name: "bare-directive",
        base: UnsignedBare,
        what: "a directive comes without multipart, where only a manifest can",
        rule: Rule::IdIsPresent,
        on: Both,
        change: Content(|content| content.manifest = Some(json!({"type": "noUpdateAvailable"}))),
    },
];

fn pair(name: &str, value: &str) -> (String, String) {
    (String::from(name), String::from(value))
}

fn text(message: &draft::Message) -> String {
    String::from_utf8(message.body.clone()).expect("a body of text")
}

fn replace(message: &mut draft::Message, old: &str, new: &str) {
    let text = text(message);
    assert!(text.contains(old), "{old:?} is not in the body");
    message.body = text.replace(old, new).into_bytes();
}

fn set_header(message: &mut draft::Message, name: &str, value: &str) {
    message.headers.retain(|(key, _)| key != name);
    message.headers.push(pair(name, value));
}
