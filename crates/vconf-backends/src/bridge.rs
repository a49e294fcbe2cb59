//! The bridge from the blocking trait to the asynchronous clients: a runtime of its own, that nobody else sees.

use std::future::Future;
use std::io;
use std::sync::mpsc;
use std::time::Duration;

use tokio::runtime::{Builder, Runtime};

/// Runs what is asynchronous and waits for it.
///
/// Whoever calls may be anywhere, in a thread of another runtime as well: it waits as for a lock, and no runtime is
/// entered.
#[derive(Debug)]
pub(crate) struct Bridge {
    /// There until it is dropped.
    runtime: Option<Runtime>,
}

impl Bridge {
    pub(crate) fn new() -> io::Result<Self> {
        let mut builder = Builder::new_multi_thread();
        let builder = builder.worker_threads(WORKERS).thread_name("vconf-engine").enable_all();
        Ok(Self { runtime: Some(builder.build()?) })
    }

    /// Waits for what a future gives, for so long at most.
    pub(crate) fn wait<T: Send + 'static>(
        &self,
        limit: Duration,
        future: impl Future<Output = T> + Send + 'static,
    ) -> io::Result<T> {
        let (sender, receiver) = mpsc::sync_channel(1);
        let task = async move {
            // Where nobody waits any more, nobody wants it.
            let _ = sender.send(tokio::time::timeout(limit, future).await);
        };
        self.runtime.as_ref().ok_or_else(ended)?.spawn(task);
        match receiver.recv() {
            Ok(Ok(value)) => Ok(value),
            Ok(Err(_)) => {
                let seconds = limit.as_secs();
                Err(io::Error::new(
                    io::ErrorKind::TimedOut,
                    format!("there was no answer within {seconds} s"),
                ))
            }
            Err(_) => Err(ended()),
        }
    }
}

impl Drop for Bridge {
    fn drop(&mut self) {
        // Waiting for its threads is not allowed in those of another runtime.
        if let Some(runtime) = self.runtime.take() {
            runtime.shutdown_background();
        }
    }
}

fn ended() -> io::Error {
    io::Error::other("the engine's client has ended")
}

/// How many threads do the work of the network: more would wait for it.
const WORKERS: usize = 2;
