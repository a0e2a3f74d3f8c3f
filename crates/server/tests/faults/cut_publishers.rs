//! Publishers behind a proxy that waits for less time than the server needs.

use std::time::Duration;

use testing::{Export, ExportedFile, Publisher, TestServer, expect};

use crate::faulty_store::Faults;
use crate::served::served;

/// Far more than compressing takes here.
const PATIENCE: Duration = Duration::from_secs(30);

/// Compressing this takes longer than a request needs to arrive.
fn slow_export() -> Export {
    let mut export = Export::small("1.0.0", "slow");
    for (number, platform) in export.platforms.iter_mut().enumerate() {
        let lines = (0..40_000).map(|line| format!("function f{line}() {{ return {} }}\n", line * 7 + number));
        platform.bundle = ExportedFile::new("", "hbc", lines.collect::<String>());
    }
    export
}

#[tokio::test]
async fn a_prepare_that_is_cut_and_sent_again_compresses_nothing_twice() {
    let faults = Faults::default();
    let server = TestServer::builder().wrap_store(faults.wrap()).start().await;
    let publisher = server.publisher();
    let export = slow_export();
    publisher.upload_missing(&export).await;
    faults.take_asked();
    let request = Publisher::prepare_request(&export, "production");

    // Each attempt is dropped while the server works, as a proxy does that has waited long enough.
    let mut attempts = 0;
    let prepared: api::Prepared = loop {
        let cut_after = Duration::from_millis(20 << attempts);
        attempts += 1;
        if let Ok(answer) = tokio::time::timeout(cut_after, publisher.post("/publishes", &request)).await {
            break expect(&answer);
        }
        assert!(cut_after < PATIENCE, "it never ends");
    };
    assert!(attempts > 1, "the first attempt was to be cut");
    let compressed = faults.take_asked().iter().filter(|asked| **asked == "record_encodings").count();
    assert_eq!(compressed, 3, "two bundles and a font are compressible, each once, in {attempts} attempts");

    let published: api::Published = expect(&publisher.commit(&prepared.id).await);
    let served = served(&server.anonymous(), "ios").await.unwrap();
    assert_eq!(served.id, published.updates[1].id);
}
