//! What was issued: listed, shown, edited, disabled, deleted; issued again.

use std::collections::HashSet;

use api::UpdateState::{Covered, Disabled, Served};
use serde_json::{Value, json};
use testing::{Check, Export, Parts};

use crate::operations_desk::{Desk, codes};
use crate::scene::id_of;

fn ids(updates: &[api::Update]) -> Vec<&str> {
    updates.iter().map(|update| update.id.as_str()).collect()
}

#[tokio::test]
async fn pages_put_together_are_the_list_also_when_something_is_published_in_between() {
    let desk = Desk::new().await;
    for number in 0..4 {
        desk.publish(&format!("number {number}"), "production").await;
    }
    let all = desk.updates("").await;
    assert_eq!(all.len(), 8);
    let times: Vec<_> = all.iter().map(|update| (&update.created_at, &update.id)).collect();
    assert!(times.is_sorted_by(|newer, older| newer > older), "newest first: {times:?}");
    for limit in [1, 3, 8, 9] {
        let (mut paged, mut cursor, mut pages) = (Vec::new(), String::new(), 0);
        loop {
            let page: api::Updates = desk.get(&format!("/updates?branch=production&limit={limit}{cursor}")).await;
            paged.extend(page.updates);
            pages += 1;
            let Some(next) = page.next_cursor else { break };
            cursor = format!("&cursor={next}");
        }
        assert_eq!(ids(&paged), ids(&all), "at {limit} a page");
        assert_eq!(pages, 8_usize.div_ceil(limit), "at {limit} a page");
    }
    let first: api::Updates = desk.get("/updates?limit=3").await;
    desk.publish("meanwhile", "production").await;
    let cursor = first.next_cursor.unwrap();
    let second: api::Updates = desk.get(&format!("/updates?limit=5&cursor={cursor}")).await;
    assert_eq!([ids(&first.updates), ids(&second.updates)].concat(), ids(&all), "none twice, none left out");
}

#[tokio::test]
async fn a_list_is_narrowed_by_branch_channel_platform_runtime_version_and_state() {
    let desk = Desk::new().await;
    let first = desk.publish("first", "production").await;
    let second = desk.publish("second", "production").await;
    let beta = desk.publish("of beta", "beta").await;
    desk.server.clock.advance(1000);
    let other = desk.publisher.publish(&Export::small("2.0.0", "other runtime").only("ios"), "production").await;
    desk.post("/channels", json!({ "name": "canary", "branch": "beta" })).await;
    let [first, second, beta, other] = [&first, &second, &beta, &other]
        .map(|one| one.updates.iter().map(|update| update.id.clone()).collect::<HashSet<String>>());
    let all: HashSet<String> = [&first, &second, &beta, &other].into_iter().flatten().cloned().collect();
    let of_platform = |updates: &HashSet<String>, listed: &[api::Update], platform: &str| -> HashSet<String> {
        let is = |update: &&api::Update| update.platform == platform && updates.contains(&update.id);
        listed.iter().filter(is).map(|update| update.id.clone()).collect()
    };
    let listed = desk.updates("").await;
    for (query, expected) in [
        ("", all.clone()),
        ("&branch=beta", beta.clone()),
        ("&channel=canary", beta.clone()),
        ("&channel=canary&branch=beta", beta.clone()),
        ("&channel=production&branch=beta", HashSet::new()),
        ("&channel=production", all.difference(&beta).cloned().collect()),
        ("&platform=android", of_platform(&all, &listed, "android")),
        ("&runtime_version=2.0.0", other.clone()),
        ("&runtime_version=3.0.0", HashSet::new()),
        ("&state=covered", first.clone()),
        ("&state=served", all.difference(&first).cloned().collect()),
        ("&state=disabled", HashSet::new()),
        ("&branch=production&platform=ios&state=covered", of_platform(&first, &listed, "ios")),
    ] {
        let found: HashSet<String> = desk.updates(query).await.into_iter().map(|update| update.id).collect();
        assert_eq!(found, expected, "{query}");
    }
    for (query, problem) in [
        ("?branch=nothing", (404, "unknown_branch", "branch")),
        ("?channel=nothing", (404, "unknown_channel", "channel")),
        ("?platform=web", (400, "bad_request", "platform")),
        ("?runtime_version=", (400, "invalid_name", "runtime_version")),
        ("?state=gone", (400, "bad_request", "query")),
        ("?limit=0", (400, "bad_request", "limit")),
        ("?limit=201", (400, "bad_request", "limit")),
        ("?limit=many", (400, "bad_request", "query")),
        ("?cursor=here", (400, "invalid_cursor", "cursor")),
        ("?cursor=", (400, "invalid_cursor", "cursor")),
        ("?colour=red", (400, "bad_request", "query")),
    ] {
        desk.refused(("GET", &format!("/updates{query}"), Value::Null), problem).await;
    }
}

#[tokio::test]
async fn an_update_is_shown_with_the_bytes_that_devices_get() {
    let desk = Desk::new().await;
    let git = json!({ "commit": "a".repeat(40), "branch": "main", "dirty": false });
    let published = desk.publish_with("first", &json!({ "message": "what changed", "git": git })).await;
    let shown = desk.group(&published.group).await;
    assert_eq!(shown.iter().map(|one| one.update.platform.as_str()).collect::<Vec<_>>(), ["android", "ios"]);
    for shown in &shown {
        let served = Check::stock(&shown.update.platform).send(&desk.server).await;
        assert_eq!(shown.body.as_bytes(), &Parts::read(&served).part("manifest").body[..]);
        assert_eq!((shown.assets.len(), shown.assets[0].launch, shown.assets[1].launch), (3, true, false));
        let asset = &shown.assets[0];
        let answer = desk.server.anonymous().get(&format!("/assets/{}", asset.hash), &[]).await;
        assert_eq!((Some(answer.body.len() as u64), answer.header("content-type")), (asset.size, &*asset.content_type));
        let update = &shown.update;
        assert_eq!(update.message.as_deref(), Some("what changed"));
        assert_eq!(update.git_commit.as_deref(), Some(&*"a".repeat(40)));
        assert_eq!((update.state, &*update.issued_by, &*update.branch), (Served, "token:this process", "production"));
    }
    let alone = desk.group(id_of(&published, "ios")).await;
    assert_eq!(alone, shown[1..]);
    let unknown = (404, "unknown_update", "id");
    for id in ["00000000-0000-0000-0000-000000000000", "latest"] {
        desk.refused(("GET", &format!("/updates/{id}"), Value::Null), unknown).await;
    }
}

#[tokio::test]
async fn a_message_is_edited_and_taken_away_without_a_new_update() {
    let desk = Desk::new().await;
    let published = desk.publish("first", "production").await;
    let path = format!("/updates/{}", published.group);
    let before = Check::stock("ios").send(&desk.server).await.body;
    for message in [json!("better words"), Value::Null, json!("")] {
        desk.patch(&path, json!({ "message": message })).await;
        for shown in desk.group(&published.group).await {
            assert_eq!(json!(shown.update.message), message);
        }
    }
    desk.patch(&format!("/updates/{}", id_of(&published, "ios")), json!({ "message": "by an update's id" })).await;
    assert_eq!(desk.group(&published.group).await[0].update.message.as_deref(), Some("by an update's id"));
    assert_eq!(Check::stock("ios").send(&desk.server).await.body, before, "devices see nothing of it");
    for (body, problem) in [
        (json!({}), (400, "bad_request", "body")),
        (Value::Null, (400, "bad_request", "body")),
        (json!({ "message": "x".repeat(10_001) }), (400, "bad_request", "message")),
    ] {
        desk.refused(("PATCH", &path, body), problem).await;
    }
    desk.refused(("PATCH", "/updates/nothing", json!({ "message": "x" })), (404, "unknown_update", "id")).await;
}

#[tokio::test]
async fn disabling_and_enabling_say_what_devices_will_do() {
    let desk = Desk::new().await;
    let first = desk.publish("first", "production").await;
    let second = desk.publish("second", "production").await;
    let path = |what: &str| format!("/updates/{}/{what}", second.group);
    let disabled = desk.post(&path("disable"), json!({ "platform": "ios" })).await;
    assert_eq!(codes(&disabled.warnings), ["devices_stay"]);
    assert_eq!(desk.states(&second.group).await, [Served, Disabled]);
    assert_eq!(desk.states(&first.group).await, [Covered, Served]);
    let served = Check::stock("ios").with("accept", "application/json").send(&desk.server).await;
    assert_eq!(served.json()["id"], id_of(&first, "ios"));

    let enabled = desk.post(&path("enable"), Value::Null).await;
    assert_eq!(codes(&enabled.warnings), ["served_again"], "only where it was disabled");
    assert_eq!(desk.states(&second.group).await, [Served, Served]);
    assert!(!desk.post(&path("enable"), Value::Null).await.changed);
    for what in ["disable", "enable"] {
        let nothing = format!("/updates/{}/{what}", uuid::Uuid::nil());
        desk.refused(("POST", &nothing, Value::Null), (404, "unknown_update", "id")).await;
        desk.refused(("POST", &path(what), json!({ "platform": "web" })), (400, "bad_request", "platform")).await;
    }
    let alone = desk.server.publisher().publish(&Export::small("9.0.0", "for one").only("ios"), "production").await;
    let other = ("POST", &*format!("/updates/{}/disable", alone.group), json!({ "platform": "android" }));
    desk.refused(other, (404, "unknown_update", "id")).await;
}

#[tokio::test]
async fn an_update_is_deleted_once_nothing_needs_it() {
    let desk = Desk::new().await;
    let first = desk.publish("first", "production").await;
    let path = format!("/updates/{}", first.group);
    desk.refused(("DELETE", &path, Value::Null), (409, "update_needed", "id")).await;
    let second = desk.publish("second", "production").await;
    let deleted = desk.delete(&format!("{path}?platform=android")).await;
    assert_eq!((deleted.action.as_str(), deleted.changed), ("delete_updates", true));
    assert_eq!(desk.group(&first.group).await.len(), 1, "iOS' is left");
    desk.delete(&path).await;
    desk.refused(("GET", &path, Value::Null), (404, "unknown_update", "id")).await;
    desk.refused(("DELETE", &path, Value::Null), (404, "unknown_update", "id")).await;
    desk.refused(("DELETE", &format!("{path}?platform=web"), Value::Null), (400, "bad_request", "platform")).await;
    desk.refused(("DELETE", &format!("{path}?all=true"), Value::Null), (400, "bad_request", "query")).await;
    assert_eq!(desk.updates("").await.len(), 2);

    desk.post(&format!("/updates/{}/republish", second.group), Value::Null).await;
    let repeated = ("DELETE", &*format!("/updates/{}", second.group), Value::Null);
    desk.refused(repeated, (409, "update_needed", "id")).await;
}

#[tokio::test]
async fn a_group_is_republished_on_its_branch_and_promoted_to_another() {
    let desk = Desk::new().await;
    let good = desk.publish_with("good", &json!({ "message": "good words" })).await;
    desk.publish("bad", "production").await;
    let republish = format!("/updates/{}/republish", good.group);
    let again = desk.post(&republish, json!({ "platform": "ios" })).await;
    assert_eq!((again.action.as_str(), again.groups.len()), ("republish", 1));
    let [copy] = &again.groups[0].updates[..] else { panic!("{:?}", again.groups) };
    assert_eq!(copy.origin.as_deref(), Some(id_of(&good, "ios")));
    let shown = desk.group(&again.groups[0].group).await;
    assert_eq!(shown[0].update.message.as_deref(), Some("good words"), "what the group said");

    desk.post("/branches", json!({ "name": "next" })).await;
    let promote = format!("/updates/{}/promote", good.group);
    let promoted = desk.post(&promote, json!({ "branch": "next", "message": "tried", "rollout": 500 })).await;
    assert_eq!((promoted.groups[0].branch.as_str(), promoted.groups[0].updates.len()), ("next", 2));
    let shown = desk.group(&promoted.groups[0].group).await;
    assert_eq!((shown[0].update.message.as_deref(), shown[0].update.rollout), (Some("tried"), Some(500)));
    let rule = json!({ "device_in": [uuid::Uuid::from_u128(1)] });
    let promoted = desk.post(&promote, json!({ "channel": "production", "rule": rule })).await;
    assert_eq!(desk.group(&promoted.groups[0].group).await[1].update.rule, Some(rule));

    let to = |more: Value| {
        let mut body = json!({ "channel": "production" });
        body.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        body
    };
    for (path, body, problem) in [
        (&republish, json!({ "branch": "next" }), (400, "bad_request", "branch")),
        (&republish, json!({ "channel": "production" }), (400, "bad_request", "channel")),
        (&promote, json!({}), (400, "bad_request", "channel")),
        (&promote, to(json!({ "branch": "next" })), (400, "bad_request", "channel")),
        (&promote, json!({ "channel": "none" }), (404, "unknown_channel", "channel")),
        (&promote, json!({ "branch": "none" }), (404, "unknown_branch", "branch")),
        (&promote, json!({ "branch": "next" }), (409, "rollout_active", "")),
        (&promote, to(json!({ "rollout": 10_001 })), (400, "rollout_over_100", "rollout")),
        (&promote, to(json!({ "rule": { "device_in": [] } })), (422, "invalid_rule", "rule")),
        (&promote, to(json!({ "rule": { "device_in": ["one"] } })), (422, "invalid_rule", "rule")),
        (&promote, to(json!({ "rule": { "country_in": ["se"] } })), (422, "invalid_rule", "rule")),
        (&promote, to(json!({ "rule": {} })), (422, "invalid_rule", "rule")),
        (&promote, to(json!({ "platform": "web" })), (400, "bad_request", "platform")),
        (&promote, to(json!({ "message": "x".repeat(10_001) })), (400, "bad_request", "message")),
        (&promote, to(json!({ "on_rollout": "ignore" })), (400, "bad_request", "body")),
    ] {
        desk.refused(("POST", path, body), problem).await;
    }
    let too_many: Vec<uuid::Uuid> = (0..10_001).map(uuid::Uuid::from_u128).collect();
    let body = to(json!({ "rule": { "device_in": too_many } }));
    desk.refused(("POST", &promote, body), (422, "invalid_rule", "rule")).await;
}
