//! The documents that were saved last, so that the next save need not parse them again.

use std::sync::{Mutex, MutexGuard};

use crate::format::Document;
use crate::model::checksum::Checksum;
use crate::model::format::Format;

/// Keeps a few parsed documents, each known by the checksum of its source. It may forget any of them at any time.
#[derive(Debug, Default)]
pub(crate) struct Recent(Mutex<Vec<(Checksum, Document)>>);

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

    fn kept(&self) -> MutexGuard<'_, Vec<(Checksum, Document)>> {
        // Whatever a panicking thread left is a list of whole documents.
        self.0.lock().unwrap_or_else(|poisoned| poisoned.into_inner())
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
