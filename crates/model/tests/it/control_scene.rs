//! A small app to operate: the channels `production` at the branch `main`, `beta` at `next`. Every plan is applied as a
//! store does it; entries are numbered in the order in which they are issued.

use std::sync::Arc;

use model::control::plan::{self, ChannelIds};
use model::control::{
    Content, ContentFingerprint, Control, OnRollout, PastEntry, Plan, Refusal, Selection, Terms, Why,
};
use model::{
    AppId, AppSlug, BranchId, BranchName, ChannelId, ChannelName, DeviceIds, Entry, EntryKind, LaneId, Millis,
    Platform, Rollout, Rule, UpdateGroupId,
};
use uuid::Uuid;

use crate::scene;

pub const BOTH: [Platform; 2] = Platform::ALL;

#[derive(Clone)]
pub struct App {
    pub control: Control,
    /// Counts entries.
    pub issued: u32,
    groups: u128,
    /// Time stands still: only the rule of rising instants tells entries apart.
    pub now: Millis,
}

pub fn branch(name: &str) -> BranchName {
    BranchName::parse(name).expect("legal")
}

pub fn channel(name: &str) -> ChannelName {
    ChannelName::parse(name).expect("legal")
}

pub fn lane(platform: Platform, version: &str) -> LaneId {
    LaneId { platform, runtime_version: scene::runtime(version) }
}

pub fn rolling(basis_points: u16) -> Terms {
    Terms { rollout: Some(Rollout { share: scene::share(basis_points), salt: scene::SALT }), ..Terms::default() }
}

/// To one device only.
pub fn targeted() -> Terms {
    let ids = DeviceIds::new(vec![Uuid::from_u128(0xd0)]).expect("one");
    Terms { rule: Some(Arc::new(Rule::from(ids))), ..Terms::default() }
}

pub fn and_on_rollout(terms: Terms, on_rollout: OnRollout) -> Terms {
    Terms { on_rollout, ..terms }
}

/// The entry of that number, alone.
pub fn only(number: u32) -> Selection {
    Selection { id: scene::update(number.into()).0, platform: None }
}

impl App {
    pub fn new() -> Self {
        let mut app = Self {
            control: Control {
                app: AppId(Uuid::from_u128(1)),
                slug: AppSlug::parse("default").expect("legal"),
                version: 0,
                channels: Vec::new(),
                branches: Vec::new(),
                entries: Vec::new(),
                deleted: Vec::new(),
                embedded: Vec::new(),
            },
            issued: 0,
            groups: 0,
            now: Millis(1000),
        };
        for (number, name, on_channel) in [(1, "main", "production"), (2, "next", "beta")] {
            app.run(plan::create_branch(&app.control, BranchId(Uuid::from_u128(number)), branch(name)));
            let ids = ChannelIds { channel: ChannelId(Uuid::from_u128(number)), branch: BranchId(Uuid::nil()) };
            app.run(plan::create_channel(&app.control, &channel(on_channel), Some(&branch(name)), ids));
        }
        app
    }

    pub fn id(&self, name: &str) -> BranchId {
        self.control.branch_named(&branch(name)).expect("known").id
    }

    /// The group of an entry.
    pub fn group(&self, number: u32) -> Selection {
        let past = self.control.entry(scene::update(number.into())).expect("issued");
        Selection { id: past.entry.group.0, platform: None }
    }

    /// Applies a plan.
    pub fn run(&mut self, plan: Result<Plan, Refusal>) -> Plan {
        let plan = plan.expect("not refused");
        self.control.version += 1;
        for edit in &plan.edits {
            self.control.apply(edit).expect("an edit of what is there");
        }
        for group in &plan.issues {
            self.groups += 1;
            for planned in &group.entries {
                self.issued += 1;
                let (kind, origin) = match planned.content {
                    Content::New { .. } => (EntryKind::Update, None),
                    Content::Copy(origin) => (EntryKind::Update, Some(origin)),
                    Content::Embedded(origin) => (EntryKind::RollBackToEmbedded, origin),
                };
                let content = match planned.content {
                    Content::New { content } => content,
                    Content::Copy(origin) => self.control.entry(origin).expect("a copy of what is there").content,
                    Content::Embedded(_) => ContentFingerprint([0xee; 32]),
                };
                let entry = Entry {
                    id: scene::update(self.issued.into()),
                    group: UpdateGroupId(Uuid::from_u128(0x6000 + self.groups)),
                    created_at: self.control.next_instant(planned.lane.platform, self.now),
                    kind,
                    disabled: false,
                    held: planned.held,
                    rollout: planned.rollout,
                    rule: planned.rule.clone(),
                };
                let version = self.control.version;
                let (branch, lane) = (group.branch, planned.lane.clone());
                self.control.insert(PastEntry { branch, lane, entry, origin, content, version });
            }
        }
        plan
    }

    pub fn plan_publish(&self, on: &str, platforms: &[Platform], content: u8, terms: &Terms) -> Result<Plan, Refusal> {
        let lanes: Vec<_> =
            platforms.iter().map(|platform| (lane(*platform, "1.0.0"), ContentFingerprint([content; 32]))).collect();
        plan::publish(&self.control, self.id(on), &lanes, terms)
    }

    /// Publishes for runtime version 1.0.0; the number of the last entry.
    pub fn publish(&mut self, on: &str, platforms: &[Platform], content: u8, terms: &Terms) -> u32 {
        self.run(self.plan_publish(on, platforms, content, terms));
        self.issued
    }

    /// To everyone, on Android.
    pub fn publish_android(&mut self, on: &str, content: u8) -> u32 {
        self.publish(on, &[Platform::Android], content, &Terms::default())
    }

    pub fn roll_back_to_embedded(&mut self, on: &str) -> Plan {
        let (to, only) = (plan::RollBackTo::Embedded, model::control::Only::default());
        self.run(plan::roll_back(&self.control, self.id(on), to, &only, OnRollout::Refuse))
    }

    /// What a walk can reach for runtime version 1.0.0, newest first: `3:c2@10%` is entry 3 with the content 2 at ten
    /// percent, `?` marks a rule, `embedded` a roll back.
    pub fn served(&self, on: &str, platform: Platform) -> String {
        let lane = lane(platform, "1.0.0");
        let reachable = self.control.reachable(self.id(on), &lane).expect("few");
        let told: Vec<String> = reachable.entries.iter().map(|entry| self.told(entry)).collect();
        told.join(" ")
    }

    fn told(&self, entry: &Entry) -> String {
        let content = self.control.entry(entry.id).expect("issued").content.0[0];
        let shown = match entry.kind {
            EntryKind::Update => format!("c{content}"),
            EntryKind::RollBackToEmbedded => "embedded".into(),
        };
        let share = entry.rollout.map(|rollout| format!("@{}%", rollout.share.get() / 100)).unwrap_or_default();
        let rule = if entry.rule.is_some() { "?" } else { "" };
        format!("{}:{shown}{share}{rule}", entry.id.0.as_u128())
    }
}

/// Why and where each group of a plan is issued, with its entries: `Asked main android c=1`.
pub fn issues(app: &App, plan: &Plan) -> Vec<String> {
    let name = |branch| app.control.branch(branch).map_or_else(String::new, |branch| branch.name.to_string());
    let told = |planned: &model::control::PlannedEntry| {
        let content = match planned.content {
            Content::New { content } => format!("new c{}", content.0[0]),
            Content::Copy(origin) => format!("copy of {}", origin.0.as_u128()),
            Content::Embedded(Some(origin)) => format!("embedded as {}", origin.0.as_u128()),
            Content::Embedded(None) => "embedded".into(),
        };
        let held = if planned.held { " held" } else { "" };
        format!("{} {content}{held}", planned.lane.platform)
    };
    let group = |group: &model::control::IssueGroup| {
        let entries: Vec<String> = group.entries.iter().map(told).collect();
        let why = match group.why {
            Why::Asked => "asked",
            Why::Reverted => "reverted",
            Why::Renewed => "renewed",
        };
        format!("{why} on {}: {}", name(group.branch), entries.join(", "))
    };
    plan.issues.iter().map(group).collect()
}
