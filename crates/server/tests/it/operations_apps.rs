//! Apps: one server keeps several apart.

use http::Method;
use serde_json::{Value, json};
use testing::{Answered, Check, Export, TestServer, expect};

use crate::scene::{assert_problem, id_of};

async fn send(server: &TestServer, method: Method, body: &Value) -> Answered {
    let authorization = format!("Bearer {}", server.token);
    let body = if body.is_null() { String::new() } else { body.to_string() };
    server.anonymous().send(method, "/api/v1/apps", &[("authorization", &authorization)], body.into()).await
}

#[tokio::test]
async fn a_created_app_can_be_published_to_at_once_and_shares_nothing() {
    let server = TestServer::start().await;
    let created = send(&server, Method::POST, &json!({ "slug": "shop", "channel": "live" })).await;
    assert_eq!(created.status, 201);
    let created: api::AppSummary = expect(&created);
    assert_eq!((created.slug.as_str(), created.version), ("shop", 1));
    let apps: api::Apps = expect(&send(&server, Method::GET, &Value::Null).await);
    assert_eq!(apps.apps.iter().map(|app| app.slug.as_str()).collect::<Vec<_>>(), ["default", "shop"]);
    assert_eq!(apps.apps[1], created);

    let mut publisher = server.publisher();
    publisher.app = "shop".into();
    let keys: api::Keys = expect(&publisher.get("/keys").await);
    assert_eq!(keys.keys.len(), 1, "it signs from its first update on");
    let published = publisher.publish(&Export::small("1.0.0", "of the shop"), "live").await;
    let check = Check::stock("ios").with("expo-channel-name", "live").with("accept", "application/json");
    let answer = check.clone().at("/apps/shop/update").send(&server).await;
    assert_eq!(answer.json()["id"], id_of(&published, "ios"));
    assert_problem(&check.send(&server).await, (404, "unknown_channel", "expo-channel-name"), "the other app");
    let lines: api::Audit = expect(&publisher.get("/audit").await);
    let actions: Vec<&str> = lines.lines.iter().map(|line| line.action.as_str()).collect();
    assert_eq!(actions, ["publish", "create_app"]);
}

#[tokio::test]
async fn an_app_that_is_there_or_cannot_be_named_is_refused() {
    let server = TestServer::start().await;
    for (body, problem) in [
        (json!({ "slug": "default" }), (409, "app_exists", "slug")),
        (json!({ "slug": "My App" }), (400, "invalid_name", "slug")),
        (json!({ "slug": "" }), (400, "invalid_name", "slug")),
        (json!({ "slug": "shop", "channel": " live" }), (400, "invalid_name", "channel")),
        (json!({ "name": "shop" }), (400, "bad_request", "body")),
        (Value::Null, (400, "bad_request", "body")),
    ] {
        assert_problem(&send(&server, Method::POST, &body).await, problem, &body.to_string());
    }
    let apps: api::Apps = expect(&send(&server, Method::GET, &Value::Null).await);
    assert_eq!(apps.apps.len(), 1, "nothing of it was created");
}

#[tokio::test]
async fn every_address_beneath_an_unknown_app_says_so() {
    let server = TestServer::start().await;
    let mut publisher = server.publisher();
    for app in ["nobody", "No%20App"] {
        publisher.app = app.into();
        for path in ["", "/channels", "/branches", "/updates", "/embedded", "/audit", "/keys"] {
            assert_problem(&publisher.get(path).await, (404, "unknown_app", "app"), &format!("{app} {path}"));
        }
        let explain = "/explain?channel=production&platform=ios&runtime_version=1.0.0";
        assert_problem(&publisher.get(explain).await, (404, "unknown_app", "app"), app);
        let answer = publisher.post("/branches", &json!({ "name": "beta" })).await;
        assert_problem(&answer, (404, "unknown_app", "app"), app);
    }
}

#[tokio::test]
async fn the_api_describes_itself_to_everybody() {
    let server = TestServer::start().await;
    let answer = server.anonymous().get("/api/v1/openapi.json", &[]).await;
    assert_eq!((answer.status.as_u16(), answer.header("content-type")), (200, "application/json"));
    assert!(answer.body == include_bytes!("../../../../docs/openapi.json")[..], "it is not the committed one");
}
