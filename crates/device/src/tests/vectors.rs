//! `vectors/bad/`: the bad answers as files, for clients in other languages too. `UPDATE_VECTORS=1` writes them anew.

use std::collections::BTreeMap;
use std::path::PathBuf;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use protocol::Platform;
use serde_json::{Value, json};

use super::bases::NOW_MS;
use super::cases::{Case, On, all};
use super::draft::{Client, Message, RUNTIME_VERSION};
use super::traffic::{FileAnswer, device, play};
use crate::{Protocol, Refusal, Rule, RuleSet};

fn directory() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../vectors/bad")
}

/// The file of a case.
fn to_json(case: &Case) -> Value {
    let message = case.message();
    let client = case.base.client();
    let (platform, elsewhere) = match case.on {
        On::Both => ("both", None),
        On::AndroidOnly => ("android", Some("accepted")),
        On::IosOnly => ("ios", Some("accepted")),
        On::AndroidBut(rule) => ("android", Some(rule.name())),
        On::IosBut(rule) => ("ios", Some(rule.name())),
    };
    let mut vector = json!({
        "name": case.name,
        "base": case.base.describe(),
        "mutation": case.what,
        "platform": platform,
        "rule": case.rule.name(),
    });
    if let Some(elsewhere) = elsewhere {
        vector["elsewhere"] = json!(elsewhere);
    }
    vector["client"] = client_json(client);
    let mut answer = json!({"status": message.status, "headers": message.headers});
    put_body(&mut answer, &message.body);
    vector["answer"] = answer;
    if let Some(files) = case.files() {
        vector["files"] = files.iter().map(file_json).collect();
    }
    vector
}

fn client_json(client: Client) -> Value {
    let mut json = json!({
        "runtime_version": RUNTIME_VERSION,
        "protocol": i32::from(client.protocol == Protocol::One),
        "now_ms": NOW_MS,
    });
    if let Some(certificate) = client.certificate {
        json["code_signing"] = json!({"certificate": format!("keys/{certificate}"), "keyid": "main", "include_chain": client.include_chain});
    }
    json
}

fn file_json(file: &FileAnswer) -> Value {
    let mut json = json!({"url": file.url, "status": file.status});
    put_body(&mut json, &file.body);
    json
}

fn put_body(json: &mut Value, body: &[u8]) {
    match std::str::from_utf8(body) {
        Ok(text) => json["body"] = json!(text),
        Err(_) => json["body_base64"] = json!(STANDARD.encode(body)),
    }
}

/// A vector as a reader that knows nothing of the cases finds it.
pub(super) struct Vector {
    pub(super) name: String,
    client: Client,
    message: Message,
    files: Option<Vec<FileAnswer>>,
    /// Per platform: the rule that refuses; none where the answer is accepted.
    pub(super) expected: BTreeMap<Platform, Option<Rule>>,
}

impl Vector {
    fn from_json(json: &Value) -> Self {
        let text = |pointer: &str| json.pointer(pointer).and_then(Value::as_str);
        let rule = |name: &str| Rule::from_name(name).unwrap_or_else(|| panic!("no rule {name}"));
        let refused = Some(rule(text("/rule").expect("a rule")));
        let elsewhere = text("/elsewhere").filter(|verdict| *verdict != "accepted").map(rule);
        let (android, ios) = match text("/platform").expect("a platform") {
            "both" => (refused, refused),
            "android" => (refused, elsewhere),
            "ios" => (elsewhere, refused),
            other => panic!("no platform {other}"),
        };
        let certificates = [Client::SIGNED, Client::BOUND, Client::CHAIN].map(|client| client.certificate);
        let certificate = text("/client/code_signing/certificate").map(|path| {
            let name = path.strip_prefix("keys/").expect("a file in keys/");
            certificates.into_iter().flatten().find(|known| *known == name).expect("a known certificate")
        });
        let flag = json.pointer("/client/code_signing/include_chain").and_then(Value::as_bool);
        let protocol = if json.pointer("/client/protocol") == Some(&json!(0)) { Protocol::Zero } else { Protocol::One };
        let answer = &json["answer"];
        Self {
            name: String::from(text("/name").expect("a name")),
            client: Client { certificate, include_chain: flag.unwrap_or(false), protocol },
            message: Message {
                status: status(answer),
                headers: serde_json::from_value(answer["headers"].clone()).expect("pairs"),
                body: body(answer),
            },
            files: json.get("files").and_then(Value::as_array).map(|files| {
                let read = |file: &Value| FileAnswer {
                    url: String::from(file["url"].as_str().expect("a url")),
                    status: status(file),
                    body: body(file),
                };
                files.iter().map(read).collect()
            }),
            expected: BTreeMap::from([(Platform::Android, android), (Platform::Ios, ios)]),
        }
    }

    /// The rule that a device with these rules refuses by.
    pub(super) fn verdict(&self, platform: Platform, rules: RuleSet) -> Option<Rule> {
        self.play(platform, rules).err().map(|refusal| refusal.rule)
    }

    fn play(&self, platform: Platform, rules: RuleSet) -> Result<(), Refusal> {
        let mut device = device(self.client, platform, rules);
        play(&mut device, &self.message, self.files.as_deref()).map(|_| ())
    }
}

fn status(json: &Value) -> u16 {
    json["status"].as_u64().and_then(|status| status.try_into().ok()).expect("a status")
}

fn body(json: &Value) -> Vec<u8> {
    match (json["body"].as_str(), json["body_base64"].as_str()) {
        (Some(text), _) => text.as_bytes().to_vec(),
        (None, Some(encoded)) => STANDARD.decode(encoded).expect("base64"),
        (None, None) => panic!("a body"),
    }
}

fn files() -> Vec<PathBuf> {
    let entries = std::fs::read_dir(directory()).expect("vectors/bad");
    let paths = entries.map(|entry| entry.expect("an entry").path());
    let mut files: Vec<PathBuf> =
        paths.filter(|path| path.extension().is_some_and(|extension| extension == "json")).collect();
    files.sort();
    files
}

/// All vectors, read from their files.
pub(super) fn from_files() -> Vec<Vector> {
    let read = |path: PathBuf| {
        let text = std::fs::read_to_string(&path).expect("a readable file");
        Vector::from_json(&serde_json::from_str(&text).expect("JSON"))
    };
    files().into_iter().map(read).collect()
}

#[test]
fn the_files_are_what_the_cases_make() {
    let rewrite = std::env::var_os("UPDATE_VECTORS").is_some();
    let mut expected: BTreeMap<String, String> = BTreeMap::new();
    for case in all() {
        let mut text = serde_json::to_string_pretty(&to_json(&case)).expect("JSON");
        text.push('\n');
        assert!(expected.insert(format!("{}.json", case.name), text).is_none(), "two cases are named {}", case.name);
    }
    for path in files() {
        let name = path.file_name().and_then(|name| name.to_str()).expect("a name in UTF-8");
        if !expected.contains_key(name) {
            assert!(rewrite, "{name} has no case; UPDATE_VECTORS=1 removes it");
            std::fs::remove_file(&path).expect("a removable file");
        }
    }
    for (name, text) in expected {
        let path = directory().join(&name);
        if rewrite {
            std::fs::write(&path, text).expect("a writable file");
        } else {
            let found = std::fs::read_to_string(&path).unwrap_or_default();
            assert_eq!(found, text, "{name} is out of date; UPDATE_VECTORS=1 cargo test -p device writes it");
        }
    }
}

#[test]
fn each_is_refused_by_exactly_its_rule() {
    let vectors = from_files();
    assert!(vectors.len() >= 40, "only {} vectors", vectors.len());
    let mut wrong = Vec::new();
    for vector in &vectors {
        for (platform, expected) in &vector.expected {
            let verdict = vector.play(*platform, RuleSet::ALL);
            if verdict.as_ref().err().map(|refusal| refusal.rule) != *expected {
                let name = &vector.name;
                wrong.push(format!("{name} on {platform}: expected {expected:?}, got {verdict:?}"));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// Cases that only one platform refuses are only written for rules that hold there.
#[test]
fn no_case_names_a_rule_where_it_does_not_hold() {
    for vector in from_files() {
        for (platform, rule) in &vector.expected {
            assert!(rule.is_none_or(|rule| rule.consequence(*platform).is_some()), "{} on {platform}", vector.name);
        }
    }
}
