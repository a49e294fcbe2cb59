//! The records that were read or written last, so that the copies of the next ones need not read them again.

use std::sync::{Mutex, MutexGuard};

use crate::backend::{Log, Slot};
use crate::model::name::ConfigName;

/// Keeps the bytes of a few records that are whole, one of each log, for as many threads as write at once. It may forget
/// them at any time.
#[derive(Debug, Default)]
pub(super) struct LastRecord(Mutex<Vec<Record>>);

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
        let mut kept = self.kept();
        kept.retain(|record| (&record.config, record.log) != (slot.config, slot.log));
        if bytes.len() > MAX_BYTES {
            return;
        }
        let mut size_bytes = bytes.len() + kept.iter().map(|record| record.bytes.len()).sum::<usize>();
        while kept.len() >= MOST_KEPT || size_bytes > MAX_BYTES {
            size_bytes -= kept.remove(0).bytes.len();
        }
        let (config, Slot { log, number, .. }) = (slot.config.clone(), *slot);
        kept.push(Record { config, log, number, bytes });
    }

    /// Gives away the bytes of a record, where they are kept.
    pub(super) fn take(&self, slot: &Slot<'_>) -> Option<Vec<u8>> {
        let mut kept = self.kept();
        let at = kept.iter().position(|record| record.is_of(slot))?;
        Some(kept.remove(at).bytes)
    }

    fn kept(&self) -> MutexGuard<'_, Vec<Record>> {
        // Whatever a panicking thread left is a list of whole records.
        self.0.lock().unwrap_or_else(|poisoned| poisoned.into_inner())
    }
}

impl Record {
    fn is_of(&self, slot: &Slot<'_>) -> bool {
        (&self.config, self.log, self.number) == (slot.config, slot.log, slot.number)
    }
}

/// How many records are kept.
const MOST_KEPT: usize = 32;

/// How long they are together.
const MAX_BYTES: usize = 1 << 20;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_record_of_each_of_some_logs_is_kept_and_given_away_once() {
        let kept = LastRecord::default();
        let config = |at: usize| ConfigName::new(&format!("{at}.yaml")).expect("a plain name");
        let put = |at, log, number, bytes: &[u8]| {
            kept.put(&Slot { config: &config(at), log, number }, bytes.to_vec());
        };
        let take = |at, log, number| kept.take(&Slot { config: &config(at), log, number });
        put(0, Log::Versions, 1, b"a");
        put(0, Log::Versions, 2, b"b");
        put(0, Log::Refs, 1, b"c");
        assert_eq!(take(0, Log::Versions, 1), None, "there is a newer one");
        assert_eq!(take(0, Log::Versions, 2).as_deref(), Some(&b"b"[..]));
        assert_eq!(take(0, Log::Versions, 2), None, "it was given away");
        (1..=MOST_KEPT).for_each(|at| put(at, Log::Versions, 1, b"d"));
        assert_eq!(take(0, Log::Refs, 1), None, "the oldest is forgotten");
        put(1, Log::Versions, 2, &vec![0; MAX_BYTES + 1]);
        assert_eq!(take(1, Log::Versions, 2), None, "too long");
        put(1, Log::Versions, 2, &vec![0; MAX_BYTES]);
        assert_eq!(take(2, Log::Versions, 1), None, "there is room for one alone");
        assert!(take(1, Log::Versions, 2).is_some());
    }
}
