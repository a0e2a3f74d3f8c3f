//! What the server has instead of what it refused: names to choose from, and the rollout that stands in the way.

use api::{App, Apps, Branches, Code, Problem, Updates};

use super::exchange::Repeat;
use super::{Place, Remote, RemoteError, pairs};
use crate::rolling::{self, Rolling};

/// More names than this help nobody.
const MOST_NAMES: usize = 12;

/// The last segments of requests whose commands take `--on-rollout`.
const TAKE_ON_ROLLOUT: [&str; 6] = ["publishes", "commit", "roll-backs", "republish", "promote", "pin"];

impl Remote {
    /// The error, with a hint that knows what there is. When that cannot be asked for, the error as it is.
    pub(super) async fn advised(&self, error: RemoteError, path: &[&str]) -> RemoteError {
        let RemoteError::Problem(problem) = error else { return error };
        let hint = self.advice(&problem, path).await;
        RemoteError::Problem(match hint {
            Some(hint) => Box::new(Problem { hint: Some(hint), ..*problem }),
            None => problem,
        })
    }

    async fn advice(&self, problem: &Problem, path: &[&str]) -> Option<String> {
        if problem.is(Code::UnknownBranch) {
            let known: Branches = self.look(Place::App, &["branches"], &[]).await?;
            let names = names(known.branches.iter().map(|branch| branch.name.as_str()))?;
            return Some(format!("the app has {names}; `updraft branches create` makes one"));
        }
        if problem.is(Code::UnknownChannel) {
            let app: App = self.look(Place::App, &[], &[]).await?;
            let names = names(app.channels.iter().map(|channel| channel.name.as_str()))?;
            return Some(format!("the app has {names}; `updraft channels create` makes one"));
        }
        if problem.is(Code::UnknownApp) {
            let known: Apps = self.look(Place::Server, &["apps"], &[]).await?;
            let names = names(known.apps.iter().map(|app| app.slug.as_str()))?;
            return Some(format!("the server has {names}: name one with `--app` or UPDRAFT_APP"));
        }
        if problem.is(Code::RolloutActive) {
            let page: Updates = self.look(Place::App, &["updates"], &pairs(&rolling::asked())).await?;
            return open(&rolling::groups(&page.updates), path);
        }
        None
    }

    async fn look<T: serde::de::DeserializeOwned>(
        &self,
        place: Place,
        path: &[&str],
        query: &[(String, String)],
    ) -> Option<T> {
        let request = || self.request_at(http::Method::GET, place, path, query);
        self.exchange.json(Repeat::IfUntouched, request).await.ok()
    }
}

fn names<'a>(known: impl Iterator<Item = &'a str>) -> Option<String> {
    let known: Vec<&str> = known.collect();
    let more = if known.len() > MOST_NAMES { ", …" } else { "" };
    let shown = known.iter().take(MOST_NAMES).copied().collect::<Vec<_>>().join(", ");
    (!known.is_empty()).then(|| format!("{shown}{more}"))
}

/// What stands in the way, and what to type.
fn open(groups: &[Rolling], path: &[&str]) -> Option<String> {
    let last = path.last().copied().unwrap_or_default();
    let [only] = groups else {
        let lines: Vec<String> = groups.iter().map(ToString::to_string).collect();
        return (!lines.is_empty()).then(|| {
            format!("{}; end one with `updraft rollout finish` or `updraft rollout revert`", lines.join("; "))
        });
    };
    let group = crate::shell::word(&only.group);
    let besides = match last {
        "rollout" => format!("; `updraft rollout set {group} --percent 50` raises it"),
        _ if TAKE_ON_ROLLOUT.contains(&last) => "; or say `--on-rollout finish` or `--on-rollout revert`".into(),
        _ => String::new(),
    };
    Some(format!("{only}: {}{besides}", rolling::ways_on(&only.group)))
}
