//! Rolling back.

use cli::commands::operation::Consent;
use cli::commands::publish::Target;
use cli::commands::roll_back::{Destination, RollBackOptions, roll_back};
use cli::exit::Exit;
use cli::{Mode, Printer};

use crate::fake_server::{FakeServer, Fault};

/// A roll back of iOS to the embedded update.
pub fn to_embedded(server: &FakeServer) -> RollBackOptions {
    RollBackOptions {
        connection: server.connection(),
        target: Target { channel: Some("production".into()), branch: None, create_channel: false },
        to: Destination::Embedded,
        on_rollout: api::OnRollout::Refuse,
        platform: Some(protocol::Platform::Ios),
        runtime_version: None,
        message: Some("It crashes".into()),
        consent: Consent::Ask,
    }
}

#[tokio::test]
async fn a_roll_back_is_sent_again_under_one_key_and_done_once() {
    let server = FakeServer::start().await;
    server.fail("roll-back", [Fault::CutAfterwards]);
    let (printer, printed) = Printer::captured(Mode { quiet: true, ..Mode::default() });
    roll_back(to_embedded(&server), &printer).await.unwrap().unwrap().print(&printer);
    insta::assert_snapshot!(printed.out(), @r"
    Rolled back branch production with group g2
      platform  runtime version  update                 created at
      ios       1.0.0            roll back to embedded  2026-11-23T13:00:00.000Z
    ios 1.0.0: devices go back to the update inside their binary
    ");
    assert_eq!(server.count("roll-back"), 2);
    let asked = server.inner().rolled_back.clone();
    assert_eq!(asked.len(), 1);
    assert_eq!((asked[0].channel.as_deref(), asked[0].platform.as_deref()), (Some("production"), Some("ios")));
}

#[tokio::test]
async fn refused_and_unanswered_roll_backs_are_told_apart() {
    let server = FakeServer::start().await;
    let (printer, printed) = Printer::captured(Mode { quiet: true, ..Mode::default() });
    server.fail("roll-back", [Fault::Problem(api::Code::NothingToRollBackTo)]);
    let refused = roll_back(to_embedded(&server), &printer).await.unwrap_err();
    assert_eq!((refused.exit(), refused.code()), (Exit::Refused, "nothing_to_roll_back_to"));

    let mut impatient = to_embedded(&server);
    impatient.connection.patience.repeats = 0;
    server.fail("roll-back", [Fault::Cut]);
    let unknown = roll_back(impatient, &printer).await.unwrap_err();
    printer.failure(&unknown);
    assert_eq!(unknown.exit(), Exit::Unreachable);
    assert!(printed.err().ends_with("a second roll back goes one further\n"), "{}", printed.err());
}

/// On an address of its own, so that no other test's server can take the port when it is free again.
#[cfg(target_os = "linux")]
#[tokio::test]
async fn only_a_request_that_may_have_arrived_has_an_unknown_outcome() {
    let listener = tokio::net::TcpListener::bind("127.0.0.2:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move {
        let (stream, _) = listener.accept().await.unwrap();
        drop(listener);
        drop(stream);
    });
    let (printer, _) = Printer::captured(Mode::default());
    let mut gone = to_embedded(&FakeServer::start().await);
    gone.connection.server = format!("http://{address}").parse().unwrap();
    let unknown = roll_back(gone.clone(), &printer).await.unwrap_err();
    assert_eq!(unknown.code(), "outcome_unknown");
    let never_sent = roll_back(gone, &printer).await.unwrap_err();
    assert_eq!(never_sent.code(), "unreachable");
}

#[tokio::test]
async fn a_named_group_is_gone_back_to_and_told_in_words() {
    const GROUP: &str = "0190c0de-0000-7000-8000-000000000001";
    let server = FakeServer::start().await;
    let (printer, printed) = Printer::captured(Mode::default());
    let mut named = to_embedded(&server);
    named.to = Destination::Group(GROUP.into());
    named.on_rollout = api::OnRollout::Revert;
    roll_back(named, &printer).await.unwrap().unwrap().print(&printer);
    insta::assert_snapshot!(printed.out(), @r"
    Rolled back branch production with group g2
      platform  runtime version  update                                created at
      ios       1.0.0            e0000000-0000-4000-8000-000000000000  2026-11-23T13:00:00.000Z
    ios 1.0.0: devices go back to the content of update a0000000-0000-4000-8000-000000000000
    ");
    let asked = server.inner().rolled_back[0].clone();
    let expected = (api::RollBackTo::Group, Some(GROUP), api::OnRollout::Revert);
    assert_eq!((asked.to, asked.group.as_deref(), asked.on_rollout), expected);
}
