//! Publishing, republishing, promoting and rolling back.

use model::Platform::{Android, Ios};
use model::control::plan;
use model::control::{OnRollout, Only, Plan, Refusal, RollBackTo, Selection, Terms};

use crate::control_scene::{App, BOTH, branch, issues, lane, only, rolling, targeted};
use crate::scene::{runtime, update};

fn back(app: &App, to: RollBackTo, only: &Only) -> Result<Plan, Refusal> {
    plan::roll_back(&app.control, app.id("main"), to, only, OnRollout::Refuse)
}

fn on(platform: model::Platform) -> Only {
    Only { platform: Some(platform), runtime_version: None }
}

#[test]
fn a_publish_is_one_group_above_what_is_there() {
    let mut app = App::new();
    let published = app.plan_publish("main", &BOTH, 1, &Terms::default());
    let plan = app.run(published);
    assert_eq!(issues(&app, &plan), ["asked on main: android new c1, ios new c1"]);
    assert!(plan.edits.is_empty(), "a publish that settles nothing stands for itself");
    app.publish("main", &BOTH, 2, &rolling(1000));
    assert_eq!(
        (app.served("main", Android), app.served("main", Ios)),
        ("3:c2@10% 1:c1".into(), "4:c2@10% 2:c1".into())
    );
}

#[test]
fn a_publish_on_a_pinned_branch_is_held() {
    let mut app = App::new();
    app.publish("main", &BOTH, 1, &Terms::default());
    app.run(plan::pin(&app.control, &branch("main"), app.group(1), OnRollout::Refuse));
    let published = app.plan_publish("main", &BOTH, 2, &Terms::default());
    let plan = app.run(published);
    assert_eq!(issues(&app, &plan), ["asked on main: android new c2 held, ios new c2 held"]);
    assert_eq!(app.served("main", Android), "3:c1");
}

#[test]
fn the_33rd_conditional_entry_is_refused() {
    let mut app = App::new();
    for content in 1..=32 {
        app.publish("main", &[Android], content, &targeted());
    }
    let refused = Err(Refusal::TooManyConditionalEntries(lane(Android, "1.0.0")));
    assert_eq!(app.plan_publish("main", &BOTH, 33, &targeted()), refused);
    assert_eq!(app.plan_publish("main", &[Android], 33, &rolling(1)), refused);
    assert!(app.plan_publish("main", &[Ios], 33, &targeted()).is_ok(), "another lane");
    assert!(app.plan_publish("main", &[Android], 33, &Terms::default()).is_ok(), "to everyone");
    app.run(plan::disable(&app.control, only(7)));
    assert!(app.plan_publish("main", &[Android], 33, &targeted()).is_ok(), "one is not served");
    let enabled = app.run(app.plan_publish("main", &[Android], 33, &targeted()));
    assert_eq!(enabled.issues.len(), 1);
    assert_eq!(plan::enable(&app.control, only(7)), refused);
}

#[test]
fn a_group_is_issued_again_here_or_elsewhere() {
    let mut app = App::new();
    app.publish("main", &BOTH, 1, &targeted());
    app.publish("main", &BOTH, 2, &Terms::default());
    let plan = app.run(plan::republish(&app.control, app.group(1), app.id("main"), &Terms::default()));
    assert_eq!(issues(&app, &plan), ["asked on main: android copy of 1, ios copy of 2"]);
    assert_eq!(app.served("main", Android), "5:c1", "on its own terms, not on those of then");
    let ios = Selection { platform: Some(Ios), ..app.group(3) };
    let plan = app.run(plan::republish(&app.control, ios, app.id("next"), &rolling(100)));
    assert_eq!(issues(&app, &plan), ["asked on next: ios copy of 4"]);
    assert_eq!(app.served("next", Ios), "7:c2@1%");
    app.roll_back_to_embedded("main");
    app.run(plan::republish(
        &app.control,
        app.group(8),
        app.id("next"),
        &Terms { on_rollout: OnRollout::Finish, ..Terms::default() },
    ));
    assert_eq!(app.served("next", Ios), "11:embedded", "a roll back is promoted like any other");
    let unknown = plan::republish(&app.control, only(99), app.id("next"), &Terms::default());
    assert_eq!(unknown, Err(Refusal::UnknownUpdate(update(99).0)));
}

#[test]
fn back_to_embedded() {
    let mut app = App::new();
    assert_eq!(back(&app, RollBackTo::Embedded, &Only::default()), Err(Refusal::NothingPublished(branch("main"))));
    app.publish("main", &BOTH, 1, &Terms::default());
    app.publish_android("main", 2);
    let plan = back(&app, RollBackTo::Embedded, &Only::default()).expect("not refused");
    assert_eq!(issues(&app, &plan), ["asked on main: android embedded"], "what was served last");
    let plan = back(&app, RollBackTo::Embedded, &on(Ios)).expect("not refused");
    assert_eq!(issues(&app, &plan), ["asked on main: ios embedded"]);
    let version = Only { platform: None, runtime_version: Some(runtime("1.0.0")) };
    let plan = back(&app, RollBackTo::Embedded, &version).expect("not refused");
    assert_eq!(issues(&app, &plan), ["asked on main: android embedded, ios embedded"], "all of a runtime version");
    let other = Only { platform: None, runtime_version: Some(runtime("2")) };
    assert_eq!(back(&app, RollBackTo::Embedded, &other), Err(Refusal::NothingPublished(branch("main"))));
}

#[test]
fn back_to_a_group() {
    let mut app = App::new();
    app.publish("main", &BOTH, 1, &Terms::default());
    app.publish("main", &BOTH, 2, &Terms::default());
    app.publish("next", &BOTH, 3, &Terms::default());
    let first = RollBackTo::Group(app.group(1).id);
    let plan = back(&app, first, &Only::default()).expect("not refused");
    assert_eq!(issues(&app, &plan), ["asked on main: android copy of 1, ios copy of 2"]);
    assert_eq!(issues(&app, &back(&app, first, &on(Ios)).expect("not refused")), ["asked on main: ios copy of 2"]);
    let foreign = app.group(5).id;
    assert_eq!(back(&app, RollBackTo::Group(foreign), &Only::default()), Err(Refusal::OtherBranch(foreign)));
}

#[test]
fn back_to_what_was_before() {
    // What is published, and what a roll back then leads to; each row goes on from the one before it.
    let mut app = App::new();
    let nothing = Refusal::NothingToRollBackTo(lane(Android, "1.0.0"));
    app.publish_android("main", 1);
    assert_eq!(back(&app, RollBackTo::Previous, &Only::default()), Err(nothing.clone()));
    app.publish_android("main", 2);
    app.publish_android("main", 3);
    app.run(back(&app, RollBackTo::Previous, &Only::default()));
    assert_eq!(app.served("main", Android), "4:c2");
    app.run(back(&app, RollBackTo::Previous, &Only::default()));
    assert_eq!(app.served("main", Android), "5:c1", "a copy stands where its original stood");
    assert_eq!(back(&app, RollBackTo::Previous, &Only::default()), Err(nothing));
    for content in [4, 4, 4] {
        app.publish_android("main", content);
    }
    app.run(back(&app, RollBackTo::Previous, &Only::default()));
    assert_eq!(app.served("main", Android), "9:c1", "the same content again is not what was before");
}

#[test]
fn a_roll_back_is_a_state_to_go_back_to() {
    let mut app = App::new();
    app.publish_android("main", 1);
    app.roll_back_to_embedded("main");
    app.publish_android("main", 2);
    let plan = back(&app, RollBackTo::Previous, &Only::default()).expect("not refused");
    assert_eq!(issues(&app, &plan), ["asked on main: android embedded as 2"]);
}

/// A build for testers must not become everybody's.
#[test]
fn what_was_for_a_few_is_not_what_everyone_goes_back_to() {
    let mut app = App::new();
    app.publish_android("main", 1);
    app.publish("main", &[Android], 2, &targeted());
    let plan = back(&app, RollBackTo::Previous, &Only::default()).expect("not refused");
    assert_eq!(issues(&app, &plan), ["asked on main: android copy of 1"], "from the few");
    app.publish_android("main", 3);
    let plan = back(&app, RollBackTo::Previous, &Only::default()).expect("not refused");
    assert_eq!(issues(&app, &plan), ["asked on main: android copy of 1"], "past the few");
    let mut app = App::new();
    app.publish("main", &[Android], 1, &targeted());
    app.publish_android("main", 2);
    let nothing = Refusal::NothingToRollBackTo(lane(Android, "1.0.0"));
    assert_eq!(back(&app, RollBackTo::Previous, &Only::default()), Err(nothing));
}

#[test]
fn a_pin_does_not_hold_a_roll_back() {
    let mut app = App::new();
    app.publish_android("main", 1);
    app.publish_android("main", 2);
    app.run(plan::pin(&app.control, &branch("main"), only(2), OnRollout::Refuse));
    app.publish_android("main", 3);
    app.run(back(&app, RollBackTo::Previous, &Only::default()));
    assert_eq!(app.served("main", Android), "5:c1", "what is held was never served");
}

/// Rolled back as one, the platforms go on as one, also after a revert issued what was beneath again.
#[test]
fn both_platforms_go_back_after_a_revert() {
    let mut app = App::new();
    app.publish("main", &BOTH, 1, &Terms::default());
    app.publish("main", &BOTH, 2, &rolling(1000));
    app.run(plan::revert_rollout(&app.control, app.group(3)));
    let plan = back(&app, RollBackTo::Embedded, &Only::default()).expect("not refused");
    assert_eq!(issues(&app, &plan), ["asked on main: android embedded, ios embedded"]);
}

#[test]
fn a_rollout_in_the_way_is_settled_first() {
    let mut app = App::new();
    app.publish_android("main", 1);
    app.publish("main", &[Android], 2, &rolling(1000));
    let active = Err(Refusal::RolloutActive(lane(Android, "1.0.0")));
    for to in [RollBackTo::Previous, RollBackTo::Embedded, RollBackTo::Group(app.group(1).id)] {
        assert_eq!(back(&app, to, &Only::default()), active, "{to:?}");
    }
    let reverted =
        plan::roll_back(&app.control, app.id("main"), RollBackTo::Embedded, &Only::default(), OnRollout::Revert);
    app.run(reverted);
    assert_eq!(app.served("main", Android), "4:embedded");
}

#[test]
fn back_from_a_rollout_is_back_to_what_was_beneath_it() {
    let mut app = App::new();
    app.publish_android("main", 1);
    app.publish_android("main", 2);
    app.publish("main", &[Android], 3, &rolling(1_000));
    let to =
        |on_rollout| plan::roll_back(&app.control, app.id("main"), RollBackTo::Previous, &Only::default(), on_rollout);
    assert_eq!(to(OnRollout::Refuse), Err(Refusal::RolloutActive(lane(Android, "1.0.0"))));
    for on_rollout in [OnRollout::Revert, OnRollout::Finish] {
        let plan = to(on_rollout).expect("not refused");
        assert_eq!(issues(&app, &plan), ["asked on main: android copy of 2"], "{on_rollout:?}");
    }
}
