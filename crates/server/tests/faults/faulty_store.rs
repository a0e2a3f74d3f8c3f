//! A store that can be told to fail, in front of the real one.

use std::sync::{Arc, Mutex};

use async_trait::async_trait;
use model::{AppId, AppSlug, BlobHash, KeyId, Millis, UpdateGroupId, UpdateId};
use serde_json::Value;
use store::{
    AddKey, AppRecord, AppState, Apps, AssetRecord, AuditLine, Blobs, Bootstrap, Bootstrapped, Changes, CommitError,
    Committed, Controlled, Effect, EncodedBlob, Encodings, GroupRecord, History, Idempotency, KeyError, KeyRecord,
    Keys, NewToken, Operate, Operation, ReadAudit, ReadControl, ReadSnapshots, ReplayError, Replays, SaveError, Seal,
    SealedKey, SessionId, Store, StoreError, StoredUpdate, TokenHash, TokenRecord, Tokens, Watch,
};
use tokio::sync::{Notify, Semaphore};

/// Tells a [`FaultyStore`] what to do. It works until it is told otherwise.
#[derive(Clone, Debug, Default)]
pub struct Faults(Arc<Mutex<State>>);

#[derive(Debug, Default)]
struct State {
    mode: Mode,
    asked: Vec<&'static str>,
    gate: Option<Arc<Gate>>,
}

/// Where whoever asks the store for one thing waits.
#[derive(Debug)]
pub struct Gate {
    method: &'static str,
    reached: Notify,
    /// Closed, it lets everybody through.
    barrier: Semaphore,
}

impl Gate {
    /// Returns once somebody waits.
    pub async fn reached(&self) {
        self.reached.notified().await;
    }

    /// From now on nobody waits.
    pub fn open(&self) {
        self.barrier.close();
    }
}

/// What happens when the store is asked.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Mode {
    /// It answers.
    #[default]
    Works,
    /// It panics, whatever it is asked.
    Panics,
    /// It cannot be reached.
    IsDown,
    /// Its disk is full.
    IsFull,
    /// It takes changes, but no snapshot can be read.
    CannotBeRead,
    /// It answers so many times; then it cannot be reached once; then it answers again.
    FailsAfter(usize),
}

impl Faults {
    /// From now on.
    pub fn set(&self, mode: Mode) {
        self.0.lock().unwrap().mode = mode;
    }

    /// From now on whoever asks for this waits until the gate is opened.
    pub fn hold(&self, method: &'static str) -> Arc<Gate> {
        let gate = Arc::new(Gate { method, reached: Notify::new(), barrier: Semaphore::new(0) });
        self.0.lock().unwrap().gate = Some(gate.clone());
        gate
    }

    async fn wait_for(&self, method: &'static str) {
        let gate = self.0.lock().unwrap().gate.clone().filter(|gate| gate.method == method);
        if let Some(gate) = gate {
            gate.reached.notify_one();
            // An error is the open gate.
            let _ = gate.barrier.acquire().await;
        }
    }

    /// What the store is doing.
    pub fn mode(&self) -> Mode {
        self.0.lock().unwrap().mode
    }

    /// What the store was asked since the last time, by method; without the poll for changes.
    pub fn take_asked(&self) -> Vec<&'static str> {
        std::mem::take(&mut self.0.lock().unwrap().asked)
    }

    /// A store between the server and its real one, for [`testing::ServerBuilder::wrap_store`].
    pub fn wrap(&self) -> impl FnOnce(Arc<dyn Store>) -> Arc<dyn Store> + Send + 'static {
        let faults = self.clone();
        move |inner| Arc::new(FaultyStore { inner, faults })
    }

    fn meet(&self, method: &'static str) -> Result<(), StoreError> {
        // Asked now and then, whoever else asks: it neither counts nor takes away the one fault that is meant for others.
        let is_poll = matches!(method, "versions" | "changes");
        let mode = {
            let mut state = self.0.lock().unwrap();
            match state.mode {
                Mode::FailsAfter(_) if is_poll => Mode::Works,
                mode => {
                    if !is_poll {
                        state.asked.push(method);
                    }
                    state.mode = match mode {
                        Mode::FailsAfter(0) => Mode::Works,
                        Mode::FailsAfter(left) => Mode::FailsAfter(left - 1),
                        lasting => lasting,
                    };
                    mode
                }
            }
        };
        match mode {
            Mode::Works | Mode::FailsAfter(1..) => Ok(()),
            Mode::Panics => panic!("the store was asked: {method}"),
            Mode::CannotBeRead if !matches!(method, "versions" | "load" | "assets") => Ok(()),
            Mode::IsDown | Mode::CannotBeRead | Mode::FailsAfter(0) => {
                Err(StoreError::Unavailable(format!("{method} is told to fail").into()))
            }
            Mode::IsFull => Err(StoreError::NoSpace(format!("{method} is told to have no space").into())),
        }
    }
}

/// Meets the fault that was ordered before it asks the real store.
#[derive(Debug)]
struct FaultyStore {
    inner: Arc<dyn Store>,
    faults: Faults,
}

/// Every method of a trait: first the fault, then the real store.
macro_rules! delegate {
    ($trait:ident { $(fn $method:ident(&self $(, $argument:ident: $type:ty)*) -> $answer:ty;)* }) => {
        #[async_trait]
        impl $trait for FaultyStore {
            $(async fn $method(&self $(, $argument: $type)*) -> $answer {
                self.faults.meet(stringify!($method))?;
                self.faults.wait_for(stringify!($method)).await;
                self.inner.$method($($argument),*).await
            })*
        }
    };
}

delegate!(Apps {
    fn bootstrap(&self, bootstrap: Bootstrap) -> Result<Bootstrapped, StoreError>;
    fn app(&self, slug: &AppSlug) -> Result<Option<AppRecord>, StoreError>;
    fn apps(&self) -> Result<Vec<AppRecord>, StoreError>;
});

delegate!(Blobs {
    fn missing_blobs(&self, app: AppId, blobs: &[(BlobHash, u64)]) -> Result<Vec<BlobHash>, StoreError>;
    fn record_blob(&self, app: AppId, hash: BlobHash, size: u64, now: Millis) -> Result<(), StoreError>;
    fn encodings(&self, blobs: &[BlobHash]) -> Result<Encodings, StoreError>;
    fn record_encodings(&self, blob: BlobHash, encodings: &[EncodedBlob], now: Millis) -> Result<(), StoreError>;
});

delegate!(History {
    fn update(&self, app: AppId, update: UpdateId) -> Result<Option<StoredUpdate>, StoreError>;
    fn groups(&self, app: AppId, groups: &[UpdateGroupId]) -> Result<Vec<GroupRecord>, StoreError>;
});

delegate!(Keys {
    fn add_key(&self, intent: AddKey) -> Result<u64, KeyError>;
    fn keys(&self, app: AppId) -> Result<Vec<KeyRecord>, StoreError>;
    fn sealed_key(&self, app: AppId, key_id: &KeyId) -> Result<Option<SealedKey>, StoreError>;
});

delegate!(Operate {
    fn apply(&self, operation: Operation, seal: Seal) -> Result<Effect<Committed>, CommitError>;
    fn save_prepared(&self, session: SessionId, operation: Operation, now: Millis) -> Result<(), SaveError>;
    fn prepared(&self, app: AppId, session: SessionId, now: Millis) -> Result<Option<Operation>, StoreError>;
    fn commit(&self, app: AppId, session: SessionId, seal: Seal) -> Result<Effect<Committed>, CommitError>;
});

delegate!(ReadControl {
    fn control(&self, app: AppId, now: Millis) -> Result<Option<Controlled>, StoreError>;
    fn missing_signatures(&self, app: AppId, entries: &[UpdateId]) -> Result<Vec<(UpdateId, KeyId)>, StoreError>;
});

delegate!(ReadAudit {
    fn audit(&self, app: AppId, before: Option<u64>, limit: u32) -> Result<Vec<AuditLine>, StoreError>;
});

delegate!(ReadSnapshots {
    fn versions(&self) -> Result<Vec<(AppId, u64)>, StoreError>;
    fn load(&self, app: AppId) -> Result<Option<AppState>, StoreError>;
    fn assets(&self, app: AppId, after: u64) -> Result<Vec<AssetRecord>, StoreError>;
});

delegate!(Replays {
    fn replay(&self, request: &Idempotency, now: Millis) -> Result<Option<Value>, ReplayError>;
});

delegate!(Tokens {
    fn add_token(&self, token: NewToken, now: Millis) -> Result<(), StoreError>;
    fn token(&self, hash: TokenHash) -> Result<Option<TokenRecord>, StoreError>;
});

delegate!(Watch {
    fn changes(&self) -> Result<Box<dyn Changes>, StoreError>;
});
