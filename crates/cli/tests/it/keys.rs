//! Signing keys.

use std::fs;

use cli::commands::keys;
use cli::exit::Exit;
use cli::{Mode, Printer};
use tempfile::TempDir;

use crate::fake_server::{FakeServer, Fault};

fn request(key_id: &str) -> api::GenerateKey {
    api::GenerateKey { key_id: key_id.into(), common_name: None, validity_years: None, bits: None }
}

#[tokio::test]
async fn keys_are_generated_listed_and_their_certificates_written() {
    let server = FakeServer::start().await;
    let directory = TempDir::new().unwrap();
    let (printer, printed) = Printer::captured(Mode::default());

    keys::list(server.connection(), &printer).await.unwrap();
    let out = directory.path().join("certificate.pem");
    keys::generate(server.connection(), request("main"), Some(out.clone()), &printer).await.unwrap();
    let certificate = server.inner().keys[0].certificate.clone();
    assert_eq!(fs::read_to_string(&out).unwrap(), certificate);
    keys::generate(server.connection(), request("second"), None, &printer).await.unwrap();
    keys::list(server.connection(), &printer).await.unwrap();
    keys::certificate(server.connection(), "main", None, &printer).await.unwrap();
    insta::assert_snapshot!(printed.out(), @r"
    No keys yet: make one with `updraft keys generate --key-id main`
    Generated key main for CN=default, valid until 2036-11-23
    Fingerprint: abababababababababababababababababababababababababababababababab
    Generated key second for CN=default, valid until 2036-11-23
    Fingerprint: abababababababababababababababababababababababababababababababab
      key id  held by  subject     valid until  fingerprint
      main    server   CN=default  2036-11-23   abababababababab
      second  server   CN=default  2036-11-23   abababababababab
    -----BEGIN CERTIFICATE-----
    main
    -----END CERTIFICATE-----
    ");

    let copy = directory.path().join("copy.pem");
    keys::certificate(server.connection(), "main", Some(&copy), &printer).await.unwrap();
    assert_eq!(fs::read_to_string(&copy).unwrap(), certificate);
    let failure = keys::certificate(server.connection(), "third", None, &printer).await.unwrap_err();
    assert_eq!((failure.exit(), failure.code()), (Exit::Refused, "unknown_key"));
}

#[tokio::test]
async fn a_certificate_in_the_way_is_not_overwritten_and_no_key_is_made() {
    let server = FakeServer::start().await;
    let directory = TempDir::new().unwrap();
    let out = directory.path().join("certificate.pem");
    fs::write(&out, "the one that binaries trust").unwrap();
    let (printer, _) = Printer::captured(Mode::default());
    let failure = keys::generate(server.connection(), request("main"), Some(out.clone()), &printer).await.unwrap_err();
    assert_eq!(failure.code(), "file");
    assert_eq!(
        (server.count("generate"), fs::read_to_string(out).unwrap().as_str()),
        (0, "the one that binaries trust")
    );
}

#[tokio::test]
async fn where_a_certificate_cannot_lie_no_key_is_made() {
    let server = FakeServer::start().await;
    let directory = TempDir::new().unwrap();
    let (printer, printed) = Printer::captured(Mode { quiet: true, ..Mode::default() });
    let taken = directory.path().join("taken.pem");
    fs::write(&taken, "another").unwrap();
    let beneath_a_file = taken.join("certificate.pem");
    for out in [&directory.path().join("nowhere/certificate.pem"), &taken, directory.path(), &beneath_a_file] {
        let generated = keys::generate(server.connection(), request("main"), Some(out.to_path_buf()), &printer).await;
        let failure = generated.unwrap_err();
        assert_eq!((failure.exit(), failure.code(), server.count("generate")), (Exit::Failure, "file", 0));
        printer.failure(&failure);
    }
    insta::assert_snapshot!(printed.err().replace(directory.path().to_str().unwrap(), "DIR"));

    keys::generate(server.connection(), request("main"), None, &printer).await.unwrap();
    let failure = keys::certificate(server.connection(), "main", Some(&taken), &printer).await.unwrap_err();
    assert_eq!((failure.code(), fs::read_to_string(&taken).unwrap().as_str()), ("file", "another"));
    for _ in 0..2 {
        let again = directory.path().join("again.pem");
        keys::certificate(server.connection(), "main", Some(&again), &printer).await.unwrap();
    }
    let left = fs::read_dir(directory.path()).unwrap().count();
    assert_eq!(left, 2, "nothing else is left behind");
}

#[tokio::test]
async fn an_imported_key_goes_up_and_is_shown_nowhere() {
    let server = FakeServer::start().await;
    let directory = TempDir::new().unwrap();
    let (private, certificate) = (directory.path().join("private-key.pem"), directory.path().join("certificate.pem"));
    fs::write(&private, "PRIVATE").unwrap();
    fs::write(&certificate, "CERTIFICATE").unwrap();
    let (printer, printed) = Printer::captured(Mode { json: true, ..Mode::default() });
    keys::import(server.connection(), "main".into(), &private, &certificate, &printer).await.unwrap();
    assert_eq!(server.inner().imported[0].private_key, "PRIVATE");
    assert!(!(printed.out() + &printed.err()).contains("PRIVATE"));

    let missing = directory.path().join("missing.pem");
    let failure =
        keys::import(server.connection(), "other".into(), &missing, &certificate, &printer).await.unwrap_err();
    assert_eq!((failure.exit(), server.count("import")), (Exit::Failure, 1));
}

#[tokio::test]
async fn making_a_key_is_repeated_only_when_the_server_cannot_have_begun() {
    let server = FakeServer::start().await;
    let (printer, _) = Printer::captured(Mode::default());
    server.fail("generate", [Fault::Problem(api::Code::Busy), Fault::Problem(api::Code::Unavailable)]);
    keys::generate(server.connection(), request("main"), None, &printer).await.unwrap();
    assert_eq!(server.count("generate"), 3);

    for fault in [Fault::CutAfterwards, Fault::Problem(api::Code::Internal)] {
        let before = server.count("generate");
        server.fail("generate", [fault]);
        let failure = keys::generate(server.connection(), request("second"), None, &printer).await.unwrap_err();
        assert_eq!((failure.exit(), failure.code()), (Exit::Unreachable, "outcome_unknown"));
        assert_eq!(server.count("generate"), before + 1);
    }
}
