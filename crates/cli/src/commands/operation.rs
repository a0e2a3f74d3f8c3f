//! One operation on the server: what is asked, in which words it is told, and whether somebody must consent first.

use http::Method;
use serde::Serialize;

use super::rollout;
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
    /// What to ask before, where it cannot be taken back.
    question: Option<String>,
}

/// Whether somebody said yes in advance.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Consent {
    /// `--yes`
    Given,
    /// Whoever sits at the terminal is asked.
    Ask,
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
        let path = path.iter().map(|&segment| segment.to_owned()).collect();
        // Every body is plain data with string keys, which always has a JSON form.
        let body = body.map(|body| serde_json::to_value(body).unwrap_or_default());
        let request = Request { method, path, query: Vec::new(), body };
        Self { request, done, next: None, share: None, question: None }
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
        self.question = Some(question);
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
    let Operation { request, done, next, share, question } = operation;
    let remote = Remote::new(connection, printer)?;
    if let (Some(question), Consent::Ask) = (question, consent) {
        confirm(question, printer).await?;
    }
    let key = IdempotencyKey::new().ok_or(Failure::NoRandomness)?;
    let operated = remote
        .operate(&request, key)
        .await
        .map_err(|error| Failure::of_intent(error, "see with `updraft audit` whether it was done"))?;
    let next = share.and_then(|share| Some(rollout::on(asked_for(&operated)?, share))).or(next);
    print(&operated, &done, next.as_deref(), printer);
    Ok(())
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
    let api::Operated { changed, groups, warnings, .. } = operated;
    let first = if *changed { done } else { "Nothing changed: all is as asked for already" };
    printer.data(&format!("{first}\n{}", issued::groups(groups)));
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
