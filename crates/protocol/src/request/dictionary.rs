//! Structured dictionaries read member by member, so that a hostile one costs no memory of its own.

use std::convert::Infallible;

use sfv::visitor::{DictionaryVisitor, EntryVisitor, Ignored, InnerListVisitor, ItemVisitor, ParameterVisitor};
use sfv::{BareItemFromInput, KeyRef, Parser};

/// Calls `hear` with each member's key and bare item, or none for an inner list; parameters are left out.
///
/// Of a key that stands there twice the last counts (RFC 9651 §4.2.2), which is the caller's to observe. When the end is
/// an error, what was heard before counts for nothing.
pub(super) fn hear_members<'v>(
    value: &'v [u8],
    hear: impl FnMut(&'v str, Option<BareItemFromInput<'v>>),
) -> Result<(), sfv::Error> {
    Parser::new(value).parse_dictionary_with_visitor(Members { hear })
}

struct Members<F> {
    hear: F,
}

struct Member<'f, 'v, F> {
    key: &'v KeyRef,
    hear: &'f mut F,
}

impl<'v, F: FnMut(&'v str, Option<BareItemFromInput<'v>>)> DictionaryVisitor<'v> for Members<F> {
    type Out = ();
    type Error = Infallible;

    fn entry(&mut self, key: &'v KeyRef) -> Result<impl EntryVisitor<'v>, Infallible> {
        Ok(Member { key, hear: &mut self.hear })
    }

    fn finish(self) -> Result<(), Infallible> {
        Ok(())
    }
}

impl<'v, F: FnMut(&'v str, Option<BareItemFromInput<'v>>)> EntryVisitor<'v> for Member<'_, 'v, F> {
    type Error = Infallible;

    fn item(self) -> Result<impl ItemVisitor<'v>, Infallible> {
        Ok(self)
    }

    fn inner_list(self) -> Result<impl InnerListVisitor<'v>, Infallible> {
        (self.hear)(self.key.as_str(), None);
        Ok(Ignored)
    }
}

impl<'v, F: FnMut(&'v str, Option<BareItemFromInput<'v>>)> ItemVisitor<'v> for Member<'_, 'v, F> {
    type Out = ();
    type Error = Infallible;

    fn bare_item(self, item: BareItemFromInput<'v>) -> Result<impl ParameterVisitor<'v, Out = ()>, Infallible> {
        (self.hear)(self.key.as_str(), Some(item));
        Ok(Ignored)
    }
}
