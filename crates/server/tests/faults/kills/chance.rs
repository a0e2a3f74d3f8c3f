//! Chance that can be repeated.

use publishing::ports::Entropy;
use server::machine::SystemEntropy;

use crate::say;

/// `SplitMix64`: enough for choosing where to kill.
pub struct Chance {
    state: u64,
}

impl Chance {
    /// From `FAULTS_SEED`, else from the machine.
    pub fn seeded() -> Self {
        let given = std::env::vars().find(|(name, _)| name == "FAULTS_SEED");
        let seed = match given {
            Some((_, seed)) => seed.parse().unwrap(),
            None => u64::from_le_bytes(SystemEntropy.bytes()[..8].try_into().unwrap()),
        };
        say(&format!("FAULTS_SEED={seed}"));
        Self { state: seed }
    }

    fn next(&mut self) -> u64 {
        self.state = self.state.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.state;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    /// From 0 to below 1.
    pub fn share(&mut self) -> f64 {
        let high: u32 = (self.next() >> 32).try_into().unwrap();
        f64::from(high) / (f64::from(u32::MAX) + 1.0)
    }

    /// From 0 to below `end`.
    pub fn below(&mut self, end: usize) -> usize {
        usize::try_from(self.next() % end as u64).unwrap()
    }

    /// Any of them.
    pub fn one_of<T: Copy>(&mut self, all: &[T]) -> T {
        all[self.below(all.len())]
    }
}
