//! Compressed variants: made before the update is live, chosen by the client, never a loss.

use std::io::Read;

use testing::{Answered, Export, ExportedFile, PlatformFiles, TestServer};

fn decoded(answer: &Answered) -> Vec<u8> {
    let body = &answer.body[..];
    let mut reader: Box<dyn Read + '_> = match answer.header("content-encoding") {
        "" => Box::new(body),
        "br" => Box::new(brotli::Decompressor::new(body, 4096)),
        "gzip" => Box::new(flate2::read::GzDecoder::new(body)),
        "zstd" => Box::new(zstd::stream::Decoder::new(body).unwrap()),
        other => panic!("the content encoding {other:?}"),
    };
    let mut plain = Vec::new();
    reader.read_to_end(&mut plain).unwrap();
    plain
}

/// Bytes that no encoder makes smaller.
fn noise(count: usize) -> Vec<u8> {
    let mut state = 0x9e37_79b9_7f4a_7c15_u64;
    let next = || {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        state.to_le_bytes()[3]
    };
    std::iter::repeat_with(next).take(count).collect()
}

#[tokio::test]
async fn the_client_chooses_and_gets_the_same_file_in_fewer_bytes() {
    let server = TestServer::start().await;
    let lines: Vec<String> = (0..3000).map(|number| format!("line {number} of a bundle that is mostly text")).collect();
    let text = lines.join("\n");
    let bundle = ExportedFile::new("", "hbc", text.clone());
    let platform = PlatformFiles { platform: "ios".into(), runtime_version: "1".into(), bundle, assets: Vec::new() };
    let export = Export { platforms: vec![platform], config: None };
    server.publisher().publish(&export, "production").await;
    let caller = server.anonymous();
    let path = format!("/assets/{}", export.platforms[0].bundle.hash());
    let mut sizes = std::collections::HashMap::new();
    let mut tags = std::collections::HashMap::new();
    for (accepted, encoding) in [
        ("", ""),
        ("identity", ""),
        ("deflate", ""),
        ("gzip", "gzip"),
        ("x-gzip", "gzip"),
        ("br", "br"),
        ("zstd", "zstd"),
        ("gzip, br;q=0", "gzip"),
        ("gzip;q=0.5, zstd;q=0.6, br;q=0.4", "zstd"),
        ("br;q=0.001", "br"),
        ("BR", "br"),
        ("gzip;q=0", ""),
        ("*;q=0", ""),
        ("identity, gzip;q=0.5", ""),
        ("identity;q=0", ""),
        ("not, a;list;;=", ""),
    ] {
        let answer = caller.get(&path, &[("accept-encoding", accepted)]).await;
        assert_eq!(answer.status, 200, "{accepted:?}");
        assert_eq!(answer.header("content-encoding"), encoding, "{accepted:?}");
        assert_eq!(answer.header("content-length"), answer.body.len().to_string(), "{accepted:?}");
        assert_eq!(answer.header("vary"), "accept-encoding", "{accepted:?}");
        assert_eq!(answer.header("content-type"), "application/javascript", "{accepted:?}");
        assert_eq!(decoded(&answer), text.as_bytes(), "{accepted:?}");
        sizes.insert(encoding, answer.body.len());
        assert_eq!(tags.entry(encoding).or_insert_with(|| answer.header("etag").to_owned()), answer.header("etag"));
        let held = [("accept-encoding", accepted), ("if-none-match", answer.header("etag"))];
        assert_eq!(caller.get(&path, &held).await.status, 304, "{accepted:?}");
    }
    let distinct: std::collections::HashSet<_> = tags.values().collect();
    assert_eq!(distinct.len(), 4, "each form has a tag of its own: {tags:?}");
    assert!(sizes.values().all(|size| *size <= text.len()));
    let smallest = ["br", "gzip", "zstd"].into_iter().min_by_key(|encoding| sizes[encoding]).unwrap();
    for all in ["zstd, br, gzip", "gzip, deflate, br, zstd", "*"] {
        let answer = caller.get(&path, &[("accept-encoding", all)]).await;
        assert_eq!(answer.header("content-encoding"), smallest, "{all}: the smallest of {sizes:?}");
    }
    assert_eq!(caller.get(&path, &[]).await.header("content-encoding"), "", "who accepts nothing gets it plain");
}

#[tokio::test]
async fn what_does_not_shrink_is_sent_as_it_is() {
    let server = TestServer::start().await;
    let assets = vec![
        ExportedFile::new("a", "png", "an image that would shrink, but images never are ".repeat(50)),
        ExportedFile::new("b", "ttf", noise(5000)),
        ExportedFile::new("c", "json", "{}"),
        ExportedFile::new("d", "txt", ""),
    ];
    let bundle = ExportedFile::new("", "hbc", "a bundle ".repeat(100));
    let platform = PlatformFiles { platform: "ios".into(), runtime_version: "1".into(), bundle, assets };
    let export = Export { platforms: vec![platform], config: None };
    server.publisher().publish(&export, "production").await;
    for file in &export.platforms[0].assets {
        for accepted in ["zstd, br, gzip", "identity;q=0, br", "*"] {
            let answer =
                server.anonymous().get(&format!("/assets/{}", file.hash()), &[("accept-encoding", accepted)]).await;
            assert_eq!(answer.header("content-encoding"), "", "{} {accepted}", file.ext);
            assert_eq!(answer.body, file.bytes, "{} {accepted}", file.ext);
            assert_eq!(answer.header("content-length"), file.bytes.len().to_string(), "{}", file.ext);
            assert_eq!(answer.header("vary"), "", "{}: nothing to vary by", file.ext);
        }
    }
    let variants = 3;
    assert_eq!(server.blob_files().len(), 5 + variants, "only the bundle has variants");
}
