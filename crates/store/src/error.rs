//! Faults of a store, by what they mean to the caller. Refusals by rules of the domain are the intents' own errors.

/// What a driver said, kept for the log.
pub type BoxError = Box<dyn std::error::Error + Send + Sync>;

/// The store could not do it. Nothing was changed.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// The database cannot be reached, is locked by someone else or failed. Trying again may help.
    #[error("the database is not available")]
    Unavailable(#[source] BoxError),
    /// The disk or the database's quota is full.
    #[error("the database has no space left")]
    NoSpace(#[source] BoxError),
    /// A row holds what no version of this program writes.
    #[error("the table `{table}` holds bad data: {what}")]
    Corrupt {
        /// Where.
        table: &'static str,
        /// What is wrong with it.
        what: String,
        /// What the parser said, where there was one.
        #[source]
        source: Option<BoxError>,
    },
    /// A constraint of the schema refused a row that the intent's own checks let pass: a mistake in the caller, such as
    /// an id used twice.
    #[error("the database refused a row")]
    Constraint(#[source] BoxError),
    /// A statement changed another number of rows than its intent means.
    #[error("{intent} changed {actual} rows instead of {expected}")]
    WrongRowCount {
        /// Which intent.
        intent: &'static str,
        /// How many rows it means to change.
        expected: u64,
        /// How many it changed; taken back.
        actual: u64,
    },
    /// The database was written by a newer release; this one does not know its schema.
    #[error("the database has schema version {found}, but this release knows only versions up to {known}")]
    SchemaNewer {
        /// The database's.
        found: i64,
        /// The newest that this release brings.
        known: i64,
    },
}

impl StoreError {
    /// Bad data, told by the parser that refused it.
    pub fn corrupt(table: &'static str, what: impl Into<String>, source: impl Into<BoxError>) -> Self {
        Self::Corrupt { table, what: what.into(), source: Some(source.into()) }
    }
}
