//! Fields as iOS gives them (`requiredValue` and `optionalValue` of `Manifest.swift`): a missing required field or
//! another type, null included, raises an exception that Swift cannot catch.

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
    /// `requiredValue` as `String`. Empty where the rules are left out.
    pub(super) fn required_text(&self, key: &str, rule: Rule) -> Result<&'a str, Refusal> {
        Ok(self.required(key, rule, Value::as_str)?.unwrap_or_default())
    }

    /// `requiredValue` as `[String: Any]`.
    pub(super) fn required_object(&self, key: &str, rule: Rule) -> Result<Option<&'a Map<String, Value>>, Refusal> {
        self.required(key, rule, Value::as_object)
    }

    /// `optionalValue` as `String`.
    pub(super) fn optional_text(&self, key: &str) -> Result<Option<&'a str>, Refusal> {
        self.optional(key, Value::as_str)
    }

    /// `optionalValue` as `[String: Any]`.
    pub(super) fn optional_object(&self, key: &str) -> Result<Option<&'a Map<String, Value>>, Refusal> {
        self.optional(key, Value::as_object)
    }

    /// `optionalValue` as an array.
    pub(super) fn optional_array(&self, key: &str) -> Result<Option<&'a Vec<Value>>, Refusal> {
        self.optional(key, Value::as_array)
    }

    fn required<T>(&self, key: &str, rule: Rule, read: impl Fn(&'a Value) -> Option<T>) -> Result<Option<T>, Refusal> {
        self.law.require(rule, self.object.contains_key(key), || format!("{} has no {key}", self.path))?;
        self.typed(key, read)
    }

    fn optional<T>(&self, key: &str, read: impl Fn(&'a Value) -> Option<T>) -> Result<Option<T>, Refusal> {
        if self.object.get(key) == Some(&Value::Null) {
            self.law.refuse(
                Rule::OptionalFieldIsNotNull,
                format!("{}.{key} is null; an optional field is left out", self.path),
            )?;
            return Ok(None);
        }
        self.typed(key, read)
    }

    fn typed<T>(&self, key: &str, read: impl Fn(&'a Value) -> Option<T>) -> Result<Option<T>, Refusal> {
        let Some(value) = self.object.get(key) else { return Ok(None) };
        let typed = read(value);
        self.law.require(Rule::FieldHasItsType, typed.is_some(), || {
            format!("{}.{key} is {}, another type than the client reads", self.path, quote(&value.to_string()))
        })?;
        Ok(typed)
    }
}
