//! The load: as many requests as the server answers, one at a time on each connection, from one thread.
//!
//! Why not `wrk`, which does much the same? It reads 8 KiB at a time, copies and parses every byte of a body, so that a
//! 2 MB answer costs it 1.7 times what it costs the server, and a ratio of two servers that both wait for it is always one
//! (this one: 0.4 times; for a check 0.7 times, wrk 0.9).
//! It counts an answer of the wrong status or length as an answer. And what a server took of its core has to be read
//! exactly when the first request goes out and when the last answer is in, which only the one who sends them knows. This one
//! compares each status line and each length with the answer that is expected, throws bodies away inside the kernel
//! (`MSG_TRUNC`), and reads the clock once per answer. It measures itself too: its share of its core is in the report,
//! and must stay below one, or it is not the server that was measured.

use std::net::{SocketAddr, TcpStream};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};
use rustix::buffer::spare_capacity;
use rustix::event::{Timespec, epoll};
use rustix::fd::OwnedFd;
use rustix::net::{RecvFlags, SendFlags, recv, send};

use crate::latency::Histogram;
use crate::machine;

/// A server that is silent for so long has failed.
const SILENCE: Timespec = Timespec { tv_sec: 10, tv_nsec: 0 };
/// The first bytes of an answer are looked at; they hold the whole of a small one.
const LOOKED_AT: usize = 16 * 1024;
/// Of the rest, at most this much is thrown away at a time.
const THROWN_AWAY: usize = 1024 * 1024;

/// What is asked, and what must come back.
pub struct Question<'q> {
    /// The request, whole.
    pub request: &'q [u8],
    /// Of each answer.
    pub status: u16,
    /// Of each answer, head and body.
    pub answer_bytes: usize,
}

/// Connections to one server.
pub struct Load<'q> {
    question: Question<'q>,
    status_line: Vec<u8>,
    epoll: OwnedFd,
    connections: Vec<Connection>,
    buffer: Vec<u8>,
}

struct Connection {
    stream: TcpStream,
    asked_at: Instant,
    /// Bytes of the answer that are not here yet.
    missing: usize,
}

/// What came of a stretch of load.
pub struct Outcome {
    /// One for each answer.
    pub latencies: Histogram,
    /// From the first request to the last answer.
    pub elapsed: Duration,
}

impl<'q> Load<'q> {
    /// Connects.
    pub fn connect(address: SocketAddr, connections: usize, question: Question<'q>) -> Result<Self> {
        let epoll = epoll::create(epoll::CreateFlags::CLOEXEC)?;
        let connections = (0..connections).map(|index| {
            let stream = TcpStream::connect(address).with_context(|| format!("connecting to {address}"))?;
            stream.set_nodelay(true)?;
            stream.set_nonblocking(true)?;
            epoll::add(&epoll, &stream, epoll::EventData::new_u64(index as u64), epoll::EventFlags::IN)?;
            Ok(Connection { stream, asked_at: machine::now(), missing: 0 })
        });
        Ok(Self {
            connections: connections.collect::<Result<_>>()?,
            epoll,
            status_line: format!("HTTP/1.1 {} ", question.status).into_bytes(),
            question,
            buffer: vec![0; LOOKED_AT.max(THROWN_AWAY)],
        })
    }

    /// Asks for so long, then waits for what is under way: every request has its answer when this returns.
    pub fn run(&mut self, duration: Duration) -> Result<Outcome> {
        let mut latencies = Histogram::default();
        let mut events = Vec::with_capacity(self.connections.len());
        let started = machine::now();
        let mut now = started;
        for connection in 0..self.connections.len() {
            self.ask(connection, started)?;
        }
        let mut under_way = self.connections.len();
        while under_way > 0 {
            epoll::wait(&self.epoll, spare_capacity(&mut events), Some(&SILENCE))?;
            if events.is_empty() {
                bail!("no answer for {} s", SILENCE.tv_sec);
            }
            for event in events.drain(..) {
                let connection = usize::try_from(event.data.u64())?;
                if !self.receive(connection)? {
                    continue;
                }
                now = machine::now();
                latencies.add(now - self.connections[connection].asked_at);
                if now - started < duration {
                    self.ask(connection, now)?;
                } else {
                    under_way -= 1;
                }
            }
        }
        Ok(Outcome { latencies, elapsed: now - started })
    }

    fn ask(&mut self, connection: usize, now: Instant) -> Result<()> {
        let connection = &mut self.connections[connection];
        let sent = send(&connection.stream, self.question.request, SendFlags::NOSIGNAL)?;
        if sent != self.question.request.len() {
            bail!("a request did not fit the socket's buffer");
        }
        connection.asked_at = now;
        connection.missing = self.question.answer_bytes;
        Ok(())
    }

    /// Takes what is there; true when the answer is whole.
    fn receive(&mut self, connection: usize) -> Result<bool> {
        let connection = &mut self.connections[connection];
        let begins = connection.missing == self.question.answer_bytes;
        let (length, flags) = if begins { (LOOKED_AT, RecvFlags::empty()) } else { (THROWN_AWAY, RecvFlags::TRUNC) };
        let (_, received) = match recv(&connection.stream, &mut self.buffer[..length], flags) {
            Ok(received) => received,
            Err(rustix::io::Errno::AGAIN | rustix::io::Errno::INTR) => return Ok(false),
            Err(error) => return Err(error).context("receiving"),
        };
        if received == 0 {
            bail!("the server closed a connection");
        }
        if begins && !self.buffer[..received].starts_with(&self.status_line) {
            let head = String::from_utf8_lossy(&self.buffer[..received.min(200)]);
            bail!("not the expected status {}: {head}", self.question.status);
        }
        let Some(missing) = connection.missing.checked_sub(received) else {
            bail!("an answer is longer than {} bytes", self.question.answer_bytes);
        };
        connection.missing = missing;
        Ok(missing == 0)
    }
}
