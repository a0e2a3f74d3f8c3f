//! What becomes reachable is issued again when a device that took a roll back to embedded would refuse it.

use model::Platform::{Android, Ios};
use model::control::plan;
use model::control::{OnRollout, Terms};

use crate::control_scene::{App, BOTH, branch, channel, issues, only, rolling, targeted};
use crate::scene::{SALT, share};

/// `main` was rolled back after `next` got its update: devices of `production` run embedded updates that carry a time
/// later than it.
fn rolled_back_main() -> App {
    let mut app = App::new();
    app.publish("next", &BOTH, 1, &Terms::default());
    app.publish("main", &BOTH, 2, &Terms::default());
    app.roll_back_to_embedded("main");
    app
}

#[test]
fn a_branch_that_a_channel_comes_to_is_issued_again() {
    let mut app = rolled_back_main();
    let plan = app.run(plan::point_channel(&app.control, &channel("production"), &branch("next")));
    assert_eq!(issues(&app, &plan), ["renewed on next: android copy of 1, ios copy of 2"]);
    assert_eq!((app.served("next", Android), app.served("next", Ios)), ("7:c1".into(), "8:c1".into()));
    let plan = app.run(plan::point_channel(&app.control, &channel("beta"), &branch("next")));
    assert!(plan.is_empty(), "it points there");
}

#[test]
fn so_are_both_branches_of_a_split_with_their_rules_and_rollouts() {
    let mut app = App::new();
    app.publish_android("next", 1);
    app.publish("next", &[Android], 2, &targeted());
    app.publish("next", &[Android], 3, &rolling(1000));
    app.publish_android("main", 4);
    app.roll_back_to_embedded("main");
    let plan = app.run(plan::start_split(&app.control, &channel("production"), &branch("next"), share(500), SALT));
    assert_eq!(issues(&app, &plan), [1, 2, 3].map(|number| format!("renewed on next: android copy of {number}")));
    assert_eq!(app.served("next", Android), "8:c3@10% 7:c2? 6:c1");
    assert_eq!(app.served("main", Android), "5:embedded");
    let plan = app.run(plan::set_split(&app.control, &channel("production"), share(400)));
    assert_eq!(issues(&app, &plan), [""; 0], "all of it is later than the roll back");
}

#[test]
fn so_is_what_lies_beneath_a_roll_back_that_is_disabled() {
    let mut app = App::new();
    let first = app.publish_android("main", 1);
    app.roll_back_to_embedded("main");
    let plan = app.run(plan::disable(&app.control, only(2)));
    assert_eq!(issues(&app, &plan), [format!("renewed on main: android copy of {first}")]);
    assert_eq!(app.served("main", Android), "3:c1");
}

#[test]
fn so_is_what_is_enabled_beneath_it() {
    let mut app = App::new();
    app.publish_android("main", 1);
    app.run(plan::disable(&app.control, only(1)));
    app.publish_android("main", 2);
    app.roll_back_to_embedded("main");
    for number in [2, 3] {
        app.run(plan::disable(&app.control, only(number)));
    }
    assert_eq!(app.served("main", Android), "");
    let plan = app.run(plan::enable(&app.control, only(1)));
    assert_eq!(issues(&app, &plan), ["renewed on main: android copy of 1"]);
}

#[test]
fn so_is_what_lies_beneath_a_roll_back_that_goes_to_fewer() {
    let mut app = App::new();
    app.publish_android("main", 1);
    app.roll_back_to_embedded("main");
    let plan = app.run(plan::start_rollout(&app.control, only(2), share(1000), SALT));
    assert_eq!(issues(&app, &plan), ["renewed on main: android copy of 1", "asked on main: android embedded as 2"]);
    assert_eq!(app.served("main", Android), "4:embedded@10% 3:c1");
}

/// The embedded update carries the time of the first roll back also when nothing lay beneath it at that time.
#[test]
fn so_is_what_comes_beneath_it_later() {
    let mut app = App::new();
    app.publish_android("main", 1);
    app.run(plan::disable(&app.control, only(1)));
    app.roll_back_to_embedded("main");
    app.run(plan::start_rollout(&app.control, only(2), share(1000), SALT));
    assert_eq!(app.served("main", Android), "3:embedded@10%");
    let plan = app.run(plan::enable(&app.control, only(1)));
    assert_eq!(issues(&app, &plan), ["renewed on main: android copy of 1", "renewed on main: android embedded as 3"]);
}

/// Devices took it, whatever became of it.
#[test]
fn a_roll_back_that_was_deleted_counts() {
    let mut app = App::new();
    app.publish_android("next", 1);
    app.publish_android("main", 2);
    app.roll_back_to_embedded("main");
    app.publish_android("main", 3);
    app.run(plan::delete_updates(&app.control, only(3)));
    assert!(app.control.entry(crate::scene::update(3)).is_none());
    let plan = app.run(plan::point_channel(&app.control, &channel("production"), &branch("next")));
    assert_eq!(issues(&app, &plan), ["renewed on next: android copy of 1"]);
}

#[test]
fn what_is_published_stays_above_what_is_renewed_with_it() {
    let mut app = App::new();
    app.publish("main", &BOTH, 1, &Terms::default());
    app.publish("main", &BOTH, 2, &rolling(10_000));
    app.publish("next", &BOTH, 3, &Terms::default());
    app.roll_back_to_embedded("next");
    // What lay beneath the rollout is older than the roll back, and the rollout does not cover it any more.
    let terms = crate::control_scene::and_on_rollout(targeted(), OnRollout::Revert);
    let published = app.plan_publish("main", &BOTH, 4, &terms);
    let plan = app.run(published);
    assert_eq!(issues(&app, &plan).last().map(String::as_str), Some("asked on main: android new c4, ios new c4"));
    assert_eq!(app.served("main", Android), "11:c4? 9:c1");
    assert_eq!(app.served("main", Ios), "12:c4? 10:c1");
}

/// An edit of an entry that is only planned would name what no store has.
#[test]
fn a_plan_edits_only_what_is_stored() {
    let mut app = App::new();
    app.publish_android("next", 1);
    app.publish_android("main", 2);
    app.roll_back_to_embedded("main");
    let published = app.plan_publish("next", &[Android], 3, &targeted());
    let plan = app.run(published);
    assert_eq!(issues(&app, &plan), ["asked on next: android new c3"]);
    assert_eq!(app.served("next", Android), "4:c3? 1:c1");
}

#[test]
fn nothing_is_issued_again_without_need() {
    let mut app = App::new();
    app.publish_android("main", 1);
    app.roll_back_to_embedded("main");
    app.publish_android("next", 2);
    let later = app.run(plan::point_channel(&app.control, &channel("production"), &branch("next")));
    assert_eq!(issues(&app, &later), [""; 0], "later than every roll back");

    let app = rolled_back_main();
    let other = app.plan_publish("next", &[Android], 3, &rolling(1000)).expect("not refused");
    assert_eq!(issues(&app, &other), ["asked on next: android new c3"], "nobody of `main` comes to `next`");
}

#[test]
fn a_rollout_that_was_issued_again_is_known_by_its_old_id() {
    let mut app = App::new();
    app.publish_android("main", 4);
    app.publish_android("next", 5);
    let started = app.publish("next", &[Android], 6, &rolling(1000));
    app.roll_back_to_embedded("main");
    app.run(plan::point_channel(&app.control, &channel("production"), &branch("next")));
    let before = app.served("next", Android);
    assert!(before.contains("c6@10%") && !before.starts_with(&started.to_string()), "issued again: {before}");
    app.run(plan::set_rollout(&app.control, only(started), share(5000)));
    assert!(app.served("next", Android).contains("c6@50%"));
    app.run(plan::finish_rollout(&app.control, only(started)));
    assert!(!app.served("next", Android).contains('%'));
}
