//! SIGTERM: nothing new is taken, what is under way is finished, and what takes too long is cut.

use std::io::ErrorKind;
use std::time::Duration;

use sha2::{Digest, Sha256};
use tempfile::TempDir;
use testing::{Export, ExportedFile};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpSocket, TcpStream};
use tokio::time::timeout;

use crate::process::{Launch, PUBLIC_URL, ServerProcess};
use crate::served::{PLATFORMS, check_headers, hex, served};

/// More than all buffers between the server's disk and a reader that does not read.
const LARGE: usize = 24 << 20;
/// A process that has not ended by then never will.
const PATIENCE: Duration = Duration::from_mins(1);

#[tokio::test(flavor = "multi_thread")]
async fn what_is_under_way_is_finished_and_nothing_new_is_taken() {
    let data = TempDir::new().unwrap();
    let launch = Launch::on(data.path()).set("UPDRAFT_LIMITS_DRAIN_SECONDS", "600");
    let mut server = launch.start().await;
    let large = publish_large(&server).await;
    let mut idle = Idle::open(&server).await;
    let mut download = Download::begin(&server, &large).await;
    let mut upload = Upload::begin(&server, "sent while the server stops ").await;

    server.terminate().await;
    refused(server.address()).await;
    idle.is_closed().await;
    assert_eq!(upload.finish().await, 204);
    assert_eq!(download.finish().await, large.hash());

    let ended = timeout(PATIENCE, server.end()).await.expect("nothing is left to wait for");
    assert!(ended.status.success(), "{}", ended.said.join("\n"));
    let again = launch.start().await;
    let which = api::WhichBlobs { blobs: vec![upload.blob()] };
    let missing: api::MissingBlobs = testing::expect(&again.publisher().post("/blobs/missing", &which).await);
    assert!(missing.missing.is_empty(), "what was acknowledged while draining is kept");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_takes_longer_than_the_drain_time_is_cut_and_the_log_is_whole() {
    let data = TempDir::new().unwrap();
    let launch = Launch::on(data.path()).set("UPDRAFT_LIMITS_DRAIN_SECONDS", "1").set("UPDRAFT_LOG_CHECKS", "true");
    let mut server = launch.start().await;
    let large = publish_large(&server).await;
    for platform in PLATFORMS {
        served(&server.anonymous(), platform).await.unwrap();
    }
    let mut download = Download::begin(&server, &large).await;
    let mut upload = Upload::begin(&server, "sent too slowly ").await;

    server.terminate().await;

    let ended = timeout(PATIENCE, server.end()).await.expect("requests under way cannot hold it for ever");
    assert!(ended.status.success(), "{}", ended.said.join("\n"));
    assert!(ended.said.iter().any(|line| line.contains("requests under way were cut")), "{:?}", ended.said);
    assert_eq!(ended.printed.iter().filter(|line| line.starts_with('{')).count(), 2, "both checks are in the log");
    assert!(upload.is_cut().await && download.is_cut().await);

    let again = launch.start().await;
    assert_eq!(served(&again.anonymous(), "ios").await.unwrap().download(&again.anonymous(), PUBLIC_URL).await, 4 * 4);
    again.publisher().publish(&Export::small("1.0.0", "after the cut"), "production").await;
}

/// A published update with a large image; returns the image.
async fn publish_large(server: &ServerProcess) -> ExportedFile {
    let large = ExportedFile::new("0cc175b9c0f1b6a831c399e269772662", "png", noise(LARGE));
    let mut export = Export::small("1.0.0", "with a large image");
    for platform in &mut export.platforms {
        platform.assets.push(large.clone());
    }
    server.publisher().publish(&export, "production").await;
    large
}

/// Waits until nobody listens any more. A connection that the kernel took before is closed without an answer.
async fn refused(address: &str) {
    loop {
        match TcpStream::connect(address).await {
            Err(error) if error.kind() == ErrorKind::ConnectionRefused => return,
            // It stopped listening while it was asked.
            Err(error) if error.kind() == ErrorKind::ConnectionReset => {}
            Err(error) => panic!("{error}"),
            Ok(mut late) => {
                let _ = late.write_all(b"GET /healthz HTTP/1.1\r\nhost: a\r\n\r\n").await;
                let mut answer = Vec::new();
                let _ = late.read_to_end(&mut answer).await;
            }
        }
    }
}

/// A connection that waits for its next request.
struct Idle(TcpStream);

impl Idle {
    async fn open(server: &ServerProcess) -> Self {
        let mut stream = TcpStream::connect(server.address()).await.unwrap();
        let headers = check_headers("ios").map(|(name, value)| format!("{name}: {value}\r\n")).concat();
        stream.write_all(format!("HEAD /update HTTP/1.1\r\nhost: a\r\n{headers}\r\n").as_bytes()).await.unwrap();
        assert!(head(&mut stream).await.starts_with("HTTP/1.1 200"));
        Self(stream)
    }

    async fn is_closed(&mut self) {
        assert_eq!(self.0.read(&mut [0; 16]).await.unwrap(), 0);
    }
}

/// A download whose reader takes its time.
struct Download(TcpStream);

impl Download {
    async fn begin(server: &ServerProcess, file: &ExportedFile) -> Self {
        let socket = TcpSocket::new_v4().unwrap();
        socket.set_recv_buffer_size(64 * 1024).unwrap();
        let mut stream = socket.connect(server.address().parse().unwrap()).await.unwrap();
        let request = format!("GET /assets/{} HTTP/1.1\r\nhost: a\r\n\r\n", file.hash());
        stream.write_all(request.as_bytes()).await.unwrap();
        let head = head(&mut stream).await;
        assert!(head.starts_with("HTTP/1.1 200") && head.contains(&format!("content-length: {LARGE}\r\n")), "{head}");
        Self(stream)
    }

    /// Reads the rest; the hash of all.
    async fn finish(&mut self) -> String {
        let mut body = Vec::with_capacity(LARGE);
        self.0.read_to_end(&mut body).await.unwrap();
        assert_eq!(body.len(), LARGE);
        hex(&Sha256::digest(&body))
    }

    async fn is_cut(&mut self) -> bool {
        let mut body = Vec::new();
        let end = self.0.read_to_end(&mut body).await;
        end.is_err() || body.len() < LARGE
    }
}

/// An upload that has come half-way.
struct Upload {
    stream: TcpStream,
    file: ExportedFile,
}

impl Upload {
    async fn begin(server: &ServerProcess, text: &str) -> Self {
        let file = ExportedFile::new("a", "ttf", text.repeat(1000));
        let mut stream = TcpStream::connect(server.address()).await.unwrap();
        let head_sent = format!(
            "PUT /api/v1/apps/default/blobs/{} HTTP/1.1\r\nhost: a\r\nauthorization: {}\r\ncontent-length: {}\r\nexpect: 100-continue\r\n\r\n",
            file.hash(),
            server.authorization(),
            file.bytes.len()
        );
        stream.write_all(head_sent.as_bytes()).await.unwrap();
        // Said when somebody begins to read the body: from here on the request is under way.
        assert!(head(&mut stream).await.starts_with("HTTP/1.1 100"));
        stream.write_all(&file.bytes[..file.bytes.len() / 2]).await.unwrap();
        Self { stream, file }
    }

    async fn finish(&mut self) -> u16 {
        self.stream.write_all(&self.file.bytes[self.file.bytes.len() / 2..]).await.unwrap();
        let head = head(&mut self.stream).await;
        head.split(' ').nth(1).unwrap().parse().unwrap()
    }

    async fn is_cut(&mut self) -> bool {
        let mut answer = Vec::new();
        let _ = self.stream.read_to_end(&mut answer).await;
        answer.is_empty()
    }

    fn blob(&self) -> api::BlobRef {
        api::BlobRef { hash: self.file.hash(), size: self.file.bytes.len() as u64 }
    }
}

/// One answer's head, byte by byte, so that nothing of its body is taken.
async fn head(stream: &mut TcpStream) -> String {
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        head.push(stream.read_u8().await.unwrap());
    }
    String::from_utf8(head).unwrap().to_lowercase().replacen("http/", "HTTP/", 1)
}

/// Bytes that nothing makes smaller, the same every time.
pub fn noise(length: usize) -> Vec<u8> {
    let mut state = 0x9e37_79b9_7f4a_7c15_u64;
    let words = std::iter::repeat_with(|| {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        state.to_le_bytes()
    });
    words.take(length.div_ceil(8)).flatten().take(length).collect()
}
