//! Accepts connections on a listener, with or without TLS, and drains them at the end (I10), or when they are to move on.
//!
//! Every connection costs a place out of a bounded number, and slow strangers lose theirs: handshake and request head
//! have deadlines.

#[cfg(test)]
pub(crate) mod tests;
mod tls;

use std::convert::Infallible;
use std::net::SocketAddr;
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use axum::body::Body;
use axum::extract::ConnectInfo;
use axum::response::Response;
use http::Request;
use hyper::body::Incoming;
use hyper::service::service_fn;
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use hyper_util::server::conn::auto::Builder;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::time::{sleep, timeout};
use tokio_rustls::TlsAcceptor;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;
use tower::{Service, ServiceExt};

pub use self::tls::TlsError;
pub(crate) use self::tls::acceptor;
use crate::limits;
use crate::tasks::Tasks;

/// What answers on a listener.
pub(crate) trait Answers:
    Service<Request<Body>, Response = Response, Error = Infallible, Future: Send> + Clone + Send + Sync + 'static
{
}

impl<S> Answers for S where
    S: Service<Request<Body>, Response = Response, Error = Infallible, Future: Send> + Clone + Send + Sync + 'static
{
}

/// One listener and what answers on it.
pub(crate) struct Server<S> {
    pub(crate) name: &'static str,
    pub(crate) listener: TcpListener,
    pub(crate) tls: Option<TlsAcceptor>,
    pub(crate) service: S,
    pub(crate) connections_max: usize,
    /// How long requests may go on after `stop`.
    pub(crate) drain_timeout: Duration,
}

impl<S: Answers> Server<S> {
    /// Serves until `stop`, then drains: takes no more connections and waits for requests under way, within the bound.
    pub(crate) async fn run(self, tasks: &Tasks, stop: CancellationToken) {
        let places = Arc::new(Semaphore::new(self.connections_max));
        let open = TaskTracker::new();
        let hang_up = CancellationToken::new();
        loop {
            let accepted = tokio::select! {
                () = stop.cancelled() => break,
                accepted = accept(&self.listener, &places) => accepted,
            };
            let Some((stream, peer, place)) = accepted else { continue };
            let (tls, service) = (self.tls.clone(), self.service.clone());
            let (staying, hang_up) = (tasks.staying(), hang_up.clone());
            let connection = Connection { tls, service, staying, hang_up, peer, _place: place };
            tasks.spawn(self.name, open.track_future(connection.serve(stream)));
        }
        tasks.drain();
        drop(self.listener);
        open.close();
        if timeout(self.drain_timeout, open.wait()).await.is_err() {
            tracing::warn!(listener = self.name, "requests under way were cut off at the end of the drain time");
        }
        hang_up.cancel();
    }
}

type Accepted = (TcpStream, SocketAddr, OwnedSemaphorePermit);

/// Takes a place first: what does not fit waits in the system's queue.
async fn accept(listener: &TcpListener, places: &Arc<Semaphore>) -> Option<Accepted> {
    let place = places.clone().acquire_owned().await.ok()?;
    match listener.accept().await {
        Ok((stream, peer)) => Some((stream, peer, place)),
        Err(error) => {
            // Out of file descriptors, or a client that left: the next one may do better.
            tracing::warn!(%error, "accept failed");
            sleep(limits::ACCEPT_PAUSE).await;
            None
        }
    }
}

struct Connection<A> {
    tls: Option<TlsAcceptor>,
    service: A,
    /// Takes no more requests once this is cancelled.
    staying: CancellationToken,
    /// Is cut off once this is, which is after it was to take no more.
    hang_up: CancellationToken,
    peer: SocketAddr,
    _place: OwnedSemaphorePermit,
}

impl<A: Answers> Connection<A> {
    async fn serve(self, stream: TcpStream) {
        // Small frames must not wait for each other; a socket that refuses is merely slower.
        let _slower = stream.set_nodelay(true);
        match self.tls.clone() {
            None => self.serve_http(stream).await,
            // In memory of its own: it takes twice the room, which plain connections need not keep.
            Some(tls) => Box::pin(self.serve_tls(tls, stream)).await,
        }
    }

    async fn serve_tls(self, tls: TlsAcceptor, stream: TcpStream) {
        let accepted = tokio::select! {
            accepted = timeout(limits::TLS_HANDSHAKE_TIMEOUT, tls.accept(stream)) => accepted,
            () = self.hang_up.cancelled() => return,
        };
        if let Ok(Ok(stream)) = accepted {
            self.serve_http(stream).await;
        }
    }

    async fn serve_http<S: AsyncRead + AsyncWrite + Send + Unpin + 'static>(self, stream: S) {
        let Self { service, peer, staying, hang_up, _place, .. } = self;
        let service = service_fn(move |request: Request<Incoming>| {
            let mut request = request.map(Body::new);
            request.extensions_mut().insert(ConnectInfo(peer));
            service.clone().oneshot(request)
        });
        let mut builder = Builder::new(TokioExecutor::new());
        builder
            .http1()
            .timer(TokioTimer::new())
            .header_read_timeout(limits::HEADER_READ_TIMEOUT)
            .max_buf_size(limits::HEADER_BYTES_MAX);
        builder
            .http2()
            .timer(TokioTimer::new())
            .max_concurrent_streams(limits::HTTP2_STREAMS_MAX)
            .max_header_list_size(limits::HTTP2_HEADER_BYTES_MAX)
            .keep_alive_interval(limits::HTTP2_PING_EVERY);
        let mut connection = pin!(builder.serve_connection(TokioIo::new(stream), service));
        let ended = tokio::select! {
            biased;
            ended = connection.as_mut() => ended,
            () = staying.cancelled() => {
                connection.as_mut().graceful_shutdown();
                tokio::select! {
                    ended = connection => ended,
                    () = hang_up.cancelled() => return,
                }
            }
        };
        if let Err(error) = ended {
            tracing::debug!(%error, "connection ended");
        }
    }
}
