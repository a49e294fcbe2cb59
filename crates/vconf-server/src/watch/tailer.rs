//! The one reader of what is new: told of each write of this server, and looking by itself for those of others.

use std::sync::Arc;
use std::sync::mpsc::{self, Receiver, RecvTimeoutError, Sender};
use std::thread;
use std::time::{Duration, Instant};

use tokio::sync::oneshot;
use vconf::backend::Log;
use vconf::model::name::ConfigName;
use vconf::store::StoreError;

use super::feed::{Feed, read_between};
use crate::position::Position;
use crate::server::Server;

/// What the tailer is told.
#[derive(Debug)]
pub(crate) enum Poke {
    /// This server wrote to a config: perhaps a version, which survives any crash.
    Written { config: ConfigName, version: Option<u64> },
    /// Somebody watches several configs; answered once all are followed.
    FollowAll(oneshot::Sender<()>),
    /// Somebody watches a config that nobody did.
    Watched,
}

/// How the tailer is told.
#[derive(Clone, Debug)]
pub(crate) struct Tailer(Sender<Poke>);

/// How often it looks by itself.
const SHORTEST_PAUSE: Duration = Duration::from_millis(100);

/// How seldom, where looking takes long.
const LONGEST_PAUSE: Duration = Duration::from_secs(5);

/// It takes at most one part in so many of a processor to look.
const SHARE: u32 = 20;

impl Tailer {
    /// Makes the way to tell it.
    pub(crate) fn new() -> (Self, Receiver<Poke>) {
        let (sender, receiver) = mpsc::channel();
        (Self(sender), receiver)
    }

    /// Tells it something. After the end of the server nobody listens.
    pub(crate) fn poke(&self, poke: Poke) {
        let _ = self.0.send(poke);
    }

    /// Runs until nobody can tell it anything any more.
    pub(crate) fn start(server: &Arc<Server>, pokes: Receiver<Poke>) -> std::io::Result<()> {
        let server = Arc::downgrade(server);
        let run = move || {
            let mut next_sweep = Instant::now();
            loop {
                let wait = next_sweep.saturating_duration_since(Instant::now());
                let first = match pokes.recv_timeout(wait) {
                    Ok(poke) => Some(poke),
                    Err(RecvTimeoutError::Timeout) => None,
                    Err(RecvTimeoutError::Disconnected) => return,
                };
                let Some(server) = server.upgrade() else { return };
                let tail = Tail { server: &server };
                for poke in first.into_iter().chain(pokes.try_iter()) {
                    tail.hear(poke);
                }
                if Instant::now() >= next_sweep {
                    let begun = Instant::now();
                    tail.sweep();
                    server.keep_up();
                    let pause = (begun.elapsed() * SHARE).clamp(SHORTEST_PAUSE, LONGEST_PAUSE);
                    next_sweep = Instant::now() + pause;
                }
            }
        };
        thread::Builder::new().name("tailer".to_owned()).spawn(run).map(|_| ())
    }
}

struct Tail<'a> {
    server: &'a Server,
}

impl Tail<'_> {
    fn hear(&self, poke: Poke) {
        match poke {
            Poke::Written { config, version } => {
                let feed = match self.server.hub().feed(&config) {
                    Some(feed) => Some(feed),
                    None if self.server.hub().follows_all() => {
                        Some(self.server.hub().add(&config, Position::default()))
                    }
                    None => None,
                };
                if let Some(feed) = feed {
                    self.look(&feed, version);
                }
            }
            Poke::FollowAll(done) => {
                if !self.server.hub().follows_all() {
                    self.begin_all();
                }
                // Whoever asked may have gone.
                let _ = done.send(());
            }
            Poke::Watched => {}
        }
    }

    /// Where each config stands now; what comes after it is told.
    fn begin_all(&self) {
        for config in self.server.configs().unwrap_or_default() {
            if let Ok(position) = self.tips(&config) {
                self.server.hub().add(&config, position);
            }
        }
        self.server.hub().follow_all();
    }

    fn sweep(&self) {
        if self.server.hub().follows_all() {
            for config in self.server.configs().unwrap_or_default() {
                self.server.hub().add(&config, Position::default());
            }
        }
        for feed in self.server.hub().watched() {
            self.look(&feed, None);
        }
    }

    /// Tells what is new of a config. What can't be read now is told later.
    fn look(&self, feed: &Feed, own_version: Option<u64>) {
        let told = self.tell(feed, own_version);
        if let Err(error) = told {
            tracing::warn!(config = feed.config.as_str(), error = %error, "what is new can't be read");
        }
    }

    fn tell(&self, feed: &Feed, own_version: Option<u64>) -> Result<(), StoreError> {
        let store = self.server.store();
        loop {
            let (from, now) = (feed.position(), self.tips(&feed.config)?);
            let to = Position { versions: now.versions.max(from.versions), refs: now.refs.max(from.refs) };
            if to == from {
                return Ok(());
            }
            // What another process wrote may not survive a crash yet, and what is told must.
            if to.versions > from.versions.max(own_version.unwrap_or(0)) {
                store.settle(&feed.config, Log::Versions)?;
            }
            if to.refs > from.refs {
                store.settle(&feed.config, Log::Refs)?;
            }
            let events: Vec<_> = read_between(store, &feed.config, from, to)?.into();
            let reached = events.iter().fold(from, |position, event| event.move_past(position));
            self.server.hub().publish(feed, &events, reached);
        }
    }

    fn tips(&self, config: &ConfigName) -> Result<Position, StoreError> {
        let store = self.server.store();
        Ok(Position {
            refs: store.tip(config, Log::Refs)?.number,
            versions: store.tip(config, Log::Versions)?.number,
        })
    }
}
