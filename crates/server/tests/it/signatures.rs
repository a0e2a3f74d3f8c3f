//! Signatures, each judged by OpenSSL: other code than the library that made them.

use testing::{Answered, Check, OpenSsl, Parts, bare_signature};

use crate::scene::{Scene, assert_problem};

/// A key id with everything that a structured field could trip over.
const LATER: &str = "later,key;v=(2)";

/// The signature header that belongs to an answer's message, and the exact bytes that it must be over.
fn signed(answer: &Answered, part: &str) -> (String, Vec<u8>) {
    if answer.header("content-type").starts_with("multipart/") {
        let parts = Parts::read(answer);
        let part = parts.part(part);
        assert_eq!(answer.header("expo-signature"), "", "a multipart answer is signed part by part");
        (part.header("expo-signature").to_owned(), part.body.to_vec())
    } else {
        (answer.header("expo-signature").to_owned(), answer.body.to_vec())
    }
}

#[tokio::test]
async fn each_key_signs_every_answer_that_asks_for_it_also_a_key_that_came_later() {
    let scene = Scene::new().await;
    let generated = scene.publisher.post("/keys/generate", &serde_json::json!({ "key_id": LATER })).await;
    assert_eq!(generated.status, 201);
    let (main, later) = (scene.certificate("main").await, scene.certificate(LATER).await);
    let openssl = OpenSsl::default();
    let mut tags = std::collections::HashSet::new();
    for platform in ["android", "ios"] {
        for accept in [testing::STOCK_ACCEPT, "application/expo+json", "application/json"] {
            for (key_id, own, foreign) in [("main", &main, &later), (LATER, &later, &main)] {
                let what = format!("{platform} {accept} {key_id}");
                let check = Check::stock(platform).with("accept", accept).expecting(key_id);
                let answer = check.send(&scene.server).await;
                assert_eq!(answer.status, 200, "{what}");
                let (header, bytes) = signed(&answer, "manifest");
                assert!(
                    header.ends_with(&format!(", keyid=\"{key_id}\", alg=\"rsa-v1_5-sha256\"")),
                    "{what}: {header}"
                );
                assert_eq!(bytes, scene.manifest(platform).as_bytes(), "{what}");
                assert!(openssl.verifies(own, &bytes, &header), "{what}");
                assert!(!openssl.verifies(foreign, &bytes, &header), "{what}");
                let mut changed = bytes;
                changed[20] ^= 1;
                assert!(!openssl.verifies(own, &changed, &header), "{what}");
                assert!(tags.insert(answer.header("etag").to_owned()), "{what}: its own etag");
            }
        }
    }
}

#[tokio::test]
async fn a_directive_is_signed_like_a_manifest() {
    let scene = Scene::new().await;
    let back = scene.publisher.roll_back("production", api::RollBackTo::Embedded).await;
    let back: api::Published = testing::expect(&back);
    let certificate = scene.certificate("main").await;
    for platform in ["android", "ios"] {
        let check = Check::stock(platform).running(scene.id(platform)).expecting("main");
        let answer = check.send(&scene.server).await;
        assert_eq!(answer.status, 200, "{platform}");
        let parts = Parts::read(&answer);
        assert_eq!(parts.names(), ["directive"]);
        let directive = parts.part("directive").json();
        let issued = back.updates.iter().find(|update| update.platform == platform).unwrap();
        let expected = serde_json::json!({
            "type": "rollBackToEmbedded", "parameters": { "commitTime": issued.created_at },
        });
        assert_eq!(directive, expected, "{platform}");
        let (header, bytes) = signed(&answer, "directive");
        assert!(OpenSsl::default().verifies(&certificate, &bytes, &header), "{platform}");
        let unsigned = Check::stock(platform).send(&scene.server).await;
        assert_eq!(Parts::read(&unsigned).part("directive").header("expo-signature"), "", "nobody asked for one");
    }
}

#[tokio::test]
async fn who_asks_for_a_signature_that_cannot_be_made_never_gets_an_unsigned_answer() {
    let scene = Scene::new().await;
    let header = "expo-expect-signature";
    for (value, code) in [
        ("sig, keyid=\"other\", alg=\"rsa-v1_5-sha256\"", "unknown_key"),
        ("sig, keyid=\"Main\", alg=\"rsa-v1_5-sha256\"", "unknown_key"),
        ("sig, keyid=\"\"", "unknown_key"),
        // Without a keyid the client's own default is meant, not ours.
        ("sig", "unknown_key"),
        ("sig, alg=\"rsa-v1_5-sha256\"", "unknown_key"),
        ("sig, keyid=\"main\", alg=\"rsa-pss-sha256\"", "unsupported_signature_algorithm"),
        ("sig, keyid=main", "malformed_expect_signature"),
        ("sig, keyid=\"main", "malformed_expect_signature"),
        ("keyid=\"main\"", "malformed_expect_signature"),
        ("sig=?0, keyid=\"main\"", "malformed_expect_signature"),
        ("", "malformed_expect_signature"),
        ("=", "malformed_expect_signature"),
    ] {
        for accept in [testing::STOCK_ACCEPT, "application/expo+json", "application/json"] {
            let answer = Check::stock("ios").with("accept", accept).with(header, value).send(&scene.server).await;
            assert_problem(&answer, (400, code, header), value);
            assert!(!String::from_utf8_lossy(&answer.body).contains("launchAsset"), "{value}");
            assert_eq!(scene.server.records.take()[0].reason, code, "{value}");
        }
    }
    let nothing = Check::stock("ios").expecting("other").with("expo-runtime-version", "2.0.0");
    assert_eq!(nothing.send(&scene.server).await.status, 204, "nothing needs no signature");
    let readable = Check::stock("ios").with(header, "sig;x=1, keyid=\"main\";y, other=(1 2)");
    assert_eq!(readable.send(&scene.server).await.status, 200, "parameters and members of later versions");
}

#[tokio::test]
async fn a_bare_manifest_carries_the_briefs_bare_signature_beside_the_real_one() {
    let scene = Scene::new().await;
    let certificate = scene.certificate("main").await;
    for (accept, expecting) in [
        (Some("application/json"), None),
        (None, None),
        (Some("application/expo+json"), None),
        (Some("application/json"), Some("main")),
    ] {
        let check = Check::stock("ios").without("accept");
        let check = accept.into_iter().fold(check, |check, accept| check.with("accept", accept));
        let check = expecting.into_iter().fold(check, Check::expecting);
        let answer = check.send(&scene.server).await;
        let real = answer.header("expo-signature");
        assert_eq!(answer.header("expo-manifest-signature"), bare_signature(real), "{accept:?}");
        assert!(OpenSsl::default().verifies(&certificate, &answer.body, real), "{accept:?}");
    }
    let multipart = Check::stock("ios").expecting("main").send(&scene.server).await;
    assert!(multipart.headers.get("expo-manifest-signature").is_none(), "it would be over another body");
}
