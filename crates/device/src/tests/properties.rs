//! Whatever comes, the device answers with a verdict and not with a panic.

use http::{HeaderMap, HeaderName, HeaderValue};
use proptest::prelude::*;
use proptest::sample::Index;
use protocol::Platform;

use super::bases::{Base, NOW_MS};
use super::draft::Message;
use super::traffic::{FileAnswer, device, header_map, play};
use crate::{Instruction, Refusal, RuleSet};

fn platforms() -> impl Strategy<Value = Platform> {
    prop_oneof![Just(Platform::Android), Just(Platform::Ios)]
}

fn bases() -> impl Strategy<Value = Base> {
    any::<Index>().prop_map(|index| *index.get(&Base::ALL))
}

/// The headers that a client reads, with any bytes that a transport lets through.
fn headers() -> impl Strategy<Value = HeaderMap> {
    let names = prop::sample::select(vec![
        "content-type",
        "cache-control",
        "etag",
        "expo-protocol-version",
        "expo-manifest-filters",
        "expo-server-defined-headers",
        "expo-signature",
        "vary",
    ]);
    let values = prop_oneof![
        Just(b"multipart/mixed; boundary=b".to_vec()),
        Just(b"1".to_vec()),
        prop::collection::vec(prop_oneof![0x20_u8..0x7f, 0x80_u8..=0xff], 0..40),
    ];
    prop::collection::vec((names, values), 0..8).prop_map(|headers| {
        let mut map = HeaderMap::new();
        for (name, value) in headers {
            map.append(HeaderName::from_static(name), HeaderValue::from_bytes(&value).expect("a sendable value"));
        }
        map
    })
}

/// JSON that looks like a manifest now and then.
fn json() -> impl Strategy<Value = String> {
    let leaf = prop_oneof![
        Just(String::from("null")),
        Just(String::from("\"2026-01-31T09:00:00.000Z\"")),
        Just(String::from("\"https://updates.example/a\"")),
        Just(String::from("\"1.0.0\"")),
        any::<i32>().prop_map(|number| number.to_string()),
        "\"[a-z./\\u{e9}]{0,12}\"",
    ];
    leaf.prop_recursive(4, 64, 8, |inner| {
        let keys = prop::sample::select(vec![
            "id",
            "createdAt",
            "runtimeVersion",
            "launchAsset",
            "assets",
            "metadata",
            "extra",
            "key",
            "url",
            "hash",
            "fileExtension",
            "type",
            "parameters",
            "commitTime",
            "expoGo",
            "signingInfo",
        ]);
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4).prop_map(|items| format!("[{}]", items.join(","))),
            prop::collection::vec((keys, inner), 0..8).prop_map(|members| {
                let members: Vec<String> =
                    members.into_iter().map(|(key, value)| format!("\"{key}\":{value}")).collect();
                format!("{{{}}}", members.join(","))
            }),
        ]
    })
}

proptest! {
    #[test]
    fn any_bytes_get_a_verdict(
        platform in platforms(),
        base in bases(),
        status in any::<u16>(),
        headers in headers(),
        body in any::<Vec<u8>>(),
    ) {
        let mut device = device(base.client(), platform, RuleSet::ALL);
        device.check_request();
        let _ = device.read_answer(status, &headers, &body, NOW_MS);
    }

    #[test]
    fn any_json_gets_a_verdict(platform in platforms(), name in "manifest|directive|extensions", json in json()) {
        let body = format!("--b\r\ncontent-disposition: inline; name=\"{name}\"\r\n\r\n{json}\r\n--b--\r\n");
        let headers = [("expo-protocol-version", "1"), ("content-type", "multipart/mixed; boundary=b")]
            .map(|(name, value)| (String::from(name), String::from(value)));
        let mut device = device(Base::UnsignedBare.client(), platform, RuleSet::ALL);
        device.check_request();
        if let Ok(answer) = device.read_answer(200, &header_map(&headers), body.as_bytes(), NOW_MS) {
            let _ = device.load(answer);
            device.finish_load();
            device.launch();
        }
    }

    /// A flipped, lost or added byte never makes a signed answer say something else: the client reads what was signed,
    /// or refuses.
    #[test]
    fn a_damaged_signed_answer_never_says_something_else(
        platform in platforms(),
        base in prop_oneof![Just(Base::Multipart), Just(Base::Bare), Just(Base::RollBack), Just(Base::Chain)],
        at in any::<Index>(),
        byte in any::<u8>(),
        kind in 0_u8..3,
    ) {
        let good = base.message();
        let mut damaged = good.clone();
        let position = at.index(good.body.len());
        match kind {
            0 => damaged.body[position] = byte,
            1 => {
                damaged.body.remove(position);
            }
            _ => damaged.body.insert(position, byte),
        }
        if let (Ok(whole), Ok(found)) = (instruction(base, platform, &good), instruction(base, platform, &damaged)) {
            let (whole, found) = (signed_part(&whole), signed_part(&found));
            prop_assert!(found == whole || found.is_none(), "{} became {}", whole.unwrap_or_default(), found.unwrap_or_default());
        }
    }

    #[test]
    fn a_cut_answer_is_never_loaded(platform in platforms(), at in any::<Index>()) {
        let mut message = Base::Multipart.message();
        // Without its last two bytes, the CRLF, Android still takes it.
        let length = at.index(message.body.len() - 2);
        message.body.truncate(length);
        let mut device = device(Base::Multipart.client(), platform, RuleSet::ALL);
        let played = play(&mut device, &message, Some(&FileAnswer::all_good()));
        prop_assert!(length == 0 || played.is_err());
    }
}

fn instruction(base: Base, platform: Platform, message: &Message) -> Result<Instruction, Refusal> {
    let mut device = device(base.client(), platform, RuleSet::ALL);
    device.check_request();
    let headers = header_map(&message.headers);
    device.read_answer(message.status, &headers, &message.body, NOW_MS).map(|answer| answer.instruction)
}

/// What a signature covers: not the request headers of assets, which come with the unsigned extensions.
fn signed_part(instruction: &Instruction) -> Option<String> {
    match instruction {
        Instruction::Nothing => None,
        Instruction::Update(manifest) => Some(serde_json::Value::Object(manifest.json.clone()).to_string()),
        other => Some(format!("{other:?}")),
    }
}
