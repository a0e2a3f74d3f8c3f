//! What the snapshot keeps of a lane's history.

use model::snapshot::MAX_LANE_ENTRIES;
use model::{Entry, Lane, TooManyConditionalEntries};
use proptest::prelude::*;

use crate::arbitrary;
use crate::scene::*;

fn kept(history: Vec<Entry>) -> Vec<Entry> {
    Lane::reachable(history).expect("few").entries
}

#[test]
fn it_ends_with_the_first_entry_that_stands_for_everyone() {
    assert_eq!(kept(vec![]), []);
    assert_eq!(kept(vec![entry(3), entry(2)]), [entry(3)]);
    assert_eq!(kept(vec![rolling(4, 5_000), entry(3), entry(2)]), [rolling(4, 5_000), entry(3)]);
    assert_eq!(kept(vec![rolling(4, 9_999), roll_back(3), entry(2)]), [rolling(4, 9_999), roll_back(3)]);
    assert_eq!(kept(vec![rolling(4, 10_000), entry(3)]), [rolling(4, 10_000)], "everyone is inside");
    assert_eq!(kept(vec![rolling(4, 0), rolling(3, 1)]), [rolling(4, 0), rolling(3, 1)], "no end in sight");
}

#[test]
fn disabled_and_held_entries_are_not_kept_and_end_nothing() {
    assert_eq!(kept(vec![disabled(5), held(4), entry(3), entry(2)]), [entry(3)]);
    assert_eq!(kept(vec![disabled(5), held(4)]), []);
    let disabled_at_full = Entry { disabled: true, ..rolling(5, 10_000) };
    assert_eq!(kept(vec![disabled_at_full, entry(3)]), [entry(3)]);
}

#[test]
fn it_holds_so_many_entries_and_no_more() {
    let limit = u32::try_from(MAX_LANE_ENTRIES).expect("small");
    let conditional = |count: u32| (10..10 + count).rev().map(|number| rolling(number, 1));
    assert_eq!(Lane::reachable(conditional(limit)).expect("at the limit").entries.len(), MAX_LANE_ENTRIES);
    assert_eq!(Lane::reachable(conditional(limit + 1)).unwrap_err(), TooManyConditionalEntries);
    let with_an_end = |count| conditional(count).chain([entry(2)]);
    assert_eq!(Lane::reachable(with_an_end(limit - 1)).expect("at the limit").entries.len(), MAX_LANE_ENTRIES);
    assert_eq!(Lane::reachable(with_an_end(limit)).unwrap_err(), TooManyConditionalEntries);
    let beneath_the_end = [entry(900)].into_iter().chain(conditional(limit + 1));
    assert_eq!(Lane::reachable(beneath_the_end).expect("one is reachable").entries.len(), 1);
    let disabled_do_not_count = (10..100).map(disabled).chain(conditional(limit));
    assert_eq!(Lane::reachable(disabled_do_not_count).expect("at the limit").entries.len(), MAX_LANE_ENTRIES);
    assert!(TooManyConditionalEntries.to_string().contains("32"));
}

#[test]
fn a_history_is_not_read_beyond_the_end() {
    let mut read = 0;
    let streamed = [rolling(4, 5), entry(3), entry(2), entry(1)].into_iter().inspect(|_| read += 1);
    assert!(Lane::reachable(streamed).is_ok());
    assert_eq!(read, 2);
}

proptest! {
    #[test]
    fn deciding_on_what_is_kept_is_deciding_on_the_history(
        history in proptest::collection::vec(arbitrary::entry(), 0..12),
        device in arbitrary::device(),
    ) {
        let device = model::Device { channel: "production", runtime_version: "1.0.0", ..device };
        let full = app(history.clone());
        let mut reduced = full.clone();
        for lane in reduced.branches.values_mut().flat_map(|branch| branch.android.values_mut()) {
            *lane = Lane::reachable(history.clone()).expect("few");
        }
        let (on_full, on_reduced) = (model::decide(&full, &device), model::decide(&reduced, &device));
        prop_assert_eq!(summary(&on_full), summary(&on_reduced));
        prop_assert_eq!(on_full.branch, on_reduced.branch);
    }
}
