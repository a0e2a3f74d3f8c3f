//! JSON in which no object says a member twice. Of two, readers take the last or the first; what somebody meant by the
//! other would be lost without a word.

use std::collections::HashSet;
use std::fmt;

use serde::de::{Deserialize, Deserializer, Error, MapAccess, SeqAccess, Visitor};

/// Any JSON whose objects have distinct members. Reading it checks that, and keeps nothing.
#[derive(Clone, Copy, Debug)]
pub struct Distinct;

impl<'de> Deserialize<'de> for Distinct {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(Check)
    }
}

struct Check;

impl<'de> Visitor<'de> for Check {
    type Value = Distinct;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("JSON")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Distinct, A::Error> {
        let mut seen = HashSet::new();
        while let Some(name) = map.next_key::<String>()? {
            map.next_value::<Distinct>()?;
            if let Some(again) = seen.replace(name) {
                return Err(A::Error::custom(format_args!("the member `{again}` is there twice")));
            }
        }
        Ok(Distinct)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Distinct, A::Error> {
        while seq.next_element::<Distinct>()?.is_some() {}
        Ok(Distinct)
    }

    fn visit_unit<E>(self) -> Result<Distinct, E> {
        Ok(Distinct)
    }

    fn visit_bool<E>(self, _: bool) -> Result<Distinct, E> {
        Ok(Distinct)
    }

    fn visit_i64<E>(self, _: i64) -> Result<Distinct, E> {
        Ok(Distinct)
    }

    fn visit_u64<E>(self, _: u64) -> Result<Distinct, E> {
        Ok(Distinct)
    }

    fn visit_f64<E>(self, _: f64) -> Result<Distinct, E> {
        Ok(Distinct)
    }

    fn visit_str<E>(self, _: &str) -> Result<Distinct, E> {
        Ok(Distinct)
    }
}

#[cfg(test)]
mod tests {
    use super::Distinct;

    #[test]
    fn a_member_said_twice_is_found_wherever_it_is() {
        for text in ["1", "null", r#"{"a":{"a":[1.5,-2,true,"a"]},"b":{"a":1}}"#, "[{\"a\":1},{\"a\":1}]"] {
            assert!(serde_json::from_str::<Distinct>(text).is_ok(), "{text}");
        }
        for text in [r#"{"a":1,"a":1}"#, r#"{"not":{"eq":1,"x":[{"b":1,"a":2,"b":3}]}}"#, r#"{"a":1,"\u0061":2}"#] {
            let error = serde_json::from_str::<Distinct>(text).unwrap_err().to_string();
            assert!(error.contains("is there twice"), "{text}: {error}");
        }
    }
}
