//! What holds for every snapshot and every device.

use model::decide::Verdict;
use model::{BasisPoints, Device, Entry, EntryKind, Lane, Outcome, Platform, Reason, Rollout, Target, decide};
use proptest::collection::vec;
use proptest::prelude::*;

use crate::phone::{Secrets, world};
use crate::scene::{self, summary};
use crate::{arbitrary, reference};

fn is_chosen(verdict: Verdict) -> bool {
    matches!(verdict, Verdict::Chosen { .. })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2_000))]

    #[test]
    fn it_agrees_with_the_slow_evaluator(app in arbitrary::app(), device in arbitrary::device()) {
        prop_assert_eq!(summary(&decide(&app, &device)), reference::decide(&app, &device));
    }

    #[test]
    fn outcome_branch_filter_and_trace_fit_together(app in arbitrary::app(), device in arbitrary::device()) {
        let decision = decide(&app, &device);
        if let Outcome::Nothing(reason) = decision.outcome {
            prop_assert!(!matches!(reason, Reason::ServedUpdate | Reason::ServedRollBack));
        }
        let before_any_branch = matches!(decision.reason(), Reason::UnknownChannel | Reason::ChannelPaused);
        prop_assert_eq!(decision.branch.is_none(), before_any_branch);
        prop_assert_eq!(decision.trace.branch.map(|choice| choice.branch), decision.branch);
        prop_assert!(decision.filter.is_none() || decision.filter == decision.branch);
        let (last, passed_over) = match decision.trace.steps.split_last() {
            Some((last, passed_over)) => (Some(last), passed_over),
            None => (None, &[][..]),
        };
        prop_assert!(!passed_over.iter().any(|step| is_chosen(step.verdict)));
        if let Some(served) = decision.outcome.served() {
            let last = last.expect("a choice has a step");
            prop_assert_eq!(last.entry, served);
            prop_assert!(is_chosen(last.verdict));
        }
    }

    #[test]
    fn nothing_beneath_the_first_standing_entry_matters(
        reached in vec(arbitrary::entry(), 0..5),
        last in arbitrary::entry(),
        beneath in vec(arbitrary::entry(), 1..5),
        device in arbitrary::device(),
    ) {
        let last = Entry { disabled: false, held: false, rollout: None, ..last };
        let device =
            Device { platform: Platform::Android, channel: "production", runtime_version: "1.0.0", ..device };
        let above = reached.into_iter().chain([last]).collect::<Vec<_>>();
        let mut with_more = scene::app(above.clone());
        let without = with_more.clone();
        let lane = Lane { entries: above.into_iter().chain(beneath).collect() };
        let main = with_more.branches.get_mut(&scene::MAIN).expect("there");
        main.lanes_mut(Platform::Android).insert(scene::runtime("1.0.0"), lane);
        prop_assert_eq!(decide(&with_more, &device), decide(&without, &device));
    }

    #[test]
    fn raising_a_share_never_removes_a_device(
        one in arbitrary::share(), two in arbitrary::share(), salt in arbitrary::salt(), id in arbitrary::device_id(),
    ) {
        let (low, high) = (one.min(two), one.max(two));
        let device = Device { id, ..scene::device() };
        let in_rollout = |share: BasisPoints| {
            let app = scene::app(vec![Entry { rollout: Some(Rollout { share, salt }), ..scene::entry(3) }, scene::entry(2)]);
            decide(&app, &device).outcome.served() == Some(scene::update(3))
        };
        prop_assert!(!in_rollout(low) || in_rollout(high));
        prop_assert!(in_rollout(BasisPoints::ALL) && !in_rollout(BasisPoints::NONE));

        let on_new_branch = |share| {
            let mut app = scene::app(vec![scene::entry(2)]);
            let target = Target::Split { old: scene::OTHER, new: scene::MAIN, share, salt };
            app.channels.get_mut("production").expect("there").target = target;
            decide(&app, &device).branch == Some(scene::MAIN)
        };
        prop_assert!(!on_new_branch(low) || on_new_branch(high));
        prop_assert!(on_new_branch(BasisPoints::ALL) && !on_new_branch(BasisPoints::NONE));
    }

    #[test]
    fn a_filter_leaves_the_device_something_to_launch(mut world in world(Secrets::Some)) {
        let decision = decide(&world.app, &world.phone.asks());
        let Some(filter) = decision.filter else { return Ok(()) };
        let offered = decision.outcome.served().and_then(|id| world.entry(id)).cloned();
        let running = world.phone.running().cloned();
        world.phone.takes_in(&decision, offered.as_ref());
        prop_assert_eq!(world.phone.filter, Some(filter));
        // An embedded update whose time the server cannot know, or a stranger's, may refuse what is served; then it runs.
        let may_refuse = running.is_some_and(|running| running.branch.is_none());
        let refused = matches!(decision.outcome, Outcome::Update(_)) && may_refuse;
        prop_assert!(world.phone.launchable().is_some() || refused);
    }

    #[test]
    fn what_is_served_is_taken_and_what_is_not_would_be_refused(world in world(Secrets::None)) {
        let decision = decide(&world.app, &world.phone.asks());
        let chosen = decision.trace.steps.last().and_then(|step| world.entry(step.entry)).cloned();
        let Some(choice) = chosen else { return Ok(()) };
        let tagged = if choice.kind == EntryKind::Update { decision.branch } else { None };
        let would_take = world.phone.would_take(choice.created_at, tagged, decision.branch);
        match decision.reason() {
            Reason::ServedUpdate => prop_assert!(would_take),
            // Without the filter the client would compare times only; it also needs an embedded update at all.
            Reason::ServedRollBack => prop_assert!(would_take || decision.filter.is_none()),
            Reason::RunningNewer | Reason::EmbeddedNewer => prop_assert!(!would_take),
            _ => {}
        }
    }

    #[test]
    fn a_device_that_runs_what_it_was_served_needs_nothing(mut world in world(Secrets::Some)) {
        let decision = decide(&world.app, &world.phone.asks());
        let lands_on = match decision.outcome {
            Outcome::Update(id) => id,
            Outcome::RollBackToEmbedded(_) if world.phone.embedded.is_some() => scene::EMBEDDED,
            _ => return Ok(()),
        };
        world.phone.running = Some(lands_on);
        let again = decide(&world.app, &world.phone.asks());
        prop_assert_eq!(again.outcome, Outcome::Nothing(Reason::AlreadyCurrent));
        prop_assert_eq!(again.filter, decision.filter);
    }
}
