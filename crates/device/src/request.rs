//! The headers of a check and of an asset request (`FileDownloader`: `createRequestForRemoteUpdate`,
//! `createRequestForAsset`, `setManifestHTTPHeaderFields`). Names are in lower case; the client's own spelling
//! differs only in case.

use protocol::{Platform, names};
use uuid::Uuid;

use crate::binary::{CodeSigning, Protocol};
use crate::fields::Fields;
use crate::structured::{string_dictionary, string_list};

/// Headers in which a name comes once: setting it again, in any case, replaces the value.
#[derive(Debug, Clone, Default)]
pub(crate) struct Headers(Vec<(String, String)>);

impl Headers {
    pub(crate) fn set(&mut self, name: &str, value: impl Into<String>) {
        let value = value.into();
        match self.0.iter_mut().find(|(key, _)| key.eq_ignore_ascii_case(name)) {
            Some((_, old)) => *old = value,
            None => self.0.push((name.to_ascii_lowercase(), value)),
        }
    }

    pub(crate) fn set_all<'a>(&mut self, headers: impl IntoIterator<Item = &'a (String, String)>) {
        for (name, value) in headers {
            self.set(name, value.as_str());
        }
    }

    pub(crate) fn into_vec(self) -> Vec<(String, String)> {
        self.0
    }

    pub(crate) fn as_slice(&self) -> &[(String, String)] {
        &self.0
    }
}

/// What both kinds of request say of the device.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Identity<'a> {
    pub(crate) platform: Platform,
    pub(crate) client_id: Uuid,
    pub(crate) protocol: Protocol,
    pub(crate) runtime_version: &'a str,
}

impl Identity<'_> {
    fn write(&self, headers: &mut Headers) {
        headers.set(names::PLATFORM, self.platform.as_str());
        headers.set(
            names::PROTOCOL_VERSION,
            match self.protocol {
                Protocol::One => "1",
                Protocol::Zero => "0",
            },
        );
        headers.set("expo-api-version", "1");
        headers.set("expo-updates-environment", "BARE");
        let client_id = self.client_id.hyphenated().to_string();
        headers.set(
            names::CLIENT_ID,
            match self.platform {
                Platform::Android => client_id,
                Platform::Ios => client_id.to_ascii_uppercase(),
            },
        );
        if self.platform == Platform::Ios || !self.runtime_version.is_empty() {
            headers.set(names::RUNTIME_VERSION, self.runtime_version);
        }
    }
}

/// What a check says beyond the device's identity.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Check<'a> {
    pub(crate) server_defined: Option<&'a Fields>,
    pub(crate) extra_params: &'a [(String, String)],
    pub(crate) running: Option<Uuid>,
    pub(crate) embedded: Option<Uuid>,
    pub(crate) recent_failures: &'a [Uuid],
    pub(crate) fatal_error: Option<&'a str>,
    pub(crate) code_signing: Option<&'a CodeSigning>,
}

/// The headers of a check, without the binary's own request headers.
pub(crate) fn check_headers(identity: &Identity<'_>, check: &Check<'_>) -> Headers {
    let mut headers = Headers::default();
    for (name, value) in check.server_defined.into_iter().flatten() {
        headers.set(name, value.to_header());
    }
    if !check.extra_params.is_empty() {
        let params = check.extra_params.iter().map(|(key, value)| (key.as_str(), value.as_str()));
        headers.set(names::EXTRA_PARAMS, string_dictionary(params));
    }
    set_id(&mut headers, names::CURRENT_UPDATE_ID, check.running);
    set_id(&mut headers, names::EMBEDDED_UPDATE_ID, check.embedded);
    if !check.recent_failures.is_empty() {
        let ids: Vec<String> = check.recent_failures.iter().map(Uuid::to_string).collect();
        headers.set(names::RECENT_FAILED_UPDATE_IDS, string_list(ids.iter().map(String::as_str)));
    }
    headers.set("accept", "multipart/mixed,application/expo+json,application/json");
    headers.set("expo-json-error", "true");
    identity.write(&mut headers);
    if let Some(error) = check.fatal_error {
        headers.set(names::FATAL_ERROR, shorten(error, identity.platform));
    }
    if let Some(signing) = check.code_signing {
        let members = [("keyid", signing.key_id.as_str()), ("alg", "rsa-v1_5-sha256")];
        headers.set(names::EXPECT_SIGNATURE, format!("sig, {}", string_dictionary(members)));
    }
    headers
}

/// Android takes 1,024 UTF-16 units; iOS takes one character more than it means to.
fn shorten(error: &str, platform: Platform) -> String {
    const LONGEST: usize = 1024;
    match platform {
        Platform::Android => {
            let mut units = 0;
            error
                .chars()
                .take_while(|character| {
                    units += character.len_utf16();
                    units <= LONGEST
                })
                .collect()
        }
        Platform::Ios => error.chars().take(LONGEST + 1).collect(),
    }
}

/// What an asset request says beyond the device's identity.
#[derive(Debug, Clone, Copy)]
pub(crate) struct AssetCheck<'a> {
    pub(crate) own_headers: &'a [(String, String)],
    pub(crate) running: Option<Uuid>,
    pub(crate) embedded: Option<Uuid>,
    pub(crate) requested: Uuid,
    /// Whether a patch is asked for: the launch asset only.
    pub(crate) wants_patch: bool,
}

/// The headers of an asset request, without the binary's own request headers.
pub(crate) fn asset_headers(identity: &Identity<'_>, asset: &AssetCheck<'_>) -> Headers {
    let mut headers = Headers::default();
    headers.set_all(asset.own_headers);
    set_id(&mut headers, names::CURRENT_UPDATE_ID, asset.running);
    set_id(&mut headers, names::EMBEDDED_UPDATE_ID, asset.embedded);
    let is_named = identity.platform == Platform::Android || asset.running != Some(asset.requested);
    set_id(&mut headers, "expo-requested-update-id", Some(asset.requested).filter(|_| is_named));
    headers.set("accept", "*/*");
    headers.0.retain(|(name, _)| name != "a-im");
    if asset.wants_patch {
        headers.set("a-im", "bsdiff");
    }
    identity.write(&mut headers);
    headers
}

fn set_id(headers: &mut Headers, name: &str, id: Option<Uuid>) {
    if let Some(id) = id {
        headers.set(name, id.to_string());
    }
}

#[cfg(test)]
mod tests {
    use protocol::Platform;

    use super::{Headers, shorten};

    #[test]
    fn a_header_set_again_is_replaced_in_any_case() {
        let mut headers = Headers::default();
        headers.set("expo-a", "1");
        headers.set("Expo-A", "2");
        assert_eq!(headers.as_slice(), [(String::from("expo-a"), String::from("2"))]);
    }

    #[test]
    fn an_error_is_cut_as_the_platform_cuts_it() {
        let long = "x".repeat(2000);
        assert_eq!(shorten(&long, Platform::Android).len(), 1024);
        assert_eq!(shorten(&long, Platform::Ios).len(), 1025);
        let emoji = "\u{1f600}".repeat(600);
        assert_eq!(shorten(&emoji, Platform::Android).chars().count(), 512);
        assert_eq!(shorten("short", Platform::Ios), "short");
    }
}
