//! The request log of a real process: one line per check, nothing lost when it stops.

use serde_json::{Value, json};
use tempfile::TempDir;
use testing::{Anonymous, Export};
use tokio::task::JoinSet;

use crate::process::{Launch, ServerProcess};
use crate::served::{PLATFORMS, check_headers, served};

const DEVICE: &str = "0b7b5c0e-8c52-4c0e-9b0b-6f1f0e4a9d11";

#[tokio::test(flavor = "multi_thread")]
async fn each_check_is_one_line_that_says_who_asked_and_what_was_answered() {
    let data = TempDir::new().unwrap();
    let mut server = Launch::on(data.path()).set("UPDRAFT_LOG_CHECKS", "true").start().await;
    let caller = server.anonymous();
    let mut expected = Vec::new();

    expected.push(line(&caller, "ios", &[], &Value::Null, "no_update_for_runtime", 204).await);
    server.publisher().publish(&Export::small("1.0.0", "logged"), "production").await;
    for platform in PLATFORMS {
        let update = caller.get("/update", &check_headers(platform)).await;
        let (id, etag) = (update.json()["id"].clone(), update.header("etag").to_owned());
        expected.push(about(platform, &[], &id, "served_update", 200));
        let current = [("expo-current-update-id", id.as_str().unwrap())];
        expected.push(line(&caller, platform, &current, &Value::Null, "already_current", 204).await);
        expected.push(line(&caller, platform, &[("if-none-match", &etag)], &id, "served_update", 304).await);
    }
    let device = [("eas-client-id", DEVICE)];
    let id = json!(served(&caller, "ios").await.unwrap().id);
    expected.push(about("ios", &[], &id, "served_update", 200));
    expected.push(line(&caller, "ios", &device, &id, "served_update", 200).await);
    let other = [("expo-channel-name", "nobody's")];
    expected.push(line(&caller, "android", &other, &Value::Null, "unknown_channel", 404).await);

    let refused = caller.get("/update", &[("expo-platform", "web"), ("expo-runtime-version", "1.0.0")]).await;
    let mut unread = about("", &[], &Value::Null, &refused.code(), 400);
    for unknown in ["platform", "runtime_version", "channel"] {
        unread[unknown] = Value::Null;
    }
    expected.push(unread);

    server.terminate().await;
    assert_eq!(logged(server).await, expected);
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_is_lost_when_the_server_stops() {
    const CALLERS: usize = 8;
    const EACH: usize = 250;
    let data = TempDir::new().unwrap();
    let mut server = Launch::on(data.path()).set("UPDRAFT_LOG_CHECKS", "true").start().await;
    let mut callers = JoinSet::new();
    for _ in 0..CALLERS {
        let caller = server.anonymous();
        callers.spawn(async move {
            for _ in 0..EACH {
                assert!(served(&caller, "android").await.is_none());
            }
        });
    }
    while let Some(done) = callers.join_next().await {
        done.unwrap();
    }
    server.terminate().await;
    assert_eq!(logged(server).await.len(), CALLERS * EACH);
}

/// Asks, and says what the log must have.
async fn line(
    caller: &Anonymous,
    platform: &str,
    more: &[(&str, &str)],
    served: &Value,
    reason: &str,
    status: u16,
) -> Value {
    let mut headers = check_headers(platform).to_vec();
    headers.retain(|(name, _)| more.iter().all(|(other, _)| other != name));
    headers.extend_from_slice(more);
    assert_eq!(caller.get("/update", &headers).await.status, status, "{more:?}");
    about(platform, more, served, reason, status)
}

fn about(platform: &str, more: &[(&str, &str)], served: &Value, reason: &str, status: u16) -> Value {
    let sent = |name: &str| more.iter().find(|(known, _)| *known == name).map(|(_, value)| *value);
    json!({
        "app": "default",
        "ip": "127.0.0.1",
        "platform": platform,
        "runtime_version": "1.0.0",
        "channel": sent("expo-channel-name").unwrap_or("production"),
        "device": sent("eas-client-id"),
        "current": sent("expo-current-update-id"),
        "served": served,
        "reason": reason,
        "status": status,
    })
}

/// What was logged to the end, without what differs from run to run.
async fn logged(server: ServerProcess) -> Vec<Value> {
    let ended = server.end().await;
    assert!(ended.status.success(), "{}", ended.said.join("\n"));
    let lines = ended.printed.iter().filter(|line| line.starts_with('{'));
    let read = |line: &String| {
        let mut line: Value = serde_json::from_str(line).unwrap();
        let object = line.as_object_mut().unwrap();
        let at = object.remove("at").unwrap();
        let at = at.as_str().unwrap();
        assert!(at.len() == 24 && at.starts_with("20") && at.ends_with('Z'), "{at}");
        assert!(object.remove("duration_us").unwrap().is_u64());
        line
    };
    lines.map(read).collect()
}
