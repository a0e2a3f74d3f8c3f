//! SIGKILL at random points of many publishes, each followed by a start on the same data directory.
//!
//! A kill is counted by what the publisher was waiting for when the server died: a phase that was aimed at and found
//! finished counts as the one after it. The seed is printed; `FAULTS_SEED` sets it. What was aimed at is then the same
//! again, where in the server it hits is up to the machine.

mod audit;
mod chance;
mod cut;

use std::collections::BTreeMap;
use std::fmt::Write;
use std::path::Path;
use std::time::Duration;

use tempfile::TempDir;
use testing::{Export, ExportedFile, Publisher, expect};
use tokio::time::Instant;

use crate::drain::noise;
use crate::process::{Launch, ServerProcess};
use crate::say;
use audit::Audit;
use chance::Chance;
use cut::{Cut, Left, publish_until_killed};

/// Publishes to kill.
const KILLS: usize = 50;
/// More than these are not needed to hit every phase.
const AT_MOST: usize = 100;
/// Kills of the very first start, before there is anything to publish to.
const FIRST_STARTS: usize = 3;

/// What the publisher waits for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Phase {
    /// The first start, which makes the app, its key and its token.
    FirstStart,
    /// Which files are missing.
    Asking,
    /// Nothing: it is sending a file.
    Uploading,
    /// That a file is taken whose last byte is sent.
    Storing,
    /// Nothing: it opens the next file.
    BetweenUploads,
    /// Compressing, rendering and saving.
    Preparing,
    /// Nothing: it signs, or thinks.
    Prepared,
    /// Signing and making visible.
    Committing,
    /// Nothing: it was told that devices are served.
    Committed,
    /// A start on what the kill before left.
    Starting,
}

impl Phase {
    const ALL: [Self; 10] = [
        Self::FirstStart,
        Self::Asking,
        Self::Uploading,
        Self::Storing,
        Self::BetweenUploads,
        Self::Preparing,
        Self::Prepared,
        Self::Committing,
        Self::Committed,
        Self::Starting,
    ];
    /// Those of a publish.
    const PUBLISH: [Self; 8] = [
        Self::Asking,
        Self::Uploading,
        Self::Storing,
        Self::BetweenUploads,
        Self::Preparing,
        Self::Prepared,
        Self::Committing,
        Self::Committed,
    ];
}

/// How long each phase took at least when nobody killed it.
#[derive(Default)]
pub struct Pace(BTreeMap<Phase, Duration>);

impl Pace {
    /// A point within the phase; `depth` is from 0 to 1.
    pub fn within(&self, phase: Phase, depth: f64) -> Duration {
        self.0[&phase].mul_f64(depth)
    }

    /// Takes a step and notes how long it takes.
    pub async fn time<T>(&mut self, phase: Phase, step: impl Future<Output = T>) -> T {
        let start = Instant::now();
        let done = step.await;
        let quickest = self.0.entry(phase).or_insert(Duration::MAX);
        *quickest = start.elapsed().min(*quickest);
        done
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn whenever_the_server_is_killed_it_comes_back_whole() {
    let data = TempDir::new().unwrap();
    let mut chance = Chance::seeded();
    let mut scene = Scene {
        launch: Launch::on(data.path()),
        audit: Audit::new(data.path()),
        pace: Pace::default(),
        kills: Phase::ALL.map(|phase| (phase, 0)).into(),
        unfinished: 0,
    };
    scene.kill_first_starts(&mut chance).await;
    let mut server = scene.start(&mut chance).await;
    let first = export(0, false);
    let published = complete(&mut scene.pace, &server.publisher(), &first).await;
    scene.audit.acknowledged(&published);

    let mut unheard = 0;
    for round in 1..=AT_MOST {
        if round > KILLS && scene.kills.values().all(|kills| *kills > 0) {
            break;
        }
        let phase = scene.next_phase(&mut chance);
        let large = scene.unfinished == 0 || chance.below(2) == 0;
        let cut = Cut::aimed_at(phase, large, &mut chance);
        let export = export(round, cut.large);
        let (hit, left) = publish_until_killed(&mut server, &export, &cut, &mut scene.pace, data.path()).await;
        *scene.kills.entry(hit).or_default() += 1;
        if let Left::Committed(published) = &left {
            scene.audit.acknowledged(published);
        }
        scene.unfinished += unfinished_files(data.path());
        server = scene.start(&mut chance).await;
        unheard += usize::from(scene.audit.after_kill(&server, &left).await);
        let published = scene.go_on(&server, &export, left).await;
        scene.audit.acknowledged(&published);
        scene.audit.served(&server).await;
    }
    server.kill().await;
    scene.audit.everything().await;
    let table = scene.table();
    say(&format!(
        "the server was killed while the publisher was\n{table}{unheard} of the unanswered commits had happened"
    ));
    assert!(scene.kills.values().all(|kills| *kills > 0), "a phase was never hit:\n{table}");
    assert!(scene.unfinished > 0, "no kill left an unfinished file, so nothing had to be swept");
}

struct Scene {
    launch: Launch,
    audit: Audit,
    pace: Pace,
    kills: BTreeMap<Phase, usize>,
    /// Files of uploads that kills left behind.
    unfinished: usize,
}

impl Scene {
    /// One start that nobody kills tells how long it takes; making the signing key takes now more, now less.
    async fn kill_first_starts(&mut self, chance: &mut Chance) {
        let scratch = TempDir::new().unwrap();
        self.pace.time(Phase::FirstStart, Launch::on(scratch.path()).start()).await.kill().await;
        for _ in 0..AT_MOST {
            let delay = self.pace.within(Phase::FirstStart, chance.share());
            if self.launch.spawn().kill_after(delay).await {
                *self.kills.entry(Phase::FirstStart).or_default() += 1;
            } else {
                std::fs::remove_dir_all(self.audit.data_dir()).unwrap();
            }
            if self.kills[&Phase::FirstStart] == FIRST_STARTS {
                break;
            }
        }
        self.pace.time(Phase::Starting, self.launch.start()).await.kill().await;
    }

    /// Starts again; one start in four is killed first.
    async fn start(&mut self, chance: &mut Chance) -> ServerProcess {
        if chance.share() < 0.25 {
            let delay = self.pace.within(Phase::Starting, chance.share());
            if self.launch.spawn().kill_after(delay).await {
                *self.kills.entry(Phase::Starting).or_default() += 1;
            }
        }
        let server = self.pace.time(Phase::Starting, self.launch.start()).await;
        assert_eq!(unfinished_files(self.audit.data_dir()), 0, "a start sweeps what killed uploads left");
        server
    }

    /// The publisher tries again: from where it was when it knows, else from the beginning.
    async fn go_on(&mut self, server: &ServerProcess, export: &Export, left: Left) -> api::Published {
        let publisher = server.publisher();
        let published = match left {
            Left::Nothing => complete(&mut self.pace, &publisher, export).await,
            Left::Prepared(prepared) | Left::Committing(prepared) => {
                let published: api::Published = expect(&publisher.commit(&prepared.id).await);
                let issued = published.updates.iter().map(|update| (&update.id, &update.created_at));
                assert!(issued.eq(prepared.updates.iter().map(|update| (&update.id, &update.created_at))));
                published
            }
            Left::Committed(published) => published,
        };
        nothing_changes(&publisher, export).await;
        published
    }

    /// The one that was hit least, or any.
    fn next_phase(&self, chance: &mut Chance) -> Phase {
        let any = chance.one_of(&Phase::PUBLISH);
        let least = Phase::PUBLISH.into_iter().min_by_key(|phase| self.kills[phase]);
        if chance.below(2) == 0 { any } else { least.unwrap() }
    }

    fn table(&self) -> String {
        let mut table = String::new();
        for (phase, kills) in &self.kills {
            writeln!(table, "{kills:4}  {phase:?}").unwrap();
        }
        table
    }
}

/// Publishes to the end and notes how long each step takes.
async fn complete(pace: &mut Pace, publisher: &Publisher, export: &Export) -> api::Published {
    let missing = pace.time(Phase::Asking, cut::missing(publisher, export)).await;
    for file in missing {
        assert_eq!(pace.time(Phase::Storing, publisher.upload(file)).await.status, 204);
    }
    let request = Publisher::prepare_request(export, "production");
    let prepared: api::Prepared = expect(&pace.time(Phase::Preparing, publisher.post("/publishes", &request)).await);
    expect(&pace.time(Phase::Committing, publisher.commit(&prepared.id)).await)
}

/// Publishes again what is published: nothing is uploaded, and nothing has changed.
async fn nothing_changes(publisher: &Publisher, export: &Export) {
    assert!(cut::missing(publisher, export).await.is_empty());
    let answer = publisher.post("/publishes", &Publisher::prepare_request(export, "production")).await;
    assert_eq!((answer.status.as_u16(), answer.code().as_str()), (409, "nothing_changed"));
}

fn unfinished_files(data_dir: &Path) -> usize {
    audit::files(data_dir).iter().filter(|path| path.to_string_lossy().contains('#')).count()
}

/// What one round publishes: small, so that a round is quick, and all of it new but one asset. A large file is uploaded
/// in parts, which lie on the disk before its end.
fn export(round: usize, large: bool) -> Export {
    let mut export = Export::small("1.0.0", &format!("the publish of round {round}"));
    let new = |key: char, size| {
        let mut bytes = noise(size);
        bytes[..8].copy_from_slice(&(round as u64).to_le_bytes());
        ExportedFile::new(key.to_string().repeat(32), "png", bytes)
    };
    for platform in &mut export.platforms {
        platform.assets.push(new('a', 3000));
        platform.assets.extend(large.then(|| new('b', cut::LARGE)));
    }
    export
}
