//! Reading typed records.

use super::Store;
use super::checkpoint::Checkpoint;
use super::decode::{decode_header, decode_ref, decode_version};
use super::error::{Corruption, Flaw, Problem, StoreError};
use crate::backend::{BackendError, BackendErrorKind, Extent, Log, Slot};
use crate::model::checksum::Checksum;
use crate::model::name::ConfigName;
use crate::model::record::{MAX_NUMBER, RefChange, Version};

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
        Ok(self.backend.list(config, Log::Versions)?)
    }

    /// Reads a version and its source. A missing one is corrupt.
    pub fn version(&self, config: &ConfigName, number: u64) -> Result<(Version, Vec<u8>), StoreError> {
        let slot = Slot { config, log: Log::Versions, number };
        let bytes = self.read(&slot, Extent::Whole)?;
        let (version, source) = decode_version(&bytes).map_err(|flaw| self.corruption(&slot, flaw))?;
        self.check_place(&slot, &version.config, version.number)?;
        self.recent.put_record(&slot, bytes);
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
            return Ok(Tip { number: self.last_listed(config, log)?, seal: None });
        };
        for number in seen.number + 1..=seen.number + PROBES {
            if self.backend.exists(&Slot { config, log, number })? {
                let number = self.last_listed(config, log)?.max(number);
                return Ok(Tip { number, seal: None });
            }
        }
        Ok(Tip { number: seen.number, seal: Some(seen.seal) })
    }

    /// What the store remembers of the end of a log. A note that can't be read is as good as none.
    pub fn checkpoint(&self, config: &ConfigName, log: Log) -> Result<Option<Checkpoint>, StoreError> {
        match self.backend.recall(config, log) {
            Ok(note) => Ok(note.and_then(|note| Checkpoint::from_note(&note))),
            Err(error) if error.kind == BackendErrorKind::Unreadable => Ok(None),
            Err(error) => Err(error.into()),
        }
    }

    fn last_listed(&self, config: &ConfigName, log: Log) -> Result<u64, StoreError> {
        let numbers = self.backend.list(config, log)?;
        Ok(numbers.into_iter().rev().find(|&number| number <= MAX_NUMBER).unwrap_or(0))
    }

    /// Reads a record. One that can't be read is as good as a damaged one, and the others stay usable.
    pub(super) fn read(&self, slot: &Slot<'_>, extent: Extent) -> Result<Vec<u8>, StoreError> {
        // What goes away by itself must not count as damage, for then the history goes on around the record.
        let read = match self.backend.read(slot, extent) {
            Err(error) if error.kind == BackendErrorKind::Unreadable => self.backend.read(slot, extent),
            read => read,
        };
        match read {
            Ok(Some(bytes)) => Ok(bytes),
            Ok(None) => Err(self.missing(slot).into()),
            Err(error) if error.kind == BackendErrorKind::Unreadable => {
                Err(self.unreadable(slot, &error).into())
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

    fn missing(&self, slot: &Slot<'_>) -> Corruption {
        self.corruption(slot, Flaw { line: None, problem: Problem::Missing })
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
            object: self.backend.describe(slot),
            flaw,
        }
    }
}

/// How much is read first for a header: nearly all are shorter.
const USUAL_HEADER_BYTES: usize = 8192;

/// How many numbers past a checkpoint are looked at: a hole as long would be taken for the end.
pub(crate) const PROBES: u64 = 8;
