//! Why a command failed, in one type: what to say, what to do next, and the exit code.

use std::io;
use std::path::{Path, PathBuf};

use api::Code;
use device::Consequence;

use crate::commands::init::InitError;
use crate::embedded::NotAnApp;
use crate::exit::Exit;
use crate::expo::ExpoError;
use crate::export::ExportFailure;
use crate::logins::LoginError;
use crate::remote::RemoteError;

/// Why a command failed.
#[derive(Debug, thiserror::Error)]
pub enum Failure {
    /// The server.
    #[error(transparent)]
    Remote(#[from] RemoteError),
    /// The export on disk.
    #[error(transparent)]
    Export(#[from] ExportFailure),
    /// The project's own tools.
    #[error(transparent)]
    Expo(#[from] ExpoError),
    /// The project cannot be set up.
    #[error(transparent)]
    Init(#[from] InitError),
    /// A file named on the command line.
    #[error("{} cannot be {verb}", path.display())]
    File {
        /// The file.
        path: PathBuf,
        /// `read` or `written`.
        verb: &'static str,
        /// What the disk said.
        source: io::Error,
    },
    /// Arguments that fit the grammar, but not each other.
    #[error("{message}")]
    Usage {
        /// What does not fit.
        message: String,
        /// What would.
        hint: String,
    },
    /// The channel is not there, and was not to be created.
    #[error("the app has no channel {channel}")]
    UnknownChannel {
        /// What was asked for.
        channel: String,
        /// What there is.
        known: Vec<String>,
    },
    /// The branch belongs to another app.
    #[error("this is another project: its {name} is {ours:?}, and the branch's newest update {update} has {theirs:?}")]
    AnotherProject {
        /// Which name differs.
        name: &'static str,
        /// What the config says.
        ours: String,
        /// What the update says.
        theirs: String,
        /// Which update.
        update: String,
    },
    /// The request was sent, but not answered: it may have worked.
    #[error("nobody knows whether that worked: the server did not answer in the end")]
    OutcomeUnknown {
        /// How it did not answer.
        source: RemoteError,
        /// How to find out.
        hint: &'static str,
    },
    /// Signatures that this version cannot bring.
    #[error("the server does not hold the private part of {}", .0.join(", "))]
    ExternalKeys(Vec<String>),
    /// The strict client does not take what the server sent.
    #[error("the {} client refuses what {url} answered: {}", refusal.platform, refusal.message)]
    ClientRefused {
        /// What was asked.
        url: String,
        /// The rule that was broken.
        refusal: Box<device::Refusal>,
    },
    /// The bytes do not have the encoding that their header names.
    #[error("{url} sent bytes that cannot be decoded")]
    Undecodable {
        /// What was asked.
        url: String,
        /// What is wrong with them.
        source: io::Error,
    },
    /// The certificate that the phone is to have inside.
    #[error("the certificate cannot be used")]
    Certificate(#[source] signing::CertificateError),
    /// A header that the phone is to send.
    #[error("the header {0} cannot be sent")]
    Header(String),
    /// A rule that is not JSON.
    #[error("the rule in {} is not JSON", path.display())]
    Rule {
        /// The file.
        path: PathBuf,
        /// Where the reading stopped.
        source: serde_json::Error,
    },
    /// A file that is larger than any rule.
    #[error("{} has more than {limit} bytes, which no rule has", path.display())]
    RuleTooLarge {
        /// The file.
        path: PathBuf,
        /// The most that is read, in bytes.
        limit: u64,
    },
    /// A file that was to be registered as a released binary.
    #[error("{} is not an app with an embedded update", path.display())]
    NotAnApp {
        /// The file.
        path: PathBuf,
        /// Why not.
        source: NotAnApp,
    },
    /// Consent was asked for and not given.
    #[error("nothing was done")]
    Declined,
    /// Consent is needed, and there is nobody to ask.
    #[error("this needs a yes: {question}")]
    Unconfirmed {
        /// What would have been asked.
        question: String,
    },
    /// The server did what it was to tell first.
    #[error("the server knows no previews: it did this at once, without the yes that it needed")]
    NotAPreview,
    /// The logins that are kept.
    #[error(transparent)]
    Login(#[from] LoginError),
    /// The operating system has no randomness to give.
    #[error("the operating system gives no random numbers")]
    NoRandomness,
}

impl Failure {
    /// A failed request that would have changed what devices get: was it refused, or does nobody know?
    pub(crate) fn of_intent(error: RemoteError, hint: &'static str) -> Self {
        match &error {
            RemoteError::Problem(problem) if problem.status < 500 || problem.is(Code::NoSpace) => error.into(),
            RemoteError::Unreachable { .. } | RemoteError::File { .. } | RemoteError::Setup(_) => error.into(),
            _ => Self::OutcomeUnknown { source: error, hint },
        }
    }

    /// The exit code that goes with it.
    pub fn exit(&self) -> Exit {
        match self {
            Self::Remote(error) => match error {
                RemoteError::Problem(problem) if problem.is(Code::NothingChanged) => Exit::NothingNew,
                RemoteError::Problem(problem) if problem.status < 500 && problem.status != 429 => Exit::Refused,
                RemoteError::File { .. } | RemoteError::Setup(_) => Exit::Failure,
                _ => Exit::Unreachable,
            },
            Self::Usage { .. } | Self::Unconfirmed { .. } => Exit::Usage,
            Self::UnknownChannel { .. } | Self::AnotherProject { .. } => Exit::Refused,
            Self::OutcomeUnknown { .. } => Exit::Unreachable,
            Self::ClientRefused { .. } | Self::Undecodable { .. } => Exit::ClientRefused,
            _ => Exit::Failure,
        }
    }

    /// What to do next.
    pub fn hint(&self) -> Option<String> {
        match self {
            Self::Remote(error) => error.hint(),
            Self::Export(error) => error.hint(),
            Self::Expo(error) => error.hint(),
            Self::Login(error) => error.hint(),
            Self::Init(error) => Some(error.hint().into()),
            Self::Usage { hint, .. } => Some(hint.clone()),
            Self::UnknownChannel { known, .. } => Some(format!(
                "it has {}; `updraft channels create` makes one, and so does `updraft publish --create-channel`",
                if known.is_empty() { "none".into() } else { known.join(", ") }
            )),
            Self::AnotherProject { .. } => Some(
                "name this project's app with --app (`updraft apps create` makes one), or say --other-project where \
                 phones shall run this one from now on"
                    .into(),
            ),
            Self::OutcomeUnknown { hint, .. } => Some((*hint).into()),
            Self::ExternalKeys(_) => Some(
                "import the key with `updraft keys import`; bringing signatures made elsewhere is not supported yet"
                    .into(),
            ),
            Self::ClientRefused { refusal, .. } => Some(format!(
                "rule {} ({}); a real app {}",
                refusal.rule,
                refusal.rule.source(),
                consequence(refusal.consequence())
            )),
            Self::Undecodable { .. } => Some("look for a proxy that changes bodies or headers".into()),
            Self::Certificate(_) => Some("`updraft keys certificate` prints the one that belongs to a key".into()),
            Self::Rule { .. } | Self::RuleTooLarge { .. } => Some(Code::InvalidRule.hint().into()),
            Self::NotAnApp { .. } => Some(Code::NotAnApp.hint().into()),
            Self::Unconfirmed { .. } => Some("say `--yes`".into()),
            Self::NotAPreview => {
                Some("see with `updraft audit` what it did; run the same version here and there".into())
            }
            Self::File { path, verb: "written", source } => unwritten(path, source),
            Self::File { .. } | Self::Header(_) | Self::Declined | Self::NoRandomness => None,
        }
    }

    /// A stable word for programs: the server's own code where it answered with one.
    pub fn code(&self) -> &str {
        match self {
            Self::Remote(RemoteError::Problem(problem)) => &problem.code,
            Self::Remote(RemoteError::NotUpdraft { .. } | RemoteError::Unreadable { .. }) => "not_updraft",
            Self::Remote(RemoteError::Gateway { .. }) => "gateway",
            Self::Remote(RemoteError::Unreachable { .. }) => "unreachable",
            Self::Remote(RemoteError::Unanswered { .. }) => "unanswered",
            Self::Remote(_) => "local",
            Self::Export(_) => "invalid_export",
            Self::Expo(_) => "expo",
            Self::Login(_) => "login",
            Self::Init(error) => error.code(),
            Self::File { .. } => "file",
            Self::Usage { .. } => "usage",
            Self::UnknownChannel { .. } => Code::UnknownChannel.as_str(),
            Self::AnotherProject { .. } => "another_project",
            Self::OutcomeUnknown { .. } => "outcome_unknown",
            Self::ExternalKeys(_) => "external_keys",
            Self::ClientRefused { .. } => "client_refused",
            Self::Undecodable { .. } => "undecodable",
            Self::Certificate(_) => Code::InvalidCertificate.as_str(),
            Self::Header(_) => "header",
            Self::Rule { .. } | Self::RuleTooLarge { .. } => Code::InvalidRule.as_str(),
            Self::NotAnApp { .. } => Code::NotAnApp.as_str(),
            Self::Declined => "declined",
            Self::Unconfirmed { .. } => "unconfirmed",
            Self::NotAPreview => "not_a_preview",
            Self::NoRandomness => "no_randomness",
        }
    }
}

/// What lets a file be written after all.
fn unwritten(path: &Path, source: &io::Error) -> Option<String> {
    let directory = path.parent().unwrap_or(path).display();
    Some(match source.kind() {
        io::ErrorKind::NotFound => format!("make the directory {directory} first"),
        io::ErrorKind::NotADirectory => format!("{directory} is a file; name another directory"),
        io::ErrorKind::AlreadyExists => "name another file, or move that one away".into(),
        io::ErrorKind::PermissionDenied | io::ErrorKind::ReadOnlyFilesystem => {
            format!("see that {directory} may be written to, or name another file")
        }
        io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => "free space on that disk".into(),
        _ => return None,
    })
}

fn consequence(consequence: Consequence) -> &'static str {
    match consequence {
        Consequence::RefusesAnswer => "keeps what it runs",
        Consequence::CrashesApp => "crashes at every start",
        Consequence::IgnoresIt => "ignores that part",
        Consequence::Misreads => "reads something else than was meant",
        Consequence::ServesStale => "goes on with a stale answer",
        Consequence::DropsAsset => "runs without the asset",
        Consequence::LosesUpdate => "loses the update",
        Consequence::StoresUnverified => "runs bytes that nobody verified",
        Consequence::FailsDownload => "fails to download the update",
        Consequence::NeverLaunches => "never launches the update",
        Consequence::Decides => "does something else",
    }
}
