//! The address that binaries ask, in its spellings.

use reqwest::Url;

/// The default app answers at its own address too, as every app does.
const DEFAULT_APP: &str = "/apps/default/update";

/// Whether both are one address, whatever the case of the host, a port that goes without saying, and the default app's
/// long name.
pub(crate) fn is_same(one: &str, other: &str) -> bool {
    match (normal(one), normal(other)) {
        (Some(one), Some(other)) => one == other,
        _ => one == other,
    }
}

fn normal(text: &str) -> Option<Url> {
    // Parsing lowers the host and drops the default port.
    let mut url = Url::parse(text).ok()?;
    url.set_fragment(None);
    if let Some(base) = url.path().strip_suffix(DEFAULT_APP).map(str::to_owned) {
        url.set_path(&format!("{base}/update"));
    }
    Some(url)
}

#[cfg(test)]
mod tests {
    use super::is_same;

    #[test]
    fn spellings_of_one_address_are_the_same() {
        for (one, other, expected) in [
            ("https://u.example/update", "https://u.example/update", true),
            ("https://U.Example/update", "https://u.example/update", true),
            ("HTTPS://u.example:443/update", "https://u.example/update", true),
            ("http://u.example:80/update", "http://u.example/update", true),
            ("https://u.example/apps/default/update", "https://u.example/update", true),
            ("https://u.example/beneath/apps/default/update", "https://u.example/beneath/update", true),
            ("https://u.example/apps/shop/update", "https://u.example/update", false),
            ("https://u.example/Update", "https://u.example/update", false),
            ("https://u.example:8443/update", "https://u.example/update", false),
            ("http://u.example/update", "https://u.example/update", false),
            ("https://u.example/update?channel=a", "https://u.example/update", false),
            ("not an address", "not an address", true),
            ("not an address", "https://u.example/update", false),
        ] {
            assert_eq!(is_same(one, other), expected, "{one} {other}");
            assert_eq!(is_same(other, one), expected, "{other} {one}");
        }
    }
}
