//! Storage that fails beneath a running server: nothing torn is taken for whole, and what was stored comes to light.

use http::Method;
use testing::{Anonymous, Answered, Check, Export, ExportedFile, RawRequest, TestServer, expect};

use crate::scene::{Scene, assert_problem, id_of};

/// A server without a memory cache: every asset is streamed from disk.
async fn uncached() -> TestServer {
    TestServer::builder().set("UPDRAFT_ASSETS_MEMORY_CACHE_BYTES", "0").start().await
}

fn export_of(file: ExportedFile) -> Export {
    let mut export = Export::small("1.0.0", "with one asset").only("ios");
    export.platforms[0].assets = vec![file];
    export
}

async fn get(server: &TestServer, file: &ExportedFile) -> Answered {
    let target = format!("/assets/{}", file.hash());
    let request = RawRequest { method: Method::GET, target, headers: Vec::new(), body: bytes::Bytes::new() };
    request.send(&server.running().address.to_string()).await
}

#[tokio::test]
async fn a_large_asset_is_streamed_whole_and_in_parts() {
    let server = uncached().await;
    let bytes: Vec<u8> = (0..3_000_000_u32).flat_map(|number| number.to_le_bytes()[..1].to_vec()).collect();
    let file = ExportedFile::new("a", "mp4", bytes.clone());
    server.publisher().publish(&export_of(file.clone()), "production").await;
    let caller: Anonymous = server.anonymous();
    let path = format!("/assets/{}", file.hash());
    let whole = caller.get(&path, &[]).await;
    assert_eq!(whole.header("content-length"), "3000000");
    assert!(whole.body == bytes);
    for (range, first, last) in
        [("bytes=0-0", 0, 0), ("bytes=999999-2000000", 999_999, 2_000_000), ("bytes=-1", 2_999_999, 2_999_999)]
    {
        let part = caller.get(&path, &[("range", range)]).await;
        assert_eq!(part.status, 206, "{range}");
        assert!(part.body == bytes[first..=last], "{range}");
    }
}

#[tokio::test]
async fn an_asset_that_cannot_be_read_is_an_error_and_a_torn_one_never_looks_whole() {
    let server = uncached().await;
    let file = ExportedFile::new("a", "mp4", vec![7; 500_000]);
    let published = server.publisher().publish(&export_of(file.clone()), "production").await;
    let path = server.blob_files().into_iter().find(|path| path.ends_with(&file.hash()[2..])).unwrap();

    std::fs::write(&path, &file.bytes[..250_000]).unwrap();
    let torn = get(&server, &file).await;
    let is_whole = torn.header("content-length") == torn.body.len().to_string();
    assert!(torn.status == 503 || !is_whole, "{} with {} bytes", torn.status, torn.body.len());

    std::fs::remove_file(&path).unwrap();
    let missing = get(&server, &file).await;
    assert_problem(&missing, (503, "asset_unavailable", ""), "a file that is gone");
    assert_eq!(missing.header("retry-after"), "5");
    assert_eq!(missing.header("cache-control"), "no-store", "a CDN must not keep it for a year");
    let answer = Check::stock("ios").with("accept", "application/json").send(&server).await;
    assert_eq!(answer.json()["id"], id_of(&published, "ios"), "checks do not need the blobs");

    std::fs::write(&path, &file.bytes).unwrap();
    assert_eq!(get(&server, &file).await.body, file.bytes, "and when it is back, so is the asset");
}

#[tokio::test]
async fn a_commit_that_was_stored_but_not_yet_seen_is_seen_after_it_is_sent_again() {
    let scene = Scene::new().await;
    scene.publisher.publish(&Export::small("1.0.0", "beta"), "beta").await;
    let prepared = scene.publisher.prepare(&Export::small("1.0.0", "second"), "production").await;
    // A row that cannot be read: the snapshot cannot be renewed, but the commit itself goes through.
    scene.server.spoil_rows("UPDATE channels SET name = '' WHERE name = 'beta'").await;
    let unseen = scene.publisher.commit(&prepared.id).await;
    assert_problem(&unseen, (500, "internal", ""), "stored, and not served");
    scene.assert_unharmed("a reload that failed").await;
    scene.server.spoil_rows("UPDATE channels SET name = 'beta' WHERE name = ''").await;
    let again: api::Published = expect(&scene.publisher.commit(&prepared.id).await);
    let answer = Check::stock("ios").with("accept", "application/json").send(&scene.server).await;
    assert_eq!(answer.json()["id"], id_of(&again, "ios"));
}

#[tokio::test]
async fn what_was_prepared_outlives_a_restart() {
    let scene = Scene::new().await;
    let prepared = scene.publisher.prepare(&Export::small("1.0.0", "second"), "production").await;
    let server = scene.server.restart().await;
    let committed: api::Published = expect(&server.publisher().commit(&prepared.id).await);
    let answer = Check::stock("android").with("accept", "application/json").send(&server).await;
    assert_eq!(answer.json()["id"], id_of(&committed, "android"));
}

#[tokio::test]
async fn an_upload_that_pauses_for_too_long_is_given_up() {
    let server = TestServer::builder().set("UPDRAFT_LIMITS_UPLOAD_IDLE_SECONDS", "1").start().await;
    let before = server.blob_files();
    let file = ExportedFile::new("a", "ttf", "never sent whole ".repeat(100));
    let stalled = RawRequest {
        method: Method::PUT,
        target: format!("/api/v1/apps/default/blobs/{}", file.hash()),
        headers: vec![
            ("authorization".into(), format!("Bearer {}", server.token).into_bytes()),
            ("content-length".into(), file.bytes.len().to_string().into_bytes()),
        ],
        body: file.bytes[..100].to_vec().into(),
    };
    let answer = stalled.send(&server.running().address.to_string()).await;
    assert_problem(&answer, (400, "body_cut", ""), "nothing came for a second");
    assert_eq!(server.blob_files(), before);
}
