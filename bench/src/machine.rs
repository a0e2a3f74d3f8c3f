//! What the machine tells: time, cores, and what a process took of them.

use std::collections::BTreeMap;
use std::fs;
use std::time::{Duration, Instant, SystemTime};

use anyhow::{Context, Result, bail};
use rustix::thread::{CpuSet, sched_getaffinity, sched_setaffinity};

/// Now, for differences.
pub fn now() -> Instant {
    #[expect(clippy::disallowed_methods, reason = "a benchmark measures time")]
    Instant::now()
}

/// Now, as files are dated.
pub fn wall() -> SystemTime {
    #[expect(clippy::disallowed_methods, reason = "a benchmark measures time")]
    SystemTime::now()
}

/// One core for the load, another for the server.
#[derive(Clone, Copy, Debug)]
pub struct Cores {
    load: usize,
    server: usize,
}

impl Cores {
    /// The first and the last that this process may use. The first one often serves the machine's interrupts: better it
    /// disturbs the load than the server.
    pub fn pick() -> Result<Self> {
        let allowed = sched_getaffinity(None)?;
        let mut cores = (0..CpuSet::MAX_CPU).filter(|core| allowed.is_set(*core));
        match (cores.next(), cores.next_back()) {
            (Some(load), Some(server)) => Ok(Self { load, server }),
            _ => bail!("the load and the server each need a core of their own: two cores at least"),
        }
    }

    /// Does something on the server's core, such as starting it: a child stays where its parent stood, and its runtime
    /// makes one thread for it.
    pub fn at_server<T>(self, act: impl FnOnce() -> Result<T>) -> Result<T> {
        stand_on(self.server)?;
        let done = act();
        stand_on(self.load)?;
        done
    }

    /// This thread stays on the load's core.
    pub fn stay_at_load(self) -> Result<()> {
        stand_on(self.load)
    }
}

fn stand_on(core: usize) -> Result<()> {
    let mut one = CpuSet::new();
    one.set(core);
    sched_setaffinity(None, &one).with_context(|| format!("pinning to core {core}"))
}

/// What the threads of a process took so far.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Usage(BTreeMap<u32, Taken>);

/// Time on a core, and time spent ready to run while somebody else had it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Taken {
    /// On a core, in user and kernel mode.
    pub running: Duration,
    /// In the queue for one.
    pub waiting: Duration,
}

impl Usage {
    /// Of a process, to the nanosecond: `/proc/<pid>/stat` only counts in hundredths of a second.
    pub fn of(pid: u32) -> Result<Self> {
        let mut threads = BTreeMap::new();
        for entry in fs::read_dir(format!("/proc/{pid}/task")).context("the process is gone")? {
            let name = entry?.file_name();
            let Some(thread) = name.to_str().and_then(|name| name.parse().ok()) else { continue };
            // A thread may end meanwhile.
            let Ok(text) = fs::read_to_string(format!("/proc/{pid}/task/{thread}/schedstat")) else { continue };
            threads.insert(thread, parse_schedstat(&text).context("the kernel keeps no schedstat")?);
        }
        Ok(Self(threads))
    }

    /// What was taken since `earlier`, by the threads that are still there.
    pub fn since(&self, earlier: &Self) -> Taken {
        self.0.iter().fold(Taken::default(), |sum, (thread, now)| {
            let before = earlier.0.get(thread).copied().unwrap_or_default();
            Taken {
                running: sum.running + now.running.saturating_sub(before.running),
                waiting: sum.waiting + now.waiting.saturating_sub(before.waiting),
            }
        })
    }
}

fn parse_schedstat(text: &str) -> Option<Taken> {
    let mut fields = text.split_ascii_whitespace().map(|field| field.parse().map(Duration::from_nanos));
    Some(Taken { running: fields.next()?.ok()?, waiting: fields.next()?.ok()? })
}

/// Resident memory of a process, in bytes.
pub fn resident_bytes(pid: u32) -> Result<u64> {
    let status = fs::read_to_string(format!("/proc/{pid}/status"))?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).context("no VmRSS")?;
    let kilobytes: u64 = line.trim().trim_end_matches("kB").trim().parse()?;
    Ok(kilobytes * 1024)
}

/// The machine's load over the last minute: what else was going on.
pub fn load_average() -> Result<f64> {
    let text = fs::read_to_string("/proc/loadavg")?;
    Ok(text.split(' ').next().unwrap_or_default().parse()?)
}

/// The processor's name.
pub fn processor() -> String {
    let text = fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
    let name = text.lines().find_map(|line| line.strip_prefix("model name")).unwrap_or_default();
    name.trim_start_matches([' ', '\t', ':']).to_owned()
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::{Taken, Usage, parse_schedstat};

    #[test]
    fn usage_is_the_sum_over_threads_of_what_each_took() {
        let taken =
            |running, waiting| Taken { running: Duration::from_nanos(running), waiting: Duration::from_nanos(waiting) };
        let before = Usage([(1, taken(100, 10)), (2, taken(50, 5))].into());
        let after = Usage([(1, taken(150, 11)), (3, taken(7, 2))].into());
        assert_eq!(after.since(&before), taken(57, 3));
    }

    #[test]
    fn schedstat_is_running_then_waiting() {
        let taken = parse_schedstat("904228 1158307 2\n").unwrap();
        assert_eq!(taken, Taken { running: Duration::from_nanos(904_228), waiting: Duration::from_nanos(1_158_307) });
        assert_eq!(parse_schedstat(""), None);
    }
}
