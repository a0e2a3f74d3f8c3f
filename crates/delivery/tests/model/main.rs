//! Model tests: random sequences of operations over a fleet of stock clients.
//!
//! An app in memory is operated by the pure plans of `model::control`, applied as a store and the publishing room do it;
//! the real `delivery` answers the checks of strict clients (`device`), all in one process. After every operation the
//! properties of `judge` and `sequence` must hold of every phone.
//!
//! A failure prints its sequence's seed and operations. `MODEL_SEED=<seed>` plays that sequence alone;
//! `MODEL_FIRST=<number> MODEL_SEQUENCES=<count>` plays others.

#[cfg(test)]
mod dice;
#[cfg(test)]
mod fault;
#[cfg(test)]
mod fleet;
#[cfg(test)]
mod judge;
#[cfg(test)]
mod operation;
#[cfg(test)]
mod operator;
#[cfg(test)]
mod oracle;
#[cfg(test)]
mod phone;
#[cfg(test)]
mod sequence;
#[cfg(test)]
mod server;
#[cfg(test)]
mod suite;
