//! The request log: one JSON line per check, written off the check's path.
//!
//! A check puts its record into a bounded queue and goes on. One thread takes what has gathered, renders it and writes it
//! in one piece. Up to the bound (`log.checks_waiting`) nothing is lost; beyond it a record is dropped, and the next line
//! that is written says how many were.

use std::io::Write;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc::{Receiver, SyncSender, TrySendError, sync_channel};
use std::thread::JoinHandle;

use delivery::record::{CheckRecord, CheckSink};
use serde::Serialize;

/// At most this many records are rendered into one write.
const BATCH: usize = 1024;

/// The end that checks put their records into.
pub struct CheckLog {
    queue: SyncSender<CheckRecord>,
    dropped: Arc<AtomicU64>,
}

/// The thread that writes. It ends when every [`CheckLog`] is gone and the queue is empty.
pub struct CheckLogWriter(JoinHandle<()>);

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
        let (queue, records) = sync_channel(waiting);
        let dropped = Arc::new(AtomicU64::new(0));
        let counter = dropped.clone();
        let writer =
            std::thread::Builder::new().name("check-log".into()).spawn(move || write(&records, &counter, output))?;
        Ok((Self { queue, dropped }, CheckLogWriter(writer)))
    }
}

impl CheckSink for CheckLog {
    fn take(&self, record: CheckRecord) {
        if let Err(TrySendError::Full(_) | TrySendError::Disconnected(_)) = self.queue.try_send(record) {
            self.dropped.fetch_add(1, Ordering::Relaxed);
        }
    }
}

fn write(records: &Receiver<CheckRecord>, dropped: &AtomicU64, mut output: impl Write) {
    let mut text = Vec::with_capacity(64 * 1024);
    while let Ok(first) = records.recv() {
        text.clear();
        for record in std::iter::once(first).chain(records.try_iter()).take(BATCH) {
            line(&mut text, &Line::from(&record));
        }
        say_dropped(&mut text, dropped);
        put(&mut output, &text);
    }
    // A check may have met a full queue, and counted that only after the last batch was written.
    text.clear();
    say_dropped(&mut text, dropped);
    put(&mut output, &text);
}

fn say_dropped(text: &mut Vec<u8>, dropped: &AtomicU64) {
    let lost = dropped.swap(0, Ordering::Relaxed);
    if lost > 0 {
        line(text, &Dropped { dropped_checks: lost });
    }
}

fn put(output: &mut impl Write, text: &[u8]) {
    if let Err(error) = output.write_all(text).and_then(|()| output.flush()) {
        tracing::error!(%error, "the request log cannot be written");
    }
}

fn line(text: &mut Vec<u8>, value: &impl Serialize) {
    if serde_json::to_writer(&mut *text, value).is_ok() {
        text.push(b'\n');
    }
}

/// Stands where records are missing.
#[derive(Serialize)]
struct Dropped {
    dropped_checks: u64,
}

/// One line. `served` and `reason` say what was answered and why, `duration_us` how long it took.
#[derive(Serialize)]
struct Line<'r> {
    at: String,
    app: &'r str,
    ip: std::net::IpAddr,
    platform: Option<&'static str>,
    runtime_version: Option<&'r str>,
    channel: Option<&'r str>,
    device: Option<uuid::Uuid>,
    current: Option<uuid::Uuid>,
    served: Option<uuid::Uuid>,
    reason: &'static str,
    status: u16,
    duration_us: u64,
}

impl<'r> From<&'r CheckRecord> for Line<'r> {
    fn from(record: &'r CheckRecord) -> Self {
        Self {
            at: publishing::instant(record.at).unwrap_or_default(),
            app: record.app.as_str(),
            ip: record.ip,
            platform: record.platform.map(model::Platform::as_str),
            runtime_version: record.runtime_version.as_ref().map(delivery::record::Named::as_str),
            channel: record.channel.as_ref().map(delivery::record::Named::as_str),
            device: record.device,
            current: record.current.map(|update| update.0),
            served: record.served.map(|update| update.0),
            reason: record.reason,
            status: record.status,
            duration_us: u64::try_from(record.duration.as_micros()).unwrap_or(u64::MAX),
        }
    }
}
