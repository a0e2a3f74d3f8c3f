//! Publishing and what a check then answers.

use testing::{Export, Publisher, TestServer, expect};

const ACCEPT: &str = "multipart/mixed,application/expo+json,application/json";

fn check_headers(platform: &str) -> Vec<(&str, &str)> {
    vec![
        ("accept", ACCEPT),
        ("expo-platform", platform),
        ("expo-protocol-version", "1"),
        ("expo-runtime-version", "1.0.0"),
        ("expo-channel-name", "production"),
    ]
}

#[tokio::test]
async fn nothing_is_served_before_the_commit_and_all_platforms_after_it() {
    let server = TestServer::start().await;
    let publisher = server.publisher();
    let prepared = publisher.prepare(&Export::small("1.0.0", "first"), "production").await;
    for platform in ["android", "ios"] {
        let answer = server.anonymous().get("/update", &check_headers(platform)).await;
        assert_eq!(answer.status, 204, "{platform}");
        assert_eq!(server.records.take()[0].reason, "no_update_for_runtime");
    }
    let published: api::Published = expect(&publisher.commit(&prepared.id).await);
    assert_eq!(published.updates.len(), 2);
    for platform in ["android", "ios"] {
        let answer = server.anonymous().get("/update", &check_headers(platform)).await;
        assert_eq!(answer.status, 200, "{platform}");
        let text = String::from_utf8_lossy(&answer.body).into_owned();
        let update = prepared.updates.iter().find(|update| update.platform == platform).unwrap();
        assert!(text.contains(&update.manifest), "the prepared bytes are served as they are");
    }
    let again: api::Published = expect(&publisher.commit(&prepared.id).await);
    assert_eq!(again, published, "a second commit answers the same");
}

#[tokio::test]
async fn the_same_content_again_is_nothing_changed() {
    let server = TestServer::start().await;
    let publisher = server.publisher();
    let export = Export::small("1.0.0", "first");
    publisher.publish(&export, "production").await;
    assert_eq!(publisher.upload_missing(&export).await, 0, "nothing is uploaded twice");
    let mut request = Publisher::prepare_request(&export, "production");
    let answer = publisher.post("/publishes", &request).await;
    assert_eq!((answer.status.as_u16(), answer.code().as_str()), (409, "nothing_changed"));
    request.force = true;
    assert_eq!(publisher.post("/publishes", &request).await.status, 201);
}
