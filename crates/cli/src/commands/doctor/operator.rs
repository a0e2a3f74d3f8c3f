//! What only the server's operator can ask.

use protocol::facts::{Fact, SaidBy};
use protocol::{Platform, names};
use signing::Certificate;

use super::check::Check;
use super::findings::Findings;
use super::project::Binary;
use crate::commands::init::{is_of, is_root_of};
use crate::failure::Failure;
use crate::machine;
use crate::printer::Printer;
use crate::remote::{Connection, Place, Remote, pairs};
use crate::update_address;

/// The server's side of the project; none where the admin API does not answer.
pub(super) async fn examine(
    connection: &Connection,
    binary: &Binary,
    findings: &mut Findings,
    printer: &Printer,
) -> Option<Remote> {
    let asked = async {
        let remote = Remote::new(connection.clone(), printer)?;
        let (app, keys) = (remote.app().await?, remote.keys().await?.keys);
        Ok::<_, Failure>((remote, app, keys))
    };
    let (remote, app, keys) = match asked.await {
        Ok(answer) => answer,
        Err(failure) => {
            findings.warning(Check::AdminApi, format!("{}: {failure}", connection.server));
            return None;
        }
    };
    findings.ok(Check::AdminApi, format!("{}, app {}", connection.server, app.slug));
    if update_address::is_same(binary.url.as_str(), &app.update_url) {
        findings.ok(Check::SameApp, app.update_url.as_str());
    } else {
        findings.error(Check::SameApp, format!("binaries ask {}, the app's address is {}", binary.url, app.update_url));
    }
    let known: Vec<&str> = app.channels.iter().map(|channel| channel.name.as_str()).collect();
    match app.channels.iter().find(|channel| channel.name == binary.channel) {
        Some(channel) if channel.paused => {
            findings.warning(Check::ChannelExists, format!("channel {} is paused", channel.name));
        }
        Some(channel) => findings.ok(Check::ChannelExists, format!("it points at {}", channel.branches.join(" and "))),
        None => {
            let known = if known.is_empty() { "none".into() } else { known.join(", ") };
            findings.error(Check::ChannelExists, format!("there is no channel {}, but {known}", binary.channel));
        }
    }
    if let Some(trust) = &binary.trust
        && let Ok(certificate) = Certificate::from_pem(&trust.certificate)
    {
        let now_ms = machine::now_ms();
        let fits = |key: &api::Key| {
            if trust.include_chain { is_root_of(&certificate, key, now_ms) } else { is_of(&certificate, key) }
        };
        match keys.iter().find(|key| key.key_id == trust.key_id) {
            Some(key) if fits(key) => findings.ok(Check::CertificateFits, format!("key {}", key.key_id)),
            Some(key) => findings.error(
                Check::CertificateFits,
                format!("the certificate is not that of the server's key {}, {}", key.key_id, key.subject),
            ),
            None => findings.error(Check::CertificateFits, format!("the server has no key {}", trust.key_id)),
        }
    }
    Some(remote)
}

/// Why a phone gets nothing, in the server's words. `said` are the headers of its check, of which only those go there by
/// which rules and rollouts decide: others may be secrets, and this is an address that gets logged.
pub(super) async fn explain(
    remote: &Remote,
    channel: &str,
    platform: Platform,
    runtime_version: &str,
    said: &[(String, String)],
) -> Option<String> {
    let header = |name: &str| said.iter().find(|(known, _)| known.eq_ignore_ascii_case(name));
    let check = api::Explain {
        channel: channel.to_owned(),
        platform: platform.as_str().to_owned(),
        runtime_version: runtime_version.to_owned(),
        device: header(names::CLIENT_ID).map(|(_, id)| id.clone()),
        current: None,
        embedded: None,
    };
    let mut query = pairs(&check);
    let facts = Fact::ALL.into_iter().filter(|fact| fact.said_by() != SaidBy::EveryCheck).map(Fact::header);
    for (name, value) in facts.chain([names::EXTRA_PARAMS]).filter_map(header) {
        query.push(("header".into(), format!("{name}={value}")));
    }
    let explained: Result<api::Explanation, _> = remote.get(Place::App, &["explain"], &query).await;
    explained.ok().map(|explained| explained.explanation)
}
