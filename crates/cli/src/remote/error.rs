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

    /// What the network said of a request to `url`.
    pub(crate) fn from_network(url: &str, error: reqwest::Error) -> Self {
        let (url, source) = (url.to_owned(), error.without_url());
        if source.is_connect() { Self::Unreachable { url, source } } else { Self::Unanswered { url, source } }
    }

    /// What to do next.
    pub fn hint(&self) -> Option<String> {
        Some(match self {
            Self::Problem(problem) => return problem.hint.clone(),
            Self::NotUpdraft { .. } => {
                "set --server or UPDRAFT_SERVER to the server's `public_url`; a proxy in front of it must pass /api on"
                    .into()
            }
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

/// The detail is a sentence about this occurrence, the title one about the kind of trouble.
fn in_words(problem: &Problem) -> &str {
    if problem.detail.is_empty() { &problem.title } else { &problem.detail }
}
