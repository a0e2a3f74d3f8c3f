//! A decision allocates nothing, whatever it is.

use model::snapshot::MAX_LANE_ENTRIES;
use model::{Device, Target, decide};

use crate::scene::*;

#[test]
fn no_decision_allocates() {
    let limit = u32::try_from(MAX_LANE_ENTRIES).expect("small");
    let mut split = app(vec![entry(5)]);
    split.channels.get_mut("production").expect("there").target =
        Target::Split { old: OTHER, new: MAIN, share: share(10_000), salt: SALT };
    let mut paused = app(vec![entry(5)]);
    paused.channels.get_mut("production").expect("there").paused = true;
    let one = app(vec![entry(5)]);
    let roll_back = app(vec![roll_back(5)]);
    let known = knows(one.clone(), 8, MAIN);
    let cases = [
        ("served_update", &split, device()),
        ("served_roll_back", &roll_back, running(3)),
        ("unknown_channel", &one, Device { channel: "beta", ..device() }),
        ("channel_paused", &paused, device()),
        ("no_update_for_runtime", &one, Device { runtime_version: "2", ..device() }),
        ("not_targeted", &app((1..=limit).rev().map(|number| rolling(number, 0)).collect()), device()),
        ("not_targeted", &app((1..=limit * 2).rev().map(|number| rolling(number, 0)).collect()), device()),
        ("already_current", &one, running(5)),
        ("failed_before", &one, failed(running(3), &[update(5)])),
        ("running_newer", &known, running(8)),
        ("embedded_newer", &registered(one.clone(), 6), device()),
        ("directive_not_deliverable", &roll_back, Device { takes_directives: false, ..running(3) }),
    ];
    for (code, app, device) in &cases {
        let mut decision = None;
        let counted = allocation_counter::measure(|| decision = Some(decide(app, device)));
        assert_eq!(decision.map(|decision| decision.reason().code()), Some(*code));
        assert_eq!(counted.count_total, 0, "{code}");
    }
    for reason in model::Reason::ALL {
        let tried = cases.iter().any(|(code, ..)| *code == reason.code());
        assert!(tried, "{reason} was not tried");
    }
}

#[test]
fn the_counter_counts() {
    assert!(allocation_counter::measure(|| drop(std::hint::black_box(Box::new(1)))).count_total > 0);
}
