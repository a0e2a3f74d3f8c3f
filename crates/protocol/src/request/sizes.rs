//! How much a stranger may send in headers.

use http::HeaderMap;

use super::error::RequestError;

/// One header: name and value. The longest that a client has reason to send is a fatal error of 1,025 characters.
pub const MAX_HEADER_BYTES: usize = 16 * 1024;
/// All headers: names and values.
pub const MAX_ALL_HEADERS_BYTES: usize = 32 * 1024;
/// As much of a header's name as an error repeats.
const SHOWN_NAME_BYTES: usize = 64;

/// Refuses requests with too many header bytes, naming the largest header. For every device route: a check does it by
/// itself ([`super::parse_check`]).
pub fn check_header_sizes(headers: &HeaderMap) -> Result<(), RequestError> {
    let mut total = 0;
    let mut largest = ("", 0);
    for (name, value) in headers {
        let length = name.as_str().len() + value.len();
        total += length;
        if length > largest.1 {
            largest = (name.as_str(), length);
        }
    }
    let (name, length) = largest;
    // Header names are ASCII, so any length is a cut between characters.
    let field = || name[..name.len().min(SHOWN_NAME_BYTES)].to_owned();
    if length > MAX_HEADER_BYTES {
        return Err(RequestError::HeaderTooLarge { field: field(), length, limit: MAX_HEADER_BYTES });
    }
    if total > MAX_ALL_HEADERS_BYTES {
        return Err(RequestError::HeadersTooLarge { field: field(), length: total, limit: MAX_ALL_HEADERS_BYTES });
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use http::{HeaderMap, HeaderName, HeaderValue};

    use super::{MAX_ALL_HEADERS_BYTES, MAX_HEADER_BYTES, RequestError, check_header_sizes};

    fn with(sizes: &[(&str, usize)]) -> HeaderMap {
        let mut headers = HeaderMap::new();
        for (name, size) in sizes {
            let value = HeaderValue::from_str(&"x".repeat(size - name.len())).unwrap();
            headers.append(name.parse::<HeaderName>().unwrap(), value);
        }
        headers
    }

    #[test]
    fn one_header_has_a_limit() {
        assert_eq!(check_header_sizes(&with(&[("x-a", MAX_HEADER_BYTES), ("x-b", 10)])), Ok(()));
        let error = check_header_sizes(&with(&[("x-b", 10), ("x-a", MAX_HEADER_BYTES + 1)])).unwrap_err();
        let expected = RequestError::HeaderTooLarge {
            field: "x-a".to_owned(),
            length: MAX_HEADER_BYTES + 1,
            limit: MAX_HEADER_BYTES,
        };
        assert_eq!(error, expected);
        assert_eq!(error.status(), 431);
        assert_eq!(error.field(), "x-a");
    }

    #[test]
    fn all_together_have_a_limit_even_under_one_name() {
        let half = MAX_ALL_HEADERS_BYTES / 2;
        assert_eq!(check_header_sizes(&with(&[("x-a", half), ("x-a", half)])), Ok(()));
        let error = check_header_sizes(&with(&[("x-small", 20), ("x-a", half - 100), ("x-large", half), ("x-b", 100)]));
        let expected = RequestError::HeadersTooLarge {
            field: "x-large".to_owned(),
            length: MAX_ALL_HEADERS_BYTES + 20,
            limit: MAX_ALL_HEADERS_BYTES,
        };
        assert_eq!(error, Err(expected));
    }

    #[test]
    fn a_long_name_is_not_repeated_whole() {
        let name = "x".repeat(30_000);
        let error = check_header_sizes(&with(&[(&name, 30_001)])).unwrap_err();
        assert_eq!(error.field().len(), 64);
        assert!(error.to_string().len() < 200);
    }
}
