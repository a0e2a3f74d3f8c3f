//! The server's process and the guard that outlives ours.

use std::fs;
use std::io::{BufRead, BufReader, Write};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, ChildStdout, Stdio};
use std::sync::{Mutex, PoisonError};

use tempfile::TempDir;

use crate::account::Account;
use crate::programs;

/// Who may do everything. Tests connect as [`crate::database::ROLE`].
pub(crate) const SUPERUSER: &str = "postgres";

/// Obeys a word a line and answers each when it is done, until the lines end because we did. The current directory is the
/// scratch directory, which is the guard's to remove from its first moment.
///
/// It sorts as English where the package can. A server of its own process group does not hear the Ctrl-C that ends a test
/// run, so it is the guard's to end; SIGQUIT stops it without writing anything more.
const GUARD: &str = r#"
initialise() {
    for sorting in '--locale-provider=icu --icu-locale=en-US' ''; do
        rm -rf data
        # Its words are arguments.
        if "$programs/initdb" --pgdata data --username "$superuser" --auth trust --encoding UTF8 --locale C \
            --no-sync --no-instructions $sorting </dev/null >>log 2>&1; then
            printf '%s\n' "$settings" >>data/postgresql.conf
            echo initialised
            return
        fi
    done
    echo failed
}
start() {
    "$programs/postgres" -D data -k "$PWD" </dev/null >>log 2>&1 &
    server=$!
    until answers; do
        kill -0 "$server" 2>/dev/null || { echo failed; return; }
        sleep 0.02
    done
    echo started
}
answers() {
    "$programs/psql" --no-psqlrc --host "$PWD" --username "$superuser" --dbname postgres --command 'SELECT' \
        >/dev/null 2>&1
}
stop() {
    [ -z "$server" ] || { kill -QUIT "$server"; wait "$server"; } 2>/dev/null
    server=
}
# Whoever asked may be gone before the answer.
trap '' PIPE
server=
while read -r word; do
    case $word in
    initialise) initialise ;;
    start) start ;;
    stop) stop; echo stopped ;;
    esac
done
stop
scratch=$PWD
cd / && rm -rf "$scratch"
"#;

/// Small and fast, for many short tests at once.
const SETTINGS: &str = "
listen_addresses = ''
max_connections = 200
shared_buffers = 32MB
fsync = off
full_page_writes = off
wal_level = minimal
max_wal_senders = 0
max_parallel_workers_per_gather = 0
log_min_messages = fatal
log_min_error_statement = panic
";

#[derive(Debug)]
pub(crate) struct Server {
    directory: PathBuf,
    programs: PathBuf,
    account: Account,
    guard: Mutex<Guard>,
}

#[derive(Debug)]
struct Guard {
    process: Child,
    /// The end of the pipe whose closing means that we are gone.
    words: Option<ChildStdin>,
    answers: BufReader<ChildStdout>,
}

impl Server {
    pub(crate) fn start() -> Self {
        let programs = programs::directory();
        let scratch = tempfile::Builder::new().prefix("updraft-pg-").tempdir().expect("a scratch directory");
        let account = Account::owning(scratch.path());
        let (guard, directory) = Guard::watching(&programs, account, scratch);
        let server = Self { directory, programs, account, guard: Mutex::new(guard) };
        server.tell("initialise", "initialised");
        server.tell("start", "started");
        server.sql(&format!("CREATE ROLE {} LOGIN", crate::database::ROLE));
        server
    }

    /// Where the socket is.
    pub(crate) fn directory(&self) -> &Path {
        &self.directory
    }

    pub(crate) fn stop(&self) {
        self.tell("stop", "stopped");
    }

    pub(crate) fn resume(&self) {
        self.tell("start", "started");
    }

    /// One statement as the superuser. Panics when the server refuses it.
    pub(crate) fn sql(&self, statement: &str) {
        if let Err(said) = self.try_sql(statement) {
            panic!("{statement}: {said}");
        }
    }

    /// One statement as the superuser, or what was said against it.
    pub(crate) fn try_sql(&self, statement: &str) -> Result<(), String> {
        let output = self
            .account
            .command(self.programs.join("psql"), &self.directory)
            .args(["--no-psqlrc", "--quiet", "--set", "ON_ERROR_STOP=1", "--username", SUPERUSER])
            .args(["--dbname", "postgres", "--command", statement, "--host"])
            .arg(&self.directory)
            .stdin(Stdio::null())
            .output()
            .expect("psql runs");
        if output.status.success() { Ok(()) } else { Err(String::from_utf8_lossy(&output.stderr).into_owned()) }
    }

    fn tell(&self, word: &str, done: &str) {
        let answer = self.guard.lock().unwrap_or_else(PoisonError::into_inner).ask(word);
        assert_eq!(answer, done, "PostgreSQL did not {word}; its log:\n{}", self.log());
    }

    fn log(&self) -> String {
        fs::read_to_string(self.directory.join("log")).unwrap_or_default()
    }
}

impl Guard {
    /// From here on the scratch directory is the guard's to remove.
    fn watching(programs: &Path, account: Account, scratch: TempDir) -> (Self, PathBuf) {
        let directory = scratch.keep();
        let mut process = account
            .command("/bin/sh", &directory)
            .args(["-c", GUARD])
            .env("programs", programs)
            .env("superuser", SUPERUSER)
            .env("settings", SETTINGS)
            .process_group(0)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            // Whoever reads our errors must not wait for the guard's end.
            .stderr(Stdio::null())
            .spawn()
            .expect("a shell runs");
        let words = process.stdin.take();
        let answers = BufReader::new(process.stdout.take().expect("it is piped"));
        (Self { process, words, answers }, directory)
    }

    fn ask(&mut self, word: &str) -> String {
        let words = self.words.as_mut().expect("it is open until the end");
        writeln!(words, "{word}").expect("the guard listens");
        let mut answer = String::new();
        self.answers.read_line(&mut answer).expect("the guard answers");
        answer.trim_end().to_owned()
    }
}

impl Drop for Guard {
    fn drop(&mut self) {
        drop(self.words.take());
        // The directory is gone when this returns.
        let _ = self.process.wait();
    }
}
