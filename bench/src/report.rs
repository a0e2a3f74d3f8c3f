//! What was measured, for people and for programs, with the aims beside it.

use std::fmt::Write as _;
use std::time::Duration;

use serde::Serialize;

use crate::machine;
use crate::rounds::{Case, Kind, Plan, Sample, Samples};

/// Above this the load, not the server, may have been the limit.
const LOAD_AT_ITS_LIMIT: f64 = 0.97;
/// Above this share of waiting, other programs had a say in the numbers.
const DISTURBED: f64 = 0.02;

/// Everything that was measured.
#[derive(Debug, Serialize)]
pub struct Report {
    processor: String,
    load_average_before: f64,
    plan: Plan,
    cases: Vec<CaseReport>,
    idle_resident_mb: Judged<f64>,
    /// After all rounds, with whatever the allocator keeps.
    loaded_resident_mb: f64,
    start_to_first_answer_ms: Judged<Spread>,
}

/// What starting showed.
pub struct Starts {
    /// From just before the start to the first answer, each time.
    pub first_answers: Vec<Duration>,
    /// Resident memory, idle.
    pub idle_bytes: u64,
    /// Resident memory, after all rounds.
    pub loaded_bytes: u64,
}

#[derive(Debug, Serialize)]
struct CaseReport {
    name: &'static str,
    connections: usize,
    request_bytes: usize,
    head_bytes: usize,
    body_bytes: usize,
    servers: Vec<ServerReport>,
    samples: Samples,
}

#[derive(Debug, Serialize)]
struct ServerReport {
    kind: Kind,
    requests_per_second: Spread,
    p50_us: Spread,
    p99_us: Spread,
    cpu_us: Spread,
    server_busy: Spread,
    load_busy: Spread,
    load_waited: Spread,
    dropped: u64,
    /// Formed within each round; none for the yardstick itself.
    to_bare_hyper: Option<Ratios>,
}

#[derive(Debug, Serialize)]
struct Ratios {
    requests_per_second: Judged<Spread>,
    p50: Spread,
    p99: Judged<Spread>,
    cpu: Judged<Spread>,
}

/// The middle, and how far it goes to both sides.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
struct Spread {
    median: f64,
    least: f64,
    most: f64,
}

impl Spread {
    fn of(values: impl Iterator<Item = f64>) -> Self {
        let mut values: Vec<f64> = values.collect();
        values.sort_by(f64::total_cmp);
        let (Some(least), Some(most)) = (values.first(), values.last()) else {
            return Self { median: 0.0, least: 0.0, most: 0.0 };
        };
        let middle = values.len() / 2;
        let median =
            if values.len() % 2 == 1 { values[middle] } else { f64::midpoint(values[middle - 1], values[middle]) };
        Self { median, least: *least, most: *most }
    }
}

/// What we want of a number.
#[derive(Clone, Copy, Debug, Serialize)]
#[serde(rename_all = "snake_case")]
enum Aim {
    AtLeast(f64),
    AtMost(f64),
}

/// A number, and whether it is what we want.
#[derive(Debug, Serialize)]
struct Judged<T> {
    #[serde(flatten)]
    value: Value<T>,
    aim: Option<Aim>,
    met: Option<bool>,
}

#[derive(Debug, Serialize)]
struct Value<T> {
    value: T,
}

impl<T> Judged<T> {
    fn new(value: T, decisive: f64, aim: Option<Aim>) -> Self {
        let met = aim.map(|aim| match aim {
            Aim::AtLeast(bound) => decisive >= bound,
            Aim::AtMost(bound) => decisive <= bound,
        });
        Self { value: Value { value }, aim, met }
    }

    fn verdict(&self) -> &'static str {
        match self.met {
            None => "",
            Some(true) => "ok",
            Some(false) => "missed",
        }
    }
}

/// What we want of a server beside bare hyper: (requests/s, CPU, p99).
fn aims(kind: Kind, is_check: bool) -> [Option<Aim>; 3] {
    match (is_check, kind) {
        (_, Kind::BareHyper) => [None; 3],
        (false, _) => [Some(Aim::AtLeast(0.90)), None, None],
        (true, Kind::LogOff) => [Some(Aim::AtLeast(0.85)), Some(Aim::AtMost(1.3)), Some(Aim::AtMost(1.5))],
        (true, Kind::LogOn) => [Some(Aim::AtLeast(0.75)), Some(Aim::AtMost(1.3)), Some(Aim::AtMost(1.5))],
    }
}

impl Report {
    /// Sums up.
    pub fn new(cases: &[Case<'_>], samples: Vec<Samples>, plan: Plan, starts: &Starts, load_average: f64) -> Self {
        let first = Spread::of(starts.first_answers.iter().map(|time| time.as_secs_f64() * 1e3));
        let idle = megabytes(starts.idle_bytes);
        Self {
            processor: machine::processor(),
            load_average_before: load_average,
            plan,
            cases: cases.iter().zip(samples).map(|(case, samples)| CaseReport::new(case, samples)).collect(),
            idle_resident_mb: Judged::new(idle, idle, Some(Aim::AtMost(60.0))),
            loaded_resident_mb: megabytes(starts.loaded_bytes),
            start_to_first_answer_ms: Judged::new(first, first.median, Some(Aim::AtMost(150.0))),
        }
    }

    /// For people.
    pub fn table(&self) -> String {
        let mut text = String::new();
        let _ = self.write_table(&mut text);
        text
    }

    fn write_table(&self, text: &mut String) -> std::fmt::Result {
        writeln!(
            text,
            "{} rounds of {} s each, medians; ratios are formed within a round: median (least–most)",
            self.plan.rounds,
            self.plan.measured.as_secs_f64(),
        )?;
        writeln!(text, "{}; load average before: {:.1}", self.processor, self.load_average_before)?;
        for case in &self.cases {
            case.write_table(text)?;
        }
        let idle = &self.idle_resident_mb;
        writeln!(
            text,
            "\nidle resident memory    {:>6.1} MB   aim < 60 MB: {} (after the load: {:.1} MB)",
            idle.value.value,
            idle.verdict(),
            self.loaded_resident_mb,
        )?;
        let start = &self.start_to_first_answer_ms;
        let Spread { median, least, most } = start.value.value;
        writeln!(
            text,
            "start to first answer   {median:>6.1} ms   aim < 150 ms: {} ({least:.1}–{most:.1})",
            start.verdict()
        )
    }
}

impl CaseReport {
    fn new(case: &Case<'_>, samples: Samples) -> Self {
        let is_check = case.servers.iter().any(|server| server.kind == Kind::LogOn);
        let servers = case.servers.iter().enumerate().map(|(index, server)| {
            let of = |field: fn(&Sample) -> f64| Spread::of(samples.iter().map(|round| field(&round[index])));
            let ratio = |field: fn(&Sample) -> f64| {
                Spread::of(samples.iter().map(|round| field(&round[index]) / field(&round[0])))
            };
            let judged = |field: fn(&Sample) -> f64, aim| {
                let spread = ratio(field);
                Judged::new(spread, spread.median, aim)
            };
            let [requests, cpu, p99] = aims(server.kind, is_check);
            ServerReport {
                kind: server.kind,
                requests_per_second: of(|sample| sample.requests_per_second),
                p50_us: of(|sample| sample.p50_us),
                p99_us: of(|sample| sample.p99_us),
                cpu_us: of(|sample| sample.cpu_us),
                server_busy: of(|sample| sample.server_busy),
                load_busy: of(|sample| sample.load_busy),
                load_waited: of(|sample| sample.load_waited),
                dropped: samples.iter().map(|round| round[index].dropped).sum(),
                to_bare_hyper: (server.kind != Kind::BareHyper).then(|| Ratios {
                    requests_per_second: judged(|sample| sample.requests_per_second, requests),
                    p50: ratio(|sample| sample.p50_us),
                    p99: judged(|sample| sample.p99_us, p99),
                    cpu: judged(|sample| sample.cpu_us, cpu),
                }),
            }
        });
        Self {
            name: case.name,
            connections: case.connections,
            request_bytes: case.request.len(),
            head_bytes: case.answer.head_bytes,
            body_bytes: case.answer.body.len(),
            servers: servers.collect(),
            samples,
        }
    }

    fn write_table(&self, text: &mut String) -> std::fmt::Result {
        writeln!(
            text,
            "\n{}: {} connections, request of {} bytes, answer of {} + {} bytes",
            self.name, self.connections, self.request_bytes, self.head_bytes, self.body_bytes
        )?;
        writeln!(
            text,
            "  {:<16} {:>10} {:>9} {:>9} {:>11}   {:<27} {:<27} {:<27}",
            "", "requests/s", "p50 ms", "p99 ms", "CPU µs/req", "requests/s to bare", "CPU to bare", "p99 to bare"
        )?;
        for server in &self.servers {
            server.write_row(text)?;
        }
        let most = |field: fn(&ServerReport) -> f64| self.servers.iter().map(field).fold(0.0, f64::max);
        let load_busy = most(|server| server.load_busy.median);
        if load_busy > LOAD_AT_ITS_LIMIT {
            writeln!(text, "  ! the load used {:.0} % of its core: it may have been the limit", load_busy * 100.0)?;
        }
        let waited = most(|server| server.load_waited.median);
        if waited > DISTURBED {
            writeln!(text, "  ! other programs ran: the load waited for its core {:.0} % of the time", waited * 100.0)?;
        }
        Ok(())
    }
}

impl ServerReport {
    fn write_row(&self, text: &mut String) -> std::fmt::Result {
        write!(
            text,
            "  {:<16} {:>10.0} {:>9.3} {:>9.3} {:>11.2}",
            self.kind.name(),
            self.requests_per_second.median,
            self.p50_us.median / 1e3,
            self.p99_us.median / 1e3,
            self.cpu_us.median,
        )?;
        if let Some(ratios) = &self.to_bare_hyper {
            for judged in [&ratios.requests_per_second, &ratios.cpu, &ratios.p99] {
                let Spread { median, least, most } = judged.value.value;
                let cell = format!("{median:.2} ({least:.2}–{most:.2}) {}", judged.verdict());
                write!(text, "   {cell:<25}")?;
            }
        }
        write!(
            text,
            "   [core: server {:.0} %, load {:.0} %]",
            self.server_busy.median * 100.0,
            self.load_busy.median * 100.0
        )?;
        if self.dropped > 0 {
            write!(text, " dropped {} log lines", self.dropped)?;
        }
        writeln!(text)
    }
}

#[expect(clippy::cast_precision_loss, reason = "to a tenth")]
fn megabytes(bytes: u64) -> f64 {
    bytes as f64 / 1e6
}

#[cfg(test)]
mod tests {
    use super::{Aim, Judged, Spread};

    #[test]
    fn the_median_is_in_the_middle() {
        let of = |values: &[f64]| Spread::of(values.iter().copied());
        assert_eq!(of(&[3.0, 1.0, 2.0]), Spread { median: 2.0, least: 1.0, most: 3.0 });
        assert_eq!(of(&[4.0, 1.0, 2.0, 3.0]).median.to_bits(), 2.5_f64.to_bits());
    }

    #[test]
    fn an_aim_is_met_or_missed() {
        let verdict = |value, aim| Judged::new((), value, aim).verdict();
        assert_eq!(verdict(0.85, Some(Aim::AtLeast(0.85))), "ok");
        assert_eq!(verdict(0.84, Some(Aim::AtLeast(0.85))), "missed");
        assert_eq!(verdict(1.31, Some(Aim::AtMost(1.3))), "missed");
        assert_eq!(verdict(9.0, None), "");
    }
}
