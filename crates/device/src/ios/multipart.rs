//! `UpdatesMultipartStreamReader`: how iOS cuts a multipart body into parts.

use crate::bytes::find;
use crate::refusal::{Law, Refusal};
use crate::rule::Rule;

/// A part with its headers as they were written.
#[derive(Debug)]
pub(super) struct Part<'a> {
    headers: Vec<(String, String)>,
    pub(super) body: &'a [u8],
}

impl Part<'_> {
    /// The last header of exactly that name.
    pub(super) fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().rev().find(|(key, _)| key == name).map(|(_, value)| value.as_str())
    }

    pub(super) fn header_in_any_case(&self, name: &str) -> Option<&str> {
        self.headers.iter().rev().find(|(key, _)| key.eq_ignore_ascii_case(name)).map(|(_, value)| value.as_str())
    }
}

/// Cuts a body that is not empty. The first delimiter needs no line before it; every other one begins with the CRLF
/// that ends the body, and the close delimiter counts only with the CRLF behind it.
pub(super) fn read<'a>(body: &'a [u8], boundary: &str, law: Law) -> Result<Vec<Part<'a>>, Refusal> {
    let first = format!("--{boundary}\r\n").into_bytes();
    let next = format!("\r\n--{boundary}\r\n").into_bytes();
    let close = format!("\r\n--{boundary}--\r\n").into_bytes();
    let mut parts = Vec::new();
    let Some(at) = find(body, &first, 0) else { return no_first_delimiter(body, boundary, law) };
    let skipped = find(body, format!("--{boundary}\n").as_bytes(), 0).filter(|lf| *lf < at);
    if let Some(lf) = skipped {
        law.refuse(Rule::DelimiterEndsInCrlf, "a delimiter ends in LF, so iOS takes its part for a preamble")?;
        let content = lf + boundary.len() + 3;
        let end = find(body, &next, content).unwrap_or(body.len());
        parts.extend(read_part(&body[content..end], law)?);
    }
    let mut start = at + first.len();
    loop {
        if let Some(end) = find(body, &next, start) {
            parts.extend(read_part(&body[start..end], law)?);
            start = end + next.len();
            continue;
        }
        let end = find(body, &close, start);
        let Some(end) = end else { return no_close_delimiter(body, start, boundary, parts, law) };
        parts.extend(read_part(&body[start..end], law)?);
        return Ok(parts);
    }
}

/// iOS then finds nothing, or a close delimiter alone, which it takes for an empty answer whatever lies before it.
fn no_first_delimiter<'a>(body: &'a [u8], boundary: &str, law: Law) -> Result<Vec<Part<'a>>, Refusal> {
    let delimiter = format!("--{boundary}").into_bytes();
    let Some(at) = find(body, &delimiter, 0) else {
        law.refuse(Rule::CloseDelimiterIsPresent, "the body has no delimiter")?;
        return Ok(Vec::new());
    };
    let behind = &body[at + delimiter.len()..];
    if behind.starts_with(b"--") {
        let is_whole = body[..at].ends_with(b"\r\n") && behind.starts_with(b"--\r\n");
        law.require(Rule::MultipartHasPart, is_whole, || {
            String::from("the close delimiter comes without a part before it")
        })?;
        return Ok(Vec::new());
    }
    law.refuse(Rule::DelimiterEndsInCrlf, "a delimiter is followed by something other than CRLF")?;
    let end = find(behind, format!("\r\n--{boundary}").as_bytes(), 0).unwrap_or(behind.len());
    Ok(read_part(behind[..end].strip_prefix(b"\n").unwrap_or(&behind[..end]), law)?.into_iter().collect())
}

/// The stream ends: which of the close delimiter's parts is missing?
fn no_close_delimiter<'a>(
    body: &'a [u8],
    start: usize,
    boundary: &str,
    mut parts: Vec<Part<'a>>,
    law: Law,
) -> Result<Vec<Part<'a>>, Refusal> {
    let almost = find(body, format!("\r\n--{boundary}--").as_bytes(), start);
    match almost {
        Some(_) => {
            law.refuse(
                Rule::CloseDelimiterEndsInCrlf,
                "the close delimiter is not followed by CRLF, so iOS finds none",
            )?;
        }
        None => law.refuse(Rule::CloseDelimiterIsPresent, "the body ends without the close delimiter")?,
    }
    parts.extend(read_part(&body[start..almost.unwrap_or(body.len())], law)?);
    Ok(parts)
}

/// None where the part has no header block, or one that ends in bare LFs.
fn read_part(chunk: &[u8], law: Law) -> Result<Option<Part<'_>>, Refusal> {
    const END: &[u8] = b"\r\n\r\n";
    if let Some(end) = find(chunk, END, 0) {
        return Ok(Some(Part { headers: read_headers(&chunk[..end], "\r\n"), body: &chunk[end + END.len()..] }));
    }
    law.refuse(Rule::PartHeadersEndInCrlf, "a part's headers do not end in two CRLFs, so iOS passes over the part")?;
    let end = find(chunk, b"\n\n", 0);
    Ok(end.map(|end| Part { headers: read_headers(&chunk[..end], "\n"), body: &chunk[end + 2..] }))
}

fn read_headers(block: &[u8], line_end: &str) -> Vec<(String, String)> {
    let Ok(text) = std::str::from_utf8(block) else { return Vec::new() };
    let lines = text.split(line_end).filter_map(|line| line.split_once(':'));
    lines.map(|(name, value)| (String::from(name), String::from(value.trim()))).collect()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use protocol::Platform;

    use super::read;
    use crate::refusal::Law;
    use crate::rule::{Rule, RuleSet};

    const LAW: Law = Law { platform: Platform::Ios, rules: RuleSet::ALL };

    fn bodies(text: &str) -> Result<Vec<String>, Rule> {
        let parts = read(text.as_bytes(), "b", LAW).map_err(|refusal| refusal.rule)?;
        Ok(parts.iter().map(|part| String::from_utf8(part.body.to_vec()).unwrap()).collect())
    }

    #[test]
    fn cuts_as_the_reader_does() {
        for (text, expected) in [
            ("--b\r\na: 1\r\n\r\none\r\n--b\r\nc: 2\r\n\r\ntwo\r\n--b--\r\n", vec!["one", "two"]),
            ("preamble--b\r\na: 1\r\n\r\none\r\n--b--\r\nepilogue", vec!["one"]),
            ("--b\r\na: 1\r\n\r\nline\r\n--beyond\r\n--b--\r\n", vec!["line\r\n--beyond"]),
            ("\r\n--b--\r\n", vec![]),
        ] {
            assert_eq!(bodies(text).unwrap(), expected, "{text:?}");
        }
        for (text, rule) in [
            ("--b--\r\n", Rule::MultipartHasPart),
            ("--b\na: 1\n\none\r\n--b--\r\n", Rule::DelimiterEndsInCrlf),
            ("--b\r\na: 1\r\n\r\none\r\n--b--", Rule::CloseDelimiterEndsInCrlf),
            ("--b\r\na: 1\r\n\r\none\r\n--b--\n", Rule::CloseDelimiterEndsInCrlf),
            ("--b\r\na: 1\r\n\r\none--b--\r\n", Rule::CloseDelimiterIsPresent),
            ("--b\r\na: 1\n\none\r\n--b--\r\n", Rule::PartHeadersEndInCrlf),
            ("--b\r\n\r\none\r\n--b--\r\n", Rule::PartHeadersEndInCrlf),
            ("nothing", Rule::CloseDelimiterIsPresent),
        ] {
            assert_eq!(bodies(text), Err(rule), "{text:?}");
        }
    }

    #[test]
    fn keeps_the_case_of_names() {
        let parts = read(b"--b\r\nA: 1\r\nb : 2\r\n\r\n\r\n--b--\r\n", "b", LAW).unwrap();
        assert_eq!((parts[0].header("a"), parts[0].header("A")), (None, Some("1")));
        assert_eq!(parts[0].header_in_any_case("a"), Some("1"));
        assert_eq!((parts[0].header("b"), parts[0].header("b ")), (None, Some("2")));
    }

    proptest! {
        #[test]
        fn never_panics(body in any::<Vec<u8>>(), boundary in any::<String>()) {
            let _ = read(&body, &boundary, LAW);
        }
    }
}
