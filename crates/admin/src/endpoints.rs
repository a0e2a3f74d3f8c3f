//! One endpoint a file.

pub mod commit_publish;
pub mod generate_key;
pub mod import_key;
pub mod list_keys;
pub mod prepare_publish;
pub mod put_blob;
pub mod roll_back;
pub mod show_app;
pub mod which_blobs;

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
