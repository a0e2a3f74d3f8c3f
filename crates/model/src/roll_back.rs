//! Which entry "roll back to previous" issues again.

use crate::{EntryKind, UpdateId};

/// One entry of a lane's history, as far as going back is concerned.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PastEntry {
    /// Its id.
    pub id: UpdateId,
    /// The entry that it is a copy of, when it was reissued; perhaps of another branch.
    pub origin: Option<UpdateId>,
    /// What it is. A roll back to embedded is a state to go back to like any other.
    pub kind: EntryKind,
    /// No longer served to anyone.
    pub disabled: bool,
    /// Stored behind a pin, not served yet.
    pub held: bool,
}

/// Nothing served lies before the head (`nothing_to_roll_back_to`).
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("nothing that can be served was published before the head of this branch, platform and runtime version")]
pub struct NothingToRollBackTo;

/// The entry to issue again, given the full history of one branch, platform and runtime version, newest first. The copy
/// that the caller then stores names the returned entry as its origin.
///
/// The head is the newest entry that is not held. It counts also when it is disabled, since devices that run it still
/// need the way back. A copy stands where the entry that it copies stood: after A, B and a roll back to A the state is
/// the one *before* B, so going back again leads to what was before A, never to B. Copies of copies are followed to the
/// first entry within this history; a copy from another branch has its own place.
pub fn previous(newest_first: &[PastEntry]) -> Result<&PastEntry, NothingToRollBackTo> {
    let head = newest_first.iter().position(|entry| !entry.held).ok_or(NothingToRollBackTo)?;
    let before = first_issue(newest_first, head) + 1;
    newest_first.iter().skip(before).find(|entry| !entry.disabled && !entry.held).ok_or(NothingToRollBackTo)
}

/// Where the content of the entry at `index` was first issued in this history. An origin is always older than its copy;
/// looking only there also ends the search on histories that claim otherwise.
fn first_issue(newest_first: &[PastEntry], mut index: usize) -> usize {
    while let Some(older) = newest_first.get(index).and_then(|entry| entry.origin).and_then(|origin| {
        newest_first.iter().enumerate().skip(index + 1).find(|(_, entry)| entry.id == origin).map(|(older, _)| older)
    }) {
        index = older;
    }
    index
}
