//! One publish, cut by a kill.

use std::path::Path;
use std::pin::pin;
use std::time::Duration;

use testing::{Answered, Export, ExportedFile, Publisher, expect};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::time::timeout;

use super::chance::Chance;
use super::{Pace, Phase, unfinished_files};
use crate::process::ServerProcess;

/// More than one part of an upload, which is 5 MiB.
pub const LARGE: usize = 6 << 20;
/// As much of a large file as the server writes down before it has all of it.
const FIRST_PART: usize = 5 << 20;
/// For phases in which nobody works: the server may still be putting things away.
const AFTERMATH: Duration = Duration::from_millis(5);
/// Far more than writing one part takes.
const PATIENCE: Duration = Duration::from_secs(30);

/// Where to kill.
pub struct Cut {
    phase: Phase,
    /// How far into the phase, from 0 to 1.
    depth: f64,
    /// Which of the files, from 0 to 1.
    file: f64,
    /// Whether the upload to cut is of a large file.
    pub large: bool,
}

/// What the publisher knows when the server has died.
pub enum Left {
    /// Nothing that it could go on with.
    Nothing,
    /// What was prepared; its commit was not asked for.
    Prepared(api::Prepared),
    /// What was prepared; its commit was asked for and not answered.
    Committing(api::Prepared),
    /// What was published: it was told so.
    Committed(api::Published),
}

impl Cut {
    /// A point in this phase. An upload may be that of a large file.
    pub fn aimed_at(phase: Phase, large: bool, chance: &mut Chance) -> Self {
        let large = large && phase == Phase::Uploading;
        Self { phase, depth: chance.share(), file: chance.share(), large }
    }
}

/// Publishes until it is time, and kills. Returns what the publisher was waiting for, and what it knows.
pub async fn publish_until_killed(
    server: &mut ServerProcess,
    export: &Export,
    cut: &Cut,
    pace: &mut Pace,
    data_dir: &Path,
) -> (Phase, Left) {
    let publisher = server.publisher();
    if cut.phase == Phase::Asking {
        let was_answered =
            killed_while(server, missing(&publisher, export), pace.within(Phase::Asking, cut.depth)).await.is_some();
        return (if was_answered { Phase::BetweenUploads } else { Phase::Asking }, Left::Nothing);
    }
    if let Some(hit) = cut_an_upload(server, export, cut, pace, data_dir).await {
        return (hit, Left::Nothing);
    }
    let request = Publisher::prepare_request(export, "production");
    let preparing = publisher.post("/publishes", &request);
    if cut.phase == Phase::Preparing {
        return match killed_while(server, preparing, pace.within(Phase::Preparing, cut.depth)).await {
            Some(answer) => (Phase::Prepared, Left::Prepared(expect(&answer))),
            None => (Phase::Preparing, Left::Nothing),
        };
    }
    let prepared: api::Prepared = expect(&pace.time(Phase::Preparing, preparing).await);
    if cut.phase == Phase::Prepared {
        pause(AFTERMATH.mul_f64(cut.depth)).await;
        server.kill().await;
        return (Phase::Prepared, Left::Prepared(prepared));
    }
    let committing = publisher.commit(&prepared.id);
    let answer = if cut.phase == Phase::Committing {
        killed_while(server, committing, pace.within(Phase::Committing, cut.depth)).await
    } else {
        let answer = pace.time(Phase::Committing, committing).await;
        server.kill().await;
        Some(answer)
    };
    match answer {
        Some(answer) => (Phase::Committed, Left::Committed(expect(&answer))),
        None => (Phase::Committing, Left::Committing(prepared)),
    }
}

/// Uploads what is missing, or as much of it as there is time for.
async fn cut_an_upload(
    server: &mut ServerProcess,
    export: &Export,
    cut: &Cut,
    pace: &mut Pace,
    data_dir: &Path,
) -> Option<Phase> {
    let publisher = server.publisher();
    let missing = pace.time(Phase::Asking, missing(&publisher, export)).await;
    let is_cut = matches!(cut.phase, Phase::Uploading | Phase::Storing | Phase::BetweenUploads);
    let chosen = if cut.large {
        missing.iter().position(|file| file.bytes.len() == LARGE).unwrap()
    } else {
        scaled(missing.len(), cut.file)
    };
    for file in missing.iter().take(if is_cut { chosen } else { missing.len() }) {
        assert_eq!(pace.time(Phase::Storing, publisher.upload(file)).await.status, 204);
    }
    let file = missing[chosen];
    match cut.phase {
        Phase::BetweenUploads => {
            pause(AFTERMATH.mul_f64(cut.depth)).await;
            server.kill().await;
            Some(Phase::BetweenUploads)
        }
        Phase::Uploading if cut.large => {
            let rest = LARGE - FIRST_PART;
            let _stream = send(server, file, FIRST_PART + 1 + scaled(rest - 1, cut.depth)).await;
            let written = async {
                while unfinished_files(data_dir) == 0 {
                    tokio::task::yield_now().await;
                }
            };
            timeout(PATIENCE, written).await.unwrap();
            pause(AFTERMATH.mul_f64(cut.file)).await;
            server.kill().await;
            Some(Phase::Uploading)
        }
        Phase::Uploading => {
            let _stream = send(server, file, scaled(file.bytes.len(), cut.depth)).await;
            pause(AFTERMATH.mul_f64(cut.file)).await;
            server.kill().await;
            Some(Phase::Uploading)
        }
        Phase::Storing => {
            let mut stream = send(server, file, file.bytes.len()).await;
            let answer = async { stream.read_u8().await.unwrap() };
            let was_answered = killed_while(server, answer, pace.within(Phase::Storing, cut.depth)).await.is_some();
            Some(if was_answered { Phase::BetweenUploads } else { Phase::Storing })
        }
        _ => None,
    }
}

/// Kills the server after that time, or at once when it has answered. The request is not given up before.
async fn killed_while<T>(server: &mut ServerProcess, request: impl Future<Output = T>, delay: Duration) -> Option<T> {
    let mut request = pin!(request);
    let answer = tokio::select! {
        biased;
        answer = request.as_mut() => Some(answer),
        () = pause(delay) => None,
    };
    server.kill().await;
    answer
}

/// Chance's own delay: shorter steps than the runtime's timer has would be missed.
async fn pause(delay: Duration) {
    tokio::task::spawn_blocking(move || std::thread::sleep(delay)).await.unwrap();
}

/// The files that the server asks for.
pub async fn missing<'e>(publisher: &Publisher, export: &'e Export) -> Vec<&'e ExportedFile> {
    let blobs = export.files().map(|file| api::BlobRef { hash: file.hash(), size: file.bytes.len() as u64 });
    let which = api::WhichBlobs { blobs: blobs.collect() };
    let answer: Answered = publisher.post("/blobs/missing", &which).await;
    let missing: api::MissingBlobs = expect(&answer);
    let file = |hash: &String| export.files().find(|file| file.hash() == *hash).unwrap();
    missing.missing.iter().map(file).collect()
}

/// Sends the first `count` bytes of a file that is announced whole.
async fn send(server: &ServerProcess, file: &ExportedFile, count: usize) -> TcpStream {
    let mut stream = TcpStream::connect(server.address()).await.unwrap();
    let head = format!(
        "PUT /api/v1/apps/default/blobs/{} HTTP/1.1\r\nhost: a\r\nauthorization: {}\r\ncontent-length: {}\r\n\r\n",
        file.hash(),
        server.authorization(),
        file.bytes.len()
    );
    stream.write_all(head.as_bytes()).await.unwrap();
    stream.write_all(&file.bytes[..count]).await.unwrap();
    stream
}

/// From 0 to below `count`.
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    clippy::cast_precision_loss,
    reason = "small counts"
)]
fn scaled(count: usize, share: f64) -> usize {
    (count as f64 * share) as usize
}
