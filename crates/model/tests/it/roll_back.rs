//! "Roll back to previous": which entry is issued again.

use model::roll_back::{NothingToRollBackTo, PastEntry, previous};
use model::{EntryKind, UpdateId};
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::Index;

use crate::scene::update;

fn plain(number: u128) -> PastEntry {
    PastEntry { id: update(number), origin: None, kind: EntryKind::Update, disabled: false, held: false }
}

fn copy(number: u128, origin: u128) -> PastEntry {
    PastEntry { origin: Some(update(origin)), ..plain(number) }
}

fn disabled(entry: PastEntry) -> PastEntry {
    PastEntry { disabled: true, ..entry }
}

fn held(entry: PastEntry) -> PastEntry {
    PastEntry { held: true, ..entry }
}

fn to_embedded(number: u128) -> PastEntry {
    PastEntry { kind: EntryKind::RollBackToEmbedded, ..plain(number) }
}

#[test]
fn it_is_the_newest_served_entry_before_the_head() {
    let cases = [
        ("the one before", vec![plain(2), plain(1)], Some(1)),
        ("past disabled and held", vec![plain(4), disabled(plain(3)), held(plain(2)), plain(1)], Some(1)),
        ("a disabled head still is what devices run", vec![disabled(plain(3)), plain(2), plain(1)], Some(2)),
        ("two disabled ones", vec![disabled(plain(3)), disabled(plain(2)), plain(1)], Some(1)),
        ("what waits behind a pin was never served", vec![held(plain(4)), held(plain(3)), plain(2), plain(1)], Some(1)),
        ("a roll back to embedded is a state too", vec![plain(3), to_embedded(2), plain(1)], Some(2)),
        ("and can itself be taken back", vec![to_embedded(3), plain(2), plain(1)], Some(2)),
        ("after a roll back: before its original", vec![copy(4, 2), plain(3), plain(2), plain(1)], Some(1)),
        ("a copy of a copy", vec![copy(6, 5), plain(7), copy(5, 2), plain(3), plain(2), plain(1)], Some(1)),
        ("a copy is gone back to as it is", vec![plain(4), copy(3, 1), plain(2), plain(1)], Some(3)),
        ("a disabled original keeps its place", vec![copy(4, 2), plain(3), disabled(plain(2)), plain(1)], Some(1)),
        ("promoted from another branch", vec![copy(4, 900), plain(3)], Some(3)),
        ("a copy of such", vec![copy(6, 4), plain(5), copy(4, 900), plain(3)], Some(3)),
        ("nothing at all", vec![], None),
        ("nothing before", vec![plain(1)], None),
        ("nothing before the original", vec![copy(3, 1), plain(2), plain(1)], None),
        ("nothing served before", vec![plain(3), disabled(plain(2)), held(plain(1))], None),
        ("all held", vec![held(plain(2)), held(plain(1))], None),
        ("it claims to be its own copy", vec![copy(2, 2), plain(1)], Some(1)),
        ("it claims to copy something newer", vec![plain(3), copy(2, 3), plain(1)], Some(2)),
    ];
    for (case, history, expected) in cases {
        let got = previous(&history).map(|entry| entry.id).ok();
        assert_eq!(got, expected.map(update), "{case}");
    }
    assert!(NothingToRollBackTo.to_string().contains("before the head"));
}

#[test]
fn rolling_back_again_and_again_goes_further_back() {
    let mut history = (1..=4).rev().map(plain).collect::<Vec<_>>();
    let contents = std::iter::from_fn(|| roll_back(&mut history)).take(9).collect::<Vec<_>>();
    assert_eq!(contents, [3, 2, 1].map(update));
    assert_eq!(previous(&history), Err(NothingToRollBackTo));

    history.insert(0, plain(900));
    assert_eq!(roll_back(&mut history), Some(update(1)), "a new publish starts from what it replaced");
}

/// Issues the previous entry again and says which content is served then.
fn roll_back(history: &mut Vec<PastEntry>) -> Option<UpdateId> {
    let source = *previous(history).ok()?;
    let number = 1_000 + u128::try_from(history.len()).expect("small");
    history.insert(0, PastEntry { id: update(number), origin: Some(source.id), ..source });
    Some(content(history, source.id))
}

fn content(history: &[PastEntry], id: UpdateId) -> UpdateId {
    let origin = history.iter().find(|entry| entry.id == id).and_then(|entry| entry.origin);
    origin.map_or(id, |origin| content(history, origin))
}

proptest! {
    #[test]
    fn it_never_leads_forward_and_ends(
        rows in vec((prop::option::weighted(0.4, any::<Index>()), prop::bool::weighted(0.2), prop::bool::weighted(0.1)), 0..20),
    ) {
        let mut history: Vec<PastEntry> = Vec::new();
        for (number, (origin, disabled, held)) in (1_u128..).zip(rows) {
            let origin = origin.filter(|_| !history.is_empty()).map(|origin| origin.get(&history).id);
            history.insert(0, PastEntry { origin, disabled, held, ..plain(number) });
        }
        let first_issued = history.clone();
        let age = |id: UpdateId| first_issued.iter().position(|entry| entry.id == id).expect("an original");
        let head = history.iter().find(|entry| !entry.held).map(|entry| age(content(&history, entry.id)));
        let mut last = head;
        for _ in 0..=first_issued.len() {
            let Some(served) = roll_back(&mut history) else { return Ok(()) };
            prop_assert!(Some(age(served)) > last, "further back each time");
            last = Some(age(served));
        }
        prop_assert!(false, "it does not end");
    }
}
