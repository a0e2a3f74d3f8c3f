//! The files that the server lacks go there, and no others.

use std::collections::{BTreeMap, HashSet};

use futures_util::{StreamExt as _, TryStreamExt as _, stream};

use super::Uploaded;
use crate::export::HashedFile;
use crate::failure::Failure;
use crate::printer::{Printer, Progress, Verb};
use crate::remote::{Remote, Upload};
use crate::table;

/// Uploads at a time.
const AT_A_TIME: usize = 6;

pub(super) async fn upload_missing(
    remote: &Remote,
    files: impl Iterator<Item = &HashedFile>,
    printer: &Printer,
) -> Result<Uploaded, Failure> {
    // Two names may have one content.
    let blobs: BTreeMap<&str, &HashedFile> = files.map(|file| (file.hash.as_str(), file)).collect();
    let which = api::WhichBlobs {
        blobs: blobs.values().map(|file| api::BlobRef { hash: file.hash.clone(), size: file.size }).collect(),
    };
    let missing: HashSet<String> = remote.missing_blobs(&which).await?.missing.into_iter().collect();
    let missing: Vec<&HashedFile> = blobs.values().copied().filter(|file| missing.contains(&file.hash)).collect();

    let uploaded = count(&missing, blobs.len());
    printer.note(&announcement(&uploaded));
    let progress = printer.progress(Verb::Upload, uploaded.files, uploaded.bytes);
    let uploads: Vec<_> = missing.into_iter().map(|file| upload(remote, file, &progress)).collect();
    stream::iter(uploads).buffer_unordered(AT_A_TIME).try_collect::<()>().await?;
    Ok(uploaded)
}

async fn upload(remote: &Remote, file: &HashedFile, progress: &Progress) -> Result<(), Failure> {
    let shown = progress.file(&file.name, file.size);
    remote.put_blob(Upload { path: &file.path, hash: &file.hash, size: file.size }, &shown).await?;
    shown.finish();
    Ok(())
}

fn count(missing: &[&HashedFile], all: usize) -> Uploaded {
    Uploaded { files: missing.len(), bytes: missing.iter().map(|file| file.size).sum(), reused: all - missing.len() }
}

fn announcement(uploaded: &Uploaded) -> String {
    let Uploaded { files, bytes, reused } = *uploaded;
    match (files, reused) {
        (0, _) => "nothing to upload: the server has every file".into(),
        (_, 0) => format!("uploading {}, {}", table::files(files), table::bytes(bytes)),
        _ => format!("uploading {}, {} ({reused} already there)", table::files(files), table::bytes(bytes)),
    }
}
