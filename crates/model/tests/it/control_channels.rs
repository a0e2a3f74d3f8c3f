//! Channels: where they point, rollouts from one branch to another, pauses.

use model::control::plan::{self, ChannelIds};
use model::control::{Edit, Plan, Refusal};
use model::{BranchId, ChannelId, Target};
use uuid::Uuid;

use crate::control_scene::{App, branch, channel};
use crate::scene::{SALT, share};

const IDS: ChannelIds = ChannelIds { channel: ChannelId(Uuid::from_u128(9)), branch: BranchId(Uuid::from_u128(10)) };

fn target(app: &App, name: &str) -> Target {
    app.control.channel(&channel(name)).expect("known").target.clone()
}

fn split(app: &App) -> Result<Plan, Refusal> {
    plan::start_split(&app.control, &channel("production"), &branch("next"), share(1000), SALT)
}

#[test]
fn a_channel_comes_with_the_branch_of_its_name_unless_another_is_named() {
    let mut app = App::new();
    app.run(plan::create_channel(&app.control, &channel("staging"), None, IDS));
    assert_eq!(target(&app, "staging"), Target::Branch(IDS.branch));
    assert_eq!(app.id("staging"), IDS.branch);
    app.run(plan::create_channel(&app.control, &channel("main"), None, IDS));
    assert_eq!(target(&app, "main"), Target::Branch(app.id("main")), "there was one");
    app.run(plan::create_channel(&app.control, &channel("other"), Some(&branch("next")), IDS));
    assert_eq!(target(&app, "other"), Target::Branch(app.id("next")));
    let again = plan::create_channel(&app.control, &channel("other"), None, IDS);
    assert_eq!(again, Err(Refusal::ChannelExists(channel("other"))));
    let nowhere = plan::create_channel(&app.control, &channel("another"), Some(&branch("none")), IDS);
    assert_eq!(nowhere, Err(Refusal::UnknownBranch(branch("none"))));
}

#[test]
fn a_split_starts_moves_both_ways_and_ends_at_either_branch() {
    let (main, next) = (App::new().id("main"), App::new().id("next"));
    let at = |basis_points| Target::Split { old: main, new: next, share: share(basis_points), salt: SALT };
    let mut app = App::new();
    app.run(split(&app));
    assert_eq!(target(&app, "production"), at(1000));
    for basis_points in [5000, 200, 0, 10_000] {
        app.run(plan::set_split(&app.control, &channel("production"), share(basis_points)));
        assert_eq!(target(&app, "production"), at(basis_points));
    }
    assert!(app.run(plan::set_split(&app.control, &channel("production"), share(10_000))).is_empty());
    let finished = plan::finish_split(&app.control, &channel("production")).expect("not refused");
    let pointed = |at| Edit::PointChannel { channel: ChannelId(Uuid::from_u128(1)), target: Target::Branch(at) };
    assert_eq!(finished.edits, [pointed(next)]);
    let reverted = plan::revert_split(&app.control, &channel("production")).expect("not refused");
    assert_eq!(reverted.edits, [pointed(main)]);
}

#[test]
fn refusals() {
    let mut app = App::new();
    let (production, none) = (channel("production"), channel("none"));
    let unknown = Err(Refusal::UnknownChannel(none.clone()));
    assert_eq!(plan::point_channel(&app.control, &none, &branch("main")), unknown);
    assert_eq!(plan::start_split(&app.control, &none, &branch("main"), share(1), SALT), unknown);
    assert_eq!(plan::set_split(&app.control, &none, share(1)), unknown);
    assert_eq!(plan::finish_split(&app.control, &none), unknown);
    assert_eq!(plan::revert_split(&app.control, &none), unknown);
    assert_eq!(plan::pause_channel(&app.control, &none, true), unknown);
    assert_eq!(plan::delete_channel(&app.control, &none), unknown);
    let unknown = Err(Refusal::UnknownBranch(branch("none")));
    assert_eq!(plan::point_channel(&app.control, &production, &branch("none")), unknown);
    assert_eq!(plan::start_split(&app.control, &production, &branch("none"), share(1), SALT), unknown);
    let same = plan::start_split(&app.control, &production, &branch("main"), share(1), SALT);
    assert_eq!(same, Err(Refusal::SameBranch(branch("main"))));
    let not_split = Err(Refusal::ChannelNotSplit(production.clone()));
    assert_eq!(plan::set_split(&app.control, &production, share(1)), not_split);
    assert_eq!(plan::finish_split(&app.control, &production), not_split);
    assert_eq!(plan::revert_split(&app.control, &production), not_split);
    app.run(split(&app));
    let is_split = Err(Refusal::ChannelIsSplit(production.clone()));
    assert_eq!(split(&app), is_split);
    assert_eq!(plan::point_channel(&app.control, &production, &branch("next")), is_split);
}

#[test]
fn a_pause_is_set_once() {
    let mut app = App::new();
    let production = channel("production");
    assert!(plan::pause_channel(&app.control, &production, false).expect("not refused").is_empty());
    app.run(plan::pause_channel(&app.control, &production, true));
    assert!(app.control.channel(&production).expect("known").paused);
    assert!(plan::pause_channel(&app.control, &production, true).expect("not refused").is_empty());
    app.run(plan::pause_channel(&app.control, &production, false));
    app.run(plan::delete_channel(&app.control, &production));
    assert_eq!(app.control.channel(&production), None);
}
