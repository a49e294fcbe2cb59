//! Connections: taken, limited, and brought to an end.

use std::collections::BTreeMap;
use std::net::{SocketAddr, TcpListener};
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::thread::{self, JoinHandle};
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::extract::Request;
use axum::routing::{MethodFilter, MethodRouter, on};
use hyper::server::conn::http1;
use hyper::service::{Service as _, service_fn};
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::server::graceful::{GracefulShutdown, Watcher};
use hyper_util::service::TowerToHyperService;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpStream;
use tokio::runtime;
use tokio::sync::{OwnedSemaphorePermit, Semaphore, oneshot};
use tokio::time::{sleep, timeout};

use crate::dispatch::{Peer, dispatch, nothing, other_method};
use crate::page;
use crate::routes;
use crate::server::{MOST_AT_ONCE, Server, StartError};
use crate::tls::Tls;

/// A server that runs.
#[derive(Debug)]
pub struct Running {
    address: SocketAddr,
    stop: Option<oneshot::Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

impl Running {
    /// Begins to serve on a socket that listens.
    pub fn start(server: Arc<Server>, listener: TcpListener, tls: Option<Tls>) -> Result<Self, StartError> {
        let address = listener.local_addr().map_err(StartError::Listen)?;
        let runtime = runtime()?;
        let (stop, is_stopped) = oneshot::channel::<()>();
        let run = move || {
            runtime.block_on(async move {
                let stopped = async {
                    // Stopped, or let go of.
                    let _ = is_stopped.await;
                };
                if let Err(error) = serve(server, listener, tls, stopped).await {
                    tracing::error!(error = %error, "the server came to an end");
                }
            });
        };
        let thread =
            thread::Builder::new().name("server".to_owned()).spawn(run).map_err(StartError::Thread)?;
        Ok(Self { address, stop: Some(stop), thread: Some(thread) })
    }

    /// Where it listens.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Ends it: what it does is finished, and nothing new is begun.
    pub fn stop(mut self) {
        self.end();
    }

    fn end(&mut self) {
        drop(self.stop.take());
        if let Some(thread) = self.thread.take() {
            // A thread that panicked has said so.
            let _ = thread.join();
        }
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        self.end();
    }
}

/// Serves on a socket that listens until the process is asked to end (SIGTERM, SIGINT).
pub fn run(server: Arc<Server>, listener: TcpListener, tls: Option<Tls>) -> Result<(), StartError> {
    runtime()?.block_on(async move {
        let ended = asked_to_end().map_err(StartError::Thread)?;
        serve(server, listener, tls, ended).await
    })
}

fn asked_to_end() -> std::io::Result<impl Future<Output = ()>> {
    use tokio::signal::unix::{SignalKind, signal};
    let mut terminate = signal(SignalKind::terminate())?;
    let mut interrupt = signal(SignalKind::interrupt())?;
    Ok(async move {
        tokio::select! {
            _ = terminate.recv() => {}
            _ = interrupt.recv() => {}
        }
    })
}

fn runtime() -> Result<runtime::Runtime, StartError> {
    let mut builder = runtime::Builder::new_multi_thread();
    // Each request that is carried out has a thread; what else blocks reads for watchers.
    builder.max_blocking_threads(MOST_AT_ONCE + 32).enable_all();
    builder.build().map_err(StartError::Thread)
}

/// How long a client may take to send the head of a request, and to begin with the next one.
const HEAD_TIME: Duration = Duration::from_secs(30);

/// How long a handshake may take.
const HANDSHAKE_TIME: Duration = Duration::from_secs(10);

/// How long a client may leave unread what was sent to it.
const UNREAD_MILLISECONDS: u32 = 60_000;

/// How long what is being done may take when the server is to end.
const ENDING_TIME: Duration = Duration::from_secs(30);

/// How long the head of a request may be: the name of a config has up to 4096 bytes, each three in a URL.
const MOST_HEAD_BYTES: usize = 64 << 10;

async fn serve(
    server: Arc<Server>,
    listener: TcpListener,
    tls: Option<Tls>,
    ended: impl Future<Output = ()>,
) -> Result<(), StartError> {
    listener.set_nonblocking(true).map_err(StartError::Listen)?;
    let listener = tokio::net::TcpListener::from_std(listener).map_err(StartError::Listen)?;
    let connections = Arc::new(Semaphore::new(server.options().max_connections));
    let graceful = GracefulShutdown::new();
    let router = router(&server);
    tokio::pin!(ended);
    loop {
        let accepted = tokio::select! {
            accepted = listener.accept() => accepted,
            () = &mut ended => break,
        };
        let (stream, peer) = match accepted {
            Ok(accepted) => accepted,
            Err(error) => {
                // Out of descriptors, or a client that went at once: in either case there will be others.
                tracing::warn!(error = %error, "a connection can't be taken");
                sleep(Duration::from_millis(50)).await;
                continue;
            }
        };
        let Ok(place) = connections.clone().try_acquire_owned() else {
            server.metrics().refused_connections.fetch_add(1, Ordering::Relaxed);
            continue;
        };
        let connection = Connection {
            router: TowerToHyperService::new(router.clone()),
            server: server.clone(),
            peer,
            place,
        };
        // Small answers must not wait for others.
        let _ = stream.set_nodelay(true);
        // Who takes nothing of what was sent to it is not there any more.
        let _ = rustix::net::sockopt::set_tcp_user_timeout(&stream, UNREAD_MILLISECONDS);
        tokio::spawn(connection.run(stream, tls.clone(), graceful.watcher()));
    }
    drop(listener);
    tracing::info!("ending: what is being done is finished");
    server.end();
    if timeout(ENDING_TIME, graceful.shutdown()).await.is_err() {
        tracing::warn!("some connections were cut off");
    }
    // Whoever wrote and has gone meanwhile is not waited for by any connection.
    let all = u32::try_from(MOST_AT_ONCE).unwrap_or(u32::MAX);
    let _ = timeout(ENDING_TIME, server.places().acquire_many(all)).await;
    Ok(())
}

struct Connection {
    router: TowerToHyperService<Router>,
    server: Arc<Server>,
    peer: SocketAddr,
    place: OwnedSemaphorePermit,
}

impl Connection {
    async fn run(self, stream: TcpStream, tls: Option<Tls>, watcher: Watcher) {
        self.server.metrics().connections.fetch_add(1, Ordering::Relaxed);
        let server = self.server.clone();
        match tls {
            None => self.talk(stream, watcher).await,
            Some(tls) => {
                if let Ok(Ok(stream)) = timeout(HANDSHAKE_TIME, tls.accept(stream)).await {
                    self.talk(stream, watcher).await;
                }
            }
        }
        server.metrics().connections.fetch_sub(1, Ordering::Relaxed);
    }

    async fn talk(self, stream: impl AsyncRead + AsyncWrite + Unpin + Send + 'static, watcher: Watcher) {
        let Self { router, peer, place, .. } = self;
        let service = service_fn(move |request: hyper::Request<hyper::body::Incoming>| {
            let mut request = request.map(Body::new);
            request.extensions_mut().insert(Peer(peer));
            router.call(request)
        });
        let mut builder = http1::Builder::new();
        builder
            .timer(TokioTimer::new())
            .header_read_timeout(HEAD_TIME)
            .max_buf_size(MOST_HEAD_BYTES)
            .max_headers(64)
            .half_close(false);
        let connection = builder.serve_connection(TokioIo::new(stream), service);
        if let Err(error) = watcher.watch(connection).await {
            tracing::debug!(error = %error, "a connection broke off");
        }
        drop(place);
    }
}

/// The router, made of the table of routes.
fn router(server: &Arc<Server>) -> Router {
    let mut paths: BTreeMap<&str, (MethodRouter, Vec<&str>)> = BTreeMap::new();
    for route in routes::all() {
        let Ok(filter) = MethodFilter::try_from(route.method.clone()) else { continue };
        let at = server.clone();
        let handler = move |request: Request| dispatch(at.clone(), route, request);
        let entry = paths.remove(route.path);
        let (methods, mut names) = entry.unwrap_or_default();
        names.push(route.method.as_str());
        paths.insert(route.path, (methods.merge(on(filter, handler)), names));
    }
    let mut router = Router::new();
    for (path, (methods, names)) in paths {
        let (at, names) = (server.clone(), names.join(", "));
        let other = move |request: Request| other_method(at.clone(), names.clone(), request);
        router = router.route(path, methods.fallback(other));
    }
    for path in page::PATHS {
        let (at, other) = (server.clone(), server.clone());
        let methods = on(MethodFilter::GET, move |request: Request| page::page(at.clone(), request));
        let refuse = move |request: Request| other_method(other.clone(), "GET".to_owned(), request);
        router = router.route(path, methods.fallback(refuse));
    }
    let at = server.clone();
    router.fallback(move |request: Request| nothing(at.clone(), request))
}
