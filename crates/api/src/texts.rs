//! What a text field may hold, as the API's description says it. The server parses such texts itself; a run of
//! schemathesis against a live server holds the two together.

use std::borrow::Cow;

use utoipa::openapi::schema::{AnyOfBuilder, ObjectBuilder, Type};
use utoipa::openapi::{RefOr, Schema};
use utoipa::{PartialSchema, ToSchema};

macro_rules! texts {
    ($($(#[doc = $doc:literal])* $name:ident: $shape:expr, like $example:literal;)*) => {
        $(
            $(#[doc = $doc])*
            #[derive(Clone, Copy, Debug)]
            pub struct $name;

            impl PartialSchema for $name {
                fn schema() -> RefOr<Schema> {
                    let shape: fn(ObjectBuilder) -> ObjectBuilder = $shape;
                    let text = ObjectBuilder::new().schema_type(Type::String);
                    let described = concat!($($doc, "\n"),*).trim();
                    shape(text).description(Some(described)).examples([$example]).into()
                }
            }

            impl ToSchema for $name {
                fn name() -> Cow<'static, str> {
                    Cow::Borrowed(stringify!($name))
                }
            }
        )*
    };
}

/// No control characters, no space at either end, and not `.` or `..`, which no address can have as a segment.
const ADDRESSED: &str = r"^(?:[^ .\x00-\x1f\x7f-\x9f]|[^ \x00-\x1f\x7f-\x9f][^ .\x00-\x1f\x7f-\x9f]|[^ .\x00-\x1f\x7f-\x9f]\.|[^ \x00-\x1f\x7f-\x9f][^\x00-\x1f\x7f-\x9f]+[^ \x00-\x1f\x7f-\x9f])$";
/// No control characters, no space at either end.
const TRIMMED: &str =
    r"^(?:[^ \x00-\x1f\x7f-\x9f]|[^ \x00-\x1f\x7f-\x9f][^\x00-\x1f\x7f-\x9f]*[^ \x00-\x1f\x7f-\x9f])$";
/// No control characters but tabs and line ends.
const PRINTABLE: &str = r"^[^\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f]*$";
/// A date, but for 29 February.
const DAY: &str =
    "[0-9]{4}-(?:(?:0[1-9]|1[0-2])-(?:0[1-9]|1[0-9]|2[0-8])|(?:0[13-9]|1[0-2])-(?:29|30)|(?:0[13578]|1[02])-31)";
/// 29 February of a leap year.
const LEAP_DAY: &str = "(?:[0-9]{2}(?:0[48]|[2468][048]|[13579][26])|(?:[02468][048]|[13579][26])00)-02-29";

fn named(text: ObjectBuilder, pattern: &str) -> ObjectBuilder {
    text.min_length(Some(1)).max_length(Some(255)).pattern(Some(pattern))
}

texts! {
    /// An app's name in URLs.
    AppSlug: |text| text.min_length(Some(1)).max_length(Some(64)).pattern(Some("^[a-z0-9-]+$")), like "default";
    /// The name that is baked into a binary. At most 255 bytes of UTF-8.
    ChannelName: |text| named(text, ADDRESSED), like "production";
    /// A branch's display name. At most 255 bytes of UTF-8.
    BranchName: |text| named(text, ADDRESSED), like "main";
    /// The native interface that an update needs; equals the binary's, as a string. At most 255 bytes of UTF-8.
    RuntimeVersion: |text| named(text, TRIMMED), like "1.0.0";
    /// What `codeSigningMetadata.keyid` says.
    KeyId: |text| text.min_length(Some(1)).max_length(Some(64)).pattern(Some(r"^[!#-\[\]-~]+$")), like "main";
    /// A platform.
    Platform: |text| text.enum_values(Some(["ios", "android"])), like "ios";
    /// The id of an update, of a group, of a device.
    Id: |text| text.pattern(Some("^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$")),
        like "0197a3c2-5b1e-7c44-9d53-8a0f6f0e2b11";
    /// SHA-256, 64 lower-case hexadecimal digits.
    Hash: |text| text.pattern(Some("^[0-9a-f]{64}$")),
        like "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08";
    /// An instant in UTC with exactly three digits of fraction.
    Instant: |text| text.pattern(Some(&format!("^(?:{DAY}|{LEAP_DAY})T(?:[01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9]\\.[0-9]{{3}}Z$"))),
        like "2026-01-27T09:00:00.000Z";
    /// The id that a publisher chooses for an update: a UUID of versions 1 to 8.
    NewId: |text| text.pattern(Some("^[0-9a-f]{8}-[0-9a-f]{4}-[1-8][0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$")),
        like "2b1f9c0a-0a4e-4bda-a2bc-3bd5d7a6f0b8";
    /// Where a file lies on another host.
    AssetUrl: |text| text.max_length(Some(2048)).pattern(Some(
            r"^https?://(?:[A-Za-z0-9_-]+\.)*[A-Za-z_-][A-Za-z0-9_-]*(?::[1-9][0-9]{0,3})?(?:[/?](?:[A-Za-z0-9._~:/?@!$&'()*+,;=\[\]-]|%[0-9A-Fa-f]{2})*)?$"
        )), like "https://cdn.example.com/updates/42/index.ios.bundle";
    /// SHA-256, 64 hexadecimal digits, or 43 characters of base64url.
    Sha256: |text| text.pattern(Some("^(?:[0-9a-fA-F]{64}|[A-Za-z0-9_-]{42}[AEIMQUYcgkosw048])$")),
        like "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08";
    /// A file's name without folders, which does not begin with a dot. At most 254 bytes of UTF-8.
    FileName: |text| text.max_length(Some(254)).pattern(Some(r"^[^./\\\x00-\x1f\x7f-\x9f][^/\\\x00-\x1f\x7f-\x9f]*$")),
        like "b62641afc9ab487008e996a5c5865e56.png";
    /// A media type.
    MediaType: |text| text.max_length(Some(255)).pattern(Some(r"^[!#$&^_.+0-9A-Za-z-]+/[!#$&^_.+0-9A-Za-z-]+ *(?:;[ -~]*)?$")),
        like "image/png";
    /// What names a commit: 1 to 255 characters, none of them a control character.
    AnyCommit: |text| text.min_length(Some(1)).max_length(Some(255)).pattern(Some(r"^[^\x00-\x1f\x7f-\x9f]+$")),
        like "cafe123";
    /// What changed, for people: at most 10,000 characters, none of them a control character but tabs and line ends.
    Message: |text| text.max_length(Some(10_000)).pattern(Some(PRINTABLE)), like "Faster start";
    /// A commit: 40 hexadecimal digits, or 64 in a SHA-256 repository.
    Commit: |text| text.pattern(Some("^(?:[0-9a-fA-F]{40}|[0-9a-fA-F]{64})$")),
        like "3f2a9c1e5b7d4a60c8e2f1b3d5a7968e0c4f2b1d";
    /// A branch in Git.
    GitBranch: |text| text.max_length(Some(1000)).pattern(Some(PRINTABLE)), like "main";
    /// A certificate's subject: 1 to 64 characters, none of them a control character.
    CommonName: |text| text.min_length(Some(1)).max_length(Some(64)).pattern(Some(r"^[^\x00-\x1f\x7f-\x9f]+$")),
        like "Example";
    /// A header as `name=value`.
    HeaderText: |text| text.pattern(Some(r"^[!#-'*+.^_`|~0-9A-Za-z-]+=[\x20-\x7e]*$")), like "accept=application/json";
    /// Padded standard base64 on one line.
    Base64: |text| text.pattern(Some(
            "^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/][AQgw]==|[A-Za-z0-9+/]{2}[AEIMQUYcgkosw048]=)?$"
        )), like "c2lnbmF0dXJl";
    /// 1 to 255 characters of ASCII, without control characters.
    IdempotencyKey: |text| text.min_length(Some(1)).max_length(Some(255)).pattern(Some("^[!-~](?:[ -~]*[!-~])?$")),
        like "4f6c1d1e-release-42";
}

macro_rules! numbers {
    ($($(#[doc = $doc:literal])* $name:ident: $shape:expr;)*) => {
        $(
            $(#[doc = $doc])*
            #[derive(Clone, Copy, Debug)]
            pub struct $name;

            impl PartialSchema for $name {
                fn schema() -> RefOr<Schema> {
                    let shape: fn(ObjectBuilder) -> ObjectBuilder = $shape;
                    let number = ObjectBuilder::new().schema_type(Type::Integer);
                    shape(number).description(Some(concat!($($doc, "\n"),*).trim())).into()
                }
            }

            impl ToSchema for $name {
                fn name() -> Cow<'static, str> {
                    Cow::Borrowed(stringify!($name))
                }
            }
        )*
    };
}

numbers! {
    /// Bits of an RSA key.
    KeyBits: |number| number.enum_values(Some([2048, 3072, 4096]));
    /// 0 to 2^53 - 1: what every reader of JSON reads alike.
    WholeNumber: |number| number.minimum(Some(0_u64)).maximum(Some(crate::number::LARGEST));
}

/// `*`, or entity tags with commas between them.
#[derive(Clone, Copy, Debug)]
pub struct EntityTags;

impl PartialSchema for EntityTags {
    fn schema() -> RefOr<Schema> {
        let text = || ObjectBuilder::new().schema_type(Type::String);
        let tags = r#"^(?:W/)?"[!#-~]*"(?:[ \t]*,[ \t]*(?:W/)?"[!#-~]*")*$"#;
        AnyOfBuilder::new().item(text().enum_values(Some(["*"]))).item(text().pattern(Some(tags))).into()
    }
}
