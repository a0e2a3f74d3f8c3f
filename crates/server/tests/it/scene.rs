//! What most tests begin with, and what they ask of every answer.

use serde_json::Value;
use testing::{Answered, Check, Export, Parts, Publisher, TestServer, expect};

/// A server that serves one small update to both platforms on `production`.
pub struct Scene {
    pub server: TestServer,
    pub publisher: Publisher,
    pub prepared: api::Prepared,
    pub published: api::Published,
}

impl Scene {
    pub async fn new() -> Self {
        Self::on(TestServer::start().await).await
    }

    pub async fn on(server: TestServer) -> Self {
        let publisher = server.publisher();
        let prepared = publisher.prepare(&Export::small("1.0.0", "first"), "production").await;
        let published = expect(&publisher.commit(&prepared.id).await);
        Self { server, publisher, prepared, published }
    }

    /// The id of what is served to a platform.
    pub fn id(&self, platform: &str) -> &str {
        id_of(&self.published, platform)
    }

    /// The exact manifest of a platform.
    pub fn manifest(&self, platform: &str) -> &str {
        &self.prepared.updates.iter().find(|update| update.platform == platform).unwrap().manifest
    }

    /// The certificate of a key, in PEM.
    pub async fn certificate(&self, key_id: &str) -> String {
        let keys: api::Keys = expect(&self.publisher.get("/keys").await);
        keys.keys.into_iter().find(|key| key.key_id == key_id).unwrap().certificate
    }

    /// An operation that must succeed.
    pub async fn operate(&self, path: &str, body: &Value) -> api::Operated {
        self.publisher.operate(path, body).await
    }

    /// Pauses a channel.
    pub async fn pause(&self, channel: &str) {
        let body = br#"{"paused":true}"#.to_vec().into();
        let answer = self.publisher.send(http::Method::PATCH, &format!("/channels/{channel}"), &[], body).await;
        expect::<api::Operated>(&answer);
    }

    /// Asserts that both platforms are still served the first update: nothing was lost.
    pub async fn assert_unharmed(&self, after: &str) {
        for platform in ["android", "ios"] {
            let answer = Check::stock(platform).send(&self.server).await;
            assert_eq!(answer.status, 200, "{platform} after {after}");
            assert_eq!(
                Parts::read(&answer).part("manifest").json()["id"],
                self.id(platform),
                "{platform} after {after}"
            );
        }
    }
}

/// The id of what was issued for a platform.
pub fn id_of<'p>(published: &'p api::Published, platform: &str) -> &'p str {
    &published.updates.iter().find(|update| update.platform == platform).unwrap().id
}

/// Asserts an RFC 9457 problem that says what is wrong, where, and what to do.
pub fn assert_problem(answer: &Answered, (status, code, field): (u16, &str, &str), what: &str) {
    let text = String::from_utf8_lossy(&answer.body);
    let found = (answer.status.as_u16(), answer.code(), answer.field());
    assert_eq!(found, (status, code.to_owned(), field.to_owned()), "{what}: {text}");
    assert_eq!(answer.header("content-type"), "application/problem+json", "{what}");
    let problem = answer.json();
    assert_eq!(problem["status"], status, "{what}");
    assert_eq!(problem["type"], format!("/docs/errors#{code}"), "{what}");
    for member in ["title", "detail", "hint"] {
        assert!(problem[member].as_str().is_some_and(|text| !text.is_empty()), "{what}: no {member} in {text}");
    }
}

/// Asserts the headers that stand on every answer to a check, each on one line (protocol.md §1, §2).
pub fn assert_outer_headers(answer: &Answered, version: &str, what: &str) {
    for name in ["expo-protocol-version", "expo-sfv-version", "cache-control", "vary"] {
        assert_eq!(answer.headers.get_all(name).iter().count(), 1, "{name} of {what}: {:?}", answer.headers);
    }
    assert_eq!(answer.header("expo-protocol-version"), version, "{what}");
    assert_eq!(answer.header("expo-sfv-version"), "0", "{what}");
    assert_eq!(answer.header("cache-control"), "private, max-age=0", "{what}");
    for name in ["accept", "expo-platform", "expo-runtime-version", "expo-channel-name", "expo-expect-signature"] {
        assert!(answer.header("vary").split(", ").any(|varies| varies == name), "{what} varies by {name}");
    }
}

/// The filter of the branch that a manifest belongs to.
pub fn filter_of(manifest: &Value) -> String {
    format!("branchid=\"{}\"", manifest["metadata"]["branchId"].as_str().unwrap())
}
