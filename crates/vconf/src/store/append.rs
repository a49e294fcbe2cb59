//! Writing records: each is created in the next empty slot, or not at all.

use super::Store;
use super::checkpoint::Checkpoint;
use super::decode::{decode_header, decode_ref};
use super::encode::{Draft, RefDraft, encode_ref, encode_version};
use super::error::{Flaw, Problem, StoreError};
use super::read::Tip;
use crate::backend::{BackendError, BackendErrorKind, Creation, Extent, Log, MAX_RECORD_BYTES, Slot};
use crate::model::checksum::{Checksum, Id};
use crate::model::name::ConfigName;
use crate::model::record::{MAX_NUMBER, RefChange, Version};

/// What became of a record that was to be the next.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Appended<T> {
    /// It was written, and survives any crash.
    Written(T),
    /// Another writer's record has the number.
    Lost,
}

impl Store {
    /// Writes a version as the one after `tip`, where no other writer was faster.
    pub fn append_version(&self, draft: &Draft<'_>, tip: Tip) -> Result<Appended<Version>, StoreError> {
        check_size(draft.source.len() as u64, MAX_SOURCE_BYTES)?;
        // A ref may name a version that the log has lost: its number was used, and is not used again.
        let newest = draft.parents.iter().copied().fold(tip.number, u64::max);
        let seal = tip.seal.filter(|_| newest == tip.number);
        let number = self.after(draft.config, Log::Versions, newest)?;
        let (version, bytes) = encode_version(draft, number, seal);
        let slot = Slot { config: draft.config, log: Log::Versions, number: version.number };
        let written = self.append(&slot, bytes, draft.id, version.seal)?;
        Ok(if written { Appended::Written(version) } else { Appended::Lost })
    }

    /// Writes a change of refs as the one after `tip`, where no other writer was faster.
    pub fn append_ref(&self, draft: &RefDraft<'_>, tip: Tip) -> Result<Appended<RefChange>, StoreError> {
        let (change, bytes) = encode_ref(draft, self.after(draft.config, Log::Refs, tip.number)?, tip.seal);
        let slot = Slot { config: draft.config, log: Log::Refs, number: change.number };
        let written = self.append(&slot, bytes, draft.id, change.seal)?;
        Ok(if written { Appended::Written(change) } else { Appended::Lost })
    }

    /// Makes all that can be read of a log survive a crash.
    pub fn settle(&self, config: &ConfigName, log: Log) -> Result<(), StoreError> {
        Ok(self.backend.settle(config, log)?)
    }

    /// The number after another.
    fn after(&self, config: &ConfigName, log: Log, number: u64) -> Result<u64, StoreError> {
        if number < MAX_NUMBER {
            return Ok(number + 1);
        }
        let flaw = Flaw { line: None, problem: Problem::Last };
        Err(self.corruption(&Slot { config, log, number }, flaw).into())
    }

    fn append(&self, slot: &Slot<'_>, bytes: Vec<u8>, id: Id, seal: Checksum) -> Result<bool, StoreError> {
        check_size(bytes.len() as u64, MAX_RECORD_BYTES)?;
        let is_ours = match self.backend.create(slot, &bytes) {
            Ok(Creation::Created) => {
                self.remember(slot, seal);
                self.copy_to_journal(slot, bytes, seal);
                return Ok(true);
            }
            // A retry below us may have found our own record.
            Ok(Creation::Taken) => self.id_in(slot)? == Some(id),
            Err(error) if error.kind == BackendErrorKind::Unknown => self.settle_doubt(slot, id, error)?,
            Err(error) => return Err(error.into()),
        };
        // What was found there need not be durable: neither our own record, which is to be reported as written, nor
        // another, which whoever goes on from here builds on.
        match self.backend.settle(slot.config, slot.log) {
            Ok(()) if is_ours => {
                self.remember(slot, seal);
                self.copy_to_journal(slot, bytes, seal);
            }
            Ok(()) => {}
            Err(error) if is_ours => {
                return Err(BackendError { kind: BackendErrorKind::Unconfirmed, ..error }.into());
            }
            Err(error) => return Err(error.into()),
        }
        Ok(is_ours)
    }

    /// Remembers a record as the newest, unless another writer has remembered a newer one.
    fn remember(&self, slot: &Slot<'_>, seal: Checksum) {
        // The note only saves time, and shows a cut-off end: a record that is written does not fail for it.
        if let Ok(seen) = self.checkpoint(slot.config, slot.log)
            && seen.is_none_or(|seen| seen.number < slot.number)
        {
            let note = Checkpoint { number: slot.number, seal }.to_note();
            let _ = self.backend.remember(slot.config, slot.log, &note);
        }
    }

    /// Reads a slot back after an unclear answer: the record's id tells whose it is.
    fn settle_doubt(&self, slot: &Slot<'_>, id: Id, error: BackendError) -> Result<bool, StoreError> {
        match self.id_in(slot) {
            Ok(Some(found)) => Ok(found == id),
            Ok(None) | Err(_) => Err(error.into()),
        }
    }

    /// The id of the record in a slot; `None` where it is damaged. A slot that is taken and holds nothing is an error:
    /// whoever tried the next number would be sent to this one again, for ever.
    fn id_in(&self, slot: &Slot<'_>) -> Result<Option<Id>, StoreError> {
        let bytes = self.read(slot, Extent::Whole)?;
        Ok(match slot.log {
            Log::Versions => decode_header(&bytes).map(|(version, _)| version.id).ok(),
            Log::Refs => decode_ref(&bytes).map(|change| change.id).ok(),
        })
    }
}

fn check_size(size_bytes: u64, limit_bytes: u64) -> Result<(), StoreError> {
    if size_bytes <= limit_bytes { Ok(()) } else { Err(StoreError::TooLarge { size_bytes, limit_bytes }) }
}

/// How long a source may be.
pub const MAX_SOURCE_BYTES: u64 = 256 << 20;
