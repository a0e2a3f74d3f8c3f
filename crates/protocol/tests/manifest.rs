//! Manifests and directives as values: what is read back, reissued and refused.

use proptest::prelude::*;
use protocol::manifest::{Asset, LaunchAsset};
use protocol::{Directive, Manifest, Timestamp};
use serde_json::{Map, Value, json};
use uuid::Uuid;

fn json_value() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<u64>().prop_map(Value::from),
        any::<f64>().prop_map(Value::from),
        ".{0,12}".prop_map(Value::from),
    ];
    leaf.prop_recursive(4, 24, 6, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..6).prop_map(Value::from),
            prop::collection::vec((".{0,6}", inner), 0..6)
                .prop_map(|members| Value::Object(members.into_iter().collect())),
        ]
    })
}

prop_compose! {
    fn asset()(hash in ".{0,8}", key in ".{0,8}", content_type in ".{0,8}", file_extension in ".{0,4}", url in ".{0,8}") -> Asset {
        Asset { hash, key, content_type, file_extension, url }
    }
}

fn timestamp() -> impl Strategy<Value = Timestamp> {
    (0..253_402_300_799_999_i64).prop_filter_map("a four-digit year", |millis| Timestamp::from_millis(millis).ok())
}

prop_compose! {
    fn manifest()(
        id in any::<u128>(),
        created_at in timestamp(),
        runtime_version in ".{0,20}",
        bundle in asset(),
        assets in prop::collection::vec(asset(), 0..4),
        metadata in prop::collection::btree_map(".{0,6}", ".{0,6}", 0..4),
        extra in prop::collection::vec((".{0,6}", json_value()), 0..4),
    ) -> Manifest {
        let Asset { hash, key, content_type, url, .. } = bundle;
        Manifest {
            id: Uuid::from_u128(id),
            created_at,
            runtime_version,
            launch_asset: LaunchAsset { hash, key, content_type, url },
            assets,
            metadata,
            extra: extra.into_iter().collect::<Map<_, _>>(),
        }
    }
}

proptest! {
    #[test]
    fn what_is_rendered_reads_back_to_the_same_bytes(manifest in manifest()) {
        let bytes = manifest.render();
        let read = Manifest::parse(&bytes).unwrap();
        prop_assert_eq!(&read, &manifest);
        prop_assert_eq!(read.render(), bytes);
    }

    #[test]
    fn a_reissue_differs_in_id_and_time_only(manifest in manifest(), id in any::<u128>(), created_at in timestamp()) {
        let again = manifest.reissue(Uuid::from_u128(id), created_at);
        prop_assert_eq!(again.id, Uuid::from_u128(id));
        prop_assert_eq!(again.created_at, created_at);
        prop_assert_eq!(again.reissue(manifest.id, manifest.created_at), manifest);
    }

    #[test]
    fn any_bytes_are_a_manifest_or_refused(bytes in prop::collection::vec(any::<u8>(), 0..100)) {
        let _ = Manifest::parse(&bytes);
        let _ = Directive::parse(&bytes);
    }
}

fn example() -> Value {
    json!({
        "id": "3d0e3b7c-5a2f-4c5e-9a55-0f5a7b1c2d3e",
        "createdAt": "2026-01-31T09:00:00.000Z",
        "runtimeVersion": "1.0.0",
        "launchAsset": { "hash": "h", "key": "k", "contentType": "t", "url": "u" },
        "assets": [{ "hash": "h", "key": "k", "contentType": "t", "fileExtension": ".png", "url": "u" }],
        "metadata": {},
        "extra": {},
    })
}

#[test]
fn a_manifest_with_any_field_missing_null_or_strange_is_refused() {
    assert!(Manifest::parse(example().to_string().as_bytes()).is_ok());
    for path in [
        "/id",
        "/createdAt",
        "/runtimeVersion",
        "/launchAsset",
        "/launchAsset/hash",
        "/launchAsset/key",
        "/launchAsset/contentType",
        "/launchAsset/url",
        "/assets",
        "/assets/0/hash",
        "/assets/0/key",
        "/assets/0/contentType",
        "/assets/0/fileExtension",
        "/assets/0/url",
        "/metadata",
        "/extra",
    ] {
        let (parent, field) = path.rsplit_once('/').unwrap();
        let change = |edit: &dyn Fn(&mut Map<String, Value>)| {
            let mut manifest = example();
            edit(manifest.pointer_mut(parent).unwrap().as_object_mut().unwrap());
            Manifest::parse(manifest.to_string().as_bytes())
        };
        assert!(change(&|fields| drop(fields.remove(field))).is_err(), "{path} missing");
        assert!(change(&|fields| drop(fields.insert(field.to_owned(), Value::Null))).is_err(), "{path} null");
        assert!(change(&|fields| drop(fields.insert(field.to_owned(), json!(7)))).is_err(), "{path} a number");
        assert!(change(&|fields| drop(fields.insert(format!("{field}2"), json!("x")))).is_err(), "{path} unknown");
    }
    let mut dated = example();
    dated["createdAt"] = json!("2026-01-31T09:00:00Z");
    assert!(Manifest::parse(dated.to_string().as_bytes()).is_err());
    let with_mark = format!("\u{feff}{}", example());
    assert!(Manifest::parse(with_mark.as_bytes()).is_err());
}

#[test]
fn directives_of_unknown_kinds_are_refused() {
    for json in [
        "{}",
        r#"{"type":"launchSomething"}"#,
        r#"{"type":"rollBackToEmbedded"}"#,
        r#"{"type":"rollBackToEmbedded","parameters":{}}"#,
        r#"{"type":"rollBackToEmbedded","parameters":{"commitTime":"2026-01-31T09:00:00Z"}}"#,
        r#"{"type":"noUpdateAvailable","parameters":{}}"#,
        r#"{"type":"noUpdateAvailable","extra":{}}"#,
        r#"{"type":"noUpdateAvailable","extra":{"signingInfo":{"projectId":"p"}}}"#,
    ] {
        assert!(Directive::parse(json.as_bytes()).is_err(), "{json}");
    }
}
