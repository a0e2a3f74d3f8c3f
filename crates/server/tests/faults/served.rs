//! What devices get: the manifests, and every asset that they name, in every form.

use protocol::asset_hash::asset_hash;
use serde_json::Value;
use sha2::{Digest, Sha256};
use testing::Anonymous;

/// Both platforms.
pub const PLATFORMS: [&str; 2] = ["android", "ios"];

/// What one platform gets.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Served {
    /// The manifest's id.
    pub id: String,
    /// The manifest's `createdAt`, which sorts as text.
    pub created_at: String,
    assets: Vec<NamedAsset>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
struct NamedAsset {
    url: String,
    hash: String,
}

/// The headers of a check for a bare manifest.
pub fn check_headers(platform: &str) -> [(&str, &str); 5] {
    [
        ("accept", "application/expo+json"),
        ("expo-platform", platform),
        ("expo-protocol-version", "1"),
        ("expo-runtime-version", "1.0.0"),
        ("expo-channel-name", "production"),
    ]
}

/// What a platform gets; none when there is nothing for it.
pub async fn served(caller: &Anonymous, platform: &str) -> Option<Served> {
    let answer = caller.get("/update", &check_headers(platform)).await;
    if answer.status == 204 {
        return None;
    }
    assert_eq!(answer.status, 200, "{platform}: {}", String::from_utf8_lossy(&answer.body));
    let manifest = answer.json();
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    let assets = std::iter::once(&manifest["launchAsset"]).chain(manifest["assets"].as_array().unwrap());
    let named = |asset: &Value| NamedAsset { url: text(&asset["url"]), hash: text(&asset["hash"]) };
    Some(Served {
        id: text(&manifest["id"]),
        created_at: text(&manifest["createdAt"]),
        assets: assets.map(named).collect(),
    })
}

impl Served {
    /// Downloads every asset in every form that a client may ask for, and hashes what came.
    ///
    /// `public_url` is what the asset's addresses begin with. Returns how many answers that were.
    pub async fn download(&self, caller: &Anonymous, public_url: &str) -> usize {
        let mut answers = 0;
        for asset in &self.assets {
            let path = asset.url.strip_prefix(public_url).unwrap();
            for encoding in ["identity", "br", "gzip", "zstd"] {
                let answer = caller.get(path, &[("accept-encoding", encoding)]).await;
                assert_eq!(answer.status, 200, "{path} as {encoding}");
                let digest: [u8; 32] = Sha256::digest(&answer.body).into();
                // The tag is the hash of the form's own bytes, so a compressed form is checked by it.
                assert_eq!(answer.header("etag"), format!("\"{}\"", hex(&digest)), "{path} as {encoding}");
                if answer.header("content-encoding").is_empty() {
                    assert_eq!(asset_hash(&digest), asset.hash, "{path} is not what the manifest says");
                }
                answers += 1;
            }
        }
        answers
    }
}

/// In lower case.
pub fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::new(), |text, byte| text + &format!("{byte:02x}"))
}
