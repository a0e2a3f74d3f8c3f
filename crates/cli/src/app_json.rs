//! What an app must say in its app.json.

mod text;

pub(crate) use text::{JsonText, NotEditable};

use serde_json::{Value, json};

/// How an app verifies what it gets.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CodeSigning<'a> {
    /// The key that signs.
    pub key_id: &'a str,
    /// The path of its certificate, relative to the project.
    pub certificate: &'a str,
}

/// The block to merge into app.json so that a new binary takes its updates from `update_url`. The runtime version is
/// the app's own affair and left out.
pub fn app_json_block(update_url: &str, channel: &str, code_signing: Option<CodeSigning<'_>>) -> Value {
    let mut updates = json!({
        "url": update_url,
        "enabled": true,
        "requestHeaders": { protocol::names::CHANNEL: channel },
    });
    if let Some(CodeSigning { key_id, certificate }) = code_signing {
        updates["codeSigningCertificate"] = certificate.into();
        updates["codeSigningMetadata"] = json!({ "keyid": key_id, "alg": "rsa-v1_5-sha256" });
    }
    json!({ "expo": { "updates": updates } })
}

#[cfg(test)]
mod tests {
    use super::{CodeSigning, app_json_block};

    #[test]
    fn holds_what_the_client_reads() {
        let signing = CodeSigning { key_id: "main", certificate: "./certificate.pem" };
        let block = app_json_block("http://localhost:8080/update", "production", Some(signing));
        insta::assert_snapshot!(serde_json::to_string_pretty(&block).unwrap(), @r#"
        {
          "expo": {
            "updates": {
              "url": "http://localhost:8080/update",
              "enabled": true,
              "requestHeaders": {
                "expo-channel-name": "production"
              },
              "codeSigningCertificate": "./certificate.pem",
              "codeSigningMetadata": {
                "keyid": "main",
                "alg": "rsa-v1_5-sha256"
              }
            }
          }
        }
        "#);
        let unsigned = app_json_block("http://localhost:8080/update", "production", None);
        assert_eq!(unsigned["expo"]["updates"].get("codeSigningMetadata"), None);
    }
}
