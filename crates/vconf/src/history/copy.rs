//! Copy: a history into another store, byte for byte.
//!
//! Records are only ever created, and each is read back and compared; so a copy that was broken off is gone on with by
//! making it again, and a target that went another way is found before anything is written there.

use std::collections::BTreeSet;
use std::io;

use super::error::Error;
use crate::backend::{
    BackendError, BackendErrorKind, Creation, Extent, JournalPart, Log, Pack, PackName, Packs, Piece, Slot,
};
use crate::model::name::ConfigName;
use crate::store::{Corruption, Store, StoreError};

/// What became of a copy of one config.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Copied {
    /// How many versions were copied.
    pub versions: u64,
    /// How many changes of refs were copied.
    pub refs: u64,
    /// How many packs were copied.
    pub packs: u64,
    /// How many bytes of records in slots and of packs were copied.
    pub bytes: u64,
    /// How many records the target had, the same to the byte.
    pub were_there: u64,
    /// What is damaged in the source: it is copied as it is, where it can be read.
    pub damage: Vec<Corruption>,
    /// The first record that the target has another of. Then nothing was copied that was not before.
    pub conflict: Option<CopyConflict>,
}

/// A record that two stores have in two ways.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct CopyConflict {
    /// Whether it is a change of refs; else it is a version.
    pub is_ref: bool,
    /// Its number.
    pub number: u64,
    /// Where it is in the target.
    pub object: String,
}

/// What became of a copy of the settings.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum SettingsCopy {
    /// There are none, or the target has the same.
    Same,
    /// They were copied.
    Copied,
    /// The target has others, which stay, or has no place for any.
    Kept,
}

impl Store {
    /// Copies all records of a config to another store, with the packs that they are in and what the store remembers of
    /// their ends, and compares each with what is there afterwards.
    ///
    /// Goes on where an earlier copy ended. `progress` is told the number of records so far. Linear in the records.
    pub fn copy(&self, config: &ConfigName, to: &Self, progress: impl FnMut(u64)) -> Result<Copied, Error> {
        let mut copy = Copy { from: self, to, config, progress, records: 0, done: Copied::default() };
        // In this order: what a checkpoint names is there before it, and what a change of refs names as well.
        let checkpoints = [self.checkpoint(config, Log::Versions)?, self.checkpoint(config, Log::Refs)?];
        let refs = self.listed(config, Log::Refs)?;
        let versions = self.listed(config, Log::Versions)?;
        let there = [to.listed(config, Log::Versions)?, to.listed(config, Log::Refs)?];
        copy.compare(Log::Versions, &versions, &there[0])?;
        copy.compare(Log::Refs, &refs, &there[1])?;
        let mut is_whole = false;
        for _ in 0..MOST_ROUNDS {
            if copy.done.conflict.is_some() || is_whole {
                break;
            }
            copy.packs(&there[0])?;
            is_whole = copy.slots(Log::Versions, &versions, &there[0])?;
        }
        if copy.done.conflict.is_none() && !is_whole {
            return Err(Error::Busy { config: config.clone() });
        }
        if copy.done.conflict.is_none() {
            copy.slots(Log::Refs, &refs, &there[1])?;
        }
        if copy.done.conflict.is_some() {
            return Ok(copy.done);
        }
        for (log, seen) in [Log::Versions, Log::Refs].into_iter().zip(checkpoints) {
            let known = to.checkpoint(config, log)?;
            if let (Some(notes), Some(seen)) = (to.backend().notes(), seen)
                && known.is_none_or(|known| known.number < seen.number)
            {
                notes.remember(config, log, &seen.to_note()).map_err(StoreError::from)?;
            }
        }
        copy.second_copies()?;
        Ok(copy.done)
    }

    /// Copies the settings to a store that has none.
    pub fn copy_settings(&self, to: &Self) -> Result<SettingsCopy, Error> {
        let ours = self.backend().settings().map_err(StoreError::from)?;
        let Some(ours) = ours else { return Ok(SettingsCopy::Same) };
        match to.backend().settings().map_err(StoreError::from)? {
            Some(theirs) if theirs.bytes == ours.bytes => return Ok(SettingsCopy::Same),
            Some(_) => return Ok(SettingsCopy::Kept),
            None => {}
        }
        let is_copied = to.backend().create_settings(&ours.bytes).map_err(StoreError::from)?;
        Ok(if is_copied { SettingsCopy::Copied } else { SettingsCopy::Kept })
    }
}

/// A copy of one config under way.
struct Copy<'a, P> {
    from: &'a Store,
    to: &'a Store,
    config: &'a ConfigName,
    progress: P,
    records: u64,
    done: Copied,
}

impl<P: FnMut(u64)> Copy<'_, P> {
    fn slot(&self, log: Log, number: u64) -> Slot<'_> {
        Slot { config: self.config, log, number }
    }

    fn count(&mut self) {
        self.records += 1;
        (self.progress)(self.records);
    }

    /// Compares the records that both stores have.
    fn compare(&mut self, log: Log, ours: &[u64], theirs: &[u64]) -> Result<(), Error> {
        for &number in ours.iter().filter(|number| theirs.binary_search(number).is_ok()) {
            let slot = Slot { config: self.config, log, number };
            let Some(record) = bytes_of(self.from, &slot, &mut self.done.damage)? else { continue };
            if bytes_of(self.to, &slot, &mut Vec::new())?.as_ref() != Some(&record) {
                self.conflict(log, number);
                return Ok(());
            }
            self.done.were_there += 1;
            self.count();
        }
        Ok(())
    }

    fn conflict(&mut self, log: Log, number: u64) {
        let object = self.to.backend().describe(&self.slot(log, number));
        self.done.conflict.get_or_insert(CopyConflict { is_ref: log == Log::Refs, number, object });
    }

    /// Copies the packs that the target has not.
    fn packs(&mut self, there: &[u64]) -> Result<(), Error> {
        let (Some(ours), theirs) = (self.from.backend().packs(), self.to.backend().packs()) else {
            return Ok(());
        };
        let known = self.to.packs(self.config).map_err(StoreError::from)?;
        for name in self.from.packs(self.config).map_err(StoreError::from)? {
            if known.iter().any(|known| *known == name || known.subsumes(name)) {
                continue;
            }
            let pack = Pack { config: self.config, name };
            let numbers = self.from.numbers_in(&pack)?;
            match theirs {
                Some(theirs) => {
                    let Some(bytes) = copy_pack(ours, theirs, &pack)? else { continue };
                    (self.done.packs, self.done.bytes) = (self.done.packs + 1, self.done.bytes + bytes);
                }
                // Each record gets a slot of its own.
                None => self.unpack(name, &numbers)?,
            }
            for number in numbers {
                if let Err(error) = self.from.links(&self.slot(Log::Versions, number)) {
                    self.damaged(error)?;
                }
                self.done.versions += u64::from(there.binary_search(&number).is_err());
                self.count();
            }
        }
        Ok(())
    }

    fn unpack(&mut self, name: PackName, numbers: &[u64]) -> Result<(), Error> {
        debug_assert!(numbers.iter().all(|number| name.numbers().contains(number)));
        for &number in numbers {
            let slot = Slot { config: self.config, log: Log::Versions, number };
            if let Some(record) = bytes_of(self.from, &slot, &mut self.done.damage)? {
                self.put(&slot, &record)?;
            }
        }
        Ok(())
    }

    /// Copies the records that lie in slots and that the target has not; whether none of those was packed meanwhile.
    fn slots(&mut self, log: Log, numbers: &[u64], there: &[u64]) -> Result<bool, Error> {
        let loose = self.from.backend().list(self.config, log).map_err(StoreError::from)?;
        let packed = self.to.packs(self.config).map_err(StoreError::from)?;
        let mut is_whole = true;
        for number in loose {
            let slot = Slot { config: self.config, log, number };
            let is_packed =
                log == Log::Versions && packed.iter().any(|name| name.numbers().contains(&number));
            // What came after the others were listed may be named by nothing that is copied.
            if numbers.binary_search(&number).is_err() || there.binary_search(&number).is_ok() || is_packed {
                continue;
            }
            let record = match self.from.read_loose(&slot, Extent::Whole)? {
                Ok(Some(record)) => record,
                Ok(None) => {
                    is_whole = false;
                    continue;
                }
                Err(corruption) => {
                    self.done.damage.push(corruption);
                    continue;
                }
            };
            if let Err(error) = self.from.links_of(&slot, &record) {
                self.damaged(error)?;
            }
            if self.to.backend().exists(&slot).map_err(StoreError::from)? && self.is_there(&slot, &record)? {
                continue;
            }
            if !self.put(&slot, &record)? {
                self.conflict(log, number);
                return Ok(is_whole);
            }
            self.done.bytes += record.len() as u64;
            match log {
                Log::Versions => self.done.versions += 1,
                Log::Refs => self.done.refs += 1,
            }
            self.count();
        }
        Ok(is_whole)
    }

    /// Creates a record and reads it back; whether it is there then.
    fn put(&self, slot: &Slot<'_>, record: &[u8]) -> Result<bool, Error> {
        let created = self.to.backend().create(slot, record);
        let is_there = self.is_there(slot, record);
        match created {
            Ok(Creation::Created | Creation::Taken) => is_there,
            Err(error)
                if error.kind == BackendErrorKind::Unknown && is_there.as_ref().is_ok_and(|it| *it) =>
            {
                Ok(true)
            }
            Err(error) => Err(StoreError::from(error).into()),
        }
    }

    fn is_there(&self, slot: &Slot<'_>, record: &[u8]) -> Result<bool, Error> {
        let found = self.to.read_loose(slot, Extent::Whole)?;
        self.to.settle(slot.config, slot.log)?;
        Ok(found.is_ok_and(|found| found.as_deref() == Some(record)))
    }

    fn damaged(&mut self, error: StoreError) -> Result<(), Error> {
        match error {
            StoreError::Corrupt(corruption) => self.done.damage.push(*corruption),
            error => return Err(error.into()),
        }
        Ok(())
    }

    /// Makes the second copies of what lies in slots of the target, where it keeps them.
    fn second_copies(&self) -> Result<(), Error> {
        if self.to.backend().journals().is_none() {
            return Ok(());
        }
        for log in [Log::Versions, Log::Refs] {
            let loose = self.to.backend().list(self.config, log).map_err(StoreError::from)?;
            let parts: BTreeSet<u64> =
                loose.into_iter().map(|number| JournalPart::of(&self.slot(log, number)).first).collect();
            for first in parts {
                let part = JournalPart { config: self.config, log, first };
                self.to.mend_journal(&part, *part.numbers().end(), u64::MAX)?;
            }
        }
        Ok(())
    }
}

/// The bytes of a record, wherever it is; `None` where it can't be read.
fn bytes_of(store: &Store, slot: &Slot<'_>, damage: &mut Vec<Corruption>) -> Result<Option<Vec<u8>>, Error> {
    let read = match slot.log {
        Log::Versions => store.record_bytes(slot.config, slot.number).map(Some),
        Log::Refs => store.read_loose(slot, Extent::Whole).and_then(|read| Ok(read?)),
    };
    match read {
        Ok(bytes) => Ok(bytes),
        Err(StoreError::Corrupt(corruption)) => {
            damage.push(*corruption);
            Ok(None)
        }
        Err(error) => Err(error.into()),
    }
}

/// Copies a pack piece by piece and compares what is there then; how long it is, or `None` where it has gone from the
/// source, for another took its place.
fn copy_pack(ours: &dyn Packs, theirs: &dyn Packs, pack: &Pack<'_>) -> Result<Option<u64>, Error> {
    let mut failure = None;
    let mut is_gone = false;
    let created = theirs.create(pack, &mut |file| {
        let mut offset = 0;
        loop {
            match ours.read(pack, Piece::At { offset, size_bytes: PIECE_BYTES }) {
                Ok(Some(piece)) if piece.is_empty() => return Ok(()),
                Ok(Some(piece)) => {
                    offset += piece.len() as u64;
                    file.write_all(&piece)?;
                }
                Ok(None) => is_gone = true,
                Err(error) => failure = Some(error),
            }
            if is_gone || failure.is_some() {
                return Err(io::Error::other("the pack can't be read"));
            }
        }
    });
    match (created, failure) {
        _ if is_gone => return Ok(None),
        (_, Some(error)) => return Err(StoreError::from(error).into()),
        (Err(error), None) if error.kind != BackendErrorKind::Unknown => {
            return Err(StoreError::from(error).into());
        }
        _ => {}
    }
    let mut offset = 0;
    loop {
        let piece = Piece::At { offset, size_bytes: PIECE_BYTES };
        let Some(expected) = ours.read(pack, piece).map_err(StoreError::from)? else { return Ok(None) };
        if theirs.read(pack, piece).map_err(StoreError::from)?.as_ref() != Some(&expected) {
            return Err(StoreError::from(BackendError {
                kind: BackendErrorKind::Failed,
                object: theirs.describe(pack),
                source: io::Error::other("it does not read back as it was written"),
            })
            .into());
        }
        if expected.is_empty() {
            return Ok(Some(offset));
        }
        offset += expected.len() as u64;
    }
}

/// How much of a pack is in memory at once.
const PIECE_BYTES: usize = 4 << 20;

/// How often the packs are looked at again where records went into them meanwhile.
const MOST_ROUNDS: usize = 4;
