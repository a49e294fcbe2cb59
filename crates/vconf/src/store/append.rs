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
                // A packer may have been faster than this look; then the pack has our own record.
                let is_ours = self.id_in_pack(slot)?.is_none_or(|found| found == Some(id));
                if is_ours {
                    self.remember(slot, seal);
                    self.copy_to_journal(slot, bytes, seal);
                } else {
                    self.give_up(slot, id);
                }
                return Ok(is_ours);
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

    /// The id of the record that a pack has of this number, where a pack stands for it: the slot may have been empty for
    /// the reason that its record is there, or was forgotten.
    fn id_in_pack(&self, slot: &Slot<'_>) -> Result<Option<Option<Id>>, StoreError> {
        if slot.log != Log::Versions {
            return Ok(None);
        }
        let unknown = |error| match error {
            // The record is there, and whether it counts is what can't be known.
            StoreError::Backend(error) => BackendError { kind: BackendErrorKind::Unknown, ..error }.into(),
            error => error,
        };
        if self.packs_by_rank(slot).map_err(unknown)?.is_empty() {
            return Ok(None);
        }
        let bytes = self.packed(slot, Extent::Whole).map_err(unknown)?;
        Ok(Some(bytes.and_then(|bytes| id_of(slot.log, &bytes))))
    }

    /// Takes our own record out of a slot that is another's for good. Where that fails it stays, and does no harm: the
    /// record in the pack counts.
    fn give_up(&self, slot: &Slot<'_>, id: Id) {
        if let Ok(Ok(Some(bytes))) = self.read_loose(slot, Extent::Whole)
            && id_of(slot.log, &bytes) == Some(id)
        {
            let _ = self.backend.remove(slot);
        }
    }

    /// Remembers a record as the newest, unless another writer has remembered a newer one.
    fn remember(&self, slot: &Slot<'_>, seal: Checksum) {
        // The note only saves time, and shows a cut-off end: a record that is written does not fail for it.
        if let Some(notes) = self.backend.notes()
            && let Ok(seen) = self.checkpoint(slot.config, slot.log)
            && seen.is_none_or(|seen| seen.number < slot.number)
        {
            let note = Checkpoint { number: slot.number, seal }.to_note();
            let _ = notes.remember(slot.config, slot.log, &note);
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
        Ok(id_of(slot.log, &bytes))
    }
}

fn id_of(log: Log, record: &[u8]) -> Option<Id> {
    match log {
        Log::Versions => decode_header(record).map(|(version, _)| version.id).ok(),
        Log::Refs => decode_ref(record).map(|change| change.id).ok(),
    }
}

fn check_size(size_bytes: u64, limit_bytes: u64) -> Result<(), StoreError> {
    if size_bytes <= limit_bytes { Ok(()) } else { Err(StoreError::TooLarge { size_bytes, limit_bytes }) }
}

/// How long a source may be.
pub const MAX_SOURCE_BYTES: u64 = 256 << 20;
