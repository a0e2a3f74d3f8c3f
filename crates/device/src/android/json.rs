//! Fields as Android's `org.json` gives them (`JSONObjectUtils.require` and `getNullable`).
//!
//! `getString` turns whatever is there into text, null included; `getJSONObject` and `getJSONArray` throw for another
//! type. `org.json` also reads texts that are no JSON (comments, single quotes, characters after the end); the device
//! does not, since nobody should rely on that.

use serde_json::{Map, Value};

use crate::refusal::{Law, Refusal, quote};
use crate::rule::Rule;

/// A JSON object with the path that leads to it, for messages.
#[derive(Debug, Clone, Copy)]
pub(super) struct Fields<'a> {
    pub(super) object: &'a Map<String, Value>,
    pub(super) path: &'a str,
    pub(super) law: Law,
}

impl<'a> Fields<'a> {
    /// `require<String>`: none when the field is absent.
    pub(super) fn text(&self, key: &str) -> Option<String> {
        self.object.get(key).map(as_text)
    }

    /// `require<String>`, where its absence breaks a rule.
    pub(super) fn required_text(&self, key: &str, rule: Rule) -> Result<String, Refusal> {
        let text = self.text(key);
        self.law.require(rule, text.is_some(), || self.missing(key))?;
        Ok(text.unwrap_or_default())
    }

    /// `getNullable<String>`: a null becomes the text `null`.
    pub(super) fn optional_text(&self, key: &str) -> Result<Option<String>, Refusal> {
        self.refuse_null(key)?;
        Ok(self.text(key))
    }

    /// `require<JSONObject>`, where its absence breaks a rule.
    pub(super) fn required_object(&self, key: &str, rule: Rule) -> Result<Option<&'a Map<String, Value>>, Refusal> {
        self.law.require(rule, self.object.contains_key(key), || self.missing(key))?;
        self.typed(key, Value::as_object)
    }

    /// `getNullable<JSONObject>`.
    pub(super) fn optional_object(&self, key: &str) -> Result<Option<&'a Map<String, Value>>, Refusal> {
        self.refuse_null(key)?;
        self.typed(key, Value::as_object)
    }

    /// `getNullable<JSONArray>`.
    pub(super) fn optional_array(&self, key: &str) -> Result<Option<&'a Vec<Value>>, Refusal> {
        self.refuse_null(key)?;
        self.typed(key, Value::as_array)
    }

    fn typed<T>(&self, key: &str, read: impl Fn(&'a Value) -> Option<T>) -> Result<Option<T>, Refusal> {
        let Some(value) = self.object.get(key) else { return Ok(None) };
        let typed = read(value);
        self.law.require(Rule::FieldHasItsType, typed.is_some(), || {
            format!("{}.{key} is {}, another type than the client reads", self.path, quote(&value.to_string()))
        })?;
        Ok(typed)
    }

    fn refuse_null(&self, key: &str) -> Result<(), Refusal> {
        self.law.require(Rule::OptionalFieldIsNotNull, self.object.get(key) != Some(&Value::Null), || {
            format!("{}.{key} is null; an optional field is left out", self.path)
        })
    }

    fn missing(&self, key: &str) -> String {
        format!("{} has no {key}", self.path)
    }
}

/// `JSON.toString`: texts as they are, anything else as JSON.
fn as_text(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        other => other.to_string(),
    }
}
