//! Compressed variants, made before an update goes live so that no request ever waits for one.

use std::io::Write;

use bytes::Bytes;
use model::BlobHash;
use protocol::content_type::is_compressible;
use store::{ContentEncoding, EncodedBlob};
use tokio::task::JoinSet;

use crate::{PublishError, Publishing};

/// Below this many bytes a variant saves less than its headers cost.
const SMALLEST: usize = 256;
/// Log2 of brotli's window in bytes: 4 MiB, the most that every decoder takes.
const BROTLI_WINDOW: u32 = 22;
/// Quick enough for a publish; the largest levels are no faster to decode.
const ZSTD_LEVEL: i32 = 15;
/// A larger file stays as it is: compressing holds it and its variants in memory.
const LARGEST: u64 = 64 << 20;
/// As many files are compressed at a time, whoever publishes.
pub(crate) const AT_A_TIME: usize = 2;

impl Publishing {
    /// Makes and records the variants that the given blobs (with their content types) still lack.
    pub(crate) async fn encode_missing(&self, blobs: &[(BlobHash, &'static str)]) -> Result<(), PublishError> {
        let hashes: Vec<BlobHash> = blobs.iter().map(|(hash, _)| *hash).collect();
        let known = self.store.encodings(&hashes).await?;
        let mut waiting =
            blobs.iter().filter(|(hash, content_type)| !known.contains_key(hash) && is_compressible(content_type));
        let mut running = JoinSet::new();
        loop {
            while running.len() < AT_A_TIME {
                let Some((hash, _)) = waiting.next() else { break };
                let (publishing, hash) = (self.clone(), *hash);
                running.spawn(async move { publishing.encode(hash).await });
            }
            match running.join_next().await {
                None => return Ok(()),
                Some(Ok(outcome)) => outcome?,
                Some(Err(panicked)) => return Err(PublishError::Internal(panicked.to_string())),
            }
        }
    }

    async fn encode(&self, hash: BlobHash) -> Result<(), PublishError> {
        // A publisher whom a proxy cut off comes again while its first request still compresses: what that one makes is
        // waited for, so that each attempt comes further than the one before.
        let _alone = self.encoding.enter(hash).await;
        let _turn = self.compressing.acquire().await;
        if self.store.encodings(&[hash]).await?.contains_key(&hash) {
            return Ok(());
        }
        if self.blobs.size(hash).await?.is_none_or(|size| size > LARGEST) {
            return Ok(self.store.record_encodings(hash, &[], self.now()).await?);
        }
        let bytes = self.blobs.read(hash, self.rules.max_upload_bytes).await?;
        let quality = self.rules.brotli_quality;
        let variants = tokio::task::spawn_blocking(move || variants(&bytes, quality));
        let variants = variants.await.map_err(|panicked| PublishError::Internal(panicked.to_string()))?;
        let mut encoded = Vec::with_capacity(variants.len());
        for (encoding, bytes) in variants {
            let blob = self.blobs.put_bytes(bytes).await?;
            encoded.push(EncodedBlob { encoding, hash: blob.hash(), size: blob.size() });
        }
        Ok(self.store.record_encodings(hash, &encoded, self.now()).await?)
    }
}

/// The variants that are smaller than the bytes themselves.
fn variants(bytes: &[u8], brotli_quality: u32) -> Vec<(ContentEncoding, Bytes)> {
    if bytes.len() < SMALLEST {
        return Vec::new();
    }
    let made = [
        (ContentEncoding::Brotli, brotli(bytes, brotli_quality)),
        (ContentEncoding::Zstd, zstd::bulk::compress(bytes, ZSTD_LEVEL)),
        (ContentEncoding::Gzip, gzip(bytes)),
    ];
    made.into_iter()
        // Writing to memory does not fail; a variant that could not be made is one that is not used.
        .filter_map(|(encoding, made)| Some((encoding, Bytes::from(made.ok()?))))
        .filter(|(_, made)| made.len() < bytes.len())
        .collect()
}

fn brotli(bytes: &[u8], quality: u32) -> std::io::Result<Vec<u8>> {
    let mut writer = brotli::CompressorWriter::new(Vec::new(), 1 << 16, quality, BROTLI_WINDOW);
    writer.write_all(bytes)?;
    writer.flush()?;
    Ok(writer.into_inner())
}

fn gzip(bytes: &[u8]) -> std::io::Result<Vec<u8>> {
    let mut writer = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::best());
    writer.write_all(bytes)?;
    writer.finish()
}

#[cfg(test)]
mod tests {
    use std::io::Read;

    use super::{ContentEncoding, variants};

    #[test]
    fn each_variant_decodes_to_the_original_and_is_smaller() {
        let text = "an update travels in minutes, a store review in days. ".repeat(400);
        let made = variants(text.as_bytes(), 5);
        assert_eq!(made.len(), ContentEncoding::ALL.len());
        for (encoding, bytes) in made {
            assert!(bytes.len() < text.len());
            let mut decoded = Vec::new();
            match encoding {
                ContentEncoding::Brotli => {
                    brotli::Decompressor::new(&bytes[..], 4096).read_to_end(&mut decoded).unwrap()
                }
                ContentEncoding::Gzip => flate2::read::GzDecoder::new(&bytes[..]).read_to_end(&mut decoded).unwrap(),
                ContentEncoding::Zstd => {
                    decoded = zstd::bulk::decompress(&bytes, text.len()).unwrap();
                    decoded.len()
                }
            };
            assert_eq!(decoded, text.as_bytes(), "{encoding:?}");
        }
    }

    #[test]
    fn what_does_not_shrink_has_no_variant() {
        let mut state = 0x9e37_79b9_7f4a_7c15_u64;
        let noise: Vec<u8> = std::iter::repeat_with(|| {
            state ^= state << 13;
            state ^= state >> 7;
            state ^= state << 17;
            state.to_le_bytes()[0]
        })
        .take(4096)
        .collect();
        assert!(variants(&noise, 9).is_empty());
        assert!(variants(b"tiny tiny tiny tiny", 9).is_empty());
    }
}
