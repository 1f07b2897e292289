//! The accept loop: bounded connections, bounded headers, and an orderly end.
//!
//! To stop: no new connection is accepted, every connection finishes the request it is at and is then
//! closed, and after a while whatever is left is dropped. The engine is closed last, by whoever holds it,
//! when nobody asks it any more.

use crate::api;
use crate::app::{App, Log};
use crate::call::Peer;
use crate::code::QueryCodes;
use crate::deliver;
use crate::error::ServerError;
use crate::limits::{
    BLOCKING_THREADS, HEADER_TIME, KEEP_TIME, MAX_CONNECTIONS, MAX_HEADER_BYTES, MAX_HEADERS, MAX_UPLOADS,
    STOP_TIME, WRITE_TIME,
};
use crate::live::Feed;
use crate::metrics::Metrics;
use crate::quota::Counts;
use axum::Router;
use axum::extract::Request;
use huying_engine::Engine;
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::server::graceful::GracefulShutdown;
use std::net::{IpAddr, SocketAddr};
use std::path::{Path, PathBuf};
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::{TcpListener, TcpStream};
use tokio::signal::unix::{Signal, SignalKind, signal};
use tokio::sync::{Semaphore, watch};
use tokio::time::MissedTickBehavior;
use tokio_io_timeout::TimeoutStream;
use tower::ServiceExt as _;

/// How a server is run.
pub struct Options {
    /// Where to listen; port 0 takes a free one.
    pub listen: SocketAddr,
    /// Whether an address that other machines reach is meant.
    pub allow_remote: bool,
    /// Proxies whose `X-Forwarded-For` is believed.
    pub proxies: Vec<IpAddr>,
    /// The folder that the page was built into, when it is to be served.
    pub pages: Option<PathBuf>,
    /// Whether all that is served is made up, so that screens can say so.
    pub made_up: bool,
    /// Where the log goes, line by line.
    pub log: Log,
}

/// Serves until SIGTERM or SIGINT; `ready` is called once with the address, when requests are answered.
///
/// # Errors
/// [`ServerError`] when it cannot start.
pub fn serve(
    engine: impl Into<Arc<Engine>>,
    data: &Path,
    options: Options,
    ready: impl FnOnce(SocketAddr),
) -> Result<(), ServerError> {
    let remote = !options.listen.ip().is_loopback();
    if remote && !options.allow_remote {
        return Err(ServerError::Remote(options.listen));
    }
    if remote {
        (options.log)("warning: plain HTTP on an address that other machines reach; TLS must end before it");
    }
    let engine: Arc<Engine> = engine.into();
    let (stop, stopping) = watch::channel(false);
    let today = engine.rules().day(engine.now());
    let counts =
        Counts::load(&engine, today).map_err(|p| ServerError::Counts(p.cause.unwrap_or_default()))?;
    let codes = QueryCodes::open(data)?;
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .max_blocking_threads(BLOCKING_THREADS)
        .thread_name("huying-http")
        .build()
        .map_err(ServerError::Runtime)?;
    // From here on nothing returns early: the feed's thread is waited for below.
    let app = Arc::new(App {
        feed: Feed::follow(&engine, options.log.clone())?,
        engine,
        watchers: Arc::default(),
        stopping,
        metrics: Metrics::default(),
        figures: Default::default(),
        pages: options.pages,
        made_up: options.made_up,
        codes,
        counts,
        uploads: Arc::new(Semaphore::new(MAX_UPLOADS)),
        proxies: options.proxies,
        log: options.log,
    });
    let served = runtime.block_on(run(app.clone(), options.listen, &stop, ready));
    runtime.shutdown_timeout(STOP_TIME);
    app.feed.stop();
    keep_counts(&app);
    // The engine's threads end here, after the last request: what it accepted is durable.
    drop(app);
    served
}

async fn run(
    app: Arc<App>,
    listen: SocketAddr,
    stop: &watch::Sender<bool>,
    ready: impl FnOnce(SocketAddr),
) -> Result<(), ServerError> {
    let listener = TcpListener::bind(listen).await.map_err(|e| ServerError::Listen(listen, e))?;
    let address = listener.local_addr().map_err(|e| ServerError::Listen(listen, e))?;
    let mut end = signal(SignalKind::terminate()).map_err(ServerError::Signals)?;
    let mut interrupt = signal(SignalKind::interrupt()).map_err(ServerError::Signals)?;
    let router = api::router(app.clone());
    let (room, graceful) = (Arc::new(Semaphore::new(MAX_CONNECTIONS)), GracefulShutdown::new());
    let mut moment = tokio::time::interval(KEEP_TIME);
    moment.set_missed_tick_behavior(MissedTickBehavior::Delay);
    // A ledger that is only read promises nothing and keeps no cursor.
    let writes = app.engine.damaged().is_none();
    let delivering = writes.then(|| tokio::spawn(deliver::run(app.clone())));
    ready(address);
    loop {
        tokio::select! {
            _ = moment.tick() => drop(tokio::task::spawn_blocking({
                let app = app.clone();
                move || keep_counts(&app)
            })),
            () = told(&mut end) => break,
            () = told(&mut interrupt) => break,
            accepted = accept(&listener, &room) => {
                if let Some((stream, peer, place)) = accepted {
                    let _ = stream.set_nodelay(true);
                    let service = router.clone();
                    let serve = service_fn(move |r| answer(service.clone(), r, peer));
                    let io = TokioIo::new(patient(stream, WRITE_TIME));
                    let connection = graceful.watch(http().serve_connection(io, serve));
                    tokio::spawn(async move {
                        // A connection that breaks off is the client's affair.
                        let _ = connection.await;
                        drop(place);
                    });
                }
            }
        }
    }
    drop(listener);
    stop.send_replace(true);
    (app.log)("stopping: finishing what was accepted");
    if tokio::time::timeout(STOP_TIME, graceful.shutdown()).await.is_err() {
        (app.log)("stopping: some requests did not finish in time");
    }
    if let Some(delivering) = delivering
        && tokio::time::timeout(STOP_TIME, delivering).await.is_err()
    {
        (app.log)("stopping: some deliveries did not finish in time and are made again");
    }
    Ok(())
}

/// Writes the counts of the day; what cannot be written now is written at the next moment.
fn keep_counts(app: &App) {
    if let Err(problem) = app.counts.keep(&app.engine) {
        let why = problem.cause.unwrap_or(problem.detail);
        (app.log)(&format!("error: the counts of the day were not written: {why}"));
    }
}

async fn told(signal: &mut Signal) {
    signal.recv().await;
}

type Place = tokio::sync::OwnedSemaphorePermit;

async fn accept(listener: &TcpListener, room: &Arc<Semaphore>) -> Option<(TcpStream, IpAddr, Place)> {
    /// How long to wait after an accept failed, as when no file is left to open.
    const BREATH: Duration = Duration::from_millis(50);
    let place = room.clone().acquire_owned().await.ok()?;
    match listener.accept().await {
        Ok((stream, peer)) => Some((stream, peer.ip(), place)),
        Err(_) => {
            tokio::time::sleep(BREATH).await;
            None
        }
    }
}

/// A connection that breaks off when the client leaves what is sent to it unread for a while. A stream
/// without end would otherwise keep its place for ever.
fn patient<S: AsyncRead + AsyncWrite>(stream: S, patience: Duration) -> Pin<Box<TimeoutStream<S>>> {
    let mut stream = TimeoutStream::new(stream);
    stream.set_write_timeout(Some(patience));
    Box::pin(stream)
}

fn http() -> http1::Builder {
    let mut http = http1::Builder::new();
    http.timer(TokioTimer::new())
        .header_read_timeout(HEADER_TIME)
        .max_headers(MAX_HEADERS)
        .max_buf_size(MAX_HEADER_BYTES);
    http
}

async fn answer(
    router: Router,
    request: hyper::Request<Incoming>,
    peer: IpAddr,
) -> Result<axum::response::Response, std::convert::Infallible> {
    let mut request: Request = request.map(axum::body::Body::new);
    request.extensions_mut().insert(Peer(peer));
    router.oneshot(request).await
}

#[cfg(test)]
mod tests {
    use super::*;
    use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};

    #[tokio::test]
    async fn a_client_that_reads_nothing_is_let_go() {
        let (near, mut far) = tokio::io::duplex(64);
        let mut near = patient(near, Duration::from_millis(20));
        near.write_all(&[0; 64]).await.unwrap();
        assert_eq!(near.write_all(&[0; 64]).await.unwrap_err().kind(), std::io::ErrorKind::TimedOut);
        // Whoever reads is served on, however much it is.
        let reading = tokio::spawn(async move { far.read_exact(&mut vec![0; 6_464]).await.map(drop) });
        near.write_all(&[0; 6_400]).await.unwrap();
        reading.await.unwrap().unwrap();
    }
}
