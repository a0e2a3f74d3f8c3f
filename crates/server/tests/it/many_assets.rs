//! The largest update that the settings allow, and one asset more.

use testing::{Check, Export, ExportedFile, Parts, Publisher, TestServer, expect};

use crate::scene::assert_problem;

const MOST: usize = 20_000;
/// So many files under 20,000 keys: it is the number of assets that is large here, not the work of storing them.
const FILES: usize = 50;

fn large(assets: usize) -> Export {
    let mut export = Export::small("1.0.0", "with many assets").only("ios");
    let files: Vec<Vec<u8>> = (0..FILES).map(|number| format!("asset number {number}").into_bytes()).collect();
    let asset = |number: usize| ExportedFile::new(format!("{number:032x}"), "bin", files[number % FILES].clone());
    export.platforms[0].assets = (0..assets).map(asset).collect();
    export
}

#[tokio::test]
async fn twenty_thousand_assets_are_published_and_read_by_the_check() {
    let server = TestServer::builder().set("UPDRAFT_LIMITS_MAX_ASSETS", "20000").start().await;
    let publisher = server.publisher();
    let export = large(MOST);
    let mut distinct = export.clone();
    distinct.platforms[0].assets.truncate(FILES);
    publisher.upload_missing(&distinct).await;
    let request = Publisher::prepare_request(&export, "production");
    let prepared: api::Prepared = expect(&publisher.post("/publishes", &request).await);
    expect::<api::Published>(&publisher.commit(&prepared.id).await);
    let answer = Check::stock("ios").expecting("main").send(&server).await;
    assert_eq!(answer.status, 200);
    let manifest = Parts::read(&answer).part("manifest").json();
    let assets = manifest["assets"].as_array().unwrap();
    assert_eq!(assets.len(), MOST);
    let last = &assets[MOST - 1];
    assert_eq!(last["key"], format!("{:032x}", MOST - 1));
    let path = last["url"].as_str().unwrap().strip_prefix(&server.url()).unwrap();
    assert_eq!(server.anonymous().get(path, &[]).await.body, export.platforms[0].assets[MOST - 1].bytes);

    let request = Publisher::prepare_request(&large(MOST + 1), "production");
    let answer = publisher.post("/publishes", &request).await;
    assert_problem(&answer, (400, "too_many_assets", "platforms.assets"), "one more");
    let detail = answer.json()["detail"].as_str().unwrap().to_owned();
    assert!(detail.contains("20001") && detail.contains("20000"), "{detail}");
}

#[tokio::test]
async fn twenty_thousand_missing_files_are_all_named() {
    let server = TestServer::builder().set("UPDRAFT_LIMITS_MAX_ASSETS", "20000").start().await;
    let publisher = server.publisher();
    let hash = |number: usize| format!("{number:064x}");
    let blobs = (0..MOST).map(|number| api::BlobRef { hash: hash(number), size: 1 }).collect();
    let missing: api::MissingBlobs = expect(&publisher.post("/blobs/missing", &api::WhichBlobs { blobs }).await);
    assert_eq!(missing.missing.len(), MOST);
    assert!(missing.missing.contains(&hash(0)) && missing.missing.contains(&hash(MOST - 1)));

    let mut request = Publisher::prepare_request(&Export::small("1.0.0", "missing"), "production");
    let asset = |number| api::ExportAsset { hash: hash(number), key: format!("{number}"), ext: "bin".into() };
    request.platforms[0].assets = (0..MOST).map(asset).collect();
    let answer = publisher.post("/publishes", &request).await;
    assert_problem(&answer, (409, "missing_blobs", "platforms.assets.hash"), "none of them is there");
    let at_default = TestServer::start().await;
    let answer = at_default.publisher().post("/publishes", &request).await;
    assert_problem(&answer, (400, "too_many_assets", "platforms.assets"), "2,000 are the default");
}
