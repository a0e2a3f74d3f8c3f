//! Who may operate the server: the holder of a token, at every address.

use bytes::Bytes;
use http::Method;
use serde_json::Value;
use testing::{Anonymous, Answered, Export, TestServer};

use crate::scene::assert_problem;

/// Every endpoint that its own description names, but the one that serves the description.
fn endpoints() -> Vec<(Method, String)> {
    let document: Value = serde_json::from_str(admin::openapi()).unwrap();
    let paths = document["paths"].as_object().unwrap();
    let endpoints = paths.iter().filter(|(path, _)| *path != "/api/v1/openapi.json").flat_map(|(path, methods)| {
        let path = path.replace("{app}", "default").replace(['{', '}'], "");
        let methods = methods.as_object().unwrap().keys().filter_map(|name| name.to_uppercase().parse().ok());
        methods.map(move |method: Method| (method, path.clone())).collect::<Vec<_>>()
    });
    endpoints.collect()
}

async fn call(caller: &Anonymous, (method, path): &(Method, String), authorization: Option<&str>) -> Answered {
    let headers: Vec<_> = authorization.map(|value| ("authorization", value)).into_iter().collect();
    caller.send(method.clone(), path, &headers, Bytes::from_static(b"{}")).await
}

#[tokio::test]
async fn no_endpoint_answers_without_a_valid_token() {
    let server = TestServer::start().await;
    let caller = server.anonymous();
    let token = &server.token;
    let refused: [Option<String>; 10] = [
        None,
        Some(String::new()),
        Some("Bearer".into()),
        Some("Bearer ".into()),
        Some("Bearer wrong".into()),
        Some(token.clone()),
        Some(format!("Basic {token}")),
        Some(format!("Bearer {}", &token[..token.len() - 1])),
        Some(format!("Bearer {token}0")),
        Some(format!("Bearer {}", token.to_uppercase())),
    ];
    let endpoints = endpoints();
    assert!(endpoints.len() > 30, "{endpoints:?}");
    for endpoint in &endpoints {
        for authorization in &refused {
            let answer = call(&caller, endpoint, authorization.as_deref()).await;
            let what = format!("{endpoint:?} {authorization:?}");
            assert_problem(&answer, (401, "unauthorized", "authorization"), &what);
            assert_eq!(answer.header("www-authenticate"), "Bearer", "{what}");
            assert!(!String::from_utf8_lossy(&answer.body).contains(&token[4..]), "{what}");
        }
        let answer = call(&caller, endpoint, Some(&format!("Bearer {token}"))).await;
        assert_ne!(answer.status, 401, "{endpoint:?} with the token");
        let answer = call(&caller, endpoint, Some(&format!("bearer {token}"))).await;
        assert_ne!(answer.status, 401, "the scheme's case is free (RFC 9110 §11.1)");
    }
    let two = [("authorization", "Bearer wrong"), ("authorization", &*format!("Bearer {token}"))];
    let answer = caller.get("/api/v1/apps/default/keys", &two).await;
    assert_problem(&answer, (401, "unauthorized", "authorization"), "two tokens");
}

#[tokio::test]
async fn the_first_token_lasts_and_the_processs_own_does_not() {
    let server = TestServer::start().await;
    let first = server.running().created.as_ref().unwrap().token.to_string();
    let of_process = server.token.clone();
    let keys = |server: &TestServer, token: &str| {
        let publisher = testing::Publisher::new(&server.url(), token);
        async move { publisher.get("/keys").await.status.as_u16() }
    };
    assert_eq!(keys(&server, &first).await, 200);
    assert_eq!(keys(&server, &of_process).await, 200);
    let server = server.restart().await;
    assert!(server.running().created.is_none(), "shown once");
    assert_eq!(keys(&server, &first).await, 200);
    assert_eq!(keys(&server, &of_process).await, 401);
}

#[tokio::test]
async fn addresses_and_methods_that_are_none_are_refused_in_json() {
    let server = TestServer::start().await;
    let publisher = server.publisher();
    for path in ["/", "/nothing", "/keys/", "/keys/main", "/publishes/x", "/blobs", "/publishes/x/commit/y"] {
        assert_problem(&publisher.get(path).await, (404, "not_found", ""), path);
    }
    for (method, path, allowed) in [
        (Method::DELETE, "", "GET,HEAD"),
        (Method::POST, "/keys", "GET,HEAD"),
        (Method::GET, "/publishes", "POST"),
        (Method::PUT, "/roll-backs", "POST"),
        (Method::PATCH, "/blobs/missing", "POST"),
        (Method::POST, "/blobs/0", "PUT"),
        (Method::GET, "/publishes/x/commit", "POST"),
    ] {
        let answer = publisher.send(method.clone(), path, &[], Bytes::new()).await;
        assert_problem(&answer, (405, "method_not_allowed", ""), &format!("{method} {path}"));
        assert_eq!(answer.header("allow"), allowed, "{method} {path}");
    }
}

#[tokio::test]
async fn an_app_is_described_by_its_address_and_its_channels() {
    let server = TestServer::builder().set("UPDRAFT_PUBLIC_URL", "https://updates.example.com").start().await;
    let mut publisher = server.publisher();
    publisher.publish(&Export::small("1.0.0", "beta"), "beta").await;
    let app: api::App = testing::expect(&publisher.get("").await);
    assert_eq!((app.slug.as_str(), app.update_url.as_str()), ("default", "https://updates.example.com/update"));
    let channels: Vec<_> = app.channels.iter().map(|channel| (channel.name.as_str(), &channel.branches[..])).collect();
    assert_eq!(channels, [("beta", &["beta".to_owned()][..]), ("production", &["production".to_owned()])]);
    server.add_app("second").await;
    publisher.app = "second".into();
    let app: api::App = testing::expect(&publisher.get("").await);
    assert_eq!(app.update_url, "https://updates.example.com/apps/second/update");
}

#[tokio::test]
async fn whether_it_lives_and_whether_it_can_serve_is_asked_without_a_token() {
    let server = TestServer::start().await;
    for path in ["/healthz", "/readyz"] {
        let answer = server.anonymous().get(path, &[]).await;
        assert_eq!(answer.status, 200, "{path}");
        assert_eq!(answer.header("cache-control"), "no-store", "{path}");
    }
}
