//! The request log's queue: bounded, lossless up to the bound, honest beyond it.

use std::io::{self, Write};
use std::net::{IpAddr, Ipv4Addr};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use delivery::record::{CheckRecord, CheckSink, Named};
use model::Millis;
use serde_json::Value;
use server::check_log::CheckLog;

const WAITING: usize = 100;

#[test]
fn nothing_is_lost_up_to_the_bound_and_beyond_it_losses_are_counted() {
    let (log, writer, blocked) = blocked_log();
    take(&log, 1);
    // The one record is out of the queue now, so the whole queue is free.
    blocked.entered.recv().unwrap();
    take(&log, WAITING);
    take(&log, 7);
    blocked.release.send(()).unwrap();
    // The writer has said what is missing; from here on there is room again.
    blocked.entered.recv().unwrap();
    blocked.release.send(()).unwrap();
    take(&log, 1);
    blocked.entered.recv().unwrap();
    drop((log, blocked.release));
    writer.finish();

    let lines = blocked.output.lines();
    let dropped: Vec<usize> = (0..lines.len()).filter(|index| lines[*index].get("dropped_checks").is_some()).collect();
    assert_eq!(dropped, [1 + WAITING], "one line about losses, where they happened");
    assert_eq!(lines[1 + WAITING]["dropped_checks"], 7);
    let noted = lines.iter().filter(|line| line.get("reason").is_some()).count();
    assert_eq!((noted, lines.len()), (1 + WAITING + 1, 1 + WAITING + 1 + 1));
}

#[test]
fn what_was_taken_is_written_before_the_end() {
    let (log, writer, blocked) = blocked_log();
    take(&log, 1);
    blocked.entered.recv().unwrap();
    take(&log, WAITING + 3);
    drop((log, blocked.release));
    writer.finish();
    let lines = blocked.output.lines();
    assert_eq!(lines.len(), 1 + WAITING + 1);
    assert_eq!(lines.last().unwrap()["dropped_checks"], 3);
}

#[test]
fn a_writer_that_fails_stops_no_check() {
    struct Broken;
    impl Write for Broken {
        fn write(&mut self, _: &[u8]) -> io::Result<usize> {
            Err(io::ErrorKind::BrokenPipe.into())
        }
        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }
    let (log, writer) = CheckLog::start(WAITING, Broken).unwrap();
    for _ in 0..10 {
        take(&log, WAITING);
    }
    drop(log);
    writer.finish();
}

fn take(log: &CheckLog, count: usize) {
    for _ in 0..count {
        log.take(record());
    }
}

fn record() -> CheckRecord {
    CheckRecord {
        at: Millis(1_769_850_000_000),
        app: Named::Sent("default".into()),
        ip: IpAddr::V4(Ipv4Addr::LOCALHOST),
        platform: None,
        runtime_version: None,
        channel: None,
        device: None,
        current: None,
        served: None,
        reason: "already_current",
        status: 204,
        duration: Duration::from_micros(12),
    }
}

/// The test's ends of a writer that stops at each batch until it is let go, and for good once nobody holds it.
struct Blocked {
    entered: Receiver<()>,
    release: Sender<()>,
    output: Output,
}

fn blocked_log() -> (CheckLog, server::check_log::CheckLogWriter, Blocked) {
    let ((entering, entered), (release, released)) = (channel(), channel());
    let output = Output::default();
    let gate = Gate { entering, released, output: output.clone() };
    let (log, writer) = CheckLog::start(WAITING, gate).unwrap();
    (log, writer, Blocked { entered, release, output })
}

struct Gate {
    entering: Sender<()>,
    released: Receiver<()>,
    output: Output,
}

impl Write for Gate {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        // The other ends go away with the test's last wish.
        let _ = self.entering.send(());
        let _ = self.released.recv();
        self.output.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[derive(Clone, Default)]
struct Output(Arc<Mutex<Vec<u8>>>);

impl Output {
    fn lines(&self) -> Vec<Value> {
        let bytes = self.0.lock().unwrap();
        let text = std::str::from_utf8(&bytes).unwrap();
        text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
    }
}
