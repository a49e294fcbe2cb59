//! Where records are kept: a small trait, and what implements it here.
//!
//! A backend knows slots and bytes. What the bytes mean, seals and checksums are the business of the
//! [`store`](crate::store) above it.

pub mod contract;
mod folder;
mod memory;
mod pack;

pub use crate::disk::Stamp;
pub(crate) use folder::random_id;
pub use folder::{FORMAT, Folder, OpenError, STORE_FOLDER};
pub use memory::Memory;
pub use pack::{PACK_VERSIONS, Pack, PackName, Piece};

use std::fmt;
use std::io;
use std::ops::RangeInclusive;

use crate::model::name::ConfigName;

/// Keeps records in numbered slots, each of which is written once, and packs of many of them.
///
/// Every implementation keeps the same [contract].
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

    /// The configs that have a record or a note, in order.
    fn configs(&self) -> Result<Vec<ConfigName>, BackendError>;

    /// Makes all that can be read of a log survive a crash: for whoever reports what another process wrote.
    fn settle(&self, config: &ConfigName, log: Log) -> Result<(), BackendError>;

    /// Keeps a note on a log that has a record, in place of the one before: at best effort, not durably. All notes
    /// on a log have the same length.
    fn remember(&self, config: &ConfigName, log: Log, note: &[u8]) -> Result<(), BackendError>;

    /// Returns the note on a log. It may be old, missing or damaged.
    fn recall(&self, config: &ConfigName, log: Log) -> Result<Option<Vec<u8>>, BackendError>;

    /// What interrupted writes left beside the records of a log, as a person finds it. Nothing reads it, and it may be
    /// deleted while nobody writes.
    fn leftovers(&self, _config: &ConfigName, _log: Log) -> Result<Vec<String>, BackendError> {
        Ok(Vec::new())
    }

    /// What is known without reading anything of where a config's records are, and of some of them: as long as it is the
    /// same, no record came, went or was edited. `None` where that can't be told.
    fn stamp(&self, _config: &ConfigName, _records: &[Slot<'_>]) -> Result<Option<Stamp>, BackendError> {
        Ok(None)
    }

    /// Whether the backend keeps journals. Without, each record is there once, and what is damaged can be restored from
    /// elsewhere only.
    fn keeps_journals(&self) -> bool {
        false
    }

    /// The first numbers of the parts of a log's journal that are there, ascending.
    fn journals(&self, _config: &ConfigName, _log: Log) -> Result<Vec<u64>, BackendError> {
        Ok(Vec::new())
    }

    /// Reads a part of a journal, or its last bytes; `None` where there is none. It may be old, cut off or damaged.
    fn journal(
        &self,
        _part: &JournalPart<'_>,
        _last: Option<usize>,
    ) -> Result<Option<Vec<u8>>, BackendError> {
        Ok(None)
    }

    /// Adds to the end of a part of a journal: at best effort, and not durably.
    fn append_journal(&self, _part: &JournalPart<'_>, _bytes: &[u8]) -> Result<(), BackendError> {
        Ok(())
    }

    /// Puts a part of a journal in place of the one that is there, in one step and not durably. One without bytes is
    /// taken away.
    fn rewrite_journal(&self, _part: &JournalPart<'_>, _bytes: &[u8]) -> Result<(), BackendError> {
        Ok(())
    }

    /// What is wrong with what the backend keeps for itself.
    fn own_flaws(&self) -> Result<Vec<OwnFlaw>, BackendError> {
        Ok(Vec::new())
    }

    /// Puts sound bytes in the place of damaged ones, in one step and durably; the place is never empty in between.
    /// What stood there is kept first, durably, and for good. Returns where, if anything stood there: a file's path, a
    /// key. Not for writing: what is put there must be what was there once.
    fn restore(&self, _object: &Object<'_>, _bytes: &[u8]) -> Result<Option<String>, BackendError> {
        Err(BackendError {
            kind: BackendErrorKind::Failed,
            object: "the store".to_owned(),
            source: io::ErrorKind::Unsupported.into(),
        })
    }
    /// Empties a slot whose record is elsewhere. An empty one stays so. It may come back in a crash.
    fn remove(&self, slot: &Slot<'_>) -> Result<(), BackendError>;

    /// Creates a pack that is not there, of the bytes that `write` gives it. When this returns `Created`, it survives
    /// any crash, and until then it can't be read.
    fn create_pack(&self, pack: &Pack<'_>, write: &mut WritePack<'_>) -> Result<Creation, BackendError>;

    /// Reads a piece of a pack, or as much of it as there is; `None` where there is no such pack.
    fn read_pack(&self, pack: &Pack<'_>, piece: Piece) -> Result<Option<Vec<u8>>, BackendError>;

    /// The packs of a config, in order of their names.
    fn packs(&self, config: &ConfigName) -> Result<Vec<PackName>, BackendError>;

    /// The packs that stand for any of some numbers, in order of their names. For a few numbers it does not depend on
    /// how many packs there are.
    fn packs_of(
        &self,
        config: &ConfigName,
        numbers: &RangeInclusive<u64>,
    ) -> Result<Vec<PackName>, BackendError> {
        let packs = self.packs(config)?;
        Ok(packs.into_iter().filter(|name| name.covers_any(numbers)).collect())
    }

    /// Removes a pack whose records are elsewhere. It may come back in a crash.
    fn remove_pack(&self, pack: &Pack<'_>) -> Result<(), BackendError>;

    /// Takes a damaged pack out of its place, durably, whose records are in their slots, and keeps it. Returns where:
    /// a file's path, a key; `None` where there is no such pack.
    fn put_aside(&self, _pack: &Pack<'_>) -> Result<Option<String>, BackendError> {
        Err(BackendError {
            kind: BackendErrorKind::Failed,
            object: "the store".to_owned(),
            source: io::ErrorKind::Unsupported.into(),
        })
    }

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

    /// The folder that it keeps everything in, where it is in one: for what stands there beside the records.
    fn folder(&self) -> Option<&std::path::Path> {
        None
    }

    /// What a person finds a pack under.
    fn describe_pack(&self, pack: &Pack<'_>) -> String;

    /// Reads what people set for the store; `None` where they set nothing, or the backend has no place for it.
    fn settings(&self) -> Result<Option<SettingsFile>, BackendError> {
        Ok(None)
    }

    /// Reads a part of what was cached of a config under a name: at most `limit_bytes` from an offset on. `None` where
    /// nothing is there, or the backend has no place for it. It may be old, damaged or another's.
    fn cached(
        &self,
        _config: &ConfigName,
        _name: &str,
        _offset: u64,
        _limit_bytes: usize,
    ) -> Result<Option<Vec<u8>>, BackendError> {
        Ok(None)
    }

    /// Caches bytes of a config under a name, not durably: in place of those before, atomically, or after them. They
    /// may vanish at any time. Whether the backend has a place for them.
    fn cache(
        &self,
        _config: &ConfigName,
        _name: &str,
        _bytes: &[u8],
        _place: CachePlace,
    ) -> Result<bool, BackendError> {
        Ok(false)
    }
}

/// Where cached bytes go.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum CachePlace {
    /// In the place of all that was cached under the name.
    Instead,
    /// After it.
    After,
}

/// Gives a new pack its bytes, piece by piece. It may be asked again where the first try came to nothing.
pub type WritePack<'a> = dyn FnMut(&mut dyn io::Write) -> io::Result<()> + 'a;

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
    /// The record's number: from 1 up to [`MAX_NUMBER`](crate::model::record::MAX_NUMBER).
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

/// The place of one part of a log's journal: the copies of [`JOURNAL_PART_RECORDS`] records from a number on.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct JournalPart<'a> {
    /// The config.
    pub config: &'a ConfigName,
    /// Which of its logs.
    pub log: Log,
    /// The first number: 1, 65, 129 and so on.
    pub first: u64,
}

impl<'a> JournalPart<'a> {
    /// The part that has the copy of a record.
    pub fn of(slot: &Slot<'a>) -> Self {
        let first = slot.number.saturating_sub(1) / JOURNAL_PART_RECORDS * JOURNAL_PART_RECORDS + 1;
        Self { config: slot.config, log: slot.log, first }
    }

    /// The numbers whose copies it has.
    pub fn numbers(&self) -> RangeInclusive<u64> {
        self.first..=self.first.saturating_add(JOURNAL_PART_RECORDS - 1)
    }
}

/// How many records one part of a journal has copies of.
pub const JOURNAL_PART_RECORDS: u64 = 64;

/// How long a part of a journal may be; what is longer has no copy.
pub const MAX_JOURNAL_PART_BYTES: u64 = 128 << 20;

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

/// What is wrong with something that a backend keeps for itself.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct OwnFlaw {
    /// The backend's name for it.
    pub name: &'static str,
    /// What a person finds it under.
    pub object: String,
    /// What is wrong.
    pub problem: &'static str,
    /// Whether it is damage; else only a copy is missing.
    pub is_damage: bool,
    /// What it shall hold.
    pub sound: Vec<u8>,
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
