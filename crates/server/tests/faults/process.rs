//! The server as a process of its own, which can be killed.
//!
//! The process is this test binary again, told to run the one test [`serve`]: so it is there whenever these tests are, and
//! what it runs is what they were compiled with.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::{ExitStatus, Stdio};
use std::time::Duration;

use server::config;
use testing::{Anonymous, Publisher};
use tokio::io::{AsyncBufReadExt, AsyncRead, BufReader};
use tokio::process::{Child, Command};
use tokio::signal::unix::{SignalKind, signal};
use tokio::sync::mpsc::{UnboundedReceiver, unbounded_channel};
use tokio::time::timeout;

/// Set for a process that shall serve; without it [`serve`] does nothing, whoever runs it.
const SERVE: &str = "FAULTS_SERVE";
/// What asset URLs begin with. A test takes it off again: after a restart the port is another one.
pub const PUBLIC_URL: &str = "http://updates.example.com";

/// Every process gets these unless its test says otherwise.
const SETTINGS: [(&str, &str); 5] = [
    ("UPDRAFT_PUBLIC_URL", PUBLIC_URL),
    ("UPDRAFT_LISTEN", "127.0.0.1:0"),
    ("UPDRAFT_ASSETS_BROTLI_QUALITY", "5"),
    ("UPDRAFT_LOG_CHECKS", "false"),
    ("UPDRAFT_LOG_LEVEL", "warn"),
];

/// What `updraft serve` does, without its command line.
#[tokio::test(flavor = "multi_thread")]
#[ignore = "a server that the other tests start as a process"]
async fn serve() {
    if !std::env::vars().any(|(name, _)| name == SERVE) {
        return;
    }
    let settings = config::read(None, std::env::vars()).unwrap();
    server::start_logging(&settings.log).unwrap();
    let mut terminate = signal(SignalKind::terminate()).unwrap();
    let server = server::start(settings).await.unwrap();
    eprintln!("serving {} {}", server.address, server.process_token.as_str());
    terminate.recv().await.unwrap();
    eprintln!("draining");
    server.stop().await;
    eprintln!("drained");
}

/// What to start.
#[derive(Clone)]
pub struct Launch {
    environment: BTreeMap<String, String>,
}

/// A process under way: it may not answer yet.
pub struct Starting {
    child: Child,
    said: Lines,
    printed: Lines,
}

/// A process that answers. Dropped, it is killed.
pub struct ServerProcess {
    child: Child,
    said: Lines,
    printed: Lines,
    address: String,
    token: String,
}

/// How a process ended.
pub struct Ended {
    /// Its exit status.
    pub status: ExitStatus,
    /// Its standard output, line by line.
    pub printed: Vec<String>,
    /// Its standard error, line by line.
    pub said: Vec<String>,
}

impl Launch {
    pub fn on(data_dir: &Path) -> Self {
        let mut environment: BTreeMap<_, _> = SETTINGS.map(|(name, value)| (name.to_owned(), value.to_owned())).into();
        environment.insert("UPDRAFT_DATA_DIR".to_owned(), data_dir.display().to_string());
        Self { environment }
    }

    pub fn set(mut self, variable: &str, value: &str) -> Self {
        self.environment.insert(variable.to_owned(), value.to_owned());
        self
    }

    /// Starts the process and waits for nothing.
    pub fn spawn(&self) -> Starting {
        let this: PathBuf = std::env::current_exe().unwrap();
        let mut child = Command::new(this)
            .args(["--exact", "process::serve", "--ignored", "--nocapture", "--test-threads=2"])
            .env_clear()
            .env(SERVE, "1")
            .envs(&self.environment)
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .kill_on_drop(true)
            .spawn()
            .unwrap();
        let printed = Lines::of(child.stdout.take().unwrap());
        let said = Lines::of(child.stderr.take().unwrap());
        Starting { child, said, printed }
    }

    /// Starts the process and waits until it answers.
    pub async fn start(&self) -> ServerProcess {
        self.spawn().ready().await
    }
}

impl Starting {
    /// Waits until it answers.
    pub async fn ready(mut self) -> ServerProcess {
        let line = self.said.until("serving ").await;
        let mut words = line.split(' ').skip(1).map(str::to_owned);
        let (address, token) = (words.next().unwrap(), words.next().unwrap());
        ServerProcess { child: self.child, said: self.said, printed: self.printed, address, token }
    }

    /// Kills it after that time, or once it answers. Whether it was still starting.
    pub async fn kill_after(mut self, delay: Duration) -> bool {
        let was_starting = timeout(delay, self.said.until("serving ")).await.is_err();
        self.child.kill().await.unwrap();
        was_starting
    }
}

impl ServerProcess {
    /// Host and port.
    pub fn address(&self) -> &str {
        &self.address
    }

    /// A caller with the operator's token.
    pub fn publisher(&self) -> Publisher {
        Publisher::new(&format!("http://{}", self.address), &self.token)
    }

    /// A caller without anything.
    pub fn anonymous(&self) -> Anonymous {
        Anonymous::new(&format!("http://{}", self.address))
    }

    /// The value of an operator's `authorization` header.
    pub fn authorization(&self) -> String {
        format!("Bearer {}", self.token)
    }

    /// SIGKILL. When it returns the process is gone.
    pub async fn kill(&mut self) {
        self.child.kill().await.unwrap();
    }

    /// SIGTERM. When it returns the process knows.
    pub async fn terminate(&mut self) {
        let pid = self.child.id().unwrap();
        let sent = Command::new("sh").args(["-c", &format!("kill -TERM {pid}")]).status().await.unwrap();
        assert!(sent.success());
        self.said.until("draining").await;
    }

    /// Waits for its end.
    pub async fn end(mut self) -> Ended {
        let status = self.child.wait().await.unwrap();
        Ended { status, printed: self.printed.all().await, said: self.said.all().await }
    }
}

/// What comes out of a pipe, line by line. It is read at once, so that the process never waits for its reader.
struct Lines {
    coming: UnboundedReceiver<String>,
    seen: Vec<String>,
}

impl Lines {
    fn of(pipe: impl AsyncRead + Unpin + Send + 'static) -> Self {
        let (sender, coming) = unbounded_channel();
        tokio::spawn(async move {
            let mut pipe = BufReader::new(pipe).lines();
            while let Ok(Some(line)) = pipe.next_line().await {
                // Nobody may be left to read what a killed process said.
                let _ = sender.send(line);
            }
        });
        Self { coming, seen: Vec::new() }
    }

    /// Waits for a line that begins like this.
    async fn until(&mut self, beginning: &str) -> String {
        while let Some(line) = self.coming.recv().await {
            self.seen.push(line.clone());
            if line.starts_with(beginning) {
                return line;
            }
        }
        panic!("the process ended without saying {beginning:?}:\n{}", self.seen.join("\n"));
    }

    /// Waits for its end.
    async fn all(mut self) -> Vec<String> {
        while let Some(line) = self.coming.recv().await {
            self.seen.push(line);
        }
        self.seen
    }
}
