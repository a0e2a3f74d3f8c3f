//! Eight writers on one branch, in two processes, on PostgreSQL.

use std::collections::{BTreeSet, HashMap};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::Duration;

use model::{AppSlug, LaneId, Millis};
use server::Time;
use store::{Apps as _, ReadAudit as _, ReadControl as _};
use store_postgres::PostgresStore;
use testing::{Export, Publisher, expect};

use crate::replicas::Replicas;
use crate::say;

const WRITERS: u64 = 8;

/// How long they write, in seconds.
const SECONDS: &str = "WRITERS_SECONDS";

/// What a writer was told.
#[derive(Default)]
struct Told {
    /// Ids of entries that were acknowledged.
    issued: Vec<String>,
    done: HashMap<String, u32>,
    refused: HashMap<String, u32>,
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_is_lost_between_eight_writers() {
    let seconds = std::env::vars().find(|(name, _)| name == SECONDS).map_or(10, |(_, value)| value.parse().unwrap());
    let replicas = Replicas::start().await;
    replicas.first.publisher().publish(&Export::small("1.0.0", "the first"), "production").await;
    let over = Arc::new(AtomicBool::new(false));
    let writers = (0..WRITERS).map(|number| {
        let server = if number % 2 == 0 { &replicas.first } else { &replicas.second };
        tokio::spawn(write(number, server.publisher(), over.clone()))
    });
    let writers: Vec<_> = writers.collect();
    tokio::time::sleep(Duration::from_secs(seconds)).await;
    over.store(true, Ordering::Relaxed);
    let mut all = Told::default();
    for writer in writers {
        let told = writer.await.unwrap();
        all.issued.extend(told.issued);
        for (from, to) in [(told.done, &mut all.done), (told.refused, &mut all.refused)] {
            for (name, count) in from {
                *to.entry(name).or_default() += count;
            }
        }
    }
    say(&format!("{WRITERS} writers in {seconds} s: done {:?}, refused {:?}", all.done, all.refused));
    assert!(all.done.values().sum::<u32>() > 10, "they came to something");
    judge(&replicas, &all).await;
}

/// What is stored afterwards is what was acknowledged, in order, and the audit log tells all of it.
async fn judge(replicas: &Replicas, all: &Told) {
    let store = PostgresStore::open(replicas.database.url(), Time::Caller).await.unwrap();
    let app = store.app(&AppSlug::parse("default").unwrap()).await.unwrap().unwrap();
    let control = store.control(app.id, Millis(0)).await.unwrap().unwrap().control;

    let stored: BTreeSet<String> = control.entries.iter().map(|past| past.entry.id.to_string()).collect();
    for id in &all.issued {
        assert!(stored.contains(id), "{id} was acknowledged and is lost");
    }
    for platform in model::Platform::ALL {
        let mut entries: Vec<_> = control.entries.iter().filter(|past| past.lane.platform == platform).collect();
        entries.sort_by_key(|past| (past.version, past.entry.created_at));
        let rising = entries.is_sorted_by(|one, next| one.entry.created_at < next.entry.created_at);
        assert!(rising, "{platform}: createdAt rises strictly with the operations");
    }
    let mut open: HashMap<&LaneId, u32> = HashMap::new();
    for past in control.entries.iter().filter(|past| past.entry.rollout.is_some() && !past.entry.disabled) {
        *open.entry(&past.lane).or_default() += 1;
    }
    assert!(open.values().all(|count| *count == 1), "one open rollout in a lane: {open:?}");

    let lines = store.audit(app.id, None, u32::MAX / 2).await.unwrap();
    assert_eq!(lines.len() as u64, app.version, "every version has its line");
    let told = lines.iter().flat_map(|line| line.detail["issued"].as_array().cloned().unwrap_or_default());
    let updates = told.flat_map(|group| group["updates"].as_array().cloned().unwrap_or_default());
    let audited: BTreeSet<String> = updates.map(|update| update["id"].as_str().unwrap().to_owned()).collect();
    assert_eq!(audited, stored, "the audit log is the effect");
}

/// One operation after another, of every kind that meets others on the branch.
async fn write(number: u64, publisher: Publisher, over: Arc<AtomicBool>) -> Told {
    static TEXT: AtomicU64 = AtomicU64::new(0);
    let mut told = Told::default();
    let mut turn = number;
    while !over.load(Ordering::Relaxed) {
        turn += 1;
        let name = ["publish", "rollout", "roll_back", "raise", "finish", "revert", "pause"][(turn % 7) as usize];
        let text = format!("{number} {}", TEXT.fetch_add(1, Ordering::Relaxed));
        let answer = match name {
            "publish" | "rollout" => {
                let export = Export::small("1.0.0", &text);
                publisher.upload_missing(&export).await;
                let rollout = (name == "rollout").then_some(1000);
                let request = api::PreparePublish { rollout, ..Publisher::prepare_request(&export, "production") };
                let prepared = publisher.post("/publishes", &request).await;
                if !prepared.status.is_success() {
                    note(&mut told.refused, &prepared.code());
                    continue;
                }
                publisher.commit(&expect::<api::Prepared>(&prepared).id).await
            }
            "roll_back" => publisher.roll_back("production", api::RollBackTo::Previous).await,
            "pause" => {
                let paused = Some(turn.is_multiple_of(2));
                let body = serde_json::to_vec(&api::ChangeChannel { branch: None, paused }).unwrap();
                publisher.send(http::Method::PATCH, "/channels/production", &[], body.into()).await
            }
            _ => {
                let rolling = publisher.get("/updates?state=rolling&limit=1").await;
                let rolling: api::Updates = expect(&rolling);
                let Some(update) = rolling.updates.first() else { continue };
                let change = match name {
                    "raise" => api::ChangeRollout::Set { basis_points: 5000, platform: None },
                    "finish" => api::ChangeRollout::Finish { platform: None },
                    _ => api::ChangeRollout::Revert { platform: None },
                };
                publisher.post(&format!("/updates/{}/rollout", update.group), &change).await
            }
        };
        if answer.status.is_success() {
            note(&mut told.done, name);
            let body = answer.json();
            let groups = body["groups"].as_array().or(body["also"].as_array()).cloned().unwrap_or_default();
            for update in groups.iter().chain([&body]).filter_map(|group| group["updates"].as_array()).flatten() {
                told.issued.push(update["id"].as_str().unwrap().to_owned());
            }
        } else {
            // Refused by a rule: another was there first. Anything else is a failure of the test.
            assert_eq!(answer.status.as_u16(), 409, "{name}: {answer:?}");
            note(&mut told.refused, &answer.code());
        }
    }
    told
}

fn note(counts: &mut HashMap<String, u32>, name: &str) {
    *counts.entry(name.to_owned()).or_default() += 1;
}
