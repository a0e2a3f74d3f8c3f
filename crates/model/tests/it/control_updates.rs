//! Entries that are there: disabled, enabled, deleted; updates inside binaries.

use model::Platform::Android;
use model::control::plan;
use model::control::{DeletedEntry, Edit, Plan, Refusal, RegisteredEmbedded, Terms};
use model::{BlobHash, EntryKind, Millis, Platform, UpdateGroupId};

use crate::control_scene::{App, BOTH, branch, channel, only, targeted};
use crate::scene::{SALT, runtime, share, update};

fn codes(plan: &Plan) -> Vec<&str> {
    plan.notes.iter().map(|note| note.code).collect()
}

#[test]
fn disabling_warns_of_devices_that_stay_and_enabling_of_those_that_come() {
    let mut app = App::new();
    app.publish("main", &BOTH, 1, &Terms::default());
    app.publish("main", &BOTH, 2, &Terms::default());
    let plan = app.run(plan::disable(&app.control, app.group(3)));
    assert_eq!(codes(&plan), ["devices_stay", "devices_stay"]);
    assert_eq!(app.served("main", Android), "1:c1");
    assert!(app.run(plan::disable(&app.control, app.group(3))).is_empty());
    let plan = app.run(plan::disable(&app.control, app.group(1)));
    assert_eq!(app.served("main", Android), "");
    assert_eq!(codes(&plan), ["devices_stay", "devices_stay"]);
    let plan = app.run(plan::enable(&app.control, app.group(3)));
    assert_eq!(codes(&plan), ["served_again", "served_again"]);
    let plan = app.run(plan::enable(&app.control, app.group(1)));
    assert_eq!(codes(&plan), [""; 0], "nobody comes to what is beneath");
    assert!(app.run(plan::enable(&app.control, app.group(1))).is_empty());
    assert_eq!(plan::disable(&app.control, only(99)), Err(Refusal::UnknownUpdate(update(99).0)));
    assert_eq!(plan::enable(&app.control, only(99)), Err(Refusal::UnknownUpdate(update(99).0)));
}

/// Whether entry `number` may be deleted.
fn is_needed(app: &App, number: u32) -> bool {
    match plan::delete_updates(&app.control, only(number)) {
        Ok(plan) => {
            assert_eq!(plan.edits, [Edit::DeleteUpdate { update: update(number.into()) }]);
            false
        }
        Err(Refusal::UpdateNeeded { update: needed, .. }) => {
            assert_eq!(needed, update(number.into()));
            true
        }
        Err(other) => panic!("{other}"),
    }
}

#[test]
fn only_what_nothing_needs_is_deleted() {
    let mut app = App::new();
    app.publish_android("main", 1);
    assert!(is_needed(&app, 1), "it is served");
    app.run(plan::pause_channel(&app.control, &channel("production"), true));
    assert!(is_needed(&app, 1), "it is served again when the channel resumes");
    app.run(plan::disable(&app.control, only(1)));
    assert!(!is_needed(&app, 1), "nobody is offered it");
    app.publish_android("main", 2);
    app.run(plan::republish(&app.control, only(1), app.id("next"), &Terms::default()));
    assert!(is_needed(&app, 1), "3 repeats it");
    assert!(is_needed(&app, 3), "`beta` serves it");
    app.publish_android("next", 4);
    app.run(plan::delete_updates(&app.control, only(3)));
    assert!(!is_needed(&app, 1));
}

/// No device is offered it there.
#[test]
fn what_no_channel_points_at_is_deleted() {
    let mut app = App::new();
    app.publish_android("next", 1);
    app.run(plan::pin(&app.control, &branch("next"), only(1), model::control::OnRollout::Refuse));
    app.publish_android("next", 2);
    assert!(is_needed(&app, 2) && is_needed(&app, 3));
    app.run(plan::point_channel(&app.control, &channel("beta"), &branch("main")));
    assert!(!is_needed(&app, 2), "the newest of a branch at which no channel points");
    assert!(is_needed(&app, 3), "it waits");
    app.run(plan::delete_branch(&app.control, &branch("next")));
    assert!(!is_needed(&app, 3), "the pin went with its branch");
}

/// Devices that run it refuse what is older, so the server goes on knowing it; and nothing takes its place.
#[test]
fn a_deleted_update_stays_known() {
    let mut app = App::new();
    app.publish("main", &BOTH, 1, &Terms::default());
    app.publish("main", &BOTH, 2, &Terms::default());
    app.run(plan::disable(&app.control, app.group(3)));
    app.publish("main", &[Android], 3, &targeted());
    let before = app.control.snapshot().expect("few").known;
    let issued = app.control.entry(update(3)).expect("there").clone();
    let next = app.control.next_instant(Android, Millis(0));

    for number in [4, 3] {
        app.run(plan::delete_updates(&app.control, only(number)));
    }

    assert_eq!(app.control.snapshot().expect("few").known, before);
    assert_eq!(app.control.next_instant(Android, Millis(0)), next);
    let left: Vec<_> = app.control.deleted.iter().map(|past| past.id).collect();
    assert_eq!(left, [update(4), update(3)]);
    let (branch, lane, created_at) = (issued.branch, issued.lane, issued.entry.created_at);
    let expected = DeletedEntry { id: update(3), branch, lane, created_at, kind: EntryKind::Update };
    assert_eq!(app.control.deleted[1], expected);
    app.run(plan::disable(&app.control, only(5)));
    app.run(plan::delete_updates(&app.control, only(5)));
    assert_eq!(app.control.next_instant(Android, Millis(0)), next, "also when it was the newest of all");
}

#[test]
fn what_waits_stays_until_it_is_disabled() {
    let mut app = App::new();
    app.publish_android("main", 1);
    app.run(plan::pin(&app.control, &branch("main"), only(1), model::control::OnRollout::Refuse));
    app.publish_android("main", 2);
    assert!(is_needed(&app, 3), "it waits");
    app.run(plan::disable(&app.control, only(3)));
    assert!(!is_needed(&app, 3));
}

#[test]
fn disabling_warns_also_of_what_lies_beneath() {
    let mut app = App::new();
    app.publish_android("main", 1);
    app.publish("main", &[Android], 2, &targeted());
    assert_eq!(codes(&app.run(plan::disable(&app.control, only(1)))), ["devices_stay"]);
    assert_eq!(codes(&app.run(plan::disable(&app.control, only(1)))), [""; 0]);
}

#[test]
fn a_rollout_that_was_never_finished_needs_what_is_beneath() {
    let mut app = App::new();
    app.publish_android("main", 1);
    app.publish_android("main", 2);
    app.run(plan::start_rollout(&app.control, only(2), share(9_999), SALT));
    assert!(is_needed(&app, 1));
    app.run(plan::finish_rollout(&app.control, only(2)));
    assert!(!is_needed(&app, 1));
}

#[test]
fn a_message_is_its_groups() {
    let mut app = App::new();
    app.publish("main", &BOTH, 1, &Terms::default());
    let plan = plan::edit_message(&app.control, only(2), Some("why")).expect("not refused");
    let UpdateGroupId(group) = app.control.entry(update(1)).expect("there").entry.group;
    let edit = Edit::SetMessage { group: UpdateGroupId(group), message: Some("why".into()) };
    assert_eq!(plan.edits, [edit]);
    assert_eq!(app.group(1).id, group);
}

fn embedded(built: i64) -> RegisteredEmbedded {
    RegisteredEmbedded {
        id: update(0xe0),
        platform: Platform::Android,
        runtime_version: runtime("1.0.0"),
        created_at: Millis(built),
        launch_hash: Some(BlobHash([1; 32])),
        channel: Some(channel("production")),
    }
}

#[test]
fn a_binary_is_registered_once() {
    let mut app = App::new();
    app.run(plan::register_embedded(&app.control, embedded(5)));
    assert_eq!(app.control.embedded, [embedded(5)]);
    assert!(plan::register_embedded(&app.control, embedded(5)).expect("not refused").is_empty());
    let others = [
        (RegisteredEmbedded { platform: Platform::Ios, ..embedded(5) }, "platform"),
        (RegisteredEmbedded { runtime_version: runtime("2"), ..embedded(5) }, "runtime version"),
        (embedded(6), "commit time"),
        (RegisteredEmbedded { launch_hash: Some(BlobHash([2; 32])), ..embedded(5) }, "bundle"),
        (RegisteredEmbedded { channel: Some(channel("beta")), ..embedded(5) }, "channel"),
    ];
    for (other, fact) in others {
        let conflict = Err(Refusal::EmbeddedConflict(update(0xe0), fact));
        assert_eq!(plan::register_embedded(&app.control, other), conflict);
    }
}

#[test]
fn a_registration_is_completed() {
    let mut app = App::new();
    let bare = RegisteredEmbedded { launch_hash: None, channel: None, ..embedded(5) };
    let with_hash = RegisteredEmbedded { channel: None, ..embedded(5) };
    let with_channel = RegisteredEmbedded { launch_hash: None, ..embedded(5) };
    for (told, known) in [(&bare, &bare), (&with_hash, &with_hash), (&with_channel, &embedded(5))] {
        assert!(!app.run(plan::register_embedded(&app.control, told.clone())).is_empty());
        assert_eq!(app.control.embedded, std::slice::from_ref(known));
    }
    for less in [bare, with_hash, with_channel] {
        assert!(plan::register_embedded(&app.control, less).expect("not refused").is_empty());
    }
}

#[test]
fn binaries_that_would_never_run_an_update_are_named() {
    let mut app = App::new();
    app.publish("main", &BOTH, 1, &Terms::default());
    app.publish_android("next", 2);
    let published = app.control.entry(update(1)).expect("there").entry.created_at.0;
    let newer = |app: &App, number: u128| {
        plan::newer_embedded(&app.control, app.control.entry(update(number)).expect("there")).len()
    };
    for (built, expected) in [(published - 1, 0), (published, 1), (published + 1, 1)] {
        let mut app = app.clone();
        app.run(plan::register_embedded(&app.control, embedded(built)));
        assert_eq!(newer(&app, 1), expected, "built at {built}");
        assert_eq!((newer(&app, 2), newer(&app, 3)), (0, 0), "another platform, another channel");
    }
    let anywhere = RegisteredEmbedded { channel: None, ..embedded(published + 9) };
    app.run(plan::register_embedded(&app.control, anywhere));
    assert_eq!((newer(&app, 1), newer(&app, 3)), (1, 1), "it may be on any channel");
    app.run(plan::disable(&app.control, only(1)));
    assert_eq!(newer(&app, 1), 0, "it is not served");
}
