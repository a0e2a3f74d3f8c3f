//! Settings: every fault at once, each naming the setting and the fix.

use server::config::{self, Access, DEFAULT_FILE};

fn environment(pairs: &[(&str, &str)]) -> Vec<(String, String)> {
    pairs.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect()
}

#[test]
fn the_default_file_is_legal_and_every_setting_in_it_has_a_comment() {
    let settings = config::read(None, []).unwrap();
    assert_eq!(settings.public_url.as_str(), "http://localhost:8080");
    let mut previous = "";
    for line in DEFAULT_FILE.lines() {
        if line.contains(" = ") && !line.starts_with('#') {
            assert!(previous.starts_with('#'), "no comment above {line:?}");
        }
        previous = line;
    }
}

#[test]
fn the_environment_wins_over_the_file_and_the_file_over_the_default() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("updraft.toml");
    std::fs::write(&path, "data_dir = \"from-file\"\n[limits]\nmax_assets = 7\n").unwrap();
    let settings = config::read(
        Some(&path),
        environment(&[
            ("UPDRAFT_LIMITS_MAX_ASSETS", "9"),
            ("UPDRAFT_DEVICES_ACCESS", "api-key"),
            ("UPDRAFT_DEVICES_API_KEYS", "0123456789abcdef, fedcba9876543210"),
            ("UPDRAFT_TOKEN", "belongs to the command line"),
            ("HOME", "/nowhere"),
        ]),
    )
    .unwrap();
    assert_eq!(settings.limits.max_assets, 9);
    assert_eq!(settings.data_dir.to_str(), Some("from-file"));
    let Access::ApiKeys(keys) = &settings.devices.access else { panic!("open") };
    assert_eq!(keys, &["0123456789abcdef", "fedcba9876543210"]);
    assert!(!format!("{settings:?}").contains("fedcba"), "a secret is printed");
}

#[test]
fn all_faults_come_at_once() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("updraft.toml");
    std::fs::write(
        &path,
        "public_url = \"updates.example.com/path/\"\nlisten = 8080\n[limits]\nmax_asets = 3\nmax_upload_bytes = -1\n[log]\nformat = \"xml\"\n",
    )
    .unwrap();
    let faults = config::read(
        Some(&path),
        environment(&[
            ("UPDRAFT_DEVICES_ACCESS", "api-key"),
            ("UPDRAFT_DEVICES_API_KEYS", "short"),
            ("UPDRAFT_ASSETS_BROTLI_QUALITY", "eleven"),
            ("UPDRAFT_LIMITS_MAX_CONECTIONS", "5"),
        ]),
    )
    .unwrap_err();
    let text = faults.to_string().replace(path.to_str().unwrap(), "updraft.toml");
    insta::assert_snapshot!(text);
}

#[test]
fn a_file_that_is_missing_or_not_toml_is_named() {
    let directory = tempfile::tempdir().unwrap();
    let missing = directory.path().join("none.toml");
    let text = config::read(Some(&missing), []).unwrap_err().to_string();
    assert!(text.contains("none.toml") && text.contains("cannot be read"), "{text}");
    let broken = directory.path().join("broken.toml");
    std::fs::write(&broken, "listen = \"127.0.0.1:0\"\n[limits\n").unwrap();
    let text = config::read(Some(&broken), []).unwrap_err().to_string();
    assert!(text.contains("not TOML") && text.contains("line 2"), "{text}");
}

#[test]
fn the_databases_address_is_read_and_never_repeated() {
    use server::config::DatabaseSource;
    let read = |url: &str| config::read(None, environment(&[("UPDRAFT_DATABASE_URL", url)]));
    assert_eq!(read("").unwrap().database, DatabaseSource::DataDir);
    let good = "postgres://updraft:secret@db.example.com/updraft?sslmode=require&options=-c%20x%3D1";
    let settings = read(good).unwrap();
    assert_eq!(settings.database, DatabaseSource::Postgres(good.into()));
    assert!(!format!("{settings:?}").contains("secret"));
    for (bad, says) in [
        ("mysql://u:secret@db/updraft", "PostgreSQL"),
        ("updraft:secret@db", "PostgreSQL"),
        ("postgres://u@db/updraft?passwrod=secret", "passwrod"),
    ] {
        let faults = read(bad).unwrap_err().to_string();
        assert!(faults.contains("database.url") && faults.contains(says), "{faults}");
        assert!(!faults.contains("secret"), "{faults}");
    }
}
