//! A server on a port and a data directory of its own, for the checks that need a live one.

use std::fs;
use std::io::{BufRead, BufReader, Read};
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::{RecvTimeoutError, channel};
use std::time::Duration;

use anyhow::{Context, Result, bail, ensure};

/// What it says when it has done everything and serves on.
const SERVES_ON: &str = "Serving until Ctrl-C";
/// A cold release build on two busy cores.
const LONGEST_START: Duration = Duration::from_mins(40);

/// A server that runs until it is interrupted.
pub struct Server {
    process: Child,
    /// The admin token that it printed.
    pub token: String,
}

impl Server {
    /// Starts `command`, which must end up in `updraft quickstart`, and waits until it serves.
    pub fn start(command: &mut Command, data: &Path, port: u16, url: &str) -> Result<Self> {
        let mut process = command
            .env("UPDRAFT_DATA_DIR", data)
            .env("UPDRAFT_LISTEN", format!("127.0.0.1:{port}"))
            .env("UPDRAFT_PUBLIC_URL", url)
            .env("UPDRAFT_LOG_CHECKS", "false")
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .context("starting the server")?;
        let (lines, said) = channel();
        let streams: [Option<Box<dyn Read + Send>>; 2] = [
            process.stdout.take().map(|stream| Box::new(stream) as _),
            process.stderr.take().map(|stream| Box::new(stream) as _),
        ];
        for stream in streams.into_iter().flatten() {
            let lines = lines.clone();
            std::thread::spawn(move || {
                for line in BufReader::new(stream).lines().map_while(Result::ok) {
                    println!("server | {line}");
                    // Nobody listens any more once the server serves; it is read all the same, so that it never blocks.
                    let _ = lines.send(line);
                }
            });
        }
        drop(lines);
        let mut token = None;
        loop {
            match said.recv_timeout(LONGEST_START) {
                Ok(line) if line.contains(SERVES_ON) => break,
                Ok(line) => {
                    token = token.or_else(|| line.trim().strip_prefix("upd_").map(|rest| format!("upd_{rest}")));
                }
                Err(RecvTimeoutError::Timeout) => bail!("the server did not serve within {LONGEST_START:?}"),
                Err(RecvTimeoutError::Disconnected) => bail!("the server ended: {}", process.wait()?),
            }
        }
        let token = token.context("the server printed no token")?;
        Ok(Self { process, token })
    }

    /// Ctrl-C for the process, or for what `make` started, which must end in peace.
    pub fn interrupt(&mut self) -> Result<()> {
        let make = self.process.id();
        let children = fs::read_to_string(format!("/proc/{make}/task/{make}/children"))?;
        let started: Vec<&str> = children.split_whitespace().collect();
        let made = make.to_string();
        for process in if started.is_empty() { vec![made.as_str()] } else { started } {
            run(Command::new("kill").args(["-INT", process]))?;
        }
        let status = self.process.wait()?;
        ensure!(status.success(), "the server ended with {status} after Ctrl-C");
        Ok(())
    }
}

/// A port that nobody listens on.
pub fn free_port() -> Result<u16> {
    Ok(TcpListener::bind("127.0.0.1:0")?.local_addr()?.port())
}

/// Runs it to its end, which must be a good one.
pub fn run(command: &mut Command) -> Result<()> {
    let status = command.status().with_context(|| format!("running {command:?}"))?;
    ensure!(status.success(), "{command:?} ended with {status}");
    Ok(())
}

/// The repository.
pub fn workspace() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("..")
}
