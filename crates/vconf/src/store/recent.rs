//! The documents that were saved last, so that the next save need not read and parse them again.

use std::sync::{Mutex, MutexGuard};

use crate::format::Document;
use crate::model::checksum::Checksum;
use crate::model::name::ConfigName;
use crate::model::record::Version;

/// Keeps a few parsed documents, each the content of the newest version of a config that this process saved. It may
/// forget any of them at any time.
#[derive(Debug, Default)]
pub(crate) struct Recent(Mutex<Vec<Kept>>);

#[derive(Debug)]
struct Kept {
    config: ConfigName,
    number: u64,
    seal: Checksum,
    document: Document,
}

impl Recent {
    /// Keeps the document of a version.
    pub(crate) fn put(&self, version: &Version, document: &Document) {
        let mut kept = self.kept();
        kept.retain(|known| known.config != version.config);
        if version.size_bytes > MAX_SOURCE_BYTES {
            return;
        }
        if kept.len() >= MOST_KEPT {
            kept.remove(0);
        }
        let (config, number, seal) = (version.config.clone(), version.number, version.seal);
        kept.push(Kept { config, number, seal, document: document.clone() });
    }

    /// The document of the version of this number, and the seal that its record had.
    pub(crate) fn get(&self, config: &ConfigName, number: u64) -> Option<(Checksum, Document)> {
        let kept = self.kept();
        let known = kept.iter().find(|known| known.number == number && known.config == *config)?;
        Some((known.seal, known.document.clone()))
    }

    fn kept(&self) -> MutexGuard<'_, Vec<Kept>> {
        // Whatever a panicking thread left is a list of whole documents.
        self.0.lock().unwrap_or_else(|poisoned| poisoned.into_inner())
    }
}

/// How many documents are kept.
const MOST_KEPT: usize = 8;

/// Of what is longer nothing is kept.
const MAX_SOURCE_BYTES: u64 = 1 << 20;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::backend::Log;
    use crate::history::{Context, SaveOptions};
    use crate::store::Store;

    #[test]
    fn the_newest_version_of_each_of_the_last_configs_is_kept() {
        let (store, name) = (Store::in_memory(), |number: usize| {
            ConfigName::new(&format!("{number}.json")).expect("a plain name")
        });
        let save = |number, bytes: &[u8]| {
            let context = Context::system(std::time::SystemTime::UNIX_EPOCH).expect("random bytes");
            store.save(&name(number), bytes, &SaveOptions::default(), &context).expect("saved").version
        };
        for number in 0..=MOST_KEPT {
            save(number, b"0");
        }
        assert!(store.recent.get(&name(0), 1).is_none(), "the oldest is forgotten");
        let version = save(1, b"1");
        assert_eq!(version.number, 2);
        assert!(store.recent.get(&name(1), 1).is_none(), "there is a newer one");
        let (seal, document) = store.recent.get(&name(1), 2).expect("just saved");
        assert_eq!((seal, document.source()), (version.seal, b"1".as_slice()));
        save(1, &vec![b' '; MAX_SOURCE_BYTES as usize + 1]);
        assert!(store.recent.get(&name(1), 3).is_none(), "too long");
        assert!(store.recent.get(&name(1), 2).is_none(), "there is a newer one");
        assert_eq!(store.tip(&name(1), Log::Versions).expect("read").number, 3);
    }

    #[test]
    fn a_version_that_another_put_in_place_of_ours_is_read_anew() {
        let (ours, theirs) = (Store::in_memory(), Store::in_memory());
        let config = ConfigName::new("a.json").expect("a plain name");
        let save = |store: &Store, bytes: &str| {
            let context = Context::system(std::time::SystemTime::UNIX_EPOCH).expect("random bytes");
            let saved = store.save(&config, bytes.as_bytes(), &SaveOptions::default(), &context);
            saved.expect("saved").version
        };
        let theirs_first = save(&theirs, "{\"a\": 5}");
        let ours_first = save(&ours, "{\"a\": 1}");
        let document = ours.recent.get(&config, 1).expect("just saved").1;
        theirs.recent.put(&Version { seal: ours_first.seal, ..theirs_first }, &document);
        assert_eq!(save(&theirs, "{\"a\": 2}").changes.summary, "a 5 → 2");
        assert_eq!(save(&ours, "{\"a\": 2}").changes.summary, "a 1 → 2");
    }
}
