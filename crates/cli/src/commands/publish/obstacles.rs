//! What would refuse the publish in the end, found before an export and an upload that take minutes.

use api::{App, Code, Problem, Update, Updates};
use protocol::Platform;
use protocol::names::CHANNEL;
use serde_json::Value;

use super::{PublishOptions, RuntimeVersions, Target};
use crate::commands::init::lookup;
use crate::failure::Failure;
use crate::printer::Printer;
use crate::remote::{Place, Remote, RemoteError, pairs};
use crate::{rolling, shell, update_address};

/// The rollouts that are open where something is to be published.
pub(super) struct Obstacles {
    rolling: Vec<Update>,
    /// Where binaries of the app ask.
    update_url: String,
}

impl Obstacles {
    /// Asks the server. A channel that is unknown or split refuses at once, one that is paused is told.
    pub(super) async fn ahead(remote: &Remote, options: &PublishOptions, printer: &Printer) -> Result<Self, Failure> {
        let app = remote.app().await?;
        let Target { channel, branch, create_channel } = &options.target;
        let known = match channel {
            Some(channel) => app.channels.iter().find(|known| known.name == *channel),
            None => None,
        };
        match (channel, known) {
            (Some(channel), None) if !create_channel => return Err(unknown(channel, &app)),
            // It is created, so nothing can be open on it.
            (Some(_), None) => return Ok(Self { rolling: Vec::new(), update_url: app.update_url }),
            _ => {}
        }
        if let Some(channel) = known {
            if let (None, [old, new, ..]) = (branch, &channel.branches[..]) {
                return Err(split(&channel.name, old, new));
            }
            if channel.paused {
                printer.warning(&format!(
                    "channel {} is paused: its devices are offered nothing until `updraft channels resume {}`",
                    channel.name,
                    shell::word(&channel.name)
                ));
            }
        }
        if options.release.on_rollout != api::OnRollout::Refuse {
            return Ok(Self { rolling: Vec::new(), update_url: app.update_url });
        }
        let asked = api::ListUpdates {
            channel: channel.clone().filter(|_| branch.is_none()),
            branch: branch.clone(),
            ..rolling::asked()
        };
        let page: Updates = remote.get(Place::App, &["updates"], &pairs(&asked)).await?;
        Ok(Self { rolling: page.updates, update_url: app.update_url })
    }

    /// Tells when the binaries that this config makes ask elsewhere, or for another channel: they never get the update.
    pub(super) fn warn_of_other_binaries(&self, config: &Value, target: &Target, printer: &Printer) {
        let url = lookup(config, &["updates", "url"]).and_then(Value::as_str);
        if let Some(url) = url.filter(|url| !update_address::is_same(url, &self.update_url)) {
            printer.warning(&format!(
                "binaries of this project ask {url}, and the app's address is {}: they do not get what is published \
                 here (`updraft doctor`)",
                self.update_url
            ));
        }
        // Each build may have its own, so that this is often meant.
        let declared = lookup(config, &["updates", "requestHeaders"]).and_then(Value::as_object);
        let mut headers = declared.into_iter().flatten();
        let asked = headers.find(|(name, _)| name.eq_ignore_ascii_case(CHANNEL)).and_then(|(_, value)| value.as_str());
        if let (Some(asked), Some(channel)) = (asked, &target.channel)
            && asked != channel
        {
            printer.note(&format!("the project's config says channel {asked}, and this goes to {channel}"));
        }
    }

    /// Refuses what the server would: one rollout is open for a platform and runtime version at a time.
    pub(super) fn refuse(&self, versions: &RuntimeVersions) -> Result<(), Failure> {
        let is_met = |update: &&Update| {
            versions.iter().any(|(platform, version)| {
                Platform::parse(&update.platform) == Some(*platform) && update.runtime_version == *version
            })
        };
        let met = rolling::groups(self.rolling.iter().filter(is_met));
        let Some(first) = met.first() else { return Ok(()) };
        let problem = Problem::new(Code::RolloutActive, format!("a rollout is open: {first}"));
        let hint = format!("{}; or say `--on-rollout finish` or `--on-rollout revert`", rolling::ways_on(&first.group));
        Err(RemoteError::Problem(Box::new(Problem { hint: Some(hint), ..problem })).into())
    }
}

fn unknown(channel: &str, app: &App) -> Failure {
    let known = app.channels.iter().map(|known| known.name.clone()).collect();
    Failure::UnknownChannel { channel: channel.to_owned(), known }
}

fn split(channel: &str, old: &str, new: &str) -> Failure {
    let detail = format!("channel {channel} points at two branches, {old} and {new}");
    let hint = format!(
        "name one with `--branch {}` or `--branch {}` instead of --channel; or end the channel's rollout with \
         `updraft channels rollout finish {name}` or `updraft channels rollout revert {name}`",
        shell::word(old),
        shell::word(new),
        name = shell::word(channel)
    );
    let problem = Problem { hint: Some(hint), ..Problem::new(Code::SplitChannel, detail) };
    RemoteError::Problem(Box::new(problem)).into()
}
