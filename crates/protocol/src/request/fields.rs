//! The headers of a check, found in one pass.

use http::HeaderMap;

use super::error::RequestError;
use crate::names;

/// The raw values that a check may have; of those that say one thing, one.
#[derive(Default)]
pub(super) struct Fields<'r> {
    pub(super) platform: Option<&'r [u8]>,
    pub(super) runtime_version: Option<&'r [u8]>,
    pub(super) channel_name: Option<&'r [u8]>,
    pub(super) release_channel: Option<&'r [u8]>,
    pub(super) protocol_version: Option<&'r [u8]>,
    pub(super) expect_signature: Option<&'r [u8]>,
    pub(super) client_id: Option<&'r [u8]>,
    pub(super) current_update_id: Option<&'r [u8]>,
    pub(super) embedded_update_id: Option<&'r [u8]>,
    pub(super) recent_failed: Option<&'r [u8]>,
    pub(super) fatal_error: Option<&'r [u8]>,
}

impl<'r> Fields<'r> {
    /// Two different values are an error where the choice between them would change what the device gets, since we
    /// cannot know which of them a proxy added. Elsewhere the first counts.
    pub(super) fn find(headers: &'r HeaderMap) -> Result<Self, RequestError> {
        let mut fields = Self::default();
        for (name, value) in headers {
            let value = value.as_bytes();
            match name.as_str() {
                names::PLATFORM => sole(names::PLATFORM, &mut fields.platform, value)?,
                names::RUNTIME_VERSION => sole(names::RUNTIME_VERSION, &mut fields.runtime_version, value)?,
                names::CHANNEL => sole(names::CHANNEL, &mut fields.channel_name, value)?,
                names::RELEASE_CHANNEL => sole(names::RELEASE_CHANNEL, &mut fields.release_channel, value)?,
                names::PROTOCOL_VERSION => sole(names::PROTOCOL_VERSION, &mut fields.protocol_version, value)?,
                names::EXPECT_SIGNATURE => sole(names::EXPECT_SIGNATURE, &mut fields.expect_signature, value)?,
                names::CLIENT_ID => first(&mut fields.client_id, value),
                names::CURRENT_UPDATE_ID => first(&mut fields.current_update_id, value),
                names::EMBEDDED_UPDATE_ID => first(&mut fields.embedded_update_id, value),
                names::RECENT_FAILED_UPDATE_IDS => first(&mut fields.recent_failed, value),
                names::FATAL_ERROR => first(&mut fields.fatal_error, value),
                _ => {}
            }
        }
        Ok(fields)
    }
}

fn sole<'r>(field: &'static str, slot: &mut Option<&'r [u8]>, value: &'r [u8]) -> Result<(), RequestError> {
    if slot.is_some_and(|known| known != value) {
        return Err(RequestError::Ambiguous { field });
    }
    *slot = Some(value);
    Ok(())
}

fn first<'r>(slot: &mut Option<&'r [u8]>, value: &'r [u8]) {
    slot.get_or_insert(value);
}
