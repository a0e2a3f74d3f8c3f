//! Where the source stands, when there is a repository.

use std::path::Path;

use crate::programs::{self, Programs};

/// What git knows about a directory.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Source {
    pub(crate) git: api::Git,
    /// The first line of the last commit's message.
    pub(crate) subject: Option<String>,
}

/// Asks git. None when there is no git, no repository, or no commit: publishing does not depend on it.
pub(crate) async fn source(directory: &Path, programs: &Programs) -> Option<Source> {
    let commit =
        ask(directory, programs, &["rev-parse", "--verify", "HEAD"]).await.filter(|commit| is_commit(commit))?;
    let (branch, status, subject) = tokio::join!(
        ask(directory, programs, &["symbolic-ref", "--quiet", "--short", "HEAD"]),
        ask(directory, programs, &["status", "--porcelain"]),
        ask(directory, programs, &["log", "-1", "--no-show-signature", "--format=%s"]),
    );
    let dirty = status.is_some_and(|changes| !changes.is_empty());
    let some = |text: Option<String>| text.filter(|text| !text.is_empty());
    Some(Source { git: api::Git { commit, branch: some(branch), dirty }, subject: some(subject) })
}

async fn ask(directory: &Path, programs: &Programs, arguments: &[&str]) -> Option<String> {
    let mut child = programs.child(&programs.git, arguments, directory);
    // Asking for the status must not take the lock of a repository in which somebody works.
    child.env("GIT_OPTIONAL_LOCKS", "0");
    let output = programs::capture(child).await.ok().filter(|output| output.status.success())?;
    String::from_utf8(output.stdout).ok().map(|text| text.trim().to_owned())
}

/// The API takes SHA-1 commits: 40 hexadecimal digits.
fn is_commit(text: &str) -> bool {
    text.len() == 40 && text.bytes().all(|byte| byte.is_ascii_hexdigit())
}
