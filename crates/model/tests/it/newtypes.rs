//! Ids, hashes, platforms and instants: their text forms, and the order of instants.

use model::blob_hash::BlobHashError;
use model::{AppId, BlobHash, BranchId, Millis, Platform, UpdateId, next_instant};
use proptest::prelude::*;
use uuid::Uuid;

#[test]
fn ids_read_in_any_case_and_write_in_lower_case() {
    let text = "6E9F1D2C-3B4A-4C5D-8E7F-A0B1C2D3E4F5";
    let id = UpdateId(text.parse::<Uuid>().expect("a UUID"));
    assert_eq!(id.to_string(), text.to_lowercase());
    assert_eq!(format!("{id:?}"), format!("UpdateId({})", text.to_lowercase()));
    assert_eq!(serde_json::to_string(&id).expect("JSON"), format!("\"{}\"", text.to_lowercase()));
    assert_eq!(serde_json::from_str::<UpdateId>(&format!("\"{text}\"")).expect("an id"), id);
    assert!(serde_json::from_str::<BranchId>("\"main\"").is_err());
    assert_eq!(format!("{:?}", AppId(Uuid::nil())), "AppId(00000000-0000-0000-0000-000000000000)");
}

#[test]
fn blob_hashes_have_one_text_form() {
    let text = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";
    let hash: BlobHash = text.parse().expect("64 digits");
    assert_eq!((hash.0[0], hash.0[31]), (0xe3, 0x55));
    assert_eq!((hash.to_string(), format!("{hash:?}")), (text.to_owned(), text.to_owned()));
    let with = |place: usize, digit: char| {
        let mut digits = text.chars().collect::<Vec<_>>();
        digits[place] = digit;
        digits.into_iter().collect::<String>()
    };
    let bad =
        [String::new(), text[1..].to_owned(), format!("{text}0"), text.to_uppercase(), with(0, 'g'), with(63, ' ')];
    for text in bad.into_iter().chain([format!("{}é", &text[2..])]) {
        assert_eq!(text.parse::<BlobHash>(), Err(BlobHashError), "{text}");
    }
    assert_eq!(serde_json::from_str::<BlobHash>(&format!("\"{text}\"")).expect("a hash"), hash);
    assert_eq!(serde_json::to_string(&hash).expect("JSON"), format!("\"{text}\""));
    assert!(serde_json::from_str::<BlobHash>("\"e3b0\"").is_err());
}

#[test]
fn platforms_are_the_two_lower_case_names() {
    for platform in Platform::ALL {
        assert_eq!(Platform::parse(platform.as_str()), Some(platform));
        assert_eq!(platform.to_string(), platform.as_str());
        assert_eq!(serde_json::to_string(&platform).expect("JSON"), format!("\"{platform}\""));
    }
    for name in ["web", "iOS", "ANDROID", "", "ios "] {
        assert_eq!(Platform::parse(name), None, "{name}");
    }
}

#[test]
fn a_new_entry_is_later_than_every_entry_before_it() {
    let cases = [
        ("the first", 100, None, 100),
        ("the clock has moved on", 100, Some(98), 100),
        ("by a millisecond", 100, Some(99), 100),
        ("within one millisecond", 100, Some(100), 101),
        ("the clock went back", 100, Some(500), 501),
        ("the end of time", 100, Some(i64::MAX), i64::MAX),
    ];
    for (case, now, newest, instant) in cases {
        assert_eq!(next_instant(Millis(now), newest.map(Millis)), Millis(instant), "{case}");
    }
}

proptest! {
    #[test]
    fn hashes_survive_their_text(bytes: [u8; 32]) {
        prop_assert_eq!(BlobHash(bytes).to_string().parse(), Ok(BlobHash(bytes)));
    }

    #[test]
    fn instants_never_repeat(clock in proptest::collection::vec(0_i64..50, 1..40)) {
        let mut newest = None;
        for now in clock {
            let instant = next_instant(Millis(now), newest);
            prop_assert!(newest.is_none_or(|newest| instant > newest) && instant >= Millis(now));
            newest = Some(instant);
        }
    }
}
