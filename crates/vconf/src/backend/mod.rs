//! Where records are kept: a small trait, and what implements it here.
//!
//! A backend knows slots and bytes. What the bytes mean, seals and checksums are the business of the
//! [`store`](crate::store) above it.

pub mod contract;
mod folder;
mod memory;
mod pack;
mod parts;

pub use crate::disk::Stamp;
pub(crate) use folder::random_id;
pub use folder::{FORMAT, Folder, OpenError, STORE_FOLDER};
pub use memory::Memory;
pub use pack::{PACK_VERSIONS, Pack, PackName, Piece};
pub use parts::{
    Cache, CachePlace, JOURNAL_PART_RECORDS, JournalPart, Journals, MAX_JOURNAL_PART_BYTES, Notes, OwnFlaw,
    Packs, Upkeep, WritePack,
};

use std::fmt;
use std::io;
use std::path::Path;

use crate::model::name::ConfigName;
use crate::model::record::MAX_NUMBER;
use crate::model::time::Timestamp;

/// Keeps records in numbered slots, each of which is written once.
///
/// That is all that a backend must do. What else it keeps it gives out as a part: [`Notes`], [`Packs`], [`Journals`], a
/// [`Cache`], [`Upkeep`]. Every implementation keeps the same [contract], as far as it has the parts.
pub trait Backend: Send + Sync + fmt::Debug {
    /// Creates a record in a slot that is empty. When this returns `Created`, the record survives any crash; of two
    /// racing writers exactly one gets `Created`.
    fn create(&self, slot: &Slot<'_>, bytes: &[u8]) -> Result<Creation, BackendError>;

    /// Reads a record, or its first bytes; `None` where the slot is empty.
    fn read(&self, slot: &Slot<'_>, extent: Extent) -> Result<Option<Vec<u8>>, BackendError>;

    /// Whether a slot is filled.
    fn exists(&self, slot: &Slot<'_>) -> Result<bool, BackendError>;

    /// The numbers of the filled slots of a log, ascending. Linear in their count.
    fn list(&self, config: &ConfigName, log: Log) -> Result<Vec<u64>, BackendError>;

    /// The number of the last filled slot of a log, past one that was seen where one was; `None` where there is none.
    /// Nothing need be listed where one was seen: then a hole of [`PROBES`] empty slots may be taken for the end.
    fn last(&self, config: &ConfigName, log: Log, seen: Option<u64>) -> Result<Option<u64>, BackendError> {
        if let Some(seen) = seen {
            let mut probed = seen + 1..=seen + PROBES;
            let is_end = loop {
                let Some(number) = probed.next() else { break true };
                if self.exists(&Slot { config, log, number })? {
                    break false;
                }
            };
            if is_end {
                return Ok(None);
            }
        }
        let numbers = self.list(config, log)?;
        Ok(numbers.into_iter().rev().find(|&number| number <= MAX_NUMBER))
    }

    /// What is known without reading anything of where a config's records are, and of some of them: as long as it is the
    /// same, no record came, went or was edited. `None` where that can't be told.
    fn stamp(&self, _config: &ConfigName, _records: &[Slot<'_>]) -> Result<Option<Stamp>, BackendError> {
        Ok(None)
    }

    /// Empties a slot whose record is elsewhere. An empty one stays so. It may come back in a crash.
    fn remove(&self, slot: &Slot<'_>) -> Result<(), BackendError>;

    /// The configs that have a record, a note or a pack, in order.
    fn configs(&self) -> Result<Vec<ConfigName>, BackendError>;

    /// What a person finds a slot under: a file's path, a key.
    fn describe(&self, slot: &Slot<'_>) -> String;

    /// What a person finds anything else under that the backend keeps.
    fn describe_object(&self, object: &Object<'_>) -> String {
        match object {
            Object::Record(slot) => self.describe(slot),
            Object::Note(config, log) => format!("{config} note on {log:?}"),
            Object::Journal(JournalPart { config, log, first }) => {
                format!("{config} copies of {log:?} from {first}")
            }
            Object::Own(name) => (*name).to_owned(),
        }
    }

    /// Makes all that can be read of a log survive a crash: for whoever reports what another process wrote. Nothing is to
    /// be done where what can be read is durable.
    fn settle(&self, _config: &ConfigName, _log: Log) -> Result<(), BackendError> {
        Ok(())
    }

    /// Reads what people set for the store; `None` where they set nothing, or the backend has no place for it.
    fn settings(&self) -> Result<Option<SettingsFile>, BackendError> {
        Ok(None)
    }

    /// Keeps what people set for a store that they set nothing for; whether that was done.
    fn create_settings(&self, _bytes: &[u8]) -> Result<bool, BackendError> {
        Ok(false)
    }

    /// When the place that holds a log was last changed in any way, by the system's clock, where that is found out at
    /// almost no cost: what was read of a log whose place was at rest since is still so. The clock ticks, so that two
    /// changes in the same hundredth of a second may have the same time.
    fn changed_at(&self, _config: &ConfigName, _log: Log) -> Option<Timestamp> {
        None
    }

    /// The folder that it keeps everything in, where it is in one: for what stands there beside the records.
    fn folder(&self) -> Option<&Path> {
        None
    }

    /// Its notes. Without, the end of a log is found by a listing, and nothing shows that it was cut off.
    fn notes(&self) -> Option<&dyn Notes> {
        None
    }

    /// Its packs. Without, each record stays in its slot.
    fn packs(&self) -> Option<&dyn Packs> {
        None
    }

    /// Its journals. Without, each record is there once, and what is damaged can be restored from elsewhere only.
    fn journals(&self) -> Option<&dyn Journals> {
        None
    }

    /// Its cache. Without, what is derived is derived anew each time.
    fn cache(&self) -> Option<&dyn Cache> {
        None
    }

    /// Its upkeep. Without, what is damaged stays so.
    fn upkeep(&self) -> Option<&dyn Upkeep> {
        None
    }
}

/// What people set for a store, as it is kept.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct SettingsFile {
    /// What a person finds it under: a file's path, a key.
    pub object: String,
    /// All of it.
    pub bytes: Vec<u8>,
}

/// The place of one record.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct Slot<'a> {
    /// The config.
    pub config: &'a ConfigName,
    /// Which of its logs.
    pub log: Log,
    /// The record's number: from 1 up to [`MAX_NUMBER`].
    pub number: u64,
}

/// The two logs of a config.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug)]
pub enum Log {
    /// Its versions.
    Versions,
    /// The changes of its tags and heads.
    Refs,
}

/// Something that a backend keeps, and that can be restored.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Object<'a> {
    /// A record.
    Record(Slot<'a>),
    /// The note on a log.
    Note(&'a ConfigName, Log),
    /// A part of a journal.
    Journal(JournalPart<'a>),
    /// Something of the backend's own.
    Own(&'a str),
}

/// How much of a record to read.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Extent {
    /// All of it.
    Whole,
    /// At most so many bytes from its start.
    Prefix(usize),
}

/// What became of a creation.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Creation {
    /// The record is in the slot and will survive a crash.
    Created,
    /// The slot was filled before.
    Taken,
}

/// Why a backend could not do something.
#[derive(Debug)]
pub struct BackendError {
    /// What is known of it.
    pub kind: BackendErrorKind,
    /// What it was about: a file's path, a key.
    pub object: String,
    /// The cause.
    pub source: io::Error,
}

/// What is known of a failure.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum BackendErrorKind {
    /// It was not done.
    Failed,
    /// This record can't be read, whoever tries; others may.
    Unreadable,
    /// A record may have been created or not: read it back.
    Unknown,
    /// A record was created, but it may not survive a crash.
    Unconfirmed,
}

impl fmt::Display for BackendError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.kind {
            BackendErrorKind::Failed => write!(f, "{} can't be used", self.object),
            BackendErrorKind::Unreadable => write!(f, "{} can't be read", self.object),
            BackendErrorKind::Unknown => write!(f, "it is not known whether {} was stored", self.object),
            BackendErrorKind::Unconfirmed => {
                write!(f, "{} was written, but it is not known whether it will survive a crash", self.object)
            }
        }
    }
}

impl std::error::Error for BackendError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        Some(&self.source)
    }
}

/// How long a record may be: far above what the longest source needs.
pub const MAX_RECORD_BYTES: u64 = 1 << 31;

/// How many numbers past one that was seen are looked at: a hole as long would be taken for the end.
pub const PROBES: u64 = 8;
