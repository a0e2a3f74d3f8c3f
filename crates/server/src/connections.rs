//! Connections: accepted up to a bound, given little time for their headers and none for standing still, drained at the
//! end, and then cut.
//!
//! HTTP/1.1 only: no phone speaks HTTP/2 without TLS, and a connection that may become either can wait for ever for the
//! first bytes that tell (docs/decisions/0011).

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::server::graceful::{GracefulShutdown, Watcher};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Semaphore;
use tokio::task::JoinSet;
use tokio_io_timeout::TimeoutStream;

use crate::config::Limits;
use crate::routes::Routes;

/// Bytes of one request's head. Delivery's own bound on headers is lower, so that it can say which one is too large.
const HEAD_BYTES: usize = 128 * 1024;
/// After a failed accept, such as too many open files: time for connections to end.
const ACCEPT_PAUSE: Duration = Duration::from_millis(50);

/// Accepts until `stop` is done, lets requests under way finish within the drain time, and cuts the rest. When it
/// returns, no connection is left.
pub async fn serve(listener: TcpListener, routes: Arc<Routes>, limits: Limits, stop: impl Future<Output = ()>) {
    let places = Arc::new(Semaphore::new(limits.max_connections));
    let mut http = http1::Builder::new();
    http.timer(TokioTimer::new()).header_read_timeout(limits.header_time).max_buf_size(HEAD_BYTES);
    let graceful = GracefulShutdown::new();
    let mut connections = JoinSet::new();
    tokio::pin!(stop);
    loop {
        let place = tokio::select! {
            place = places.clone().acquire_owned() => place,
            () = &mut stop => break,
        };
        let accepted = tokio::select! {
            accepted = listener.accept() => accepted,
            () = &mut stop => break,
        };
        while connections.try_join_next().is_some() {}
        let (stream, peer) = match accepted {
            Ok(accepted) => accepted,
            Err(error) => {
                tracing::warn!(%error, "a connection could not be accepted");
                tokio::time::sleep(ACCEPT_PAUSE).await;
                continue;
            }
        };
        let (http, routes, watcher) = (http.clone(), routes.clone(), graceful.watcher());
        let write_time = limits.write_time;
        connections.spawn(async move {
            let _place = place;
            connection(stream, peer, &http, routes, watcher, write_time).await;
        });
    }
    drop(listener);
    tokio::select! {
        () = graceful.shutdown() => {}
        () = tokio::time::sleep(limits.drain_time) => {
            tracing::warn!(after = ?limits.drain_time, "requests under way were cut");
        }
    }
    connections.shutdown().await;
}

async fn connection(
    stream: TcpStream,
    peer: SocketAddr,
    http: &http1::Builder,
    routes: Arc<Routes>,
    watcher: Watcher,
    write_time: Duration,
) {
    if let Err(error) = stream.set_nodelay(true) {
        tracing::debug!(%error, "a connection was gone at once");
        return;
    }
    // A peer that takes nothing any more would hold its place, and what it was being sent, for ever.
    let mut stream = TimeoutStream::new(stream);
    stream.set_write_timeout(Some(write_time));
    let service = service_fn(move |request: hyper::Request<Incoming>| routes.answer(request, peer.ip()));
    let served = watcher.watch(http.serve_connection(TokioIo::new(Box::pin(stream)), service)).await;
    if let Err(error) = served {
        tracing::debug!(error = &error as &dyn std::error::Error, %peer, "a connection ended early");
    }
}
