//! `metadata.json`: real ones, and every way to be refused.

#![expect(clippy::unwrap_used, reason = "helpers of tests")]

use std::path::Path;

use proptest::prelude::*;
use protocol::Platform;
use protocol::export::{ExportError, ExportMetadata, MAX_ASSETS, MAX_METADATA_BYTES, PathFault, parse_metadata};
use serde_json::{Value, json};

fn example() -> Value {
    json!({
        "version": 0,
        "bundler": "metro",
        "fileMetadata": {
            "ios": {
                "bundle": "_expo/static/js/ios/entry-0e91.hbc",
                "assets": [{ "path": "assets/0a32", "ext": "png" }, { "path": "assets/59c8", "ext": "ttf" }],
            },
        },
    })
}

fn parse(json: &Value) -> Result<ExportMetadata, ExportError> {
    parse_metadata(json.to_string().as_bytes())
}

/// The example with one place changed: a value replaces or adds, none removes.
fn changed(pointer: &str, value: Option<Value>) -> Value {
    let mut example = example();
    let (parent, field) = pointer.rsplit_once('/').unwrap();
    match (example.pointer_mut(parent).unwrap(), value) {
        (Value::Object(fields), Some(value)) => drop(fields.insert(field.to_owned(), value)),
        (Value::Object(fields), None) => drop(fields.remove(field)),
        (Value::Array(items), Some(value)) => items[field.parse::<usize>().unwrap()] = value,
        (other, _) => unreachable!("{pointer} does not name a place in {other}"),
    }
    example
}

#[test]
fn reads_the_export_of_the_example_app() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../examples/hello-expo/dist/metadata.json");
    let metadata = parse_metadata(&std::fs::read(path).unwrap()).unwrap();
    assert_eq!(metadata.platforms.keys().collect::<Vec<_>>(), [&Platform::Android, &Platform::Ios]);
    for (platform, export) in &metadata.platforms {
        assert!(export.bundle.as_str().starts_with(&format!("_expo/static/js/{platform}/index-")));
        assert!(!export.assets.is_empty());
        for asset in &export.assets {
            assert_eq!(asset.path.as_str(), format!("assets/{}", asset.key));
            assert_eq!((asset.key.len(), asset.file_extension.as_str()), (32, ".png"));
        }
    }
}

#[test]
fn reads_what_other_machines_and_features_write() {
    let assets = json!([
        { "path": "assets\\0a32", "ext": "png" },
        { "path": "assets/0a32", "ext": "png" },
        { "path": "www.bundle/59c8.html", "ext": "html" },
        { "path": "assets/plain", "ext": "" },
        { "path": "assets/dotted", "ext": ".tar.gz", "later": [1] },
        { "path": "assets/.png", "ext": "png" },
        { "path": "other/0a32", "ext": "png" },
    ]);
    let mut json = changed("/fileMetadata/ios/assets", Some(assets));
    json["fileMetadata"]["web"] = json!({ "bundle": "../never/read" });
    json["later"] = json!({ "x": [1, { "y": null }] });
    let metadata = parse(&json).unwrap();
    assert_eq!(metadata.platforms.len(), 1);
    let export = &metadata.platforms[&Platform::Ios];
    let found: Vec<_> = export
        .assets
        .iter()
        .map(|asset| (asset.path.as_str(), asset.key.as_str(), asset.file_extension.as_str()))
        .collect();
    let expected = [
        ("assets/0a32", "0a32", ".png"),
        ("www.bundle/59c8.html", "59c8", ".html"),
        ("assets/plain", "plain", ""),
        ("assets/dotted", "dotted", ".tar.gz"),
        ("assets/.png", ".png", ".png"),
        ("other/0a32", "0a32", ".png"),
    ];
    assert_eq!(found, expected);
    assert_eq!(export.bundle.file_name(), "entry-0e91.hbc");
}

#[test]
fn every_refusal_names_the_field() {
    let asset = |path: &str, ext: &str| Some(json!({ "path": path, "ext": ext }));
    for (pointer, value, message) in [
        ("/version", None, "version is missing in metadata.json"),
        ("/version", Some(json!(1)), "metadata.json has version 1, known is only 0"),
        ("/version", Some(json!("0")), "version in metadata.json is not a whole number"),
        ("/bundler", None, "bundler is missing in metadata.json"),
        (
            "/bundler",
            Some(json!("webpack")),
            "metadata.json was made by the bundler \"webpack\", known is only \"metro\"",
        ),
        ("/fileMetadata", None, "fileMetadata is missing in metadata.json"),
        ("/fileMetadata", Some(json!({})), "fileMetadata in metadata.json lists neither ios nor android"),
        ("/fileMetadata", Some(json!({ "web": {} })), "fileMetadata in metadata.json lists neither ios nor android"),
        ("/fileMetadata", Some(json!([])), "fileMetadata in metadata.json is not an object"),
        ("/fileMetadata/android", Some(Value::Null), "fileMetadata.android in metadata.json is not an object"),
        ("/fileMetadata/ios/bundle", None, "fileMetadata.ios.bundle is missing in metadata.json"),
        ("/fileMetadata/ios/bundle", Some(json!("")), "fileMetadata.ios.bundle in metadata.json is \"\": it is empty"),
        (
            "/fileMetadata/ios/bundle",
            Some(json!("/etc/passwd")),
            "fileMetadata.ios.bundle in metadata.json is \"/etc/passwd\": it is not relative to the export",
        ),
        ("/fileMetadata/ios/bundle", Some(json!([])), "fileMetadata.ios.bundle in metadata.json is not a string"),
        ("/fileMetadata/ios/assets", None, "fileMetadata.ios.assets is missing in metadata.json"),
        ("/fileMetadata/ios/assets", Some(json!({})), "fileMetadata.ios.assets in metadata.json is not a list"),
        (
            "/fileMetadata/ios/assets/1",
            Some(json!("x")),
            "fileMetadata.ios.assets[1] in metadata.json is not an object",
        ),
        (
            "/fileMetadata/ios/assets/1",
            asset("assets/../../x", "png"),
            "fileMetadata.ios.assets[1].path in metadata.json is \"assets/../../x\": it leaves the export by `..`",
        ),
        (
            "/fileMetadata/ios/assets/0",
            asset("a\0b", "png"),
            "fileMetadata.ios.assets[0].path in metadata.json is \"a\\0b\": it has a control character",
        ),
        (
            "/fileMetadata/ios/assets/0",
            Some(json!({ "path": "assets/x" })),
            "fileMetadata.ios.assets[0].ext is missing in metadata.json",
        ),
        (
            "/fileMetadata/ios/assets/0",
            asset("assets/x", "a/b"),
            "fileMetadata.ios.assets[0].ext in metadata.json is \"a/b\", which is no file extension",
        ),
    ] {
        let error = parse(&changed(pointer, value)).unwrap_err();
        assert_eq!(error.to_string(), message);
    }
}

#[test]
fn refuses_extensions_that_would_not_stay_a_file_name() {
    for extension in ["a\\b", "a\0", "ä", "a b", &"x".repeat(33), "png\n"] {
        let json = changed("/fileMetadata/ios/assets/0", Some(json!({ "path": "assets/x", "ext": extension })));
        assert!(matches!(parse(&json), Err(ExportError::BadExtension { .. })), "{extension:?}");
    }
    let longest = json!({ "path": "assets/x", "ext": "x".repeat(32) });
    assert!(parse(&changed("/fileMetadata/ios/assets/0", Some(longest))).is_ok());
}

#[test]
fn refuses_what_is_not_json_or_too_much() {
    for json in ["", "{", "nonsense", "{} {}", "\u{feff}{}"] {
        assert!(matches!(parse_metadata(json.as_bytes()), Err(ExportError::NotJson(_))), "{json:?}");
    }
    assert!(matches!(parse_metadata(b"[]"), Err(ExportError::WrongType { field, .. }) if field == "the whole"));
    let large = vec![b' '; MAX_METADATA_BYTES + 1];
    assert!(matches!(parse_metadata(&large), Err(ExportError::TooLarge { .. })));
    let mut largest = example().to_string().into_bytes();
    largest.resize(MAX_METADATA_BYTES, b' ');
    assert!(parse_metadata(&largest).is_ok());
    let deep = "[".repeat(100_000);
    assert!(parse_metadata(deep.as_bytes()).is_err());
}

#[test]
fn takes_as_many_assets_as_the_limit_and_not_one_more() {
    let assets = |count: usize| {
        let assets =
            (0..count).map(|n| json!({ "path": format!("assets/{n:032x}"), "ext": "png" })).collect::<Vec<_>>();
        changed("/fileMetadata/ios/assets", Some(Value::from(assets)))
    };
    assert_eq!(parse(&assets(MAX_ASSETS)).unwrap().platforms[&Platform::Ios].assets.len(), MAX_ASSETS);
    let error = parse(&assets(MAX_ASSETS + 1)).unwrap_err();
    assert!(matches!(error, ExportError::TooManyAssets { got, .. } if got == MAX_ASSETS + 1), "{error}");
}

#[test]
fn the_fault_of_a_path_can_be_told_apart() {
    let error = parse(&changed("/fileMetadata/ios/bundle", Some(json!("C:\\x")))).unwrap_err();
    assert!(matches!(error, ExportError::BadPath { fault: PathFault::Absolute, .. }));
}

proptest! {
    #[test]
    fn any_bytes_are_an_export_or_refused(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
        let _ = parse_metadata(&bytes);
    }

    #[test]
    fn any_name_is_safe_or_refused(path in "[a-c./\\\\:\0]{0,10}", ext in "[a-c./\\\\\0]{0,5}") {
        if let Ok(metadata) = parse(&changed("/fileMetadata/ios/assets/0", Some(json!({ "path": path, "ext": ext })))) {
            let asset = &metadata.platforms[&Platform::Ios].assets[0];
            let stored = format!("{}{}", asset.key, asset.file_extension);
            prop_assert!(!asset.key.is_empty() && !matches!(stored.as_str(), "." | ".."));
            prop_assert!(!stored.contains(['/', '\\', '\0']));
        }
    }
}
