//! A store that cannot be reached, or whose disk is full: who publishes is told to come back, and nothing is lost.

use std::time::Duration;

use http::Method;
use testing::{Answered, Export, Publisher, TestServer, expect};

use crate::faulty_store::{Faults, Mode};
use crate::served::{PLATFORMS, served};

/// Far more than the server takes to get over a fault.
const PATIENCE: Duration = Duration::from_secs(30);

#[tokio::test]
async fn every_step_of_a_publish_says_why_it_cannot_and_works_again_later() {
    let faults = Faults::default();
    let server = TestServer::builder().wrap_store(faults.wrap()).start().await;
    let publisher = server.publisher();
    let live = publisher.publish(&Export::small("1.0.0", "live"), "production").await;
    let next = Export::small("1.0.0", "next");
    let waiting = publisher.prepare(&next, "production").await;
    let other = Export::small("1.0.0", "other");
    let bundle = &other.platforms[0].bundle;
    let which = api::WhichBlobs { blobs: vec![api::BlobRef { hash: bundle.hash(), size: 1 }] };

    for (mode, status, code) in [(Mode::IsDown, 503, "unavailable"), (Mode::IsFull, 507, "no_space")] {
        faults.set(mode);
        for (what, answer) in [
            ("asking", publisher.post("/blobs/missing", &which).await),
            ("uploading", publisher.upload(bundle).await),
            ("preparing", publisher.post("/publishes", &Publisher::prepare_request(&next, "production")).await),
            ("committing", publisher.commit(&waiting.id).await),
            ("rolling back", publisher.roll_back("production", api::RollBackTo::Embedded).await),
            ("listing keys", publisher.get("/keys").await),
        ] {
            assert_told(&answer, status, code, what);
        }
        assert_serves(&server, &live).await;
        assert_eq!(server.anonymous().get("/readyz", &[]).await.status, 200, "devices are served");
    }

    faults.set(Mode::Works);
    let published: api::Published = expect(&publisher.commit(&waiting.id).await);
    assert_serves(&server, &published).await;
    let published = publisher.publish(&other, "production").await;
    assert_serves(&server, &published).await;
}

/// The token of the first start is looked up in the store; the process's own is not.
#[tokio::test]
async fn a_token_that_cannot_be_looked_up_is_not_called_wrong() {
    let faults = Faults::default();
    let server = TestServer::builder().wrap_store(faults.wrap()).start().await;
    let token = &server.running().created.as_ref().unwrap().token;
    let operator = Publisher::new(&server.url(), token);
    assert_eq!(operator.get("/keys").await.status, 200);
    faults.set(Mode::IsDown);
    assert_told(&operator.get("/keys").await, 503, "unavailable", "a stored token");
    faults.set(Mode::Works);
    assert_eq!(operator.get("/keys").await.status, 200);
}

/// One fault at each call that a publish makes, one after the other: the step that met it is repeated and goes on.
#[tokio::test]
async fn a_publish_survives_a_fault_at_each_of_its_calls() {
    let faults = Faults::default();
    let server = TestServer::builder().wrap_store(faults.wrap()).start().await;
    let publisher = server.publisher();
    let mut live = publisher.publish(&Export::small("1.0.0", "live"), "production").await;
    let mut met = Vec::new();
    for calls in 0.. {
        let export = Export::small("1.0.0", &format!("publish number {calls}"));
        faults.take_asked();
        faults.set(Mode::FailsAfter(calls));
        let prepared = prepare(&publisher, &faults, &export).await;
        // Until the commit is asked for, devices get what was there.
        assert_serves(&server, &live).await;
        let commit = || publisher.commit(&prepared.id);
        live = expect(&repeated(&faults, commit).await);
        assert_eq!(live.updates.len(), 2);
        assert_serves(&server, &live).await;
        if faults.mode() != Mode::Works {
            break;
        }
        met.push(faults.take_asked()[calls]);
    }
    faults.set(Mode::Works);
    for call in
        ["app", "missing_blobs", "record_blob", "record_encodings", "control", "save_prepared", "commit", "load"]
    {
        assert!(met.contains(&call), "no fault met {call}: {met:?}");
    }
}

/// A roll back is asked for under an idempotency key, so that a repetition does not go back twice.
#[tokio::test]
async fn a_roll_back_survives_a_fault_at_each_of_its_calls() {
    let faults = Faults::default();
    let server = TestServer::builder().wrap_store(faults.wrap()).start().await;
    let publisher = server.publisher();
    let mut met = Vec::new();
    for calls in 0.. {
        let first = publisher.publish(&Export::small("1.0.0", &format!("first {calls}")), "production").await;
        publisher.publish(&Export::small("1.0.0", &format!("second {calls}")), "production").await;
        faults.take_asked();
        faults.set(Mode::FailsAfter(calls));
        let key = [(api::IDEMPOTENCY_KEY, format!("roll back {calls}"))];
        let request = serde_json::json!({ "channel": "production", "to": "previous" });
        let ask = || {
            let body = serde_json::to_vec(&request).unwrap().into();
            let key = key.clone();
            let publisher = publisher.clone();
            async move { publisher.send(Method::POST, "/roll-backs", &[(key[0].0, &key[0].1)], body).await }
        };
        let back: api::Published = expect(&repeated(&faults, ask).await);
        for update in &back.updates {
            let origin = first.updates.iter().find(|issued| issued.platform == update.platform).unwrap();
            assert_eq!(update.origin.as_ref(), Some(&origin.id), "it went back once");
        }
        assert_serves(&server, &back).await;
        if faults.mode() != Mode::Works {
            break;
        }
        met.push(faults.take_asked()[calls]);
    }
    for call in ["replay", "control", "update", "keys", "apply", "load"] {
        assert!(met.contains(&call), "no fault met {call}: {met:?}");
    }
}

/// A change is stored, but reading it back fails, and nobody asks again: devices get it all the same.
#[tokio::test]
async fn a_stored_change_that_could_not_be_loaded_is_served_without_being_asked_for_again() {
    let faults = Faults::default();
    let server = TestServer::builder().wrap_store(faults.wrap()).start().await;
    let publisher = server.publisher();
    let before = publisher.publish(&Export::small("1.0.0", "before"), "production").await;
    let prepared = publisher.prepare(&Export::small("1.0.0", "after"), "production").await;

    faults.set(Mode::CannotBeRead);
    assert_told(&publisher.commit(&prepared.id).await, 503, "unavailable", "a commit that was stored");
    assert_serves(&server, &before).await;
    faults.set(Mode::Works);

    let caller = server.anonymous();
    let seen = async { while served(&caller, "ios").await.unwrap().id == before.updates[1].id {} };
    tokio::time::timeout(PATIENCE, seen).await.expect("devices get what is stored");
    let committed: api::Published = expect(&publisher.commit(&prepared.id).await);
    assert_serves(&server, &committed).await;
}

async fn prepare(publisher: &Publisher, faults: &Faults, export: &Export) -> api::Prepared {
    let blobs = export.files().map(|file| api::BlobRef { hash: file.hash(), size: file.bytes.len() as u64 });
    let which = api::WhichBlobs { blobs: blobs.collect() };
    let missing: api::MissingBlobs = expect(&repeated(faults, || publisher.post("/blobs/missing", &which)).await);
    for hash in &missing.missing {
        let file = export.files().find(|file| file.hash() == *hash).unwrap();
        assert_eq!(repeated(faults, || publisher.upload(file)).await.status, 204);
    }
    let request = Publisher::prepare_request(export, "production");
    expect(&repeated(faults, || publisher.post("/publishes", &request)).await)
}

/// The answer to a request, which is repeated when it met the one fault that was ordered.
async fn repeated<A: Future<Output = Answered>>(faults: &Faults, ask: impl Fn() -> A) -> Answered {
    let was_waiting = faults.mode() != Mode::Works;
    let first = ask().await;
    // What took effect before the fault may be found and told at once.
    if was_waiting && faults.mode() == Mode::Works && !first.status.is_success() {
        assert_told(&first, 503, "unavailable", "a step that met the fault");
        return ask().await;
    }
    first
}

fn assert_told(answer: &Answered, status: u16, code: &str, what: &str) {
    let text = String::from_utf8_lossy(&answer.body);
    assert_eq!((answer.status.as_u16(), answer.code().as_str()), (status, code), "{what}: {text}");
    assert_eq!(answer.header("content-type"), "application/problem+json", "{what}");
    assert_eq!(answer.headers.contains_key("retry-after"), status == 503, "{what}");
    assert!(!text.contains("told to"), "{what} tells a stranger why: {text}");
}

async fn assert_serves(server: &TestServer, published: &api::Published) {
    for platform in PLATFORMS {
        let update = served(&server.anonymous(), platform).await.unwrap();
        let issued = published.updates.iter().find(|issued| issued.platform == platform).unwrap();
        assert_eq!((&update.id, &update.created_at), (&issued.id, &issued.created_at), "{platform}");
    }
}
