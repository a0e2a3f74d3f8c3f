//! Rollouts of updates: started, raised, finished, reverted, and in the way of others.

use model::Platform::{Android, Ios};
use model::control::plan;
use model::control::{Edit, OnRollout, Refusal, Selection, Terms};
use model::{Millis, Rollout};

use crate::control_scene::{App, BOTH, and_on_rollout, issues, lane, only, rolling, targeted};
use crate::scene::{SALT, share, update};

/// 1 and 2 to everyone, 3 and 4 to ten percent; odd ones are Android's.
fn rolling_out() -> App {
    let mut app = App::new();
    app.publish("main", &BOTH, 1, &Terms::default());
    app.publish("main", &BOTH, 2, &rolling(1000));
    app
}

#[test]
fn a_published_rollout_grows_and_ends() {
    let mut app = rolling_out();
    assert_eq!(app.served("main", Android), "3:c2@10% 1:c1");
    let group = app.group(3);
    app.run(plan::set_rollout(&app.control, group, share(5000)));
    assert_eq!(
        (app.served("main", Android), app.served("main", Ios)),
        ("3:c2@50% 1:c1".into(), "4:c2@50% 2:c1".into())
    );
    assert!(app.run(plan::set_rollout(&app.control, group, share(5000))).is_empty());
    let ios = Selection { platform: Some(Ios), ..group };
    app.run(plan::finish_rollout(&app.control, ios));
    assert_eq!((app.served("main", Android), app.served("main", Ios)), ("3:c2@50% 1:c1".into(), "4:c2".into()));
    app.run(plan::set_rollout(&app.control, group, share(10_000)));
    assert_eq!(app.served("main", Android), "3:c2@100%");
    let plan = app.run(plan::revert_rollout(&app.control, group));
    assert_eq!(issues(&app, &plan), ["reverted on main: android copy of 1"], "also at a hundred percent");
}

#[test]
fn what_everyone_has_starts_to_roll_out() {
    let mut app = App::new();
    app.publish("main", &[Android], 1, &Terms::default());
    app.publish("main", &[Android], 2, &Terms::default());
    let plan = app.run(plan::start_rollout(&app.control, only(2), share(1000), SALT));
    let rollout = Some(Rollout { share: share(1000), salt: SALT });
    assert_eq!(plan.edits, [Edit::SetRollout { update: update(2), rollout }]);
    assert_eq!(app.served("main", Android), "2:c2@10% 1:c1");
}

#[test]
fn also_the_first_update_of_a_runtime_version_rolls_out() {
    let mut app = App::new();
    app.publish("main", &BOTH, 1, &rolling(1000));
    assert_eq!(app.served("main", Ios), "2:c1@10%");
    let plan = app.run(plan::revert_rollout(&app.control, app.group(1)));
    assert_eq!(issues(&app, &plan), ["reverted on main: ios embedded, android embedded"]);
}

#[test]
fn a_revert_issues_everything_beneath_again_each_with_its_rule() {
    let mut app = App::new();
    app.publish("main", &BOTH, 1, &Terms::default());
    app.publish("main", &BOTH, 2, &targeted());
    app.publish("main", &BOTH, 3, &rolling(1000));
    let plan = app.run(plan::revert_rollout(&app.control, app.group(5)));
    let again =
        ["reverted on main: ios copy of 2, android copy of 1", "reverted on main: ios copy of 4, android copy of 3"];
    assert_eq!(issues(&app, &plan), again, "what was one group is one group again");
    assert_eq!(app.served("main", Android), "10:c2? 8:c1");
    assert_eq!(app.served("main", Ios), "9:c2? 7:c1");
    assert!(app.control.entry(update(3)).expect("there").entry.disabled, "the copy stands for it");
}

/// Whoever got the rolling update and matches no rule beneath could not be moved by anything else.
#[test]
fn a_revert_upon_rules_alone_sends_the_rest_to_the_embedded_update() {
    let mut app = App::new();
    app.publish("main", &[Android], 1, &targeted());
    app.publish("main", &[Android], 2, &rolling(1000));
    let plan = app.run(plan::revert_rollout(&app.control, only(2)));
    assert_eq!(issues(&app, &plan), ["reverted on main: android embedded", "reverted on main: android copy of 1"]);
    assert_eq!(app.served("main", Android), "4:c1? 3:embedded");
}

#[test]
fn whom_the_rolling_update_was_not_for_is_left_alone() {
    let mut app = App::new();
    let terms = Terms { rule: targeted().rule, ..rolling(1000) };
    app.publish("main", &[Android], 1, &terms);
    app.run(plan::revert_rollout(&app.control, only(1)));
    assert_eq!(app.served("main", Android), "2:embedded?");
}

#[test]
fn what_waits_behind_a_pin_is_reverted_without_a_trace() {
    let mut app = App::new();
    app.publish("main", &[Android], 1, &Terms::default());
    app.run(plan::pin(&app.control, &crate::control_scene::branch("main"), only(1), OnRollout::Refuse));
    app.publish("main", &[Android], 2, &rolling(1000));
    let plan = app.run(plan::revert_rollout(&app.control, only(3)));
    assert_eq!(issues(&app, &plan), [""; 0]);
    assert_eq!(app.served("main", Android), "2:c1");
}

#[test]
fn other_operations_wait_or_settle_it() {
    let app = rolling_out();
    let refused = Refusal::RolloutActive(lane(Android, "1.0.0"));
    assert_eq!(app.plan_publish("main", &BOTH, 3, &Terms::default()), Err(refused.clone()));
    let published = |on_rollout| {
        let mut app = rolling_out();
        let published = app.plan_publish("main", &BOTH, 3, &and_on_rollout(rolling(100), on_rollout));
        let plan = app.run(published);
        (issues(&app, &plan), app.served("main", Android))
    };
    let new = "asked on main: android new c3, ios new c3";
    assert_eq!(published(OnRollout::Finish), (vec![new.into()], "5:c3@1% 3:c2".into()));
    let reverted = vec!["reverted on main: android copy of 1, ios copy of 2".into(), new.into()];
    assert_eq!(published(OnRollout::Revert), (reverted, "7:c3@1% 5:c1".into()));
    let republished = plan::republish(&app.control, app.group(1), app.id("main"), &Terms::default());
    assert_eq!(republished, Err(refused.clone()));
    let pinned = plan::pin(&app.control, &crate::control_scene::branch("main"), app.group(1), OnRollout::Refuse);
    assert_eq!(pinned, Err(refused.clone()));
    let started = plan::start_rollout(&app.control, app.group(3), share(1), SALT);
    assert!(matches!(started, Err(Refusal::RolloutActive(_))));
    let elsewhere = plan::republish(&app.control, app.group(1), app.id("next"), &Terms::default());
    assert!(elsewhere.is_ok(), "another branch");
}

#[test]
fn refusals() {
    let mut app = rolling_out();
    let unknown = update(99).0;
    let nowhere = Selection { id: unknown, platform: None };
    assert_eq!(plan::set_rollout(&app.control, nowhere, share(1)), Err(Refusal::UnknownUpdate(unknown)));
    let lowered = plan::set_rollout(&app.control, only(3), share(999));
    let cannot = Refusal::RolloutCannotLower { lane: lane(Android, "1.0.0"), from: share(1000), to: share(999) };
    assert_eq!(lowered, Err(cannot));
    for refused in [
        plan::set_rollout(&app.control, only(1), share(1)),
        plan::finish_rollout(&app.control, only(1)),
        plan::revert_rollout(&app.control, only(1)),
    ] {
        assert_eq!(refused, Err(Refusal::NoRollout(update(1).0)));
    }
    let android_only = Selection { platform: Some(Android), ..only(4) };
    assert_eq!(plan::finish_rollout(&app.control, android_only), Err(Refusal::UnknownUpdate(update(4).0)));
    app.run(plan::finish_rollout(&app.control, app.group(3)));
    let covered = plan::start_rollout(&app.control, only(1), share(1), SALT);
    assert_eq!(covered, Err(Refusal::NotTheHead(update(1))));
    app.run(plan::disable(&app.control, only(3)));
    let disabled = plan::start_rollout(&app.control, only(3), share(1), SALT);
    assert_eq!(disabled, Err(Refusal::NotTheHead(update(3))));
}

#[test]
fn a_disabled_rollout_is_over() {
    let mut app = rolling_out();
    app.run(plan::disable(&app.control, app.group(3)));
    assert_eq!(app.served("main", Android), "1:c1");
    assert_eq!(plan::finish_rollout(&app.control, app.group(3)), Err(Refusal::NoRollout(app.group(3).id)));
    app.run(plan::enable(&app.control, app.group(3)));
    assert_eq!(app.served("main", Android), "3:c2");
}

#[test]
fn instants_rise_although_time_stands_still() {
    let mut app = rolling_out();
    app.run(plan::revert_rollout(&app.control, app.group(3)));
    app.now = Millis(0);
    app.publish("next", &BOTH, 5, &Terms::default());
    for platform in BOTH {
        let of_platform = app.control.entries.iter().filter(|past| past.lane.platform == platform);
        let instants: Vec<i64> = of_platform.map(|past| past.entry.created_at.0).collect();
        assert_eq!(instants, [1003, 1002, 1001, 1000], "{platform}");
    }
}
