//! The suite, and the test of the suite.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{LazyLock, Mutex};

use tokio::runtime::Runtime;

use crate::dice::Dice;
use crate::fault::Fault;
use crate::sequence::{self, Broken, OPERATIONS, Tally};
use crate::server::SigningCase;

const SEQUENCES: u64 = 2_000;
/// Every fault is found within as many.
const SEQUENCES_FOR_A_FAULT: u64 = 60;
/// The first of all seeds.
const FIRST: u64 = 0x1707_2026_0003;

static SIGNING: LazyLock<SigningCase> = LazyLock::new(SigningCase::new);

/// Seeds look like nothing in particular, but for their last bit: every second one is even.
fn seed(number: u64) -> u64 {
    (Dice::new(FIRST + number).next() & !1) | (number & 1)
}

fn play(seed: u64, fault: Option<Fault>, runtime: &Runtime) -> Result<Tally, Broken> {
    // Half of the sequences sign: those of even seeds.
    let signing = seed.is_multiple_of(2).then(|| &*SIGNING);
    sequence::run(seed, signing, fault, runtime)
}

fn runtime() -> Runtime {
    tokio::runtime::Builder::new_current_thread().build().expect("a runtime")
}

#[expect(clippy::disallowed_methods, reason = "the developer's own wish, for this suite alone")]
fn wish(name: &str) -> Option<u64> {
    std::env::var(name).ok().map(|text| text.parse().expect("a number"))
}

#[test]
fn no_sequence_breaks_a_property() {
    let first = wish("MODEL_FIRST").unwrap_or(0);
    let all = (first..first + wish("MODEL_SEQUENCES").unwrap_or(SEQUENCES)).map(seed).collect();
    let seeds: Vec<u64> = wish("MODEL_SEED").map_or(all, |seed| vec![seed]);
    let (next, broken, tallies) = (AtomicUsize::new(0), Mutex::new(Vec::new()), Mutex::new(Vec::new()));
    let threads = std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
    std::thread::scope(|scope| {
        for _ in 0..threads {
            scope.spawn(|| {
                let runtime = runtime();
                while let Some(seed) = seeds.get(next.fetch_add(1, Ordering::Relaxed)) {
                    match play(*seed, None, &runtime) {
                        Ok(tally) => tallies.lock().expect("whole").push((*seed, tally)),
                        Err(found) => broken.lock().expect("whole").push(found),
                    }
                }
            });
        }
    });
    let tallies = tallies.into_inner().expect("whole");
    for (seed, tally) in &tallies {
        println!("{seed}: holds {tally:?}");
    }
    let sum = |count: fn(&Tally) -> u64| tallies.iter().map(|(_, tally)| count(tally)).sum::<u64>();
    println!(
        "{} sequences, {} operations ({} more were refused), {} phones looked at, {} looked ahead, {} checks",
        tallies.len(),
        sum(|tally| tally.operations as u64),
        sum(|tally| tally.refused as u64),
        sum(|tally| tally.settled as u64),
        sum(|tally| tally.looked_ahead as u64),
        sum(|tally| tally.checks),
    );
    let mut broken = broken.into_inner().expect("whole");
    broken.sort_by_key(|found| found.log.lines().count());
    if let Some(Broken { seed, log, violation }) = broken.first() {
        for Broken { seed, violation, .. } in &broken {
            println!("{seed}: {}", violation.0.lines().next().unwrap_or_default());
        }
        panic!(
            "{} of {} sequences break a property; the shortest (MODEL_SEED={seed}):\n{log}{}",
            broken.len(),
            seeds.len(),
            violation.0
        );
    }
    assert!(sum(|tally| tally.operations as u64) >= (seeds.len() * OPERATIONS) as u64);
}

#[test]
fn every_fault_is_found() {
    let runtime = runtime();
    for fault in Fault::ALL {
        let found = (0..SEQUENCES_FOR_A_FAULT)
            .find_map(|number| play(seed(number), Some(fault), &runtime).err().map(|broken| (number, broken)));
        let Some((number, broken)) = found else {
            panic!("{fault:?} is not found within {SEQUENCES_FOR_A_FAULT} sequences");
        };
        let what = broken.violation.0.lines().next().unwrap_or_default().to_owned();
        println!("{fault:?}: found in sequence {} (seed {}): {what}", number + 1, broken.seed);
    }
}
