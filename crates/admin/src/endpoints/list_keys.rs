//! `GET /api/v1/apps/{app}/keys`

use axum::Json;
use axum::extract::State;
use publishing::KeyInfo;

use crate::Admin;
use crate::auth::Operator;
use crate::failure::Failure;
use crate::request::{self, Path};

/// The app's signing keys, without their private parts.
pub async fn handle(
    State(admin): State<Admin>,
    _operator: Operator,
    Path(app): Path<String>,
) -> Result<Json<api::Keys>, Failure> {
    let keys = admin.publishing.keys(&request::app(&app)?).await?;
    Ok(Json(api::Keys { keys: keys.into_iter().map(key).collect() }))
}

pub(super) fn key(info: KeyInfo) -> api::Key {
    api::Key {
        key_id: info.key_id.to_string(),
        algorithm: publishing::ALGORITHM.into(),
        holder: if info.held_by_server { api::KeyHolder::Server } else { api::KeyHolder::Ci },
        subject: info.subject,
        fingerprint: model::BlobHash(info.fingerprint).to_string(),
        not_before: info.not_before,
        not_after: info.not_after,
        certificate: info.certificate_pem,
        chain: info.chain_pem,
    }
}
