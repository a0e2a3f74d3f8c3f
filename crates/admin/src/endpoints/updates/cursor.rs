//! Where a page ends, as a text that means nothing to its bearer.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use model::{Millis, UpdateId};
use uuid::Uuid;

use crate::failure::Failure;

/// The cursor that asks for what comes after this entry.
pub fn write((created_at, id): (Millis, UpdateId)) -> String {
    let mut bytes = [0; 24];
    bytes[..8].copy_from_slice(&created_at.0.to_be_bytes());
    bytes[8..].copy_from_slice(id.0.as_bytes());
    URL_SAFE_NO_PAD.encode(bytes)
}

/// The entry after which a page begins.
pub fn read(cursor: &str) -> Result<(Millis, UpdateId), Failure> {
    let bytes: Option<[u8; 24]> = URL_SAFE_NO_PAD.decode(cursor).ok().and_then(|bytes| bytes.try_into().ok());
    let bytes = bytes.ok_or_else(|| Failure::bad_field("cursor", "it is no `next_cursor` of a page"))?;
    let (mut created_at, mut id) = ([0; 8], [0; 16]);
    created_at.copy_from_slice(&bytes[..8]);
    id.copy_from_slice(&bytes[8..]);
    Ok((Millis(i64::from_be_bytes(created_at)), UpdateId(Uuid::from_bytes(id))))
}
