//! How updates are shown.

use api::{ShownAsset, ShownUpdate, Update, UpdateKind, UpdateState, Updates};

use crate::share::Share;
use crate::table;

/// Characters of a message that a row of a list has room for.
const MESSAGE_ROOM: usize = 40;

/// One line for each update.
pub(super) fn in_columns(Updates { updates, .. }: &Updates) -> String {
    if updates.is_empty() {
        return "No such updates".into();
    }
    let rows: Vec<[String; 8]> = updates.iter().map(row).collect();
    let headings = ["update", "group", "branch", "platform", "runtime version", "created at", "state", "message"];
    table::aligned(headings, &rows)
}

fn row(update: &Update) -> [String; 8] {
    let what = match (update.kind, update.message.as_deref()) {
        (UpdateKind::Update, message) => shortened(message.unwrap_or_default()),
        (UpdateKind::RollBackToEmbedded, None) => "(roll back to embedded)".into(),
        (UpdateKind::RollBackToEmbedded, Some(message)) => format!("(roll back to embedded) {}", shortened(message)),
    };
    [
        update.id.clone(),
        update.group.clone(),
        update.branch.clone(),
        update.platform.clone(),
        update.runtime_version.clone(),
        update.created_at.clone(),
        state(update),
        what,
    ]
}

fn state(update: &Update) -> String {
    let state = match update.state {
        UpdateState::Served => "served",
        UpdateState::Rolling => "rolling",
        UpdateState::Covered => "covered",
        UpdateState::Held => "held",
        UpdateState::Disabled => "disabled",
    };
    let share = update.rollout.map(|share| format!(" {}", Share(share))).unwrap_or_default();
    let rule = if update.rule.is_some() { ", by rule" } else { "" };
    format!("{state}{share}{rule}")
}

fn shortened(message: &str) -> String {
    let line = message.lines().next().unwrap_or_default();
    if line.chars().count() <= MESSAGE_ROOM && line.len() == message.len() {
        return line.into();
    }
    let kept: String = line.chars().take(MESSAGE_ROOM).collect();
    format!("{}…", kept.trim_end())
}

/// Everything that people ask about one update; its manifest is for programs.
pub(super) fn in_full(ShownUpdate { update, assets, .. }: &ShownUpdate) -> String {
    let what = match update.kind {
        UpdateKind::Update => "Update",
        UpdateKind::RollBackToEmbedded => "Roll back to embedded",
    };
    let facts = [
        ("group", Some(update.group.clone())),
        ("branch", Some(update.branch.clone())),
        ("platform", Some(update.platform.clone())),
        ("runtime version", Some(update.runtime_version.clone())),
        ("created at", Some(update.created_at.clone())),
        ("state", Some(state(update))),
        ("rule", update.rule.as_ref().map(ToString::to_string)),
        ("content of", update.origin.clone()),
        ("message", update.message.clone()),
        ("commit", update.git_commit.clone()),
        ("issued by", Some(update.issued_by.clone())),
    ];
    let facts: String = facts.into_iter().filter_map(|(name, value)| Some(format!("  {name}: {}\n", value?))).collect();
    format!("{what} {}\n{facts}{}", update.id, files(assets))
}

/// What lies on another host is told with its address; of its size nothing is known.
fn files(assets: &[ShownAsset]) -> String {
    let rows = assets.iter().map(|asset| {
        let what = if asset.launch { "bundle".into() } else { asset.key.clone() };
        let where_to = if asset.size.is_none() { asset.url.clone() } else { String::new() };
        let size = asset.size.map(table::bytes).unwrap_or_default();
        [what, asset.content_type.clone(), size, asset.hash.clone(), where_to]
    });
    let rows: Vec<[String; 5]> = rows.collect();
    if rows.is_empty() {
        return String::new();
    }
    let elsewhere = if assets.iter().all(|asset| asset.size.is_some()) { "" } else { "at" };
    table::aligned(["file", "type", "size", "SHA-256", elsewhere], &rows)
}
