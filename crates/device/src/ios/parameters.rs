//! `UpdatesParameterParser`: how iOS reads `name=value` pairs between semicolons, exact in the names' case.

/// The value of the last parameter of that name; none where there is none or it is empty (which would raise an
/// exception).
pub(super) fn value(text: &str, name: &str) -> Option<String> {
    let mut found = None;
    let mut rest = text;
    while !rest.is_empty() {
        let key_end = rest.find([';', '=']).unwrap_or(rest.len());
        let (key, after) = rest.split_at(key_end);
        let (value, after) = match after.strip_prefix('=') {
            Some(value) => {
                let (value, after) = value.split_at(end_of_value(value));
                (unquote(value.trim()), after)
            }
            None => (None, after),
        };
        if key.trim() == name {
            found = value.map(String::from);
        }
        rest = after.strip_prefix(';').unwrap_or(after);
    }
    found
}

/// The next semicolon outside quotes.
fn end_of_value(text: &str) -> usize {
    let (mut is_quoted, mut is_escaped) = (false, false);
    for (position, character) in text.char_indices() {
        if !is_quoted && character == ';' {
            return position;
        }
        if !is_escaped && character == '"' {
            is_quoted = !is_quoted;
        }
        is_escaped = !is_escaped && character == '\\';
    }
    text.len()
}

fn unquote(value: &str) -> Option<&str> {
    let inner = value.strip_prefix('"').and_then(|value| value.strip_suffix('"')).unwrap_or(value);
    (!inner.is_empty()).then_some(inner)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::value;

    #[test]
    fn reads_what_the_parser_reads() {
        for (text, expected) in [
            ("multipart/mixed; boundary=abc", Some("abc")),
            ("multipart/mixed;boundary=\"a;b\"; x=1", Some("a;b")),
            ("multipart/mixed; boundary=a/b", Some("a/b")),
            ("multipart/mixed; boundary = abc ", Some("abc")),
            ("multipart/mixed; boundary=a=b", Some("a=b")),
            ("multipart/mixed; boundary=\"a\\\";b\"", Some("a\\\";b")),
            ("multipart/mixed; boundary=a; boundary=b", Some("b")),
            ("multipart/mixed; Boundary=abc", None),
            ("multipart/mixed; boundary", None),
            ("multipart/mixed; boundary=\"\"", None),
            ("multipart/mixed", None),
            ("", None),
        ] {
            assert_eq!(value(text, "boundary").as_deref(), expected, "{text}");
        }
    }

    proptest! {
        #[test]
        fn never_panics(text in any::<String>(), name in any::<String>()) {
            let _ = value(&text, &name);
        }
    }
}
