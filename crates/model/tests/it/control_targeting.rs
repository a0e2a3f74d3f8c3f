//! Rules of entries that are there.

use std::sync::Arc;

use model::Platform::{Android, Ios};
use model::control::plan;
use model::control::{Edit, OnRollout, Plan, Refusal, Selection, Terms};
use model::{DeviceIds, Rule};
use uuid::Uuid;

use crate::control_scene::{App, BOTH, issues, lane, only, rolling, targeted};
use crate::scene::{SALT, share, update};

fn to_another() -> Arc<Rule> {
    Arc::new(Rule::from(DeviceIds::new(vec![Uuid::from_u128(7)]).expect("one")))
}

fn target(app: &App, selection: Selection, rule: Option<&Arc<Rule>>) -> Result<Plan, Refusal> {
    plan::target(&app.control, selection, rule)
}

fn codes(plan: &Plan) -> Vec<&str> {
    plan.notes.iter().map(|note| note.code).collect()
}

#[test]
fn what_is_served_gets_a_rule_another_and_none_again() {
    let mut app = App::new();
    app.publish("main", &BOTH, 1, &Terms::default());
    app.publish("main", &BOTH, 2, &Terms::default());
    let plan = app.run(target(&app, app.group(3), targeted().rule.as_ref()));
    assert_eq!((app.served("main", Android), app.served("main", Ios)), ("3:c2? 1:c1".into(), "4:c2? 2:c1".into()));
    assert_eq!((issues(&app, &plan).len(), codes(&plan)), (0, vec!["devices_stay"; 2]));
    let again = app.run(target(&app, app.group(3), targeted().rule.as_ref()));
    assert!(again.is_empty() && again.notes.is_empty());
    let android = Selection { platform: Some(Android), ..app.group(3) };
    let plan = app.run(target(&app, android, Some(&to_another())));
    assert_eq!(plan.edits, [Edit::SetRule { update: update(3), rule: Some(to_another()) }]);
    let plan = app.run(target(&app, app.group(3), None));
    assert_eq!((app.served("main", Android), app.served("main", Ios)), ("3:c2".into(), "4:c2".into()));
    assert_eq!(codes(&plan), ["served_to_all"; 2]);
}

#[test]
fn what_is_not_served_is_refused_and_what_waits_is_not() {
    let mut app = App::new();
    app.publish_android("main", 1);
    app.publish_android("main", 2);
    let rule = targeted().rule;
    assert_eq!(target(&app, only(1), rule.as_ref()), Err(Refusal::NotServed(only(1).id)), "covered");
    app.run(plan::disable(&app.control, only(2)));
    assert_eq!(target(&app, only(2), rule.as_ref()), Err(Refusal::NotServed(only(2).id)), "disabled");
    assert_eq!(target(&app, only(9), rule.as_ref()), Err(Refusal::UnknownUpdate(only(9).id)));
    app.run(plan::pin(&app.control, &crate::control_scene::branch("main"), only(1), OnRollout::Refuse));
    app.publish_android("main", 3);
    app.run(target(&app, only(4), rule.as_ref()));
    app.run(plan::unpin(&app.control, &crate::control_scene::branch("main")));
    assert_eq!(app.served("main", Android), "4:c3? 3:c1");
}

#[test]
fn a_rollout_goes_on_under_its_rule_and_nothing_covers_one() {
    let mut app = App::new();
    app.publish_android("main", 1);
    app.publish("main", &[Android], 2, &rolling(1000));
    let plan = app.run(target(&app, only(2), targeted().rule.as_ref()));
    assert_eq!((app.served("main", Android), codes(&plan)), ("2:c2@10%? 1:c1".into(), vec!["devices_stay"]));
    assert!(codes(&app.run(target(&app, only(2), None))).is_empty(), "the rollout still bounds it");
    let mut app = App::new();
    app.publish_android("main", 1);
    app.publish("main", &[Android], 2, &targeted());
    app.run(plan::start_rollout(&app.control, only(2), share(1000), SALT));
    app.run(plan::finish_rollout(&app.control, only(2)));
    app.publish("main", &[Android], 3, &targeted());
    app.run(target(&app, only(3), None));
    assert_eq!(app.served("main", Android), "3:c3");
}

/// Devices that took the roll back refuse all that is older, and those whom the rule leaves out get that now.
#[test]
fn a_roll_back_is_issued_again_under_its_rule_with_what_stands_above_and_beneath() {
    let mut app = App::new();
    app.publish_android("main", 1);
    app.roll_back_to_embedded("main");
    let plan = app.run(target(&app, only(2), targeted().rule.as_ref()));
    assert_eq!(issues(&app, &plan), ["renewed on main: android copy of 1", "asked on main: android embedded as 2"]);
    assert_eq!(app.served("main", Android), "4:embedded? 3:c1");

    let mut app = App::new();
    app.publish_android("main", 1);
    app.roll_back_to_embedded("main");
    app.publish("main", &[Android], 3, &targeted());
    let plan = app.run(target(&app, only(2), Some(&to_another())));
    let expected = [
        "renewed on main: android copy of 1",
        "asked on main: android embedded as 2",
        "asked on main: android copy of 3",
    ];
    assert_eq!(issues(&app, &plan), expected);
    assert_eq!(app.served("main", Android), "6:c3? 5:embedded? 4:c1");
    app.run(target(&app, only(2), None));
    assert_eq!(app.served("main", Android), "6:c3? 5:embedded", "the copy goes by the old id too");
}

/// What a narrowed update uncovers is older than a roll back that devices took.
#[test]
fn what_becomes_reachable_beneath_is_issued_again_where_devices_would_refuse_it() {
    let mut app = App::new();
    app.publish_android("main", 1);
    app.roll_back_to_embedded("main");
    app.publish_android("main", 3);
    app.run(plan::disable(&app.control, only(2)));
    let plan = app.run(target(&app, only(3), targeted().rule.as_ref()));
    assert_eq!(issues(&app, &plan), ["renewed on main: android copy of 1", "renewed on main: android copy of 3"]);
    assert_eq!(app.served("main", Android), "5:c3? 4:c1");
    app.run(target(&app, only(3), None));
    assert_eq!(app.served("main", Android), "5:c3", "the copy goes by the old id too");
}

#[test]
fn a_lane_that_gets_too_long_is_refused() {
    let mut app = App::new();
    app.publish_android("main", 1);
    for number in 2..=32 {
        app.publish("main", &[Android], number, &targeted());
    }
    app.publish_android("main", 33);
    let refused = Err(Refusal::TooManyConditionalEntries(lane(Android, "1.0.0")));
    assert_eq!(target(&app, only(33), targeted().rule.as_ref()), refused);
    app.run(plan::disable(&app.control, only(32)));
    app.run(target(&app, only(33), targeted().rule.as_ref()));
}
