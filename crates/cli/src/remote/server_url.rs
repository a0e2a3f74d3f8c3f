//! Where the server is.

use std::fmt;
use std::net::IpAddr;
use std::str::FromStr;

use reqwest::Url;

/// An `http` or `https` URL without credentials, query or fragment; a path in front of the server's own is kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ServerUrl(Url);

/// Why a text is not a server's URL.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ServerUrlError {
    /// Not a URL at all, or without a host.
    #[error("it is not a URL such as https://updates.example.com")]
    NotUrl,
    /// Another scheme.
    #[error("it must begin with http:// or https://")]
    Scheme,
    /// A name, password, query or fragment.
    #[error("it may have a host, a port and a path, and nothing else")]
    TooMuch,
}

impl ServerUrl {
    /// The address of a path on the server; each segment is percent-encoded.
    pub(crate) fn join(&self, segments: &[&str]) -> Url {
        let mut url = self.0.clone();
        // Never an error: parsing refused URLs that cannot be a base.
        if let Ok(mut path) = url.path_segments_mut() {
            path.pop_if_empty().extend(segments);
        }
        url
    }

    /// Whether nobody in between can read along: encrypted, or within this computer.
    pub(crate) fn is_private(&self) -> bool {
        self.0.scheme() == "https" || self.is_loopback()
    }

    /// Whether the server is this computer, without encryption.
    pub(crate) fn is_plain_loopback(&self) -> bool {
        self.0.scheme() == "http" && self.is_loopback()
    }

    /// Whether the server is this computer. It is then never asked through a proxy.
    pub(crate) fn is_loopback(&self) -> bool {
        let host = self.0.host_str().unwrap_or_default();
        host == "localhost"
            || host.ends_with(".localhost")
            || host.trim_matches(['[', ']']).parse::<IpAddr>().is_ok_and(|address| address.is_loopback())
    }
}

impl FromStr for ServerUrl {
    type Err = ServerUrlError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let mut url = Url::parse(text).map_err(|_| ServerUrlError::NotUrl)?;
        if !matches!(url.scheme(), "http" | "https") {
            return Err(ServerUrlError::Scheme);
        }
        if !url.username().is_empty() || url.password().is_some() || url.query().is_some() || url.fragment().is_some() {
            return Err(ServerUrlError::TooMuch);
        }
        // Two ways to write one address are one address.
        let path = url.path().trim_end_matches('/').to_owned();
        url.set_path(&path);
        Ok(Self(url))
    }
}

impl fmt::Display for ServerUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.0.as_str().trim_end_matches('/'))
    }
}

#[cfg(test)]
mod tests {
    use super::{ServerUrl, ServerUrlError};

    #[test]
    fn takes_hosts_ports_and_paths_only() {
        for (text, expected) in [
            ("https://updates.example.com", Ok("https://updates.example.com")),
            ("http://localhost:8080/", Ok("http://localhost:8080")),
            ("https://example.com/updraft/", Ok("https://example.com/updraft")),
            ("updates.example.com", Err(ServerUrlError::NotUrl)),
            ("localhost:8080", Err(ServerUrlError::Scheme)),
            ("ftp://example.com", Err(ServerUrlError::Scheme)),
            ("", Err(ServerUrlError::NotUrl)),
            ("https://me:secret@example.com", Err(ServerUrlError::TooMuch)),
            ("https://example.com?a=b", Err(ServerUrlError::TooMuch)),
            ("https://example.com#top", Err(ServerUrlError::TooMuch)),
        ] {
            let parsed = text.parse::<ServerUrl>().map(|url| url.to_string());
            assert_eq!(parsed, expected.map(str::to_owned), "{text}");
        }
    }

    #[test]
    fn joins_encoded_segments_below_its_own_path() {
        for (server, expected) in [
            ("https://a.example", "https://a.example/api/ca%20f%C3%A9%2F%3F"),
            ("https://a.example/x/", "https://a.example/x/api/ca%20f%C3%A9%2F%3F"),
            ("https://a.example/x", "https://a.example/x/api/ca%20f%C3%A9%2F%3F"),
        ] {
            let server: ServerUrl = server.parse().unwrap();
            assert_eq!(server.join(&["api", "ca fé/?"]).as_str(), expected);
        }
    }

    #[test]
    fn only_encrypted_or_local_connections_are_private() {
        for (server, private) in [
            ("https://a.example", true),
            ("http://a.example", false),
            ("http://localhost:8080", true),
            ("http://127.0.0.1", true),
            ("http://[::1]:8080", true),
            ("http://192.168.1.2", false),
            ("http://localhost.example", false),
        ] {
            assert_eq!(server.parse::<ServerUrl>().unwrap().is_private(), private, "{server}");
        }
    }
}
