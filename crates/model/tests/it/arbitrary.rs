//! Snapshots and devices of every kind, also such as no store would build. Ids and times come from small pools, so that
//! they meet.

use std::collections::HashMap;

use model::device::MAX_RECENT_FAILED;
use model::{
    AppSnapshot, BasisPoints, Branch, BranchId, ChannelName, Device, EmbeddedUpdate, Entry, EntryKind, KnownUpdate,
    Lane, Millis, Platform, Rollout, Salt, Target, UpdateGroupId, UpdateId,
};
use proptest::collection::{hash_map, vec};
use proptest::option;
use proptest::prelude::*;
use proptest::sample::select;
use uuid::Uuid;

use crate::scene;

pub fn update_id() -> impl Strategy<Value = UpdateId> {
    (0_u128..10).prop_map(scene::update)
}

fn branch_id() -> impl Strategy<Value = BranchId> {
    select(vec![scene::MAIN, scene::OTHER, BranchId(Uuid::from_u128(0xb3))])
}

fn instant() -> impl Strategy<Value = Millis> {
    prop_oneof![8 => (0_i64..8).prop_map(Millis), 1 => any::<i64>().prop_map(Millis)]
}

pub fn share() -> impl Strategy<Value = BasisPoints> {
    prop_oneof![
        Just(BasisPoints::NONE),
        Just(BasisPoints::ALL),
        Just(scene::share(9_999)),
        (0_u16..=10_000).prop_map(scene::share)
    ]
}

pub fn salt() -> impl Strategy<Value = Salt> {
    (0_u128..3).prop_map(|number| Salt(Uuid::from_u128(number)))
}

pub fn entry() -> impl Strategy<Value = Entry> {
    let flags = (prop::bool::weighted(0.3), prop::bool::weighted(0.2), prop::bool::weighted(0.3));
    let rollout = option::weighted(0.5, (share(), salt()).prop_map(|(share, salt)| Rollout { share, salt }));
    (update_id(), instant(), flags, rollout).prop_map(|(id, created_at, (disabled, held, rolls_back), rollout)| Entry {
        id,
        group: UpdateGroupId(id.0),
        created_at,
        kind: if rolls_back { EntryKind::RollBackToEmbedded } else { EntryKind::Update },
        disabled,
        held,
        rollout,
        rule: None,
    })
}

fn lanes() -> impl Strategy<Value = HashMap<model::RuntimeVersion, Lane>> {
    let lane = prop_oneof![9 => vec(entry(), 0..6), 1 => vec(entry(), 30..45)];
    hash_map(select(vec!["1.0.0", "2"]).prop_map(scene::runtime), lane.prop_map(|entries| Lane { entries }), 0..3)
}

fn branch() -> impl Strategy<Value = Branch> {
    (branch_id(), lanes(), lanes()).prop_map(|(id, android, ios)| Branch { android, ios, ..scene::branch(id) })
}

fn target() -> impl Strategy<Value = Target> {
    let split = (branch_id(), branch_id(), share(), salt());
    prop_oneof![
        branch_id().prop_map(Target::Branch),
        split.prop_map(|(old, new, share, salt)| Target::Split { old, new, share, salt })
    ]
}

pub fn app() -> impl Strategy<Value = AppSnapshot> {
    let channel = (target(), prop::bool::weighted(0.1))
        .prop_map(|(target, paused)| model::Channel { paused, ..scene::channel(target) });
    let name = select(vec!["production", "beta"]).prop_map(|name| ChannelName::parse(name).expect("legal"));
    let known = (instant(), branch_id()).prop_map(|(created_at, branch)| KnownUpdate { created_at, branch });
    let embedded = instant().prop_map(|created_at| EmbeddedUpdate { created_at });
    (
        hash_map(name, channel, 0..3),
        vec(branch(), 0..4),
        hash_map(update_id(), known, 0..10),
        hash_map(update_id(), embedded, 0..3),
    )
        .prop_map(|(channels, branches, known, embedded)| AppSnapshot {
            channels,
            branches: branches.into_iter().map(|branch| (branch.id, branch)).collect(),
            known,
            embedded,
            ..scene::empty_app()
        })
}

pub fn device_id() -> impl Strategy<Value = Option<Uuid>> {
    option::weighted(0.9, any::<u128>().prop_map(Uuid::from_u128))
}

pub fn device() -> impl Strategy<Value = Device<'static>> {
    (
        select(Platform::ALL.to_vec()),
        prop_oneof![5 => Just("1.0.0"), 1 => Just("2"), 1 => Just("3")],
        prop_oneof![5 => Just("production"), 1 => Just("beta"), 1 => Just("unheard of")],
        device_id(),
        option::weighted(0.8, update_id()),
        option::weighted(0.8, update_id()),
        vec(update_id(), 0..=MAX_RECENT_FAILED),
        any::<bool>(),
    )
        .prop_map(|(platform, runtime_version, channel, id, current, embedded, failed, takes_directives)| Device {
            platform,
            runtime_version,
            channel,
            id,
            current,
            embedded,
            recent_failed: failed.into_iter().collect(),
            takes_directives,
            facts: None,
        })
}
