//! Files of an export on their way in.

use blob::BlobError;
use bytes::Bytes;
use futures_util::Stream;
use model::{AppSlug, BlobHash};

use crate::{PublishError, Publishing};

/// Why a file was not taken. Nothing of it is left.
#[derive(Debug, thiserror::Error)]
pub enum UploadError {
    /// The bytes were not taken.
    #[error(transparent)]
    Blob(#[from] BlobError),
    /// Everything else.
    #[error(transparent)]
    Publish(#[from] PublishError),
}

impl Publishing {
    /// Which of these files, by hash and size in bytes, the app has not uploaded yet. One that would be refused later is
    /// refused now, before anybody sends it.
    pub async fn missing_blobs(&self, app: &AppSlug, blobs: &[(BlobHash, u64)]) -> Result<Vec<BlobHash>, PublishError> {
        let app = self.app(app).await?;
        // Bundles and assets of both platforms.
        let (count, most) = (blobs.len(), 2 * (self.rules.max_assets + 1));
        if count > most {
            let problem = format!("there are {count}; at most {most} are asked about at a time");
            return Err(PublishError::Field { field: "blobs".into(), problem });
        }
        let limit = self.rules.max_upload_bytes;
        if let Some((hash, size)) = blobs.iter().copied().find(|(_, size)| *size > limit) {
            return Err(PublishError::FileTooLarge { hash, size, limit });
        }
        let mut missing = self.store.missing_blobs(app.id, blobs).await?;
        // What the disk lost or cut is asked for again, which is how it heals.
        for (hash, size) in blobs {
            if !missing.contains(hash) && self.blobs.size(*hash).await? != Some(*size) {
                missing.push(*hash);
            }
        }
        Ok(missing)
    }

    /// Takes a file: every byte is hashed on the way, and the row is written only when all of it is there.
    pub async fn upload<S, E>(&self, app: &AppSlug, hash: BlobHash, body: S) -> Result<(), UploadError>
    where
        S: Stream<Item = Result<Bytes, E>> + Send,
        E: Into<Box<dyn std::error::Error + Send + Sync>> + Send,
    {
        let app = self.app(app).await?;
        let verified = self.blobs.stage(hash, self.rules.max_upload_bytes, body).await?;
        self.store
            .record_blob(app.id, verified.hash(), verified.size(), self.now())
            .await
            .map_err(PublishError::from)?;
        Ok(())
    }
}
