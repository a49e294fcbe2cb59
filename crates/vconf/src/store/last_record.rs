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
}

impl LastRecord {
    /// Keeps the bytes of a record that is whole.
    pub(super) fn put(&self, slot: &Slot<'_>, bytes: Vec<u8>) {
        if bytes.len() <= MAX_BYTES {
            let record = Record { config: slot.config.clone(), log: slot.log, number: slot.number, bytes };
            *self.kept() = Some(record);
        }
    }

    /// Gives away the bytes of a record, where they are kept.
    pub(super) fn take(&self, slot: &Slot<'_>) -> Option<Vec<u8>> {
        let is_it = |record: &mut Record| {
            (&record.config, record.log, record.number) == (slot.config, slot.log, slot.number)
        };
        Some(self.kept().take_if(is_it)?.bytes)
    }

    fn kept(&self) -> MutexGuard<'_, Option<Record>> {
        // Whatever a panicking thread left is a whole record, or none.
        self.0.lock().unwrap_or_else(|poisoned| poisoned.into_inner())
    }
}

/// What is longer is not kept.
const MAX_BYTES: usize = 1 << 20;
