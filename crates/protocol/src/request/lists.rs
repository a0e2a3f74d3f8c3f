//! The two optional structured fields of a check. They are ignored when they cannot be read: a device must not lose its
//! updates over a header that only refines the answer.

use std::borrow::Cow;
use std::convert::Infallible;

use arrayvec::ArrayVec;
use sfv::visitor::{EntryVisitor, Ignored, InnerListVisitor, ItemVisitor, ListVisitor, ParameterVisitor};
use sfv::{BareItemFromInput, Parser, StringRef};
use uuid::Uuid;

use super::dictionary::hear_members;
use super::{MAX_PARAMS, MAX_RECENT_FAILED};

/// The ids of a list of strings, the first [`MAX_RECENT_FAILED`] of them; members that are no UUID are passed over.
/// Nothing at all when it is not a list. Does not allocate.
pub(super) fn failed_update_ids(value: &[u8]) -> ArrayVec<Uuid, MAX_RECENT_FAILED> {
    Parser::new(value).parse_list_with_visitor(UuidList::default()).unwrap_or_default()
}

/// The members of a dictionary that are strings, by their last values: the first [`MAX_PARAMS`] keys. Empty when it is
/// not a dictionary. Allocates only for a string with an escape in it.
pub(super) fn extra_params<'r>(lines: impl Iterator<Item = &'r [u8]>) -> ArrayVec<(&'r str, Cow<'r, str>), MAX_PARAMS> {
    let mut params: ArrayVec<(&str, Cow<'r, str>), MAX_PARAMS> = ArrayVec::new();
    for line in lines {
        let heard = hear_members(line, |key, item| {
            let known = params.iter().position(|(known, _)| *known == key);
            match (known, item) {
                (Some(place), Some(BareItemFromInput::String(text))) => params[place].1 = text_of(text),
                (Some(place), _) => drop(params.remove(place)),
                // Full means that there are more than any app sets.
                (None, Some(BareItemFromInput::String(text))) => drop(params.try_push((key, text_of(text)))),
                (None, _) => {}
            }
        });
        // Several lines are one field (RFC 9651 §4.2), so a line that cannot be read spoils all.
        if heard.is_err() {
            return ArrayVec::new();
        }
    }
    params
}

fn text_of(text: Cow<'_, StringRef>) -> Cow<'_, str> {
    match text {
        Cow::Borrowed(text) => Cow::Borrowed(text.as_str()),
        Cow::Owned(text) => Cow::Owned(text.into()),
    }
}

#[derive(Default)]
struct UuidList(ArrayVec<Uuid, MAX_RECENT_FAILED>);

impl<'de> ListVisitor<'de> for UuidList {
    type Out = ArrayVec<Uuid, MAX_RECENT_FAILED>;
    type Error = Infallible;

    fn entry(&mut self) -> Result<impl EntryVisitor<'de>, Infallible> {
        Ok(&mut *self)
    }

    fn finish(self) -> Result<Self::Out, Infallible> {
        Ok(self.0)
    }
}

impl<'de> EntryVisitor<'de> for &mut UuidList {
    type Error = Infallible;

    fn item(self) -> Result<impl ItemVisitor<'de>, Infallible> {
        Ok(self)
    }

    fn inner_list(self) -> Result<impl InnerListVisitor<'de>, Infallible> {
        Ok(Ignored)
    }
}

impl<'de> ItemVisitor<'de> for &mut UuidList {
    type Out = ();
    type Error = Infallible;

    fn bare_item(self, item: BareItemFromInput<'de>) -> Result<impl ParameterVisitor<'de, Out = ()>, Infallible> {
        if let BareItemFromInput::String(text) = item
            && let Ok(id) = Uuid::try_parse(text.as_str())
        {
            // Full means that we have as many as a client ever sends.
            let _ = self.0.try_push(id);
        }
        Ok(Ignored)
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use proptest::prelude::*;
    use uuid::Uuid;

    use super::{MAX_RECENT_FAILED, extra_params, failed_update_ids};

    const A: &str = "aaaaaaaa-0000-4000-8000-000000000001";
    const B: &str = "bbbbbbbb-0000-4000-8000-000000000002";

    #[test]
    fn reads_the_ids_of_a_list() {
        let upper = A.to_uppercase();
        for (value, expected) in [
            (format!("\"{A}\", \"{B}\""), vec![A, B]),
            (format!("\"{A}\",\"{B}\";x=1"), vec![A, B]),
            (format!("\"{upper}\""), vec![A]),
            (format!("\"{A}\", \"nonsense\", 7, (\"{B}\")"), vec![A]),
            (String::new(), vec![]),
            (A.to_owned(), vec![]),
            (format!("\"{A}\", \"{B}"), vec![]),
            (format!("\"{A}\","), vec![]),
        ] {
            let expected: Vec<Uuid> = expected.into_iter().map(|id| id.parse().unwrap()).collect();
            assert_eq!(failed_update_ids(value.as_bytes()).as_slice(), expected, "{value}");
        }
    }

    #[test]
    fn keeps_the_first_five() {
        let ids: Vec<Uuid> = (0..20).map(Uuid::from_u128).collect();
        let value = ids.iter().map(|id| format!("\"{id}\"")).collect::<Vec<_>>().join(", ");
        assert_eq!(failed_update_ids(value.as_bytes()).as_slice(), &ids[..MAX_RECENT_FAILED]);
    }

    fn told<'r>(lines: impl Iterator<Item = &'r [u8]>) -> BTreeMap<String, String> {
        extra_params(lines).into_iter().map(|(key, text)| (key.to_owned(), text.into_owned())).collect()
    }

    fn params(lines: &[&str]) -> Vec<(String, String)> {
        told(lines.iter().map(|line| line.as_bytes())).into_iter().collect()
    }

    #[test]
    fn reads_the_strings_of_a_dictionary() {
        let pairs = |pairs: &[(&str, &str)]| -> Vec<(String, String)> {
            pairs.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned())).collect()
        };
        for (lines, expected) in [
            (&["a=\"1\", b=\"x \\\"y\\\"\""][..], pairs(&[("a", "1"), ("b", "x \"y\"")])),
            (&["a=\"1\"", "b=\"2\""], pairs(&[("a", "1"), ("b", "2")])),
            (&["a=\"1\", a=\"2\""], pairs(&[("a", "2")])),
            (&["a=\"1\", b=\"2\", a=3"], pairs(&[("b", "2")])),
            (&["a=\"1\", b=\"2\", b=(\"x\")"], pairs(&[("a", "1")])),
            (&["a=1, b, c=(\"x\"), d=\"2\";p=1, e=token"], pairs(&[("d", "2")])),
            (&["a=\"1"], pairs(&[])),
            (&["a=\"1\"", "Not one"], pairs(&[])),
            (&[""], pairs(&[])),
            (&[], pairs(&[])),
        ] {
            assert_eq!(params(lines), expected, "{lines:?}");
        }
    }

    proptest! {
        #[test]
        fn any_bytes_have_a_bounded_outcome(value in prop::collection::vec(any::<u8>(), 0..200)) {
            prop_assert!(failed_update_ids(&value).len() <= MAX_RECENT_FAILED);
            let _ = extra_params(std::iter::once(value.as_slice()));
        }

        #[test]
        fn what_the_client_writes_comes_back(params in prop::collection::btree_map("[a-z*][a-z0-9_.*-]{0,8}", "[ -~]{0,12}", 0..6)) {
            let value = params.iter()
                .map(|(key, value)| format!("{key}=\"{}\"", value.replace('\\', "\\\\").replace('"', "\\\"")))
                .collect::<Vec<_>>().join(", ");
            prop_assert_eq!(told(std::iter::once(value.as_bytes())), params);
        }
    }
}
