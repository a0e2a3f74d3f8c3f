//! The two outer headers that a client keeps: `expo-manifest-filters` and `expo-server-defined-headers`
//! (`ResponseHeaderData`).

use std::collections::BTreeMap;

use http::{HeaderMap, HeaderValue};
use protocol::{Platform, names};
use serde_json::{Map, Value};

use crate::refusal::{Law, Refusal, quote};
use crate::rule::Rule;
use crate::structured::{Item, parse_dictionary};

/// A dictionary that a client keeps, by lower-case key.
pub type Fields = BTreeMap<String, FieldValue>;

/// A value of such a dictionary. With all rules obeyed it is a text.
#[derive(Debug, Clone, PartialEq)]
pub enum FieldValue {
    /// A string.
    Text(String),
    /// An integer.
    Integer(i64),
    /// A decimal.
    Decimal(f64),
    /// A boolean.
    Flag(bool),
}

impl FieldValue {
    /// How the value goes into a request header.
    pub(crate) fn to_header(&self) -> String {
        match self {
            Self::Text(text) => text.clone(),
            Self::Integer(number) => number.to_string(),
            Self::Decimal(number) => number.to_string(),
            Self::Flag(flag) => flag.to_string(),
        }
    }

    /// `Object.equals` on Android, where a field's integer is a `Long` and a manifest's an `Integer`; `isEqual:` on iOS.
    fn equals(&self, metadata: &Value, platform: Platform) -> bool {
        match (self, metadata) {
            (Self::Text(field), Value::String(value)) => field == value,
            (Self::Flag(field), Value::Bool(value)) => field == value,
            (Self::Integer(field), Value::Number(value)) => {
                platform == Platform::Ios && value.as_i64().is_some_and(|value| *field == value)
            }
            (Self::Decimal(field), Value::Number(value)) => {
                platform == Platform::Ios && value.as_f64().is_some_and(|value| (field - value).abs() < f64::EPSILON)
            }
            _ => false,
        }
    }
}

/// Whether a stored or offered update passes (`SelectionPolicies.matchesFilters`): every filter whose key the metadata
/// has, in any case, must equal it. No filters, or no metadata (the embedded update): everything passes.
pub(crate) fn passes(metadata: Option<&Map<String, Value>>, filters: Option<&Fields>, platform: Platform) -> bool {
    let (Some(metadata), Some(filters)) = (metadata, filters) else { return true };
    let by_lower_case: BTreeMap<String, &Value> =
        metadata.iter().map(|(key, value)| (key.to_lowercase(), value)).collect();
    filters.iter().all(|(key, filter)| by_lower_case.get(key).is_none_or(|value| filter.equals(value, platform)))
}

/// What the outer headers say beside the body.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct OuterHeaders {
    /// The number in `expo-protocol-version`; none when it is absent or, on iOS, no number.
    pub(crate) protocol_version: Option<i32>,
    pub(crate) filters: Option<Fields>,
    pub(crate) server_defined: Option<Fields>,
}

impl OuterHeaders {
    pub(crate) fn read(headers: &HeaderMap, law: Law) -> Result<Self, Refusal> {
        Ok(Self {
            protocol_version: protocol_version(headers, law)?,
            filters: fields(headers, names::MANIFEST_FILTERS, &FILTER_RULES, law)?,
            server_defined: fields(headers, names::SERVER_DEFINED_HEADERS, &SERVER_HEADER_RULES, law)?,
        })
    }
}

/// The one value of a header. Several lines are refused, since each platform reads them in its own way.
pub(crate) fn single<'a>(headers: &'a HeaderMap, name: &str, law: Law) -> Result<Option<&'a HeaderValue>, Refusal> {
    let mut values = headers.get_all(name).iter();
    let last = values.next_back();
    law.require(Rule::HeaderComesOnce, values.next().is_none(), || format!("{name} comes more than once"))?;
    Ok(last)
}

fn protocol_version(headers: &HeaderMap, law: Law) -> Result<Option<i32>, Refusal> {
    let Some(value) = single(headers, names::PROTOCOL_VERSION, law)? else { return Ok(None) };
    let text = String::from_utf8_lossy(value.as_bytes());
    let number = text.parse::<i32>().ok();
    law.require(Rule::ProtocolVersionIsNumber, number.is_some(), || {
        format!("{} is {}, not a number", names::PROTOCOL_VERSION, quote(&text))
    })?;
    Ok(number)
}

struct FieldRules {
    ascii: Rule,
    dictionary: Rule,
    strings: Rule,
}

const FILTER_RULES: FieldRules = FieldRules {
    ascii: Rule::FiltersAreAscii,
    dictionary: Rule::FiltersAreDictionary,
    strings: Rule::FilterValuesAreStrings,
};

const SERVER_HEADER_RULES: FieldRules = FieldRules {
    ascii: Rule::ServerHeadersAreAscii,
    dictionary: Rule::ServerHeadersAreDictionary,
    strings: Rule::ServerHeaderValuesAreStrings,
};

fn fields(headers: &HeaderMap, name: &str, rules: &FieldRules, law: Law) -> Result<Option<Fields>, Refusal> {
    let Some(value) = single(headers, name, law)? else { return Ok(None) };
    let text = String::from_utf8_lossy(value.as_bytes());
    law.require(rules.ascii, text.is_ascii(), || format!("{name} is {}, not ASCII", quote(&text)))?;
    let members = match parse_dictionary(&text) {
        Ok(members) => members,
        Err(error) => {
            // Both clients then go on without the header: what is stored stays in force.
            law.refuse(rules.dictionary, format!("{name} is {}, not a structured dictionary: {error}", quote(&text)))?;
            return Ok(None);
        }
    };
    let mut fields = Fields::new();
    for (key, item) in members {
        law.require(rules.strings, matches!(item, Item::Text(_)), || {
            format!("{name} has a {key} that is not a string")
        })?;
        match (item, law.platform) {
            (Item::Text(text), _) | (Item::Token(text), Platform::Ios) => fields.insert(key, FieldValue::Text(text)),
            (Item::Integer(number), _) => fields.insert(key, FieldValue::Integer(number)),
            (Item::Decimal(number), _) => fields.insert(key, FieldValue::Decimal(number)),
            (Item::Flag(flag), _) => fields.insert(key, FieldValue::Flag(flag)),
            (Item::Token(_), Platform::Android) | (Item::Bytes | Item::InnerList, _) => None,
        };
    }
    Ok(Some(fields))
}

#[cfg(test)]
mod tests {
    use protocol::Platform;
    use serde_json::{Value, json};

    use super::{FieldValue, Fields, passes};

    fn filters(key: &str, value: FieldValue) -> Fields {
        Fields::from([(String::from(key), value)])
    }

    fn verdict(metadata: &Value, filters: &Fields, platform: Platform) -> bool {
        passes(metadata.as_object(), Some(filters), platform)
    }

    #[test]
    fn compares_as_the_platform_does() {
        let text = |value: &str| FieldValue::Text(String::from(value));
        for (metadata, key, filter, android, ios) in [
            (json!({"branchId": "b1"}), "branchid", text("b1"), true, true),
            (json!({"branchId": "b1"}), "branchid", text("b2"), false, false),
            (json!({"branchId": "b1"}), "other", text("b2"), true, true),
            (json!({}), "branchid", text("b2"), true, true),
            (json!({"branchId": "B1"}), "branchid", text("b1"), false, false),
            // Keys of the metadata are lower-cased, keys of the filter are not.
            (json!({"branchId": "b1"}), "branchId", text("b2"), true, true),
            (json!({"n": 1}), "n", FieldValue::Integer(1), false, true),
            (json!({"n": 1}), "n", text("1"), false, false),
            (json!({"f": true}), "f", FieldValue::Flag(true), true, true),
            (json!({"f": true}), "f", FieldValue::Flag(false), false, false),
            (json!({"d": 1.5}), "d", FieldValue::Decimal(1.5), false, true),
        ] {
            let filters = filters(key, filter);
            assert_eq!(verdict(&metadata, &filters, Platform::Android), android, "Android {metadata} {filters:?}");
            assert_eq!(verdict(&metadata, &filters, Platform::Ios), ios, "iOS {metadata} {filters:?}");
        }
    }

    #[test]
    fn without_metadata_or_filters_everything_passes() {
        let some = filters("branchid", FieldValue::Text(String::from("b")));
        let metadata = json!({"branchId": "a"});
        assert!(passes(None, Some(&some), Platform::Ios));
        assert!(passes(metadata.as_object(), None, Platform::Ios));
    }
}
