//! Other people's programs, run as children.

use std::collections::VecDeque;
use std::ffi::OsStr;
use std::io;
use std::path::{Path, PathBuf};
use std::process::{ExitStatus, Output, Stdio};

use tokio::io::{AsyncBufReadExt as _, AsyncRead, BufReader};
use tokio::process::Command;

use crate::printer::Printer;

/// Lines of a failed child's output that are worth repeating.
const LAST_LINES: usize = 15;
/// Characters of such a line; the rest of a line of minified code says nothing.
const LONGEST_LINE: usize = 300;

/// Which programs to run: a name that is looked up in `PATH`, or a path.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Programs {
    /// Runs what a JavaScript project has installed.
    pub npx: PathBuf,
    /// Knows where the source stands.
    pub git: PathBuf,
    /// Tells them, by `CI=1`, that nobody watches.
    pub unattended: bool,
}

impl Default for Programs {
    fn default() -> Self {
        let npx = if cfg!(windows) { "npx.cmd" } else { "npx" };
        Self { npx: npx.into(), git: "git".into(), unattended: false }
    }
}

impl Programs {
    /// A child in `directory` that cannot ask questions and does not outlive us.
    pub(crate) fn child(&self, program: &Path, arguments: &[impl AsRef<OsStr>], directory: &Path) -> Command {
        let mut command = Command::new(program);
        command.args(arguments).current_dir(directory).stdin(Stdio::null()).kill_on_drop(true);
        if self.unattended {
            command.env("CI", "1");
        }
        command
    }
}

/// Runs a child to its end and returns all that it wrote.
pub(crate) async fn capture(mut child: Command) -> io::Result<Output> {
    child.output().await
}

/// Runs a child to its end, printing what it writes line by line; returns its last lines too.
pub(crate) async fn stream(mut child: Command, printer: &Printer) -> io::Result<(ExitStatus, String)> {
    let mut child = child.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn()?;
    let (out, err) = (child.stdout.take(), child.stderr.take());
    let (out, err, status) = tokio::join!(pass_on(out, printer), pass_on(err, printer), child.wait());
    Ok((status?, last_lines(out.into_iter().chain(err))))
}

/// The end of a text, without what only its authors read.
pub(crate) fn tail(text: &[u8]) -> String {
    last_lines(String::from_utf8_lossy(text).lines().map(str::to_owned))
}

async fn pass_on(pipe: Option<impl AsyncRead + Unpin>, printer: &Printer) -> VecDeque<String> {
    let mut last = VecDeque::with_capacity(LAST_LINES);
    let Some(pipe) = pipe else { return last };
    let (mut reader, mut line) = (BufReader::new(pipe), Vec::new());
    // A pipe that breaks has ended; the exit status tells the rest.
    while reader.read_until(b'\n', &mut line).await.unwrap_or(0) > 0 {
        let text = String::from_utf8_lossy(&line).trim_end().to_owned();
        line.clear();
        printer.note(&text);
        if is_worth_repeating(&text) {
            if last.len() == LAST_LINES {
                last.pop_front();
            }
            last.push_back(text);
        }
    }
    last
}

fn last_lines(lines: impl Iterator<Item = String>) -> String {
    let lines: Vec<String> = lines.filter(|line| is_worth_repeating(line)).map(|line| shortened(&line)).collect();
    lines[lines.len().saturating_sub(LAST_LINES)..].join("\n")
}

/// Not the frames of a JavaScript stack: they would push out the message above them.
fn is_worth_repeating(line: &str) -> bool {
    let line = line.trim();
    let is_frame = line.starts_with("at ") && (line.ends_with(')') || line.contains(':'));
    !line.is_empty() && !is_frame
}

fn shortened(line: &str) -> String {
    match line.char_indices().nth(LONGEST_LINE) {
        Some((end, _)) => format!("{}…", &line[..end]),
        None => line.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::{LAST_LINES, LONGEST_LINE, tail};

    #[test]
    fn the_message_is_repeated_and_the_flood_is_not() {
        let frames = "    at deep (/app/app.config.js:4:69)\n    at node:internal/main:1:1\n".repeat(100);
        let text = format!("Error: at first\n\nAPI_URL is not set\n{frames}");
        assert_eq!(tail(text.as_bytes()), "Error: at first\nAPI_URL is not set");

        let long = tail("ä".repeat(1_000_000).as_bytes());
        assert_eq!(long.chars().count(), LONGEST_LINE + 1);
        assert_eq!(tail("x\n".repeat(1000).as_bytes()).lines().count(), LAST_LINES);
    }
}
