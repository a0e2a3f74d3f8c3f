//! A caller with the operator's token: publishes, goes back, asks for keys.

use bytes::Bytes;
use http::Method;
use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::{Anonymous, Answered, Export, ExportedFile};

/// Speaks the operator API.
#[derive(Clone, Debug)]
pub struct Publisher {
    caller: Anonymous,
    authorization: String,
    /// The app that it publishes to.
    pub app: String,
}

impl Publisher {
    /// A caller with this token, for the default app.
    pub fn new(url: &str, token: &str) -> Self {
        Self { caller: Anonymous::new(url), authorization: format!("Bearer {token}"), app: "default".into() }
    }

    /// Any request beneath the app, as JSON.
    pub async fn post(&self, path: &str, body: &impl Serialize) -> Answered {
        self.post_with(path, body, &[]).await
    }

    /// The same with more headers.
    pub async fn post_with(&self, path: &str, body: &impl Serialize, headers: &[(&str, &str)]) -> Answered {
        let body = serde_json::to_vec(body).expect("a body");
        self.send(Method::POST, path, headers, body.into()).await
    }

    /// `POST /admin/publish`, as the product brief's script sends it; for the default app.
    pub async fn post_record(&self, record: &impl Serialize, headers: &[(&str, &str)]) -> Answered {
        let body = serde_json::to_vec(record).expect("a body");
        self.post_raw_record("", body.into(), headers).await
    }

    /// The same with a query, which begins with its `?`, and any body.
    pub async fn post_raw_record(&self, query: &str, body: Bytes, headers: &[(&str, &str)]) -> Answered {
        let mut all = vec![("authorization", self.authorization.as_str())];
        all.extend_from_slice(headers);
        self.caller.send(Method::POST, &format!("/admin/publish{query}"), &all, body).await
    }

    /// `GET` beneath the app.
    pub async fn get(&self, path: &str) -> Answered {
        self.send(Method::GET, path, &[], Bytes::new()).await
    }

    /// Any request beneath the app.
    pub async fn send(&self, method: Method, path: &str, headers: &[(&str, &str)], body: Bytes) -> Answered {
        let mut all = vec![("authorization", self.authorization.as_str())];
        all.extend_from_slice(headers);
        self.caller.send(method, &format!("/api/v1/apps/{}{path}", self.app), &all, body).await
    }

    /// Uploads one file under its hash.
    pub async fn upload(&self, file: &ExportedFile) -> Answered {
        let path = format!("/blobs/{}", file.hash());
        self.send(Method::PUT, &path, &[], file.bytes.clone().into()).await
    }

    /// Uploads what the server lacks; returns how many files that were.
    pub async fn upload_missing(&self, export: &Export) -> usize {
        let blobs = export.files().map(|file| api::BlobRef { hash: file.hash(), size: file.bytes.len() as u64 });
        let which = api::WhichBlobs { blobs: blobs.collect() };
        let missing: api::MissingBlobs = expect(&self.post("/blobs/missing", &which).await);
        for hash in &missing.missing {
            let file = export.files().find(|file| file.hash() == *hash).expect("a file that was asked for");
            let answer = self.upload(file).await;
            assert_eq!(answer.status, 204, "{}", String::from_utf8_lossy(&answer.body));
        }
        missing.missing.len()
    }

    /// The request that prepares an export for a channel.
    pub fn prepare_request(export: &Export, channel: &str) -> api::PreparePublish {
        let platforms = export.platforms.iter().map(|files| api::PlatformExport {
            platform: files.platform.clone(),
            runtime_version: files.runtime_version.clone(),
            bundle: files.bundle.hash(),
            assets: files
                .assets
                .iter()
                .map(|asset| api::ExportAsset { hash: asset.hash(), key: asset.key.clone(), ext: asset.ext.clone() })
                .collect(),
            expo_config: export.config.clone(),
        });
        api::PreparePublish {
            channel: Some(channel.into()),
            branch: None,
            create_channel: true,
            message: None,
            git: None,
            force: false,
            rollout: None,
            rule: None,
            on_rollout: api::OnRollout::Refuse,
            platforms: platforms.collect(),
        }
    }

    /// Uploads and prepares.
    pub async fn prepare(&self, export: &Export, channel: &str) -> api::Prepared {
        self.upload_missing(export).await;
        expect(&self.post("/publishes", &Self::prepare_request(export, channel)).await)
    }

    /// Commits what was prepared.
    pub async fn commit(&self, prepared: &str) -> Answered {
        self.post(&format!("/publishes/{prepared}/commit"), &api::CommitPublish::default()).await
    }

    /// Uploads, prepares and commits.
    pub async fn publish(&self, export: &Export, channel: &str) -> api::Published {
        let prepared = self.prepare(export, channel).await;
        expect(&self.commit(&prepared.id).await)
    }

    /// Uploads, prepares and commits for a share of the devices; the operation's basis points.
    pub async fn publish_to(&self, export: &Export, channel: &str, share: u16) -> api::Published {
        self.upload_missing(export).await;
        let request = api::PreparePublish { rollout: Some(share), ..Self::prepare_request(export, channel) };
        let prepared: api::Prepared = expect(&self.post("/publishes", &request).await);
        expect(&self.commit(&prepared.id).await)
    }

    /// An operation that must succeed.
    pub async fn operate(&self, path: &str, body: &impl Serialize) -> api::Operated {
        expect(&self.post(path, body).await)
    }

    /// Rolls a channel back.
    pub async fn roll_back(&self, channel: &str, to: api::RollBackTo) -> Answered {
        let request = api::RollBack {
            channel: Some(channel.into()),
            branch: None,
            to,
            group: None,
            on_rollout: api::OnRollout::Refuse,
            platform: None,
            runtime_version: None,
            message: None,
        };
        self.post("/roll-backs", &request).await
    }
}

/// The body of a successful answer.
///
/// # Panics
/// When it is none.
pub fn expect<T: DeserializeOwned>(answer: &Answered) -> T {
    let text = String::from_utf8_lossy(&answer.body);
    assert!(answer.status.is_success(), "{}: {text}", answer.status);
    serde_json::from_slice(&answer.body).unwrap_or_else(|error| panic!("{error}: {text}"))
}
