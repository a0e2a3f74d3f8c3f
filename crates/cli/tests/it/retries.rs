//! Servers that are busy, failing, out of reach, or not Updraft.

use std::time::Duration;

use api::Code;
use cli::commands::publish::publish;
use cli::commands::roll_back::roll_back;
use cli::exit::Exit;
use cli::{Failure, Mode, Printer};
use tokio::io::AsyncWriteExt as _;
use tokio::net::TcpListener;

use crate::fake_server::{FakeServer, Fault, sha256};
use crate::publish::{options, small_export};
use crate::roll_back::to_embedded;

/// Publishes a small export under these faults; returns how it ended and what was said.
async fn publish_under(server: &FakeServer, faults: &[(&'static str, Fault)]) -> (Result<(), Failure>, String) {
    for (what, fault) in faults {
        server.fail(what, [*fault]);
    }
    let export = small_export(&[]);
    let (printer, printed) = Printer::captured(Mode::default());
    let result = publish(options(server, export.path(), export.path()), &printer).await;
    if let Err(failure) = &result {
        printer.failure(failure);
    }
    (result.map(|report| report.print(&printer)), printed.err().replace(&server.url, "SERVER"))
}

#[tokio::test]
async fn busy_failing_and_cut_answers_are_asked_for_again() {
    let server = FakeServer::start().await;
    let (result, said) = publish_under(
        &server,
        &[
            ("app", Fault::Html(502)),
            ("missing", Fault::Problem(Code::Internal)),
            ("upload", Fault::Problem(Code::Unavailable)),
            ("upload", Fault::Cut),
            ("upload", Fault::Problem(Code::BodyCut)),
            ("prepare", Fault::Cut),
            ("commit", Fault::Problem(Code::Busy)),
        ],
    )
    .await;
    result.unwrap();
    assert_eq!(server.story(), "app x2, updates, missing x2, upload x4, prepare x2, commit x2");
    assert_eq!(server.inner().blobs.len(), 1);
    // The waits are random within bounds; what is said around them is not.
    let said: Vec<&str> = said.lines().map(|line| line.split("; trying again in").next().unwrap()).collect();
    insta::assert_snapshot!(said.join("\n"), @r"
    something in front of the server answered SERVER/api/v1/apps/default in its place: 502 Bad Gateway
    an order of the test (internal)
    uploading 1 file, 6 B
    an order of the test (unavailable)
    SERVER/api/v1/apps/default/blobs/1e6ed65d77d6364eeaed5a745ba5c4985ae2b700dd85d7cf7f027bdf294a33fc did not answer in full
    an order of the test (body_cut)
    uploaded 1/1  ios.hbc  6 B
    SERVER/api/v1/apps/default/publishes did not answer in full
    an order of the test (busy)
    ");
}

#[tokio::test]
async fn waits_double_with_jitter_and_end() {
    let server = FakeServer::start().await;
    server.fail("app", vec![Fault::Problem(Code::Unavailable); 10]);
    let (result, _) = publish_under(&server, &[]).await;
    assert_eq!(result.unwrap_err().exit(), Exit::Unreachable);
    assert_eq!(server.count("app"), 7);
    let waits = server.waits.lock().unwrap().clone();
    assert_eq!(waits.len(), 6);
    let mut least = Duration::from_millis(500);
    for wait in waits {
        assert!(wait >= least.min(Duration::from_secs(15)) && wait <= least * 2, "{wait:?} of {least:?}");
        least *= 2;
    }
}

#[tokio::test]
async fn retry_after_is_waited_for_up_to_a_limit() {
    let server = FakeServer::start().await;
    let (result, _) = publish_under(
        &server,
        &[("missing", Fault::RetryAfter(Code::Busy, "40")), ("commit", Fault::RetryAfter(Code::Unavailable, "70"))],
    )
    .await;
    result.unwrap();
    assert_eq!(*server.waits.lock().unwrap(), [Duration::from_secs(40), Duration::from_secs(70)]);

    let (result, said) = publish_under(&server, &[("missing", Fault::RetryAfter(Code::Busy, "3600"))]).await;
    assert_eq!(result.unwrap_err().exit(), Exit::Unreachable);
    insta::assert_snapshot!(said, @r"
    the server asks to wait 3600 s, which is too long
    error: an order of the test (busy)
    hint: try again after the time in `retry-after`
    ");
}

#[tokio::test]
async fn a_commit_whose_answer_is_lost_is_sent_again_and_done_once() {
    let server = FakeServer::start().await;
    let (result, _) =
        publish_under(&server, &[("commit", Fault::CutAfterwards), ("commit", Fault::CutAfterwards)]).await;
    result.unwrap();
    let inner = server.inner();
    assert_eq!(inner.committed.len(), 1);
    let keys: Vec<_> = inner.seen.iter().filter_map(|seen| seen.idempotency_key.clone()).collect();
    assert_eq!(keys, vec![inner.committed[0].clone(); 3]);
}

#[tokio::test]
async fn a_commit_that_is_never_answered_is_not_called_a_failure() {
    let server = FakeServer::start().await;
    let (result, said) = publish_under(&server, &[("commit", Fault::Cut); 7]).await;
    assert_eq!(result.unwrap_err().code(), "outcome_unknown");
    let end: Vec<&str> = said.lines().skip_while(|line| !line.starts_with("error:")).collect();
    assert_eq!(end[0], "error: nobody knows whether that worked: the server did not answer in the end");
    assert!(end.last().unwrap().starts_with("hint: run the command again"), "{end:?}");
}

#[tokio::test]
async fn refusals_are_told_once_with_their_hint() {
    for (fault, exit) in
        [(Code::Unauthorized, Exit::Refused), (Code::UnknownApp, Exit::Refused), (Code::NoSpace, Exit::Unreachable)]
    {
        let server = FakeServer::start().await;
        let (result, said) = publish_under(&server, &[("app", Fault::Problem(fault))]).await;
        let failure = result.unwrap_err();
        assert_eq!((failure.exit(), failure.code()), (exit, fault.as_str()));
        assert_eq!(server.count("app"), 1);
        assert_eq!(said, format!("error: an order of the test ({fault})\nhint: {}\n", fault.hint()));
    }
    let server = FakeServer::start().await;
    let (result, _) = publish_under(&server, &[("upload", Fault::Problem(Code::HashMismatch))]).await;
    assert_eq!(result.unwrap_err().code(), "hash_mismatch");
    assert_eq!((server.count("upload"), server.count("prepare")), (1, 0));
}

#[tokio::test]
async fn a_file_that_is_refused_before_it_is_through_ends_the_publish() {
    let server = FakeServer::start().await;
    server.fail("upload", [Fault::Problem(Code::BodyTooLarge); 7]);
    let export = small_export(&[]);
    std::fs::write(export.path().join("ios.hbc"), vec![7; 16_000_000]).unwrap();
    let (printer, _) = Printer::captured(Mode::default());
    let failure = publish(options(&server, export.path(), export.path()), &printer).await.unwrap_err();
    // The server hangs up while bytes are on their way to it, so its answer may be lost with the connection.
    assert!(matches!(failure.code(), "body_too_large" | "unanswered"), "{failure:?}");
    assert_eq!(server.count("prepare"), 0);
}

#[tokio::test]
async fn a_large_file_goes_up_whole_after_a_cut() {
    let server = FakeServer::start().await;
    server.fail("upload", [Fault::CutAfterwards]);
    let export = small_export(&[]);
    let large: Vec<u8> = (0..3_000_001_u32).map(|n| n.to_le_bytes()[0]).collect();
    std::fs::write(export.path().join("ios.hbc"), &large).unwrap();
    let (printer, _) = Printer::captured(Mode::default());
    publish(options(&server, export.path(), export.path()), &printer).await.unwrap();
    assert_eq!(server.inner().blobs[&sha256(&large)], large);
}

#[tokio::test]
async fn what_is_not_updraft_is_told_so() {
    let mut said = String::new();
    for (what, fault) in [
        ("app", Fault::Html(200)),
        ("app", Fault::Html(404)),
        ("app", Fault::Redirect),
        ("app", Fault::OtherJson),
        ("upload", Fault::Html(200)),
    ] {
        let server = FakeServer::start().await;
        let (result, printed) = publish_under(&server, &[(what, fault)]).await;
        let failure = result.unwrap_err();
        assert_eq!((failure.exit(), failure.code()), (Exit::Unreachable, "not_updraft"));
        said += &printed.replace(&sha256(b"bundle"), "HASH");
    }
    insta::assert_snapshot!(said, @r"
    error: SERVER/api/v1/apps/default did not answer as an Updraft server does: 200 OK with text/html
    hint: set --server or UPDRAFT_SERVER to the server's `public_url`; a proxy in front of it must pass /api on
    error: SERVER/api/v1/apps/default did not answer as an Updraft server does: 404 Not Found with text/html
    hint: set --server or UPDRAFT_SERVER to the server's `public_url`; a proxy in front of it must pass /api on
    error: SERVER/api/v1/apps/default did not answer as an Updraft server does: it redirects to https://login.example/ (302 Found)
    hint: nothing was sent there; set --server or UPDRAFT_SERVER to the server's `public_url`, and let /api through what asks for a login in front of it: the API has its own token
    error: SERVER/api/v1/apps/default answered something that this version of the command line cannot read
      caused by: missing field `slug` at line 1 column 17
    hint: use the command line and the server in the same version
    uploading 1 file, 6 B
    error: SERVER/api/v1/apps/default/blobs/HASH did not answer as an Updraft server does: 200 OK with text/html
    hint: set --server or UPDRAFT_SERVER to the server's `public_url`; a proxy in front of it must pass /api on
    ");
}

#[tokio::test]
async fn a_proxy_that_waits_for_less_than_the_server_needs_is_outlasted() {
    let server = FakeServer::start().await;
    let faults = [
        vec![("prepare", Fault::StillAtIt(524)); 9],
        vec![("prepare", Fault::Impatient(504)), ("commit", Fault::Impatient(524)), ("commit", Fault::Impatient(504))],
    ];
    let (result, said) = publish_under(&server, &faults.concat()).await;
    result.unwrap();
    // More often than a failing server is asked, and done once.
    assert_eq!(server.story(), "app, updates, missing, upload, prepare x11, commit x3");
    let inner = server.inner();
    let keys: Vec<_> = inner.seen.iter().filter_map(|seen| seen.idempotency_key.clone()).collect();
    assert_eq!((inner.committed.len(), keys), (1, vec![inner.committed[0].clone(); 3]));
    let first = said.lines().find(|line| line.contains("trying again")).unwrap();
    assert!(
        first.starts_with(
            "something in front of the server answered SERVER/api/v1/apps/default/publishes in its place: \
             524 (the server took too long); trying again in "
        ),
        "{first}"
    );
}

#[tokio::test]
async fn a_proxy_that_always_waits_too_briefly_is_given_up_on_after_a_while() {
    for (what, code) in [("prepare", "gateway"), ("commit", "outcome_unknown")] {
        let server = FakeServer::start().await;
        let (result, said) = publish_under(&server, &[(what, Fault::StillAtIt(504)); 12]).await;
        let failure = result.unwrap_err();
        assert_eq!((failure.exit(), failure.code()), (Exit::Unreachable, code));
        // 20 minutes in steps of 100 s and the waits between them.
        assert_eq!(server.count(what), 11);
        let end: Vec<&str> = said.lines().skip_while(|line| !line.starts_with("giving up")).collect();
        insta::assert_snapshot!(format!("a_proxy_that_always_waits_too_briefly_{what}"), end.join("\n"));
    }
}

#[tokio::test]
async fn what_stands_in_front_of_the_server_is_told_from_the_server() {
    let mut said = String::new();
    for status in [502, 503, 504, 522, 524] {
        let server = FakeServer::start().await;
        let (result, printed) = publish_under(&server, &vec![("app", Fault::Html(status)); 200]).await;
        let failure = result.unwrap_err();
        assert_eq!((failure.exit(), failure.code()), (Exit::Unreachable, "gateway"));
        let end: Vec<&str> = printed.lines().skip_while(|line| !line.starts_with("error:")).collect();
        said += &(end.join("\n") + "\n");
    }
    insta::assert_snapshot!(said);
}

#[tokio::test]
async fn operations_outlast_an_impatient_proxy_under_one_key() {
    let server = FakeServer::start().await;
    server.fail("roll-back", [Fault::Impatient(524), Fault::Impatient(504), Fault::Html(502)]);
    let (printer, _) = Printer::captured(Mode::default());
    roll_back(to_embedded(&server), &printer).await.unwrap();
    assert_eq!((server.count("roll-back"), server.inner().rolled_back.len()), (4, 1));
}

#[tokio::test]
async fn an_expired_token_ends_a_publish_wherever_it_is_and_nothing_is_served() {
    for (what, story) in [
        ("app", "app"),
        ("missing", "app, updates, missing"),
        ("upload", "app, updates, missing, upload"),
        ("prepare", "app, updates, missing, upload, prepare"),
        ("commit", "app, updates, missing, upload, prepare, commit"),
    ] {
        let server = FakeServer::start().await;
        let (result, said) = publish_under(&server, &[(what, Fault::Problem(Code::Unauthorized))]).await;
        let failure = result.unwrap_err();
        assert_eq!((failure.exit(), failure.code()), (Exit::Refused, "unauthorized"), "{what}");
        assert_eq!((server.story().as_str(), server.inner().committed.len()), (story, 0));
        assert!(said.contains("hint: set UPDRAFT_TOKEN"), "{said}");

        let (result, _) = publish_under(&server, &[]).await;
        result.unwrap();
        assert_eq!(server.inner().committed.len(), 1, "with a new token it goes on");
    }
}

#[tokio::test]
async fn a_redirect_is_not_followed_so_the_token_goes_nowhere_else() {
    let (server, elsewhere) = (FakeServer::start().await, FakeServer::start().await);
    let login = format!("{}/api/v1/apps/default", elsewhere.url);
    for status in [301, 302, 307, 308] {
        server.inner().faults.insert("app", [Fault::RedirectTo(status, login.clone().leak())].into());
        let (result, said) = publish_under(&server, &[]).await;
        assert_eq!(result.unwrap_err().code(), "not_updraft");
        assert!(said.contains(&format!("it redirects to {login}")), "{said}");
    }
    assert_eq!(elsewhere.story(), "");
}

#[tokio::test]
async fn a_server_that_is_not_there_or_hangs_up_is_unreachable() {
    let server = FakeServer::start().await;
    let export = small_export(&[]);
    let mut options = options(&server, export.path(), export.path());
    // The port of a service that nobody has run for decades.
    options.connection.server = "http://127.0.0.1:1".parse().unwrap();
    let (printer, printed) = Printer::captured(Mode { quiet: true, ..Mode::default() });
    let failure = publish(options.clone(), &printer).await.unwrap_err();
    printer.failure(&failure);
    assert_eq!((failure.exit(), failure.code()), (Exit::Unreachable, "unreachable"));
    // A server that never answered is not waited for as long as one that did.
    assert_eq!(server.waits.lock().unwrap().len(), 3);
    insta::assert_snapshot!(printed.err(), @r"
    error: http://127.0.0.1:1/api/v1/apps/default cannot be reached
      caused by: error sending request
      caused by: client error (Connect)
      caused by: tcp connect error
      caused by: Connection refused (os error 111)
    hint: start the server with `updraft serve`, or set --server or UPDRAFT_SERVER to where it runs
    ");

    // Hangs up within the head of its answer.
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    options.connection.server = format!("http://{}", listener.local_addr().unwrap()).parse().unwrap();
    tokio::spawn(async move {
        while let Ok((mut stream, _)) = listener.accept().await {
            stream.write_all(b"HTTP/1.1 200").await.unwrap();
        }
    });
    let failure = publish(options, &printer).await.unwrap_err();
    assert_eq!((failure.exit(), failure.code()), (Exit::Unreachable, "unanswered"));
    assert!(failure.hint().unwrap().contains("the connection broke"), "{failure:?}");
}
