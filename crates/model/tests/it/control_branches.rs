//! Branches, and pins on them.

use model::BranchId;
use model::Platform::{Android, Ios};
use model::control::plan;
use model::control::{OnRollout, Refusal, Terms};
use uuid::Uuid;

use crate::control_scene::{App, BOTH, branch, channel, issues, only, rolling, targeted};
use crate::scene::{SALT, share};

fn pinned() -> App {
    let mut app = App::new();
    app.publish("main", &BOTH, 1, &Terms::default());
    app.publish("main", &BOTH, 2, &Terms::default());
    app.run(plan::pin(&app.control, &branch("main"), app.group(1), OnRollout::Refuse));
    app
}

#[test]
fn a_branch_is_made_renamed_and_deleted() {
    let mut app = App::new();
    let id = BranchId(Uuid::from_u128(7));
    app.run(plan::create_branch(&app.control, id, branch("hotfix")));
    let exists = Err(Refusal::BranchExists(branch("hotfix")));
    assert_eq!(plan::create_branch(&app.control, BranchId(Uuid::from_u128(8)), branch("hotfix")), exists);
    assert_eq!(plan::rename_branch(&app.control, &branch("main"), branch("hotfix")), exists);
    assert!(plan::rename_branch(&app.control, &branch("main"), branch("main")).expect("not refused").is_empty());
    app.run(plan::rename_branch(&app.control, &branch("hotfix"), branch("fix")));
    assert_eq!(app.id("fix"), id, "filters name the id");
    app.publish_android("fix", 1);
    app.run(plan::delete_branch(&app.control, &branch("fix")));
    assert_eq!(app.control.entries.len(), 1, "a device may run what it had");
    app.run(plan::create_branch(&app.control, BranchId(Uuid::from_u128(8)), branch("fix")));
    let unknown = Err(Refusal::UnknownBranch(branch("none")));
    assert_eq!(plan::rename_branch(&app.control, &branch("none"), branch("n")), unknown);
    assert_eq!(plan::delete_branch(&app.control, &branch("none")), unknown);
    assert_eq!(plan::unpin(&app.control, &branch("none")), unknown);
}

#[test]
fn a_branch_that_a_channel_points_at_stays() {
    let mut app = App::new();
    let in_use = |name| Err(Refusal::BranchInUse { branch: branch(name), channel: channel("production") });
    assert_eq!(plan::delete_branch(&app.control, &branch("main")), in_use("main"));
    app.run(plan::delete_channel(&app.control, &channel("beta")));
    app.run(plan::start_split(&app.control, &channel("production"), &branch("next"), share(0), SALT));
    assert_eq!(plan::delete_branch(&app.control, &branch("next")), in_use("next"), "a split points at both");
}

#[test]
fn a_pin_issues_a_good_group_and_holds_what_comes_until_it_goes() {
    let mut app = pinned();
    assert_eq!((app.served("main", Android), app.served("main", Ios)), ("5:c1".into(), "6:c1".into()));
    app.publish("main", &BOTH, 3, &Terms::default());
    app.publish("main", &[Android], 4, &rolling(1000));
    assert_eq!(app.served("main", Android), "5:c1");
    let plan = app.run(plan::unpin(&app.control, &branch("main")));
    assert_eq!(issues(&app, &plan), [""; 0], "it was issued after the pin");
    assert_eq!((app.served("main", Android), app.served("main", Ios)), ("9:c4@10% 7:c3".into(), "8:c3".into()));
    assert_eq!(plan::unpin(&app.control, &branch("main")), Err(Refusal::NotPinned(branch("main"))));
}

#[test]
fn what_waited_is_issued_again_past_a_roll_back() {
    let mut app = pinned();
    app.publish("main", &BOTH, 3, &Terms::default());
    app.publish("main", &BOTH, 4, &targeted());
    app.roll_back_to_embedded("main");
    assert_eq!(app.served("main", Android), "11:embedded", "a pin does not hold it");
    let plan = app.run(plan::unpin(&app.control, &branch("main")));
    let again = ["asked on main: android copy of 7, ios copy of 8", "asked on main: android copy of 9, ios copy of 10"];
    assert_eq!(issues(&app, &plan), again);
    assert_eq!((app.served("main", Android), app.served("main", Ios)), ("15:c4? 13:c3".into(), "16:c4? 14:c3".into()));
}

#[test]
fn only_a_group_of_the_branch_can_be_pinned() {
    let mut app = pinned();
    app.publish("next", &BOTH, 3, &Terms::default());
    let foreign = app.group(7);
    let pin = |group| plan::pin(&app.control, &branch("main"), group, OnRollout::Refuse);
    assert_eq!(pin(foreign), Err(Refusal::OtherBranch(foreign.id)));
    assert_eq!(pin(only(99)), Err(Refusal::UnknownUpdate(only(99).id)));
    let unknown = plan::pin(&app.control, &branch("none"), foreign, OnRollout::Refuse);
    assert_eq!(unknown, Err(Refusal::UnknownBranch(branch("none"))));
}

#[test]
fn a_rollout_that_waits_behind_a_pin_stands_in_nobodys_way() {
    let mut app = pinned();
    app.publish("main", &[Android], 3, &rolling(1000));
    app.roll_back_to_embedded("main");
    app.publish("main", &[Android], 4, &rolling(2000));
    app.run(plan::pin(&app.control, &branch("main"), app.group(1), OnRollout::Refuse));
    app.publish("main", &[Android], 5, &rolling(3000));
    app.run(plan::unpin(&app.control, &branch("main")));
    let served = app.served("main", Android);
    assert!(served.contains("c5@30%") && !served.contains("c4") && !served.contains("c3"), "one rolls out: {served}");
}

#[test]
fn what_was_held_does_not_cover_a_rollout_that_is_open() {
    let mut app = pinned();
    app.publish("main", &BOTH, 3, &Terms::default());
    app.run(plan::start_rollout(&app.control, app.group(5), share(1000), SALT));
    let covered = plan::unpin(&app.control, &branch("main"));
    assert!(matches!(covered, Err(Refusal::RolloutActive(_))), "{covered:?}");
    app.run(plan::finish_rollout(&app.control, app.group(5)));
    app.run(plan::unpin(&app.control, &branch("main")));
    assert_eq!(app.served("main", Android), "7:c3");
}

#[test]
fn enabling_does_not_cover_a_rollout_that_is_open() {
    let mut app = App::new();
    app.publish_android("main", 1);
    app.publish_android("main", 2);
    let bad = app.publish_android("main", 3);
    app.run(plan::disable(&app.control, only(bad)));
    app.run(plan::start_rollout(&app.control, only(2), share(1000), SALT));
    let covered = plan::enable(&app.control, only(bad));
    assert!(matches!(covered, Err(Refusal::RolloutActive(_))), "{covered:?}");
}

#[test]
fn what_waited_for_everyone_is_served_also_when_something_for_some_waits_above_it() {
    let mut app = pinned();
    app.publish("main", &[Android], 3, &Terms::default());
    app.roll_back_to_embedded("main");
    app.publish("main", &[Android], 4, &targeted());
    app.run(plan::unpin(&app.control, &branch("main")));
    let served = app.served("main", Android);
    assert!(served.contains("c4?") && served.contains("c3") && !served.contains("embedded"), "{served}");
}

#[test]
fn nothing_is_issued_on_a_deleted_branch() {
    let mut app = App::new();
    let id = BranchId(Uuid::from_u128(7));
    app.run(plan::create_branch(&app.control, id, branch("hotfix")));
    let rolls = app.publish("hotfix", &[Android], 1, &rolling(1000));
    app.run(plan::delete_branch(&app.control, &branch("hotfix")));
    let unknown = Err(Refusal::UnknownUpdate(only(rolls).id));
    assert_eq!(plan::revert_rollout(&app.control, only(rolls)), unknown);
    assert_eq!(plan::start_rollout(&app.control, only(rolls), share(1), SALT), unknown);
    assert_eq!(plan::finish_rollout(&app.control, only(rolls)), unknown);
}
