//! Released binaries, as the build tools lay them out: zips with the entries that matter, and some that do not.

use std::io::{Cursor, Write as _};

use plist::Value;
use zip::write::SimpleFileOptions;
use zip::{CompressionMethod, ZipWriter};

/// The id in every manifest here.
pub const ID: &str = "0190c0de-0000-4000-8000-00000000000a";
/// The bundle in every binary here.
pub const BUNDLE: &[u8] = b"the compiled bundle";

/// What `createManifestForBuildAsync` writes.
pub fn manifest(asset: &str) -> String {
    format!(r#"{{"id":"{ID}","commitTime":1764000000123,"assets":[{asset}]}}"#)
}

pub fn ios_manifest() -> String {
    manifest(r#"{"name":"a","type":"png","packagerHash":"x","nsBundleDir":"assets","nsBundleFilename":"a"}"#)
}

pub fn android_manifest() -> String {
    manifest(r#"{"name":"a","type":"png","packagerHash":"x","resourcesFilename":"a","resourcesFolder":"raw"}"#)
}

pub fn zip(entries: &[(&str, &[u8])]) -> Vec<u8> {
    let mut writer = ZipWriter::new(Cursor::new(Vec::new()));
    for (name, bytes) in entries {
        // The stock Android build stores bundles; everything else is deflated.
        let method = if name.ends_with("bundle") { CompressionMethod::Stored } else { CompressionMethod::Deflated };
        writer.start_file(*name, SimpleFileOptions::default().compression_method(method)).unwrap();
        writer.write_all(bytes).unwrap();
    }
    writer.finish().unwrap().into_inner()
}

pub fn apk(more: &[(&str, &[u8])]) -> Vec<u8> {
    let manifest = android_manifest();
    let entries: [(&str, &[u8]); 3] = [
        ("AndroidManifest.xml", b"\x03\x00\x08\x00"),
        ("assets/app.manifest", manifest.as_bytes()),
        ("assets/index.android.bundle", BUNDLE),
    ];
    zip(&[&entries, more].concat())
}

pub fn aab() -> Vec<u8> {
    let manifest = android_manifest();
    zip(&[
        ("BundleConfig.pb", b""),
        ("base/assets/app.manifest", manifest.as_bytes()),
        ("base/assets/index.android.bundle", BUNDLE),
        ("base/assets/fingerprint", b"c0ffee00"),
    ])
}

pub fn ipa(settings: &[u8]) -> Vec<u8> {
    let manifest = ios_manifest();
    zip(&[
        ("Payload/My App.app/Info.plist", b""),
        ("Payload/My App.app/Watch/W.app/main.jsbundle", b"another"),
        ("Payload/My App.app/Watch/W.app/app.manifest", b"{}"),
        ("Payload/My App.app/EXUpdates.bundle/app.manifest", manifest.as_bytes()),
        ("Payload/My App.app/EXUpdates.bundle/fingerprint", b"c0ffee11"),
        ("Payload/My App.app/main.jsbundle", BUNDLE),
        ("Payload/My App.app/Expo.plist", settings),
    ])
}

/// What `expo prebuild` writes into `Expo.plist`.
pub fn settings(runtime_version: &str, channel: Option<&str>) -> Value {
    let headers = channel.map(|channel| ("expo-channel-name".to_owned(), Value::from(channel)));
    let headers: plist::Dictionary = headers.into_iter().collect();
    let decoys: plist::Dictionary =
        [("EXUpdatesRuntimeVersion".to_owned(), Value::from("decoy"))].into_iter().collect();
    let settings: plist::Dictionary = [
        ("EXUpdatesEnabled".to_owned(), Value::from(true)),
        ("EXUpdatesOther".to_owned(), Value::from(decoys)),
        ("EXUpdatesList".to_owned(), Value::from(vec![Value::from("EXUpdatesRuntimeVersion"), Value::from("decoy")])),
        ("EXUpdatesRequestHeaders".to_owned(), Value::from(headers)),
        ("EXUpdatesRuntimeVersion".to_owned(), Value::from(runtime_version)),
        ("EXUpdatesURL".to_owned(), Value::from("https://u.example/update")),
    ]
    .into_iter()
    .collect();
    settings.into()
}

pub fn xml(settings: &Value) -> Vec<u8> {
    let mut bytes = Vec::new();
    settings.to_writer_xml(&mut bytes).unwrap();
    bytes
}

pub fn binary(settings: &Value) -> Vec<u8> {
    let mut bytes = Vec::new();
    settings.to_writer_binary(&mut bytes).unwrap();
    bytes
}
