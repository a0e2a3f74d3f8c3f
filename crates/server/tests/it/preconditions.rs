//! `If-Match`: an edit is made to what its editor saw, or not at all.

use http::Method;
use serde_json::{Value, json};

use crate::operations_desk::Desk;
use crate::scene::assert_problem;

const CHANNEL: &str = "/channels/production";
const CHANNEL_ROLLOUT: &str = "/channels/production/rollout";
const FAILED: (u16, &str, &str) = (412, "precondition_failed", "if-match");

async fn etag(desk: &Desk, path: &str) -> String {
    let answer = desk.send(Method::GET, path, &Value::Null).await;
    let etag = answer.header("etag").to_owned();
    assert!(etag.starts_with('"') && etag.ends_with('"') && etag.len() > 20, "{path}: {etag:?}");
    etag
}

#[tokio::test]
async fn of_two_editors_who_saw_the_same_one_edits() {
    let desk = Desk::new().await;
    let group = desk.publish("first", "production").await.group;
    let rollout = format!("/updates/{group}/rollout");
    desk.post(&rollout, json!({ "action": "start", "basis_points": 100 })).await;
    let read = format!("/updates/{group}");
    let raise = |share: u16| json!({ "action": "set", "basis_points": share });
    for round in 1..=8 {
        desk.patch(CHANNEL, json!({ "paused": false })).await;
        let (pause, edits) = (json!({ "paused": true }), [raise(round * 200), raise(round * 200 + 1)]);
        for (method, path, read, [one, other]) in [
            (Method::PATCH, CHANNEL, CHANNEL, [pause.clone(), pause]),
            (Method::POST, rollout.as_str(), read.as_str(), edits),
        ] {
            let seen = etag(&desk, read).await;
            let condition = [("if-match", seen.as_str())];
            let (one, other) = tokio::join!(
                desk.send_with(method.clone(), path, &one, &condition),
                desk.send_with(method.clone(), path, &other, &condition)
            );
            let mut statuses = [one.status.as_u16(), other.status.as_u16()];
            statuses.sort_unstable();
            assert_eq!(statuses, [200, 412], "{path}, round {round}");
        }
    }
}

#[tokio::test]
async fn the_answer_of_an_edit_carries_the_tag_for_the_next() {
    let desk = Desk::new().await;
    let group = desk.publish("first", "production").await.group;
    desk.post("/branches", json!({ "name": "next" })).await;
    let mut seen = etag(&desk, CHANNEL).await;
    for (method, path, body) in [
        (Method::PATCH, CHANNEL, json!({ "paused": true })),
        (Method::PATCH, CHANNEL, json!({ "paused": true })),
        (Method::PATCH, CHANNEL, json!({ "paused": false })),
        (Method::POST, CHANNEL_ROLLOUT, json!({ "action": "start", "branch": "next", "basis_points": 100 })),
        (Method::POST, CHANNEL_ROLLOUT, json!({ "action": "set", "basis_points": 200 })),
        (Method::POST, CHANNEL_ROLLOUT, json!({ "action": "revert" })),
    ] {
        let answer = desk.send_with(method, path, &body, &[("if-match", &seen)]).await;
        assert_eq!(answer.status, 200, "{body}: {}", answer.json());
        assert_eq!(answer.header("etag"), etag(&desk, CHANNEL).await, "{body}");
        answer.header("etag").clone_into(&mut seen);
    }

    let (read, rollout) = (format!("/updates/{group}"), format!("/updates/{group}/rollout"));
    let mut seen = etag(&desk, &read).await;
    for body in [
        json!({ "action": "start", "basis_points": 100 }),
        json!({ "action": "set", "basis_points": 200 }),
        json!({ "action": "finish" }),
    ] {
        let before = seen.clone();
        let answer = desk.send_with(Method::POST, &rollout, &body, &[("if-match", &seen)]).await;
        assert_eq!(answer.status, 200, "{body}: {}", answer.json());
        assert_eq!(answer.header("etag"), etag(&desk, &read).await, "{body}");
        answer.header("etag").clone_into(&mut seen);
        assert_ne!(seen, before, "{body}");
    }
}

#[tokio::test]
async fn what_was_changed_meanwhile_is_not_edited() {
    let desk = Desk::new().await;
    let group = desk.publish("first", "production").await.group;
    desk.post("/branches", json!({ "name": "next" })).await;
    let (read, rollout) = (format!("/updates/{group}"), format!("/updates/{group}/rollout"));
    let (channel, updates) = (etag(&desk, CHANNEL).await, etag(&desk, &read).await);
    // Things that are told about them change, by other ways than the edits themselves.
    desk.patch("/branches/production", json!({ "name": "main" })).await;
    desk.patch(&read, json!({ "message": "other words" })).await;
    let lines = desk.audit(1000).await.len();
    let start = json!({ "action": "start", "branch": "next", "basis_points": 100 });
    for (method, path, body, seen) in [
        (Method::PATCH, CHANNEL, json!({ "paused": true }), &channel),
        (Method::PATCH, CHANNEL, json!({ "branch": "next" }), &channel),
        (Method::POST, CHANNEL_ROLLOUT, start, &channel),
        (Method::DELETE, CHANNEL, Value::Null, &channel),
        (Method::POST, &rollout, json!({ "action": "start", "basis_points": 100 }), &updates),
    ] {
        let weak = format!("W/{}", etag(&desk, if path == rollout { &read } else { CHANNEL }).await);
        for condition in [seen.as_str(), &format!("\"x\", {seen}"), &weak] {
            let answer = desk.send_with(method.clone(), path, &body, &[("if-match", condition)]).await;
            assert_problem(&answer, FAILED, &format!("{method} {path} {body} {condition}"));
        }
        let malformed = desk.send_with(method.clone(), path, &body, &[("if-match", "x")]).await;
        assert_problem(&malformed, (400, "bad_request", "if-match"), path);
    }
    assert_eq!(desk.audit(1000).await.len(), lines, "nothing took effect");

    let now = etag(&desk, CHANNEL).await;
    for condition in ["*".to_owned(), format!("{channel}, {now}")] {
        let answer =
            desk.send_with(Method::PATCH, CHANNEL, &json!({ "paused": false }), &[("if-match", &condition)]).await;
        assert_eq!(answer.status, 200, "{condition}");
    }
    let none = desk.send_with(Method::PATCH, "/channels/none", &json!({ "paused": true }), &[("if-match", "*")]).await;
    assert_problem(&none, (404, "unknown_channel", "channel"), "what is not there");
}

#[tokio::test]
async fn a_repeated_request_gets_its_first_answer_whatever_was_changed_since() {
    let desk = Desk::new().await;
    let seen = etag(&desk, CHANNEL).await;
    let headers = [("if-match", seen.as_str()), ("idempotency-key", "once")];
    let pause = json!({ "paused": true });
    let first = desk.send_with(Method::PATCH, CHANNEL, &pause, &headers).await;
    assert_eq!(first.status, 200);
    desk.patch(CHANNEL, json!({ "paused": false })).await;
    let again = desk.send_with(Method::PATCH, CHANNEL, &pause, &headers).await;
    assert_eq!((again.status, again.header("etag"), again.json()), (first.status, first.header("etag"), first.json()));
    let show: api::Channel = desk.get(CHANNEL).await;
    assert!(!show.paused, "it had no second effect");
}
