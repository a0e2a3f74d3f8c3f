//! `okhttp3.MultipartReader`: how Android cuts a multipart body into parts.

use crate::bytes::find;
use crate::refusal::{Law, Refusal};
use crate::rule::Rule;

/// A part with its headers, lenient as `Headers.Builder.addLenient` makes them.
#[derive(Debug)]
pub(super) struct Part<'a> {
    headers: Vec<(String, String)>,
    pub(super) body: &'a [u8],
}

impl Part<'_> {
    /// The last header of that name, in any case.
    pub(super) fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().rev().find(|(key, _)| key.eq_ignore_ascii_case(name)).map(|(_, value)| value.as_str())
    }
}

/// Cuts a body that is not empty. What comes before the first delimiter and after the close delimiter is skipped.
pub(super) fn read<'a>(body: &'a [u8], boundary: &str, law: Law) -> Result<Vec<Part<'a>>, Refusal> {
    let delimiter = [b"\r\n--", boundary.as_bytes()].concat();
    let mut parts = Vec::new();
    let first = &delimiter[2..];
    let mut rest = if body.starts_with(first) {
        &body[first.len()..]
    } else {
        match find(body, &delimiter, 0) {
            Some(start) => &body[start + delimiter.len()..],
            None => return no_delimiter(parts, law),
        }
    };
    loop {
        rest = match after_delimiter(rest, law)? {
            After::Close if parts.is_empty() => {
                law.refuse(Rule::MultipartHasPart, "the close delimiter comes without a part before it")?;
                return Ok(parts);
            }
            After::Close => return Ok(parts),
            After::Part(part) => part,
        };
        let (headers, content) = read_headers(rest);
        let Some(end) = find(content, &delimiter, 0) else {
            parts.push(Part { headers, body: content });
            return no_delimiter(parts, law);
        };
        parts.push(Part { headers, body: &content[..end] });
        rest = &content[end + delimiter.len()..];
    }
}

fn no_delimiter(parts: Vec<Part<'_>>, law: Law) -> Result<Vec<Part<'_>>, Refusal> {
    law.refuse(Rule::CloseDelimiterIsPresent, "the body ends without the close delimiter")?;
    Ok(parts)
}

enum After<'a> {
    /// `--`: no more parts. What follows is not read, so the client misses no CRLF there.
    Close,
    /// CRLF, and the part behind it.
    Part(&'a [u8]),
}

fn after_delimiter(rest: &[u8], law: Law) -> Result<After<'_>, Refusal> {
    let padding = rest.iter().take_while(|byte| matches!(byte, b' ' | b'\t')).count();
    let line_end = &rest[padding..];
    if let Some(part) = line_end.strip_prefix(b"\r\n") {
        return Ok(After::Part(part));
    }
    if padding == 0 && rest.starts_with(b"--") {
        return Ok(After::Close);
    }
    law.refuse(Rule::DelimiterEndsInCrlf, "a delimiter is followed by something other than CRLF")?;
    Ok(After::Part(line_end.strip_prefix(b"\n").unwrap_or(line_end)))
}

/// Header lines up to an empty one; a line ends in LF, with or without CR before it.
fn read_headers(mut rest: &[u8]) -> (Vec<(String, String)>, &[u8]) {
    let mut headers = Vec::new();
    while let Some(end) = find(rest, b"\n", 0) {
        let line = rest[..end].strip_suffix(b"\r").unwrap_or(&rest[..end]);
        rest = &rest[end + 1..];
        if line.is_empty() {
            break;
        }
        let line = String::from_utf8_lossy(line);
        // A colon in the first place belongs to the name.
        let colon = line.char_indices().skip(1).find(|(_, c)| *c == ':').map(|(at, _)| at);
        let (name, value) = match colon {
            Some(colon) => (&line[..colon], line[colon + 1..].trim()),
            None => ("", line.trim()),
        };
        headers.push((String::from(name), String::from(value)));
    }
    (headers, rest)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use protocol::Platform;

    use super::read;
    use crate::refusal::Law;
    use crate::rule::{Rule, RuleSet};

    const LAW: Law = Law { platform: Platform::Android, rules: RuleSet::ALL };

    fn bodies(text: &str) -> Result<Vec<String>, Rule> {
        let parts = read(text.as_bytes(), "b", LAW).map_err(|refusal| refusal.rule)?;
        Ok(parts.iter().map(|part| String::from_utf8(part.body.to_vec()).unwrap()).collect())
    }

    #[test]
    fn cuts_as_the_library_does() {
        for (text, expected) in [
            ("--b\r\na: 1\r\n\r\none\r\n--b\r\n\r\ntwo\r\n--b--\r\n", vec!["one", "two"]),
            ("preamble\r\n--b\r\n\r\none\r\n--b--", vec!["one"]),
            ("--b \t\r\na: 1\n\none\r\n--b--epilogue", vec!["one"]),
            ("--b\r\n\r\n\r\n--b--", vec![""]),
        ] {
            assert_eq!(bodies(text).unwrap(), expected, "{text:?}");
        }
        for (text, rule) in [
            ("--b--\r\n", Rule::MultipartHasPart),
            ("--b\n\none\r\n--b--", Rule::DelimiterEndsInCrlf),
            ("--b\r\n\r\nline\r\n--beyond\r\n--b--", Rule::DelimiterEndsInCrlf),
            ("--b\r\n\r\none", Rule::CloseDelimiterIsPresent),
            ("--b\r\n\r\none\r\n--b --", Rule::DelimiterEndsInCrlf),
            ("nothing", Rule::CloseDelimiterIsPresent),
        ] {
            assert_eq!(bodies(text), Err(rule), "{text:?}");
        }
    }

    #[test]
    fn finds_headers_in_any_case_and_takes_the_last() {
        let parts = read(b"--b\r\nA: 1\r\na:2 \r\n:c: d\r\nnone\r\n\r\n\r\n--b--", "b", LAW).unwrap();
        assert_eq!(parts[0].header("a"), Some("2"));
        assert_eq!(parts[0].header(":c"), Some("d"));
        assert_eq!(parts[0].header("x"), None);
    }

    proptest! {
        #[test]
        fn never_panics(body in any::<Vec<u8>>(), boundary in any::<String>()) {
            let _ = read(&body, &boundary, LAW);
        }
    }
}
