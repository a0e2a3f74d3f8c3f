//! A file's bytes on their way to the server.

use std::io;
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use bytes::{Bytes, BytesMut};
use futures_util::stream::{self, Stream};
use http::header::{CONTENT_LENGTH, CONTENT_TYPE};
use http::{HeaderValue, Method, StatusCode};
use reqwest::{Body, Request};
use tokio::fs::File;
use tokio::io::{AsyncReadExt, Take};

use super::exchange::Repeat;
use super::{Remote, RemoteError};
use crate::printer::FileProgress;

const CHUNK: usize = 64 * 1024;
const SHORTEST_LIMIT: Duration = Duration::from_mins(1);
/// Who sends more slowly than this many bytes per second is cut off and begins again.
const SLOWEST_LINE: u64 = 16 * 1024;

/// A file that goes to the server under the hash of its bytes.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Upload<'a> {
    pub(crate) path: &'a Path,
    pub(crate) hash: &'a str,
    pub(crate) size: u64,
}

impl Remote {
    /// Sends one file; a second time is the same as the first, since bytes are stored under their hash.
    pub(crate) async fn put_blob(&self, upload: Upload<'_>, progress: &FileProgress) -> Result<(), RemoteError> {
        let failure = ReadFailure::default();
        let sent = self.exchange.send(Repeat::Always, || self.blob_request(upload, progress, &failure)).await;
        let answer = match sent {
            Ok(answer) => answer,
            Err(error) => {
                failure.take(upload.path)?;
                return Err(error);
            }
        };
        match answer.status {
            StatusCode::NO_CONTENT | StatusCode::CREATED => Ok(()),
            _ => Err(answer.not_updraft()),
        }
    }

    async fn blob_request(
        &self,
        upload: Upload<'_>,
        progress: &FileProgress,
        failure: &ReadFailure,
    ) -> Result<Request, RemoteError> {
        let Upload { path, hash, size } = upload;
        // A file that could not be read in one attempt ends the next one.
        failure.take(path)?;
        progress.restart();
        let file = File::open(path).await.map_err(|source| RemoteError::File { path: path.to_owned(), source })?;
        let bytes = chunks(file.take(size), progress.counter(), failure.clone());
        self.request(Method::PUT, &["blobs", hash])
            .timeout(SHORTEST_LIMIT + Duration::from_secs(size / SLOWEST_LINE))
            .header(CONTENT_TYPE, HeaderValue::from_static("application/octet-stream"))
            .header(CONTENT_LENGTH, size)
            .body(Body::wrap_stream(bytes))
            .build()
            .map_err(RemoteError::Setup)
    }
}

/// Exactly the announced bytes, in pieces; a file that has become shorter is an error. What was added to it since is
/// not sent.
fn chunks(
    file: Take<File>,
    count: impl Fn(u64) + Send + 'static,
    failure: ReadFailure,
) -> impl Stream<Item = io::Result<Bytes>> + Send + 'static {
    stream::try_unfold((file, count, failure), |(mut file, count, failure)| async move {
        let mut chunk = BytesMut::with_capacity(CHUNK);
        let read = match file.read_buf(&mut chunk).await {
            Ok(0) if file.limit() > 0 => Err(io::Error::new(io::ErrorKind::UnexpectedEof, "it has become shorter")),
            other => other,
        };
        match read {
            Ok(0) => Ok(None),
            Ok(read) => {
                count(read as u64);
                Ok(Some((chunk.freeze(), (file, count, failure))))
            }
            Err(error) => {
                failure.set(io::Error::new(error.kind(), error.to_string()));
                Err(error)
            }
        }
    })
}

/// Why reading a file failed. The HTTP client reports it as a broken connection, which it is not.
#[derive(Clone, Default)]
struct ReadFailure(Arc<Mutex<Option<io::Error>>>);

impl ReadFailure {
    fn set(&self, error: io::Error) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = Some(error);
    }

    fn take(&self, path: &Path) -> Result<(), RemoteError> {
        match self.0.lock().unwrap_or_else(PoisonError::into_inner).take() {
            Some(source) => Err(RemoteError::File { path: path.to_owned(), source }),
            None => Ok(()),
        }
    }
}
