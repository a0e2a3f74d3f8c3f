//! `updraft audit`: who did what to what, and what it was before and after.

use std::collections::BTreeMap;

use api::{Audit, AuditLine, Branches};
use serde_json::{Map, Value};

use super::updates::listing::moment;
use crate::failure::Failure;
use crate::printer::Printer;
use crate::remote::{Connection, Place, Remote};
use crate::share::Share;
use crate::table;

/// Shows who changed what, newest first.
pub async fn audit(
    connection: Connection,
    limit: Option<u16>,
    before: Option<u64>,
    printer: &Printer,
) -> Result<(), Failure> {
    let limit = limit.map(|limit| ("limit".to_owned(), limit.to_string()));
    let before = before.map(|before| ("before".to_owned(), before.to_string()));
    let query: Vec<_> = limit.into_iter().chain(before).collect();
    let remote = Remote::new(connection, printer)?;
    let audit: Audit = remote.get(Place::App, &["audit"], &query).await?;
    if !printer.mode().json {
        // The log keeps ids, since names change. Where the names cannot be had, the ids are shown.
        let branches: Option<Branches> = remote.all(Place::App, &["branches"]).await.ok();
        let branches = branches.map(|known| known.branches).unwrap_or_default();
        let names = branches.into_iter().map(|branch| (branch.id, branch.name)).collect();
        printer.data(&in_columns(&audit.lines, &names));
    }
    if let (Some(_), Some(oldest)) = (&audit.next_cursor, audit.lines.last()) {
        printer.note(&format!("hint: there are more: `--before {}` goes on", oldest.id));
    }
    printer.json(&audit);
    Ok(())
}

/// Names of branches by their ids.
type Names = BTreeMap<String, String>;

fn in_columns(lines: &[AuditLine], names: &Names) -> String {
    if lines.is_empty() {
        return "Nothing was changed yet".into();
    }
    let mut rows: Vec<[String; 6]> = Vec::new();
    for AuditLine { id, at, actor, action, detail } in lines {
        let about = [id.to_string(), moment(at), actor.clone(), action.replace('_', " ")];
        let told = changes(detail, names);
        let told = if told.is_empty() { vec![Default::default()] } else { told };
        // What one line of the log did to several things stands beneath each other.
        let abouts = std::iter::once(about).chain(std::iter::repeat_with(Default::default));
        rows.extend(abouts.zip(told).map(|([id, at, who, what], (on, change))| [id, at, who, what, on, change]));
    }
    table::aligned(["id", "at", "who", "what", "on what", "before → after"], &rows)
}

/// On what, and how it changed. The platforms of a group that changed alike are one.
fn changes(detail: &Value, names: &Names) -> Vec<(String, String)> {
    let none = Map::new();
    let side = |name: &str| detail.get(name).and_then(Value::as_object).unwrap_or(&none);
    let (before, after) = (side("before"), side("after"));
    let mut told: Vec<(String, String)> = Vec::new();
    for (subject, is) in after {
        let was = before.get(subject).unwrap_or(&Value::Null);
        let one = (on(subject, was, is), change(was, is, names));
        if !told.contains(&one) {
            told.push(one);
        }
    }
    for issued in detail.get("issued").and_then(Value::as_array).into_iter().flatten() {
        told.push((format!("group {}", text(&issued["group"], names)), issue(issued, names)));
    }
    if told.is_empty() {
        told.extend(
            detail.as_object().filter(|facts| !facts.is_empty()).map(|facts| (String::new(), listed(facts, names))),
        );
    }
    told
}

/// What was changed, by the name that people know it by.
fn on(subject: &str, was: &Value, is: &Value) -> String {
    let fact = |name: &str| [is, was].into_iter().find_map(|state| state.get(name)?.as_str());
    let kind = subject.split(' ').next().unwrap_or_default();
    match (kind, fact("name"), fact("group")) {
        ("update", _, Some(group)) => format!("group {group}"),
        (kind, Some(name), _) => format!("{kind} {name}"),
        _ => subject.to_owned(),
    }
}

fn change(was: &Value, is: &Value, names: &Names) -> String {
    match (was, is) {
        (Value::Null, Value::Object(_)) => "created".into(),
        (Value::Object(_), Value::Null) => "deleted".into(),
        (Value::Object(was), Value::Object(is)) => {
            let differ = is.iter().filter(|(name, value)| was.get(*name) != Some(*value));
            let told: Vec<String> = differ
                .map(|(name, value)| {
                    let before = fact(name, was.get(name).unwrap_or(&Value::Null), names);
                    format!("{} {before} → {}", name.replace('_', " "), fact(name, value, names))
                })
                .collect();
            told.join(", ")
        }
        (was, is) => format!("{} → {}", text(was, names), text(is, names)),
    }
}

fn issue(issued: &Value, names: &Names) -> String {
    let updates: Vec<String> = issued["updates"]
        .as_array()
        .into_iter()
        .flatten()
        .map(|update| {
            let kind = if update["kind"] == "roll_back_to_embedded" { " roll back to embedded" } else { "" };
            let held = if update["held"] == true { " held" } else { "" };
            let share = update["rollout"].as_u64().map(|_| format!(" {}", fact("rollout", &update["rollout"], names)));
            let lane = [&update["platform"], &update["runtime_version"]].map(|value| text(value, names)).join(" ");
            format!("{lane}{kind}{held}{}", share.unwrap_or_default())
        })
        .collect();
    format!("issued on branch {}: {}", text(&issued["branch"], names), updates.join(", "))
}

fn fact(name: &str, value: &Value, names: &Names) -> String {
    match (name, value.as_u64().map(u16::try_from)) {
        ("rollout" | "share" | "basis_points", Some(Ok(share))) => Share(share).to_string(),
        _ => text(value, names),
    }
}

fn text(value: &Value, names: &Names) -> String {
    match value {
        Value::Null => "none".into(),
        Value::Bool(true) => "yes".into(),
        Value::Bool(false) => "no".into(),
        Value::String(text) => names.get(text).unwrap_or(text).clone(),
        Value::Object(facts) => listed(facts, names),
        other => other.to_string(),
    }
}

fn listed(facts: &Map<String, Value>, names: &Names) -> String {
    let told: Vec<String> =
        facts.iter().map(|(name, value)| format!("{} {}", name.replace('_', " "), fact(name, value, names))).collect();
    told.join(", ")
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::{Names, changes};

    #[test]
    fn what_changed_is_told_in_words_and_once() {
        let names: Names = [("b1".to_owned(), "main".to_owned()), ("b2".to_owned(), "next".to_owned())].into();
        let state =
            |platform: &str, share| json!({"group": "g1", "platform": platform, "disabled": false, "rollout": share});
        let channel =
            |branch: &str, paused| json!({"name": "production", "target": {"branch": branch}, "paused": paused});
        for (detail, expected) in [
            (
                json!({"before": {"update u1": state("ios", Some(1000)), "update u2": state("android", Some(1000))},
                       "after": {"update u1": state("ios", Some(10_000)), "update u2": state("android", Some(10_000))}}),
                vec![("group g1", "rollout 10 % → 100 %")],
            ),
            (
                json!({"before": {"update u1": state("ios", Some(1000))}, "after": {"update u1": state("ios", None)}}),
                vec![("group g1", "rollout 10 % → none")],
            ),
            (
                json!({"before": {"channel c1": channel("b1", false)}, "after": {"channel c1": channel("b2", true)}}),
                vec![("channel production", "target branch main → branch next, paused no → yes")],
            ),
            (
                json!({"before": {"branch b3": {"name": "old"}}, "after": {"branch b3": null}}),
                vec![("branch old", "deleted")],
            ),
            (
                json!({"before": {"channel c1": null}, "after": {"channel c1": channel("b1", false)}}),
                vec![("channel production", "created")],
            ),
            (json!({"before": {"group g1": null}, "after": {"group g1": "Fixed"}}), vec![("group g1", "none → Fixed")]),
            (
                json!({"issued": [{"group": "g2", "branch": "b1", "updates": [
                    {"platform": "android", "runtime_version": "1.0.0", "kind": "update", "held": false, "rollout": 500},
                    {"platform": "ios", "runtime_version": "1.0.0", "kind": "roll_back_to_embedded", "held": true}]}]}),
                vec![("group g2", "issued on branch main: android 1.0.0 5 %, ios 1.0.0 roll back to embedded held")],
            ),
            (json!({"key": "main", "held_by_server": true}), vec![("", "key main, held by server yes")]),
            (json!({}), vec![]),
        ] {
            let expected: Vec<(String, String)> =
                expected.into_iter().map(|(on, change)| (on.to_owned(), change.to_owned())).collect();
            assert_eq!(changes(&detail, &names), expected, "{detail}");
        }
    }
}
