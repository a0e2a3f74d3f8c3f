//! The request log: one JSON line per check, written off the check's path.
//!
//! A check puts its record into a bounded list and goes on. One thread takes the whole list at a time, renders it and
//! writes it. It does not hurry: woken by the first record, it lets more gather for [`GATHER`], so that a busy server pays
//! for one wake-up and one write per hundreds of checks and not for each. Up to the bound (`log.checks_waiting`) nothing
//! is lost; beyond it a record is dropped, and the next line that is written says how many were.

mod line;

use std::io::Write;
use std::mem;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread::JoinHandle;
use std::time::Duration;

use delivery::record::{CheckRecord, CheckSink};

use line::Lines;

/// How long a record may wait for company. A reader of the log sees it that much later.
const GATHER: Duration = Duration::from_millis(10);
/// At most about this much text is written at once, in bytes.
const PIECE: usize = 64 * 1024;
/// Room for this many records is kept between two writes.
const KEPT: usize = 4 * 1024;

/// The end that checks put their records into.
pub struct CheckLog {
    shared: Arc<Shared>,
}

/// The thread that writes. It ends when the [`CheckLog`] is gone and everything is written.
pub struct CheckLogWriter(JoinHandle<()>);

struct Shared {
    waiting: Mutex<Waiting>,
    wake: Condvar,
    bound: usize,
}

#[derive(Default)]
struct Waiting {
    records: Vec<CheckRecord>,
    dropped: u64,
    /// The writer waits for the first record; nobody else needs to be told of one.
    writer_idle: bool,
    closed: bool,
}

impl CheckLogWriter {
    /// Waits until everything that was taken is written.
    pub fn finish(self) {
        if self.0.join().is_err() {
            tracing::error!("the request log's writer failed");
        }
    }
}

impl CheckLog {
    /// A log that holds up to `waiting` records and writes them to `output`.
    pub fn start(waiting: usize, output: impl Write + Send + 'static) -> std::io::Result<(Self, CheckLogWriter)> {
        let shared = Arc::new(Shared { waiting: Mutex::default(), wake: Condvar::new(), bound: waiting });
        let writers = shared.clone();
        let writer = std::thread::Builder::new().name("check-log".into()).spawn(move || writers.write(output))?;
        Ok((Self { shared }, CheckLogWriter(writer)))
    }
}

impl CheckSink for CheckLog {
    fn take(&self, record: CheckRecord) {
        let mut waiting = self.shared.lock();
        if waiting.records.len() >= self.shared.bound {
            waiting.dropped += 1;
            return;
        }
        waiting.records.push(record);
        // A list that is filling up does not wait for its time.
        let full_soon = waiting.records.len() == self.shared.bound.div_ceil(2);
        if mem::take(&mut waiting.writer_idle) || full_soon {
            drop(waiting);
            self.shared.wake.notify_one();
        }
    }
}

impl Drop for CheckLog {
    fn drop(&mut self) {
        self.shared.lock().closed = true;
        self.shared.wake.notify_one();
    }
}

impl Shared {
    fn lock(&self) -> MutexGuard<'_, Waiting> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn write(&self, mut output: impl Write) {
        let mut lines = Lines::default();
        let mut records = Vec::new();
        while let Some(dropped) = self.gather(&mut records) {
            for record in records.drain(..) {
                lines.add(&record);
                if lines.text().len() >= PIECE {
                    put(&mut output, &mut lines);
                }
            }
            if dropped > 0 {
                lines.add_dropped(dropped);
            }
            put(&mut output, &mut lines);
            records.shrink_to(KEPT);
        }
    }

    /// Swaps the waiting records for the empty list; None when there are none and never will be.
    fn gather(&self, records: &mut Vec<CheckRecord>) -> Option<u64> {
        let mut waiting = self.lock();
        while waiting.records.is_empty() && !waiting.closed {
            waiting.writer_idle = true;
            waiting = self.wake.wait(waiting).unwrap_or_else(PoisonError::into_inner);
        }
        waiting.writer_idle = false;
        let is_early = |waiting: &mut Waiting| !waiting.closed && waiting.records.len() < self.bound.div_ceil(2);
        let waited = self.wake.wait_timeout_while(waiting, GATHER, is_early);
        let (mut waiting, _) = waited.unwrap_or_else(PoisonError::into_inner);
        if waiting.records.is_empty() {
            return None;
        }
        mem::swap(&mut waiting.records, records);
        Some(mem::take(&mut waiting.dropped))
    }
}

fn put(output: &mut impl Write, lines: &mut Lines) {
    if let Err(error) = output.write_all(lines.text()).and_then(|()| output.flush()) {
        tracing::error!(%error, "the request log cannot be written");
    }
    lines.clear();
}

#[cfg(test)]
mod tests {
    use std::io::{self, Write};
    use std::net::{IpAddr, Ipv4Addr};
    use std::sync::{Arc, Mutex};
    use std::time::Duration;

    use delivery::record::{CheckRecord, CheckSink, Named};
    use model::{AppSlug, Millis};
    use serde_json::Value;

    use super::CheckLog;

    /// Takes everything; counts the writes.
    #[derive(Clone, Default)]
    struct Output(Arc<Mutex<(Vec<u8>, usize)>>);

    impl Write for Output {
        fn write(&mut self, text: &[u8]) -> io::Result<usize> {
            let mut taken = self.0.lock().unwrap();
            taken.0.extend_from_slice(text);
            taken.1 += 1;
            Ok(text.len())
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    fn record(status: u16) -> CheckRecord {
        CheckRecord {
            at: Millis(0),
            app: Named::Known(AppSlug::parse("default").unwrap()),
            ip: IpAddr::V4(Ipv4Addr::LOCALHOST),
            platform: None,
            runtime_version: None,
            channel: None,
            device: None,
            current: None,
            served: None,
            reason: "served_update",
            status,
            duration: Duration::ZERO,
        }
    }

    fn lines(output: &Output) -> Vec<Value> {
        let text = output.0.lock().unwrap().0.clone();
        text.split(|byte| *byte == b'\n')
            .filter(|line| !line.is_empty())
            .map(|line| serde_json::from_slice(line).unwrap())
            .collect()
    }

    #[test]
    fn nothing_is_lost_up_to_the_bound_and_the_order_is_kept() {
        let output = Output::default();
        let (log, writer) = CheckLog::start(10_000, output.clone()).unwrap();
        for status in 0..5_000 {
            log.take(record(status));
        }
        drop(log);
        writer.finish();
        let statuses: Vec<_> = lines(&output).iter().map(|line| line["status"].as_u64().unwrap()).collect();
        assert_eq!(statuses, (0..5_000).collect::<Vec<_>>());
        let writes = output.0.lock().unwrap().1;
        assert!(writes <= 100, "{writes} writes for 5,000 checks are not gathered");
    }

    #[test]
    fn what_is_dropped_beyond_the_bound_is_counted() {
        let output = Output::default();
        let (log, writer) = CheckLog::start(3, output.clone()).unwrap();
        for status in 0..1_000 {
            log.take(record(status));
        }
        drop(log);
        writer.finish();
        let lines = lines(&output);
        let dropped: u64 = lines.iter().filter_map(|line| line["dropped_checks"].as_u64()).sum();
        let checks = lines.iter().filter(|line| line["status"].is_u64()).count() as u64;
        assert_eq!(checks + dropped, 1_000);
        assert!(dropped > 0);
    }
}
