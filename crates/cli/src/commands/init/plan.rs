//! What is there, what is wished for, and what follows from the two. Pure.

use serde::Serialize;
use serde_json::{Map, Value, json};

use super::refusal::InitError;

/// A setting that an app should have.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Wish {
    /// Keys beneath the app config.
    pub(super) path: Vec<String>,
    pub(super) value: Value,
    pub(super) weight: Weight,
    /// One line for people.
    pub(super) why: String,
    /// Not to be shown.
    pub(super) is_secret: bool,
}

/// What becomes of another value that is there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Weight {
    /// It goes: whoever runs the command asked for that.
    Asked,
    /// Without this one no update arrives: refused, unless forced.
    Needed,
    /// A matter of taste: it stays, unless forced.
    Default,
}

impl Wish {
    pub(super) fn new(path: &[&str], value: impl Into<Value>, weight: Weight, why: impl Into<String>) -> Self {
        let path = path.iter().map(|&key| key.to_owned()).collect();
        Self { path, value: value.into(), weight, why: why.into(), is_secret: false }
    }

    pub(super) fn secret(self) -> Self {
        Self { is_secret: true, ..self }
    }
}

/// What is done about a setting.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Change {
    /// Its keys beneath the app config, joined by dots.
    pub path: String,
    /// What happens.
    pub action: Action,
    /// What it is to be. A secret is shown as `•••`.
    pub value: Value,
    /// What it was, where that differs.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub was: Option<Value>,
    /// What it is for.
    pub why: String,
    #[serde(skip)]
    pub(super) wish: Written,
}

/// What goes into the file.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Written {
    pub(super) path: Vec<String>,
    pub(super) value: Value,
    pub(super) is_secret: bool,
}

/// What happens to a setting.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Action {
    /// It was not there.
    Add,
    /// It was another.
    Change,
    /// It is another and stays.
    Keep,
    /// It is as it should be.
    Same,
}

/// How a secret is shown.
const HIDDEN: &str = "•••";

/// Holds the wishes against the app config.
pub(super) fn plan(config: &Value, wishes: Vec<Wish>, force: bool) -> Result<Vec<Change>, InitError> {
    let (mut changes, mut others) = (Vec::new(), Vec::new());
    for wish in wishes {
        if let Some(in_the_way) = no_object_on(config, &wish.path) {
            return Err(InitError::NoObject(in_the_way));
        }
        let was = lookup(config, &wish.path);
        let action = match (was, wish.weight) {
            (None, _) => Action::Add,
            (Some(was), _) if *was == wish.value => Action::Same,
            (Some(_), Weight::Asked) => Action::Change,
            (Some(_), _) if force => Action::Change,
            (Some(was), Weight::Needed) => {
                let shown = |value: &Value| if wish.is_secret { json!(HIDDEN) } else { value.clone() };
                others.push(format!("{} is {}, not {}", wish.path.join("."), shown(was), shown(&wish.value)));
                Action::Keep
            }
            (Some(_), Weight::Default) => Action::Keep,
        };
        let shown = |value: &Value| if wish.is_secret { json!(HIDDEN) } else { value.clone() };
        changes.push(Change {
            path: wish.path.join("."),
            action,
            value: shown(&wish.value),
            was: was.filter(|_| matches!(action, Action::Change | Action::Keep)).map(shown),
            why: wish.why,
            wish: Written { path: wish.path, value: wish.value, is_secret: wish.is_secret },
        });
    }
    if others.is_empty() { Ok(changes) } else { Err(InitError::OtherSettings(others)) }
}

/// What lies at a path; `null` counts as nothing, as it does for Expo.
pub(crate) fn lookup<'v>(config: &'v Value, path: &[impl AsRef<str>]) -> Option<&'v Value> {
    path.iter().try_fold(config, |value, key| value.get(key.as_ref())).filter(|value| !value.is_null())
}

/// Where there is something on the way to a setting that holds no settings.
fn no_object_on(config: &Value, path: &[String]) -> Option<String> {
    let above = (1..path.len()).map(|length| &path[..length]);
    let is_no_object = |path: &&[String]| lookup(config, path).is_some_and(|value| !value.is_object());
    above.into_iter().find(is_no_object).map(|path| path.join("."))
}

/// The key of a request header as the config spells it: header names have no case, keys of objects do.
pub(super) fn header_key(config: &Value, name: &str) -> String {
    let declared = lookup(config, &["updates", "requestHeaders"]).and_then(Value::as_object);
    let same = declared.into_iter().flat_map(Map::keys).find(|key| key.eq_ignore_ascii_case(name));
    same.map_or(name, String::as_str).to_owned()
}

/// All that is wished for as one block, for those who paste it. It is printed, so that this stands for every secret.
pub(super) fn block(changes: &[Change], in_place_of_secrets: &str) -> Value {
    let mut block = json!({});
    for Change { wish, .. } in changes {
        let mut place = &mut block;
        for key in &wish.path {
            place = &mut place[key.as_str()];
        }
        *place = if wish.is_secret { json!(in_place_of_secrets) } else { wish.value.clone() };
    }
    block
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::{Action, Weight, Wish, block, header_key, plan};

    #[test]
    fn what_is_there_is_kept_changed_or_in_the_way() {
        use Action::{Add, Change, Keep, Same};
        use Weight::{Asked, Default, Needed};
        for (there, weight, force, expected) in [
            (json!({}), Needed, false, Some(Add)),
            (json!({"a": null}), Needed, false, Some(Add)),
            (json!({"a": {"b": null}}), Default, false, Some(Add)),
            (json!({"a": "text"}), Default, false, None),
            (json!({"a": []}), Asked, true, None),
            (json!({"a": {"b": 1}}), Needed, false, Some(Same)),
            (json!({"a": {"b": 2}}), Needed, false, None),
            (json!({"a": {"b": 2}}), Needed, true, Some(Change)),
            (json!({"a": {"b": 2}}), Default, false, Some(Keep)),
            (json!({"a": {"b": 2}}), Default, true, Some(Change)),
            (json!({"a": {"b": 2}}), Asked, false, Some(Change)),
        ] {
            let planned = plan(&there, vec![Wish::new(&["a", "b"], 1, weight, "")], force);
            assert_eq!(planned.ok().map(|changes| changes[0].action), expected, "{there} {weight:?} {force}");
        }
    }

    #[test]
    fn secrets_are_not_shown() {
        let wish = || vec![Wish::new(&["a"], "s3cret", Weight::Needed, "").secret()];
        let changes = plan(&json!({"a": "old-s3cret"}), wish(), true).unwrap();
        let shown = serde_json::to_string(&changes).unwrap();
        assert!(!shown.contains("s3cret"), "{shown}");
        assert_eq!(block(&changes, "KEY"), json!({"a": "KEY"}));
        let refused = plan(&json!({"a": "old-s3cret"}), wish(), false).unwrap_err().to_string();
        assert!(!refused.contains("s3cret"), "{refused}");
    }

    #[test]
    fn a_header_is_found_however_it_is_spelt() {
        let config = json!({"updates": {"requestHeaders": {"Expo-Channel-Name": "x"}}});
        assert_eq!(header_key(&config, "expo-channel-name"), "Expo-Channel-Name");
        assert_eq!(header_key(&config, "x-api-key"), "x-api-key");
        assert_eq!(header_key(&json!({"updates": {"requestHeaders": []}}), "x-api-key"), "x-api-key");
    }
}
