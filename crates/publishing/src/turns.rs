//! One after the other, within this process.

use std::collections::HashMap;
use std::hash::Hash;
use std::sync::{Arc, Mutex, PoisonError};

use tokio::sync::{Mutex as Turn, OwnedMutexGuard};

/// One at a time for each key; those of different keys do not wait for one another. Clones share the turns.
#[derive(Clone)]
pub(crate) struct OneAtATime<K>(Arc<Mutex<HashMap<K, Arc<Turn<()>>>>>);

impl<K> Default for OneAtATime<K> {
    fn default() -> Self {
        Self(Arc::default())
    }
}

impl<K: Eq + Hash> OneAtATime<K> {
    /// Waits for those who came before with this key; the turn lasts as long as what comes back.
    pub(crate) async fn enter(&self, key: K) -> OwnedMutexGuard<()> {
        self.turn(key).lock_owned().await
    }

    fn turn(&self, key: K) -> Arc<Turn<()>> {
        let mut turns = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        // Whoever has or awaits a turn holds it too, under this lock; what only the table holds is over.
        turns.retain(|_, turn| Arc::strong_count(turn) > 1);
        Arc::clone(turns.entry(key).or_default())
    }
}

#[cfg(test)]
mod tests {
    use super::OneAtATime;

    #[tokio::test]
    async fn a_turn_is_waited_for_and_then_forgotten() {
        let turns = OneAtATime::default();
        let first = turns.enter("a").await;
        let other = turns.enter("b").await;
        let mut second = std::pin::pin!(turns.enter("a"));
        assert!(futures_util::poll!(&mut second).is_pending());
        drop(first);
        let second = second.await;
        drop((second, other));
        let _third = turns.enter("c").await;
        assert_eq!(turns.0.lock().unwrap().len(), 1, "only turns that somebody has are kept");
    }
}
