//! That something is being waited for: a spinner on a terminal, a line elsewhere.

use std::pin::pin;
use std::time::Duration;

use indicatif::{ProgressBar, ProgressStyle};

use super::Printer;

/// Nobody wonders earlier.
pub(super) const UNNOTICED: Duration = Duration::from_secs(1);
/// Between two pictures of the spinner.
const TICK: Duration = Duration::from_millis(120);

impl Printer {
    /// Waits, and says for what once it takes a while.
    pub(crate) async fn while_waiting<T>(&self, what: &str, future: impl Future<Output = T>) -> T {
        let mut future = pin!(future);
        if let Ok(done) = tokio::time::timeout(self.unnoticed, &mut future).await {
            return done;
        }
        if self.mode.plain {
            self.note(&format!("waiting for {what} …"));
            return future.await;
        }
        let spinner = self.bars.add(ProgressBar::new_spinner());
        // Without a style of its own it says nothing of the time.
        if let Ok(style) = ProgressStyle::with_template("{spinner} waiting for {msg} ({elapsed})") {
            spinner.set_style(style);
        }
        spinner.set_message(what.to_owned());
        spinner.enable_steady_tick(TICK);
        let done = future.await;
        spinner.finish_and_clear();
        done
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use crate::printer::{Mode, Printer};

    #[tokio::test]
    async fn only_what_takes_a_while_is_told() {
        let (printer, captured) = Printer::captured(Mode::default());
        let printer = Printer { unnoticed: Duration::from_millis(1), ..printer };
        assert_eq!(printer.while_waiting("the server", async { 1 }).await, 1);
        assert_eq!(captured.err(), "");
        // As long as it takes for somebody to be told.
        let until_told = async {
            while captured.err().is_empty() {
                tokio::task::yield_now().await;
            }
        };
        printer.while_waiting("the server", until_told).await;
        assert_eq!((captured.out(), captured.err()), (String::new(), "waiting for the server …\n".into()));
    }
}
