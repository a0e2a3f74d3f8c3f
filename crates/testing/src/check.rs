//! A check as the stock client sends it (protocol.md §1), with what a test changes about it.

use bytes::Bytes;
use http::Method;

use crate::anonymous::read_strictly;
use crate::raw::RawRequest;
use crate::{Answered, TestServer};

/// What the stock client accepts.
pub const STOCK_ACCEPT: &str = "multipart/mixed,application/expo+json,application/json";

/// One check to send. Nothing but the headers that stand here reaches the server.
#[derive(Clone, Debug)]
pub struct Check(RawRequest);

impl Check {
    /// What a binary with runtime version `1.0.0` on the channel `production` sends at its first start.
    pub fn stock(platform: &str) -> Self {
        let headers = [
            ("accept", STOCK_ACCEPT),
            ("expo-platform", platform),
            ("expo-protocol-version", "1"),
            ("expo-api-version", "1"),
            ("expo-updates-environment", "BARE"),
            ("expo-json-error", "true"),
            ("eas-client-id", "0b7b5c0e-8c52-4c0e-9b0b-6f1f0e4a9d11"),
            ("expo-runtime-version", "1.0.0"),
            ("expo-channel-name", "production"),
        ];
        let headers = headers.map(|(name, value)| (name.to_owned(), value.as_bytes().to_vec()));
        Self(RawRequest { method: Method::GET, target: "/update".into(), headers: headers.into(), body: Bytes::new() })
    }

    /// The same with this header instead of the one of that name, if there is one.
    #[must_use]
    pub fn with(self, name: &str, value: impl AsRef<[u8]>) -> Self {
        self.without(name).and(name, value)
    }

    /// The same with one header line more, whatever is there already.
    #[must_use]
    pub fn and(mut self, name: &str, value: impl AsRef<[u8]>) -> Self {
        self.0.headers.push((name.to_owned(), value.as_ref().to_vec()));
        self
    }

    /// The same without this header.
    #[must_use]
    pub fn without(mut self, name: &str) -> Self {
        self.0.headers.retain(|(known, _)| known != name);
        self
    }

    /// The same at another path.
    #[must_use]
    pub fn at(mut self, target: &str) -> Self {
        self.0.target = target.into();
        self
    }

    /// The same by another method.
    #[must_use]
    pub fn by(mut self, method: Method) -> Self {
        self.0.method = method;
        self
    }

    /// The same from an app whose certificate has this key id.
    #[must_use]
    pub fn expecting(self, key_id: &str) -> Self {
        self.with("expo-expect-signature", format!("sig, keyid=\"{key_id}\", alg=\"rsa-v1_5-sha256\""))
    }

    /// The same from a device that runs this update.
    #[must_use]
    pub fn running(self, update: impl std::fmt::Display) -> Self {
        self.with("expo-current-update-id", update.to_string())
    }

    /// The same from a binary that has this update inside.
    #[must_use]
    pub fn embedding(self, update: impl std::fmt::Display) -> Self {
        self.with("expo-embedded-update-id", update.to_string())
    }

    /// Sends it. A successful answer is read by the strict client of both platforms.
    ///
    /// # Panics
    /// When there is no answer, or when the strict client refuses it.
    pub async fn send(&self, server: &TestServer) -> Answered {
        let answer = self.0.send(&server.running().address.to_string()).await;
        if answer.status.is_success() && self.0.method == Method::GET {
            let headers = self.0.headers.iter().map(|(name, value)| (name.as_str(), String::from_utf8_lossy(value)));
            let headers: Vec<_> = headers.collect();
            let headers: Vec<_> = headers.iter().map(|(name, value)| (*name, &**value)).collect();
            read_strictly(&headers, &answer);
        }
        answer
    }
}
