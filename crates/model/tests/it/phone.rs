//! What the stock client does with an answer, as far as choosing goes (protocol.md §4): what it stores, which update it
//! would take, what a stored filter leaves it. And worlds in which such a phone asks: every update was really issued, at
//! a time of its own, on one branch.

use std::collections::HashMap;

use model::{
    AppSnapshot, BranchId, ChannelName, Decision, Device, EmbeddedUpdate, Entry, EntryKind, KnownUpdate, Lane, Millis,
    Outcome, Platform, Target, UpdateId,
};
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::{Index, select};
use uuid::Uuid;

use crate::{arbitrary, scene};

/// One update on the phone.
#[derive(Clone, Debug)]
pub struct Stored {
    pub id: UpdateId,
    /// `metadata.branchid`; an embedded update and one of a foreign server have none.
    pub branch: Option<BranchId>,
    pub commit_time: Millis,
    pub failed: bool,
}

impl Stored {
    fn passes(&self, filter: Option<BranchId>) -> bool {
        filter.is_none() || self.branch.is_none() || self.branch == filter
    }
}

#[derive(Clone, Debug)]
pub struct Phone {
    pub id: Option<Uuid>,
    pub stored: Vec<Stored>,
    pub embedded: Option<UpdateId>,
    pub running: Option<UpdateId>,
    pub filter: Option<BranchId>,
    pub takes_directives: bool,
}

impl Phone {
    pub fn running(&self) -> Option<&Stored> {
        self.stored.iter().find(|stored| Some(stored.id) == self.running)
    }

    pub fn asks(&self) -> Device<'static> {
        Device {
            id: self.id,
            current: self.running,
            embedded: self.embedded,
            recent_failed: self.stored.iter().filter(|stored| stored.failed).map(|stored| stored.id).take(5).collect(),
            takes_directives: self.takes_directives,
            facts: None,
            ..scene::device()
        }
    }

    /// Whether it would take something of that time and branch, sent with that filter.
    pub fn would_take(&self, commit_time: Millis, branch: Option<BranchId>, filter: Option<BranchId>) -> bool {
        let offered_passes = filter.is_none() || branch.is_none() || branch == filter;
        offered_passes
            && match self.running() {
                None => true,
                Some(running) => !running.passes(filter) || commit_time > running.commit_time,
            }
    }

    /// Takes the answer in: what was offered, and the filter.
    pub fn takes_in(&mut self, decision: &Decision, offered: Option<&Entry>) {
        let (branch, embedded) = (decision.branch, self.embedded);
        match (decision.outcome, offered) {
            (Outcome::Update(id), Some(entry)) if self.would_take(entry.created_at, branch, decision.filter) => {
                self.stored.push(Stored { id, branch, commit_time: entry.created_at, failed: false });
            }
            (Outcome::RollBackToEmbedded(_), Some(entry))
                if self.would_take(entry.created_at, None, decision.filter) =>
            {
                for stored in self.stored.iter_mut().filter(|stored| Some(stored.id) == embedded) {
                    stored.commit_time = entry.created_at;
                }
            }
            _ => {}
        }
        self.filter = decision.filter.or(self.filter);
    }

    /// What the launcher would start: of what passes the stored filter and has not failed, the newest.
    pub fn launchable(&self) -> Option<&Stored> {
        let passing = self.stored.iter().filter(|stored| stored.passes(self.filter) && !stored.failed);
        passing.max_by_key(|stored| stored.commit_time)
    }
}

#[derive(Clone, Debug)]
pub struct World {
    pub app: AppSnapshot,
    pub history: Vec<Entry>,
    pub phone: Phone,
}

impl World {
    pub fn entry(&self, id: UpdateId) -> Option<&Entry> {
        self.history.iter().find(|entry| entry.id == id)
    }
}

/// Whether the phone may have updates of which the server does not know the time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Secrets {
    None,
    Some,
}

prop_compose! {
    /// What is on the phone besides what this server issued.
    fn foreign(secrets: Secrets)(
        built in -1_i64..25,
        is_registered: bool,
        has_embedded in prop::bool::weighted(0.8),
        rolled_back_at in proptest::option::weighted(0.2, 0_i64..25),
        stranger in proptest::option::weighted(0.2, -1_i64..25),
        device_id in arbitrary::device_id(),
        takes_directives in prop::bool::weighted(0.8),
    ) -> (i64, bool, bool, Option<i64>, Option<i64>, Option<Uuid>, bool) {
        let secret = |instant: Option<i64>| instant.filter(|_| secrets == Secrets::Some);
        let is_registered = is_registered || secrets == Secrets::None;
        (built, is_registered, has_embedded, secret(rolled_back_at), secret(stranger), device_id, takes_directives)
    }
}

prop_compose! {
    pub fn world(secrets: Secrets)(
        issued in vec((arbitrary::entry(), any::<bool>()), 0..12),
        on_channel in select(vec![scene::MAIN, scene::OTHER]),
        downloaded in vec((any::<Index>(), prop::bool::weighted(0.3)), 0..4),
        running in proptest::option::weighted(0.9, any::<Index>()),
        embedded_failed in prop::bool::weighted(0.2),
        old_filter in proptest::option::of(select(vec![scene::MAIN, scene::OTHER])),
        (built, is_registered, has_embedded, rolled_back_at, stranger, id, takes_directives) in foreign(secrets),
    ) -> World {
        let mut app = scene::app(vec![]);
        app.channels.insert(ChannelName::parse("production").expect("legal"), scene::channel(Target::Branch(on_channel)));

        let mut history = Vec::new();
        let mut lanes: HashMap<BranchId, Vec<Entry>> = HashMap::new();
        let mut updates = Vec::new();
        for (number, (template, on_main)) in (1_u32..).zip(issued) {
            // Even times: odd ones are left to what this server did not issue, so that no two are equal.
            let created_at = Millis(i64::from(number) * 2);
            let entry = Entry { id: scene::update(number.into()), created_at, ..template };
            let branch = if on_main { scene::MAIN } else { scene::OTHER };
            if entry.kind == EntryKind::Update {
                app.known.insert(entry.id, KnownUpdate { created_at, branch });
                updates.push(Stored { id: entry.id, branch: Some(branch), commit_time: created_at, failed: false });
            }
            lanes.entry(branch).or_default().insert(0, entry.clone());
            history.push(entry);
        }
        for (branch, entries) in lanes {
            let lane = Lane::reachable(entries).expect("few");
            let lanes = app.branches.get_mut(&branch).expect("there").lanes_mut(Platform::Android);
            lanes.insert(scene::runtime("1.0.0"), lane);
        }

        let mut stored: Vec<Stored> = Vec::new();
        if !updates.is_empty() {
            for (index, failed) in downloaded {
                let update = index.get(&updates);
                if stored.iter().all(|other| other.id != update.id) {
                    stored.push(Stored { failed, ..update.clone() });
                }
            }
        }
        if is_registered {
            app.embedded.insert(scene::EMBEDDED, EmbeddedUpdate { created_at: Millis(built * 2 + 1) });
        }
        if has_embedded {
            let commit_time = Millis(rolled_back_at.unwrap_or(built).max(built) * 2 + 1);
            stored.push(Stored { id: scene::EMBEDDED, branch: None, commit_time, failed: embedded_failed });
        }
        if let Some(at) = stranger {
            let commit_time = Millis(at * 2 + 1);
            stored.push(Stored { id: scene::update(0x57), branch: None, commit_time, failed: false });
        }
        let running = running.filter(|_| !stored.is_empty()).map(|index| index.get(&stored).id);
        let embedded = has_embedded.then_some(scene::EMBEDDED);
        let phone = Phone { id, stored, embedded, running, filter: old_filter, takes_directives };
        World { app, history, phone }
    }
}
