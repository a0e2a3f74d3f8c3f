//! An upload that is refused before its last byte: the sender learns why, although it is still sending.

use tempfile::TempDir;
use testing::ExportedFile;

use crate::drain::noise;
use crate::start::{publisher, settings};

/// Far more than the buffers between two sockets.
const LARGE: usize = 48 << 20;
/// It is a race between the answer and the end of the connection, so once proves little.
const TIMES: usize = 20;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn whoever_sends_too_much_is_told_so() {
    let data = TempDir::new().unwrap();
    let settings = settings(data.path(), &[("UPDRAFT_LIMITS_MAX_UPLOAD_BYTES", "100000")]);
    let server = server::start(settings).await.unwrap();
    let large = ExportedFile::new("a", "png", noise(LARGE));
    for _ in 0..TIMES {
        let answer = publisher(&server).upload(&large).await;
        assert_eq!((answer.status.as_u16(), answer.code().as_str()), (413, "body_too_large"));
    }
    server.stop().await;
}
