//! `expo-expect-signature` (protocol.md §5).

use std::borrow::Cow;

use sfv::BareItemFromInput;

use super::dictionary::hear_members;
use super::error::RequestError;
use super::text::Excerpt;
use crate::structured::{DEFAULT_KEY_ID, RSA_V1_5_SHA256};

/// The signature that the app will verify.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ExpectSignature<'r> {
    /// `keyid`; `root` when none is named. A key that the server does not have is the server's to refuse.
    pub key_id: Cow<'r, str>,
    /// `alg`; the only one when none is named.
    pub algorithm: SignatureAlgorithm,
}

/// The algorithms of the protocol.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum SignatureAlgorithm {
    /// `rsa-v1_5-sha256`: RSASSA-PKCS1-v1_5 with SHA-256.
    RsaV15Sha256,
}

impl SignatureAlgorithm {
    /// The name on the wire.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::RsaV15Sha256 => RSA_V1_5_SHA256,
        }
    }
}

impl<'r> ExpectSignature<'r> {
    pub(super) fn read(value: &'r [u8]) -> Result<Self, RequestError> {
        match stock_form(value) {
            Some(key_id) => Ok(Self { key_id: Cow::Borrowed(key_id), algorithm: SignatureAlgorithm::RsaV15Sha256 }),
            None => general_form(value),
        }
    }
}

/// The key id of exactly `sig, keyid="…", alg="rsa-v1_5-sha256"`, which is what both platforms write: no allocation.
fn stock_form(value: &[u8]) -> Option<&str> {
    let rest = value.strip_prefix(b"sig, keyid=\"")?.strip_suffix(b"\"")?;
    let rest = rest.strip_suffix(RSA_V1_5_SHA256.as_bytes())?;
    let key_id = rest.strip_suffix(b"\", alg=\"")?;
    let plain = key_id.iter().all(|byte| matches!(byte, b' '..=b'~') && !matches!(byte, b'"' | b'\\'));
    if plain { std::str::from_utf8(key_id).ok() } else { None }
}

/// Anything else that is the same structured field. Parameters and other members are left for later versions.
fn general_form(value: &[u8]) -> Result<ExpectSignature<'_>, RequestError> {
    let malformed = || RequestError::MalformedExpectSignature { got: Excerpt::of(value) };
    let (mut wants_signature, mut key_id, mut algorithm) = (false, Text::Absent, Text::Absent);
    hear_members(value, |key, item| match key {
        "sig" => wants_signature = matches!(item, Some(BareItemFromInput::Boolean(true))),
        "keyid" => key_id = Text::of(item),
        "alg" => algorithm = Text::of(item),
        _ => {}
    })
    .map_err(|_| malformed())?;
    let key_id = key_id.or(DEFAULT_KEY_ID).ok_or_else(malformed)?;
    let algorithm = algorithm.or(RSA_V1_5_SHA256).ok_or_else(malformed)?;
    if !wants_signature {
        return Err(malformed());
    }
    if algorithm != RSA_V1_5_SHA256 {
        return Err(RequestError::UnsupportedAlgorithm { got: Excerpt::of(algorithm.as_bytes()) });
    }
    Ok(ExpectSignature { key_id, algorithm: SignatureAlgorithm::RsaV15Sha256 })
}

/// A member that should be a string.
enum Text<'v> {
    Absent,
    Is(Cow<'v, str>),
    OtherType,
}

impl<'v> Text<'v> {
    fn of(item: Option<BareItemFromInput<'v>>) -> Self {
        match item {
            Some(BareItemFromInput::String(Cow::Borrowed(text))) => Self::Is(Cow::Borrowed(text.as_str())),
            Some(BareItemFromInput::String(Cow::Owned(text))) => Self::Is(Cow::Owned(text.into())),
            _ => Self::OtherType,
        }
    }

    fn or(self, default: &'static str) -> Option<Cow<'v, str>> {
        match self {
            Self::Absent => Some(Cow::Borrowed(default)),
            Self::Is(text) => Some(text),
            Self::OtherType => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use std::borrow::Cow;

    use proptest::prelude::*;

    use super::{ExpectSignature, RequestError, general_form, stock_form};

    fn key_id(value: &str) -> Result<String, &'static str> {
        ExpectSignature::read(value.as_bytes()).map(|wanted| wanted.key_id.into_owned()).map_err(|error| error.code())
    }

    #[test]
    fn reads_the_field_however_it_is_written() {
        for (value, expected) in [
            (r#"sig, keyid="main", alg="rsa-v1_5-sha256""#, "main"),
            (r#"sig, keyid="", alg="rsa-v1_5-sha256""#, ""),
            (r#"sig,keyid="main",alg="rsa-v1_5-sha256""#, "main"),
            (r#"alg="rsa-v1_5-sha256", sig=?1, keyid="a b""#, "a b"),
            (r#"sig, keyid="a\"b\\", alg="rsa-v1_5-sha256""#, "a\"b\\"),
            (r#"sig, keyid="one", keyid="two""#, "two"),
            (r#"sig=?0, keyid=7, alg="es256", sig, keyid="two", alg="rsa-v1_5-sha256""#, "two"),
            (r#"sig;v=1, keyid="main";x, later=(1 2)"#, "main"),
            ("sig", "root"),
            (r#"sig, alg="rsa-v1_5-sha256""#, "root"),
        ] {
            assert_eq!(key_id(value).as_deref(), Ok(expected), "{value}");
        }
    }

    #[test]
    fn refuses_rather_than_ignores() {
        for (value, code) in [
            ("", "malformed_expect_signature"),
            (r#"keyid="main""#, "malformed_expect_signature"),
            (r#"sig=?0, keyid="main""#, "malformed_expect_signature"),
            (r#"sig="x", keyid="main""#, "malformed_expect_signature"),
            (r#"sig, sig=(1), keyid="main""#, "malformed_expect_signature"),
            (r#"sig, keyid=("main")"#, "malformed_expect_signature"),
            ("sig, keyid=main", "malformed_expect_signature"),
            (r#"sig, keyid="main"#, "malformed_expect_signature"),
            (r#"sig, keyid="main", alg=1"#, "malformed_expect_signature"),
            ("sig, keyid=\"ä\"", "malformed_expect_signature"),
            (r#"sig, keyid="main", alg="ecdsa""#, "unsupported_signature_algorithm"),
            (r#"sig, keyid="main", alg="""#, "unsupported_signature_algorithm"),
        ] {
            assert_eq!(key_id(value), Err(code), "{value}");
        }
    }

    #[test]
    fn the_stock_form_is_borrowed_and_the_algorithm_named() {
        let wanted = ExpectSignature::read(br#"sig, keyid="main", alg="rsa-v1_5-sha256""#).unwrap();
        assert!(matches!(wanted.key_id, Cow::Borrowed("main")));
        assert_eq!(wanted.algorithm.as_str(), "rsa-v1_5-sha256");
    }

    proptest! {
        #[test]
        fn both_ways_of_reading_agree(key_id in "[ -~äé]{0,12}", tail in "(, x=1)?") {
            let value = format!("sig, keyid=\"{key_id}\", alg=\"rsa-v1_5-sha256\"{tail}");
            let general = general_form(value.as_bytes());
            if let Some(fast) = stock_form(value.as_bytes()) {
                prop_assert_eq!(general.unwrap().key_id, fast);
            } else if tail.is_empty() && !key_id.contains(['"', '\\']) {
                let refused = matches!(general, Err(RequestError::MalformedExpectSignature { .. }));
                prop_assert!(refused);
            }
        }
    }
}
