//! What an operation means for devices, a line each.

use api::{Consequence, Standing, StandingKind};

use crate::share::Share;

/// Whether the ids of what is issued are those that devices will see.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Tense {
    /// It was done.
    Done,
    /// It would be done: what would be issued has no id yet.
    Ahead,
}

/// One line for those who fare the same.
pub(crate) fn lines(consequences: &[Consequence], tense: Tense) -> Vec<String> {
    consequences.iter().map(|one| line(one, tense)).collect()
}

/// What was done, as the last lines of a summary.
pub(crate) fn told(consequences: &[Consequence]) -> String {
    let mut told = lines(consequences, Tense::Done).join("\n");
    if !told.is_empty() {
        told.push('\n');
    }
    told
}

fn line(one: &Consequence, tense: Tense) -> String {
    let Consequence { channel, platform, runtime_version, share, by_rule, from, to, .. } = one;
    let platform = match platform.as_str() {
        "ios" => "iOS",
        "android" => "Android",
        other => other,
    };
    let share = share.map(|share| format!("{} of the ", Share(share))).unwrap_or_default();
    let named = if *by_rule { " that a rule names" } else { "" };
    let on = match (from.kind, &from.update) {
        (StandingKind::Update, Some(update)) => format!(" on {update}"),
        (StandingKind::Embedded, _) => " that were rolled back".into(),
        (StandingKind::Update | StandingKind::Nothing, _) => " without an update".into(),
    };
    format!("{platform} {runtime_version} on {channel}: {share}devices{named}{on} {}", fate(from, to, tense))
}

fn fate(from: &Standing, to: &Standing, tense: Tense) -> String {
    match (to.kind, to.reason.as_deref()) {
        (StandingKind::Embedded, _) => "return to the update inside their binary".into(),
        (StandingKind::Nothing, Some("unknown_channel")) => "are answered 404, and stay on what they have".into(),
        (StandingKind::Nothing, Some("channel_paused")) => {
            "are offered nothing while it is paused, and stay on what they have".into()
        }
        (StandingKind::Nothing, _) => "stay on what they have".into(),
        (StandingKind::Update, _) => issued(from, to, tense),
    }
}

fn issued(from: &Standing, to: &Standing, tense: Tense) -> String {
    let id = to.update.as_deref().unwrap_or_default();
    let again = match tense {
        Tense::Done => format!("issued again as {id}"),
        Tense::Ahead => "issued again".into(),
    };
    match &to.origin {
        Some(origin) if to.issued && [&from.update, &from.origin].contains(&&Some(origin.clone())) => {
            format!("get the same, {again}")
        }
        Some(origin) if to.issued && from.kind == StandingKind::Update => format!("go back to {origin}, {again}"),
        Some(origin) if to.issued => format!("get {origin}, {again}"),
        _ if to.issued && tense == Tense::Ahead => "get a new one".into(),
        _ => format!("get {id}"),
    }
}

#[cfg(test)]
mod tests {
    use api::{Consequence, Standing, StandingKind};

    use super::{Tense, lines};

    fn standing(kind: StandingKind) -> Standing {
        Standing { kind, update: None, created_at: None, origin: None, issued: false, reason: None }
    }

    fn update(id: &str) -> Standing {
        Standing { update: Some(id.into()), ..standing(StandingKind::Update) }
    }

    fn again(id: &str, origin: &str) -> Standing {
        Standing { origin: Some(origin.into()), issued: true, ..update(id) }
    }

    fn nothing(reason: &str) -> Standing {
        Standing { reason: Some(reason.into()), ..standing(StandingKind::Nothing) }
    }

    #[test]
    fn every_fate_has_its_words() {
        let embedded = || standing(StandingKind::Embedded);
        let fates = [
            (update("3f2a"), again("77b0", "9c11")),
            (update("9c11"), again("77b0", "9c11")),
            (again("50aa", "9c11"), again("77b0", "9c11")),
            (update("3f2a"), update("9c11")),
            (update("3f2a"), embedded()),
            (update("3f2a"), nothing("running_newer")),
            (update("3f2a"), nothing("channel_paused")),
            (update("3f2a"), nothing("unknown_channel")),
            (standing(StandingKind::Nothing), update("9c11")),
            (embedded(), again("77b0", "9c11")),
        ];
        let consequences = fates.map(|(from, to)| Consequence {
            channel: "production".into(),
            branch: Some("main".into()),
            platform: "ios".into(),
            runtime_version: "1.4.0".into(),
            share: None,
            by_rule: false,
            from,
            to,
            reissued: 1,
        });
        insta::assert_snapshot!(lines(&consequences, Tense::Done).join("\n"), @r"
        iOS 1.4.0 on production: devices on 3f2a go back to 9c11, issued again as 77b0
        iOS 1.4.0 on production: devices on 9c11 get the same, issued again as 77b0
        iOS 1.4.0 on production: devices on 50aa get the same, issued again as 77b0
        iOS 1.4.0 on production: devices on 3f2a get 9c11
        iOS 1.4.0 on production: devices on 3f2a return to the update inside their binary
        iOS 1.4.0 on production: devices on 3f2a stay on what they have
        iOS 1.4.0 on production: devices on 3f2a are offered nothing while it is paused, and stay on what they have
        iOS 1.4.0 on production: devices on 3f2a are answered 404, and stay on what they have
        iOS 1.4.0 on production: devices without an update get 9c11
        iOS 1.4.0 on production: devices that were rolled back get 9c11, issued again as 77b0
        ");
        let some =
            Consequence { share: Some(1250), by_rule: true, platform: "android".into(), ..consequences[0].clone() };
        assert_eq!(
            lines(&[some], Tense::Ahead),
            [
                "Android 1.4.0 on production: 12.5 % of the devices that a rule names on 3f2a go back to 9c11, issued again"
            ]
        );
    }
}
