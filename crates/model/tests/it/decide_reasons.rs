//! Every reason, and every case in which it is near another.

use model::{Device, Outcome, Platform, Reason, decide};

use crate::scene::*;

fn expect(case: &str, app: &model::AppSnapshot, device: &Device<'_>, code: &str, served: Option<u128>) {
    let (got, entry, _) = answer(app, device);
    assert_eq!((got, entry), (code, served.map(update)), "{case}");
}

#[test]
fn the_channel_comes_first() {
    let mut app = app(vec![entry(2)]);
    let unknown = Device { channel: "production ", ..device() };
    expect("one space more", &app, &unknown, "unknown_channel", None);
    expect("no channel at all", &app, &Device { channel: "", ..device() }, "unknown_channel", None);
    assert_eq!(decide(&app, &unknown).branch, None);

    app.channels.get_mut("production").expect("there").paused = true;
    expect("paused", &app, &device(), "channel_paused", None);
    expect("paused, and the device would run the choice", &app, &running(2), "channel_paused", None);
    assert_eq!(decide(&app, &device()).branch, None);
}

#[test]
fn a_lane_without_a_served_entry_is_nothing_for_the_runtime() {
    let app = app(vec![entry(2)]);
    let cases = [
        ("another runtime", Device { runtime_version: "1.0", ..device() }),
        ("a runtime is compared byte for byte", Device { runtime_version: "1.0.0 ", ..device() }),
        ("another platform", Device { platform: Platform::Ios, ..device() }),
    ];
    for (case, device) in cases {
        expect(case, &app, &device, "no_update_for_runtime", None);
    }
    for (case, entries) in
        [("no entry", vec![]), ("all disabled", vec![disabled(2), disabled(1)]), ("all held", vec![held(2)])]
    {
        expect(case, &crate::scene::app(entries), &device(), "no_update_for_runtime", None);
    }
    let mut without_branch = crate::scene::app(vec![entry(2)]);
    without_branch.branches.clear();
    expect("a channel that points nowhere", &without_branch, &device(), "no_update_for_runtime", None);
    assert_eq!(decide(&without_branch, &device()).branch, Some(MAIN));
}

#[test]
fn outside_every_rollout_is_not_targeted() {
    expect("nobody is inside yet", &app(vec![rolling(2, 0)]), &device(), "not_targeted", None);
    expect(
        "a disabled entry beneath does not stand",
        &app(vec![rolling(2, 0), disabled(1)]),
        &device(),
        "not_targeted",
        None,
    );
}

#[test]
fn an_update_is_served_unless_the_device_would_refuse_it() {
    let app = app(vec![entry(5), entry(3)]);
    let other = knows(knows(app.clone(), 9, OTHER), 8, MAIN);
    let equal = {
        let mut equal = knows(app.clone(), 7, MAIN);
        equal.known.get_mut(&update(7)).expect("there").created_at.0 = 5;
        equal
    };
    let emergency = Device { current: None, ..device() };
    let bare = Device { takes_directives: false, ..device() };
    let cases = [
        ("on an unregistered embedded update", &app, device(), "served_update", Some(5)),
        ("a bare manifest needs no directive", &app, bare, "served_update", Some(5)),
        ("an emergency launch", &app, emergency.clone(), "served_update", Some(5)),
        (
            "an emergency launch without embedded",
            &app,
            Device { embedded: None, ..emergency },
            "served_update",
            Some(5),
        ),
        ("runs something older", &app, running(3), "served_update", Some(5)),
        ("runs what the app never issued", &app, running(77), "served_update", Some(5)),
        ("runs the choice", &app, running(5), "already_current", None),
        ("runs something newer of the branch", &other, running(8), "running_newer", None),
        ("something newer of another branch fails the filter", &other, running(9), "served_update", Some(5)),
        ("the client wants strictly later", &equal, running(7), "running_newer", None),
    ];
    for (case, app, device, code, served) in cases {
        expect(case, app, &device, code, served);
    }
}

#[test]
fn a_registered_embedded_update_that_is_not_older_refuses() {
    let app = app(vec![entry(5)]);
    let cases = [
        ("older", registered(app.clone(), 4), "served_update", Some(5)),
        ("the same instant", registered(app.clone(), 5), "embedded_newer", None),
        ("newer", registered(app.clone(), 6), "embedded_newer", None),
    ];
    for (case, app, code, served) in &cases {
        expect(case, app, &device(), code, *served);
    }
    let newer = registered(app.clone(), 6);
    expect("only what runs can refuse", &newer, &Device { current: None, ..device() }, "served_update", Some(5));
    expect("nor when an update runs", &knows(newer.clone(), 4, MAIN), &running(4), "served_update", Some(5));
    let unnamed = Device { embedded: None, ..device() };
    expect("a client that does not name it", &newer, &unnamed, "embedded_newer", None);
    let next_binary = Device { embedded: Some(update(0xe1)), ..device() };
    expect("one of an earlier binary", &newer, &next_binary, "embedded_newer", None);
}

#[test]
fn an_id_both_embedded_and_issued_is_embedded_to_the_device_that_has_it_so() {
    let mut both = registered(app(vec![entry(5)]), 4);
    both.known.insert(EMBEDDED, model::KnownUpdate { created_at: model::Millis(6), branch: MAIN });
    expect("in its binary", &both, &device(), "served_update", Some(5));
    expect("downloaded", &both, &Device { embedded: Some(update(0xe1)), ..device() }, "running_newer", None);

    let mut offered = app(vec![entry(5)]);
    offered.known.clear();
    let embedded_is_the_choice = Device { current: None, embedded: Some(update(5)), ..device() };
    expect("not running it", &offered, &embedded_is_the_choice, "served_update", Some(5));
    let runs_it = Device { current: Some(update(5)), ..embedded_is_the_choice };
    expect("running it", &offered, &runs_it, "already_current", None);
}

#[test]
fn a_choice_that_failed_before_is_not_served_again() {
    let app = app(vec![entry(5), entry(3)]);
    let fell_back = failed(running(3), &[update(5)]);
    expect("and nothing beneath it either", &app, &fell_back, "failed_before", None);
    expect("among five", &app, &failed(running(3), &[1, 2, 4, 6, 5].map(update)), "failed_before", None);
    expect("another one failed", &app, &failed(running(3), &[update(4)]), "served_update", Some(5));
    expect("it failed once and runs now", &app, &failed(running(5), &[update(5)]), "already_current", None);
    let emergency = failed(Device { current: None, ..device() }, &[update(5)]);
    expect("in an emergency launch", &app, &emergency, "failed_before", None);
    let newer = failed(running(8), &[update(5)]);
    expect("before running_newer", &knows(app.clone(), 8, MAIN), &newer, "failed_before", None);
}

#[test]
fn a_roll_back_to_embedded_reaches_whoever_can_be_told() {
    let app = knows(knows(app(vec![roll_back(5), entry(3)]), 9, OTHER), 8, MAIN);
    let bare = |device| Device { takes_directives: false, ..device };
    let emergency = Device { current: None, ..device() };
    let none_inside = Device { embedded: None, ..running(3) };
    let cases = [
        ("runs what was served before", running(3), "served_roll_back", Some(5)),
        ("runs another branch's update, though newer", running(9), "served_roll_back", Some(5)),
        ("runs an unknown update", running(77), "served_roll_back", Some(5)),
        ("an emergency launch", emergency.clone(), "served_roll_back", Some(5)),
        ("names no embedded update", none_inside, "served_roll_back", Some(5)),
        ("its embedded update failed", failed(running(3), &[EMBEDDED]), "served_roll_back", Some(5)),
        ("runs something newer of the branch", running(8), "running_newer", None),
        ("is on its embedded update", device(), "already_current", None),
        ("cannot be told", bare(running(3)), "directive_not_deliverable", None),
        ("cannot be told, in an emergency launch", bare(emergency), "directive_not_deliverable", None),
        ("cannot be told and need not", bare(device()), "already_current", None),
        ("cannot be told and would refuse", bare(running(8)), "running_newer", None),
    ];
    for (case, device, code, served) in cases {
        expect(case, &app, &device, code, served);
    }
    let registered = registered(app, 900);
    expect("no embedded update is too new", &registered, &device(), "already_current", None);
    let unnamed = Device { embedded: None, ..device() };
    expect("a client that does not name it", &registered, &unnamed, "already_current", None);
    let next_binary = Device { embedded: Some(update(0xe1)), ..device() };
    expect("on the one of an earlier binary", &registered, &next_binary, "served_roll_back", Some(5));
}

#[test]
fn the_outcome_says_what_kind_of_bytes_to_pick() {
    assert_eq!(decide(&app(vec![entry(5)]), &device()).outcome, Outcome::Update(update(5)));
    assert_eq!(decide(&app(vec![roll_back(5)]), &running(3)).outcome, Outcome::RollBackToEmbedded(update(5)));
    assert_eq!(decide(&app(vec![entry(5)]), &running(5)).outcome, Outcome::Nothing(Reason::AlreadyCurrent));
}

#[test]
fn codes_are_stable_distinct_and_explained() {
    let codes = Reason::ALL.map(Reason::code);
    assert_eq!(
        codes,
        [
            "served_update",
            "served_roll_back",
            "unknown_channel",
            "channel_paused",
            "no_update_for_runtime",
            "not_targeted",
            "already_current",
            "failed_before",
            "running_newer",
            "embedded_newer",
            "directive_not_deliverable"
        ]
    );
    for (place, reason) in Reason::ALL.into_iter().enumerate() {
        assert_eq!(reason as usize, place, "counters index by it");
        assert_eq!(reason.to_string(), reason.code());
        let words = reason.explanation();
        assert!(words.ends_with('.') && words.len() > 30 && !words.contains("  "), "{words}");
        assert_eq!(Reason::ALL.iter().filter(|other| other.explanation() == words).count(), 1, "{words}");
    }
}
