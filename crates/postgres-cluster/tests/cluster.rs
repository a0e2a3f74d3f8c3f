//! Clusters start, are apart from each other and leave nothing behind.

#![expect(clippy::unwrap_used, reason = "helpers of tests fail by panicking")]

use std::fs;
use std::io::Read;
use std::os::unix::fs::PermissionsExt;
use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::Duration;

use postgres_cluster::{Cluster, Database};

#[test]
fn clusters_at_once_are_apart_and_gone_when_dropped() {
    let starting: Vec<_> = (0..2).map(|_| thread::spawn(|| Cluster::start().database())).collect();
    let databases: Vec<Database> = starting.into_iter().map(|one| one.join().unwrap()).collect();
    let directories: Vec<PathBuf> = databases.iter().map(|database| directory(database.url())).collect();
    assert_ne!(directories[0], directories[1]);
    for directory in &directories {
        connect(directory).unwrap();
    }
    drop(databases);
    for directory in &directories {
        assert!(!directory.exists(), "{} is left", directory.display());
    }
}

#[test]
fn databases_of_a_cluster_have_their_own_names() {
    let cluster = Cluster::start();
    let (one, other) = (cluster.database(), cluster.database());
    assert_ne!(one.url(), other.url());
    assert_eq!(directory(one.url()), directory(other.url()));
}

#[test]
fn a_stopped_cluster_comes_back_at_its_address() {
    let cluster = Cluster::start();
    let database = cluster.database();
    let directory = directory(database.url());
    cluster.stop();
    assert!(connect(&directory).is_err());
    cluster.resume();
    connect(&directory).unwrap();
}

/// The process that started it has no chance to clean up.
#[test]
fn a_killed_owner_leaves_nothing() {
    let (mut owner, directory) = owner("echo $POSTGRES_URL; exec cat");
    connect(&directory).unwrap();
    owner.kill().unwrap();
    owner.wait().unwrap();
    while directory.exists() {
        thread::sleep(Duration::from_millis(10));
    }
    assert!(connect(&directory).is_err());
}

/// Not even while the cluster is still being made.
#[test]
fn an_owner_killed_early_leaves_nothing() {
    let place = tempfile::TempDir::new().unwrap();
    // Another account works in it.
    fs::set_permissions(place.path(), fs::Permissions::from_mode(0o777)).unwrap();
    let mut owner = Command::new(env!("CARGO_BIN_EXE_postgres-cluster"))
        .args(["true"])
        .env("TMPDIR", place.path())
        .spawn()
        .unwrap();
    let clusters = || fs::read_dir(place.path()).unwrap().map(|entry| entry.unwrap().path());
    while !clusters().any(|cluster| cluster.join("data").exists()) {
        assert!(owner.try_wait().unwrap().is_none(), "it ended before it was killed");
        thread::sleep(Duration::from_millis(1));
    }
    owner.kill().unwrap();
    owner.wait().unwrap();
    while clusters().next().is_some() {
        thread::sleep(Duration::from_millis(10));
    }
}

#[test]
fn the_command_runs_beside_a_cluster_and_says_how_it_ended() {
    let (mut owner, directory) = owner("echo $POSTGRES_URL; exit 7");
    assert_eq!(owner.wait().unwrap().code(), Some(7));
    assert!(!directory.exists());
}

/// A process of its own with a cluster, and that cluster's directory. What the script reads ends with the value.
fn owner(script: &str) -> (Child, PathBuf) {
    let mut child = Command::new(env!("CARGO_BIN_EXE_postgres-cluster"))
        .args(["sh", "-c", script])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut said = child.stdout.take().unwrap();
    let mut url = Vec::new();
    let mut byte = [0];
    while said.read(&mut byte).unwrap() == 1 && byte != *b"\n" {
        url.push(byte[0]);
    }
    (child, directory(std::str::from_utf8(&url).unwrap()))
}

fn directory(url: &str) -> PathBuf {
    let host = url.split(['@', '/']).nth(3).unwrap();
    let mut path = Vec::new();
    let mut bytes = host.bytes();
    while let Some(byte) = bytes.next() {
        let digits = |bytes: &mut std::str::Bytes<'_>| [bytes.next().unwrap(), bytes.next().unwrap()];
        path.push(match byte {
            b'%' => u8::from_str_radix(std::str::from_utf8(&digits(&mut bytes)).unwrap(), 16).unwrap(),
            byte => byte,
        });
    }
    String::from_utf8(path).unwrap().into()
}

fn connect(directory: &Path) -> std::io::Result<UnixStream> {
    UnixStream::connect(directory.join(".s.PGSQL.5432"))
}
