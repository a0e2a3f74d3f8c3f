//! Pages of lists, and the cursors between them: texts that mean nothing to their bearers.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use sha2::{Digest, Sha256};

use crate::failure::Failure;
use crate::fields;

/// Items of a page, unless something else was asked for.
const USUAL: u16 = 100;
/// The most items of a page.
const MOST: u16 = 1000;
/// Bytes of what tells a cursor from another text, and one list's from another's.
const CHECK: usize = 6;

/// The list that a cursor belongs to: its operation and its app.
#[derive(Clone, Copy)]
pub struct List<'l>(pub &'l str, pub &'l str);

impl List<'_> {
    /// The cursor that asks for what comes after this place.
    pub fn cursor(self, place: &[u8]) -> String {
        URL_SAFE_NO_PAD.encode([&self.check(place)[..], place].concat())
    }

    /// The place after which a page begins.
    pub fn place(self, cursor: &str) -> Result<Vec<u8>, Failure> {
        let decoded = URL_SAFE_NO_PAD.decode(cursor).ok();
        let place = decoded.as_deref().and_then(|bytes| {
            let (check, place) = bytes.split_at_checked(CHECK)?;
            (check == self.check(place)).then(|| place.to_vec())
        });
        place.ok_or_else(no_cursor)
    }

    fn check(self, place: &[u8]) -> [u8; CHECK] {
        let mut hash = Sha256::new();
        for part in [self.0.as_bytes(), self.1.as_bytes(), place] {
            // The length keeps ("ab", "c") and ("a", "bc") apart.
            hash.update((part.len() as u64).to_be_bytes());
            hash.update(part);
        }
        let mut check = [0; CHECK];
        check.copy_from_slice(&hash.finalize()[..CHECK]);
        check
    }
}

/// What is no cursor of this list.
pub fn no_cursor() -> Failure {
    Failure::new(api::Code::InvalidCursor, "cursor: it is no `next_cursor` of a page of this list").field("cursor")
}

/// How many are asked for.
pub fn limit(asked: Option<u16>) -> Result<u16, Failure> {
    fields::limit(asked, USUAL, MOST)
}

/// The page that is asked for of a list that is ordered by its items' names, and the cursor of the next one.
pub fn by_name<T>(
    list: List<'_>,
    mut items: Vec<T>,
    name: impl Fn(&T) -> &str,
    asked: &api::WhichPage,
) -> Result<(Vec<T>, Option<String>), Failure> {
    let limit = limit(asked.limit)?.into();
    let after = asked.cursor.as_deref().map(|cursor| list.place(cursor)).transpose()?;
    items.sort_by(|one, other| name(one).cmp(name(other)));
    if let Some(after) = after {
        items.retain(|item| name(item).as_bytes() > &after[..]);
    }
    let more = items.len() > limit;
    items.truncate(limit);
    let next = items.last().filter(|_| more).map(|last| list.cursor(name(last).as_bytes()));
    Ok((items, next))
}
