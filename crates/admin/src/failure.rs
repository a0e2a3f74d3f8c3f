//! From a refusal's meaning to its public code. The one place where the operator side chooses a status.

use api::problem::PROBLEM_JSON;
use api::{Code, Problem};
use axum::response::{IntoResponse, Response};
use http::{HeaderValue, StatusCode, header};
use model::control::Refusal;
use publishing::ports::FetchError;
use publishing::{BlobError, PublishError, UploadError};
use store::StoreError;

/// A refused or failed request.
#[derive(Debug)]
pub struct Failure(Box<Problem>);

/// What a caller should wait before it tries again, in seconds.
const RETRY_AFTER: HeaderValue = HeaderValue::from_static("5");

impl Failure {
    /// A problem of the table.
    pub fn new(code: Code, detail: impl Into<String>) -> Self {
        Self(Box::new(Problem::new(code, detail)))
    }

    /// No valid token.
    pub fn unauthorized(detail: &str) -> Self {
        Self(Box::new(Problem::new(Code::Unauthorized, detail).field("authorization")))
    }

    /// A field that nothing can be made of.
    pub fn bad_field(field: &str, problem: impl std::fmt::Display) -> Self {
        Self(Box::new(Problem::new(Code::BadRequest, format!("{field}: {problem}")).field(field)))
    }

    /// A name that is not legal.
    pub fn bad_name(field: &str, problem: impl std::fmt::Display) -> Self {
        Self(Box::new(Problem::new(Code::InvalidName, format!("{field}: {problem}")).field(field)))
    }

    /// Names the field, header or setting to blame.
    pub fn field(mut self, field: &str) -> Self {
        self.0.field = Some(field.into());
        self
    }

    /// Says what to do next, where the code's own hint is too general.
    pub fn hint(mut self, hint: &str) -> Self {
        self.0.hint = Some(hint.into());
        self
    }

    /// Names the field, where this request calls it otherwise than most.
    pub fn called(self, code: Code, field: &str) -> Self {
        if self.0.is(code) { self.field(field) } else { self }
    }
}

impl IntoResponse for Failure {
    fn into_response(self) -> Response {
        let status = StatusCode::from_u16(self.0.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        let body = serde_json::to_vec(&*self.0).unwrap_or_default();
        let mut response = (status, body).into_response();
        let headers = response.headers_mut();
        headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(PROBLEM_JSON));
        headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
        if matches!(status, StatusCode::SERVICE_UNAVAILABLE | StatusCode::TOO_MANY_REQUESTS) {
            headers.insert(header::RETRY_AFTER, RETRY_AFTER);
        }
        if status == StatusCode::UNAUTHORIZED {
            headers.insert(header::WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
        }
        response
    }
}

impl From<StoreError> for Failure {
    fn from(error: StoreError) -> Self {
        let code = match &error {
            StoreError::Unavailable(_) => Code::Unavailable,
            StoreError::NoSpace(_) => Code::NoSpace,
            StoreError::Corrupt { .. }
            | StoreError::Constraint(_)
            | StoreError::WrongRowCount { .. }
            | StoreError::SchemaNewer { .. } => Code::Internal,
        };
        tracing::error!(error = &error as &dyn std::error::Error, "the store failed");
        // A stranger learns what it means, the log learns why.
        Self::new(code, code.title())
    }
}

impl From<BlobError> for Failure {
    fn from(error: BlobError) -> Self {
        match error {
            BlobError::HashMismatch { .. } => Self::new(Code::HashMismatch, error.to_string()).field("hash"),
            BlobError::TooLarge { .. } => Self::new(Code::BodyTooLarge, error.to_string()),
            BlobError::Cut { .. } => Self::new(Code::BodyCut, error.to_string()),
            BlobError::NoSpace { .. } => Self::new(Code::NoSpace, Code::NoSpace.title()),
            other => {
                tracing::error!(error = &other as &dyn std::error::Error, "the blob store failed");
                Self::new(Code::Unavailable, Code::Unavailable.title())
            }
        }
    }
}

impl From<UploadError> for Failure {
    fn from(error: UploadError) -> Self {
        match error {
            UploadError::Blob(error) => error.into(),
            UploadError::Publish(error) => error.into(),
        }
    }
}

impl From<PublishError> for Failure {
    fn from(error: PublishError) -> Self {
        use PublishError as E;
        let detail = error.to_string();
        match error {
            E::UnknownApp => Self::new(Code::UnknownApp, detail).field("app"),
            E::FileTooLarge { .. } => Self::new(Code::BodyTooLarge, detail).field("blobs.size"),
            E::UnknownChannel { .. } => Self::new(Code::UnknownChannel, detail).field("channel"),
            E::NoDestination => Self::new(Code::BadRequest, detail).field("channel"),
            E::Name { field, .. } => Self::new(Code::InvalidName, detail).field(field),
            E::Field { field, .. } => Self::new(Code::BadRequest, detail).field(&field),
            E::AssetKeyConflict { .. } => Self::new(Code::AssetKeyConflict, detail).field("platforms.assets.key"),
            E::StemTaken { field, .. } => Self::new(Code::AssetKeyConflict, detail).field(&field),
            E::HashNeeded { field } => Self::new(Code::HashNeeded, detail).field(&field),
            E::NotFetched { field, source: FetchError::PrivateAddress { .. } } => {
                Self::new(Code::PrivateAddress, detail).field(&field)
            }
            E::NotFetched { field, .. } => Self::new(Code::FileNotFetched, detail).field(&field),
            E::OtherBytes { field, .. } => Self::new(Code::HashMismatch, detail).field(&field),
            E::UpdateExists(_) => Self::new(Code::UpdateExists, detail).field("id"),
            E::TooManyAssets { .. } => Self::new(Code::TooManyAssets, detail).field("platforms.assets"),
            E::MissingBlobs(_) => Self::new(Code::MissingBlobs, detail).field("platforms.assets.hash"),
            E::RefusedByClient { .. } => Self::new(Code::RefusedByClient, detail),
            E::NothingChanged(_) => Self::new(Code::NothingChanged, detail),
            E::UnknownPublish => Self::new(Code::UnknownPublish, detail).field("id"),
            E::HeadMoved => Self::new(Code::HeadMoved, detail),
            E::PreconditionFailed { .. } => Self::new(Code::PreconditionFailed, detail).field("if-match"),
            E::AppMoved => Self::new(Code::Busy, detail),
            E::AppExists(_) => Self::new(Code::AppExists, detail).field("slug"),
            E::Refused(refusal) => refusal.into(),
            E::UnknownKey(_) => Self::new(Code::UnknownKey, detail).field("key_id"),
            E::KeyExists(_) => Self::new(Code::KeyExists, detail).field("key_id"),
            E::InvalidKey(_) => Self::new(Code::InvalidKey, detail).field("private_key"),
            E::InvalidCertificate(_) | E::InvalidChain(_) => {
                Self::new(Code::InvalidCertificate, detail).field("certificate")
            }
            E::KeyDoesNotFit => Self::new(Code::KeyDoesNotFit, detail).field("certificate"),
            E::MissingSignature(_) | E::InvalidSignature { .. } => {
                Self::new(Code::InvalidSignature, detail).field("signatures")
            }
            E::IdempotencyConflict => Self::new(Code::IdempotencyConflict, detail).field(api::IDEMPOTENCY_KEY),
            E::Blob(error) => error.into(),
            E::Store(error) => error.into(),
            E::Signing(_) | E::Internal(_) => {
                tracing::error!(error = &error as &dyn std::error::Error, "a use case failed");
                Self::new(Code::Internal, Code::Internal.title())
            }
        }
    }
}

impl From<Refusal> for Failure {
    fn from(refusal: Refusal) -> Self {
        use Refusal as R;
        let detail = refusal.to_string();
        match refusal {
            R::UnknownChannel(_) => Self::new(Code::UnknownChannel, detail).field("channel"),
            R::UnknownBranch(_) => Self::new(Code::UnknownBranch, detail).field("branch"),
            R::OtherBranch(_) => Self::new(Code::OtherBranch, detail).field("group"),
            R::UnknownUpdate(_) => Self::new(Code::UnknownUpdate, detail).field("id"),
            R::ChannelExists(_) => Self::new(Code::ChannelExists, detail).field("name"),
            R::BranchExists(_) => Self::new(Code::BranchExists, detail).field("name"),
            R::BranchInUse { .. } => Self::new(Code::BranchInUse, detail).field("branch"),
            R::ChannelIsSplit(_) => Self::new(Code::SplitChannel, detail).field("channel"),
            R::ChannelNotSplit(_) => Self::new(Code::NoChannelRollout, detail).field("channel"),
            R::SameBranch(_) => Self::new(Code::SameBranch, detail).field("branch"),
            R::RolloutActive(_) => Self::new(Code::RolloutActive, detail),
            R::NoRollout(_) => Self::new(Code::NoRollout, detail).field("id"),
            R::RolloutCannotLower { .. } => Self::new(Code::RolloutCannotLower, detail).field("basis_points"),
            R::NotServed(_) => Self::new(Code::NotServed, detail).field("id"),
            R::NotTheHead(_) => Self::new(Code::NotTheHead, detail).field("id"),
            R::NothingPublished(_) | R::NothingToRollBackTo(_) => Self::new(Code::NothingToRollBackTo, detail),
            R::UpdateNeeded { .. } => Self::new(Code::UpdateNeeded, detail).field("id"),
            R::NotPinned(_) => Self::new(Code::NotPinned, detail).field("branch"),
            R::TooManyConditionalEntries(_) => Self::new(Code::TooManyConditionalEntries, detail),
            R::EmbeddedConflict(..) => Self::new(Code::EmbeddedConflict, detail).field("id"),
        }
    }
}
