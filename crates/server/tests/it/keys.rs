//! Signing keys over the API: made, brought along, listed; what devices would refuse is refused first.

use serde_json::{Value, json};
use testing::{Check, OpenSsl, Parts, Publisher, expect};

use crate::pki;
use crate::scene::{Scene, assert_problem};

const EXPO_KEY: &str = include_str!("../../../../vectors/keys/expo-generated/test-private-key.pem");
const EXPO_CERTIFICATE: &str = include_str!("../../../../vectors/keys/expo-generated/test-certificate.pem");

fn import(key_id: &str, private_key: &str, certificate: &str) -> Value {
    json!({ "key_id": key_id, "private_key": private_key, "certificate": certificate })
}

async fn key_ids(publisher: &Publisher) -> Vec<String> {
    let keys: api::Keys = expect(&publisher.get("/keys").await);
    keys.keys.into_iter().map(|key| key.key_id).collect()
}

#[tokio::test]
async fn what_expos_own_tool_made_signs_what_is_live_already() {
    let scene = Scene::new().await;
    let openssl = OpenSsl::default();
    // The certificate begins in November 2026; the server's clock stands in January.
    scene.server.clock.advance(365 * 86_400_000);
    openssl.write("pkcs1.pem", EXPO_KEY);
    openssl.run("pkcs8 -topk8 -nocrypt -in pkcs1.pem -out pkcs8.pem");
    for (key_id, private_key) in [("pkcs1", EXPO_KEY), ("pkcs8", &openssl.read("pkcs8.pem"))] {
        let answer = scene.publisher.post("/keys/import", &import(key_id, private_key, EXPO_CERTIFICATE)).await;
        assert_eq!(answer.status, 201, "{}", String::from_utf8_lossy(&answer.body));
        let key: api::Key = expect(&answer);
        assert_eq!((key.subject.as_str(), key.holder), ("CN=Test", api::KeyHolder::Server));
        assert_eq!(key.algorithm, "rsa-v1_5-sha256");
        assert_eq!(key.chain, None, "an app embeds a self-signed certificate by itself");
        openssl.write("certificate.pem", EXPO_CERTIFICATE);
        let fingerprint = openssl.run("x509 -in certificate.pem -noout -fingerprint -sha256").replace(':', "");
        assert!(fingerprint.to_lowercase().contains(&key.fingerprint), "{fingerprint}");
        assert_eq!(key.not_before, "2026-11-23T18:20:05.000Z");
        let answer = Check::stock("ios").expecting(key_id).send(&scene.server).await;
        let parts = Parts::read(&answer);
        let part = parts.part("manifest");
        assert_eq!(part.body, scene.manifest("ios"));
        assert!(openssl.verifies(EXPO_CERTIFICATE, &part.body, part.header("expo-signature")), "{key_id}");
    }
    assert_eq!(key_ids(&scene.publisher).await, ["main", "pkcs1", "pkcs8"]);
    // On PostgreSQL the database is no file of ours.
    let stored = std::fs::read(scene.server.data_dir().join("updraft.sqlite")).unwrap_or_default();
    assert!(!stored.is_empty() || scene.server.postgres_url().is_some());
    let log = std::fs::read(scene.server.data_dir().join("updraft.sqlite-wal")).unwrap_or_default();
    let secret = EXPO_KEY.lines().nth(2).unwrap().trim().as_bytes();
    for bytes in [stored, log] {
        assert!(!bytes.windows(secret.len()).any(|window| window == secret), "private keys are sealed at rest");
        assert!(!bytes.windows(11).any(|window| window == b"PRIVATE KEY"));
    }
}

#[tokio::test]
async fn a_key_or_certificate_that_devices_would_refuse_is_refused_and_nothing_changes() {
    let scene = Scene::new().await;
    let openssl = OpenSsl::default();
    let good = pki::self_signed(pki::leaf(), pki::key(0));
    let (key, certificate) = (good.key_pem(), good.pem.clone());
    openssl.run("genrsa -out small.pem 1024");
    openssl.write("key.pem", &key);
    openssl.run("pkcs8 -topk8 -in key.pem -out encrypted.pem -passout pass:secret");
    openssl.run("ecparam -name prime256v1 -genkey -noout -out ec.pem");
    openssl.run("req -x509 -new -key ec.pem -subj /CN=EC -days 3650 -out ec-certificate.pem");
    openssl.run("req -x509 -new -key small.pem -subj /CN=Small -days 3650 -out small-certificate.pem");
    openssl.run("rsa -in key.pem -pubout -out public.pem");
    let mut no_usage = pki::leaf();
    no_usage.extended_key_usages.clear();
    let mut cannot_sign = pki::leaf();
    cannot_sign.key_usages = vec![rcgen::KeyUsagePurpose::KeyEncipherment];
    let shaped = |params| pki::self_signed(params, pki::key(0)).pem;
    let (invalid_key, invalid_certificate) =
        ((422, "invalid_key", "private_key"), (422, "invalid_certificate", "certificate"));
    for (what, private_key, certificate, problem) in [
        ("no key", "", certificate.as_str(), invalid_key),
        ("a key that is no PEM", "secret", &certificate, invalid_key),
        ("a certificate for a key", &certificate, &certificate, invalid_key),
        ("an EC key", &openssl.read("ec.pem"), &certificate, invalid_key),
        ("an EC key and its certificate", &openssl.read("ec.pem"), &openssl.read("ec-certificate.pem"), invalid_key),
        ("1024 bits", &openssl.read("small.pem"), &openssl.read("small-certificate.pem"), invalid_key),
        ("an encrypted key", &openssl.read("encrypted.pem"), &certificate, invalid_key),
        ("a public key", &openssl.read("public.pem"), &certificate, invalid_key),
        ("half a key", &key[..key.len() / 2], &certificate, invalid_key),
        ("no certificate", &key, "", invalid_certificate),
        (
            "an unreadable certificate",
            &key,
            "-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----\n",
            invalid_certificate,
        ),
        ("half a certificate", &key, &certificate[..certificate.len() / 2], invalid_certificate),
        ("a key for a certificate", &key, &key, invalid_certificate),
        ("a certificate of an EC key", &key, &openssl.read("ec-certificate.pem"), invalid_certificate),
        ("an expired certificate", &key, &shaped(pki::expired(pki::leaf())), invalid_certificate),
        ("a certificate of tomorrow", &key, &shaped(pki::of_tomorrow(pki::leaf())), invalid_certificate),
        ("a certificate not for code signing", &key, &shaped(no_usage), invalid_certificate),
        ("a certificate not for signatures", &key, &shaped(cannot_sign), invalid_certificate),
        (
            "the certificate of another key",
            &key,
            &pki::self_signed(pki::leaf(), pki::key(1)).pem,
            (422, "key_does_not_fit", "certificate"),
        ),
    ] {
        let answer = scene.publisher.post("/keys/import", &import("bad", private_key, certificate)).await;
        assert_problem(&answer, problem, what);
        assert_eq!(key_ids(&scene.publisher).await, ["main"], "{what}");
        let line = key.lines().nth(3).unwrap();
        assert!(!String::from_utf8_lossy(&answer.body).contains(line), "{what}: the answer shows no key");
    }
    let expecting = Check::stock("ios").expecting("bad").send(&scene.server).await;
    assert_problem(&expecting, (400, "unknown_key", "expo-expect-signature"), "nothing signs as `bad`");
    scene.assert_unharmed("refused keys").await;
    let answer = scene.publisher.post("/keys/import", &import("good", &key, &certificate)).await;
    assert_eq!(answer.status, 201, "{}", String::from_utf8_lossy(&answer.body));
}

#[tokio::test]
async fn a_key_id_is_taken_once() {
    let scene = Scene::new().await;
    let good = pki::self_signed(pki::leaf(), pki::key(0));
    let before = scene.certificate("main").await;
    let taken = (409, "key_exists", "key_id");
    let imported = scene.publisher.post("/keys/import", &import("main", &good.key_pem(), &good.pem)).await;
    assert_problem(&imported, taken, "an import");
    let generated = scene.publisher.post("/keys/generate", &json!({ "key_id": "main" })).await;
    assert_problem(&generated, taken, "a second of its name");
    assert_eq!(scene.certificate("main").await, before, "binaries trust it");
    assert!(!String::from_utf8_lossy(&scene.publisher.get("/keys").await.body).contains("PRIVATE"));
}

#[tokio::test]
async fn a_generated_key_is_as_it_was_asked_for() {
    let scene = Scene::new().await;
    let asked = json!({ "key_id": "own", "common_name": "Acme Österreich", "validity_years": 30, "bits": 3072 });
    let key: api::Key = expect(&scene.publisher.post("/keys/generate", &asked).await);
    assert_eq!(key.subject, "CN=Acme Österreich");
    assert_eq!(key.not_before, "2026-01-30T09:00:00.000Z", "a day early, for phones whose clock is behind");
    assert_eq!(&key.not_after[..4], "2056");
    let openssl = OpenSsl::default();
    openssl.write("certificate.pem", &key.certificate);
    let text = openssl.run("x509 -in certificate.pem -noout -text");
    for said in ["Public-Key: (3072 bit)", "Digital Signature", "Code Signing", "sha256WithRSAEncryption"] {
        assert!(text.contains(said), "{said} in {text}");
    }
    for (what, request, field) in [
        ("1024 bits", json!({ "key_id": "a", "bits": 1024 }), "bits"),
        ("2049 bits", json!({ "key_id": "a", "bits": 2049 }), "bits"),
        ("no year", json!({ "key_id": "a", "validity_years": 0 }), "validity_years"),
        ("31 years", json!({ "key_id": "a", "validity_years": 31 }), "validity_years"),
        ("no name", json!({ "key_id": "a", "common_name": "" }), "common_name"),
        ("a name too long", json!({ "key_id": "a", "common_name": "x".repeat(65) }), "common_name"),
        ("a name with a line end", json!({ "key_id": "a", "common_name": "a\nb" }), "common_name"),
        ("a negative size", json!({ "key_id": "a", "bits": -1 }), "body"),
        ("256 years", json!({ "key_id": "a", "validity_years": 256 }), "body"),
        ("an unknown field", json!({ "key_id": "a", "size": 2048 }), "body"),
        ("no id", json!({}), "body"),
    ] {
        let answer = scene.publisher.post("/keys/generate", &request).await;
        assert_problem(&answer, (400, "bad_request", field), what);
    }
    assert_eq!(key_ids(&scene.publisher).await, ["main", "own"]);
}

#[tokio::test]
async fn a_publish_tells_when_devices_will_refuse_its_signature() {
    let scene = Scene::new().await;
    scene.server.clock.advance(11 * 365 * 86_400_000);
    let late = scene.publisher.publish(&testing::Export::small("1.0.0", "eleven years later"), "production").await;
    assert_eq!(late.warnings.len(), 1, "{:?}", late.warnings);
    assert_eq!(late.warnings[0].code, "certificate_not_valid");
    assert!(late.warnings[0].message.contains("`main`"), "{}", late.warnings[0].message);
}
