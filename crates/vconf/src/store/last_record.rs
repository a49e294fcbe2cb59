//! The record that was read or written last, so that the copy of the next one need not read it again.

use std::sync::{Mutex, MutexGuard};

use crate::backend::{Log, Slot};
use crate::model::name::ConfigName;

/// Keeps the bytes of one record that is whole. It may forget them at any time.
#[derive(Debug, Default)]
pub(super) struct LastRecord(Mutex<Option<Record>>);

#[derive(Debug)]
struct Record {
    config: ConfigName,
    log: Log,
    number: u64,
    bytes: Vec<u8>,
    is_copied: bool,
}

impl LastRecord {
    /// Keeps the bytes of a record that is whole, and whether its copy was put at the end of the journal.
    pub(super) fn put(&self, slot: &Slot<'_>, bytes: Vec<u8>, is_copied: bool) {
        if bytes.len() <= MAX_BYTES {
            let (config, Slot { log, number, .. }) = (slot.config.clone(), *slot);
            *self.kept() = Some(Record { config, log, number, bytes, is_copied });
        }
    }

    /// Whether the copy of a record was put at the end of the journal, by this process.
    pub(super) fn is_copied(&self, slot: &Slot<'_>) -> bool {
        self.kept().as_ref().is_some_and(|record| record.is_copied && record.is_of(slot))
    }

    /// Gives away the bytes of a record, where they are kept.
    pub(super) fn take(&self, slot: &Slot<'_>) -> Option<Vec<u8>> {
        Some(self.kept().take_if(|record| record.is_of(slot))?.bytes)
    }

    fn kept(&self) -> MutexGuard<'_, Option<Record>> {
        // Whatever a panicking thread left is a whole record, or none.
        self.0.lock().unwrap_or_else(|poisoned| poisoned.into_inner())
    }
}

impl Record {
    fn is_of(&self, slot: &Slot<'_>) -> bool {
        (&self.config, self.log, self.number) == (slot.config, slot.log, slot.number)
    }
}

/// What is longer is not kept.
const MAX_BYTES: usize = 1 << 20;
