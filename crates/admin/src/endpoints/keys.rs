//! Signing keys.

pub mod generate;
pub mod import;
pub mod list;

use publishing::KeyInfo;

fn key(info: KeyInfo) -> api::Key {
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
