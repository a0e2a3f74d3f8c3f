//! All output: data to standard output, everything else to standard error.

mod progress;
mod repeated;
mod terminal;
mod waiting;

use std::error::Error;
use std::io::{self, IsTerminal, Write};
use std::iter;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use indicatif::{MultiProgress, ProgressDrawTarget};
use serde::Serialize;

pub(crate) use progress::{FileProgress, Progress};
pub(crate) use repeated::Repeated;

use crate::failure::Failure;

/// Where a command's output goes, and how much of it there is. Cheap to clone.
#[derive(Clone)]
pub struct Printer {
    out: Sink,
    err: Sink,
    bars: MultiProgress,
    /// How long something may take before it is said that it is waited for.
    unnoticed: Duration,
    mode: Mode,
    asked: Asked,
    repeated: Repeated,
}

/// Who answers questions.
#[derive(Clone)]
enum Asked {
    Nobody,
    Terminal,
    Memory(Arc<str>),
}

/// How a [`Printer`] prints.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Mode {
    /// Only results, warnings and errors.
    pub quiet: bool,
    /// Results as one JSON document on standard output, failures included.
    pub json: bool,
    /// Plain lines instead of progress bars, also on a terminal.
    pub plain: bool,
}

#[derive(Clone)]
enum Sink {
    Stdout,
    Stderr,
    Memory(Arc<Mutex<Vec<u8>>>),
}

impl Printer {
    /// Prints to the process's own streams. Bars are drawn only on a terminal.
    pub fn new(mode: Mode) -> Self {
        let draws = io::stderr().is_terminal() && !mode.plain && !mode.quiet;
        let target = if draws { ProgressDrawTarget::stderr() } else { ProgressDrawTarget::hidden() };
        Self {
            out: Sink::Stdout,
            err: Sink::Stderr,
            bars: MultiProgress::with_draw_target(target),
            unnoticed: waiting::UNNOTICED,
            mode: Mode { plain: !draws, ..mode },
            asked: if io::stdin().is_terminal() && io::stderr().is_terminal() && !mode.plain {
                Asked::Terminal
            } else {
                Asked::Nobody
            },
            repeated: Repeated::default(),
        }
    }

    /// Prints into memory; [`Captured`] reads it. For tests, and for callers that show the output themselves.
    pub fn captured(mode: Mode) -> (Self, Captured) {
        let (out, err) = (Arc::default(), Arc::default());
        let captured = Captured { out: Arc::clone(&out), err: Arc::clone(&err) };
        let printer = Self {
            out: Sink::Memory(out),
            err: Sink::Memory(err),
            bars: MultiProgress::with_draw_target(ProgressDrawTarget::hidden()),
            // How fast a machine is does not change what was captured.
            unnoticed: Duration::MAX,
            mode: Mode { plain: true, ..mode },
            asked: Asked::Nobody,
            repeated: Repeated::default(),
        };
        (printer, captured)
    }

    /// Has every question answered with this line, as if somebody typed it.
    #[must_use]
    pub fn answering(self, line: &str) -> Self {
        Self { asked: Asked::Memory(line.into()), ..self }
    }

    /// Has every command within a hint name the server and the app again.
    #[must_use]
    pub(crate) fn repeating(self, repeated: Repeated) -> Self {
        Self { repeated, ..self }
    }

    /// How it prints.
    pub fn mode(&self) -> Mode {
        self.mode
    }

    /// A result for people; nothing in JSON mode, where [`Printer::json`] has it.
    pub fn data(&self, text: &str) {
        if !self.mode.json {
            self.write(&self.out, text);
        }
    }

    /// A result for programs; nothing outside JSON mode.
    pub fn json(&self, value: &impl Serialize) {
        if self.mode.json {
            // Every caller hands in plain data with string keys, which always has a JSON form.
            let text = serde_json::to_string(value).unwrap_or_default();
            self.write(&self.out, &text);
        }
    }

    /// What is going on.
    pub fn note(&self, text: &str) {
        if !self.mode.quiet {
            self.write(&self.err, &self.repeated.complete(text));
        }
    }

    /// What may be wrong.
    pub fn warning(&self, text: &str) {
        self.write(&self.err, &self.repeated.complete(&format!("warning: {text}")));
    }

    /// Whether there is somebody to ask.
    pub(crate) fn has_somebody(&self) -> bool {
        !matches!(self.asked, Asked::Nobody)
    }

    /// What whoever is asked needs to know, however little else is said.
    pub(crate) fn ahead_of_question(&self, text: &str) {
        self.write(&self.err, text);
    }

    /// Asks for consent: whether it was given; none when there is nobody to ask. Anything but a yes is a no.
    pub(crate) async fn confirm(&self, question: &str) -> Option<bool> {
        let line = match &self.asked {
            Asked::Nobody => return None,
            Asked::Memory(line) => {
                self.write(&self.err, &format!("{question} [y/N]"));
                line.to_string()
            }
            Asked::Terminal => {
                self.write(&self.err, &format!("{question} [y/N]"));
                terminal::line().await
            }
        };
        Some(matches!(line.trim().to_ascii_lowercase().as_str(), "y" | "yes"))
    }

    /// What stands on standard input, up to a limit that no token reaches.
    pub(crate) async fn piped(&self) -> String {
        match &self.asked {
            Asked::Memory(line) => line.to_string(),
            Asked::Nobody | Asked::Terminal => terminal::everything().await,
        }
    }

    /// Asks for a secret, which is not shown while it is typed; none when there is nobody to ask.
    pub(crate) async fn secret(&self, question: &str) -> Option<String> {
        match &self.asked {
            Asked::Nobody => None,
            Asked::Memory(line) => {
                self.write(&self.err, question);
                Some(line.to_string())
            }
            Asked::Terminal => {
                self.write(&self.err, question);
                Some(terminal::secret_line().await)
            }
        }
    }

    /// Why the command failed, the causes beneath it, and what to do next.
    pub fn failure(&self, failure: &Failure) {
        let causes = iter::successors(failure.source(), cause);
        let lines: Vec<String> = iter::once(format!("error: {failure}"))
            .chain(causes.map(|cause| format!("  caused by: {cause}")))
            .chain(self.hint(failure).map(|hint| format!("hint: {hint}")))
            .collect();
        self.write(&self.err, &lines.join("\n"));
        self.failure_for_programs(failure);
    }

    fn hint(&self, failure: &Failure) -> Option<String> {
        failure.hint().map(|hint| self.repeated.complete(&hint))
    }

    /// Arguments that were refused: to people in the parser's words, which show the usage too.
    pub(crate) fn refused_arguments(&self, shown: &str, failure: &Failure) {
        self.write(&self.err, shown);
        self.failure_for_programs(failure);
    }

    fn failure_for_programs(&self, failure: &Failure) {
        self.json(&serde_json::json!({
            "error": {
                "code": failure.code(),
                "message": failure.to_string(),
                "hint": self.hint(failure),
                "exit": failure.exit().code(),
            }
        }));
    }

    /// Shows how far an upload or download has come.
    pub(crate) fn progress(&self, verb: Verb, files: usize, bytes: u64) -> Progress {
        Progress::new(self.clone(), verb, files, bytes)
    }

    fn write(&self, sink: &Sink, text: &str) {
        let text = shown(text);
        let newline = if text.ends_with('\n') { "" } else { "\n" };
        // Nobody is left to tell when the reader of a stream has gone.
        let _gone = self.bars.suspend(|| match sink {
            Sink::Stdout => write!(io::stdout().lock(), "{text}{newline}"),
            Sink::Stderr => write!(io::stderr().lock(), "{text}{newline}"),
            Sink::Memory(buffer) => {
                write!(buffer.lock().unwrap_or_else(PoisonError::into_inner), "{text}{newline}")
            }
        });
    }
}

fn cause<'a>(error: &&'a (dyn Error + 'static)) -> Option<&'a (dyn Error + 'static)> {
    (*error).source()
}

/// Text from servers, files and children cannot steer the terminal: colours and control characters are left out.
fn shown(text: &str) -> String {
    let mut pieces = text.split("\u{1b}[");
    let first = pieces.next().unwrap_or_default();
    // Parameters and intermediates go up to the first character from `@` to `~`.
    let behind = |piece: &'_ str| piece.find(|c| matches!(c, '@'..='~')).map_or(piece.len(), |end| end + 1);
    let plain = pieces.map(|piece| &piece[behind(piece)..]);
    let is_kept = |c: &char| !c.is_control() || matches!(c, '\n' | '\t');
    iter::once(first).chain(plain).flat_map(str::chars).filter(is_kept).collect()
}

/// What a [`Progress`] counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Verb {
    Upload,
    Download,
}

impl Verb {
    fn past(self) -> &'static str {
        match self {
            Self::Upload => "uploaded",
            Self::Download => "downloaded",
        }
    }
}

/// What a [`Printer::captured`] printer has printed.
pub struct Captured {
    out: Arc<Mutex<Vec<u8>>>,
    err: Arc<Mutex<Vec<u8>>>,
}

impl Captured {
    /// Standard output so far.
    pub fn out(&self) -> String {
        read(&self.out)
    }

    /// Standard error so far.
    pub fn err(&self) -> String {
        read(&self.err)
    }
}

fn read(buffer: &Mutex<Vec<u8>>) -> String {
    String::from_utf8_lossy(&buffer.lock().unwrap_or_else(PoisonError::into_inner)).into_owned()
}

#[cfg(test)]
mod tests {
    use super::shown;

    #[test]
    fn nothing_steers_the_terminal() {
        for (text, expected) in [
            ("plain\ttext\n", "plain\ttext\n"),
            ("\u{1b}[1;32mgreen\u{1b}[0m ä", "green ä"),
            ("\u{1b}[2J\u{1b}]0;title\u{7}x\r", "]0;titlex"),
            ("\u{9b}31mx\u{0}", "31mx"),
            ("end\u{1b}[", "end"),
            ("\u{1b}[31", ""),
        ] {
            assert_eq!(shown(text), expected, "{text:?}");
        }
    }
}
