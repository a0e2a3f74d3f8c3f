//! The rules of state, as stories: what is loaded and kept. The others are told in their own files.

use protocol::Platform;

use super::story::Step::{Ask, Check, CheckLosing, Filters, Header, Launch, Stored};
use super::story::{Sent, Story, binary, transcript};
use super::{stories_binary, stories_launch};
use crate::{Binary, Protocol, RuleSet};

pub(super) const BOTH: &[Platform] = &Platform::ALL;
pub(super) const ANDROID: &[Platform] = &[Platform::Android];
pub(super) const IOS: &[Platform] = &[Platform::Ios];

/// A binary with the embedded update E, built at second 10.
pub(super) fn e() -> Binary {
    binary('E', 10)
}

fn of_protocol_0() -> Binary {
    Binary { protocol: Protocol::Zero, ..e() }
}

/// What is loaded and what is kept.
const LOADING: &[Story] = &[
    Story {
        name: "a later update is downloaded, and runs from the next launch on",
        platforms: BOTH,
        binary: e,
        steps: &[
            (Launch, "runs embedded E"),
            (Check(Sent::update('B', 20)), "downloads B with 2 files"),
            (Header("expo-current-update-id"), "00000045-0000-0000-0000-000000000000"),
            (Check(Sent::update('B', 20)), "has B"),
            (Launch, "runs B"),
            (Header("expo-current-update-id"), "00000042-0000-0000-0000-000000000000"),
            (Header("expo-embedded-update-id"), "00000045-0000-0000-0000-000000000000"),
            (Check(Sent::update('B', 20)), "not later"),
            (Check(Sent::update('C', 30)), "downloads C with 1 files"),
            (Stored, "EBC"),
        ],
    },
    Story {
        name: "a directive wins over a manifest that comes with it",
        platforms: BOTH,
        binary: e,
        steps: &[(Launch, "runs embedded E"), (Check(Sent::contradiction('B', 20)), "nothing"), (Stored, "E")],
    },
    Story {
        name: "a client of protocol 0 passes over the directive",
        platforms: BOTH,
        binary: of_protocol_0,
        steps: &[(Launch, "runs embedded E"), (Check(Sent::contradiction('B', 20)), "downloads B with 2 files")],
    },
    Story {
        name: "an earlier update is refused, also one from before the binary was built",
        platforms: BOTH,
        binary: e,
        steps: &[
            (Launch, "runs embedded E"),
            (Check(Sent::update('A', 9)), "not later"),
            (Check(Sent::update('C', 30)), "downloads C with 2 files"),
            (Launch, "runs C"),
            (Check(Sent::update('B', 20)), "not later"),
            (Ask(Sent::update('B', 20)), "rejected"),
            (Check(Sent::update('D', 30)), "not later"),
            (Launch, "runs C"),
        ],
    },
    Story {
        name: "two stored updates never have the same time",
        platforms: BOTH,
        binary: e,
        steps: &[
            (Launch, "runs embedded E"),
            (Check(Sent::update('B', 20)), "downloads B with 2 files"),
            (Check(Sent::update('C', 20)), "refused by commit-times-are-unique"),
            (Check(Sent::roll_back(20)), "refused by commit-times-are-unique"),
            (Launch, "runs B"),
        ],
    },
    Story {
        name: "filters let a device go to an older update of another branch, and stay in force",
        platforms: BOTH,
        binary: e,
        steps: &[
            (Launch, "runs embedded E"),
            (Check(Sent::of_branch('B', 40, "b").filters("branchid=\"b\"")), "downloads B with 2 files"),
            (Launch, "runs B"),
            (Check(Sent::of_branch('A', 20, "a")), "not later"),
            (Check(Sent::of_branch('A', 20, "a").filters("branchid=\"a\"")), "downloads A with 1 files"),
            (Launch, "runs A"),
            (Filters, "branchid=a"),
            (Check(Sent::nothing()), "nothing"),
            (Filters, "branchid=a"),
            (Launch, "runs A"),
        ],
    },
    Story {
        name: "a 204 with the filter of a branch of which nothing is stored starts the embedded update",
        platforms: BOTH,
        binary: e,
        steps: &[
            (Launch, "runs embedded E"),
            (Check(Sent::of_branch('A', 20, "a").filters("branchid=\"a\"")), "downloads A with 2 files"),
            (Launch, "runs A"),
            (Check(Sent::nothing().filters("branchid=\"b\"")), "nothing"),
            (Filters, "branchid=b"),
            (Launch, "runs embedded E"),
            (Check(Sent::no_update().filters("branchid=\"a\"")), "nothing"),
            (Launch, "runs A"),
        ],
    },
    Story {
        name: "a new dictionary replaces the whole old one",
        platforms: BOTH,
        binary: e,
        steps: &[
            (Launch, "runs embedded E"),
            (Check(Sent::nothing().filters("branchid=\"a\", plan=\"pro\"")), "nothing"),
            (Check(Sent::no_update().filters("branchid=\"b\"")), "nothing"),
            (Filters, "branchid=b"),
            (Check(Sent::nothing().filters("")), "nothing"),
            (Filters, ""),
        ],
    },
    Story {
        name: "checkForUpdateAsync stores nothing",
        platforms: BOTH,
        binary: e,
        steps: &[
            (Launch, "runs embedded E"),
            (Ask(Sent::update('B', 20).filters("branchid=\"main\"")), "B is available"),
            (Ask(Sent::nothing().filters("branchid=\"main\"")), "nothing on the server"),
            (Ask(Sent::roll_back(30).filters("branchid=\"main\"")), "a roll back is available"),
            (Ask(Sent::roll_back(5)), "roll back rejected"),
            (Filters, "none"),
            (Stored, "E"),
        ],
    },
    Story {
        name: "a load that loses a file keeps neither the update nor the filters, and asks only for the rest",
        platforms: BOTH,
        binary: e,
        steps: &[
            (Launch, "runs embedded E"),
            (
                CheckLosing(Sent::update('B', 20).filters("branchid=\"main\"")),
                "lacks 1 with 2 files, refused by asset-status-is-success",
            ),
            (Filters, "none"),
            (Launch, "runs embedded E"),
            (Check(Sent::update('B', 20).filters("branchid=\"main\"")), "downloads B with 1 files"),
            (Filters, "branchid=main"),
            (Launch, "runs B"),
        ],
    },
    Story {
        name: "a roll back gives the embedded update the directive's time",
        platforms: BOTH,
        binary: e,
        steps: &[
            (Launch, "runs embedded E"),
            (Check(Sent::update('B', 20)), "downloads B with 2 files"),
            (Launch, "runs B"),
            (Check(Sent::roll_back(20)), "ignores the roll back"),
            (Check(Sent::roll_back(30)), "rolls back"),
            (Launch, "runs embedded E"),
            (Check(Sent::update('C', 25)), "not later"),
            (Check(Sent::roll_back(40)), "rolls back"),
            (Launch, "runs embedded E"),
            (Check(Sent::update('C', 35)), "not later"),
            (Check(Sent::update('D', 50)), "downloads D with 1 files"),
            (Launch, "runs D"),
        ],
    },
    Story {
        name: "a roll back with a filter that the running update fails is taken whatever its time",
        platforms: BOTH,
        binary: e,
        steps: &[
            (Launch, "runs embedded E"),
            (Check(Sent::of_branch('A', 40, "a").filters("branchid=\"a\"")), "downloads A with 2 files"),
            (Launch, "runs A"),
            (Check(Sent::roll_back(20)), "ignores the roll back"),
            (Check(Sent::roll_back(20).filters("branchid=\"b\"")), "rolls back"),
            (Launch, "runs embedded E"),
        ],
    },
    Story {
        name: "Android holds a roll back against the filters it has stored",
        platforms: ANDROID,
        binary: e,
        steps: &[
            (Launch, "runs embedded E"),
            (Check(Sent::of_branch('A', 40, "a")), "downloads A with 2 files"),
            (Launch, "runs A"),
            (Check(Sent::nothing().filters("branchid=\"b\"")), "nothing"),
            (Check(Sent::roll_back(20)), "rolls back"),
        ],
    },
    Story {
        name: "iOS holds a roll back against the filters that come with it",
        platforms: IOS,
        binary: e,
        steps: &[
            (Launch, "runs embedded E"),
            (Check(Sent::of_branch('A', 40, "a")), "downloads A with 2 files"),
            (Launch, "runs A"),
            (Check(Sent::nothing().filters("branchid=\"b\"")), "nothing"),
            (Check(Sent::roll_back(20)), "ignores the roll back"),
        ],
    },
];

/// All of them.
pub(super) fn all() -> impl Iterator<Item = &'static Story> {
    LOADING.iter().chain(stories_launch::STORIES).chain(stories_binary::STORIES)
}

#[test]
fn every_story_goes_as_told() {
    let mut wrong = Vec::new();
    for story in all() {
        for platform in story.platforms {
            let transcript = transcript(story, *platform, RuleSet::ALL);
            for (position, (line, (step, expected))) in transcript.iter().zip(story.steps).enumerate() {
                if line != expected {
                    let name = story.name;
                    wrong.push(format!("{platform}, {name:?}, step {position} {step:?}: {line:?}, not {expected:?}"));
                }
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
