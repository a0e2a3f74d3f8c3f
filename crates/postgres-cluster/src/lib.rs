#![expect(
    clippy::expect_used,
    clippy::panic,
    reason = "a test that cannot go on stops, and where that is surprising the docs say so"
)]
//! A private PostgreSQL for tests: started from the machine's package, removed with whoever started it.
//!
//! - **Private.** Each [`Cluster`] lives in a scratch directory of its own and listens on a Unix socket inside it, so that
//!   any number of test processes run side by side without agreeing on ports, and nobody else reaches it.
//! - **Unprivileged.** PostgreSQL refuses to run as root; then it runs as the machine's `postgres` or `nobody`.
//! - **Gone afterwards.** A guard beside the server waits for the end of a pipe that only the starting process holds. It
//!   ends when the cluster is dropped, and also when the process panics or is killed; the guard then stops the server
//!   and removes the directory.
//! - **Not for data.** It never syncs, so a power cut loses what is in it.
//! - **Strange on purpose.** It sorts text as English where the package can, and tests connect as a role that is no
//!   superuser: what only works with `COLLATE "C"` by luck or with all rights shows.
//!
//! ```no_run
//! let database = postgres_cluster::Cluster::shared().database();
//! println!("{}", database.url());
//! ```

mod account;
mod database;
mod guard;
mod programs;

use std::sync::{Arc, OnceLock};

pub use database::Database;

use guard::Server;

/// A running PostgreSQL. Clones share it; it ends with the last of them and of its databases.
#[derive(Clone, Debug)]
pub struct Cluster {
    server: Arc<Server>,
}

impl Cluster {
    /// Starts a cluster. Takes about a second. Panics when PostgreSQL is not installed or does not start.
    pub fn start() -> Self {
        Self { server: Arc::new(Server::start()) }
    }

    /// The one cluster of this process, which ends with the process.
    pub fn shared() -> &'static Self {
        static SHARED: OnceLock<Cluster> = OnceLock::new();
        SHARED.get_or_init(Self::start)
    }

    /// Makes an empty database, owned by the role that its address names.
    pub fn database(&self) -> Database {
        Database::create(Arc::clone(&self.server))
    }

    /// Stops the server as a crash would: connections are cut and nothing is written any more.
    pub fn stop(&self) {
        self.server.stop();
    }

    /// Starts the server again, on the same data and at the same address.
    pub fn resume(&self) {
        self.server.resume();
    }
}
