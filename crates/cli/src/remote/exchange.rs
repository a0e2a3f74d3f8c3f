//! One request and its answer, repeated while the server is busy or out of reach.

use std::future::ready;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use api::{Code, Problem};
use backon::Retryable;
use http::header::{CONTENT_TYPE, LOCATION};
use http::{HeaderMap, StatusCode};
use reqwest::{Client, ClientBuilder, Request, RequestBuilder, Response};
use serde::de::DeserializeOwned;

use super::error::is_gateways;
use super::patience::{Patience, asked_wait};
use super::{Connection, RemoteError, ServerUrl};
use crate::printer::Printer;

const CONNECT_LIMIT: Duration = Duration::from_secs(10);
/// How often a server is looked for that never answered.
const FIRST_CONTACT_REPEATS: usize = 3;
/// No answer of the API is larger: it holds at most the manifests of a few updates.
const LARGEST_ANSWER: usize = 64 * 1024 * 1024;

/// Characters of a stranger's answer that are repeated.
const LONGEST_QUOTE: usize = 200;

/// What a second attempt could do that the first one did not.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Repeat {
    /// Nothing: sending it twice is sending it once.
    Always,
    /// Something; so it is repeated only when the server cannot have begun.
    IfUntouched,
}

#[derive(Clone)]
pub(super) struct Exchange {
    client: Client,
    patience: Patience,
    printer: Printer,
    was_answered: Arc<AtomicBool>,
    /// What to say to whoever is not let in.
    let_in: Option<String>,
}

/// What came back.
pub(crate) struct Answer {
    pub(crate) url: String,
    pub(crate) status: StatusCode,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Vec<u8>,
}

/// A failed attempt, and whether another one may help.
struct Attempt {
    error: RemoteError,
    again: Again,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Again {
    /// It would end the same way, or do something twice.
    Never,
    /// After a while.
    Soon,
    /// After the time that the server asked for.
    After(Duration),
}

impl Exchange {
    pub(super) fn new(connection: &Connection, printer: Printer) -> Result<Self, RemoteError> {
        let client = build_client(&connection.server, || {
            // A redirect would carry the token elsewhere, or turn a POST into a GET: told, never followed.
            let builder = Client::builder().redirect(reqwest::redirect::Policy::none());
            // Then nothing is ever encrypted, and reading every CA certificate of the system is time for nothing.
            if connection.server.is_plain_loopback() { builder.tls_certs_only([]) } else { builder }
        })?;
        let let_in = connection.token_from.mend(&connection.server);
        Ok(Self { client, patience: connection.patience.clone(), printer, was_answered: Arc::default(), let_in })
    }

    pub(super) fn client(&self) -> &Client {
        &self.client
    }

    /// Sends what `request` builds, once for each attempt, and reads the answer as JSON.
    pub(super) async fn json<T: DeserializeOwned>(
        &self,
        repeat: Repeat,
        request: impl Fn() -> RequestBuilder,
    ) -> Result<T, RemoteError> {
        let sent = self.send(repeat, || ready(request().build().map_err(RemoteError::Setup)));
        let answer = self.printer.while_waiting("the server", sent).await?;
        if !declared_type(&answer.headers).eq_ignore_ascii_case("application/json") {
            return Err(answer.not_updraft());
        }
        serde_json::from_slice(&answer.body)
            .map_err(|source| RemoteError::Unreadable { url: answer.url.clone(), source })
    }

    /// Sends what `request` builds, once for each attempt.
    pub(super) async fn send<R>(&self, repeat: Repeat, request: impl Fn() -> R) -> Result<Answer, RemoteError>
    where
        R: Future<Output = Result<Request, RemoteError>>,
    {
        let pause = self.patience.pause.clone();
        let began = self.patience.clock.passed();
        let (mut failures, mut was_touched) = (0, false);
        let result = (|| self.attempt(repeat, request()))
            .retry(self.patience.schedule())
            .sleep(move |wait| pause.wait(wait))
            .when(|attempt: &Attempt| {
                was_touched |= !matches!(attempt.error, RemoteError::Unreachable { .. });
                attempt.again != Again::Never
            })
            .adjust(|attempt, own| {
                // One whom a proxy keeps from the answer for as long as the server works is bounded by time alone.
                failures += usize::from(!attempt.error.is_timeout());
                let repeats = if self.is_there(attempt) { self.patience.repeats } else { FIRST_CONTACT_REPEATS };
                self.next_wait(attempt, own.filter(|_| failures <= repeats), began)
            })
            .notify(|attempt, wait| {
                self.printer.note(&format!("{}; trying again in {:.1} s", attempt.error, wait.as_secs_f64()));
            })
            .await;
        result.map_err(|attempt| match attempt.error {
            // Who cannot connect in the end may have been heard before.
            RemoteError::Unreachable { url, source } if was_touched => RemoteError::Unanswered { url, source },
            RemoteError::Problem(problem) if problem.is(Code::Unauthorized) && self.let_in.is_some() => {
                RemoteError::Problem(Box::new(Problem { hint: self.let_in.clone(), ..*problem }))
            }
            error => error,
        })
    }

    /// A server that was never reached is probably not where it is looked for; one that was will come back.
    fn is_there(&self, attempt: &Attempt) -> bool {
        !matches!(attempt.error, RemoteError::Unreachable { .. }) || self.was_answered.load(Ordering::Relaxed)
    }

    fn next_wait(&self, attempt: &Attempt, own: Option<Duration>, began: Duration) -> Option<Duration> {
        let asked = attempt.again.asked();
        let wait = self.patience.next_wait(own, asked);
        if let (None, Some(_), Some(asked)) = (wait, own, asked) {
            self.printer.note(&format!("the server asks to wait {} s, which is too long", asked.as_secs()));
        }
        let tried = self.patience.clock.passed().saturating_sub(began);
        let wait = wait?;
        if tried + wait > self.patience.longest_in_all {
            self.printer.note(&format!("giving up after {} min of trying", tried.as_secs().div_ceil(60)));
            return None;
        }
        Some(wait)
    }

    async fn attempt(
        &self,
        repeat: Repeat,
        request: impl Future<Output = Result<Request, RemoteError>>,
    ) -> Result<Answer, Attempt> {
        let request = request.await.map_err(Attempt::last)?;
        let url = request.url().to_string();
        let response = self.client.execute(request).await.map_err(|error| Attempt::cut(&url, error, repeat))?;
        let answer = Answer::read(response, LARGEST_ANSWER).await.map_err(|error| Attempt::cut(&url, error, repeat))?;
        self.was_answered.store(true, Ordering::Relaxed);
        if answer.status.is_success() { Ok(answer) } else { Err(Attempt::refused(&answer, repeat)) }
    }
}

impl Answer {
    /// Reads the whole answer; what goes beyond the limit is left out.
    pub(crate) async fn read(mut response: Response, limit: usize) -> Result<Self, reqwest::Error> {
        let url = response.url().to_string();
        let (status, headers) = (response.status(), response.headers().clone());
        let mut body = Vec::new();
        while body.len() < limit
            && let Some(chunk) = response.chunk().await?
        {
            let room = limit - body.len();
            body.extend_from_slice(&chunk[..chunk.len().min(room)]);
        }
        Ok(Self { url, status, headers, body })
    }

    /// What to say of an answer that no endpoint gives.
    pub(super) fn not_updraft(&self) -> RemoteError {
        let Self { url, status, headers, .. } = self;
        let (url, status) = (url.clone(), *status);
        if is_gateways(status) {
            return RemoteError::Gateway { url, status };
        }
        let location = headers.get(LOCATION).filter(|_| status.is_redirection());
        let elsewhere = location.map(|location| bounded(&String::from_utf8_lossy(location.as_bytes())));
        let answer = match (&elsewhere, declared_type(headers)) {
            (Some(elsewhere), _) => format!("it redirects to {elsewhere} ({status})"),
            (None, "") => status.to_string(),
            (None, content_type) => format!("{status} with {}", bounded(content_type)),
        };
        RemoteError::NotUpdraft { url, status, answer, elsewhere }
    }

    /// What to say of an answer that is not a success: the problem that it holds, or that it comes from elsewhere.
    pub(crate) fn refusal(&self) -> RemoteError {
        self.problem().map_or_else(|| self.not_updraft(), |problem| RemoteError::Problem(Box::new(problem)))
    }

    fn problem(&self) -> Option<Problem> {
        let is_problem = declared_type(&self.headers).eq_ignore_ascii_case(api::problem::PROBLEM_JSON);
        is_problem.then(|| serde_json::from_slice(&self.body).ok()).flatten()
    }
}

impl Again {
    fn asked(self) -> Option<Duration> {
        match self {
            Self::After(wait) => Some(wait),
            Self::Never | Self::Soon => None,
        }
    }
}

impl Attempt {
    fn last(error: RemoteError) -> Self {
        Self { error, again: Again::Never }
    }

    fn cut(url: &str, error: reqwest::Error, repeat: Repeat) -> Self {
        let error = RemoteError::from_network(url, error);
        let is_untouched = matches!(error, RemoteError::Unreachable { .. });
        let may_help = is_untouched || repeat == Repeat::Always;
        Self { error, again: if may_help { Again::Soon } else { Again::Never } }
    }

    fn refused(answer: &Answer, repeat: Repeat) -> Self {
        let error = answer.refusal();
        let may_help = match answer.status {
            StatusCode::TOO_MANY_REQUESTS | StatusCode::SERVICE_UNAVAILABLE => true,
            // These stay as they are, however often one asks; the first two come from foreign servers.
            StatusCode::NOT_IMPLEMENTED | StatusCode::HTTP_VERSION_NOT_SUPPORTED | StatusCode::INSUFFICIENT_STORAGE => {
                false
            }
            status => repeat == Repeat::Always && (status.is_server_error() || error.is(Code::BodyCut)),
        };
        let again = match asked_wait(&answer.headers) {
            _ if !may_help => Again::Never,
            Some(wait) => Again::After(wait),
            None => Again::Soon,
        };
        Self { error, again }
    }
}

/// What a stranger says, as far as it is worth a line.
fn bounded(text: &str) -> String {
    match text.char_indices().nth(LONGEST_QUOTE) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text.to_owned(),
    }
}

/// The media type of a body, without parameters; empty when there is none.
pub(crate) fn declared_type(headers: &HeaderMap) -> &str {
    let text = headers.get(CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    text.split(';').next().unwrap_or_default().trim()
}

/// A client for this server, from a builder with the caller's own wishes.
pub(crate) fn build_client(server: &ServerUrl, builder: impl Fn() -> ClientBuilder) -> Result<Client, RemoteError> {
    let builder = || {
        let builder = builder().connect_timeout(CONNECT_LIMIT).user_agent(USER_AGENT);
        // A proxy cannot reach what only this computer can.
        if server.is_loopback() { builder.no_proxy() } else { builder }
    };
    // A machine without any CA certificate (a bare container) can still speak plain HTTP: it trusts no one then.
    let without_authorities = |_| builder().tls_certs_only([]).build();
    builder().build().or_else(without_authorities).map_err(RemoteError::Setup)
}

const USER_AGENT: &str = concat!("updraft/", env!("CARGO_PKG_VERSION"));
