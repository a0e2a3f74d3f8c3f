//! Lists are read a page at a time, all in one way.

use std::collections::BTreeSet;

use http::Method;
use serde_json::{Value, json};

use crate::operations_desk::Desk;
use crate::scene::assert_problem;

const NO_CURSOR: (u16, &str, &str) = (400, "invalid_cursor", "cursor");
/// Each list, the member that has its items, and what tells one from another.
const LISTS: [(&str, &str, &str); 6] = [
    ("/channels", "channels", "name"),
    ("/branches", "branches", "name"),
    ("/keys", "keys", "key_id"),
    ("/embedded", "embedded", "id"),
    ("/updates", "updates", "id"),
    ("/audit", "lines", "id"),
];

async fn five_of_each() -> Desk {
    let desk = Desk::new().await;
    for number in 0..4 {
        let (name, runtime) = (format!("beta-{number} é/"), format!("{number}"));
        desk.post("/channels", json!({ "name": name })).await;
        let key = json!({ "key_id": format!("key-{number}") });
        assert_eq!(desk.send(Method::POST, "/keys/generate", &key).await.status, 201);
        desk.publish(&runtime, "production").await;
        for platform in ["ios", "android"] {
            let id = format!("{number}0000000-0000-4000-8000-{:012}", platform.len());
            let embedded = json!({
                "id": id, "platform": platform, "runtime_version": runtime, "created_at": "2026-01-01T00:00:00.000Z"
            });
            desk.post("/embedded", embedded).await;
        }
    }
    desk
}

/// What tells the items of the list apart, page by page.
async fn walked(desk: &Desk, (path, items, id): (&str, &str, &str), limit: usize) -> Vec<String> {
    let (mut found, mut cursor) = (Vec::new(), String::new());
    loop {
        let page: Value = desk.get(&format!("{path}?limit={limit}{cursor}")).await;
        let of_page: Vec<String> = page[items].as_array().unwrap().iter().map(|item| item[id].to_string()).collect();
        let next = page["next_cursor"].as_str();
        assert!(of_page.len() == limit || next.is_none(), "{path}: {} with more to come", of_page.len());
        found.extend(of_page);
        match next {
            None => return found,
            Some(next) => cursor = format!("&cursor={next}"),
        }
    }
}

#[tokio::test]
async fn every_list_is_the_same_whatever_its_pages() {
    let desk = five_of_each().await;
    for list in LISTS {
        let whole = walked(&desk, list, 200).await;
        assert!(whole.len() > 4, "{list:?}: {whole:?}");
        assert_eq!(whole.iter().collect::<BTreeSet<_>>().len(), whole.len(), "{list:?}: one stands twice");
        for limit in [1, 2, 3, whole.len() - 1, whole.len()] {
            assert_eq!(walked(&desk, list, limit).await, whole, "{list:?} in pages of {limit}");
        }
    }
}

#[tokio::test]
async fn what_is_added_between_two_pages_moves_nothing() {
    let desk = five_of_each().await;
    let first: Value = desk.get("/channels?limit=2").await;
    desk.post("/channels", json!({ "name": "a" })).await;
    desk.delete("/channels/beta-1%20%C3%A9%2F").await;
    let rest: api::Channels = desk.get(&format!("/channels?cursor={}", first["next_cursor"].as_str().unwrap())).await;
    let rest: Vec<&str> = rest.channels.iter().map(|channel| channel.name.as_str()).collect();
    assert_eq!(rest, ["beta-2 é/", "beta-3 é/", "production"], "it goes on after where the first page ended");
}

#[tokio::test]
async fn a_cursor_is_of_one_list_and_unchanged() {
    let desk = five_of_each().await;
    for (path, ..) in LISTS {
        let page: Value = desk.get(&format!("{path}?limit=1")).await;
        let cursor = page["next_cursor"].as_str().unwrap();
        let changed: String = cursor.chars().rev().collect();
        let shorter = &cursor[..cursor.len() - 2];
        for other in ["", "x", "AAAAAAAAAAAA", changed.as_str(), shorter, &format!("{cursor}AA")] {
            desk.refused(("GET", &format!("{path}?cursor={other}"), Value::Null), NO_CURSOR).await;
        }
        for (elsewhere, ..) in LISTS.iter().filter(|(other, ..)| *other != path) {
            desk.refused(("GET", &format!("{elsewhere}?cursor={cursor}"), Value::Null), NO_CURSOR).await;
        }
        for limit in ["0", "1001"] {
            desk.refused(("GET", &format!("{path}?limit={limit}"), Value::Null), (400, "bad_request", "limit")).await;
        }
    }
}

#[tokio::test]
async fn apps_are_paged_too() {
    let desk = Desk::new().await;
    let operator = desk.server.anonymous();
    let token = format!("Bearer {}", desk.server.running().process_token.as_str());
    let headers = [("authorization", token.as_str())];
    let page = operator.get("/api/v1/apps?limit=1", &headers).await;
    assert_eq!((page.status.as_u16(), page.json()["apps"].as_array().unwrap().len()), (200, 1));
    let refused = operator.get("/api/v1/apps?cursor=x", &headers).await;
    assert_problem(&refused, NO_CURSOR, "apps");
}
