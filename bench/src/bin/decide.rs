//! One decision: nanoseconds and allocations, with 1, 100 and 10,000 updates on the branch. It must not grow with history.
//! Then a rule of twenty nodes by itself, all of which are looked at: it must cost less than a microsecond.
#![expect(clippy::print_stdout, reason = "a command-line tool")]

use std::hint::black_box;
use std::time::Instant;

use anyhow::{Context, Result, ensure};
use arrayvec::ArrayVec;
use clap::Parser;
use model::control::{BranchState, ChannelState, ContentFingerprint, Control, PastEntry};
use model::{
    AppId, AppSlug, AppSnapshot, BasisPoints, BranchId, BranchName, ChannelId, ChannelName, Device, Entry, EntryKind,
    Fact, Facts, LaneId, Millis, Platform, Rollout, Rule, RuntimeVersion, Salt, Target, UpdateGroupId, UpdateId,
    decide,
};
use serde::Serialize;
use serde_json::json;
use uuid::Uuid;

/// Decides for many devices on branches with short and long histories.
#[derive(Debug, Parser)]
#[command(name = "bench decide")]
struct Arguments {
    /// Prints everything as JSON
    #[arg(long)]
    json: bool,
    /// Decisions of one measurement
    #[arg(long, default_value_t = 200_000)]
    decisions: u32,
    /// Measurements of each history; the quickest counts, since nothing makes a decision quicker than it is
    #[arg(long, default_value_t = 15)]
    rounds: u32,
}

/// What one history cost.
#[derive(Debug, Serialize)]
struct Measured {
    updates: u32,
    devices: &'static str,
    nanoseconds: f64,
    allocations: u64,
    ratio_to_one_update: f64,
}

/// What a rule cost of which every node is looked at.
#[derive(Debug, Serialize)]
struct MeasuredRule {
    nanoseconds: f64,
    allocations: u64,
}

impl MeasuredRule {
    fn of(rule: &Rule, arguments: &Arguments) -> Result<Self> {
        let mut facts = Facts::default();
        facts.say(&Fact::Locale, "de-DE".into());
        facts.say(&Fact::AppVersion, "1.4.0-rc.1".into());
        facts.say_param("cohort", "a".into());
        let phone = Phone { id: Uuid::from_u128(7), is_current: false };
        let device = Device { facts: Some(&facts), ..phone.says() };
        ensure!(rule.holds(&device) == Some(true), "the whole rule is looked at");
        let counted = allocation_counter::measure(|| _ = black_box(rule.holds(black_box(&device))));
        let judge = || _ = black_box(black_box(rule).holds(black_box(&device)));
        let rounds = (0..arguments.rounds).map(|_| nanoseconds_of(judge, arguments.decisions));
        Ok(Self { nanoseconds: rounds.fold(f64::MAX, f64::min), allocations: counted.count_total })
    }
}

fn twenty_nodes() -> Result<Rule> {
    let eq = |fact: &str, value: &str| json!({"eq": {"fact": fact, "value": value}});
    let rule = json!({ "all": [
        { "any": [eq("locale", "en-US"), eq("locale", "fr"), { "prefix": { "fact": "locale", "value": "de" } }] },
        { "version": { "fact": "app_version", "range": ">=1.4.0-a, <2.0.0" } },
        { "not": { "in": { "fact": "param:cohort", "values": ["b", "c", "d", "e"] } } },
        { "any": [eq("platform", "ios"), eq("channel", "beta"), eq("runtime_version", "1.0.0")] },
        { "not": { "device_in": (100..10_100).map(Uuid::from_u128).collect::<Vec<_>>() } },
        { "any": [eq("locale", "it"), eq("locale", "es"), eq("param:cohort", "a")] },
        { "prefix": { "fact": "locale", "value": "de-" } },
    ] });
    Ok(Rule::read(&rule)?)
}

const HISTORIES: [u32; 3] = [1, 100, 10_000];
/// Devices decided for in turn, so that no branch of the code is foretold.
const DEVICES: u32 = 256;

fn main() -> Result<()> {
    let arguments = Arguments::parse();
    let snapshots = HISTORIES.iter().map(|updates| Ok((*updates, snapshot(*updates)?))).collect::<Result<Vec<_>>>()?;
    let mut measured = Vec::new();
    for (kind, devices) in [("behind", devices(false)), ("already current", devices(true))] {
        let mut best = vec![f64::MAX; snapshots.len()];
        // In turns, so that a busy moment of the machine meets all of them.
        for _ in 0..arguments.rounds {
            for ((_, app), best) in snapshots.iter().zip(&mut best) {
                *best = best.min(nanoseconds(app, &devices, arguments.decisions));
            }
        }
        for ((updates, app), nanoseconds) in snapshots.iter().zip(&best) {
            let counted = allocation_counter::measure(|| {
                for device in &devices {
                    black_box(decide(app, &device.asks(app)));
                }
            });
            measured.push(Measured {
                updates: *updates,
                devices: kind,
                nanoseconds: *nanoseconds,
                allocations: counted.count_total,
                ratio_to_one_update: nanoseconds / best[0],
            });
        }
    }
    let rule = MeasuredRule::of(&twenty_nodes()?, &arguments)?;
    if arguments.json {
        let all = serde_json::json!({ "histories": measured, "rule": rule });
        println!("{}", serde_json::to_string_pretty(&all)?);
        return Ok(());
    }
    println!(
        "{:<16} {:>8} {:>14} {:>18} {:>12}",
        "devices", "updates", "ns / decision", "ratio to 1 update", "allocations"
    );
    for one in &measured {
        println!(
            "{:<16} {:>8} {:>14.1} {:>18.2} {:>12}",
            one.devices, one.updates, one.nanoseconds, one.ratio_to_one_update, one.allocations
        );
    }
    println!("\na rule of 20 nodes: {:.1} ns, {} allocations", rule.nanoseconds, rule.allocations);
    ensure!(rule.nanoseconds < 1000.0 && rule.allocations == 0, "a rule may cost a microsecond and no allocation");
    Ok(())
}

#[expect(clippy::disallowed_methods, reason = "a benchmark reads the clock")]
fn nanoseconds(app: &AppSnapshot, devices: &[Phone], decisions: u32) -> f64 {
    let started = Instant::now();
    for phone in devices.iter().cycle().take(decisions as usize) {
        black_box(decide(black_box(app), black_box(&phone.asks(app))));
    }
    started.elapsed().as_secs_f64() * 1e9 / f64::from(decisions)
}

#[expect(clippy::disallowed_methods, reason = "a benchmark reads the clock")]
fn nanoseconds_of(step: impl Fn(), times: u32) -> f64 {
    let started = Instant::now();
    for _ in 0..times {
        step();
    }
    started.elapsed().as_secs_f64() * 1e9 / f64::from(times)
}

/// A device by what differs between them.
struct Phone {
    id: Uuid,
    is_current: bool,
}

impl Phone {
    fn asks(&self, app: &AppSnapshot) -> Device<'static> {
        let runs = self.is_current.then(|| choice(app)).flatten();
        Device { current: runs.or(Some(UpdateId(Uuid::from_u128(7)))), ..self.says() }
    }

    fn says(&self) -> Device<'static> {
        Device {
            platform: Platform::Android,
            runtime_version: "1.0.0",
            channel: "production",
            id: Some(self.id),
            current: Some(UpdateId(Uuid::from_u128(7))),
            embedded: Some(UpdateId(Uuid::from_u128(7))),
            recent_failed: ArrayVec::new(),
            takes_directives: true,
            facts: None,
        }
    }
}

/// The update that stands for everyone.
fn choice(app: &AppSnapshot) -> Option<UpdateId> {
    let branch = app.branches.values().next()?;
    branch.android.get("1.0.0")?.entries.last().map(|entry| entry.id)
}

fn devices(is_current: bool) -> Vec<Phone> {
    (1..=DEVICES).map(|number| Phone { id: Uuid::from_u128(u128::from(number) << 64 | 0xdead), is_current }).collect()
}

/// An app with so many updates on its branch; on top of them one that rolls out to a tenth.
fn snapshot(updates: u32) -> Result<AppSnapshot> {
    let branch = BranchId(Uuid::from_u128(1));
    let lane = LaneId { platform: Platform::Android, runtime_version: RuntimeVersion::parse("1.0.0")? };
    let mut control = Control {
        app: AppId(Uuid::from_u128(2)),
        slug: AppSlug::parse("default")?,
        version: 1,
        channels: vec![ChannelState {
            id: ChannelId(Uuid::from_u128(3)),
            name: ChannelName::parse("production")?,
            target: Target::Branch(branch),
            paused: false,
        }],
        branches: vec![BranchState { id: branch, name: BranchName::parse("production")?, pinned: false }],
        entries: Vec::new(),
        deleted: Vec::new(),
        embedded: Vec::new(),
    };
    let rollout = Rollout { share: BasisPoints::try_from(1000)?, salt: Salt(Uuid::from_u128(4)) };
    for number in 0..=updates {
        let id = Uuid::from_u128(1000 + u128::from(number));
        control.entries.insert(
            0,
            PastEntry {
                branch,
                lane: lane.clone(),
                entry: Entry {
                    id: UpdateId(id),
                    group: UpdateGroupId(id),
                    created_at: Millis(1_800_000_000_000 + i64::from(number)),
                    kind: EntryKind::Update,
                    disabled: false,
                    held: false,
                    rollout: (number == updates).then_some(rollout),
                    rule: None,
                },
                origin: None,
                content: ContentFingerprint([0; 32]),
                version: 1,
            },
        );
    }
    let snapshot = control.snapshot().context("a lane of two entries")?;
    ensure!(snapshot.known.len() == updates as usize + 1, "every update is known");
    Ok(snapshot)
}
