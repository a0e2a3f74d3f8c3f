//! Stories of launches and requests: failures, emergencies, headers.

use super::stories::{ANDROID, BOTH, IOS, e};
use super::story::Step::{Ask, Check, Fail, Header, Launch, Param, Reload, Succeed};
use super::story::{Sent, Story};
use crate::Binary;

pub(super) fn without_embedded() -> Binary {
    Binary { embedded: None, ..e() }
}

fn with_own_header() -> Binary {
    let mut binary = e();
    binary.request_headers.push((String::from("Expo-Api-Version"), String::from("9")));
    binary
}

pub(super) const STORIES: &[Story] = &[
    Story {
        name: "without an embedded update nothing runs at first, everything is loaded, and no roll back is taken",
        platforms: BOTH,
        binary: without_embedded,
        steps: &[
            (Launch, "emergency"),
            (Header("expo-current-update-id"), "absent"),
            (Header("expo-embedded-update-id"), "absent"),
            (Check(Sent::update('B', 20)), "downloads B with 2 files"),
            (Reload, "runs B"),
            (Check(Sent::roll_back(30)), "ignores the roll back"),
            (Ask(Sent::roll_back(30)), "no embedded"),
        ],
    },
    Story {
        name: "an update that fails before its first content is not started again",
        platforms: BOTH,
        binary: e,
        steps: &[
            (Launch, "runs embedded E"),
            (Check(Sent::update('B', 20)), "downloads B with 2 files"),
            (Launch, "runs B"),
            (Fail("boom"), "done"),
            (Reload, "runs embedded E"),
            (Header("expo-recent-failed-update-ids"), "\"00000042-0000-0000-0000-000000000000\""),
            (Header("expo-recent-failed-update-ids"), "\"00000042-0000-0000-0000-000000000000\""),
            (Ask(Sent::update('B', 20)), "failed before"),
            (Check(Sent::update('B', 20)), "has B"),
            (Launch, "runs embedded E"),
            (Check(Sent::update('C', 30)), "downloads C with 1 files"),
            (Launch, "runs C"),
        ],
    },
    Story {
        name: "an update that once launched well does not count as failed",
        platforms: BOTH,
        binary: e,
        steps: &[
            (Launch, "runs embedded E"),
            (Check(Sent::update('B', 20)), "downloads B with 2 files"),
            (Launch, "runs B"),
            (Succeed, "done"),
            (Fail("boom"), "done"),
            (Header("expo-recent-failed-update-ids"), "absent"),
            (Launch, "runs B"),
            (Fail("boom"), "done"),
            (Launch, "runs B"),
        ],
    },
    Story {
        name: "five failures are sent, the latest first",
        platforms: BOTH,
        binary: e,
        steps: &[
            (Launch, "runs embedded E"),
            (Check(Sent::update('1', 21)), "downloads 1 with 2 files"),
            (Launch, "runs 1"),
            (Fail("boom"), "done"),
            (Check(Sent::update('2', 22)), "downloads 2 with 1 files"),
            (Launch, "runs 2"),
            (Fail("boom"), "done"),
            (Check(Sent::update('3', 23)), "downloads 3 with 1 files"),
            (Launch, "runs 3"),
            (Fail("boom"), "done"),
            (Check(Sent::update('4', 24)), "downloads 4 with 1 files"),
            (Launch, "runs 4"),
            (Fail("boom"), "done"),
            (Check(Sent::update('5', 25)), "downloads 5 with 1 files"),
            (Launch, "runs 5"),
            (Fail("boom"), "done"),
            (Check(Sent::update('6', 26)), "downloads 6 with 1 files"),
            (Launch, "runs 6"),
            (Fail("boom"), "done"),
            (
                Header("expo-recent-failed-update-ids"),
                "\"00000036-0000-0000-0000-000000000000\", \"00000035-0000-0000-0000-000000000000\", \
                 \"00000034-0000-0000-0000-000000000000\", \"00000033-0000-0000-0000-000000000000\", \
                 \"00000032-0000-0000-0000-000000000000\"",
            ),
        ],
    },
    Story {
        name: "the embedded update fails too: an emergency launch, which names no update and loads anything",
        platforms: BOTH,
        binary: e,
        steps: &[
            (Launch, "runs embedded E"),
            (Fail("boom"), "done"),
            (Launch, "emergency"),
            (Header("expo-current-update-id"), "absent"),
            (Header("expo-recent-failed-update-ids"), "\"00000045-0000-0000-0000-000000000000\""),
            (Check(Sent::update('A', 5)), "downloads A with 2 files"),
            (Launch, "runs A"),
        ],
    },
    Story {
        name: "iOS sends a fatal error once",
        platforms: IOS,
        binary: e,
        steps: &[
            (Launch, "runs embedded E"),
            (Fail("Fatal error: boom"), "done"),
            (Header("expo-fatal-error"), "Fatal error: boom"),
            (Header("expo-fatal-error"), "absent"),
        ],
    },
    Story {
        name: "Android sends a fatal error once, after an emergency launch",
        platforms: ANDROID,
        binary: without_embedded,
        steps: &[
            (Launch, "emergency"),
            (Header("expo-fatal-error"), "no launchable update was found"),
            (Header("expo-fatal-error"), "absent"),
        ],
    },
    Story {
        name: "server-defined headers are replayed until they are replaced",
        platforms: BOTH,
        binary: e,
        steps: &[
            (Launch, "runs embedded E"),
            (Header("x-shard"), "absent"),
            (Check(Sent::nothing().server_headers("x-shard=\"7\", x-group=\"a\"")), "nothing"),
            (Header("x-shard"), "7"),
            (Check(Sent::nothing()), "nothing"),
            (Header("x-shard"), "7"),
            (Check(Sent::nothing().server_headers("x-group=\"b\"")), "nothing"),
            (Header("x-shard"), "absent"),
            (Header("x-group"), "b"),
            (Check(Sent::nothing().server_headers("accept=\"text/html\"")), "nothing"),
            (Header("accept"), "multipart/mixed,application/expo+json,application/json"),
        ],
    },
    Story {
        name: "the binary's request headers override all others",
        platforms: BOTH,
        binary: with_own_header,
        steps: &[
            (Launch, "runs embedded E"),
            (Header("expo-api-version"), "9"),
            (Header("expo-channel-name"), "production"),
        ],
    },
    Story {
        name: "extra parameters are a dictionary of ASCII strings with lower-case keys",
        platforms: BOTH,
        binary: e,
        steps: &[
            (Launch, "runs embedded E"),
            (Header("expo-extra-params"), "absent"),
            (Param("plan", Some("pro \"plus\"")), "taken"),
            (Param("locale", Some("de-CH")), "taken"),
            (Param("Plan", Some("x")), "not taken"),
            (Param("city", Some("Zürich")), "not taken"),
            (Header("expo-extra-params"), "plan=\"pro \\\"plus\\\"\", locale=\"de-CH\""),
            (Param("plan", None), "taken"),
            (Header("expo-extra-params"), "locale=\"de-CH\""),
        ],
    },
];
