//! Who may ask: the authentication port of the device side, and the two doors that there are so far.

use http::{HeaderMap, HeaderName};
use sha2::{Digest, Sha256};
use subtle::{Choice, ConstantTimeEq};

/// Decides whether a request may be answered. Called on every check: memory only, no waiting.
pub trait Door: Send + Sync {
    /// Lets a request for `app` (as it stands in the path) in, or says why not.
    fn admit(&self, app: &str, headers: &HeaderMap) -> Result<(), Turned>;
}

/// Why a request was turned away. The answer says which header is asked for, never what would have been right.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Turned {
    /// The request carries no credential.
    NoCredential {
        /// The header that is asked for.
        header: HeaderName,
    },
    /// It carries one that is not valid.
    WrongCredential {
        /// The header that carried it.
        header: HeaderName,
    },
}

impl Turned {
    /// The stable code.
    pub const fn code(&self) -> &'static str {
        match self {
            Self::NoCredential { .. } => "missing_api_key",
            Self::WrongCredential { .. } => "wrong_api_key",
        }
    }

    /// The header in question.
    pub const fn header(&self) -> &HeaderName {
        match self {
            Self::NoCredential { header } | Self::WrongCredential { header } => header,
        }
    }
}

/// Everyone may ask.
#[derive(Clone, Copy, Debug)]
pub struct Open;

impl Door for Open {
    fn admit(&self, _app: &str, _headers: &HeaderMap) -> Result<(), Turned> {
        Ok(())
    }
}

/// Who sends one of a few keys may ask.
pub struct ApiKeys {
    header: HeaderName,
    digests: Vec<[u8; 32]>,
}

impl ApiKeys {
    /// A door that these keys open. Only their SHA-256 is kept: the keys are long and random (the settings see to it).
    pub fn new<'k>(header: HeaderName, keys: impl IntoIterator<Item = &'k str>) -> Self {
        Self { header, digests: keys.into_iter().map(|key| Sha256::digest(key).into()).collect() }
    }
}

impl Door for ApiKeys {
    fn admit(&self, _app: &str, headers: &HeaderMap) -> Result<(), Turned> {
        let mut sent = headers.get_all(&self.header).into_iter();
        let Some(key) = sent.next() else {
            return Err(Turned::NoCredential { header: self.header.clone() });
        };
        let digest: [u8; 32] = Sha256::digest(key.as_bytes()).into();
        // Every key is compared, whatever the ones before it said: the time tells nothing.
        let known = self.digests.iter().fold(Choice::from(0), |known, one| known | one.ct_eq(&digest));
        // A second key would leave it to chance which of them a proxy in front had looked at.
        if bool::from(known) && sent.next().is_none() {
            Ok(())
        } else {
            Err(Turned::WrongCredential { header: self.header.clone() })
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{ApiKeys, Door, HeaderMap, HeaderName, Turned};

    #[test]
    fn only_one_of_the_keys_opens() {
        let header = HeaderName::from_static("x-api-key");
        let door = ApiKeys::new(header.clone(), ["first-key-of-two", "second-key-of-two"]);
        let knock = |keys: &[&'static str]| {
            let mut headers = HeaderMap::new();
            for key in keys {
                headers.append("x-api-key", http::HeaderValue::from_static(key));
            }
            door.admit("default", &headers)
        };
        assert_eq!(knock(&["first-key-of-two"]), Ok(()));
        assert_eq!(knock(&["second-key-of-two"]), Ok(()));
        assert_eq!(knock(&[]), Err(Turned::NoCredential { header: header.clone() }));
        for wrong in ["", "first-key-of-tw", "first-key-of-two ", "FIRST-KEY-OF-TWO"] {
            assert_eq!(knock(&[wrong]), Err(Turned::WrongCredential { header: header.clone() }), "{wrong:?}");
        }
        assert!(knock(&["first-key-of-two", "second-key-of-two"]).is_err(), "two keys at once");
    }
}
