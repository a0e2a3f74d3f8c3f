//! Assets over HTTP: immutable bytes under their hash.

use bytes::Bytes;
use http::Method;
use testing::{Anonymous, Export, ExportedFile, PlatformFiles, TestServer};

use crate::scene::assert_problem;

/// An export for Android alone, with these assets.
fn export(bundle: &str, assets: Vec<ExportedFile>) -> Export {
    let bundle = ExportedFile::new("", "hbc", bundle.repeat(100));
    let platform = PlatformFiles { platform: "android".into(), runtime_version: "1.0.0".into(), bundle, assets };
    Export { platforms: vec![platform], config: None }
}

async fn head(caller: &Anonymous, path: &str, headers: &[(&str, &str)]) -> testing::Answered {
    caller.send(Method::HEAD, path, headers, Bytes::new()).await
}

#[tokio::test]
async fn every_file_has_the_type_of_its_extension_and_the_headers_of_an_immutable_one() {
    let server = TestServer::start().await;
    let file = |key: &str, ext: &str| ExportedFile::new(key, ext, format!("the bytes of {key} "));
    let types = [
        ("png", "image/png"),
        ("JPG", "image/jpeg"),
        (".ttf", "font/ttf"),
        ("json", "application/json"),
        ("svg", "image/svg+xml"),
        ("mp4", "video/mp4"),
        ("html", "application/octet-stream"),
        ("xhtml", "application/octet-stream"),
        ("xml", "application/octet-stream"),
        ("exe", "application/octet-stream"),
        ("", "application/octet-stream"),
    ];
    let assets: Vec<_> = types.iter().zip('a'..).map(|((ext, _), key)| file(&key.to_string(), ext)).collect();
    let export = export("a bundle ", assets);
    server.publisher().publish(&export, "production").await;
    let caller = server.anonymous();
    let files = &export.platforms[0];
    let expected = types.iter().map(|(_, content_type)| *content_type);
    let all = files.assets.iter().zip(expected).chain([(&files.bundle, "application/javascript")]);
    for (file, content_type) in all {
        let path = format!("/assets/{}", file.hash());
        let what = format!("{:?} as {content_type}", file.ext);
        let answer = caller.get(&path, &[]).await;
        assert_eq!((answer.status.as_u16(), &answer.body[..]), (200, &file.bytes[..]), "{what}");
        for (name, value) in [
            ("content-type", content_type),
            ("content-length", &file.bytes.len().to_string()),
            ("etag", &format!("\"{}\"", file.hash())),
            ("cache-control", "public, max-age=31536000, immutable"),
            ("x-content-type-options", "nosniff"),
            ("content-security-policy", "default-src 'none'; sandbox"),
            ("accept-ranges", "bytes"),
            ("content-encoding", ""),
        ] {
            assert_eq!(answer.header(name), value, "{name} of {what}");
        }
        let head = head(&caller, &path, &[]).await;
        assert_eq!(head.status, 200, "{what}");
        assert!(head.body.is_empty(), "{what}");
        let without_date = |headers: &http::HeaderMap| {
            let mut headers = headers.clone();
            headers.remove("date");
            headers
        };
        assert_eq!(without_date(&head.headers), without_date(&answer.headers), "{what}");
    }
}

#[tokio::test]
async fn a_range_is_part_of_the_file_as_it_is() {
    let server = TestServer::start().await;
    let bytes: Vec<u8> = (0..=255).cycle().take(1000).collect();
    let export = export("a bundle ", vec![ExportedFile::new("a", "ttf", bytes.clone())]);
    server.publisher().publish(&export, "production").await;
    let caller = server.anonymous();
    let hash = export.platforms[0].assets[0].hash();
    let (path, etag) = (format!("/assets/{hash}"), format!("\"{hash}\""));
    for (range, first, last) in [
        ("bytes=0-0", 0, 0),
        ("bytes=0-99", 0, 99),
        ("bytes=500-", 500, 999),
        ("bytes=-10", 990, 999),
        ("bytes=-5000", 0, 999),
        ("bytes=990-5000", 990, 999),
    ] {
        for accepting in ["identity", "br, gzip"] {
            for condition in [None, Some(etag.as_str())] {
                let mut headers = vec![("range", range), ("accept-encoding", accepting)];
                headers.extend(condition.map(|etag| ("if-range", etag)));
                let answer = caller.get(&path, &headers).await;
                let what = format!("{range} {accepting} {condition:?}");
                assert_eq!(answer.status, 206, "{what}");
                assert_eq!(answer.body, &bytes[first..=last], "{what}");
                assert_eq!(answer.header("content-range"), format!("bytes {first}-{last}/1000"), "{what}");
                assert_eq!(answer.header("content-length"), (last - first + 1).to_string(), "{what}");
                assert_eq!(answer.header("content-encoding"), "", "{what}");
                assert_eq!(answer.header("etag"), etag, "{what}");
            }
        }
    }
    for range in ["bytes=1000-", "bytes=5000-6000", "bytes=-0"] {
        let answer = caller.get(&path, &[("range", range)]).await;
        assert_problem(&answer, (416, "range_not_satisfiable", "range"), range);
        assert_eq!(answer.header("content-range"), "bytes */1000", "{range}");
        assert_eq!(answer.header("cache-control"), "no-store", "{range}: an error is not kept for a year");
    }
    for headers in [
        vec![("range", "bytes=0-1,5-6")],
        vec![("range", "items=0-1")],
        vec![("range", "bytes=9-1")],
        vec![("range", "bytes=")],
        vec![("range", "bytes=0-1"), ("if-range", "\"another\"")],
        vec![("range", "bytes=0-1"), ("if-range", "Sat, 31 Jan 2026 09:00:00 GMT")],
    ] {
        let answer = caller.get(&path, &headers).await;
        assert_eq!((answer.status.as_u16(), answer.body.len()), (200, 1000), "{headers:?}");
    }
    let answer = head(&caller, &path, &[("range", "bytes=0-1")]).await;
    assert_eq!(answer.status, 200, "a range is of a GET (RFC 9110 §14.2)");
    assert_eq!(answer.header("content-length"), "1000");
}

#[tokio::test]
async fn who_holds_the_file_gets_a_304() {
    let server = TestServer::start().await;
    let export = export("a bundle ", vec![ExportedFile::new("a", "png", "some bytes")]);
    server.publisher().publish(&export, "production").await;
    let caller = server.anonymous();
    let hash = export.platforms[0].assets[0].hash();
    let path = format!("/assets/{hash}");
    for (condition, status) in [
        (format!("\"{hash}\""), 304),
        (format!("W/\"{hash}\""), 304),
        (format!("\"x\", \"{hash}\""), 304),
        ("*".to_owned(), 304),
        ("\"x\"".to_owned(), 200),
    ] {
        for method in [Method::GET, Method::HEAD] {
            let answer = caller.send(method, &path, &[("if-none-match", &condition)], Bytes::new()).await;
            assert_eq!(answer.status, status, "{condition}");
            assert_eq!(answer.header("etag"), format!("\"{hash}\""));
            assert_eq!(answer.header("cache-control"), "public, max-age=31536000, immutable");
            assert!(status == 200 || answer.body.is_empty());
        }
    }
}

#[tokio::test]
async fn only_what_a_live_update_refers_to_has_an_address() {
    let server = TestServer::start().await;
    let publisher = server.publisher();
    let export = export("a bundle ", vec![ExportedFile::new("a", "ttf", "a font ".repeat(200))]);
    let hash = export.platforms[0].assets[0].hash();
    let caller = server.anonymous();
    let get = |path: String| {
        let caller = caller.clone();
        async move { caller.get(&path, &[]).await }
    };
    let unknown = (404, "unknown_asset", "hash");
    publisher.upload_missing(&export).await;
    assert_problem(&get(format!("/assets/{hash}")).await, unknown, "uploaded only");
    let prepared = publisher.prepare(&export, "production").await;
    assert_problem(&get(format!("/assets/{hash}")).await, unknown, "prepared only");
    testing::expect::<api::Published>(&publisher.commit(&prepared.id).await);
    assert_eq!(get(format!("/assets/{hash}")).await.status, 200);

    let files = server.blob_files();
    let stored = files.iter().map(|path| {
        let shard = path.parent().unwrap().file_name().unwrap().to_str().unwrap();
        format!("{shard}{}", path.file_name().unwrap().to_str().unwrap())
    });
    let published: Vec<String> = export.files().map(ExportedFile::hash).collect();
    let variants: Vec<String> = stored.filter(|hash| !published.contains(hash)).collect();
    assert!(variants.len() >= 3, "the font has its variants: {variants:?}");
    for variant in variants {
        assert_problem(&get(format!("/assets/{variant}")).await, unknown, "a variant has no address of its own");
    }
    for (what, name) in [
        ("upper case", hash.to_uppercase()),
        ("another hash", "0".repeat(64)),
        ("too short", hash[1..].to_owned()),
        ("too long", format!("{hash}0")),
        ("no hash", "logo.png".to_owned()),
        ("nothing", String::new()),
        ("a way out", "..%2f..%2fmaster.key".to_owned()),
        ("a path", format!("{}/{}", &hash[..2], &hash[2..])),
        ("endless", "f".repeat(4000)),
        ("not ASCII", "ä".repeat(64)),
    ] {
        let answer = get(format!("/assets/{name}")).await;
        assert_problem(&answer, unknown, what);
        assert!(answer.body.len() < 600, "{what}: the answer does not repeat it whole");
    }
    for method in [Method::POST, Method::PUT, Method::DELETE, Method::OPTIONS] {
        let answer = caller.send(method.clone(), &format!("/assets/{hash}"), &[], Bytes::new()).await;
        assert_problem(&answer, (405, "method_not_allowed", ""), method.as_str());
        assert_eq!(answer.header("allow"), "GET, HEAD", "{method}");
    }
    let large = [("x-large", &*"x".repeat(65_536))];
    let answer = caller.get(&format!("/assets/{hash}"), &large).await;
    assert_problem(&answer, (431, "header_too_large", "x-large"), "a 64 kB header");
}

#[tokio::test]
async fn two_apps_share_one_file() {
    let server = TestServer::start().await;
    server.add_app("second").await;
    let export = export("the same bundle ", vec![ExportedFile::new("a", "ttf", "the same font ".repeat(200))]);
    let first = server.publisher();
    let mut second = server.publisher();
    second.app = "second".into();
    first.publish(&export, "production").await;
    let files = server.blob_files();
    assert_eq!(second.upload_missing(&export).await, 2, "what another app uploaded is no oracle");
    assert_eq!(server.blob_files(), files, "nothing is stored twice");
    let mut renamed = export.clone();
    renamed.platforms[0].assets[0].ext = "json".into();
    second.publish(&renamed, "production").await;
    assert_eq!(server.blob_files(), files, "and no variant is made twice");
    for (file, content_type) in export.files().zip(["application/javascript", "font/ttf"]) {
        let answer = server.anonymous().get(&format!("/assets/{}", file.hash()), &[]).await;
        assert_eq!(answer.body, file.bytes);
        assert_eq!(answer.header("content-type"), content_type, "an address that is cached for a year keeps its type");
    }
    let text: Vec<_> = files.iter().filter_map(|path| path.file_name()?.to_str()).collect();
    for file in export.files() {
        assert_eq!(text.iter().filter(|name| **name == &file.hash()[2..]).count(), 1, "one file on disk");
    }
}
