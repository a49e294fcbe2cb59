//! Reading typed records.

use super::Store;
use super::checkpoint::Checkpoint;
use super::decode::{decode_header, decode_ref, decode_version};
use super::error::{Corruption, Flaw, Problem, StoreError};
use crate::backend::{BackendErrorKind, Extent, Log, Slot};
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
        Ok(self.backend.list(config, Log::Versions)?)
    }

    /// Reads a version and its source. A missing one is corrupt.
    pub fn version(&self, config: &ConfigName, number: u64) -> Result<(Version, Vec<u8>), StoreError> {
        let slot = Slot { config, log: Log::Versions, number };
        let bytes = self.record(&slot)?;
        let (version, source) = decode_version(&bytes).map_err(|flaw| self.corruption(&slot, flaw))?;
        self.check_place(&slot, &version.config, version.number)?;
        Ok((version, source))
    }

    /// Reads a version without its source, whose checksum is then not checked. A missing one is corrupt.
    pub fn header(&self, config: &ConfigName, number: u64) -> Result<Version, StoreError> {
        let slot = Slot { config, log: Log::Versions, number };
        let prefix = self.bytes(&slot, Extent::Prefix(USUAL_HEADER_BYTES))?;
        let version = match decode_header(&prefix) {
            Ok((version, _)) => version,
            Err(_) if prefix.len() == USUAL_HEADER_BYTES => {
                let bytes = self.record(&slot)?;
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
        let bytes = self.record(&slot)?;
        let change = decode_ref(&bytes).map_err(|flaw| self.corruption(&slot, flaw))?;
        self.check_place(&slot, &change.config, change.number)?;
        Ok(change)
    }

    /// Reads the exact bytes of a version's record, unchecked.
    pub fn record_bytes(&self, config: &ConfigName, number: u64) -> Result<Vec<u8>, StoreError> {
        self.record(&Slot { config, log: Log::Versions, number })
    }

    /// Finds the end of a log: by the checkpoint and a look past it, or else by listing.
    pub fn tip(&self, config: &ConfigName, log: Log) -> Result<Tip, StoreError> {
        let seen = self.checkpoint(config, log)?;
        let mut number = match seen {
            Some(seen) => seen.number,
            None => self.last_listed(config, log)?,
        };
        for step in 0.. {
            if !self.backend.exists(&Slot { config, log, number: number + 1 })? {
                break;
            }
            number += 1;
            if step == MOST_PROBES {
                number = self.last_listed(config, log)?.max(number);
            }
        }
        let seal = seen.filter(|seen| seen.number == number).map(|seen| seen.seal);
        Ok(Tip { number, seal })
    }

    /// What the store remembers of the end of a log.
    pub fn checkpoint(&self, config: &ConfigName, log: Log) -> Result<Option<Checkpoint>, StoreError> {
        Ok(self.backend.recall(config, log)?.and_then(|note| Checkpoint::from_note(&note)))
    }

    fn last_listed(&self, config: &ConfigName, log: Log) -> Result<u64, StoreError> {
        Ok(self.backend.list(config, log)?.last().copied().unwrap_or(0))
    }

    fn record(&self, slot: &Slot<'_>) -> Result<Vec<u8>, StoreError> {
        self.bytes(slot, Extent::Whole)
    }

    fn bytes(&self, slot: &Slot<'_>, extent: Extent) -> Result<Vec<u8>, StoreError> {
        let problem = match self.backend.read(slot, extent) {
            Ok(Some(bytes)) => return Ok(bytes),
            Ok(None) => Problem::Missing,
            Err(error) if error.kind == BackendErrorKind::Unreadable => {
                Problem::Unreadable(error.source.to_string())
            }
            Err(error) => return Err(error.into()),
        };
        Err(self.corruption(slot, Flaw { line: None, problem }).into())
    }

    fn check_place(&self, slot: &Slot<'_>, config: &ConfigName, number: u64) -> Result<(), StoreError> {
        if config == slot.config && number == slot.number {
            return Ok(());
        }
        let problem = Problem::Misplaced(format!("number {number} of {config}"));
        Err(self.corruption(slot, Flaw { line: None, problem }).into())
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

/// How far past a checkpoint to look before listing.
const MOST_PROBES: usize = 32;
