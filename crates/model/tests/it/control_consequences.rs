//! What operations mean for devices, operation by operation.

use model::Platform::Android;
use model::control::plan::{self, RollBackTo};
use model::control::{Consequence, Control, OnRollout, Plan, Refusal, Standing, Terms, consequences};
use model::{Outcome, Reason};

use crate::control_scene::{App, BOTH, branch, channel, only, rolling, targeted};
use crate::scene::{SALT, share, update};

/// `10 % of production android: 3 -> 1, issues 2`; a reason stands in brackets.
fn told(one: &Consequence) -> String {
    let number = |id: model::UpdateId| id.0.as_u128().to_string();
    let share = one.share.map(|share| format!("{share} of ")).unwrap_or_default();
    let rule = if one.by_rule { " by rule" } else { "" };
    let from = match one.from {
        Standing::Update(id) => number(id),
        Standing::Embedded => "embedded".into(),
        Standing::Nothing => "nothing".into(),
    };
    let to = match one.to {
        Outcome::Update(id) => number(id),
        Outcome::RollBackToEmbedded(_) => "embedded".into(),
        Outcome::Nothing(reason) => format!("[{reason}]"),
    };
    let issues = if one.issued > 0 { format!(", issues {}", one.issued) } else { String::new() };
    format!("{share}{} {}{rule}: {from} -> {to}{issues}", one.channel, one.lane.platform)
}

/// What the operation means.
fn of(app: &mut App, operation: impl FnOnce(&Control) -> Result<Plan, Refusal>) -> Vec<String> {
    let before = app.control.clone();
    let plan = operation(&before);
    app.run(plan);
    let found = consequences(&before, &app.control).expect("few entries");
    found.iter().map(told).collect()
}

fn roll_back(app: &mut App, to: RollBackTo) -> Vec<String> {
    let main = app.id("main");
    of(app, |control| plan::roll_back(control, main, to, &model::control::Only::default(), OnRollout::Refuse))
}

/// 1 and 2 on `main`, for Android; `beta` shows 3 of `next`.
fn published() -> App {
    let mut app = App::new();
    app.publish_android("main", 1);
    app.publish_android("main", 2);
    app.publish_android("next", 3);
    app
}

/// 1 and 2 to everyone, 3 and 4 to ten percent; odd ones are Android's.
fn rolling_out() -> App {
    let mut app = App::new();
    app.publish("main", &BOTH, 1, &Terms::default());
    app.publish("main", &BOTH, 2, &rolling(1000));
    app
}

#[test]
fn going_back_takes_devices_from_the_head() {
    let mut app = published();
    let group = app.group(1).id;
    assert_eq!(roll_back(&mut app.clone(), RollBackTo::Previous), ["production android: 2 -> 4, issues 1"]);
    assert_eq!(roll_back(&mut app.clone(), RollBackTo::Group(group)), ["production android: 2 -> 4, issues 1"]);
    assert_eq!(roll_back(&mut app, RollBackTo::Embedded), ["production android: 2 -> embedded, issues 1"]);
    assert_eq!(roll_back(&mut app, RollBackTo::Previous), ["production android: embedded -> 5, issues 1"]);
}

#[test]
fn a_reverted_rollout_moves_both_parts() {
    let mut app = rolling_out();
    let group = app.group(3);
    assert_eq!(
        of(&mut app, |control| plan::revert_rollout(control, group)),
        [
            "10 % of production android: 3 -> 6, issues 1",
            "90 % of production android: 1 -> 6, issues 1",
            "10 % of production ios: 4 -> 5, issues 1",
            "90 % of production ios: 2 -> 5, issues 1",
        ]
    );
}

#[test]
fn a_reverted_rollout_with_nothing_beneath_ends_inside_the_binary() {
    let mut app = App::new();
    app.publish("main", &[Android], 1, &rolling(2500));
    let revert = |control: &Control| plan::revert_rollout(control, only(1));
    assert_eq!(of(&mut app, revert), ["25 % of production android: 1 -> embedded, issues 1"]);
}

#[test]
fn a_raised_share_moves_only_those_between() {
    let mut app = rolling_out();
    let raise = |control: &Control| plan::set_rollout(control, only(3), share(4000));
    assert_eq!(of(&mut app, raise), ["30 % of production android: 1 -> 3"]);
    assert_eq!(of(&mut app, |control| plan::finish_rollout(control, only(3))), ["60 % of production android: 1 -> 3"]);
}

#[test]
fn who_runs_what_is_disabled_stays_on_it() {
    let mut app = published();
    assert_eq!(of(&mut app, |control| plan::disable(control, only(1))), [""; 0], "nobody is offered it");
    assert_eq!(of(&mut app, |control| plan::disable(control, only(3))), ["beta android: 3 -> [no_update_for_runtime]"]);
    app.publish_android("main", 4);
    assert_eq!(of(&mut app, |control| plan::disable(control, only(4))), ["production android: 4 -> [running_newer]"]);
}

#[test]
fn what_nothing_needs_is_deleted_without_consequence() {
    let mut app = published();
    assert_eq!(of(&mut app, |control| plan::delete_updates(control, only(1))), [""; 0]);
}

#[test]
fn a_pin_goes_back_and_its_end_forward() {
    let mut app = published();
    let group = app.group(1);
    let pin = |control: &Control| plan::pin(control, &branch("main"), group, OnRollout::Refuse);
    assert_eq!(of(&mut app, pin), ["production android: 2 -> 4, issues 1"]);
    app.publish_android("main", 5);
    assert_eq!(of(&mut app, |control| plan::unpin(control, &branch("main"))), ["production android: 4 -> 5"]);
}

#[test]
fn a_channel_takes_its_devices_along() {
    let mut app = published();
    let production = channel("production");
    let pause = |paused| move |control: &Control| plan::pause_channel(control, &channel("production"), paused);
    assert_eq!(of(&mut app, pause(true)), ["production android: 2 -> [channel_paused]"]);
    assert_eq!(roll_back(&mut app.clone(), RollBackTo::Previous), [""; 0], "nobody is offered anything meanwhile");
    app.run(plan::pause_channel(&app.control, &production, false));
    let point = |control: &Control| plan::point_channel(control, &channel("production"), &branch("next"));
    assert_eq!(of(&mut app.clone(), point), ["production android: 2 -> 3"]);
    app.run(plan::start_split(&app.control, &production, &branch("next"), share(2000), SALT));
    let revert = |control: &Control| plan::revert_split(control, &channel("production"));
    assert_eq!(of(&mut app, revert), ["20 % of production android: 3 -> 2"]);
    let delete = |control: &Control| plan::delete_channel(control, &channel("production"));
    assert_eq!(of(&mut app, delete), ["production android: 2 -> [unknown_channel]"]);
}

#[test]
fn whom_a_rule_names_is_told_apart() {
    let mut app = published();
    app.publish("main", &[Android], 4, &targeted());
    assert_eq!(app.control.entry(update(4)).map(|past| past.entry.rule.is_some()), Some(true));
    let disable = |control: &Control| plan::disable(control, only(4));
    assert_eq!(of(&mut app, disable), ["production android by rule: 4 -> [running_newer]"]);
    assert_eq!(Reason::RunningNewer.code(), "running_newer");
}
