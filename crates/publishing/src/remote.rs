//! Files that lie on another host: where, under which name, with which bytes.

mod address;

use std::fmt;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::sync::Arc;

use model::BlobHash;
use protocol::asset_hash::parse_asset_hash;

pub use address::is_public;

/// An address that a phone fetches a file from: `http` or `https`, absolute, without a user name and a fragment.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct AssetUrl {
    text: Arc<str>,
    host: Arc<str>,
    address: Option<IpAddr>,
}

/// Why a text is no [`AssetUrl`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum AssetUrlError {
    /// Longer than any phone or CDN can be trusted with.
    #[error("it has more than {} bytes", AssetUrl::MAX_BYTES)]
    TooLong,
    /// `file:`, `data:`, a path, or nothing.
    #[error("it does not begin with http:// or https://")]
    Scheme,
    /// What RFC 3986 does not allow in a URL; iOS parses none with it.
    #[error("it has the character {0:?}, which must be percent-encoded")]
    Character(char),
    /// A `%` that begins no escape.
    #[error("it has a % without two hexadecimal digits after it")]
    Escape,
    /// A fragment is never sent.
    #[error("it has a fragment (#…), which is never sent")]
    Fragment,
    /// Whoever fetches it leaves such parts out in its own way, or does not, so that two may fetch two files.
    #[error("its path has the part {0:?}, which readers resolve differently; write the path without it")]
    DotSegment(&'static str),
    /// A password in a manifest is known to every phone.
    #[error("it carries a user name")]
    UserName,
    /// Nobody to ask.
    #[error("it names no host")]
    Host,
    /// `http://0x7f.1/` is `127.0.0.1` to some readers and a name to others.
    #[error("its host is a number that is not written as an address, such as 203.0.113.7 or [2001:db8::7]")]
    OddAddress,
    /// Not a number from 1 to 65535.
    #[error("its port is none")]
    Port,
}

impl AssetUrl {
    /// The longest URL, in bytes.
    pub const MAX_BYTES: usize = 2_048;

    /// Reads the text as it is; it is written into the manifest unchanged.
    pub fn parse(text: &str) -> Result<Self, AssetUrlError> {
        if text.len() > Self::MAX_BYTES {
            return Err(AssetUrlError::TooLong);
        }
        let (scheme, rest) = text.split_once("://").ok_or(AssetUrlError::Scheme)?;
        if !scheme.eq_ignore_ascii_case("https") && !scheme.eq_ignore_ascii_case("http") {
            return Err(AssetUrlError::Scheme);
        }
        check_characters(text)?;
        if text.contains('#') {
            return Err(AssetUrlError::Fragment);
        }
        let authority = rest.split(['/', '?']).next().unwrap_or_default();
        if authority.contains('@') {
            return Err(AssetUrlError::UserName);
        }
        let (host, port) = host_and_port(authority)?;
        if port.is_some_and(|port| port.parse::<u16>().map_or(true, |port| port == 0)) {
            return Err(AssetUrlError::Port);
        }
        check_path(rest.get(authority.len()..).unwrap_or_default())?;
        Ok(Self { address: address_of(host)?, text: text.into(), host: host.into() })
    }

    /// The text, as it was written.
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// The host, an IPv6 address in its brackets.
    pub fn host(&self) -> &str {
        &self.host
    }

    /// The address that the host is known to be without asking anybody: an address written out, or `localhost`.
    pub fn known_address(&self) -> Option<IpAddr> {
        self.address
    }
}

impl fmt::Display for AssetUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

impl fmt::Debug for AssetUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&*self.text, f)
    }
}

fn check_characters(text: &str) -> Result<(), AssetUrlError> {
    let bytes = text.as_bytes();
    for (position, character) in text.char_indices() {
        match character {
            '%' => match bytes.get(position + 1..position + 3) {
                Some(digits) if digits.iter().all(u8::is_ascii_hexdigit) => {}
                _ => return Err(AssetUrlError::Escape),
            },
            _ if character.is_ascii_alphanumeric() || "-._~:/?#[]@!$&'()*+,;=".contains(character) => {}
            _ => return Err(AssetUrlError::Character(character)),
        }
    }
    Ok(())
}

fn check_path(path_and_query: &str) -> Result<(), AssetUrlError> {
    let path = path_and_query.split('?').next().unwrap_or_default();
    for part in path.split('/') {
        match part.to_ascii_lowercase().replace("%2e", ".").as_str() {
            "." => return Err(AssetUrlError::DotSegment(".")),
            ".." => return Err(AssetUrlError::DotSegment("..")),
            _ => {}
        }
    }
    Ok(())
}

fn host_and_port(authority: &str) -> Result<(&str, Option<&str>), AssetUrlError> {
    let end_of_host = match authority.strip_prefix('[') {
        Some(_) => authority.find(']').ok_or(AssetUrlError::Host)? + 1,
        None => authority.find(':').unwrap_or(authority.len()),
    };
    let (host, rest) = authority.split_at(end_of_host);
    match rest.strip_prefix(':') {
        _ if host.is_empty() => Err(AssetUrlError::Host),
        None if rest.is_empty() => Ok((host, None)),
        // A colon without a port means the usual one.
        Some("") => Ok((host, None)),
        Some(port) => Ok((host, Some(port))),
        None => Err(AssetUrlError::Host),
    }
}

fn address_of(host: &str) -> Result<Option<IpAddr>, AssetUrlError> {
    if let Some(inner) = host.strip_prefix('[').and_then(|host| host.strip_suffix(']')) {
        return inner.parse::<Ipv6Addr>().map(|address| Some(address.into())).map_err(|_| AssetUrlError::OddAddress);
    }
    if !host.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-._".contains(&byte)) {
        return Err(AssetUrlError::Host);
    }
    let name = host.strip_suffix('.').unwrap_or(host);
    let last = name.rsplit('.').next().unwrap_or_default().to_ascii_lowercase();
    let is_number = !last.is_empty() && last.bytes().all(|byte| byte.is_ascii_digit())
        || last.strip_prefix("0x").is_some_and(|digits| digits.bytes().all(|byte| byte.is_ascii_hexdigit()));
    if is_number {
        return name.parse::<Ipv4Addr>().map(|address| Some(address.into())).map_err(|_| AssetUrlError::OddAddress);
    }
    // RFC 6761 §6.3: whatever a resolver would say.
    Ok((last == "localhost").then_some(Ipv4Addr::LOCALHOST.into()))
}

/// A file's name: its stem is the asset's key, which the bundle's code looks it up by.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FileName {
    stem: String,
    extension: String,
}

/// Why a text is no [`FileName`]: the client would refuse the update (protocol.md §3).
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum FileNameError {
    /// Empty, or nothing before the extension; `.` and `..` too.
    #[error("it has nothing before its first dot")]
    NoStem,
    /// Together with a dot it would be no name on a phone's file system.
    #[error("it has more than {} bytes, which no phone takes as a file's name", FileName::MAX_BYTES)]
    TooLong,
    /// A separator or a control character.
    #[error("it has the character {0:?}, which a file's name cannot have")]
    Character(char),
}

impl FileName {
    /// The longest name, in bytes.
    pub const MAX_BYTES: usize = 254;

    /// Reads a name without folders.
    pub fn parse(text: &str) -> Result<Self, FileNameError> {
        if text.len() > Self::MAX_BYTES {
            return Err(FileNameError::TooLong);
        }
        if let Some(character) = text.chars().find(|c| c.is_control() || matches!(c, '/' | '\\')) {
            return Err(FileNameError::Character(character));
        }
        if text.is_empty() || text.starts_with('.') {
            return Err(FileNameError::NoStem);
        }
        let (stem, extension) = text.rsplit_once('.').unwrap_or((text, ""));
        Ok(Self { stem: stem.to_owned(), extension: extension.to_owned() })
    }

    /// What stands before the last dot.
    pub fn stem(&self) -> &str {
        &self.stem
    }

    /// What stands after it, without it; may be empty.
    pub fn extension(&self) -> &str {
        &self.extension
    }
}

/// A SHA-256 as people and manifests write it: 64 hexadecimal digits, or 43 characters of base64url without padding.
pub fn parse_sha256(text: &str) -> Option<BlobHash> {
    text.to_ascii_lowercase().parse().ok().or_else(|| parse_asset_hash(text).map(BlobHash))
}

#[cfg(test)]
mod tests {
    use super::{AssetUrl, AssetUrlError as E, FileName, FileNameError, parse_sha256};

    #[test]
    fn urls_that_a_phone_can_fetch() {
        for (text, host, address) in [
            ("https://cdn.example.com/u/index.ios.bundle", "cdn.example.com", None),
            ("HTTPS://cdn.example.com?v=1&x=%20", "cdn.example.com", None),
            ("http://cdn.example.com:8080/a/..%2fb", "cdn.example.com", None),
            ("https://cdn.example.com/.well-known/a..b/...?v=/../", "cdn.example.com", None),
            ("https://cdn.example.com:/a", "cdn.example.com", None),
            ("https://1.2.3.example/a", "1.2.3.example", None),
            ("https://203.0.113.7/a", "203.0.113.7", Some("203.0.113.7")),
            ("https://127.0.0.1./a", "127.0.0.1.", Some("127.0.0.1")),
            ("https://[2001:db8::7]:8443/a", "[2001:db8::7]", Some("2001:db8::7")),
            ("http://localhost:1/a", "localhost", Some("127.0.0.1")),
            ("http://cdn.LOCALHOST./a", "cdn.LOCALHOST.", Some("127.0.0.1")),
        ] {
            let url = AssetUrl::parse(text).unwrap();
            assert_eq!((url.as_str(), url.host()), (text, host));
            assert_eq!(url.known_address(), address.map(|address| address.parse().unwrap()), "{text}");
        }
    }

    #[test]
    fn urls_that_are_none() {
        for (text, error) in [
            ("", E::Scheme),
            ("/a", E::Scheme),
            ("file:///etc/passwd", E::Scheme),
            ("ftp://h/a", E::Scheme),
            ("data:,x", E::Scheme),
            ("gopher://h", E::Scheme),
            ("https:///a", E::Host),
            ("https://", E::Host),
            ("https://:80/a", E::Host),
            ("https://[::1/a", E::Host),
            ("https://[::1]x/a", E::Host),
            ("https://127%2e0.0.1/a", E::Host),
            ("https://h/a b", E::Character(' ')),
            ("https://h\\@127.0.0.1/a", E::Character('\\')),
            ("https://ü.example/a", E::Character('ü')),
            ("https://h/%2", E::Escape),
            ("https://h/%é", E::Escape),
            ("https://h/a#b", E::Fragment),
            ("https://h/a/../b", E::DotSegment("..")),
            ("https://h/a/..", E::DotSegment("..")),
            ("https://h/a/%2E%2e/b?v=1", E::DotSegment("..")),
            ("https://h/.%2e", E::DotSegment("..")),
            ("https://h/./b", E::DotSegment(".")),
            ("https://h/a/%2e?v=1", E::DotSegment(".")),
            ("https://u:p@h/a", E::UserName),
            ("https://h:0/a", E::Port),
            ("https://h:65536/a", E::Port),
            ("https://h:8a/a", E::Port),
            ("http://2130706433/", E::OddAddress),
            ("http://0x7f000001/", E::OddAddress),
            ("http://127.1/", E::OddAddress),
            ("http://0177.0.0.1/", E::OddAddress),
            ("http://[fe80::1%25eth0]/", E::OddAddress),
            ("http://[::zz]/", E::OddAddress),
        ] {
            assert_eq!(AssetUrl::parse(text), Err(error), "{text}");
        }
        assert_eq!(AssetUrl::parse(&format!("https://h/{}", "a".repeat(2_048))), Err(E::TooLong));
    }

    #[test]
    fn names_are_stem_and_extension() {
        for (text, stem, extension) in [
            ("0a328cd9.png", "0a328cd9", "png"),
            ("Inter-Regular.ttf", "Inter-Regular", "ttf"),
            ("a.tar.gz", "a.tar", "gz"),
            ("icon@2x.png", "icon@2x", "png"),
            ("0a328cd9", "0a328cd9", ""),
            ("a.", "a", ""),
            ("ä b.png", "ä b", "png"),
        ] {
            let name = FileName::parse(text).unwrap();
            assert_eq!((name.stem(), name.extension()), (stem, extension), "{text}");
        }
        for (text, error) in [
            ("", FileNameError::NoStem),
            (".", FileNameError::NoStem),
            ("..", FileNameError::NoStem),
            ("..png", FileNameError::NoStem),
            (".png", FileNameError::NoStem),
            ("a/b.png", FileNameError::Character('/')),
            ("..\\b.png", FileNameError::Character('\\')),
            ("a\0.png", FileNameError::Character('\0')),
        ] {
            assert_eq!(FileName::parse(text), Err(error), "{text:?}");
        }
        assert_eq!(FileName::parse(&"a".repeat(255)), Err(FileNameError::TooLong));
    }

    #[test]
    fn hashes_in_both_spellings() {
        let hex = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";
        for text in [hex, &hex.to_uppercase(), "47DEQpj8HBSa-_TImW-5JCeuQeRkm5NMpJWZG3hSuFU"] {
            assert_eq!(parse_sha256(text).unwrap().to_string(), hex, "{text}");
        }
        for text in ["", "sha256", &hex[1..], "47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU="] {
            assert_eq!(parse_sha256(text), None, "{text}");
        }
    }
}
