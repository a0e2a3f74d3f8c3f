//! Rounds: every server is asked every question once, in an order that changes, so that what drifts drifts for all.

use std::net::SocketAddr;
use std::time::Duration;

use anyhow::{Context, Result};
use serde::Serialize;

use crate::load::{Load, Question};
use crate::machine::{self, Usage};
use crate::subject::CheckLog;
use crate::wire::Answer;

/// How much is measured.
#[derive(Clone, Copy, Debug, Serialize)]
pub struct Plan {
    /// How often every server is asked every question.
    pub rounds: usize,
    /// How long each time.
    #[serde(rename = "seconds", serialize_with = "as_seconds")]
    pub measured: Duration,
    /// How long before that, uncounted.
    #[serde(rename = "warm_up_seconds", serialize_with = "as_seconds")]
    pub warm_up: Duration,
}

fn as_seconds<S: serde::Serializer>(duration: &Duration, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_f64(duration.as_secs_f64())
}

/// One question and who is asked.
pub struct Case<'c> {
    /// What it is called.
    pub name: &'static str,
    /// The request, whole.
    pub request: Vec<u8>,
    /// What everybody answers.
    pub answer: Answer,
    /// How many ask at a time.
    pub connections: usize,
    /// Who is asked; the yardstick first.
    pub servers: Vec<Server<'c>>,
}

/// One who is asked.
pub struct Server<'c> {
    /// Which kind.
    pub kind: Kind,
    /// Where it listens.
    pub address: SocketAddr,
    /// Its process.
    pub pid: u32,
    /// Its request log.
    pub log: Option<&'c CheckLog>,
}

/// The kinds of servers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    /// The yardstick.
    BareHyper,
    /// The server without its request log.
    LogOff,
    /// The server with its request log.
    LogOn,
}

impl Kind {
    /// For people.
    pub const fn name(self) -> &'static str {
        match self {
            Self::BareHyper => "bare hyper",
            Self::LogOff => "updraft, log off",
            Self::LogOn => "updraft, log on",
        }
    }
}

/// What one server did in one round.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Sample {
    /// Answers. With a request log: from the first request until the last line is written.
    pub requests_per_second: f64,
    /// Half of the answers took no longer, in microseconds.
    pub p50_us: f64,
    /// 99 of 100 answers took no longer, in microseconds.
    pub p99_us: f64,
    /// Of the server, its log's thread included, in user and kernel mode, per request, in microseconds.
    pub cpu_us: f64,
    /// How much of its core the server used.
    pub server_busy: f64,
    /// How much of its core the load used. Near 1 it was the load that was measured.
    pub load_busy: f64,
    /// How long the load waited for its core, as a share. It is alone there: this is what other programs took.
    pub load_waited: f64,
    /// Checks that the request log dropped.
    pub dropped: u64,
}

/// All samples of one case: for each round, one for each server in the case's order.
pub type Samples = Vec<Vec<Sample>>;

/// Measures everything; `progress` hears of each round before it begins.
pub fn run(cases: &[Case<'_>], plan: Plan, mut progress: impl FnMut(usize)) -> Result<Vec<Samples>> {
    let mut all: Vec<Samples> = cases.iter().map(|_| Vec::new()).collect();
    for round in 0..plan.rounds {
        progress(round);
        for case in rotated(cases.len(), round) {
            let servers = &cases[case].servers;
            let mut samples: Vec<Option<Sample>> = vec![None; servers.len()];
            for server in order(servers.len(), round) {
                let sample = measure(&cases[case], &servers[server], plan);
                let context = || format!("{}, {}", cases[case].name, servers[server].kind.name());
                samples[server] = Some(sample.with_context(context)?);
            }
            all[case].push(samples.into_iter().flatten().collect());
        }
    }
    Ok(all)
}

fn rotated(count: usize, by: usize) -> impl Iterator<Item = usize> {
    (0..count).map(move |index| (index + by) % count)
}

/// Everybody comes first as often as anybody else, and before each other one as often as after it.
fn order(count: usize, round: usize) -> Vec<usize> {
    let mut order: Vec<usize> = rotated(count, round / 2).collect();
    if round % 2 == 1 {
        order.reverse();
    }
    order
}

#[expect(clippy::cast_precision_loss, reason = "no measurement has 2^52 requests")]
fn measure(case: &Case<'_>, server: &Server<'_>, plan: Plan) -> Result<Sample> {
    let question =
        Question { request: &case.request, status: case.answer.status, answer_bytes: case.answer.wire_bytes() };
    let mut load = Load::connect(server.address, case.connections, question)?;
    let warm_up = load.run(plan.warm_up)?;
    if let Some(log) = server.log {
        log.settle(warm_up.latencies.total())?;
        log.clear()?;
    }
    let (server_before, load_before) = (Usage::of(server.pid)?, Usage::of(std::process::id())?);
    let began = machine::wall();
    let outcome = load.run(plan.measured)?;
    let load_used = Usage::of(std::process::id())?.since(&load_before);
    let requests = outcome.latencies.total();
    // What the log has not written yet is work that is not done yet.
    let (elapsed, dropped) = match server.log {
        None => (outcome.elapsed, 0),
        Some(log) => {
            let (logged, written_at) = log.settle(requests)?;
            log.clear()?;
            (outcome.elapsed.max(written_at.duration_since(began).unwrap_or_default()), logged.dropped)
        }
    };
    let server_used = Usage::of(server.pid)?.since(&server_before);
    let microseconds = |duration: Duration| duration.as_secs_f64() * 1e6;
    Ok(Sample {
        requests_per_second: requests as f64 / elapsed.as_secs_f64(),
        p50_us: microseconds(outcome.latencies.percentile(50)),
        p99_us: microseconds(outcome.latencies.percentile(99)),
        cpu_us: microseconds(server_used.running) / requests as f64,
        server_busy: server_used.running.as_secs_f64() / elapsed.as_secs_f64(),
        load_busy: load_used.running.as_secs_f64() / outcome.elapsed.as_secs_f64(),
        load_waited: load_used.waiting.as_secs_f64() / outcome.elapsed.as_secs_f64(),
        dropped,
    })
}

#[cfg(test)]
mod tests {
    use super::order;

    #[test]
    fn nobody_always_comes_first() {
        for (count, rounds) in [(2, 4), (3, 6)] {
            let orders: Vec<_> = (0..rounds).map(|round| order(count, round)).collect();
            for server in 0..count {
                let first = orders.iter().filter(|order| order[0] == server).count();
                assert_eq!(first, rounds / count, "{orders:?}");
                for other in (0..count).filter(|other| *other != server) {
                    let place = |order: &[usize], one| order.iter().position(|server| *server == one);
                    let before = orders.iter().filter(|order| place(order, server) < place(order, other)).count();
                    assert_eq!(before, rounds / 2, "{orders:?}");
                }
            }
        }
    }
}
