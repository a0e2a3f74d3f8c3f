//! Why a use case was refused, by meaning.

use model::control::{Control, Refusal};
use model::{BlobHash, BranchName, ChannelName, KeyId, NameError, Platform, UpdateId};
use store::{CommitError, KeyError, ReplayError, SaveError, StoreError};

use crate::ports::FetchError;

/// Why a use case was refused. Nothing visible was changed.
#[derive(Debug, thiserror::Error)]
pub enum PublishError {
    /// There is no such app.
    #[error("there is no such app")]
    UnknownApp,
    /// A file is larger than any upload may be.
    #[error("the file {hash} has {size} bytes; at most {limit} are allowed")]
    FileTooLarge {
        /// Which.
        hash: BlobHash,
        /// Its size in bytes.
        size: u64,
        /// The limit in bytes.
        limit: u64,
    },
    /// The app has no such channel.
    #[error("the app has no channel `{channel}`; it has {}", listed(known))]
    UnknownChannel {
        /// What was asked for.
        channel: ChannelName,
        /// What there is.
        known: Vec<ChannelName>,
    },
    /// Neither a channel nor a branch was named, or both.
    #[error("name either a channel or a branch")]
    NoDestination,
    /// A name is not legal.
    #[error("{field}: {source}")]
    Name {
        /// The request's field.
        field: &'static str,
        /// What is wrong with it.
        #[source]
        source: NameError,
    },
    /// A field has a value that nothing can be made of.
    #[error("{field}: {problem}")]
    Field {
        /// The request's field.
        field: String,
        /// What is wrong with it.
        problem: String,
    },
    /// Two assets have one key but different bytes: the client knows an asset by its key.
    #[error("two {platform} assets have the key `{key}`, in whatever case, but different bytes")]
    AssetKeyConflict {
        /// Whose.
        platform: Platform,
        /// Which.
        key: String,
    },
    /// Two assets would have one key.
    #[error(
        "{field}: another asset has the key `{stem}` too, in whatever case, which is its file's name without the extension"
    )]
    StemTaken {
        /// The request's field.
        field: String,
        /// The key.
        stem: String,
    },
    /// A file's hash is neither given nor to be found out.
    #[error("{field}: the file has no hash, and the server is not asked to verify it")]
    HashNeeded {
        /// The request's field.
        field: String,
    },
    /// A file on another host was not fetched.
    #[error("{field}: {source}")]
    NotFetched {
        /// The request's field.
        field: String,
        /// Why.
        #[source]
        source: FetchError,
    },
    /// A file on another host has other bytes than was said.
    #[error("{field}: the bytes at its URL have the SHA-256 {actual}")]
    OtherBytes {
        /// The request's field.
        field: String,
        /// What they have.
        actual: BlobHash,
    },
    /// The id that a publisher chose is known already.
    #[error("there is an update, a group or an embedded update {0} already, or there was")]
    UpdateExists(UpdateId),
    /// An update has more assets than allowed.
    #[error("the {platform} update has {count} assets; at most {limit} are allowed")]
    TooManyAssets {
        /// Whose.
        platform: Platform,
        /// How many.
        count: usize,
        /// How many may be.
        limit: usize,
    },
    /// Files that the app has not uploaded.
    #[error("{} file(s) were not uploaded, the first is {}", .0.len(), .0.first().map(ToString::to_string).unwrap_or_default())]
    MissingBlobs(Vec<BlobHash>),
    /// The strict client would not take what was rendered.
    #[error("the {platform} client would refuse this update: {reason}")]
    RefusedByClient {
        /// Which client.
        platform: Platform,
        /// The client's rule and what it met.
        reason: String,
    },
    /// The head has this content already.
    #[error("the head of the branch `{0}` already has this content on every platform")]
    NothingChanged(BranchName),
    /// There is no such prepared publish.
    #[error("there is no such prepared publish, or it has expired")]
    UnknownPublish,
    /// Something else was issued meanwhile.
    #[error("something else was issued meanwhile")]
    HeadMoved,
    /// The app changed at every try.
    #[error("the app is being changed by others all the time")]
    AppMoved,
    /// What was to be edited is not what its editor saw.
    #[error("what is there now has the entity tag {etag}")]
    PreconditionFailed {
        /// Its entity tag.
        etag: String,
    },
    /// There is an app with this name.
    #[error("there is an app `{0}` already")]
    AppExists(model::AppSlug),
    /// A rule of operating an app.
    #[error(transparent)]
    Refused(Refusal),
    /// The app has no key with this id.
    #[error("the app has no signing key `{0}`")]
    UnknownKey(KeyId),
    /// The app has a key with this id already.
    #[error("the app already has a signing key `{0}`")]
    KeyExists(KeyId),
    /// The private key cannot be used.
    #[error("private_key: {0}")]
    InvalidKey(#[source] signing::KeyError),
    /// The certificate cannot be used.
    #[error("certificate: {0}")]
    InvalidCertificate(#[source] signing::CertificateError),
    /// The chain does not hold together.
    #[error("certificate: the chain does not hold together: {0}")]
    InvalidChain(#[source] signing::ChainError),
    /// The key does not belong to the certificate.
    #[error("the private key does not belong to the certificate")]
    KeyDoesNotFit,
    /// A signature that the server cannot make is not there.
    #[error("the key `{0}` is held elsewhere and its signature is missing")]
    MissingSignature(KeyId),
    /// A signature does not verify, or belongs to nothing.
    #[error("the signature of the key `{key_id}` over {update} does not verify")]
    InvalidSignature {
        /// Whose.
        key_id: KeyId,
        /// Over which update.
        update: String,
    },
    /// The idempotency key belongs to another request.
    #[error("the idempotency key was used before with another body")]
    IdempotencyConflict,
    /// A blob could not be read or written.
    #[error("the blob store failed")]
    Blob(#[from] blob::BlobError),
    /// The store failed.
    #[error("the store failed")]
    Store(#[from] StoreError),
    /// A private key cannot be opened with the server's master key, or signing failed.
    #[error("signing failed")]
    Signing(#[source] Box<dyn std::error::Error + Send + Sync>),
    /// A stored row is not what this program writes, or the program broke a rule of its own.
    #[error("internal: {0}")]
    Internal(String),
}

impl PublishError {
    /// A refusal; one of a channel names those that there are.
    pub(crate) fn refused(refusal: Refusal, control: &Control) -> Self {
        match refusal {
            Refusal::UnknownChannel(channel) => Self::UnknownChannel {
                channel,
                known: control.channels.iter().map(|known| known.name.clone()).collect(),
            },
            other => Self::Refused(other),
        }
    }
}

impl From<SaveError> for PublishError {
    fn from(error: SaveError) -> Self {
        match error {
            SaveError::Store(error) => Self::Store(error),
            SaveError::UnknownBranch | SaveError::Empty | SaveError::OutOfOrder(_) => Self::Internal(error.to_string()),
        }
    }
}

impl From<CommitError> for PublishError {
    fn from(error: CommitError) -> Self {
        match error {
            CommitError::UnknownApp => Self::UnknownApp,
            CommitError::UnknownSession => Self::UnknownPublish,
            CommitError::HeadMoved { .. } | CommitError::VersionMoved { .. } => Self::HeadMoved,
            CommitError::RolloutActive(lane) => Self::Refused(Refusal::RolloutActive(lane)),
            CommitError::TooManyConditionalEntries(lane) => Self::Refused(Refusal::TooManyConditionalEntries(lane)),
            CommitError::UnknownTarget | CommitError::OutOfOrder(_) => Self::Internal(error.to_string()),
            CommitError::MissingBlob(hash) => Self::MissingBlobs(vec![hash]),
            CommitError::MissingSignature { key_id, .. } => Self::MissingSignature(key_id),
            CommitError::StraySignature { update, key_id } => {
                Self::InvalidSignature { key_id, update: update.to_string() }
            }
            CommitError::IdTaken(id) => Self::UpdateExists(id),
            CommitError::Conflict(_) => Self::IdempotencyConflict,
            CommitError::Store(error) => Self::Store(error),
        }
    }
}

impl From<KeyError> for PublishError {
    fn from(error: KeyError) -> Self {
        match error {
            KeyError::UnknownApp => Self::UnknownApp,
            KeyError::KeyIdTaken(key_id) => Self::KeyExists(key_id),
            KeyError::Store(error) => Self::Store(error),
            KeyError::VersionMoved { .. } | KeyError::UnknownUpdate(_) => Self::Internal(error.to_string()),
        }
    }
}

impl From<ReplayError> for PublishError {
    fn from(error: ReplayError) -> Self {
        match error {
            ReplayError::Conflict(_) => Self::IdempotencyConflict,
            ReplayError::Store(error) => Self::Store(error),
        }
    }
}

fn listed(known: &[ChannelName]) -> String {
    let names: Vec<&str> = known.iter().map(ChannelName::as_str).collect();
    if names.is_empty() { "none".into() } else { names.join(", ") }
}
