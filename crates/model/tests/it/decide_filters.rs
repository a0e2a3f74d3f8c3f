//! Which answers carry the branch's filter (architecture.md §4 *Filters*): it persists on the device and acts on every
//! launch, so a wrong one drops a device to its embedded update.

use model::{AppSnapshot, BranchId, ChannelName, Device, Target};

use crate::scene::*;

fn expect(case: &str, app: &AppSnapshot, device: &Device<'_>, code: &str, filter: Option<BranchId>) {
    let (got, _, got_filter) = answer(app, device);
    assert_eq!((got, got_filter), (code, filter), "{case}");
}

#[test]
fn a_served_manifest_passes_its_own_filter() {
    let app = knows(app(vec![entry(5)]), 9, OTHER);
    expect("on embedded", &app, &device(), "served_update", Some(MAIN));
    expect("moved here from another branch", &app, &running(9), "served_update", Some(MAIN));
    expect("unknown", &app, &running(77), "served_update", Some(MAIN));
    expect("emergency", &app, &Device { current: None, ..device() }, "served_update", Some(MAIN));
}

#[test]
fn no_update_carries_it_only_for_what_runs_of_the_branch() {
    let app = knows(app(vec![entry(5)]), 8, MAIN);
    expect("runs the choice", &app, &running(5), "already_current", Some(MAIN));
    expect("runs something newer of the branch", &app, &running(8), "running_newer", Some(MAIN));
    expect("the choice failed", &app, &failed(running(8), &[update(5)]), "failed_before", None);
    expect("embedded belongs to no branch", &registered(app.clone(), 6), &device(), "embedded_newer", None);
    expect("nothing here", &app, &Device { runtime_version: "2", ..running(8) }, "no_update_for_runtime", None);
    expect("outside", &crate::scene::app(vec![rolling(6, 0)]), &running(5), "not_targeted", None);
}

#[test]
fn what_may_never_launch_again_is_nothing_to_rely_on() {
    let app = knows(app(vec![entry(5)]), 8, MAIN);
    expect("the choice failed while it runs", &app, &failed(running(5), &[update(5)]), "already_current", None);
    expect("the newer one failed while it runs", &app, &failed(running(8), &[update(8)]), "running_newer", None);
    expect("another one failed", &app, &failed(running(8), &[update(4)]), "running_newer", Some(MAIN));
}

#[test]
fn a_roll_back_carries_it_when_there_is_an_embedded_update_to_fall_to() {
    let app = knows(app(vec![roll_back(5)]), 8, MAIN);
    let bare = Device { takes_directives: false, ..running(3) };
    expect("the embedded update passes every filter", &app, &running(3), "served_roll_back", Some(MAIN));
    expect("emergency", &app, &Device { current: None, ..device() }, "served_roll_back", Some(MAIN));
    expect("on embedded", &app, &device(), "already_current", Some(MAIN));
    expect("runs something newer", &app, &running(8), "running_newer", Some(MAIN));
    expect("no embedded update", &app, &Device { embedded: None, ..running(3) }, "served_roll_back", None);
    expect("it failed to launch", &app, &failed(running(3), &[EMBEDDED]), "served_roll_back", None);
    expect("it failed and runs", &app, &failed(device(), &[EMBEDDED]), "already_current", None);
    expect("not told", &app, &bare, "directive_not_deliverable", None);
}

#[test]
fn the_channel_alone_never_sends_one() {
    let mut app = app(vec![entry(5)]);
    expect("unknown channel", &app, &Device { channel: "beta", ..running(5) }, "unknown_channel", None);
    app.channels.get_mut("production").expect("there").paused = true;
    expect("paused", &app, &running(5), "channel_paused", None);
}

#[test]
fn a_moved_channel_names_the_new_branch_once_the_device_takes_something_of_it() {
    let mut app = knows(app(vec![entry(5)]), 9, OTHER);
    expect("runs the other branch's, newer", &app, &running(9), "served_update", Some(MAIN));
    let to_other = channel(Target::Branch(OTHER));
    app.channels.insert(ChannelName::parse("production").expect("legal"), to_other);
    expect("the new branch is empty", &app, &running(5), "no_update_for_runtime", None);
}
