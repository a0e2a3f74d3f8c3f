//! A phone of each platform, and what it met on the way.

use ::device::{Consequence, Refusal, Rule};
use http::StatusCode;
use protocol::Platform;

use super::check::Check;
use super::findings::Findings;
use super::project::{self, Binary};
use super::{operator, wire};
use crate::commands::device::{Baked, Exchange, Runs, Session};
use crate::failure::Failure;
use crate::machine;
use crate::printer::Printer;
use crate::remote::{Remote, RemoteError};

/// Plays it: a check, every asset, and a second check as its HTTP cache would send it.
pub(super) async fn examine(
    platform: Platform,
    runtime_version: &str,
    binary: &Binary,
    remote: Option<&Remote>,
    findings: &mut Findings,
    printer: &Printer,
) -> Result<(), Failure> {
    let Some(place) = project::origin(&binary.url) else { return Ok(()) };
    findings.about(Some(platform));
    let baked =
        Baked { url: binary.url.as_str(), headers: &binary.headers, runtime_version, trust: binary.trust.as_ref() };
    let mut session = Session::new(platform, baked.binary()?, &place)?;
    let outcome = session.run(&binary.channel, printer).await;
    let exchanges = session.exchanges();
    let (check, assets): (Vec<&Exchange>, Vec<&Exchange>) =
        exchanges.iter().partition(|exchange| exchange.url == binary.url.as_str());
    if let Some(check) = check.first() {
        findings.ok(Check::ServerReachable, binary.url.as_str());
        wire::examine_check(check, findings);
        if check.status == StatusCode::OK && !wire::is_foreign(check) {
            let second = session.ask_again(check).await;
            wire::revalidated(check, second.as_ref(), findings);
        }
    }
    if !assets.is_empty() {
        wire::examine_assets(&binary.url, &secrets(&binary.headers), &assets, findings);
    }
    match outcome {
        Ok(phone) => {
            findings.ok(Check::ServerAnswers, "it does");
            findings.ok(Check::ApiKey, "phones are let in");
            findings.ok(Check::ManifestAccepted, "the strict client takes it");
            match phone.runs {
                Runs::Update(installed) => {
                    if let Some(key) = &installed.verified_by {
                        findings.ok(Check::Signature, format!("verified, key {key}"));
                    }
                    let files = assets.iter().filter(|asset| asset.status.is_success()).count();
                    findings.ok(Check::AssetsVerified, format!("{files} of {files}"));
                    wire::created(&installed, machine::now_ms(), findings);
                    findings.ok(Check::UpdatePublished, format!("it runs {}", installed.id));
                }
                Runs::Embedded { why } => {
                    let reason = match remote {
                        Some(remote) => {
                            operator::explain(remote, &binary.channel, platform, runtime_version, session.asked()).await
                        }
                        None => None,
                    };
                    let reason = reason.map(|reason| format!(" ({reason})")).unwrap_or_default();
                    findings.warning(
                        Check::UpdatePublished,
                        format!("runtime version {runtime_version} on channel {}: {why}{reason}", binary.channel),
                    );
                }
            }
        }
        Err(failure) => {
            for failure in [&failure].into_iter().chain(session.further_failures()) {
                tell(failure, check.first().copied(), binary, findings);
            }
        }
    }
    findings.about(None);
    Ok(())
}

/// Under which check a failure falls.
fn tell(failure: &Failure, check: Option<&Exchange>, binary: &Binary, findings: &mut Findings) {
    let cause = std::error::Error::source(failure).map(|source| format!(": {source}")).unwrap_or_default();
    let said = format!("{failure}{cause}");
    match failure {
        Failure::Remote(RemoteError::Problem(problem)) => {
            let what = match problem.code.as_str() {
                "missing_api_key" | "wrong_api_key" => Check::ApiKey,
                "unknown_channel" => Check::ChannelExists,
                "unknown_app" => Check::SameApp,
                "unknown_key" => Check::CertificateFits,
                _ if problem.status == 401 => Check::ApiKey,
                _ => Check::ServerAnswers,
            };
            findings.error(what, said);
        }
        Failure::Remote(RemoteError::NotUpdraft { .. } | RemoteError::Gateway { .. }) => {
            findings.error(Check::ServerAnswers, said);
        }
        // The check came through: it is one of the files that did not, from wherever it lies.
        Failure::Remote(RemoteError::Unreachable { url, .. } | RemoteError::Unanswered { url, .. })
            if url != binary.url.as_str() =>
        {
            findings.error(Check::AssetsVerified, chain(failure));
        }
        Failure::Remote(_) => findings.error(Check::ServerReachable, chain(failure)),
        Failure::ClientRefused { url, refusal } if url == binary.url.as_str() => {
            let said = refused(url, refusal);
            if check.is_some_and(wire::is_foreign) {
                let kind =
                    check.map(|check| wire::text(&check.headers, &http::header::CONTENT_TYPE)).unwrap_or_default();
                findings.error(Check::ServerAnswers, format!("{url} answered with {kind:?}, not with an update"));
            } else if check.is_some_and(|check| check.status == StatusCode::NOT_MODIFIED) {
                findings.error(Check::Revalidation, "a 304 came that nobody had asked for");
            } else if refusal.consequence() == Consequence::ServesStale {
                if !findings.has_error(Check::AnswerCaching) {
                    findings.error(Check::AnswerCaching, said);
                }
            } else if is_about_signing(refusal.rule) {
                findings.error(Check::Signature, said);
            } else if !findings.has_error(Check::ProtocolHeaders) {
                findings.error(Check::ManifestAccepted, said);
            }
        }
        Failure::Undecodable { url, .. } if url == binary.url.as_str() => findings.error(Check::ServerAnswers, said),
        Failure::ClientRefused { url, refusal } => findings.error(Check::AssetsVerified, refused(url, refusal)),
        Failure::Undecodable { .. } => findings.error(Check::AssetsVerified, said),
        _ => findings.error(Check::ManifestAccepted, said),
    }
}

/// The same words for both platforms, so that what both refuse is told once.
fn refused(url: &str, Refusal { rule, message, .. }: &Refusal) -> String {
    format!("the client refuses what {url} answered: {message} (rule {rule})")
}

fn is_about_signing(rule: Rule) -> bool {
    let name = rule.to_string();
    ["signature", "certificate", "chain"].iter().any(|word| name.contains(word))
}

fn chain(failure: &Failure) -> String {
    let causes = std::iter::successors(std::error::Error::source(failure), |cause| cause.source());
    causes.fold(failure.to_string(), |text, cause| format!("{text}: {cause}"))
}

/// The names of headers that look as if their value were for the server alone.
fn secrets(headers: &[(String, String)]) -> Vec<&str> {
    let looks_secret = |name: &str| {
        let name = name.to_ascii_lowercase();
        ["key", "token", "auth", "secret", "cookie", "password"].iter().any(|word| name.contains(word))
    };
    headers.iter().map(|(name, _)| name.as_str()).filter(|name| looks_secret(name)).collect()
}
