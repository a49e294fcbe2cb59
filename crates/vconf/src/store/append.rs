//! Writing records: each is created in the next empty slot, or not at all.

use super::Store;
use super::checkpoint::Checkpoint;
use super::decode::{decode_header, decode_ref};
use super::encode::{Draft, RefDraft, encode_ref, encode_version};
use super::error::StoreError;
use super::read::Tip;
use crate::backend::{BackendError, BackendErrorKind, Creation, Extent, Log, Slot};
use crate::model::checksum::{Checksum, Id};
use crate::model::name::ConfigName;
use crate::model::record::{RefChange, Version};

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
        let size_bytes = draft.source.len() as u64;
        if size_bytes > MAX_SOURCE_BYTES {
            return Err(StoreError::TooLarge { size_bytes, limit_bytes: MAX_SOURCE_BYTES });
        }
        let (version, bytes) = encode_version(draft, tip.number + 1, tip.seal);
        let slot = Slot { config: draft.config, log: Log::Versions, number: version.number };
        let written = self.append(&slot, &bytes, draft.id, version.seal)?;
        Ok(if written { Appended::Written(version) } else { Appended::Lost })
    }

    /// Writes a change of refs as the one after `tip`, where no other writer was faster.
    pub fn append_ref(&self, draft: &RefDraft<'_>, tip: Tip) -> Result<Appended<RefChange>, StoreError> {
        let (change, bytes) = encode_ref(draft, tip.number + 1, tip.seal);
        let slot = Slot { config: draft.config, log: Log::Refs, number: change.number };
        let written = self.append(&slot, &bytes, draft.id, change.seal)?;
        Ok(if written { Appended::Written(change) } else { Appended::Lost })
    }

    /// Makes all that can be read of a log survive a crash.
    pub fn settle(&self, config: &ConfigName, log: Log) -> Result<(), StoreError> {
        Ok(self.backend.settle(config, log)?)
    }

    fn append(&self, slot: &Slot<'_>, bytes: &[u8], id: Id, seal: Checksum) -> Result<bool, StoreError> {
        let written = match self.backend.create(slot, bytes) {
            Ok(Creation::Created) => true,
            // A retry below us may have found our own record.
            Ok(Creation::Taken) => self.id_in(slot)? == Some(id),
            Err(error) if error.kind == BackendErrorKind::Unknown => self.settle_doubt(slot, id, error)?,
            Err(error) => return Err(error.into()),
        };
        if written {
            // The note only saves time, and shows a cut-off end: a record that is written does not fail for it.
            let note = Checkpoint { number: slot.number, seal }.to_note();
            let _ = self.backend.remember(slot.config, slot.log, &note);
        } else {
            // Whoever goes on from here builds on the other record, so that must be durable first.
            self.backend.settle(slot.config, slot.log)?;
        }
        Ok(written)
    }

    /// Reads a slot back after an unclear answer: the record's id tells whose it is.
    fn settle_doubt(&self, slot: &Slot<'_>, id: Id, error: BackendError) -> Result<bool, StoreError> {
        match self.id_in(slot) {
            Ok(Some(found)) => Ok(found == id),
            Ok(None) | Err(_) => Err(error.into()),
        }
    }

    /// The id of the record in a slot; `None` where there is none that can be read.
    fn id_in(&self, slot: &Slot<'_>) -> Result<Option<Id>, StoreError> {
        let bytes = match self.backend.read(slot, Extent::Whole) {
            Ok(Some(bytes)) => bytes,
            Ok(None) => return Ok(None),
            Err(error) if error.kind == BackendErrorKind::Unreadable => return Ok(None),
            Err(error) => return Err(error.into()),
        };
        Ok(match slot.log {
            Log::Versions => decode_header(&bytes).map(|(version, _)| version.id).ok(),
            Log::Refs => decode_ref(&bytes).map(|change| change.id).ok(),
        })
    }
}

/// How long a source may be.
pub const MAX_SOURCE_BYTES: u64 = 256 << 20;
