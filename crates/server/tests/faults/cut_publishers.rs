//! Publishers behind a proxy that waits for less time than the server needs.

use testing::{Export, Publisher, TestServer, expect};

use crate::faulty_store::Faults;
use crate::served::served;

#[tokio::test]
async fn a_prepare_that_is_cut_and_sent_again_compresses_nothing_twice() {
    let faults = Faults::default();
    let server = TestServer::builder().wrap_store(faults.wrap()).start().await;
    let publisher = server.publisher();
    let export = Export::small("1.0.0", "slow");
    publisher.upload_missing(&export).await;
    faults.take_asked();
    let request = Publisher::prepare_request(&export, "production");

    // The first attempt is dropped while what it compressed waits to be recorded, as a proxy does that has waited long enough.
    let gate = faults.hold("record_encodings");
    tokio::select! {
        _ = publisher.post("/publishes", &request) => panic!("it was to be cut"),
        () = gate.reached() => {}
    }
    let again = async {
        let answer = publisher.post("/publishes", &request).await;
        expect::<api::Prepared>(&answer)
    };
    let (prepared, ()) = tokio::join!(again, async { gate.open() });
    let compressed = faults.take_asked().iter().filter(|asked| **asked == "record_encodings").count();
    assert_eq!(compressed, 3, "two bundles and a font are compressible, each once");

    let published: api::Published = expect(&publisher.commit(&prepared.id).await);
    let served = served(&server.anonymous(), "ios").await.unwrap();
    assert_eq!(served.id, published.updates[1].id);
}
