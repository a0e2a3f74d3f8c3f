//! How updates are shown.

use api::{ShownAsset, ShownUpdate, Update, UpdateKind, UpdateState};

use crate::share::Share;
use crate::table;

/// Characters of a message that a row of a list has room for.
const MESSAGE_ROOM: usize = 40;

/// One line for what was issued together and fared alike; the platforms share it.
pub(in crate::commands) fn in_columns(updates: &[Update]) -> String {
    page_in_columns(updates, false)
}

/// The same of a page: where more follow, the last line may not have all of its platforms.
pub(in crate::commands) fn page_in_columns(updates: &[Update], more_follow: bool) -> String {
    if updates.is_empty() {
        return "No such updates".into();
    }
    let mut lines: Vec<Line<'_>> = Vec::new();
    for update in updates {
        match lines.iter_mut().find(|line| line.takes(update)) {
            Some(line) => line.platforms.push(&update.platform),
            None => lines.push(Line { platforms: vec![&update.platform], first: update }),
        }
    }
    let mut rows: Vec<[String; 7]> = lines.into_iter().map(Line::row).collect();
    if let Some([.., platforms, _, _, _, _]) = rows.last_mut().filter(|_| more_follow) {
        platforms.push_str(", …");
    }
    table::aligned(["group", "branch", "platforms", "runtime version", "created at", "state", "message"], &rows)
}

struct Line<'a> {
    platforms: Vec<&'a str>,
    first: &'a Update,
}

impl Line<'_> {
    fn takes(&self, update: &Update) -> bool {
        let facts = |of: &Update| (of.group.clone(), of.runtime_version.clone(), of.kind, state(of), to_second(of));
        facts(self.first) == facts(update) && self.first.origin.is_some() == update.origin.is_some()
    }

    fn row(mut self) -> [String; 7] {
        self.platforms.sort_unstable();
        self.platforms.dedup();
        let update = self.first;
        let kind = match (update.kind, &update.origin) {
            (UpdateKind::RollBackToEmbedded, _) => "(roll back to embedded) ",
            (UpdateKind::Update, Some(_)) => "(again) ",
            (UpdateKind::Update, None) => "",
        };
        let message = shortened(update.message.as_deref().unwrap_or_default());
        [
            update.group.clone(),
            branch(update).to_owned(),
            self.platforms.join(", "),
            update.runtime_version.clone(),
            to_second(update),
            state(update),
            format!("{kind}{message}").trim_end().to_owned(),
        ]
    }
}

/// A deleted branch goes by its id, which says nothing to people.
fn branch(update: &Update) -> &str {
    if uuid::Uuid::try_parse(&update.branch).is_ok() { "(deleted)" } else { &update.branch }
}

/// `2026-11-23 12:00:00`, in UTC; what cannot be read so is shown as it came.
fn to_second(update: &Update) -> String {
    moment(&update.created_at)
}

/// An instant as a table has room for it: to the second, in UTC.
pub(in crate::commands) fn moment(text: &str) -> String {
    match text.split_once('.') {
        Some((seconds, fraction)) if fraction.ends_with('Z') => seconds.replace('T', " "),
        _ => text.to_owned(),
    }
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
        ("branch", Some(branch(update).to_owned())),
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
