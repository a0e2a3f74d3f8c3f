//! A store that panics, whatever it is asked: devices do not notice.

use std::sync::Arc;

use bytes::Bytes;
use testing::{Anonymous, Answered, Export, Publisher, TestServer};
use tokio::task::JoinSet;

use crate::faulty_store::{Faults, Mode};
use crate::served::{PLATFORMS, served};

const CHECKS: usize = 10_000;
const CALLERS: usize = 8;
const MULTIPART: &str = "multipart/mixed,application/expo+json,application/json";
const SIGNED: (&str, &str) = ("expo-expect-signature", "sig, keyid=\"main\", alg=\"rsa-v1_5-sha256\"");

/// One kind of check, and what it was answered while the store was well.
struct Question {
    headers: Vec<(String, String)>,
    expected: Answered,
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn ten_thousand_checks_and_every_asset_need_no_store() {
    let faults = Faults::default();
    let server = TestServer::builder().wrap_store(faults.wrap()).start().await;
    let export = Export::small("1.0.0", "before the fall");
    server.publisher().publish(&export, "production").await;
    let questions = Arc::new(questions(&server.anonymous()).await);
    server.records.take();
    faults.take_asked();

    faults.set(Mode::Panics);

    let mut callers = JoinSet::new();
    for number in 0..CALLERS {
        let (caller, questions) = (server.anonymous(), questions.clone());
        callers.spawn(async move { ask(&caller, &questions, number, CHECKS / CALLERS).await });
    }
    let mut answered = 0;
    while let Some(count) = callers.join_next().await {
        answered += count.unwrap();
    }
    assert_eq!((answered, server.records.take().len()), (CHECKS, CHECKS));
    for platform in PLATFORMS {
        let update = served(&server.anonymous(), platform).await.unwrap();
        assert_eq!(update.download(&server.anonymous(), &server.url()).await, 3 * 4);
    }
    assert_eq!(server.anonymous().get("/healthz", &[]).await.status, 200);
    assert_eq!(server.anonymous().get("/readyz", &[]).await.status, 200);
    assert_eq!(faults.take_asked(), [""; 0], "nobody asked the store");

    publishing_fails_and_works_again(&server, &faults).await;
}

/// The panic takes its request along and nothing else.
async fn publishing_fails_and_works_again(server: &TestServer, faults: &Faults) {
    let next = Export::small("1.0.0", "after the fall");
    let request = Publisher::prepare_request(&next, "production");
    let answer = server.publisher().post("/publishes", &request).await;
    assert_eq!((answer.status.as_u16(), answer.code().as_str()), (500, "internal"));
    assert_eq!(faults.take_asked(), ["app"]);

    faults.set(Mode::Works);
    let published = server.publisher().publish(&next, "production").await;
    for platform in PLATFORMS {
        let update = served(&server.anonymous(), platform).await.unwrap();
        assert!(published.updates.iter().any(|issued| issued.id == update.id), "{platform}");
    }
}

/// Checks of every status that a device meets, on both platforms, in all three shapes.
async fn questions(caller: &Anonymous) -> Vec<Question> {
    let mut questions = Vec::new();
    for platform in PLATFORMS {
        let id = served(caller, platform).await.unwrap().id;
        let etag = ask_once(caller, &headers(platform, &[SIGNED])).await.header("etag").to_owned();
        for (status, changed) in [
            (200, vec![SIGNED]),
            (200, vec![]),
            (200, vec![("accept", "application/expo+json"), SIGNED]),
            (200, vec![("accept", "application/json")]),
            (204, vec![("expo-current-update-id", id.as_str())]),
            (204, vec![("expo-runtime-version", "9.9.9")]),
            (304, vec![SIGNED, ("if-none-match", etag.as_str())]),
            (404, vec![("expo-channel-name", "nobody made this")]),
            (406, vec![("accept", "text/html")]),
        ] {
            let headers = headers(platform, &changed);
            let expected = ask_once(caller, &headers).await;
            assert_eq!(expected.status, status, "{headers:?}");
            questions.push(Question { headers, expected });
        }
    }
    questions
}

async fn ask(caller: &Anonymous, questions: &[Question], from: usize, count: usize) -> usize {
    for number in 0..count {
        let Question { headers, expected } = &questions[(from + number) % questions.len()];
        let answer = ask_once(caller, headers).await;
        assert_eq!(facts(&answer), facts(expected), "{headers:?}");
    }
    count
}

fn facts(answer: &Answered) -> (u16, &str, &Bytes) {
    (answer.status.as_u16(), answer.header("etag"), &answer.body)
}

async fn ask_once(caller: &Anonymous, headers: &[(String, String)]) -> Answered {
    let headers: Vec<_> = headers.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
    caller.get("/update", &headers).await
}

fn headers(platform: &str, changed: &[(&str, &str)]) -> Vec<(String, String)> {
    let stock = [
        ("accept", MULTIPART),
        ("expo-platform", platform),
        ("expo-protocol-version", "1"),
        ("expo-runtime-version", "1.0.0"),
        ("expo-channel-name", "production"),
        ("eas-client-id", "0b7b5c0e-8c52-4c0e-9b0b-6f1f0e4a9d11"),
    ];
    let kept = stock.iter().filter(|(name, _)| changed.iter().all(|(other, _)| other != name));
    kept.chain(changed).map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect()
}
