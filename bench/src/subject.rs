//! The processes that are measured: the server with something published on it, and the yardstick beside it.

use std::fs::{File, OpenOptions};
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant, SystemTime};

use anyhow::{Context, Result, bail};
use rustix::process::{Pid, Signal, kill_process};

use crate::machine::{self, Cores};
use crate::wire;
use crate::yardstick::Answer;

/// A process that ends with its owner.
pub struct Process(Child);

impl Process {
    /// Its id.
    pub fn id(&self) -> u32 {
        self.0.id()
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// A running `updraft serve`.
pub struct Updraft {
    /// The process.
    pub process: Process,
    /// Where it listens.
    pub address: SocketAddr,
    /// At the very first start.
    pub token: Option<String>,
}

/// How to start one.
#[derive(Clone, Copy)]
pub struct Start<'s> {
    /// The binary.
    pub binary: &'s Path,
    /// Its data.
    pub data_dir: &'s Path,
    /// Where its request log goes; none turns it off.
    pub log: Option<&'s CheckLog>,
}

impl Start<'_> {
    fn command(&self, listen: SocketAddr) -> Result<Command> {
        let mut command = Command::new(self.binary);
        for (name, _) in std::env::vars_os().filter(|(name, _)| name.to_string_lossy().starts_with("UPDRAFT_")) {
            command.env_remove(name);
        }
        command
            .arg("serve")
            .env("UPDRAFT_LISTEN", listen.to_string())
            .env("UPDRAFT_DATA_DIR", self.data_dir)
            .env("UPDRAFT_LOG_CHECKS", if self.log.is_some() { "true" } else { "false" })
            .stdin(Stdio::null())
            .stdout(self.log.map_or_else(|| Ok(Stdio::null()), CheckLog::writer)?);
        Ok(command)
    }

    /// Starts it on a free port, reads its address, and its token at the first start.
    pub fn listening(&self, cores: Cores, first: bool) -> Result<Updraft> {
        let mut command = self.command(SocketAddr::from(([127, 0, 0, 1], 0)))?;
        command.stderr(Stdio::piped());
        let child =
            cores.at_server(|| command.spawn().with_context(|| format!("starting {}", self.binary.display())))?;
        let mut process = Process(child);
        let stderr = process.0.stderr.take().context("no standard error")?;
        let mut lines = BufReader::new(stderr).lines();
        let mut said = Vec::new();
        let (mut address, mut token) = (None, None);
        while address.is_none() || (first && token.is_none()) {
            let Some(line) = lines.next() else { bail!("the server ended:\n{}", said.join("\n")) };
            let line = line?;
            if let Some(rest) = line.strip_prefix("Updraft listens on http://") {
                address = rest.split(' ').next().and_then(|address| address.parse().ok());
            } else if address.is_some() && line.starts_with("  ") {
                token = Some(line.trim().to_owned());
            }
            said.push(line);
        }
        // What it says from now on is for nobody, but it must not wait for a reader.
        std::thread::spawn(move || lines.for_each(drop));
        Ok(Updraft { process, address: address.context("no address")?, token })
    }

    /// Starts it, asks until it answers, and ends it. The time is from just before the start to the whole answer.
    pub fn until_first_answer(&self, cores: Cores, check: &[u8]) -> Result<Duration> {
        let address = free_address()?;
        let mut command = self.command(address)?;
        command.stderr(Stdio::null());
        let started = machine::now();
        let child =
            cores.at_server(|| command.spawn().with_context(|| format!("starting {}", self.binary.display())))?;
        let process = Process(child);
        let stream = connect(address, started)?;
        let answer = wire::exchange_over(stream, check)?;
        let elapsed = machine::now() - started;
        if answer.status != 200 {
            bail!("the first check was answered with {}", answer.status);
        }
        stop(process)?;
        Ok(elapsed)
    }
}

/// Asks the server to end, and waits until it has.
pub fn stop(mut process: Process) -> Result<()> {
    kill_process(Pid::from_child(&process.0), Signal::TERM)?;
    let deadline = machine::now() + Duration::from_secs(30);
    while machine::now() < deadline {
        if process.0.try_wait()?.is_some() {
            return Ok(());
        }
        std::thread::sleep(Duration::from_millis(2));
    }
    bail!("the server did not end within 30 s of SIGTERM")
}

/// Tries without a pause, so that the time is the server's and not the waiting's.
fn connect(address: SocketAddr, started: Instant) -> Result<TcpStream> {
    loop {
        match TcpStream::connect(address) {
            Ok(stream) => return Ok(stream),
            Err(error) if machine::now() - started > Duration::from_secs(10) => {
                return Err(error).context("the server cannot be reached");
            }
            Err(_) => {}
        }
    }
}

/// Not one of those that the system gives to whoever connects: a connection to a port that nobody listens on yet could be
/// given that very port, and be connected to itself.
fn free_address() -> Result<SocketAddr> {
    let first = 20_000 + u16::try_from(std::process::id() % 10_000)?;
    let addresses = (first..first + 1_000).map(|port| SocketAddr::from(([127, 0, 0, 1], port)));
    let mut free = addresses.filter(|address| TcpListener::bind(address).is_ok());
    free.next().context("no port is free")
}

/// Starts the yardstick with its answer.
pub fn yardstick(binary: &Path, cores: Cores, answer: &Answer) -> Result<(Process, SocketAddr)> {
    let mut command = Command::new(binary);
    command.stdin(Stdio::piped()).stdout(Stdio::piped());
    let child = cores.at_server(|| command.spawn().with_context(|| format!("starting {}", binary.display())))?;
    let mut process = Process(child);
    let mut stdin = process.0.stdin.take().context("no standard input")?;
    stdin.write_all(&serde_json::to_vec(answer)?)?;
    drop(stdin);
    let mut line = String::new();
    BufReader::new(process.0.stdout.take().context("no standard output")?).read_line(&mut line)?;
    let address = line.trim().parse().with_context(|| format!("the bare server said {line:?}"))?;
    Ok((process, address))
}

/// The file that a server's request log goes to. A pipe would have its reader take part in the measurement.
pub struct CheckLog {
    path: PathBuf,
}

/// What the log says about a stretch of load.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Logged {
    /// Lines of checks.
    pub checks: u64,
    /// Checks that a line counts as dropped.
    pub dropped: u64,
}

impl CheckLog {
    /// An empty one.
    pub fn create(path: PathBuf) -> Result<Self> {
        File::create(&path)?;
        Ok(Self { path })
    }

    fn writer(&self) -> Result<Stdio> {
        Ok(OpenOptions::new().append(true).open(&self.path)?.into())
    }

    /// Forgets everything. The server goes on at the new end.
    pub fn clear(&self) -> Result<()> {
        Ok(OpenOptions::new().write(true).open(&self.path)?.set_len(0)?)
    }

    /// Waits until so many checks are accounted for; returns the account, and when the last line was written.
    pub fn settle(&self, checks: u64) -> Result<(Logged, SystemTime)> {
        let deadline = machine::now() + Duration::from_secs(20);
        let mut file = File::open(&self.path)?;
        let (mut logged, mut rest) = (Logged::default(), Vec::new());
        let mut piece = vec![0; 1024 * 1024];
        while logged.checks + logged.dropped < checks {
            let length = file.read(&mut piece)?;
            if length == 0 {
                if machine::now() > deadline {
                    bail!("{checks} checks, but the log accounts for {logged:?}");
                }
                std::thread::sleep(Duration::from_millis(1));
            }
            rest.extend_from_slice(&piece[..length]);
            logged.add_lines(&mut rest)?;
        }
        Ok((logged, file.metadata()?.modified()?))
    }
}

impl Logged {
    /// Counts the whole lines and leaves what follows them.
    fn add_lines(&mut self, text: &mut Vec<u8>) -> Result<()> {
        let Some(end) = text.iter().rposition(|byte| *byte == b'\n') else { return Ok(()) };
        for line in text[..end].split(|byte| *byte == b'\n') {
            match line.strip_prefix(b"{\"dropped_checks\":") {
                None => self.checks += 1,
                Some(count) => {
                    let count = std::str::from_utf8(count)?.trim_end_matches('}');
                    self.dropped += count.parse::<u64>().context("a count of dropped checks")?;
                }
            }
        }
        text.drain(..=end);
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::Logged;

    #[test]
    fn a_log_accounts_for_what_it_has_and_for_what_it_dropped() {
        let mut logged = Logged::default();
        let mut text = b"{\"at\":1}\n{\"at\":2}\n{\"dropped_checks\":40}\n{\"at".to_vec();
        logged.add_lines(&mut text).unwrap();
        assert_eq!((logged, text.as_slice()), (Logged { checks: 2, dropped: 40 }, &b"{\"at"[..]));
        text.extend_from_slice(b"\":3}\n");
        logged.add_lines(&mut text).unwrap();
        assert_eq!((logged.checks, text.len()), (3, 0));
    }
}
