//! Two small grammars: `OkHttp`'s `MediaType` and the client's own for `content-disposition`, which was made from it and
//! allows white space around a parameter's parts.

/// A parsed content type.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct MediaType {
    /// The type before the slash, in lower case.
    pub(super) kind: String,
    parameters: Vec<(String, String)>,
}

impl MediaType {
    pub(super) fn parse(text: &str) -> Option<Self> {
        let (kind, rest) = take_token(text)?;
        let (_subtype, rest) = take_token(rest.strip_prefix('/')?)?;
        Some(Self { kind: kind.to_ascii_lowercase(), parameters: parse(rest, White::AfterSemicolon)? })
    }

    /// The first parameter of that name, in any case.
    pub(super) fn parameter(&self, name: &str) -> Option<&str> {
        self.parameters.iter().find(|(key, _)| key.eq_ignore_ascii_case(name)).map(|(_, value)| value.as_str())
    }
}

/// The parameters of a `content-disposition` from its first semicolon on; of the same name the first counts. None where
/// Android throws.
pub(super) fn of_disposition(parameters: &str) -> Option<Vec<(String, String)>> {
    parse(parameters, White::Everywhere)
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum White {
    AfterSemicolon,
    Everywhere,
}

fn parse(mut rest: &str, white: White) -> Option<Vec<(String, String)>> {
    let mut parameters = Vec::new();
    while !rest.is_empty() {
        rest = skip_white(rest.strip_prefix(';')?);
        let Some((key, value, after)) = take_parameter(rest, white) else { continue };
        parameters.push((String::from(key), unquote_single(value)));
        rest = if white == White::Everywhere { skip_white(after) } else { after };
    }
    Some(parameters)
}

fn take_parameter(text: &str, white: White) -> Option<(&str, &str, &str)> {
    let skip = |text| if white == White::Everywhere { skip_white(text) } else { text };
    let (key, rest) = take_token(text)?;
    let rest = skip(skip(rest).strip_prefix('=')?);
    let (value, rest) = match rest.strip_prefix('"') {
        Some(quoted) => quoted.split_once('"')?,
        None => take_token(rest)?,
    };
    Some((key, value, rest))
}

fn take_token(text: &str) -> Option<(&str, &str)> {
    let is_token = |c: char| c.is_ascii_alphanumeric() || "-!#$%&'*+.^_`{|}~".contains(c);
    let end = text.find(|c| !is_token(c)).unwrap_or(text.len());
    (end > 0).then(|| text.split_at(end))
}

/// Java's `\s`.
fn skip_white(text: &str) -> &str {
    text.trim_start_matches([' ', '\t', '\n', '\u{b}', '\u{c}', '\r'])
}

fn unquote_single(value: &str) -> String {
    let inner = value.strip_prefix('\'').and_then(|value| value.strip_suffix('\'')).filter(|inner| !inner.is_empty());
    String::from(inner.unwrap_or(value))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::{MediaType, of_disposition};

    #[test]
    fn content_types() {
        for (text, kind, boundary) in [
            ("multipart/mixed; boundary=abc", "multipart", Some("abc")),
            ("Multipart/Mixed;BOUNDARY=\"a b/c\"", "multipart", Some("a b/c")),
            ("multipart/mixed; charset=utf-8; boundary=abc;", "multipart", Some("abc")),
            ("multipart/mixed; boundary='abc'", "multipart", Some("abc")),
            ("application/expo+json", "application", None),
        ] {
            let parsed = MediaType::parse(text).unwrap();
            assert_eq!((parsed.kind.as_str(), parsed.parameter("boundary")), (kind, boundary), "{text}");
        }
        for text in [
            "",
            "multipart",
            "multipart/",
            "multipart/mixed boundary=a",
            "multipart/mixed; boundary=a/b",
            "multipart/mixed; boundary",
            "multipart/mixed; boundary=\"a",
            "multipart/mixed;boundary =a",
        ] {
            assert_eq!(MediaType::parse(text), None, "{text}");
        }
    }

    #[test]
    fn dispositions() {
        let name = |text: &str| {
            let parameters = of_disposition(text)?;
            parameters.into_iter().find(|(key, _)| key == "name").map(|(_, value)| value)
        };
        for text in ["; name=\"manifest\"", ";name=manifest", "; a=b ; name = \"manifest\" ", ";; name=manifest"] {
            assert_eq!(name(text).as_deref(), Some("manifest"), "{text}");
        }
        assert_eq!(of_disposition("; name").as_deref(), None);
        assert_eq!(of_disposition("; name=a b").as_deref(), None);
        assert_eq!(name("; Name=manifest"), None);
    }

    proptest! {
        #[test]
        fn never_panic(text in any::<String>(), parameters in ";[ -~]{0,40}") {
            let _ = MediaType::parse(&text);
            let _ = of_disposition(&parameters);
        }
    }
}
