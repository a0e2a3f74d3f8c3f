//! Playing phones.

use cli::commands::device::{PlayOptions, Played, Trust, play};
use cli::exit::Exit;
use cli::{Failure, Mode, Printer};
use protocol::Platform;

use crate::fake_phone_side::{PhoneSide, Shows};

fn options(server: &PhoneSide) -> PlayOptions {
    PlayOptions {
        server: server.url.parse().unwrap(),
        app: "default".into(),
        channel: "production".into(),
        platforms: Platform::ALL.into(),
        runtime_version: "1.0.0".into(),
        trust: Some(Trust { certificate: server.certificate.clone(), key_id: "main".into(), include_chain: false }),
        api_key: None,
        headers: Vec::new(),
    }
}

/// Plays; returns what came of it, standard output and standard error.
async fn played(server: &PhoneSide, options: PlayOptions) -> (Result<Played, Failure>, String, String) {
    let (printer, printed) = Printer::captured(Mode::default());
    let result = play(options, &printer).await;
    match &result {
        Ok(played) => played.print(&printer),
        Err(failure) => printer.failure(failure),
    }
    (result, printed.out(), printed.err().replace(&server.url, "SERVER"))
}

#[tokio::test]
async fn both_phones_verify_download_and_launch_the_update() {
    let server = PhoneSide::start(Shows::Update).await;
    let (result, out, err) = played(&server, options(&server)).await;
    assert_eq!(result.unwrap().exit(), Exit::Ok);
    insta::assert_snapshot!(out, @r"
    android, runtime version 1.0.0, channel production
      runs        0190a0b0-0000-7000-8000-000000000001
      created at  2026-11-23T12:00:00.000Z
      signature   verified, key main
      bundle      62 B
      assets      1 file, 8 B
      hashes      all verified
      received    536 B
    ios, runtime version 1.0.0, channel production
      runs        0190a0b0-0000-7000-8000-000000000001
      created at  2026-11-23T12:00:00.000Z
      signature   verified, key main
      bundle      62 B
      assets      1 file, 8 B
      hashes      all verified
      received    562 B
    ");
    assert!(err.starts_with("android: checking SERVER/update\n"), "{err}");
    assert!(err.contains("downloaded 2/2"), "{err}");

    let seen = server.seen();
    assert_eq!(seen.len(), 6);
    let (_, check) = &seen[0];
    assert_eq!(check["expo-channel-name"], "production");
    assert_eq!(check["expo-platform"], "android");
    assert_eq!(check["accept-encoding"], "zstd, br, gzip");
    assert!(check["expo-expect-signature"].to_str().unwrap().contains("main"));
    assert_eq!(seen[3].1["accept-encoding"], "gzip, deflate, br");
}

#[tokio::test]
async fn json_tells_the_same() {
    let server = PhoneSide::start(Shows::Update).await;
    let (printer, printed) = Printer::captured(Mode { json: true, quiet: true, ..Mode::default() });
    let mut options = options(&server);
    options.platforms = vec![Platform::Ios];
    options.trust = None;
    play(options, &printer).await.unwrap().print(&printer);
    let document: serde_json::Value = serde_json::from_str(&printed.out()).unwrap();
    let mut phone = document["phones"][0].clone();
    assert!(phone.as_object_mut().unwrap().remove("received_bytes").unwrap().as_u64().unwrap() > 0);
    insta::assert_snapshot!(serde_json::to_string_pretty(&phone).unwrap(), @r#"
    {
      "platform": "ios",
      "channel": "production",
      "runtime_version": "1.0.0",
      "runs": {
        "kind": "update",
        "id": "0190a0b0-0000-7000-8000-000000000001",
        "created_at": "2026-11-23T12:00:00.000Z",
        "verified_by": null,
        "bundle_bytes": 62,
        "assets": 1,
        "asset_bytes": 8
      }
    }
    "#);
    assert_eq!(printed.err(), "");
}

#[tokio::test]
async fn another_app_a_key_and_headers_go_into_the_request() {
    let server = PhoneSide::start(Shows::Nothing).await;
    let mut options = options(&server);
    options.app = "my app".into();
    options.channel = "käse+/%".into();
    options.api_key = Some("k1".into());
    options.headers = vec![("x-tier".into(), "gold".into())];
    options.platforms = vec![Platform::Ios];
    let (result, out, _) = played(&server, options).await;
    assert_eq!(result.unwrap().exit(), Exit::NothingNew);
    insta::assert_snapshot!(out, @r"
    ios, runtime version 1.0.0, channel käse+/%
      runs        its embedded update: the server has no update for it
    ");
    let (path, headers) = &server.seen()[0];
    assert_eq!(path, "/apps/my%20app/update");
    assert_eq!((&headers["x-api-key"], &headers["x-tier"]), (&"k1".parse().unwrap(), &"gold".parse().unwrap()));
    assert_eq!(headers["expo-channel-name"].as_bytes(), "käse+/%".as_bytes());
}

#[tokio::test]
async fn what_a_phone_would_refuse_is_told_with_its_rule() {
    let server = PhoneSide::start(Shows::Update).await;
    let mut said = String::new();
    let mut fails = async |server: &PhoneSide, options: PlayOptions, exit: Exit| {
        let (result, _, err) = played(server, options).await;
        assert_eq!(result.unwrap_err().exit(), exit);
        let told: Vec<&str> = err.lines().skip_while(|line| !line.starts_with("error:")).collect();
        said += &(told.join("\n") + "\n");
    };

    let mut other_key = options(&server);
    other_key.trust.as_mut().unwrap().certificate = PhoneSide::start(Shows::Nothing).await.certificate;
    fails(&server, other_key, Exit::ClientRefused).await;
    let mut other_version = options(&server);
    other_version.runtime_version = "2.0.0".into();
    fails(&server, other_version, Exit::ClientRefused).await;
    server.exchange("image", b"another image");
    fails(&server, options(&server), Exit::ClientRefused).await;
    server.exchange("image", b"an image");
    server.insist_on_zstd();
    let mut ios = options(&server);
    ios.platforms = vec![Platform::Ios];
    fails(&server, ios, Exit::ClientRefused).await;
    let html = PhoneSide::start(Shows::Html).await;
    fails(&html, options(&html), Exit::ClientRefused).await;
    let unknown = PhoneSide::start(Shows::UnknownChannel).await;
    fails(&unknown, options(&unknown), Exit::Refused).await;
    let mut no_certificate = options(&server);
    no_certificate.trust.as_mut().unwrap().certificate = "not PEM".into();
    fails(&server, no_certificate, Exit::Failure).await;
    insta::assert_snapshot!(said, @r#"
    error: the android client refuses what SERVER/update answered: the signature was not made over these bytes with the certificate's key
    hint: rule signature-verifies (CodeSigningConfiguration.kt, CodeSigningConfiguration.swift); a real app keeps what it runs
    error: the android client refuses what SERVER/update answered: runtimeVersion is "1.0.0", the app's is "2.0.0"
    hint: rule runtime-version-is-the-apps (LauncherSelectionPolicyFilterAware.kt, LauncherSelectionPolicyFilterAware.swift); a real app never launches the update
    error: the android client refuses what SERVER/assets/image answered: "SERVER/assets/image" has the hash IQJ3y2Jmr-fGzEIn_z6e_IGPVSNKfX-_Azq2AkQPJDc, the manifest says "pd8_3nsgDD-ieRFEx-BcXCvO1Mathj06TPdslywXEvk"
    hint: rule asset-hash-matches (UpdatesUtils.kt, FileDownloader.swift); a real app fails to download the update
    error: SERVER/assets/bundle sent bytes that cannot be decoded
      caused by: the content-encoding is "zstd", asked for was gzip, deflate, br
    hint: look for a proxy that changes bodies or headers
    error: the android client refuses what SERVER/update answered: the manifest is not JSON: expected value at line 1 column 1
    hint: rule manifest-is-json (FileDownloader.kt, FileDownloader.swift); a real app keeps what it runs
    error: the app has no channel "nightly"
    hint: check the spelling; `updraft channels create` or `updraft publish --create-channel` creates one
    error: the certificate cannot be used
      caused by: the certificate is not PEM text: there is no -----BEGIN CERTIFICATE----- line
    hint: `updraft keys certificate` prints the one that belongs to a key
    "#);
}

#[tokio::test]
async fn a_phone_can_run_on_another_thread() {
    fn assert_send(_: &impl Send) {}
    let server = PhoneSide::start(Shows::Nothing).await;
    let (printer, _) = Printer::captured(Mode::default());
    assert_send(&play(options(&server), &printer));
}
