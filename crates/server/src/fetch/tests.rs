//! A tiny host that answers as it is told, and names that mean what a test says.

use std::collections::HashMap;
use std::io::Write as _;
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use async_trait::async_trait;
use publishing::AssetUrl;
use publishing::ports::{FetchAsset, FetchError};
use sha2::{Digest, Sha256};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;

use super::WebFetch;
use super::addresses::Lookup;
use crate::config::AdminPublish;

const LARGEST: u64 = 10_000;

/// Answers every connection with these bytes, and counts them.
struct Host {
    address: SocketAddr,
    connections: Arc<AtomicUsize>,
}

impl Host {
    async fn answering(answer: Vec<u8>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let (address, connections) = (listener.local_addr().unwrap(), Arc::new(AtomicUsize::new(0)));
        let counted = connections.clone();
        tokio::spawn(async move {
            while let Ok((mut connection, _)) = listener.accept().await {
                counted.fetch_add(1, Ordering::Relaxed);
                let answer = answer.clone();
                tokio::spawn(async move {
                    let mut request = [0; 4096];
                    let _ = connection.read(&mut request).await;
                    let _ = connection.write_all(&answer).await;
                    if answer.is_empty() {
                        // Hangs until the other side hangs up.
                        let _ = connection.read(&mut request).await;
                    }
                });
            }
        });
        Self { address, connections }
    }

    async fn with(head: &str, body: &[u8]) -> Self {
        let head = format!("HTTP/1.1 {head}\r\nconnection: close\r\ncontent-length: {}\r\n\r\n", body.len());
        Self::answering([head.as_bytes(), body].concat()).await
    }
}

/// Names and the addresses that they are said to have; each look-up gives the next answer.
struct Names(HashMap<&'static str, Vec<Vec<IpAddr>>>, AtomicUsize);

#[async_trait]
impl Lookup for Names {
    async fn addresses(&self, name: &str) -> std::io::Result<Vec<IpAddr>> {
        let turn = self.1.fetch_add(1, Ordering::Relaxed);
        let answers = self.0.get(name).ok_or(std::io::ErrorKind::NotFound)?;
        Ok(answers[turn.min(answers.len() - 1)].clone())
    }
}

fn fetch(allow_private_addresses: bool, names: &[(&'static str, &[&[&str]])]) -> (WebFetch, Arc<Names>) {
    let address = |text: &&str| text.parse().unwrap();
    let answers = |answers: &[&[&str]]| answers.iter().map(|one| one.iter().map(address).collect()).collect::<Vec<_>>();
    let names = names.iter().map(|(name, all)| (*name, answers(all))).collect();
    let names = Arc::new(Names(names, AtomicUsize::new(0)));
    let settings = AdminPublish { allow_private_addresses, fetch_time: Duration::from_secs(2) };
    (WebFetch::looking_up(names.clone(), &settings, LARGEST), names)
}

async fn of_loopback(host: &Host) -> Result<model::BlobHash, FetchError> {
    let url = AssetUrl::parse(&format!("http://{}/a", host.address)).unwrap();
    fetch(true, &[]).0.sha256(&url).await
}

fn sha256(bytes: &[u8]) -> model::BlobHash {
    model::BlobHash(Sha256::digest(bytes).into())
}

#[tokio::test]
async fn what_a_phone_gets_is_hashed() {
    let file = b"a file, a file, a file".repeat(50);
    let mut gzip = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::best());
    gzip.write_all(&file).unwrap();
    let mut brotli = brotli::CompressorWriter::new(Vec::new(), 4096, 5, 22);
    brotli.write_all(&file).unwrap();
    for (head, body) in [
        ("200 OK", file.clone()),
        ("200 OK\r\ncontent-encoding: identity", file.clone()),
        ("200 OK\r\ncontent-encoding: GZIP", gzip.finish().unwrap()),
        ("200 OK\r\ncontent-encoding: br", brotli.into_inner()),
    ] {
        assert_eq!(of_loopback(&Host::with(head, &body).await).await.unwrap(), sha256(&file), "{head}");
    }
}

fn brotli_of(bytes: &[u8], large_window: bool) -> Vec<u8> {
    let params = brotli::enc::BrotliEncoderParams { quality: 5, lgwin: 18, large_window, ..Default::default() };
    let mut writer = brotli::CompressorWriter::with_params(Vec::new(), 4096, &params);
    writer.write_all(bytes).unwrap();
    writer.into_inner()
}

#[tokio::test]
async fn what_no_phone_gets_is_refused() {
    let zeros = vec![0; 1_000_000];
    let mut bomb = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::best());
    bomb.write_all(&zeros).unwrap();
    let bomb = bomb.finish().unwrap();
    let mut brotli_bomb = brotli::CompressorWriter::new(Vec::new(), 4096, 5, 22);
    brotli_bomb.write_all(&zeros).unwrap();
    let brotli_bomb = brotli_bomb.into_inner();
    let text = b"a file, a file, a file".repeat(50);
    let mut gzip = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::best());
    gzip.write_all(&text).unwrap();
    let gzip = gzip.finish().unwrap();
    let brotli = brotli_of(&text, false);
    for (head, body, expected) in [
        ("404 Not Found", &b"<html>"[..], "it answers 404 and not 200"),
        ("204 No Content", b"", "it answers 204 and not 200"),
        ("302 Found\r\nlocation: http://169.254.169.254/", b"", "it answers 302 and leads to http://169.254.169.254/"),
        ("304 Not Modified", b"", "it answers 304 and leads to nowhere"),
        ("200 OK", &zeros[..], "it has more than 10000 bytes"),
        ("200 OK\r\ncontent-encoding: gzip", &bomb, "it has more than 10000 bytes"),
        ("200 OK\r\ncontent-encoding: br", &brotli_bomb, "it has more than 10000 bytes"),
        ("200 OK\r\ncontent-encoding: gzip", b"plain", "its bytes are not what its content-encoding says"),
        ("200 OK\r\ncontent-encoding: br", b"plain", "its bytes are not what its content-encoding says"),
        ("200 OK\r\ncontent-encoding: gzip", b"", "its bytes are not what its content-encoding says"),
        ("200 OK\r\ncontent-encoding: br", b"", "its bytes are not what its content-encoding says"),
        (
            "200 OK\r\ncontent-encoding: gzip",
            &gzip[..gzip.len() / 2],
            "its bytes are not what its content-encoding says",
        ),
        (
            "200 OK\r\ncontent-encoding: gzip",
            &gzip[..gzip.len() - 1],
            "its bytes are not what its content-encoding says",
        ),
        (
            "200 OK\r\ncontent-encoding: br",
            &brotli[..brotli.len() / 2],
            "its bytes are not what its content-encoding says",
        ),
        ("200 OK\r\ncontent-encoding: br", &brotli_of(&text, true), "its bytes are not what its content-encoding says"),
        ("200 OK\r\ncontent-encoding: zstd", b"", "its content-encoding is \"zstd\", which not every phone takes"),
        (
            "200 OK\r\ncontent-encoding: gzip, br",
            b"",
            "its content-encoding is \"gzip, br\", which not every phone takes",
        ),
    ] {
        let refused = of_loopback(&Host::with(head, body).await).await.unwrap_err();
        assert_eq!(refused.to_string(), expected, "{head}");
    }
}

#[tokio::test]
async fn a_host_that_hangs_costs_its_time_and_no_more() {
    let host = Host::answering(Vec::new()).await;
    let refused = of_loopback(&host).await.unwrap_err();
    assert!(matches!(refused, FetchError::TimedOut(_)), "{refused}");
    let cut = Host::answering(b"HTTP/1.1 200 OK\r\ncontent-length: 10\r\n\r\nhalf".to_vec()).await;
    let refused = of_loopback(&cut).await.unwrap_err();
    assert!(matches!(refused, FetchError::Unreachable(_)), "{refused}");
}

#[tokio::test]
async fn no_connection_goes_to_an_address_that_is_not_public() {
    let host = Host::with("200 OK", b"secret").await;
    let port = host.address.port();
    let named: &[(&str, &[&[&str]])] = &[
        ("loopback.example", &[&["127.0.0.1"]]),
        ("mixed.example", &[&["1.1.1.1", "127.0.0.1"]]),
        ("mapped.example", &[&["::ffff:127.0.0.1"]]),
    ];
    for name in ["127.0.0.1", "localhost", "[::ffff:127.0.0.1]", "loopback.example", "mixed.example", "mapped.example"]
    {
        let url = AssetUrl::parse(&format!("http://{name}:{port}/a")).unwrap();
        let refused = fetch(false, named).0.sha256(&url).await.unwrap_err();
        assert!(matches!(&refused, FetchError::PrivateAddress { host } if host == name), "{name}: {refused}");
    }
    assert_eq!(host.connections.load(Ordering::Relaxed), 0);
    let url = AssetUrl::parse(&format!("http://loopback.example:{port}/a")).unwrap();
    assert_eq!(fetch(true, named).0.sha256(&url).await.unwrap(), sha256(b"secret"), "allowed on purpose");
}

/// A name whose second answer is another than the first.
#[tokio::test]
async fn a_name_is_looked_up_once() {
    let host = Host::with("200 OK", b"first").await;
    let (fetch, names) = fetch(true, &[("rebound.example", &[&["127.0.0.1"], &["127.0.0.2"]])]);
    let url = AssetUrl::parse(&format!("http://rebound.example:{}/a", host.address.port())).unwrap();
    assert_eq!(fetch.sha256(&url).await.unwrap(), sha256(b"first"));
    assert_eq!(names.1.load(Ordering::Relaxed), 1);
}
