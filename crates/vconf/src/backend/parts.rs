//! What a backend may keep besides its slots: each part a trait of its own.

use std::io;
use std::ops::RangeInclusive;

use super::{BackendError, Creation, Log, Object, Pack, PackName, Piece, Slot};
use crate::model::name::ConfigName;

/// Keeps a note on each log: what was its end.
pub trait Notes {
    /// Keeps a note on a log that has a record, in place of the one before: at best effort, not durably. All notes
    /// on a log have the same length.
    fn remember(&self, config: &ConfigName, log: Log, note: &[u8]) -> Result<(), BackendError>;

    /// Returns the note on a log. It may be old, missing or damaged.
    fn recall(&self, config: &ConfigName, log: Log) -> Result<Option<Vec<u8>>, BackendError>;
}

/// Keeps packs: blobs of many versions, each of which is written once.
pub trait Packs {
    /// Creates a pack that is not there, of the bytes that `write` gives it. When this returns `Created`, it survives
    /// any crash, and until then it can't be read.
    fn create(&self, pack: &Pack<'_>, write: &mut WritePack<'_>) -> Result<Creation, BackendError>;

    /// Reads a piece of a pack, or as much of it as there is; `None` where there is no such pack.
    fn read(&self, pack: &Pack<'_>, piece: Piece) -> Result<Option<Vec<u8>>, BackendError>;

    /// The packs of a config, in order of their names.
    fn list(&self, config: &ConfigName) -> Result<Vec<PackName>, BackendError>;

    /// The packs that stand for any of some numbers, in order of their names. For a few numbers it does not depend on
    /// how many packs there are.
    fn covering(
        &self,
        config: &ConfigName,
        numbers: &RangeInclusive<u64>,
    ) -> Result<Vec<PackName>, BackendError> {
        Ok(self.list(config)?.into_iter().filter(|name| name.covers_any(numbers)).collect())
    }

    /// Removes a pack whose records are elsewhere. It may come back in a crash.
    fn remove(&self, pack: &Pack<'_>) -> Result<(), BackendError>;

    /// What a person finds a pack under.
    fn describe(&self, pack: &Pack<'_>) -> String;
}

/// Gives a new pack its bytes, piece by piece. It may be asked again where the first try came to nothing.
pub type WritePack<'a> = dyn FnMut(&mut dyn io::Write) -> io::Result<()> + 'a;

/// Keeps journals: second copies of the records of a log, in parts that grow at their ends.
pub trait Journals {
    /// The first numbers of the parts of a log's journal that are there, ascending.
    fn list(&self, config: &ConfigName, log: Log) -> Result<Vec<u64>, BackendError>;

    /// Reads a part of a journal, or its last bytes; `None` where there is none. It may be old, cut off or damaged.
    fn read(&self, part: &JournalPart<'_>, last: Option<usize>) -> Result<Option<Vec<u8>>, BackendError>;

    /// Adds to the end of a part of a journal: at best effort, and not durably.
    fn append(&self, part: &JournalPart<'_>, bytes: &[u8]) -> Result<(), BackendError>;

    /// Puts a part of a journal in place of the one that is there, in one step and not durably. One without bytes is
    /// taken away.
    fn rewrite(&self, part: &JournalPart<'_>, bytes: &[u8]) -> Result<(), BackendError>;
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

/// Keeps what is derived from the records. All of it may vanish at any time, and it may be old, damaged or another's.
pub trait Cache {
    /// Reads a part of what was cached of a config under a name: at most `limit_bytes` from an offset on. `None` where
    /// nothing is there.
    fn read(
        &self,
        config: &ConfigName,
        name: &str,
        offset: u64,
        limit_bytes: usize,
    ) -> Result<Option<Vec<u8>>, BackendError>;

    /// Caches bytes of a config under a name, not durably: in place of those before, atomically, or after them. Whether
    /// that was done: nothing is added to what is not there.
    fn write(
        &self,
        config: &ConfigName,
        name: &str,
        bytes: &[u8],
        place: CachePlace,
    ) -> Result<bool, BackendError>;
}

/// Where cached bytes go.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum CachePlace {
    /// In the place of all that was cached under the name.
    Instead,
    /// After it.
    After,
}

/// Finds and mends what is wrong with what a backend keeps.
pub trait Upkeep {
    /// What is wrong with what the backend keeps for itself.
    fn own_flaws(&self) -> Result<Vec<OwnFlaw>, BackendError>;

    /// What interrupted writes left beside the records of a log, as a person finds it. Nothing reads it, and it may be
    /// deleted while nobody writes.
    fn leftovers(&self, config: &ConfigName, log: Log) -> Result<Vec<String>, BackendError>;

    /// Puts sound bytes in the place of damaged ones, in one step and durably; the place is never empty in between.
    /// What stood there is kept first, durably, and for good. Returns where, if anything stood there: a file's path, a
    /// key. Not for writing: what is put there must be what was there once.
    fn restore(&self, object: &Object<'_>, bytes: &[u8]) -> Result<Option<String>, BackendError>;

    /// Takes a damaged pack out of its place, durably, whose records are in their slots, and keeps it. Returns where:
    /// a file's path, a key; `None` where there is no such pack.
    fn put_aside(&self, pack: &Pack<'_>) -> Result<Option<String>, BackendError>;
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
