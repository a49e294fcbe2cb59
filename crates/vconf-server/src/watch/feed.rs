//! What happened to one config of late, and who waits for more.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard};

use tokio::sync::watch;
use vconf::model::name::ConfigName;
use vconf::store::{Store, StoreError};

use super::event::Event;
use crate::position::Position;

/// What happened to one config of late.
#[derive(Debug)]
pub(crate) struct Feed {
    pub(crate) config: ConfigName,
    changed: watch::Sender<Position>,
    recent: Mutex<Recent>,
}

/// The last events, and the position before the first of them.
#[derive(Debug)]
struct Recent {
    before: Position,
    events: VecDeque<Arc<Event>>,
}

/// How many events of a config are kept for watchers that are not far behind.
const MOST_RECENT: usize = 64;

/// How many events are read from the store at once.
const MOST_READ: u64 = 128;

impl Feed {
    pub(super) fn new(config: ConfigName, position: Position) -> Self {
        let recent = Mutex::new(Recent { before: position, events: VecDeque::new() });
        Self { config, changed: watch::Sender::new(position), recent }
    }

    /// Where the tailer stands.
    pub(crate) fn position(&self) -> Position {
        *self.changed.borrow()
    }

    /// Waits for more.
    pub(crate) fn subscribe(&self) -> watch::Receiver<Position> {
        self.changed.subscribe()
    }

    /// Whether anybody does.
    pub(super) fn has_watchers(&self) -> bool {
        self.changed.receiver_count() > 0
    }

    /// Tells what happened.
    pub(super) fn publish(&self, events: &[Arc<Event>], position: Position) {
        {
            let mut recent = self.recent();
            recent.events.extend(events.iter().cloned());
            while recent.events.len() > MOST_RECENT {
                if let Some(first) = recent.events.pop_front() {
                    recent.before = first.move_past(recent.before);
                }
            }
        }
        self.changed.send_replace(position);
    }

    /// What happened after a position, where that is not too long ago to be kept.
    pub(crate) fn recent_after(&self, position: Position) -> Option<VecDeque<Arc<Event>>> {
        let recent = self.recent();
        let is_covered = recent.before.is_within(position);
        is_covered.then(|| recent.events.iter().filter(|event| event.is_after(position)).cloned().collect())
    }

    fn recent(&self) -> MutexGuard<'_, Recent> {
        // Whatever a panicking thread left are whole events.
        self.recent.lock().unwrap_or_else(|poisoned| poisoned.into_inner())
    }
}

/// Reads the first of what happened to a config between two positions: its versions, then its changes of refs.
pub(crate) fn read_between(
    store: &Store,
    config: &ConfigName,
    from: Position,
    to: Position,
) -> Result<VecDeque<Arc<Event>>, StoreError> {
    let mut events = VecDeque::new();
    let mut position = from;
    let versions = (from.versions.saturating_add(1)..=to.versions).map(|number| (false, number));
    let refs = (from.refs.saturating_add(1)..=to.refs).map(|number| (true, number));
    for (is_ref, number) in versions.chain(refs).take(MOST_READ as usize) {
        let event = Event::read(store, config, is_ref, number, position)?;
        position = event.move_past(position);
        events.push_back(Arc::new(event));
    }
    Ok(events)
}
