//! The condition of a change: `If-Match` (RFC 9110 §13.1.1).

use http::{HeaderMap, header};
use publishing::IfMatch;

use crate::failure::Failure;

/// The condition that a request makes, if it makes one.
pub fn read(headers: &HeaderMap) -> Result<Option<IfMatch>, Failure> {
    let mut tags = Vec::new();
    let mut any = false;
    for line in headers.get_all(header::IF_MATCH) {
        let line = line.to_str().ok().map(str::trim).filter(|line| !line.is_empty());
        let read = match line {
            Some("*") => {
                any = true;
                Some(Vec::new())
            }
            line => line.and_then(listed),
        };
        tags.extend(read.ok_or_else(|| Failure::bad_field("if-match", "it is neither `*` nor a list of entity tags"))?);
    }
    Ok(match (any, headers.contains_key(header::IF_MATCH)) {
        (true, _) => Some(IfMatch::Any),
        (false, true) => Some(IfMatch::Tags(tags)),
        (false, false) => None,
    })
}

/// The tags of a list, with their quotes and, where they are weak, with `W/`. A tag may hold commas.
fn listed(line: &str) -> Option<Vec<String>> {
    let mut tags = Vec::new();
    let mut rest = line;
    loop {
        let quoted = rest.strip_prefix("W/").unwrap_or(rest).strip_prefix('"')?;
        let (tag, after) = quoted.split_once('"')?;
        if !tag.bytes().all(|byte| byte == b'!' || (b'#'..=b'~').contains(&byte)) {
            return None;
        }
        tags.push(rest[..rest.len() - after.len()].to_owned());
        let after = after.trim_start_matches([' ', '\t']);
        if after.is_empty() {
            return Some(tags);
        }
        rest = after.strip_prefix(',')?.trim_start_matches([' ', '\t']);
    }
}

#[cfg(test)]
mod tests {
    use http::HeaderMap;
    use publishing::IfMatch;

    use super::read;

    fn of(lines: &[&str]) -> Result<Option<IfMatch>, ()> {
        let mut headers = HeaderMap::new();
        for line in lines {
            headers.append("if-match", line.parse().unwrap());
        }
        read(&headers).map_err(|_| ())
    }

    #[test]
    fn a_condition_is_a_star_or_a_list_of_tags() {
        let tags = |tags: &[&str]| Ok(Some(IfMatch::Tags(tags.iter().map(|&tag| tag.into()).collect())));
        assert_eq!(of(&[]), Ok(None));
        assert_eq!(of(&["*"]), Ok(Some(IfMatch::Any)));
        assert_eq!(of(&["\"a\""]), tags(&["\"a\""]));
        assert_eq!(of(&["\"a,b\" ,\tW/\"c\""]), tags(&["\"a,b\"", "W/\"c\""]));
        assert_eq!(of(&["\"a\"", "\"b\""]), tags(&["\"a\"", "\"b\""]));
        for malformed in ["", "a", "\"a", "\"a\"b", "\"a\",", "*,\"a\"", "w/\"a\"", "\"a b\""] {
            assert_eq!(of(&[malformed]), Err(()), "{malformed:?}");
        }
    }
}
