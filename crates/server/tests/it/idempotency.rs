//! Requests that may arrive twice: the same key and body get the same answer, and nothing happens twice.

use testing::{Answered, Check, Export, Publisher};

use crate::scene::{Scene, assert_problem};

fn keyed(key: &str) -> [(&'static str, &str); 1] {
    [("idempotency-key", key)]
}

fn back(to: api::RollBackTo, message: &str) -> api::RollBack {
    api::RollBack {
        channel: Some("production".into()),
        branch: None,
        to,
        group: None,
        on_rollout: api::OnRollout::Refuse,
        platform: None,
        runtime_version: None,
        message: Some(message.into()),
    }
}

async fn served(scene: &Scene) -> String {
    let answer = Check::stock("ios").with("accept", "application/json").send(&scene.server).await;
    answer.json()["id"].as_str().unwrap_or_default().to_owned()
}

fn same(left: &Answered, right: &Answered) -> bool {
    (left.status, &left.body) == (right.status, &right.body)
}

#[tokio::test]
async fn a_repeated_roll_back_rolls_back_once() {
    let scene = Scene::new().await;
    scene.publisher.publish(&Export::small("1.0.0", "second"), "production").await;
    scene.publisher.publish(&Export::small("1.0.0", "third"), "production").await;
    let post = |body: api::RollBack, key: &'static str| {
        let publisher = scene.publisher.clone();
        async move { publisher.post_with("/roll-backs", &body, &keyed(key)).await }
    };
    let previous = || back(api::RollBackTo::Previous, "it crashes");
    let first = post(previous(), "one").await;
    assert_eq!(first.status, 201);
    let after_first = served(&scene).await;
    let again = post(previous(), "one").await;
    assert!(same(&first, &again), "{}", String::from_utf8_lossy(&again.body));
    assert_eq!(served(&scene).await, after_first, "nothing went further back");

    let conflict = (422, "idempotency_conflict", "idempotency-key");
    assert_problem(&post(back(api::RollBackTo::Embedded, "it crashes"), "one").await, conflict, "another body");
    assert_problem(&post(back(api::RollBackTo::Previous, "It crashes"), "one").await, conflict, "another message");
    assert_eq!(served(&scene).await, after_first);

    let other_key = post(previous(), "two").await;
    assert_eq!(other_key.status, 201);
    assert!(!same(&first, &other_key));
    assert_ne!(served(&scene).await, after_first, "under another key it is another roll back");
    let of_another_token = Publisher::new(&scene.server.url(), &scene.server.running().created.as_ref().unwrap().token);
    let answer = of_another_token.post_with("/roll-backs", &back(api::RollBackTo::Embedded, ""), &keyed("one")).await;
    assert_eq!(answer.status, 201, "another operator's keys are their own");
}

#[tokio::test]
async fn an_answer_is_kept_for_a_day() {
    let scene = Scene::new().await;
    scene.publisher.publish(&Export::small("1.0.0", "second"), "production").await;
    let (body, headers) = (back(api::RollBackTo::Embedded, ""), keyed("daily"));
    let post = || scene.publisher.post_with("/roll-backs", &body, &headers);
    let first = post().await;
    let hour = 60 * 60 * 1000;
    scene.server.clock.advance(24 * hour - 1);
    scene.publisher.publish(&Export::small("1.0.0", "third"), "production").await;
    assert!(same(&first, &post().await), "a millisecond before");
    scene.server.clock.advance(1);
    let another = post().await;
    assert_eq!(another.status, 201);
    assert!(!same(&first, &another), "then it is a new request");
}

#[tokio::test]
async fn a_refused_request_leaves_its_key_free() {
    let scene = Scene::new().await;
    let refused = scene.publisher.post_with("/roll-backs", &back(api::RollBackTo::Previous, ""), &keyed("k")).await;
    assert_problem(&refused, (409, "nothing_to_roll_back_to", ""), "one update only");
    scene.publisher.publish(&Export::small("1.0.0", "second"), "production").await;
    let again = scene.publisher.post_with("/roll-backs", &back(api::RollBackTo::Previous, ""), &keyed("k")).await;
    assert_eq!(again.status, 201, "what had no effect may be tried again");
}

#[tokio::test]
async fn a_repeated_commit_answers_the_same_also_without_a_key_and_after_a_restart() {
    let scene = Scene::new().await;
    let prepared = scene.publisher.prepare(&Export::small("1.0.0", "second"), "production").await;
    let path = format!("/publishes/{}/commit", prepared.id);
    let body = api::CommitPublish::default();
    let first = scene.publisher.post_with(&path, &body, &keyed("commit-1")).await;
    assert_eq!(first.status, 201);
    let third = scene.publisher.publish(&Export::small("1.0.0", "third"), "production").await;
    for key in [Some("commit-1"), Some("commit-2"), None] {
        let headers: Vec<_> = key.into_iter().flat_map(keyed).collect();
        let again = scene.publisher.post_with(&path, &body, &headers).await;
        assert!(same(&first, &again), "{key:?}: {}", String::from_utf8_lossy(&again.body));
    }
    let changed = serde_json::json!({ "signatures": [], "x": 1 });
    let answer = scene.publisher.post_with(&path, &changed, &keyed("commit-1")).await;
    assert_problem(&answer, (400, "bad_request", "body"), "what cannot be read is refused as such");
    let spaced = bytes::Bytes::from_static(b"{ }");
    let answer = scene.publisher.send(http::Method::POST, &path, &keyed("commit-1"), spaced).await;
    assert_problem(&answer, (422, "idempotency_conflict", "idempotency-key"), "other bytes are another body");

    let server = scene.server.restart().await;
    let token = server.token.clone();
    let again = Publisher::new(&server.url(), &token).post_with(&path, &body, &keyed("commit-1")).await;
    assert!(same(&first, &again), "{}", String::from_utf8_lossy(&again.body));
    let answer = Check::stock("ios").with("accept", "application/json").send(&server).await;
    assert_eq!(answer.json()["id"], crate::scene::id_of(&third, "ios"), "no repetition moved the head");
}

#[tokio::test]
async fn many_at_once_under_one_key_have_one_effect() {
    let scene = Scene::new().await;
    for text in ["second", "third", "fourth", "fifth"] {
        scene.publisher.publish(&Export::small("1.0.0", text), "production").await;
    }
    let requests = (0..6).map(|_| {
        let publisher = scene.publisher.clone();
        tokio::spawn(async move {
            publisher.post_with("/roll-backs", &back(api::RollBackTo::Previous, ""), &keyed("at once")).await
        })
    });
    let mut bodies = std::collections::HashSet::new();
    for request in requests.collect::<Vec<_>>() {
        let answer = request.await.unwrap();
        assert_eq!(answer.status, 201, "{}", String::from_utf8_lossy(&answer.body));
        bodies.insert(answer.body);
    }
    assert_eq!(bodies.len(), 1, "one roll back, told to everybody alike");
    let again = scene.publisher.post_with("/roll-backs", &back(api::RollBackTo::Previous, ""), &keyed("at once")).await;
    assert!(bodies.contains(&again.body));
}

#[tokio::test]
async fn a_key_that_is_none_is_refused() {
    let scene = Scene::new().await;
    scene.publisher.publish(&Export::small("1.0.0", "second"), "production").await;
    let before = served(&scene).await;
    for (what, key) in
        [("empty", String::new()), ("256 characters", "x".repeat(256)), ("not ASCII", "schlüssel".into())]
    {
        let answer = scene.publisher.post_with("/roll-backs", &back(api::RollBackTo::Previous, ""), &keyed(&key)).await;
        assert_problem(&answer, (400, "bad_request", "idempotency-key"), what);
    }
    assert_eq!(served(&scene).await, before);
}
