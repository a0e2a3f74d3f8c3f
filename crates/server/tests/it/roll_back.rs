//! Going back is publishing forward: the older content under a new id and a later time.

use std::collections::HashMap;

use api::RollBackTo::{Embedded, Previous};
use serde_json::{Value, json};
use testing::{Answered, Check, Export, Publisher, TestServer, expect};

use crate::scene::{Scene, assert_problem, id_of};

/// A server whose `production` was published to once for each of these texts, on both platforms.
struct History {
    server: TestServer,
    publisher: Publisher,
    /// The newest `createdAt` per platform.
    newest: HashMap<String, String>,
    /// By the text published.
    groups: HashMap<String, String>,
}

impl History {
    async fn of(texts: &[&str]) -> Self {
        let server = TestServer::start().await;
        let publisher = server.publisher();
        let mut history = Self { server, publisher, newest: HashMap::new(), groups: HashMap::new() };
        for text in texts {
            history.publish(text, "production").await;
        }
        history
    }

    async fn publish(&mut self, text: &str, channel: &str) {
        let published = self.publisher.publish(&Export::small("1.0.0", text), channel).await;
        self.note(&published);
        self.groups.insert(text.to_owned(), published.group);
    }

    async fn back(&mut self, channel: &str, to: api::RollBackTo) -> api::Published {
        let published: api::Published = expect(&self.publisher.roll_back(channel, to).await);
        self.note(&published);
        published
    }

    /// Disables the group that was published with this text.
    async fn disable(&self, text: &str) {
        let group = &self.groups[text];
        self.publisher.operate(&format!("/updates/{group}/disable"), &json!({})).await;
    }

    /// Asserts that times only ever grow.
    fn note(&mut self, published: &api::Published) {
        for update in &published.updates {
            let before = self.newest.insert(update.platform.clone(), update.created_at.clone());
            assert!(before.as_ref().is_none_or(|before| *before < update.created_at), "{before:?} {update:?}");
        }
    }

    /// What a check of this platform downloads as its bundle; none when it is sent back to embedded.
    async fn serves(&self, platform: &str) -> Option<String> {
        self.serves_on("production", platform).await
    }

    async fn serves_on(&self, channel: &str, platform: &str) -> Option<String> {
        let check = Check::stock(platform).with("expo-channel-name", channel);
        let answer = check.clone().with("accept", "application/json").send(&self.server).await;
        if answer.status == 204 {
            let directive = check.send(&self.server).await;
            assert_eq!(testing::Parts::read(&directive).names(), ["directive"]);
            return None;
        }
        let url = answer.json()["launchAsset"]["url"].as_str().unwrap().to_owned();
        let path = url.strip_prefix(&self.server.url()).unwrap();
        let bundle = self.server.anonymous().get(path, &[]).await;
        let line = String::from_utf8(bundle.body.to_vec()).unwrap();
        line.lines().next().and_then(|line| line.split_once(": ")).map(|(_, text)| text.to_owned())
    }
}

#[tokio::test]
async fn to_previous_issues_what_was_before_and_again_goes_further() {
    let mut history = History::of(&["first", "second", "third"]).await;
    let files = history.server.blob_files();
    for expected in ["second", "first"] {
        let back = history.back("production", Previous).await;
        assert_eq!(back.updates.len(), 2);
        for update in &back.updates {
            assert_eq!(update.kind, api::UpdateKind::Update);
            assert!(update.origin.is_some(), "it names what it repeats");
            assert_eq!(history.serves(&update.platform).await.as_deref(), Some(expected), "{}", update.platform);
        }
    }
    let nothing = history.publisher.roll_back("production", Previous).await;
    assert_problem(&nothing, (409, "nothing_to_roll_back_to", ""), "before the first");
    assert_eq!(history.serves("ios").await.as_deref(), Some("first"), "a refused roll back changes nothing");
    history.publish("fourth", "production").await;
    history.back("production", Previous).await;
    assert_eq!(history.serves("ios").await.as_deref(), Some("first"), "what was served before the fourth");
    assert_eq!(history.server.blob_files().len(), files.len() + 2 * 4, "only the fourth's two bundles came with it");
}

#[tokio::test]
async fn to_embedded_is_a_state_to_go_back_from_and_to() {
    let mut history = History::of(&["first", "second"]).await;
    let embedded = history.back("production", Embedded).await;
    for update in &embedded.updates {
        assert_eq!((update.kind, &update.origin), (api::UpdateKind::RollBackToEmbedded, &None));
    }
    assert_eq!(history.serves("android").await, None);
    history.back("production", Previous).await;
    assert_eq!(history.serves("android").await.as_deref(), Some("second"));
    history.back("production", Previous).await;
    assert_eq!(history.serves("android").await.as_deref(), Some("first"));
    history.back("production", Embedded).await;
    history.publish("third", "production").await;
    let back = history.back("production", Previous).await;
    assert_eq!(back.updates[0].kind, api::UpdateKind::RollBackToEmbedded, "embedded was before the third");
    assert_eq!(history.serves("ios").await, None);
    history.back("production", Embedded).await;
    assert_eq!(history.serves("ios").await, None, "a device that missed the first directive takes the second");
}

#[tokio::test]
async fn one_platform_or_one_runtime_version_goes_back_alone() {
    let mut history = History::of(&["first", "second"]).await;
    let only = |member: &str, value: &str| {
        let mut request = json!({ "channel": "production", "to": "previous" });
        request[member] = value.into();
        request
    };
    let publisher = history.publisher.clone();
    let post = |request: Value| {
        let publisher = publisher.clone();
        async move { publisher.post("/roll-backs", &request).await }
    };
    let back: api::Published = expect(&post(only("platform", "ios")).await);
    assert_eq!(back.updates.len(), 1);
    assert_eq!(history.serves("ios").await.as_deref(), Some("first"));
    assert_eq!(history.serves("android").await.as_deref(), Some("second"));

    let newer = history.publisher.publish(&Export::small("2.0.0", "for new binaries"), "production").await;
    history.note(&newer);
    let nothing = post(json!({ "channel": "production", "to": "previous" })).await;
    assert_problem(&nothing, (409, "nothing_to_roll_back_to", ""), "the newest group is of 2.0.0, alone there");
    let partly = post(only("runtime_version", "1.0.0")).await;
    assert_problem(&partly, (409, "nothing_to_roll_back_to", ""), "all or nothing: iOS is at its first already");
    assert!(partly.json()["detail"].as_str().unwrap().contains("ios"), "{}", partly.json()["detail"]);
    assert_eq!(history.serves("android").await.as_deref(), Some("second"));
    let mut request = only("runtime_version", "1.0.0");
    request["platform"] = "android".into();
    let back: api::Published = expect(&post(request).await);
    assert_eq!(back.updates.len(), 1);
    assert_eq!(history.serves("android").await.as_deref(), Some("first"));
}

#[tokio::test]
async fn where_nothing_is_there_is_nothing_to_go_back_from() {
    let history = History::of(&["first"]).await;
    let post = |request: Value| {
        let publisher = history.publisher.clone();
        async move { publisher.post("/roll-backs", &request).await }
    };
    for (what, request, (status, code, field)) in [
        ("one update", json!({ "channel": "production", "to": "previous" }), (409, "nothing_to_roll_back_to", "")),
        (
            "another runtime version",
            json!({ "channel": "production", "to": "embedded", "runtime_version": "9" }),
            (409, "nothing_to_roll_back_to", ""),
        ),
        ("an unknown channel", json!({ "channel": "beta", "to": "embedded" }), (404, "unknown_channel", "channel")),
        ("an unknown branch", json!({ "branch": "beta", "to": "embedded" }), (404, "unknown_branch", "branch")),
        ("neither", json!({ "to": "embedded" }), (400, "bad_request", "channel")),
        ("both", json!({ "channel": "a", "branch": "b", "to": "embedded" }), (400, "bad_request", "channel")),
        (
            "web",
            json!({ "channel": "production", "to": "embedded", "platform": "web" }),
            (400, "bad_request", "platform"),
        ),
        (
            "no runtime version",
            json!({ "channel": "production", "to": "embedded", "runtime_version": "" }),
            (400, "invalid_name", "runtime_version"),
        ),
        ("nowhere", json!({ "channel": "production" }), (400, "bad_request", "body")),
        ("somewhere", json!({ "channel": "production", "to": "next" }), (400, "bad_request", "body")),
        (
            "an unknown field",
            json!({ "channel": "production", "to": "previous", "x": 1 }),
            (400, "bad_request", "body"),
        ),
    ] {
        assert_problem(&post(request).await, (status, code, field), what);
    }
    assert_eq!(history.serves("ios").await.as_deref(), Some("first"));
}

#[tokio::test]
async fn a_disabled_head_counts_as_head_and_a_disabled_entry_is_passed_over() {
    let mut history = History::of(&["first", "second", "third"]).await;
    history.disable("third").await;
    assert_eq!(history.serves("ios").await.as_deref(), Some("second"), "what a new device gets");
    let back = history.back("production", Previous).await;
    assert_eq!(history.serves("ios").await.as_deref(), Some("second"), "now also those that run the third");
    assert!(back.updates.iter().all(|update| update.kind == api::UpdateKind::Update));

    let mut history = History::of(&["first", "second", "third"]).await;
    history.disable("second").await;
    history.back("production", Previous).await;
    assert_eq!(history.serves("android").await.as_deref(), Some("first"));
}

#[tokio::test]
async fn times_only_grow_over_all_channels_and_when_the_clock_steps_back() {
    let mut history = History::of(&["first"]).await;
    history.publish("beta", "beta").await;
    history.back("production", Embedded).await;
    history.publish("beta again", "beta").await;
    history.server.clock.advance(-3_600_000);
    history.publish("after the step", "production").await;
    history.back("production", Previous).await;
    history.back("beta", Previous).await;
    history.server.clock.advance(-86_400_000 * 365);
    history.publish("in the past", "beta").await;
    history.back("production", Embedded).await;
    assert_eq!(history.newest["ios"], "2026-01-31T09:00:00.008Z", "one millisecond each, and no more");
    history.server.clock.advance(86_400_000 * 365 + 3_600_000 + 5_000);
    history.publish("when time caught up", "production").await;
    assert_eq!(history.newest["ios"], "2026-01-31T09:00:05.000Z");
    assert_eq!(history.serves_on("beta", "ios").await.as_deref(), Some("in the past"));
    let all = Export::small("2.0.0", "another runtime version");
    let published = history.publisher.publish(&all, "beta").await;
    history.note(&published);
}

#[tokio::test]
async fn a_head_far_in_the_future_is_told_to_whoever_issues_after_it() {
    let scene = Scene::new().await;
    scene.server.clock.advance(3_600_000);
    scene.publisher.publish(&Export::small("1.0.0", "by a clock that was wrong"), "production").await;
    scene.server.clock.advance(-3_600_000);
    let prepared = scene.publisher.prepare(&Export::small("1.0.0", "second"), "production").await;
    let codes = |warnings: &[api::Warning]| warnings.iter().map(|one| one.code.clone()).collect::<Vec<_>>();
    assert_eq!(codes(&prepared.warnings), ["head_in_future", "head_in_future"], "one for each platform");
    let back: api::Published = expect(&scene.publisher.roll_back("production", Embedded).await);
    assert_eq!(codes(&back.warnings), ["head_in_future", "head_in_future"]);
    assert!(back.updates[0].created_at.as_str() > "2026-01-31T10:00:00.000Z");
}

#[tokio::test]
async fn a_directive_names_the_project_that_its_certificate_may_be_bound_to() {
    let scene = Scene::new().await;
    let mut export = Export::small("1.0.0", "of a project");
    let project = json!({ "name": "Test", "slug": "test", "scopeKey": "@owner/test", "extra": { "eas": { "projectId": "0c5a6b5e-7d0f-4a4b-8f55-0f6f6f6f6f6f" } } });
    export.config = Some(project);
    let published = scene.publisher.publish(&export, "production").await;
    expect::<api::Published>(&scene.publisher.roll_back("production", Embedded).await);
    let answer: Answered = Check::stock("ios").running(id_of(&published, "ios")).send(&scene.server).await;
    let directive = testing::Parts::read(&answer).part("directive").json();
    let expected = json!({ "projectId": "0c5a6b5e-7d0f-4a4b-8f55-0f6f6f6f6f6f", "scopeKey": "@owner/test" });
    assert_eq!(directive["extra"]["signingInfo"], expected);
    expect::<api::Published>(&scene.publisher.roll_back("production", Embedded).await);
    let again = Check::stock("ios").running(id_of(&published, "ios")).send(&scene.server).await;
    let later = testing::Parts::read(&again).part("directive").json();
    assert_ne!(later["parameters"], directive["parameters"], "another one");
    assert_eq!(later["extra"]["signingInfo"], expected, "also when what it follows is a directive itself");
}

#[tokio::test]
async fn nothing_is_issued_into_an_open_rollout_or_by_the_name_of_two_branches() {
    let scene = Scene::new().await;
    scene.publisher.publish(&Export::small("1.0.0", "beta"), "beta").await;
    let export = Export::small("1.0.0", "second");
    scene.publisher.upload_missing(&export).await;
    let waiting = scene.publisher.prepare(&Export::small("1.0.0", "prepared before"), "production").await;
    let open = json!({ "action": "start", "basis_points": 5000 });
    scene.operate(&format!("/updates/{}/rollout", scene.id("ios")), &open).await;
    let refused = (409, "rollout_active", "");
    let request = Publisher::prepare_request(&export, "production");
    assert_problem(&scene.publisher.post("/publishes", &request).await, refused, "a publish");
    assert_problem(&scene.publisher.commit(&waiting.id).await, refused, "one that was prepared before");
    for to in [Previous, Embedded] {
        assert_problem(&scene.publisher.roll_back("production", to).await, refused, "a roll back");
    }
    let android = Publisher::prepare_request(&export.clone().only("android"), "production");
    assert_eq!(scene.publisher.post("/publishes", &android).await.status, 201, "the other platform is free");

    scene.operate(&format!("/updates/{}/rollout", scene.id("ios")), &json!({ "action": "finish" })).await;
    let split = json!({ "action": "start", "branch": "beta", "basis_points": 1 });
    scene.operate("/channels/production/rollout", &split).await;
    let refused = (409, "split_channel", "channel");
    assert_problem(&scene.publisher.post("/publishes", &request).await, refused, "a publish");
    assert_problem(&scene.publisher.roll_back("production", Embedded).await, refused, "a roll back");
    let by_branch = json!({ "branch": "production", "to": "embedded" });
    assert_eq!(scene.publisher.post("/roll-backs", &by_branch).await.status, 201, "a branch is one");
}
