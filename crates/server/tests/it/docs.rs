//! The pages that the server shows about itself.

use std::collections::BTreeSet;

use testing::{Answered, TestServer};

/// What a page refers to: addresses, without the anchors in them.
fn referred(page: &str) -> BTreeSet<String> {
    let values = ["href=\"", "src=\"", "url("].into_iter().flat_map(|start| page.split(start).skip(1));
    let addresses = values.filter_map(|rest| rest.split(['"', ')', '#']).next());
    addresses.filter(|address| !address.is_empty()).map(str::to_owned).collect()
}

fn text(answer: &Answered) -> String {
    String::from_utf8(answer.body.to_vec()).unwrap()
}

#[tokio::test]
async fn the_pages_and_all_that_they_refer_to_come_from_the_server_alone() {
    let server = TestServer::start().await;
    let mut open = vec!["/docs".to_owned()];
    let mut seen = BTreeSet::new();
    while let Some(address) = open.pop() {
        if !seen.insert(address.clone()) {
            continue;
        }
        let answer = server.anonymous().get(&address, &[]).await;
        assert_eq!(answer.status, 200, "{address}");
        if address == "/api/v1/openapi.json" {
            continue;
        }
        let policy = answer.header("content-security-policy");
        assert!(policy.starts_with("default-src 'none'; style-src 'self'"), "{address}: {policy}");
        let page = text(&answer);
        assert!(!page.contains("<script") && !page.contains("style=") && !page.contains("@import"), "{address}");
        for found in referred(&page) {
            assert!(found.starts_with('/') && !found.starts_with("//"), "{address} refers to {found}");
            open.push(found);
        }
    }
    let expected = ["/docs", "/docs/errors", "/docs/style.css", "/api/v1/openapi.json"].map(str::to_owned);
    assert_eq!(seen, expected.into());
}

#[tokio::test]
async fn the_reference_shows_every_operation_with_its_example() {
    let server = TestServer::start().await;
    let page = text(&server.anonymous().get("/docs", &[]).await);
    let document: serde_json::Value = server.anonymous().get("/api/v1/openapi.json", &[]).await.json();
    let paths = document["paths"].as_object().unwrap();
    let ids = paths.values().flat_map(|item| item.as_object().unwrap().values()).map(|one| &one["operationId"]);
    for id in ids {
        let id = id.as_str().unwrap();
        assert!(page.contains(&format!("<article id=\"{id}\">")), "{id}");
    }
    let anchors: BTreeSet<&str> = page.split("id=\"").skip(1).filter_map(|rest| rest.split('"').next()).collect();
    for link in page.split("href=\"#").skip(1).filter_map(|rest| rest.split('"').next()) {
        assert!(anchors.contains(link), "#{link} leads nowhere");
    }
}

#[tokio::test]
async fn a_problems_type_leads_to_what_it_means() {
    let server = TestServer::start().await;
    for path in ["/update", "/apps/none/update", "/assets/none", "/api/v1/apps", "/api/v1/none"] {
        let answer = server.anonymous().get(path, &[]).await;
        let problem: serde_json::Value = answer.json();
        let (page, anchor) = problem["type"].as_str().unwrap().split_once('#').unwrap();
        assert_eq!(anchor, problem["code"], "{path}");
        let page = text(&server.anonymous().get(page, &[]).await);
        let row = page.lines().find(|line| line.contains(&format!("id=\"{anchor}\""))).unwrap();
        assert!(row.contains(&format!("<td>{}</td>", answer.status.as_u16())), "{path}: {row}");
        assert!(page.contains(problem["title"].as_str().unwrap()), "{path}");
    }
}
