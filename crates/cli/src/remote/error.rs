//! What goes wrong between here and the server.

use std::io;
use std::path::PathBuf;

use api::{Code, Problem};
use http::StatusCode;

/// Why a request to the server brought no result.
#[derive(Debug, thiserror::Error)]
pub enum RemoteError {
    /// The server understood and answered with a problem.
    #[error("{}", in_words(.0))]
    Problem(Box<Problem>),
    /// Whoever answered is not an Updraft server: an HTML page, a redirect, a status that no endpoint has.
    #[error("{url} did not answer as an Updraft server does: {answer}")]
    NotUpdraft {
        /// What was asked.
        url: String,
        /// The answer's status.
        status: StatusCode,
        /// What came back instead.
        answer: String,
        /// Where it sends whoever asks; nobody went there.
        elsewhere: Option<String>,
    },
    /// Something between here and the server answered for it: it is down, or takes longer than that waits.
    #[error("something in front of the server answered {url} in its place: {}", spelled(*.status))]
    Gateway {
        /// What was asked.
        url: String,
        /// The answer's status.
        status: StatusCode,
    },
    /// The answer has the right type but not the right content.
    #[error("{url} answered something that this version of the command line cannot read")]
    Unreadable {
        /// What was asked.
        url: String,
        /// Where the reading stopped.
        source: serde_json::Error,
    },
    /// No connection, after all repeats: the request was never sent.
    #[error("{url} cannot be reached")]
    Unreachable {
        /// What was asked.
        url: String,
        /// What the network said.
        source: reqwest::Error,
    },
    /// The request was sent, at least in part, and no whole answer came, after all repeats.
    #[error("{url} did not answer in full")]
    Unanswered {
        /// What was asked.
        url: String,
        /// What the network said.
        source: reqwest::Error,
    },
    /// A file could not be read while it was sent.
    #[error("{} cannot be sent", path.display())]
    File {
        /// The file.
        path: PathBuf,
        /// What the disk said.
        source: io::Error,
    },
    /// The HTTP client could not be set up.
    #[error("the HTTP client cannot be set up")]
    Setup(#[source] reqwest::Error),
}

impl RemoteError {
    /// Whether the server answered with this code.
    pub fn is(&self, code: Code) -> bool {
        self.problem().is_some_and(|problem| problem.is(code))
    }

    /// The server's own words, where it said any.
    pub fn problem(&self) -> Option<&Problem> {
        match self {
            Self::Problem(problem) => Some(problem),
            _ => None,
        }
    }

    /// Whether nobody waited for the server for as long as it needs.
    pub(super) fn is_timeout(&self) -> bool {
        matches!(self, Self::Gateway { status, .. } if is_timeout(*status))
    }

    /// What the network said of a request to `url`.
    pub(crate) fn from_network(url: &str, error: reqwest::Error) -> Self {
        let (url, source) = (url.to_owned(), error.without_url());
        if source.is_connect() { Self::Unreachable { url, source } } else { Self::Unanswered { url, source } }
    }

    /// What to do next.
    pub fn hint(&self) -> Option<String> {
        Some(match self {
            Self::Problem(problem) => return problem.hint.clone(),
            Self::NotUpdraft { url, elsewhere: Some(elsewhere), .. } => redirected(url, elsewhere),
            Self::NotUpdraft { .. } => {
                "set --server or UPDRAFT_SERVER to the server's `public_url`; a proxy in front of it must pass /api on"
                    .into()
            }
            Self::Gateway { status, .. } if is_timeout(*status) => {
                "run the command again: it goes on with what the server has done; and let the proxy wait for longer \
                 (nginx: `proxy_read_timeout`)"
                    .into()
            }
            Self::Gateway { .. } => "see that the server runs, and that the proxy in front of it reaches it".into(),
            Self::Unreadable { .. } => "use the command line and the server in the same version".into(),
            Self::Unreachable { .. } => {
                "start the server with `updraft serve`, or set --server or UPDRAFT_SERVER to where it runs".into()
            }
            Self::Unanswered { source, .. } if source.is_timeout() => {
                "the server took too long; run the command again".into()
            }
            Self::Unanswered { .. } => "the connection broke; run the command again".into(),
            Self::File { .. } => "do not change the export while it is being published".into(),
            Self::Setup(_) => return None,
        })
    }
}

/// Whether whoever answers gave up on waiting for the server, which may still be at work.
fn is_timeout(status: StatusCode) -> bool {
    status == StatusCode::GATEWAY_TIMEOUT || status.as_u16() == CDN_TIMEOUT
}

/// Whether only something in front of a server says so.
pub(super) fn is_gateways(status: StatusCode) -> bool {
    let is_of_a_cdn = matches!(status.as_u16(), 520..=530);
    is_of_a_cdn
        || matches!(status, StatusCode::BAD_GATEWAY | StatusCode::SERVICE_UNAVAILABLE | StatusCode::GATEWAY_TIMEOUT)
}

/// Cloudflare's word for an origin that took more than 100 s.
const CDN_TIMEOUT: u16 = 524;

/// With the words that go with it, also where only a CDN uses the number.
fn spelled(status: StatusCode) -> String {
    match status.canonical_reason() {
        Some(_) => status.to_string(),
        None if is_timeout(status) => format!("{} (the server took too long)", status.as_u16()),
        None => format!("{} (the server is out of its reach)", status.as_u16()),
    }
}

/// A login page in front of the server, or an address that has moved.
fn redirected(url: &str, elsewhere: &str) -> String {
    let encrypted = url.strip_prefix("http://").map(|rest| format!("https://{rest}"));
    if encrypted.as_deref() == Some(elsewhere) {
        return "write --server or UPDRAFT_SERVER with https://; the token went without encryption".into();
    }
    "nothing was sent there; set --server or UPDRAFT_SERVER to the server's `public_url`, and let /api through what \
     asks for a login in front of it: the API has its own token"
        .into()
}

/// The detail is a sentence about this occurrence, the title one about the kind of trouble.
fn in_words(problem: &Problem) -> &str {
    if problem.detail.is_empty() { &problem.title } else { &problem.detail }
}
