//! Which part of the fleet a device belongs to: a hash, never dice.

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use uuid::Uuid;

/// Hundredths of a percent, 0 to 10,000.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "u16", into = "u16")]
pub struct BasisPoints(u16);

/// The number is over 10,000, that is over 100 %.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0} basis points are more than 10000 (100 %)")]
pub struct OverAllDevices(pub u16);

impl BasisPoints {
    /// Every device.
    pub const ALL: Self = Self(10_000);
    /// No device.
    pub const NONE: Self = Self(0);

    /// The number itself.
    pub const fn get(self) -> u16 {
        self.0
    }
}

impl std::fmt::Display for BasisPoints {
    /// As people say it: `12.5 %`.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let (whole, hundredths) = (self.0 / 100, self.0 % 100);
        match hundredths {
            0 => write!(f, "{whole} %"),
            _ if hundredths.is_multiple_of(10) => write!(f, "{whole}.{} %", hundredths / 10),
            _ => write!(f, "{whole}.{hundredths:02} %"),
        }
    }
}

impl TryFrom<u16> for BasisPoints {
    type Error = OverAllDevices;

    fn try_from(value: u16) -> Result<Self, OverAllDevices> {
        if value > Self::ALL.0 { Err(OverAllDevices(value)) } else { Ok(Self(value)) }
    }
}

impl From<BasisPoints> for u16 {
    fn from(value: BasisPoints) -> Self {
        value.0
    }
}

/// What makes one rollout's buckets independent of another's.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Salt(pub Uuid);

/// The bucket of a device that sends no id: the last one, so that only a full rollout reaches it.
pub const BUCKET_WITHOUT_ID: u16 = 9_999;

/// The device's bucket, 0 to 9,999: `(first 8 bytes of SHA-256(salt ‖ 0x00 ‖ lowercase(device id)) · 10,000) >> 64`
/// (architecture.md §4 *Rollouts*). Salt and id enter as lower-case hyphenated text.
pub fn bucket(salt: Salt, device_id: Option<Uuid>) -> u16 {
    let Some(device_id) = device_id else { return BUCKET_WITHOUT_ID };
    let mut text = [0; uuid::fmt::Hyphenated::LENGTH];
    let mut hash = Sha256::new();
    hash.update(salt.0.as_hyphenated().encode_lower(&mut text).as_bytes());
    hash.update([0]);
    hash.update(device_id.as_hyphenated().encode_lower(&mut text).as_bytes());
    let digest = hash.finalize();
    let mut first = [0; 8];
    first.copy_from_slice(&digest[..8]);
    let scaled = (u128::from(u64::from_be_bytes(first)) * 10_000) >> 64;
    u16::try_from(scaled).unwrap_or(BUCKET_WITHOUT_ID)
}

/// Where a device fell in a rollout, or in a channel's split.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Draw {
    /// The device's bucket, 0 to 9,999.
    pub bucket: u16,
    /// How many are inside.
    pub share: BasisPoints,
}

impl Draw {
    /// The draw of one device.
    pub fn of(salt: Salt, share: BasisPoints, device_id: Option<Uuid>) -> Self {
        Self { bucket: bucket(salt, device_id), share }
    }

    /// Whether the device is inside: its bucket is below the mark, so that raising the mark only ever adds devices.
    pub fn inside(self) -> bool {
        self.bucket < self.share.get()
    }
}
