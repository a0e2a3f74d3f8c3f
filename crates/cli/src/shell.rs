//! Words of a command line, as one would type them.

use std::borrow::Cow;

/// The text as one word of a POSIX shell's line.
pub(crate) fn word(text: &str) -> Cow<'_, str> {
    let is_plain = |c: char| c.is_alphanumeric() || matches!(c, '-' | '_' | '.' | '/' | ':' | '+' | '@' | '%' | ',');
    if !text.is_empty() && !text.starts_with('-') && text.chars().all(is_plain) {
        Cow::Borrowed(text)
    } else {
        Cow::Owned(format!("'{}'", text.replace('\'', r"'\''")))
    }
}

#[cfg(test)]
mod tests {
    use super::word;

    #[test]
    fn only_what_a_shell_would_split_is_quoted() {
        for (text, expected) in [
            ("production", "production"),
            ("feature/x", "feature/x"),
            ("café", "café"),
            ("my channel", "'my channel'"),
            ("it's", r"'it'\''s'"),
            ("$(x)", "'$(x)'"),
            ("", "''"),
        ] {
            assert_eq!(word(text), expected);
        }
    }
}
