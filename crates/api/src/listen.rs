//! Accepts connections and serves the router on them, with limits on what a connection may do.

use std::convert::Infallible;
use std::future::Future;
use std::net::SocketAddr;
use std::time::Duration;

use axum::Router;
use axum::extract::ConnectInfo;
use axum::response::Response;
use clock::Clock;
use futures::future::{Either, select};
use http::Request;
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::{Service, service_fn};
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::server::graceful::GracefulShutdown;
use hyper_util::service::TowerToHyperService;
use tokio::net::TcpListener;
use tokio::sync::Semaphore;

/// Connections at once; more wait in the operating system's queue.
const CONNECTIONS_MAX: usize = 10_000;
/// How long a connection may take to send a request's headers.
const HEADERS_WITHIN: Duration = Duration::from_secs(30);
/// Headers of a request.
const HEADERS_MAX: usize = 100;
/// Bytes of a request's line and headers, and of the read buffer.
const BUFFER_BYTES_MAX: usize = 256 * 1024;
/// How long to wait after the operating system refused a connection.
const REFUSED_PAUSE: Duration = Duration::from_millis(100);

static CONNECTIONS: Semaphore = Semaphore::const_new(CONNECTIONS_MAX);

/// Serves `router` on `listener` until `stop` is ready, then lets running requests end within
/// `grace`.
pub async fn listen(
    listener: TcpListener,
    router: Router,
    clock: Clock,
    stop: impl Future<Output = ()> + Send,
    grace: Duration,
) {
    let graceful = GracefulShutdown::new();
    let mut stop = std::pin::pin!(stop);
    loop {
        let permit = CONNECTIONS.acquire();
        let accepted = async {
            let permit = permit.await;
            (listener.accept().await, permit)
        };
        let (stream, peer, permit) = match select(std::pin::pin!(accepted), stop.as_mut()).await {
            Either::Left(((Ok((stream, peer)), Ok(permit)), _)) => (stream, peer, permit),
            Either::Left(((Err(error), _), _)) => {
                tracing::warn!(%error, "api.accept.failed");
                clock.sleep(REFUSED_PAUSE).await;
                continue;
            }
            Either::Left(((_, Err(_)), _)) | Either::Right(_) => break,
        };
        if let Err(error) = stream.set_nodelay(true) {
            tracing::debug!(%error, "api.nodelay.failed");
        }
        let service = with_peer(TowerToHyperService::new(router.clone()), peer);
        let connection = http1::Builder::new()
            .timer(TokioTimer::new())
            .header_read_timeout(HEADERS_WITHIN)
            .max_headers(HEADERS_MAX)
            .max_buf_size(BUFFER_BYTES_MAX)
            .serve_connection(TokioIo::new(stream), service);
        let watched = graceful.watch(connection);
        tokio::spawn(async move {
            if let Err(error) = watched.await {
                tracing::debug!(%error, "api.connection.ended");
            }
            drop(permit);
        });
    }
    drop(listener);
    let ended = std::pin::pin!(graceful.shutdown());
    let late = std::pin::pin!(clock.sleep(grace));
    if let Either::Right(_) = select(ended, late).await {
        tracing::warn!("api.shutdown.cut_short");
    }
}

/// Tells the handlers who called.
fn with_peer(
    router: TowerToHyperService<Router>,
    peer: SocketAddr,
) -> impl Service<Request<Incoming>, Response = Response, Error = Infallible, Future: Send> {
    service_fn(move |mut request: Request<Incoming>| {
        request.extensions_mut().insert(ConnectInfo(peer));
        router.call(request)
    })
}
