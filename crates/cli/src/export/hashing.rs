//! SHA-256 of files, off the threads that serve connections.

use std::collections::BTreeMap;
use std::fs::File;
use std::io;
use std::path::{Path, PathBuf};

use futures_util::{StreamExt as _, TryStreamExt as _, stream};
use protocol::export::ExportPath;

use super::ExportFailure;
use crate::digest;

/// Files hashed at a time. More would only make the disk seek.
const AT_A_TIME: usize = 4;

/// A file with the hash of its bytes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct HashedFile {
    /// As the export lists it.
    pub(crate) name: String,
    pub(crate) path: PathBuf,
    /// SHA-256, 64 lower-case hexadecimal digits.
    pub(crate) hash: String,
    /// Bytes.
    pub(crate) size: u64,
}

pub(super) async fn hash_all(
    directory: &Path,
    paths: Vec<ExportPath>,
) -> Result<BTreeMap<ExportPath, HashedFile>, ExportFailure> {
    let files: Vec<_> = paths.into_iter().map(|path| hash_apart(directory.to_owned(), path)).collect();
    stream::iter(files).buffer_unordered(AT_A_TIME).try_collect().await
}

async fn hash_apart(directory: PathBuf, path: ExportPath) -> Result<(ExportPath, HashedFile), ExportFailure> {
    let name = path.as_str().to_owned();
    match tokio::task::spawn_blocking(move || hash_one(&directory, name)).await {
        Ok(hashed) => hashed.map(|file| (path, file)),
        Err(stopped) => {
            Err(ExportFailure::Unreadable { path: path.as_str().into(), source: io::Error::other(stopped) })
        }
    }
}

fn hash_one(directory: &Path, name: String) -> Result<HashedFile, ExportFailure> {
    let path = name.split('/').fold(directory.to_owned(), |path, segment| path.join(segment));
    match digest(&path) {
        Ok((hash, size)) => Ok(HashedFile { name, path, hash, size }),
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            Err(ExportFailure::MissingFile { directory: directory.to_owned(), file: name })
        }
        Err(source) => Err(ExportFailure::Unreadable { path, source }),
    }
}

fn digest(path: &Path) -> io::Result<(String, u64)> {
    // A link could lead out of the export, and a pipe never ends.
    if !path.symlink_metadata()?.is_file() {
        return Err(io::Error::other("it is not a regular file"));
    }
    digest::sha256(&mut File::open(path)?)
}
