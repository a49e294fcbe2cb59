//! Sources that were read of late, each served again as long as its config is at rest.
//!
//! A read that is served from here costs two looks at when the folders of the config's logs were changed, by whomever: so it
//! is never older than a save that was done before it was asked for, also by another process.

use std::collections::HashMap;
use std::sync::{Arc, RwLock};

use vconf::backend::Log;
use vconf::model::name::ConfigName;
use vconf::model::time::Timestamp;
use vconf::store::Store;

use crate::reply::{Reply, harden};

/// Keeps answers with sources.
#[derive(Debug, Default)]
pub(crate) struct Heads(RwLock<Kept>);

#[derive(Debug, Default)]
struct Kept {
    answers: HashMap<(String, String), Arc<Head>>,
    bytes: usize,
}

/// An answer, and when the logs were changed last before it was read.
#[derive(Debug)]
struct Head {
    config: ConfigName,
    rest: Rest,
    reply: Reply,
}

/// When the two logs of a config were changed last.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Rest {
    versions: Timestamp,
    refs: Option<Timestamp>,
}

/// Of what is longer nothing is kept.
const MOST_SOURCE_BYTES: usize = 1 << 20;

/// How much is kept. When there is more, all of it goes.
const MOST_BYTES: usize = 64 << 20;
const MOST_ANSWERS: usize = 4096;

/// How long a log must have been at rest: the clock of the file system ticks, and two changes in one tick look alike.
const REST_MICROSECONDS: i64 = 50_000;

impl Rest {
    /// Looks when the logs were changed; `None` where the store can't tell.
    pub(crate) fn look(store: &Store, config: &ConfigName) -> Option<Self> {
        let backend = store.backend();
        let versions = backend.changed_at(config, Log::Versions)?;
        Some(Self { versions, refs: backend.changed_at(config, Log::Refs) })
    }

    /// Whether nothing that comes now could look as if it had been before.
    fn is_sure(self, now: Timestamp) -> bool {
        let last = self.refs.map_or(self.versions, |refs| refs.max(self.versions));
        now.as_microseconds() - last.as_microseconds() >= REST_MICROSECONDS
    }
}

impl Heads {
    /// The answer that was kept under a config and a version as they were named, if it is still right.
    pub(crate) fn get(&self, store: &Store, config: &str, version: &str) -> Option<Reply> {
        let head = {
            let kept = self.0.read().unwrap_or_else(|poisoned| poisoned.into_inner());
            kept.answers.get(&(config.to_owned(), version.to_owned()))?.clone()
        };
        (Rest::look(store, &head.config)? == head.rest).then(|| head.reply.clone())
    }

    /// Keeps an answer that was read after the logs were looked at.
    pub(crate) fn put(
        &self,
        named: (&str, &str),
        config: &ConfigName,
        rest: Rest,
        asked: Timestamp,
        reply: &Reply,
    ) {
        if reply.body.len() > MOST_SOURCE_BYTES || !rest.is_sure(asked) {
            return;
        }
        let mut kept = self.0.write().unwrap_or_else(|poisoned| poisoned.into_inner());
        if kept.bytes + reply.body.len() > MOST_BYTES || kept.answers.len() >= MOST_ANSWERS {
            *kept = Kept::default();
        }
        let mut reply = reply.clone();
        harden(&mut reply.headers);
        let head = Head { config: config.clone(), rest, reply };
        kept.bytes += head.reply.body.len();
        let named = (named.0.to_owned(), named.1.to_owned());
        if let Some(before) = kept.answers.insert(named, Arc::new(head)) {
            kept.bytes -= before.reply.body.len();
        }
    }
}
