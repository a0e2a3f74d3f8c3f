//! Which branch and which entry, and the trace that tells.

use model::decide::{BranchChoice, Step, Verdict};
use model::snapshot::MAX_LANE_ENTRIES;
use model::{Device, Draw, Entry, Rollout, Salt, Target, decide};
use uuid::Uuid;

use crate::scene::*;

fn bucket_of(device: &Device<'_>) -> u16 {
    model::bucket::bucket(SALT, device.id)
}

#[test]
fn the_walk_takes_the_first_entry_that_stands() {
    let bucket = bucket_of(&device());
    let cases = [
        ("the newest", vec![entry(3), entry(2)], 3),
        ("past disabled and held", vec![disabled(5), held(4), entry(3), entry(2)], 3),
        ("inside a rollout by one", vec![rolling(3, bucket + 1), entry(2)], 3),
        ("outside a rollout by one", vec![rolling(3, bucket), entry(2)], 2),
        ("a disabled rollout", vec![Entry { disabled: true, ..rolling(3, 10_000) }, entry(2)], 2),
        ("a held rollout", vec![Entry { held: true, ..rolling(3, 10_000) }, entry(2)], 2),
        ("a rollout beneath a rollout", vec![rolling(4, bucket), rolling(3, bucket + 1), entry(2)], 3),
        ("order is the lane's, not the clock's", vec![entry(2), entry(3)], 2),
    ];
    for (case, entries, served) in cases {
        assert_eq!(answer(&app(entries), &device()).1, Some(update(served)), "{case}");
    }
}

#[test]
fn a_device_without_an_id_is_reached_last() {
    let nameless = Device { id: None, ..device() };
    assert_eq!(answer(&app(vec![rolling(3, 9_999), entry(2)]), &nameless).1, Some(update(2)));
    assert_eq!(answer(&app(vec![rolling(3, 10_000), entry(2)]), &nameless).1, Some(update(3)));
}

#[test]
fn the_trace_tells_each_step() {
    let draw = |basis_points| Draw { bucket: bucket_of(&device()), share: share(basis_points) };
    let entries = vec![disabled(6), held(5), rolling(4, 0), rolling(3, 10_000), entry(2)];
    let decision = decide(&app(entries), &device());
    let expected = [
        Step { entry: update(6), verdict: Verdict::Disabled },
        Step { entry: update(5), verdict: Verdict::Held },
        Step { entry: update(4), verdict: Verdict::OutsideRollout(draw(0)) },
        Step { entry: update(3), verdict: Verdict::Chosen { rollout: Some(draw(10_000)) } },
    ];
    assert_eq!(decision.trace.steps.as_slice(), expected);
    assert_eq!(decision.trace.omitted, 0);
    assert_eq!(decision.trace.branch, Some(BranchChoice { branch: MAIN, split: None }));
    let codes = decision.trace.steps.iter().map(|step| step.verdict.code()).collect::<Vec<_>>();
    assert_eq!(codes, ["disabled", "held", "outside_rollout", "chosen"]);

    let plain = decide(&app(vec![entry(2)]), &device());
    let chosen = Step { entry: update(2), verdict: Verdict::Chosen { rollout: None } };
    assert_eq!(plain.trace.steps.as_slice(), [chosen]);
    let nowhere = decide(&app(vec![]), &Device { channel: "beta", ..device() });
    assert_eq!((nowhere.trace.branch, nowhere.trace.steps.len()), (None, 0));
}

#[test]
fn a_lane_over_its_bound_is_still_decided_and_its_end_told() {
    let over = u32::try_from(MAX_LANE_ENTRIES).expect("small") + 8;
    let mut entries = (0..over).rev().map(|number| disabled(number + 2)).collect::<Vec<_>>();
    entries.push(entry(1));
    let decision = decide(&app(entries), &device());
    assert_eq!(decision.outcome.served(), Some(update(1)));
    assert_eq!(decision.trace.steps.len(), MAX_LANE_ENTRIES);
    assert_eq!(decision.trace.omitted, 9);
    let last = decision.trace.steps.last().map(|step| (step.entry, step.verdict.code()));
    assert_eq!(last, Some((update(1), "chosen")));
}

#[test]
fn a_split_channel_sends_the_device_by_bucket() {
    let bucket = bucket_of(&device());
    for (basis_points, branch) in [(bucket, OTHER), (bucket + 1, MAIN), (0, OTHER), (10_000, MAIN)] {
        let mut app = app(vec![entry(2)]);
        let share = share(basis_points);
        app.channels.get_mut("production").expect("there").target =
            Target::Split { old: OTHER, new: MAIN, share, salt: SALT };
        let decision = decide(&app, &device());
        assert_eq!(decision.branch, Some(branch), "{basis_points}");
        assert_eq!(decision.trace.branch, Some(BranchChoice { branch, split: Some(Draw { bucket, share }) }));
        let code = if branch == MAIN { "served_update" } else { "no_update_for_runtime" };
        assert_eq!(decision.reason().code(), code, "each side has its own entries");
    }
}

#[test]
fn a_rollout_draws_by_its_own_salt() {
    let other_salt = Salt(Uuid::from_u128(0xca5));
    let (bucket, other) = (bucket_of(&device()), model::bucket::bucket(other_salt, device().id));
    assert_ne!(bucket, other);
    let between = bucket.min(other) + 1;
    let served = |salt| {
        let rollout = Some(Rollout { share: share(between), salt });
        answer(&app(vec![Entry { rollout, ..entry(3) }, entry(2)]), &device()).1
    };
    assert_ne!(served(SALT), served(other_salt));
}
