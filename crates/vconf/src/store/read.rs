//! Reading typed records.

use super::Store;
use super::checkpoint::Checkpoint;
use super::decode::{decode_header, decode_ref, decode_version};
use super::error::{Corruption, Flaw, Problem, StoreError};
use crate::backend::{BackendError, BackendErrorKind, Extent, Log, PROBES, Pack, PackName, Slot};
use crate::model::checksum::Checksum;
use crate::model::name::ConfigName;
use crate::model::record::{RefChange, Version};

/// The end of a log.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Tip {
    /// The newest record's number; 0 where there is none.
    pub number: u64,
    /// Its seal, where a checkpoint remembers it.
    pub seal: Option<Checksum>,
}

impl Store {
    /// The configs that have a history, in order.
    pub fn configs(&self) -> Result<Vec<ConfigName>, StoreError> {
        Ok(self.backend.configs()?)
    }

    /// The numbers of the versions that are there, ascending.
    pub fn version_numbers(&self, config: &ConfigName) -> Result<Vec<u64>, StoreError> {
        self.listed(config, Log::Versions)
    }

    /// Reads a version and its source. A missing one is corrupt.
    pub fn version(&self, config: &ConfigName, number: u64) -> Result<(Version, Vec<u8>), StoreError> {
        let slot = Slot { config, log: Log::Versions, number };
        let bytes = self.read(&slot, Extent::Whole)?;
        let (version, source) = decode_version(&bytes).map_err(|flaw| self.corruption(&slot, flaw))?;
        self.check_place(&slot, &version.config, version.number)?;
        self.last_record.put(&slot, bytes);
        Ok((version, source))
    }

    /// Reads a version without its source, whose checksum is then not checked. A missing one is corrupt.
    pub fn header(&self, config: &ConfigName, number: u64) -> Result<Version, StoreError> {
        let slot = Slot { config, log: Log::Versions, number };
        let prefix = self.read(&slot, Extent::Prefix(USUAL_HEADER_BYTES))?;
        let version = match decode_header(&prefix) {
            Ok((version, _)) => version,
            Err(_) if prefix.len() == USUAL_HEADER_BYTES => {
                let bytes = self.read(&slot, Extent::Whole)?;
                decode_header(&bytes).map_err(|flaw| self.corruption(&slot, flaw))?.0
            }
            Err(flaw) => return Err(self.corruption(&slot, flaw).into()),
        };
        self.check_place(&slot, &version.config, version.number)?;
        Ok(version)
    }

    /// Reads a change of refs. A missing one is corrupt.
    pub fn ref_change(&self, config: &ConfigName, number: u64) -> Result<RefChange, StoreError> {
        let slot = Slot { config, log: Log::Refs, number };
        let bytes = self.read(&slot, Extent::Whole)?;
        let change = decode_ref(&bytes).map_err(|flaw| self.corruption(&slot, flaw))?;
        self.check_place(&slot, &change.config, change.number)?;
        Ok(change)
    }

    /// Reads the exact bytes of a version's record, unchecked.
    pub fn record_bytes(&self, config: &ConfigName, number: u64) -> Result<Vec<u8>, StoreError> {
        self.read(&Slot { config, log: Log::Versions, number }, Extent::Whole)
    }

    /// Finds the end of a log: by the checkpoint and a look past it, or else by listing.
    ///
    /// A number that was used is never the next one, even where its record is gone: so the look goes past a hole, and
    /// a checkpoint that lags is not followed record by record.
    pub fn tip(&self, config: &ConfigName, log: Log) -> Result<Tip, StoreError> {
        let Some(seen) = self.checkpoint(config, log)? else {
            return Ok(Tip { number: self.last(config, log)?, seal: None });
        };
        if let Some(last) = self.backend.last(config, log, Some(seen.number))? {
            let number = self.last_packed(config, log)?.max(last);
            return Ok(Tip { number, seal: None });
        }
        let probed = seen.number + 1..=seen.number + PROBES;
        if log == Log::Versions && !self.packs_covering(config, &probed)?.is_empty() {
            let number = self.last(config, log)?;
            if number > seen.number {
                return Ok(Tip { number, seal: None });
            }
        }
        Ok(Tip { number: seen.number, seal: Some(seen.seal) })
    }

    /// What the store remembers of the end of a log. A note that can't be read is as good as none.
    pub fn checkpoint(&self, config: &ConfigName, log: Log) -> Result<Option<Checkpoint>, StoreError> {
        let Some(notes) = self.backend.notes() else { return Ok(None) };
        match notes.recall(config, log) {
            Ok(note) => Ok(note.and_then(|note| Checkpoint::from_note(&note))),
            Err(error) if error.kind == BackendErrorKind::Unreadable => Ok(None),
            Err(error) => Err(error.into()),
        }
    }

    /// The last number that is used, as far as slots and packs tell.
    fn last(&self, config: &ConfigName, log: Log) -> Result<u64, StoreError> {
        let last = self.backend.last(config, log, None)?.unwrap_or(0);
        Ok(self.last_packed(config, log)?.max(last))
    }

    fn last_packed(&self, config: &ConfigName, log: Log) -> Result<u64, StoreError> {
        if log != Log::Versions {
            return Ok(0);
        }
        Ok(self.packs(config)?.into_iter().map(PackName::last).max().unwrap_or(0))
    }

    /// Reads a record. One that can't be read is as good as a damaged one, and the others stay usable.
    ///
    /// A record in a pack counts, whatever lies in the slot. First the slot, then the pack: what is packed is taken out
    /// of its slot later, so that a record which no pack has after the slot was read was in the slot before.
    pub(super) fn read(&self, slot: &Slot<'_>, extent: Extent) -> Result<Vec<u8>, StoreError> {
        let loose = self.read_loose(slot, extent)?;
        match (self.packed(slot, extent), loose) {
            (Ok(Some(packed)), Ok(Some(loose))) => self.better_of(slot, packed, loose),
            (Ok(Some(bytes)), _) | (Ok(None) | Err(StoreError::Corrupt(_)), Ok(Some(bytes))) => Ok(bytes),
            (Err(error), _) => Err(error),
            (Ok(None), Err(corruption)) => Err(corruption.into()),
            // It may have come since, or have gone from one pack to another.
            (Ok(None), Ok(None)) => match self.read_loose(slot, extent)?? {
                Some(bytes) => Ok(bytes),
                None => match self.packed(slot, extent)? {
                    Some(bytes) => Ok(bytes),
                    None => Err(self.gone(slot)?.into()),
                },
            },
        }
    }

    /// The record in a pack, but where only that in the slot is sound: what is in the way there need not be, and what is
    /// in the pack may have been damaged since.
    fn better_of(&self, slot: &Slot<'_>, packed: Vec<u8>, loose: Vec<u8>) -> Result<Vec<u8>, StoreError> {
        if packed == loose {
            return Ok(packed);
        }
        let is_sound =
            |bytes: &[u8]| decode_version(bytes).is_ok_and(|(version, _)| version.number == slot.number);
        let whole_packed = self.packed(slot, Extent::Whole)?.unwrap_or_default();
        let whole_loose = self.read_loose(slot, Extent::Whole)?.ok().flatten().unwrap_or_default();
        Ok(if !is_sound(&whole_packed) && is_sound(&whole_loose) { loose } else { packed })
    }

    /// Reads a record in its slot; the damage where it is there and can't be read.
    pub(crate) fn read_loose(
        &self,
        slot: &Slot<'_>,
        extent: Extent,
    ) -> Result<Result<Option<Vec<u8>>, Corruption>, StoreError> {
        // What goes away by itself must not count as damage, for then the history goes on around the record.
        let read = match self.backend.read(slot, extent) {
            Err(error) if error.kind == BackendErrorKind::Unreadable => self.backend.read(slot, extent),
            read => read,
        };
        match read {
            Ok(bytes) => Ok(Ok(bytes)),
            Err(error) if error.kind == BackendErrorKind::Unreadable => {
                Ok(Err(self.unreadable(slot, &error)))
            }
            Err(error) => Err(error.into()),
        }
    }

    pub(super) fn check_place(
        &self,
        slot: &Slot<'_>,
        config: &ConfigName,
        number: u64,
    ) -> Result<(), StoreError> {
        if config == slot.config && number == slot.number {
            return Ok(());
        }
        let problem = Problem::Misplaced(format!("number {number} of {config}"));
        Err(self.corruption(slot, Flaw { line: None, problem }).into())
    }

    pub(crate) fn unreadable(&self, slot: &Slot<'_>, error: &BackendError) -> Corruption {
        let problem = Problem::Unreadable(error.source.to_string());
        self.corruption(slot, Flaw { line: None, problem })
    }

    pub(crate) fn corruption(&self, slot: &Slot<'_>, flaw: Flaw) -> Corruption {
        Corruption {
            config: slot.config.clone(),
            number: slot.number,
            is_ref: slot.log == Log::Refs,
            object: self.object(slot),
            flaw,
        }
    }
}

impl Store {
    /// Where a person finds a record: in its slot, or in the pack that counts for it.
    fn object(&self, slot: &Slot<'_>) -> String {
        match self.packs_by_rank(slot).ok().and_then(|packs| packs.first().copied()) {
            Some(name) => self.describe_pack(&Pack { config: slot.config, name }),
            None => self.backend.describe(slot),
        }
    }
}

/// How much is read first for a header: nearly all are shorter.
const USUAL_HEADER_BYTES: usize = 8192;
