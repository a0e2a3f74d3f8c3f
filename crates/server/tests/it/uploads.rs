//! Files on their way in: nothing counts before every byte was checked, and nothing is left of what did not.

use bytes::Bytes;
use http::Method;
use testing::{Export, ExportedFile, Publisher, RawRequest, TestServer};

use crate::scene::{Scene, assert_problem};

fn file(text: &str) -> ExportedFile {
    ExportedFile::new("a", "ttf", text.repeat(500))
}

fn with_bundle(bundle: ExportedFile) -> Export {
    let mut export = Export::small("1.0.0", "small").only("ios");
    export.platforms[0].assets.clear();
    export.platforms[0].bundle = bundle;
    export
}

async fn is_missing(server: &TestServer, file: &ExportedFile) -> bool {
    let blobs = vec![api::BlobRef { hash: file.hash(), size: file.bytes.len() as u64 }];
    let answer = server.publisher().post("/blobs/missing", &api::WhichBlobs { blobs }).await;
    let missing: api::MissingBlobs = testing::expect(&answer);
    missing.missing == [file.hash()]
}

#[tokio::test]
async fn bytes_under_another_hash_are_refused_and_nothing_is_kept() {
    let scene = Scene::new().await;
    let before = scene.server.blob_files();
    let (right, wrong) = (file("right "), file("wrong "));
    let path = format!("/blobs/{}", right.hash());
    for (what, body) in [
        ("other bytes", wrong.bytes.clone()),
        ("one byte less", right.bytes[1..].to_vec()),
        ("one byte more", [&right.bytes[..], b"x"].concat()),
        ("no bytes", Vec::new()),
    ] {
        let answer = scene.publisher.send(Method::PUT, &path, &[], body.into()).await;
        assert_problem(&answer, (422, "hash_mismatch", "hash"), what);
        assert_eq!(scene.server.blob_files(), before, "{what}");
        assert!(is_missing(&scene.server, &right).await, "{what}");
    }
    assert_eq!(scene.publisher.upload(&right).await.status, 204);
    assert_eq!(scene.server.blob_files().len(), before.len() + 1);
    assert!(!is_missing(&scene.server, &right).await);
    assert_eq!(scene.publisher.upload(&right).await.status, 204, "sending it again is no error");
    let again = scene.publisher.send(Method::PUT, &path, &[], wrong.bytes.into()).await;
    assert_problem(&again, (422, "hash_mismatch", "hash"), "other bytes under a hash that is there");
    assert_eq!(scene.server.blob_files().len(), before.len() + 1);
    scene.assert_unharmed("wrong uploads").await;
}

#[tokio::test]
async fn a_hash_that_is_none_is_named() {
    let scene = Scene::new().await;
    let right = file("right ");
    let before = scene.server.blob_files();
    for (what, hash) in [
        ("upper case", right.hash().to_uppercase()),
        ("too short", right.hash()[1..].to_owned()),
        ("too long", format!("{}0", right.hash())),
        ("MD5", "0cc175b9c0f1b6a831c399e269772661".to_owned()),
        ("a name", "logo.png".to_owned()),
        ("a way out", "..%2F..%2Fmaster.key".to_owned()),
    ] {
        let path = format!("/blobs/{hash}");
        let answer = scene.publisher.send(Method::PUT, &path, &[], right.bytes.clone().into()).await;
        assert_problem(&answer, (400, "bad_request", "hash"), what);
    }
    let blobs = [(right.hash(), 1), (right.hash().to_uppercase(), 1)];
    let blobs = blobs.map(|(hash, size)| api::BlobRef { hash, size }).into();
    let answer = scene.publisher.post("/blobs/missing", &api::WhichBlobs { blobs }).await;
    assert_problem(&answer, (400, "bad_request", "blobs[1].hash"), "the second of a list");
    assert_eq!(scene.server.blob_files(), before);
}

#[tokio::test]
async fn an_upload_that_is_cut_leaves_nothing_and_can_be_sent_again() {
    let scene = Scene::new().await;
    let before = scene.server.blob_files();
    let whole = file("many bytes that do not all arrive ");
    let address = scene.server.running().address.to_string();
    let authorization = format!("Bearer {}", scene.server.token).into_bytes();
    let half = whole.bytes.len() / 2;
    let chunk = [format!("{half:x}\r\n").as_bytes(), &whole.bytes[..half], b"\r\n"].concat();
    let length = whole.bytes.len().to_string().into_bytes();
    for (what, header, body) in [
        ("before its first byte", ("content-length", length.clone()), Vec::new()),
        ("in the middle", ("content-length", length.clone()), whole.bytes[..half].to_vec()),
        ("before its last byte", ("content-length", length), whole.bytes[..whole.bytes.len() - 1].to_vec()),
        ("between two chunks", ("transfer-encoding", b"chunked".to_vec()), chunk.clone()),
        ("within a chunk", ("transfer-encoding", b"chunked".to_vec()), chunk[..half / 2].to_vec()),
    ] {
        let request = RawRequest {
            method: Method::PUT,
            target: format!("/api/v1/apps/default/blobs/{}", whole.hash()),
            headers: vec![("authorization".into(), authorization.clone()), (header.0.into(), header.1)],
            body: Bytes::from(body),
        };
        request.send_and_leave(&address).await;
        assert_eq!(scene.server.blob_files(), before, "{what}");
        assert!(is_missing(&scene.server, &whole).await, "{what}");
    }
    assert_eq!(scene.publisher.upload(&whole).await.status, 204, "the same upload again");
    assert_eq!(scene.server.blob_files().len(), before.len() + 1);
    scene.assert_unharmed("cut uploads").await;
}

#[tokio::test]
async fn a_file_above_the_limit_is_refused_however_its_length_is_told() {
    let server = TestServer::builder().set("UPDRAFT_LIMITS_MAX_UPLOAD_BYTES", "100000").start().await;
    let publisher = server.publisher();
    let of_size = |size: usize| ExportedFile::new("a", "ttf", vec![b'x'; size]);
    assert_eq!(publisher.upload(&of_size(100_000)).await.status, 204, "the limit itself");
    let before = server.blob_files();
    let too_large = of_size(100_001);
    let answer = publisher.upload(&too_large).await;
    assert_problem(&answer, (413, "body_too_large", ""), "one byte more");
    assert!(answer.json()["detail"].as_str().unwrap().contains("100000"), "the limit is told");
    let chunked = RawRequest {
        method: Method::PUT,
        target: format!("/api/v1/apps/default/blobs/{}", too_large.hash()),
        headers: vec![
            ("authorization".into(), format!("Bearer {}", server.token).into_bytes()),
            ("transfer-encoding".into(), b"chunked".to_vec()),
        ],
        body: [b"186a1\r\n", &too_large.bytes[..], b"\r\n0\r\n\r\n"].concat().into(),
    };
    let answer = chunked.send(&server.running().address.to_string()).await;
    assert_problem(&answer, (413, "body_too_large", ""), "without a length");
    assert_eq!(server.blob_files(), before);
    let blobs = vec![api::BlobRef { hash: too_large.hash(), size: 100_001 }];
    let answer = publisher.post("/blobs/missing", &api::WhichBlobs { blobs }).await;
    assert_problem(&answer, (413, "body_too_large", "blobs.size"), "said before anything is sent");
    let answer = publisher.post("/publishes", &Publisher::prepare_request(&with_bundle(too_large), "production")).await;
    assert_problem(&answer, (409, "missing_blobs", "platforms.assets.hash"), "nothing of it is there");
    publisher.publish(&Export::small("1.0.0", "small enough"), "production").await;
}

#[tokio::test]
async fn the_same_file_from_many_at_once_is_stored_once() {
    let server = TestServer::start().await;
    let before = server.blob_files().len();
    let one = file("the same bytes from everybody ");
    let uploads = (0..8).map(|_| {
        let (publisher, one) = (server.publisher(), one.clone());
        tokio::spawn(async move { publisher.upload(&one).await.status })
    });
    for upload in uploads.collect::<Vec<_>>() {
        assert_eq!(upload.await.unwrap(), 204);
    }
    assert_eq!(server.blob_files().len(), before + 1);
}

#[tokio::test]
async fn more_files_than_two_updates_can_have_are_not_asked_about_at_once() {
    let server = TestServer::builder().set("UPDRAFT_LIMITS_MAX_ASSETS", "1").start().await;
    let blobs = |count: usize| api::WhichBlobs {
        blobs: (0..count).map(|number| api::BlobRef { hash: format!("{number:064x}"), size: 1 }).collect(),
    };
    assert_eq!(server.publisher().post("/blobs/missing", &blobs(4)).await.status, 200);
    let answer = server.publisher().post("/blobs/missing", &blobs(5)).await;
    assert_problem(&answer, (400, "bad_request", "blobs"), "five");
}
