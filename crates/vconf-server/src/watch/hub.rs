//! The feeds of all configs that are watched, and one of everything.

use std::collections::{HashMap, VecDeque};
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::{Duration, Instant};

use tokio::sync::watch;
use vconf::model::name::ConfigName;

use super::event::Event;
use super::feed::Feed;
use crate::position::Position;

/// The feeds that are watched.
#[derive(Debug)]
pub(crate) struct Hub {
    inner: Mutex<Inner>,
    /// The number of the last event of all.
    all: watch::Sender<u64>,
}

#[derive(Debug)]
struct Inner {
    feeds: HashMap<ConfigName, Arc<Feed>>,
    /// The last events of all configs, where somebody watches more than one.
    ring: VecDeque<(u64, Arc<Event>)>,
    /// Whether all configs are followed.
    follows_all: bool,
    /// Tells one run of numbers from another, after a restart or a pause.
    epoch: u64,
    last_watched: Instant,
}

/// How many events of all configs are kept.
const MOST_KEPT: usize = 4096;

/// How long all configs are followed after the last who watches them has gone.
const LINGER: Duration = Duration::from_secs(300);

/// Where a watcher of several configs stands.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Cursor {
    pub(crate) epoch: u64,
    pub(crate) number: u64,
}

impl Hub {
    pub(crate) fn new(epoch: u64) -> Self {
        let inner = Inner {
            feeds: HashMap::new(),
            ring: VecDeque::new(),
            follows_all: false,
            epoch,
            last_watched: Instant::now(),
        };
        Self { inner: Mutex::new(inner), all: watch::Sender::new(0) }
    }

    /// The feed of a config, and whoever waits for it from now on. It begins at a position where there is none yet.
    pub(crate) fn subscribe(
        &self,
        config: &ConfigName,
        position: Position,
    ) -> (Arc<Feed>, watch::Receiver<Position>) {
        let mut inner = self.inner();
        let feed = inner.feeds.entry(config.clone());
        let feed = feed.or_insert_with(|| Arc::new(Feed::new(config.clone(), position))).clone();
        let receiver = feed.subscribe();
        (feed, receiver)
    }

    /// Waits for events of all configs.
    pub(crate) fn subscribe_all(&self) -> watch::Receiver<u64> {
        self.all.subscribe()
    }

    /// Where the last event of all stands.
    pub(crate) fn cursor(&self) -> Cursor {
        let inner = self.inner();
        Cursor { epoch: inner.epoch, number: *self.all.borrow() }
    }

    /// The events of all after one; `None` where they are not kept any more.
    pub(crate) fn all_after(&self, cursor: Cursor) -> Option<Vec<(u64, Arc<Event>)>> {
        let inner = self.inner();
        let last = *self.all.borrow();
        let is_covered = match inner.ring.front() {
            Some((first, _)) => cursor.number.saturating_add(1) >= *first,
            None => cursor.number == last,
        };
        if cursor.epoch != inner.epoch || cursor.number > last || !is_covered {
            return None;
        }
        let later = inner.ring.iter().filter(|(number, _)| *number > cursor.number);
        Some(later.cloned().collect())
    }

    /// The feeds that are to be looked after. Those that nobody watches any more go.
    pub(super) fn watched(&self) -> Vec<Arc<Feed>> {
        let mut inner = self.inner();
        if self.all.receiver_count() > 0 {
            inner.last_watched = Instant::now();
        } else if inner.follows_all && inner.last_watched.elapsed() > LINGER {
            inner.follows_all = false;
            inner.epoch = inner.epoch.wrapping_add(1);
            inner.ring.clear();
        }
        if !inner.follows_all {
            inner.feeds.retain(|_, feed| feed.has_watchers());
        }
        inner.feeds.values().cloned().collect()
    }

    pub(super) fn follows_all(&self) -> bool {
        self.inner().follows_all
    }

    /// From now on what happens to any config is told.
    pub(super) fn follow_all(&self) {
        let mut inner = self.inner();
        inner.follows_all = true;
        inner.last_watched = Instant::now();
    }

    pub(super) fn feed(&self, config: &ConfigName) -> Option<Arc<Feed>> {
        self.inner().feeds.get(config).cloned()
    }

    /// Adds the feed of a config that nobody watches by itself.
    pub(super) fn add(&self, config: &ConfigName, position: Position) -> Arc<Feed> {
        let mut inner = self.inner();
        let feed = inner.feeds.entry(config.clone());
        feed.or_insert_with(|| Arc::new(Feed::new(config.clone(), position))).clone()
    }

    /// Tells what happened to a config.
    pub(super) fn publish(&self, feed: &Feed, events: &[Arc<Event>], position: Position) {
        {
            let mut inner = self.inner();
            if inner.follows_all {
                let mut last = *self.all.borrow();
                for event in events {
                    last += 1;
                    inner.ring.push_back((last, event.clone()));
                }
                while inner.ring.len() > MOST_KEPT {
                    inner.ring.pop_front();
                }
                self.all.send_replace(last);
            }
        }
        feed.publish(events, position);
    }

    fn inner(&self) -> MutexGuard<'_, Inner> {
        // Whatever a panicking thread left are whole feeds.
        self.inner.lock().unwrap_or_else(|poisoned| poisoned.into_inner())
    }
}
