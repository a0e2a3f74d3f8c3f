//! The contract suite is worth something: it fails for a backend with a fault, whichever method the fault is in.
//!
//! A mutant is the real store behind a wrapper ([`backend::Mutant`]) that does one thing wrong ([`faults::FAULTS`]).

#![expect(clippy::unwrap_used, reason = "helpers of tests fail by panicking")]

mod backend;
mod faults;
mod operating;
mod reading;

use std::collections::BTreeSet;
use std::fs;
use std::panic;
use std::path::Path;
use std::sync::Arc;
use std::thread;
use std::time::Duration;

use backend::Mutants;
use faults::{FAULTS, Fault};
use store::contract::{Contract, contracts};
use tokio::runtime::{Builder, Runtime};
use tokio::sync::Semaphore;
use tokio::task::JoinSet;

/// The threads whose panics are expected, and not told.
const QUIET: &str = "of-a-mutant";

/// How many databases are busy at once: most of the time they wait for the disk.
const AT_ONCE: usize = 12;

#[test]
fn every_mutant_breaks_a_contract() {
    be_quiet_about_mutants();
    let survivors = runtime(QUIET).block_on(async {
        let (limit, mut running) = (Arc::new(Semaphore::new(AT_ONCE)), JoinSet::new());
        for (fault, _, hint) in FAULTS {
            let limit = Arc::clone(&limit);
            running.spawn(async move {
                let _permit = limit.acquire().await.unwrap();
                broken(*fault, &ordered(hint)).await.is_none().then_some(*fault)
            });
        }
        running.join_all().await.into_iter().flatten().collect::<Vec<_>>()
    });
    let mistakes = backend::MISTAKES.lock().unwrap();
    assert!(mistakes.is_empty(), "{mistakes:#?}");
    assert!(survivors.is_empty(), "no contract fails for {survivors:#?}");
}

/// What the mutants break is their fault, not the wrapper's.
#[test]
fn the_wrapper_alone_breaks_none() {
    let broken = runtime("of-the-wrapper").block_on(async {
        let (limit, mut running) = (Arc::new(Semaphore::new(AT_ONCE)), JoinSet::new());
        for contract in contracts() {
            let limit = Arc::clone(&limit);
            running.spawn(async move {
                let _permit = limit.acquire().await.unwrap();
                broken(Fault::Nothing, &[contract]).await
            });
        }
        running.join_all().await.into_iter().flatten().collect::<Vec<_>>()
    });
    assert!(broken.is_empty(), "broken contracts, told above: {broken:#?}");
}

/// A method without a mutant does not exist.
#[test]
fn every_method_has_a_mutant() {
    let traits = Path::new(env!("CARGO_MANIFEST_DIR")).join("../store/src");
    let mut methods = BTreeSet::new();
    for file in fs::read_dir(traits).unwrap().map(|file| file.unwrap().path()).filter(|path| path.is_file()) {
        for line in fs::read_to_string(file).unwrap().lines() {
            if let Some((name, _)) = line.strip_prefix("    async fn ").and_then(|rest| rest.split_once('(')) {
                methods.insert(name.to_owned());
            }
        }
    }
    // What a stream of changes says is part of `changes`.
    methods.remove("next");
    let mutated: BTreeSet<String> = FAULTS.iter().map(|(_, method, _)| (*method).to_owned()).collect();
    assert_eq!(mutated, methods);
}

/// The first of the contracts that this backend breaks.
async fn broken(fault: Fault, contracts: &[Contract]) -> Option<&'static str> {
    for contract in contracts.iter().copied() {
        // A task of its own keeps the panic; one that never ends is broken, too.
        let checked = tokio::spawn(async move { contract.check(&Mutants(fault)).await });
        match tokio::time::timeout(Duration::from_mins(2), checked).await {
            Ok(Ok(())) => {}
            Ok(Err(_)) | Err(_) => return Some(contract.name),
        }
    }
    None
}

/// The contracts of this name or room first: they are likely to tell.
fn ordered(hint: &str) -> Vec<Contract> {
    let (mut first, rest): (Vec<_>, Vec<_>) =
        contracts().into_iter().partition(|contract| contract.name.starts_with(hint));
    first.extend(rest);
    first
}

fn runtime(thread_name: &str) -> Runtime {
    Builder::new_multi_thread().worker_threads(2).thread_name(thread_name).enable_all().build().unwrap()
}

fn be_quiet_about_mutants() {
    let tell = panic::take_hook();
    panic::set_hook(Box::new(move |panic| {
        if thread::current().name() != Some(QUIET) {
            tell(panic);
        }
    }));
}
