//! How far an upload or download has come: bars on a terminal, lines elsewhere.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

use super::{Printer, Verb};
use crate::table;

/// Beyond this many files, lines are printed for each tenth instead of for each file.
const LINES_FOR_EACH_FILE: usize = 30;

/// All files of one transfer. Cheap to clone.
#[derive(Clone)]
pub(crate) struct Progress {
    printer: Printer,
    verb: Verb,
    files: usize,
    done: Arc<AtomicUsize>,
    total: ProgressBar,
}

/// One file of a transfer.
pub(crate) struct FileProgress {
    progress: Progress,
    name: String,
    size: u64,
    bar: ProgressBar,
}

impl Progress {
    pub(super) fn new(printer: Printer, verb: Verb, files: usize, bytes: u64) -> Self {
        let total = ProgressBar::with_draw_target(Some(bytes), ProgressDrawTarget::hidden());
        let total = if printer.mode.plain { total } else { printer.bars.add(total) };
        // What a download comes to is not known before it is there.
        total.set_style(style(match verb {
            Verb::Upload => {
                "{prefix:>10} [{bar:30}] {decimal_bytes}/{decimal_total_bytes} {decimal_bytes_per_sec} {eta}"
            }
            Verb::Download => "{prefix:>10} {decimal_bytes}",
        }));
        total.set_prefix(format!("0/{files}"));
        Self { printer, verb, files, done: Arc::default(), total }
    }

    /// Begins one file of `size` bytes.
    pub(crate) fn file(&self, name: &str, size: u64) -> FileProgress {
        let bar = ProgressBar::with_draw_target(Some(size), ProgressDrawTarget::hidden());
        let bar = if self.printer.mode.plain { bar } else { self.printer.bars.insert_before(&self.total, bar) };
        bar.set_style(style("{prefix:>10} [{bar:30}] {decimal_bytes}/{decimal_total_bytes} {wide_msg}"));
        bar.set_message(name.to_owned());
        FileProgress { progress: self.clone(), name: name.to_owned(), size, bar }
    }

    fn line(&self, done: usize, name: &str, size: u64) {
        let Self { verb, files, .. } = self;
        let is_few = *files <= LINES_FOR_EACH_FILE;
        match verb {
            Verb::Upload if is_few => {
                self.printer.note(&format!("uploaded {done}/{files}  {name}  {}", table::bytes(size)));
            }
            // The names of downloaded files say nothing to people.
            Verb::Download if is_few && done < *files => {}
            _ if tenth(done, *files) > tenth(done - 1, *files) => {
                self.printer.note(&format!("{} {done}/{files}", verb.past()));
            }
            _ => {}
        }
    }
}

impl Drop for Progress {
    fn drop(&mut self) {
        if Arc::strong_count(&self.done) == 1 {
            self.total.finish_and_clear();
        }
    }
}

impl FileProgress {
    /// Called with how many more bytes of the file are through.
    pub(crate) fn counter(&self) -> impl Fn(u64) + Send + Sync + 'static {
        let (file, total) = (self.bar.clone(), self.progress.total.clone());
        move |bytes| {
            file.inc(bytes);
            total.inc(bytes);
        }
    }

    /// The file begins again from its first byte.
    pub(crate) fn restart(&self) {
        let through = self.bar.position();
        self.bar.set_position(0);
        self.progress.total.set_position(self.progress.total.position().saturating_sub(through));
    }

    /// The whole file is through.
    pub(crate) fn finish(self) {
        let progress = &self.progress;
        let done = progress.done.fetch_add(1, Ordering::Relaxed) + 1;
        progress.total.set_prefix(format!("{done}/{}", progress.files));
        if progress.printer.mode.plain {
            progress.line(done, &self.name, self.size);
        }
    }
}

impl Drop for FileProgress {
    fn drop(&mut self) {
        self.bar.finish_and_clear();
        self.progress.printer.bars.remove(&self.bar);
    }
}

fn tenth(done: usize, files: usize) -> usize {
    done * 10 / files
}

fn style(template: &str) -> ProgressStyle {
    ProgressStyle::with_template(template).unwrap_or_else(|_| ProgressStyle::default_bar()).progress_chars("=> ")
}

#[cfg(test)]
mod tests {
    use super::super::{Mode, Printer, Verb};

    #[test]
    fn few_files_get_a_line_each_and_many_one_per_tenth() {
        let (printer, captured) = Printer::captured(Mode::default());
        let progress = printer.progress(Verb::Upload, 2, 1030);
        progress.file("metadata/a.png", 30).finish();
        progress.file("b.hbc", 1000).finish();
        insta::assert_snapshot!(captured.err(), @r"
        uploaded 1/2  metadata/a.png  30 B
        uploaded 2/2  b.hbc  1.0 kB
        ");

        let (printer, captured) = Printer::captured(Mode::default());
        let progress = printer.progress(Verb::Download, 1000, 1000);
        for _ in 0..1000 {
            progress.file("x", 1).finish();
        }
        let lines = captured.err();
        assert_eq!(lines.lines().count(), 10);
        assert_eq!(lines.lines().last(), Some("downloaded 1000/1000"));
    }

    #[test]
    fn a_file_that_begins_again_is_not_counted_twice() {
        let (printer, _captured) = Printer::captured(Mode::default());
        let progress = printer.progress(Verb::Upload, 1, 100);
        let file = progress.file("x", 100);
        file.counter()(70);
        file.restart();
        file.counter()(100);
        assert_eq!((file.bar.position(), progress.total.position()), (100, 100));
    }

    #[test]
    fn quiet_keeps_warnings_and_results() {
        let (printer, captured) = Printer::captured(Mode { quiet: true, ..Mode::default() });
        printer.note("going on");
        printer.warning("look here");
        printer.data("the result");
        assert_eq!((captured.out().as_str(), captured.err().as_str()), ("the result\n", "warning: look here\n"));
    }
}
