//! Apps that trust a root of their own: the leaf and its issuers travel with every manifest, and only if they lead
//! somewhere (protocol.md §5).

use device::Reader;
use http::HeaderMap;
use protocol::Platform;
use serde_json::json;
use testing::{Check, Device, OpenSsl, Parts, expect};

use crate::pki::{self, Made};
use crate::scene::{Scene, assert_problem};

async fn import(scene: &Scene, key_id: &str, leaf: &Made, certificates: &[&Made]) -> testing::Answered {
    let certificate: String = certificates.iter().map(|made| made.pem.as_str()).collect();
    let request = json!({ "key_id": key_id, "private_key": leaf.key_pem(), "certificate": certificate });
    scene.publisher.post("/keys/import", &request).await
}

/// Whether the strict clients of both platforms, with this root inside, take the answer.
fn accepted(root: &Made, key_id: &str, headers: &HeaderMap, body: &[u8]) -> Vec<Result<(), String>> {
    let mut binary = Device::binary("http://localhost", "1.0.0", "production", 1);
    let mut code_signing = Device::code_signing(&root.pem, key_id);
    code_signing.include_chain = true;
    binary.code_signing = Some(code_signing);
    let now = 1_769_850_000_000;
    let read = |platform| Reader::new(platform, &binary).read(200, headers, body, now).map(drop);
    Platform::ALL.into_iter().map(|platform| read(platform).map_err(|refusal| refusal.to_string())).collect()
}

#[tokio::test]
async fn leaf_and_intermediates_travel_and_lead_to_the_root() {
    let scene = Scene::new().await;
    let root = pki::self_signed(pki::authority("Root"), pki::key(0));
    let intermediate = pki::issued(pki::authority("Intermediate"), pki::key(1), &root);
    let beneath = pki::issued(pki::leaf(), pki::key(2), &intermediate);
    let direct = pki::issued(pki::leaf(), pki::key(2), &root);
    for (key_id, leaf, given, travels) in [
        ("two", &beneath, vec![&beneath, &intermediate], 2),
        ("three-with-the-root", &beneath, vec![&beneath, &intermediate, &root], 2),
        ("one", &direct, vec![&direct], 1),
        ("one-with-the-root", &direct, vec![&direct, &root], 1),
    ] {
        let key: api::Key = expect(&import(&scene, key_id, leaf, &given).await);
        let chain = key.chain.unwrap_or_default();
        assert_eq!(chain.matches("BEGIN CERTIFICATE").count(), travels, "{key_id}: the root is left out");
        let answer = Check::stock("ios").expecting(key_id).send(&scene.server).await;
        let parts = Parts::read(&answer);
        assert_eq!(parts.names(), ["manifest", "certificate_chain"], "{key_id}");
        assert_eq!(parts.part("certificate_chain").body, chain, "{key_id}");
        assert_eq!(accepted(&root, key_id, &answer.headers, &answer.body), [Ok(()), Ok(())], "{key_id}");
        let openssl = OpenSsl::default();
        let part = parts.part("manifest");
        assert!(openssl.verifies(&leaf.pem, &part.body, part.header("expo-signature")), "{key_id}");
        openssl.write("root", &root.pem).write("chain", &chain).write("leaf", &leaf.pem);
        openssl.run("verify -no_check_time -CAfile root -untrusted chain leaf");
        let other = pki::self_signed(pki::authority("Root"), pki::key(1));
        let refused = accepted(&other, key_id, &answer.headers, &answer.body);
        assert!(refused.iter().all(Result::is_err), "{key_id}: another root of the same name");
    }
    let back = scene.publisher.roll_back("production", api::RollBackTo::Embedded).await;
    assert_eq!(back.status, 201);
    let answer = Check::stock("ios").expecting("two").send(&scene.server).await;
    assert_eq!(Parts::read(&answer).names(), ["directive", "certificate_chain"]);
    assert_eq!(accepted(&root, "two", &answer.headers, &answer.body), [Ok(()), Ok(())]);
    let without = Check::stock("ios").expecting("main").send(&scene.server).await;
    assert_eq!(Parts::read(&without).names(), ["directive"], "another key has no chain");
}

#[tokio::test]
async fn a_chain_that_leads_nowhere_is_refused() {
    let scene = Scene::new().await;
    let root = pki::self_signed(pki::authority("Root"), pki::key(0));
    let intermediate = pki::issued(pki::authority("Intermediate"), pki::key(1), &root);
    let leaf = pki::issued(pki::leaf(), pki::key(2), &intermediate);
    let stranger = pki::self_signed(pki::authority("Stranger"), pki::key(1));
    let namesake = pki::self_signed(pki::authority("Intermediate"), pki::key(0));
    let expired = pki::issued(pki::expired(pki::authority("Intermediate")), pki::key(1), &root);
    let beneath_expired = pki::issued(pki::leaf(), pki::key(2), &expired);
    for (what, given) in [
        ("a certificate that issued nothing", vec![&leaf, &stranger]),
        ("the issuer's name with another key", vec![&leaf, &namesake]),
        ("the intermediate left out", vec![&leaf, &root]),
        ("the root before the intermediate", vec![&leaf, &root, &intermediate]),
        ("the leaf twice", vec![&leaf, &leaf, &intermediate]),
    ] {
        let answer = import(&scene, "bad", &leaf, &given).await;
        assert_problem(&answer, (422, "invalid_certificate", "certificate"), what);
    }
    let answer = import(&scene, "bad", &beneath_expired, &[&beneath_expired, &expired]).await;
    assert_problem(&answer, (422, "invalid_certificate", "certificate"), "an expired intermediate");
    let answer = import(&scene, "bad", &leaf, &[&intermediate, &leaf]).await;
    assert_problem(&answer, (422, "invalid_certificate", "certificate"), "the leaf not first");
    let keys: api::Keys = expect(&scene.publisher.get("/keys").await);
    assert_eq!(keys.keys.len(), 1);
    scene.assert_unharmed("refused chains").await;
}
