//! The operator API's wire types and public error codes. Never knows a server.
//!
//! The server's `admin` room answers with these types and the command line reads them, so that the two cannot drift.
//! Text fields are what a person wrote; the server parses them into its own types and refuses with a [`Problem`] that
//! names the field.

pub mod app;
pub mod codes;
pub mod consequence;
mod distinct;
pub mod explain;
pub mod keys;
mod number;
pub mod object;
pub mod operations;
pub mod paging;
pub mod problem;
pub mod publish;
pub mod record;
pub mod rule;
#[cfg(feature = "openapi")]
pub mod texts;
pub mod updates;

pub use app::{App, ChannelSummary};
pub use codes::Code;
pub use consequence::{Consequence, Standing, StandingKind};
pub use distinct::Distinct;
pub use explain::{DeviceVerdict, Draw, Explain, ExplainedAnswer, Explanation, JudgedNode, Step, Truth};
pub use keys::{GenerateKey, ImportKey, Key, KeyHolder, Keys};
pub use number::LARGEST as LARGEST_NUMBER;
pub use object::Object;
pub use operations::{
    AppSummary, Apps, Audit, AuditLine, Branch, BranchHead, Branches, ChangeChannel, ChangeChannelRollout,
    ChangeRollout, Channel, ChannelRollout, Channels, CreateApp, CreateChannel, EditUpdate, Embedded, EmbeddedUpdates,
    IssuedGroup, NameBranch, OnRollout, Operated, Pin, Reissue, TargetUpdate, WhichPlatform, Why,
};
pub use paging::{Page, WhichPage};
pub use problem::Problem;
pub use publish::{
    BlobRef, CommitPublish, DetachedSignature, ExportAsset, Git, MissingBlobs, PlatformExport, PreparePublish,
    Prepared, PreparedUpdate, Published, PublishedUpdate, RollBack, RollBackTo, UpdateKind, Warning, WhichBlobs,
};
pub use record::{PublishRecord, RecordAsset};
pub use updates::{ListUpdates, ShownAsset, ShownUpdate, ShownUpdates, Update, UpdateState, Updates};

/// The header that makes an intent safe to send again (architecture.md §5).
pub const IDEMPOTENCY_KEY: &str = "idempotency-key";
