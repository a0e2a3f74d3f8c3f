//! One operation on the server: what is asked, in which words it is told, and whether somebody must consent first.

use http::Method;
use serde::Serialize;
use serde::de::DeserializeOwned;

use super::rollout;
use crate::consequences::{Tense, lines, told};
use crate::failure::Failure;
use crate::issued;
use crate::machine::IdempotencyKey;
use crate::printer::Printer;
use crate::remote::{Connection, Remote, Request};

/// An operation that the server answers with [`api::Operated`].
#[derive(Clone, Debug, PartialEq)]
pub struct Operation {
    request: Request,
    /// The first line of the summary, when it changed something.
    done: String,
    /// What to know or do next.
    next: Option<String>,
    /// The share of the devices that get what is issued first.
    share: Option<u16>,
    /// What is said and asked before.
    caution: Caution,
}

/// What is said and asked before something is done.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Caution {
    /// Nothing.
    None,
    /// Whoever sits at a terminal sees what it means for devices and is asked; nobody else is.
    Shown,
    /// It cannot be taken back: what it means is shown, and it needs a yes, from the terminal or in advance.
    Asked(String),
}

/// Whether somebody said yes in advance.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Consent {
    /// `--yes`
    Given,
    /// Whoever sits at the terminal is asked.
    Ask,
    /// `--dry-run`: nothing is to be done.
    Look,
}

impl Operation {
    pub(super) fn post(path: &[&str], body: &impl Serialize, done: String) -> Self {
        Self::new(Method::POST, path, Some(body), done)
    }

    pub(super) fn patch(path: &[&str], body: &impl Serialize, done: String) -> Self {
        Self::new(Method::PATCH, path, Some(body), done)
    }

    pub(super) fn put(path: &[&str], body: &impl Serialize, done: String) -> Self {
        Self::new(Method::PUT, path, Some(body), done)
    }

    /// A deletion of what can be made again.
    pub(super) fn clear(path: &[&str], done: String) -> Self {
        Self::new(Method::DELETE, path, None::<&()>, done)
    }

    pub(super) fn delete(path: &[&str], question: String, done: String) -> Self {
        Self::clear(path, done).asking(question)
    }

    fn new(method: Method, path: &[&str], body: Option<&impl Serialize>, done: String) -> Self {
        let request = Request::new(method, path, body);
        Self { request, done, next: None, share: None, caution: Caution::None }
    }

    pub(super) fn next(mut self, next: impl Into<String>) -> Self {
        self.next = Some(next.into());
        self
    }

    pub(super) fn rolling_out(mut self, share: Option<u16>) -> Self {
        self.share = share;
        self
    }

    pub(super) fn asking(mut self, question: String) -> Self {
        self.caution = Caution::Asked(question);
        self
    }

    /// What it means for devices is shown first, where there is somebody to see it.
    pub(super) fn showing(mut self) -> Self {
        self.caution = Caution::Shown;
        self
    }

    pub(super) fn query(mut self, name: &str, value: Option<String>) -> Self {
        self.request.query.extend(value.map(|value| (name.to_owned(), value)));
        self
    }
}

/// Does it and prints what came of it.
pub async fn operate(
    connection: Connection,
    operation: Operation,
    consent: Consent,
    printer: &Printer,
) -> Result<(), Failure> {
    let Operation { request, done, next, share, caution } = operation;
    let remote = Remote::new(connection, printer)?;
    if consent == Consent::Look {
        return look::<api::Operated>(&remote, &request, printer).await;
    }
    if consent == Consent::Ask {
        agree::<api::Operated>(&remote, &request, caution, printer).await?;
    }
    let key = IdempotencyKey::new().ok_or(Failure::NoRandomness)?;
    let operated: api::Operated = remote
        .operate(&request, key)
        .await
        .map_err(|error| Failure::of_intent(error, "see with `updraft audit` whether it was done"))?;
    let next = share.and_then(|share| Some(rollout::on(asked_for(&operated)?, share))).or(next);
    print(&operated, &done, next.as_deref(), printer);
    Ok(())
}

/// An answer that tells what an operation means.
pub(super) trait Foretold: DeserializeOwned + Serialize {
    /// What it means for devices, what is worth a look, and whether nothing was done.
    fn told(&self) -> (&[api::Consequence], &[api::Warning], bool);
}

impl Foretold for api::Operated {
    fn told(&self) -> (&[api::Consequence], &[api::Warning], bool) {
        (&self.consequences, &self.warnings, self.dry_run)
    }
}

impl Foretold for api::Published {
    fn told(&self) -> (&[api::Consequence], &[api::Warning], bool) {
        (&self.consequences, &self.warnings, self.dry_run)
    }
}

/// `--dry-run`: prints what the operation would mean.
pub(super) async fn look<T: Foretold>(remote: &Remote, request: &Request, printer: &Printer) -> Result<(), Failure> {
    let preview: T = foretell(remote, request).await?;
    let (consequences, warnings, _) = preview.told();
    printer.data(&format!("Nothing was done. What it would mean:\n{}", foretold(consequences).join("\n")));
    issued::warnings(warnings, printer);
    printer.json(&preview);
    Ok(())
}

/// Says what the operation would mean and asks, where its caution wants that; goes on only after a yes.
pub(super) async fn agree<T: Foretold>(
    remote: &Remote,
    request: &Request,
    caution: Caution,
    printer: &Printer,
) -> Result<(), Failure> {
    let question = match caution {
        Caution::None => return Ok(()),
        Caution::Shown if !printer.has_somebody() => return Ok(()),
        Caution::Shown => "Go on?".to_owned(),
        Caution::Asked(question) => question,
    };
    let preview: T = foretell(remote, request).await?;
    let lines = foretold(preview.told().0);
    if !printer.has_somebody() {
        return Err(Failure::Unconfirmed { question: format!("{question} ({})", lines.join("; ")) });
    }
    printer.ahead_of_question(&lines.join("\n"));
    confirm(question, printer).await
}

fn foretold(consequences: &[api::Consequence]) -> Vec<String> {
    match &lines(consequences, Tense::Ahead)[..] {
        [] => vec!["no device is offered anything else".into()],
        lines => lines.to_vec(),
    }
}

async fn foretell<T: Foretold>(remote: &Remote, request: &Request) -> Result<T, Failure> {
    let preview: T = remote.preview(request).await?;
    // One that knows no previews takes the request at its word.
    if preview.told().2 { Ok(preview) } else { Err(Failure::NotAPreview) }
}

/// Asks, unless there is nobody; goes on only after a yes.
pub(super) async fn confirm(question: String, printer: &Printer) -> Result<(), Failure> {
    match printer.confirm(&question).await {
        Some(true) => Ok(()),
        Some(false) => Err(Failure::Declined),
        None => Err(Failure::Unconfirmed { question }),
    }
}

fn print(operated: &api::Operated, done: &str, next: Option<&str>, printer: &Printer) {
    let api::Operated { changed, groups, warnings, consequences, .. } = operated;
    let first = if *changed { done } else { "Nothing changed: all is as asked for already" };
    let told = told(consequences);
    printer.data(&format!("{first}\n{}{told}", issued::groups(groups)));
    issued::warnings(warnings, printer);
    if let Some(next) = next.filter(|_| *changed) {
        printer.note(&format!("hint: {next}"));
    }
    printer.json(operated);
}

/// A platform as the API names it.
pub(super) fn named(platform: Option<protocol::Platform>) -> Option<String> {
    platform.map(|platform| platform.as_str().into())
}

/// The group that the operation was about, where it issued one.
fn asked_for(operated: &api::Operated) -> Option<&str> {
    operated.groups.iter().find(|group| group.why == api::Why::Asked).map(|group| group.group.as_str())
}
