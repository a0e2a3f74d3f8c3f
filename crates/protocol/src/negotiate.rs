//! Which shape the answer takes, from `accept` (protocol.md §2).
//!
//! The weights decide. Between equal weights the more specific range wins, and then
//! - among types that the header names: multipart before `application/expo+json` before `application/json`, because
//!   multipart carries everything;
//! - among types that only a wildcard covers: the plainest, `application/json`. The stock client always names its types;
//!   who sends `*/*` (curl, scripts) wants something to read, like one who sends no `accept` at all (protocol.md §8).

use crate::weighted_list;

/// The shapes that an answer can take.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum AnswerShape {
    /// `multipart/mixed`: carries everything.
    Multipart,
    /// `application/expo+json`: the bare manifest, its signature in the outer headers.
    ExpoJson,
    /// `application/json`: the same bytes under the name that every tool knows.
    Json,
}

/// `accept` names types, and none that a server of this protocol produces: 406.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct NotAcceptable;

impl AnswerShape {
    /// All, the richest first.
    pub const ALL: [Self; 3] = [Self::Multipart, Self::ExpoJson, Self::Json];

    /// The media type, without parameters.
    pub const fn media_type(self) -> &'static str {
        match self {
            Self::Multipart => "multipart/mixed",
            Self::ExpoJson => "application/expo+json",
            Self::Json => "application/json",
        }
    }
}

/// What the stock client sends, checked first because nearly every check is one of its.
const STOCK_ACCEPT: &[u8] = b"multipart/mixed,application/expo+json,application/json";

/// Chooses the shape for the values of `accept`, one item per header line.
///
/// Without a line, or without one readable media range, the answer is [`AnswerShape::Json`].
pub fn answer_shape<'v>(accept: impl IntoIterator<Item = &'v [u8]>) -> Result<AnswerShape, NotAcceptable> {
    let mut claims = [Claim::default(); AnswerShape::ALL.len()];
    let mut asks_for_something = false;
    for line in accept {
        if line == STOCK_ACCEPT {
            return Ok(AnswerShape::Multipart);
        }
        for range in weighted_list::members(line) {
            if range.name != b"*" && !range.name.contains(&b'/') {
                continue;
            }
            asks_for_something = true;
            for (claim, shape) in claims.iter_mut().zip(AnswerShape::ALL) {
                claim.hear(Specificity::of(range.name, shape), range.weight);
            }
        }
    }
    if !asks_for_something {
        return Ok(AnswerShape::Json);
    }
    claims
        .into_iter()
        .zip(AnswerShape::ALL)
        .filter(|(claim, _)| claim.weight > 0)
        .max_by_key(|(claim, shape)| (claim.weight, claim.specificity, preference(claim.specificity, *shape)))
        .map(|(_, shape)| shape)
        .ok_or(NotAcceptable)
}

/// What the header says about one shape: the most specific range counts, whatever its weight (RFC 9110 §12.5.1).
#[derive(Debug, Clone, Copy, Default)]
struct Claim {
    specificity: Specificity,
    weight: u16,
}

impl Claim {
    fn hear(&mut self, specificity: Specificity, weight: u16) {
        if specificity > self.specificity {
            *self = Self { specificity, weight };
        } else if specificity == self.specificity && specificity != Specificity::Unmentioned {
            self.weight = self.weight.max(weight);
        }
    }
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord)]
enum Specificity {
    #[default]
    Unmentioned,
    AnyType,
    AnySubtype,
    Named,
}

impl Specificity {
    fn of(range: &[u8], shape: AnswerShape) -> Self {
        let media_type = shape.media_type().as_bytes();
        if range.eq_ignore_ascii_case(media_type) {
            return Self::Named;
        }
        if range == b"*/*" || range == b"*" {
            return Self::AnyType;
        }
        let covers_subtypes = range.strip_suffix(b"/*").is_some_and(|r#type| {
            media_type.split(|byte| *byte == b'/').next().is_some_and(|own| own.eq_ignore_ascii_case(r#type))
        });
        if covers_subtypes { Self::AnySubtype } else { Self::Unmentioned }
    }
}

/// Larger is better.
const fn preference(specificity: Specificity, shape: AnswerShape) -> u8 {
    let richness = match shape {
        AnswerShape::Multipart => 2,
        AnswerShape::ExpoJson => 1,
        AnswerShape::Json => 0,
    };
    if matches!(specificity, Specificity::Named) { richness } else { 2 - richness }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::{AnswerShape, NotAcceptable, answer_shape};

    fn shape(accept: &str) -> Result<AnswerShape, NotAcceptable> {
        answer_shape([accept.as_bytes()])
    }

    #[test]
    fn chooses_by_weight_then_name_then_richness() {
        use AnswerShape::{ExpoJson, Json, Multipart};
        for (accept, expected) in [
            ("multipart/mixed,application/expo+json,application/json", Multipart),
            ("multipart/mixed, application/expo+json, application/json", Multipart),
            ("application/json,application/expo+json,multipart/mixed", Multipart),
            ("MULTIPART/Mixed", Multipart),
            ("multipart/mixed;boundary=x", Multipart),
            ("application/expo+json,application/json", ExpoJson),
            ("application/json,application/expo+json", ExpoJson),
            ("application/json", Json),
            ("application/expo+json;q=0.5,application/json", Json),
            ("multipart/mixed;q=0.1,application/expo+json;q=0.3,application/json;q=0.2", ExpoJson),
            ("multipart/mixed;q=0,application/json;q=0.001", Json),
            ("multipart/mixed;q=0,*/*", Json),
            ("application/json;q=0,*/*", ExpoJson),
            ("application/*;q=0,*/*", Multipart),
            ("*/*", Json),
            ("*", Json),
            ("text/html, image/gif, *; q=.2, */*; q=.2", Json),
            ("application/*", Json),
            ("Application/*", Json),
            ("multipart/*", Multipart),
            ("multipart/*,application/json;q=0.9", Multipart),
            ("multipart/*,application/json", Json),
            ("multipart/mixed,application/expo+json,*/*", Multipart),
            ("multipart/mixed;q=0.9,*/*", Json),
            ("application/expo+json;q=0.5,*/*;q=0.1", ExpoJson),
            ("application/json;q=0.2,application/json;q=0.8,multipart/mixed;q=0.5", Json),
            ("text/html,application/xhtml+xml,*/*;q=0.8", Json),
            ("text/html,application/json", Json),
            ("", Json),
            (",;", Json),
            ("json", Json),
        ] {
            assert_eq!(shape(accept), Ok(expected), "{accept:?}");
        }
    }

    #[test]
    fn refuses_when_only_other_types_are_named_or_all_are_excluded() {
        for accept in [
            "text/html",
            "application/xml,text/html;q=0.9",
            "image/*",
            "*/*;q=0",
            "application/json;q=0",
            "multipart/mixed;q=0,application/expo+json;q=0,application/json;q=0,*/*",
            "application/expo",
            "multipart/form-data",
        ] {
            assert_eq!(shape(accept), Err(NotAcceptable), "{accept:?}");
        }
    }

    #[test]
    fn hears_all_lines_together_and_none_as_json() {
        assert_eq!(answer_shape([]), Ok(AnswerShape::Json));
        let lines: [&[u8]; 2] = [b"text/html", b"multipart/mixed"];
        assert_eq!(answer_shape(lines), Ok(AnswerShape::Multipart));
        let lines: [&[u8]; 2] = [b"application/json", b"multipart/mixed;q=0.4"];
        assert_eq!(answer_shape(lines), Ok(AnswerShape::Json));
    }

    fn weight() -> impl Strategy<Value = u16> {
        0_u16..=1000
    }

    proptest! {
        #[test]
        fn any_bytes_have_an_outcome(lines in prop::collection::vec(prop::collection::vec(any::<u8>(), 0..80), 0..4)) {
            let _ = answer_shape(lines.iter().map(Vec::as_slice));
        }

        #[test]
        fn a_named_shape_with_the_highest_weight_wins(multipart in weight(), expo in weight(), json in weight(), rotation in 0_usize..3) {
            let mut members = [
                format!("multipart/mixed;q={}.{:03}", multipart / 1000, multipart % 1000),
                format!("application/expo+json;q={}.{:03}", expo / 1000, expo % 1000),
                format!("application/json;q={}.{:03}", json / 1000, json % 1000),
            ];
            members.rotate_left(rotation);
            let best = multipart.max(expo).max(json);
            let expected = match best {
                0 => Err(NotAcceptable),
                _ if multipart == best => Ok(AnswerShape::Multipart),
                _ if expo == best => Ok(AnswerShape::ExpoJson),
                _ => Ok(AnswerShape::Json),
            };
            prop_assert_eq!(shape(&members.join(", ")), expected);
        }
    }
}
