//! What was read and saved last, so that the next save need not read and parse it again.

use std::sync::{Mutex, MutexGuard};

use crate::backend::{Log, Slot};
use crate::format::Document;
use crate::model::checksum::Checksum;
use crate::model::format::Format;
use crate::model::name::ConfigName;

/// Keeps a few parsed documents, each known by the checksum of its source, and the bytes of the record that was read
/// or written last. It may forget any of them at any time.
#[derive(Debug, Default)]
pub(crate) struct Recent {
    documents: Mutex<Vec<(Checksum, Document)>>,
    record: Mutex<Option<Record>>,
}

/// A record that is whole.
#[derive(Debug)]
struct Record {
    config: ConfigName,
    log: Log,
    number: u64,
    bytes: Vec<u8>,
}

impl Recent {
    /// Keeps the document of a source.
    pub(crate) fn put(&self, checksum: Checksum, document: &Document, size_bytes: usize) {
        if size_bytes > MAX_SOURCE_BYTES {
            return;
        }
        let mut kept = self.kept();
        kept.retain(|(known, _)| *known != checksum);
        if kept.len() >= MOST_KEPT {
            kept.remove(0);
        }
        kept.push((checksum, document.clone()));
    }

    /// Gives away the document of a source that was read in this format, where it is kept.
    pub(crate) fn take(&self, checksum: Checksum, format: Format) -> Option<Document> {
        let mut kept = self.kept();
        let at = kept.iter().position(|(known, document)| *known == checksum && document.format == format)?;
        Some(kept.swap_remove(at).1)
    }

    /// Keeps the bytes of a record that is whole.
    pub(crate) fn put_record(&self, slot: &Slot<'_>, bytes: Vec<u8>) {
        if bytes.len() <= MAX_SOURCE_BYTES {
            let record = Record { config: slot.config.clone(), log: slot.log, number: slot.number, bytes };
            *self.kept_record() = Some(record);
        }
    }

    /// Gives away the bytes of a record, where they are kept.
    pub(crate) fn take_record(&self, slot: &Slot<'_>) -> Option<Vec<u8>> {
        let is_it = |record: &mut Record| {
            (&record.config, record.log, record.number) == (slot.config, slot.log, slot.number)
        };
        Some(self.kept_record().take_if(is_it)?.bytes)
    }

    fn kept_record(&self) -> MutexGuard<'_, Option<Record>> {
        self.record.lock().unwrap_or_else(|poisoned| poisoned.into_inner())
    }

    fn kept(&self) -> MutexGuard<'_, Vec<(Checksum, Document)>> {
        // Whatever a panicking thread left is a list of whole documents.
        self.documents.lock().unwrap_or_else(|poisoned| poisoned.into_inner())
    }
}

/// How many documents are kept.
const MOST_KEPT: usize = 8;

/// Of what is longer nothing is kept.
const MAX_SOURCE_BYTES: usize = 1 << 20;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::canonical::checksum;
    use crate::format;

    #[test]
    fn the_last_documents_are_kept_by_source_and_format() {
        let recent = Recent::default();
        for number in 0..MOST_KEPT + 1 {
            let source = number.to_string();
            recent.put(checksum(source.as_bytes()), &format::read("a.json", source.as_str(), None), 1);
        }
        assert!(recent.take(checksum(b"0"), Format::Json).is_none(), "the oldest is forgotten");
        assert!(recent.take(checksum(b"1"), Format::Yaml).is_none(), "another format is another document");
        assert!(recent.take(checksum(b"1"), Format::Json).is_some());
        assert!(recent.take(checksum(b"1"), Format::Json).is_none(), "it was given away");
        recent.put(checksum(b"2"), &format::read("a.json", "2", None), MAX_SOURCE_BYTES + 1);
        assert!(recent.take(checksum(b"2"), Format::Json).is_some(), "the one from before");
    }
}
