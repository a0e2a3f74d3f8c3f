//! `init`, a publish, then `doctor`, with a real server; then everything that stands between it and phones goes bad.
#![cfg(unix)]
#![expect(clippy::unwrap_used, reason = "what fails here fails a test")]

mod proxies;
mod scene;

use cli::Mode;
use cli::commands::doctor::Level;
use cli::exit::Exit;
use proxies::PROXIES;
use scene::Scene;

#[tokio::test]
async fn a_project_that_was_set_up_and_published_is_well() {
    let scene = Scene::new().await;
    let (diagnosis, said) = scene.doctor(Mode::default()).await;
    assert_eq!(diagnosis.exit(), Exit::Ok, "{said}");
    let unwell: Vec<&str> = said.lines().filter(|line| !line.starts_with("ok ")).collect();
    // The test's server is on this computer, and that is all.
    assert_eq!(diagnosis.count(Level::Warning), 1, "{said}");
    assert!(unwell[0].contains("phone_reach"), "{said}");
    assert!(said.contains("No errors, 1 warning\n"), "{said}");
    for told in
        ["assets_verified", "certificate_fits", "revalidation", "same_app", "update_published", "asset_encoding"]
    {
        assert!(said.lines().any(|line| line.starts_with("ok ") && line.contains(told)), "{told}: {said}");
    }

    let (_, json) = scene.doctor(Mode { json: true, quiet: true, ..Mode::default() }).await;
    let json: serde_json::Value = serde_json::from_str(&json).unwrap();
    assert_eq!(json["findings"].as_array().unwrap().len(), diagnosis.findings.len());

    // Without a token it says less, and the same of the rest.
    let (less, said) = scene.without_token().doctor(Mode::default()).await;
    assert_eq!((less.exit(), less.count(Level::Warning)), (Exit::Ok, 1), "{said}");
    assert!(less.findings.len() < diagnosis.findings.len());
}

#[tokio::test]
async fn an_app_of_its_own_is_made_and_set_up_in_one_go() {
    let scene = Scene::of_app("shop").await;
    let (diagnosis, told) = scene.doctor(Mode::default()).await;
    assert_eq!(diagnosis.exit(), Exit::Ok, "{told}");
    assert!(told.contains("/apps/shop/update"), "{told}");
}

#[tokio::test]
async fn what_stands_in_front_of_the_server_is_found_out() {
    let scene = Scene::new().await;
    let mut said = String::new();
    for (id, level, spoil) in PROXIES {
        scene.turnstile.spoil(*spoil);
        let (diagnosis, told) = scene.doctor(Mode::default()).await;
        let found = diagnosis.findings.iter().any(|finding| finding.check.id() == *id && finding.level == *level);
        assert!(found, "{id} {level:?}: {told}");
        assert_eq!(diagnosis.exit() == Exit::Ok, *level != Level::Error, "{id}: {told}");
        said += &scene.unwell(&told);
    }
    insta::assert_snapshot!(said);
}

type Change = fn(&mut serde_json::Value);

#[tokio::test]
async fn a_project_that_does_not_fit_its_server_is_told_where() {
    let scene = Scene::new().await;
    let mut said = String::new();
    let cases: &[(&str, Level, Change)] = &[
        ("channel_exists", Level::Error, |app| app["updates"]["requestHeaders"]["expo-channel-name"] = "beta".into()),
        ("same_app", Level::Error, |app| {
            let url = app["updates"]["url"].as_str().unwrap().replace("/update", "/apps/other/update");
            app["updates"]["url"] = url.into();
        }),
        ("certificate_fits", Level::Error, |app| app["updates"]["codeSigningCertificate"] = "./other.pem".into()),
        ("signature", Level::Error, |app| app["updates"]["codeSigningCertificate"] = "./other.pem".into()),
        ("certificate_fits", Level::Error, |app| app["updates"]["codeSigningMetadata"]["keyid"] = "other".into()),
        ("update_published", Level::Warning, |app| app["runtimeVersion"] = "2.0.0".into()),
        ("code_signing", Level::Warning, |app| {
            app["updates"].as_object_mut().unwrap().remove("codeSigningCertificate");
        }),
    ];
    for (id, level, change) in cases {
        scene.with_config(*change);
        let (diagnosis, told) = scene.doctor(Mode::default()).await;
        let found = diagnosis.findings.iter().any(|finding| finding.check.id() == *id && finding.level == *level);
        assert!(found, "{id} {level:?}: {told}");
        assert_eq!(diagnosis.exit() == Exit::Ok, *level != Level::Error, "{id}: {told}");
        said += &scene.unwell(&told);
    }
    insta::assert_snapshot!(said);
    scene.with_config(|_| {});
    let (diagnosis, told) = scene.doctor(Mode::default()).await;
    assert_eq!(diagnosis.exit(), Exit::Ok, "{told}");
}

#[tokio::test]
async fn a_door_is_met_and_opened() {
    let scene = Scene::behind_a_key(None).await;
    let (diagnosis, told) = scene.doctor(Mode::default()).await;
    assert_eq!(diagnosis.exit(), Exit::Failure);
    assert!(told.contains("ERROR    api_key"), "{told}");
    let scene = Scene::behind_a_key(Some("a-key-of-a-decent-length")).await;
    let (diagnosis, told) = scene.doctor(Mode::default()).await;
    assert_eq!(diagnosis.exit(), Exit::Ok, "{told}");
    assert!(!told.contains("a-key-of"), "{told}");
}
