//! Stories of binaries: what lies in them, other ones, other configurations, and what the reaper leaves.

use super::stories::{ANDROID, BOTH, IOS, e};
use super::stories_launch::without_embedded;
use super::story::Step::{Check, Filters, Header, Install, Launch, Override, Reap, Reload, Stored};
use super::story::{Sent, Story, binary, id};
use crate::{Binary, Embedded};

fn newer_binary() -> Binary {
    binary('F', 50)
}

fn of_runtime_2() -> Binary {
    Binary { runtime_version: String::from("2.0.0"), ..binary('F', 15) }
}

fn with_image_inside() -> Binary {
    let embedded = Embedded { id: id('E'), commit_time_ms: 1_767_225_610_000, asset_keys: vec![String::from("image")] };
    Binary { embedded: Some(embedded), ..e() }
}

pub(super) const STORIES: &[Story] = &[
    Story {
        name: "Android takes an asset that lies in the binary from there",
        platforms: ANDROID,
        binary: with_image_inside,
        steps: &[(Launch, "runs embedded E"), (Check(Sent::update('B', 20)), "downloads B with 1 files")],
    },
    Story {
        name: "iOS downloads an asset that lies in the binary",
        platforms: IOS,
        binary: with_image_inside,
        steps: &[(Launch, "runs embedded E"), (Check(Sent::update('B', 20)), "downloads B with 2 files")],
    },
    Story {
        name: "a new binary's embedded update is started when it is newer than all that is stored",
        platforms: BOTH,
        binary: e,
        steps: &[
            (Launch, "runs embedded E"),
            (Check(Sent::update('B', 20)), "downloads B with 2 files"),
            (Launch, "runs B"),
            (Install(newer_binary), "done"),
            (Launch, "runs embedded F"),
            (Check(Sent::update('C', 40)), "not later"),
            (Check(Sent::update('D', 60)), "downloads D with 1 files"),
            (Launch, "runs D"),
        ],
    },
    Story {
        name: "a binary of another runtime version does not start the old one's updates",
        platforms: BOTH,
        binary: e,
        steps: &[
            (Launch, "runs embedded E"),
            (Check(Sent::update('B', 20)), "downloads B with 2 files"),
            (Install(of_runtime_2), "done"),
            (Launch, "runs embedded F"),
            (Header("expo-runtime-version"), "2.0.0"),
        ],
    },
    Story {
        name: "iOS never starts the embedded update of an older binary, not even after a roll back",
        platforms: IOS,
        binary: e,
        steps: &[
            (Launch, "runs embedded E"),
            (Check(Sent::roll_back(90)), "rolls back"),
            (Install(newer_binary), "done"),
            (Launch, "runs embedded F"),
        ],
    },
    Story {
        name: "Android goes on under the id of the older binary's embedded update after a roll back",
        platforms: ANDROID,
        binary: e,
        steps: &[
            (Launch, "runs embedded E"),
            (Check(Sent::roll_back(90)), "rolls back"),
            (Install(newer_binary), "done"),
            (Launch, "runs E"),
            (Header("expo-embedded-update-id"), "00000046-0000-0000-0000-000000000000"),
        ],
    },
    Story {
        name: "other request headers: what runs is replaced by anything, and only what was stored under them starts",
        platforms: BOTH,
        binary: e,
        steps: &[
            (Launch, "runs embedded E"),
            (Check(Sent::update('B', 40)), "downloads B with 2 files"),
            (Launch, "runs B"),
            (Override(&[("x-undeclared", "1")]), "not taken"),
            (Override(&[("Expo-Channel-Name", "beta")]), "taken"),
            (Header("expo-channel-name"), "beta"),
            (Reload, "nothing to start"),
            (Check(Sent::update('A', 20)), "downloads A with 1 files"),
            (Reload, "runs A"),
        ],
    },
    Story {
        name: "other request headers wipe what is stored on Android, which then cannot start its embedded update",
        platforms: ANDROID,
        binary: e,
        steps: &[
            (Launch, "runs embedded E"),
            (Check(Sent::update('B', 20).filters("branchid=\"main\"")), "downloads B with 2 files"),
            (Override(&[("expo-channel-name", "beta")]), "taken"),
            (Launch, "emergency"),
            (Filters, "none"),
            (Stored, "E"),
            (Check(Sent::update('C', 15)), "downloads C with 1 files"),
            (Launch, "runs C"),
        ],
    },
    Story {
        name: "under other request headers a newer binary's embedded update is not even stored",
        platforms: BOTH,
        binary: without_embedded,
        steps: &[
            (Launch, "emergency"),
            (Override(&[("expo-channel-name", "beta")]), "taken"),
            (Launch, "emergency"),
            (Check(Sent::update('C', 20)), "downloads C with 2 files"),
            (Launch, "runs C"),
            (Install(newer_binary), "done"),
            (Launch, "runs C"),
            (Stored, "C"),
        ],
    },
    Story {
        name: "other request headers wipe the updates on iOS, but not the filters",
        platforms: IOS,
        binary: e,
        steps: &[
            (Launch, "runs embedded E"),
            (Check(Sent::update('B', 20).filters("branchid=\"main\"")), "downloads B with 2 files"),
            (Override(&[("expo-channel-name", "beta")]), "taken"),
            (Launch, "runs embedded E"),
            (Filters, "branchid=main"),
            (Stored, "E"),
        ],
    },
    Story {
        name: "the reaper keeps what runs, what is newer, and the next older one",
        platforms: ANDROID,
        binary: e,
        steps: &[
            (Launch, "runs embedded E"),
            (Check(Sent::update('C', 40)), "downloads C with 2 files"),
            (Check(Sent::update('B', 30)), "downloads B with 1 files"),
            (Launch, "runs C"),
            (Check(Sent::update('D', 50)), "downloads D with 1 files"),
            (Stored, "EBCD"),
            (Reap, "done"),
            (Stored, "BCD"),
        ],
    },
    Story {
        name: "the reaper of iOS keeps the older update that came last",
        platforms: IOS,
        binary: e,
        steps: &[
            (Launch, "runs embedded E"),
            (Check(Sent::update('C', 30)), "downloads C with 2 files"),
            (Check(Sent::update('B', 20)), "downloads B with 1 files"),
            (Check(Sent::update('D', 50)), "downloads D with 1 files"),
            (Launch, "runs D"),
            (Reap, "done"),
            (Stored, "BD"),
        ],
    },
    Story {
        name: "a running update that was reaped from nothing keeps the next older one that passes the filters",
        platforms: ANDROID,
        binary: without_embedded,
        steps: &[
            (Launch, "emergency"),
            (Check(Sent::of_branch('A', 20, "a")), "downloads A with 2 files"),
            (Check(Sent::of_branch('B', 30, "b")), "downloads B with 1 files"),
            (Check(Sent::of_branch('C', 40, "a").filters("branchid=\"a\"")), "downloads C with 1 files"),
            (Launch, "runs C"),
            (Reap, "done"),
            (Stored, "AC"),
        ],
    },
];
