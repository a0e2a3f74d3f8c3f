//! One endpoint a file.

pub mod apps;
pub mod audit;
pub mod blobs;
pub mod branches;
pub mod channels;
pub mod embedded;
pub mod explain;
pub mod keys;
pub mod openapi;
pub mod publishes;
pub mod record;
pub mod roll_back;
pub mod updates;

use http::{Method, Uri};

use crate::failure::Failure;

/// Every address that is none.
pub async fn not_found(uri: Uri) -> Failure {
    nothing_at(&uri)
}

pub(crate) fn nothing_at(uri: &Uri) -> Failure {
    Failure::new(api::Code::NotFound, format!("there is nothing at {:?}", uri.path()))
}

/// An address with another method.
pub async fn method_not_allowed(method: Method, uri: Uri) -> Failure {
    Failure::new(api::Code::MethodNotAllowed, format!("{:?} does not take {method}", uri.path()))
}
