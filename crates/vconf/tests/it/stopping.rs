//! A backend whose process stops at one of its writes.

use std::io;
use std::path::Path;
use std::sync::atomic::{AtomicI64, Ordering};

use vconf::backend::{
    Backend, BackendError, BackendErrorKind, Cache, CachePlace, Creation, Extent, Folder, JournalPart,
    Journals, Log, Notes, Object, OwnFlaw, Pack, PackName, Packs, Piece, SettingsFile, Slot, Upkeep,
    WritePack,
};
use vconf::model::name::ConfigName;

/// Does what the folder below does, until so many writes were made; from then on nothing is done any more.
#[derive(Debug)]
pub(crate) struct Stopping {
    below: Folder,
    /// How many more writes are made; negative once the process has stopped.
    left: AtomicI64,
    /// Whether the last write is made before the process stops.
    is_last_made: bool,
}

impl Stopping {
    /// Stops at the write after so many.
    pub(crate) fn after(below: Folder, writes: u64, is_last_made: bool) -> Self {
        let left = AtomicI64::new(writes.try_into().unwrap_or(i64::MAX));
        Self { below, left, is_last_made }
    }

    fn stopped() -> BackendError {
        let source = io::Error::other("the process has stopped");
        BackendError { kind: BackendErrorKind::Failed, object: "anything".to_owned(), source }
    }

    fn reading<T>(&self, act: impl FnOnce(&Folder) -> Result<T, BackendError>) -> Result<T, BackendError> {
        if self.left.load(Ordering::SeqCst) < 0 { Err(Self::stopped()) } else { act(&self.below) }
    }

    fn writing<T>(&self, act: impl FnOnce(&Folder) -> Result<T, BackendError>) -> Result<T, BackendError> {
        match self.left.fetch_sub(1, Ordering::SeqCst) {
            1.. => act(&self.below),
            0 if self.is_last_made => act(&self.below).and(Err(Self::stopped())),
            _ => Err(Self::stopped()),
        }
    }
}

impl Backend for Stopping {
    fn create(&self, slot: &Slot<'_>, bytes: &[u8]) -> Result<Creation, BackendError> {
        self.writing(|below| Backend::create(below, slot, bytes))
    }

    fn read(&self, slot: &Slot<'_>, extent: Extent) -> Result<Option<Vec<u8>>, BackendError> {
        self.reading(|below| Backend::read(below, slot, extent))
    }

    fn exists(&self, slot: &Slot<'_>) -> Result<bool, BackendError> {
        self.reading(|below| below.exists(slot))
    }

    fn list(&self, config: &ConfigName, log: Log) -> Result<Vec<u64>, BackendError> {
        self.reading(|below| Backend::list(below, config, log))
    }

    fn configs(&self) -> Result<Vec<ConfigName>, BackendError> {
        self.reading(Folder::configs)
    }

    fn settle(&self, config: &ConfigName, log: Log) -> Result<(), BackendError> {
        self.reading(|below| below.settle(config, log))
    }

    fn remove(&self, slot: &Slot<'_>) -> Result<(), BackendError> {
        self.writing(|below| Backend::remove(below, slot))
    }

    fn describe(&self, slot: &Slot<'_>) -> String {
        Backend::describe(&self.below, slot)
    }

    fn describe_object(&self, object: &Object<'_>) -> String {
        self.below.describe_object(object)
    }

    fn folder(&self) -> Option<&Path> {
        self.below.folder()
    }

    fn settings(&self) -> Result<Option<SettingsFile>, BackendError> {
        self.reading(Folder::settings)
    }

    fn notes(&self) -> Option<&dyn Notes> {
        Some(self)
    }

    fn packs(&self) -> Option<&dyn Packs> {
        Some(self)
    }

    fn journals(&self) -> Option<&dyn Journals> {
        Some(self)
    }

    fn cache(&self) -> Option<&dyn Cache> {
        Some(self)
    }

    fn upkeep(&self) -> Option<&dyn Upkeep> {
        Some(self)
    }
}

impl Notes for Stopping {
    fn remember(&self, config: &ConfigName, log: Log, note: &[u8]) -> Result<(), BackendError> {
        self.writing(|below| below.remember(config, log, note))
    }

    fn recall(&self, config: &ConfigName, log: Log) -> Result<Option<Vec<u8>>, BackendError> {
        self.reading(|below| below.recall(config, log))
    }
}

impl Packs for Stopping {
    fn create(&self, pack: &Pack<'_>, write: &mut WritePack<'_>) -> Result<Creation, BackendError> {
        self.writing(|below| Packs::create(below, pack, write))
    }

    fn read(&self, pack: &Pack<'_>, piece: Piece) -> Result<Option<Vec<u8>>, BackendError> {
        self.reading(|below| Packs::read(below, pack, piece))
    }

    fn list(&self, config: &ConfigName) -> Result<Vec<PackName>, BackendError> {
        self.reading(|below| Packs::list(below, config))
    }

    fn covering(
        &self,
        config: &ConfigName,
        numbers: &std::ops::RangeInclusive<u64>,
    ) -> Result<Vec<PackName>, BackendError> {
        self.reading(|below| below.covering(config, numbers))
    }

    fn remove(&self, pack: &Pack<'_>) -> Result<(), BackendError> {
        self.writing(|below| Packs::remove(below, pack))
    }

    fn describe(&self, pack: &Pack<'_>) -> String {
        Packs::describe(&self.below, pack)
    }
}

impl Journals for Stopping {
    fn list(&self, config: &ConfigName, log: Log) -> Result<Vec<u64>, BackendError> {
        self.reading(|below| Journals::list(below, config, log))
    }

    fn read(&self, part: &JournalPart<'_>, last: Option<usize>) -> Result<Option<Vec<u8>>, BackendError> {
        self.reading(|below| Journals::read(below, part, last))
    }

    fn append(&self, part: &JournalPart<'_>, bytes: &[u8]) -> Result<(), BackendError> {
        self.writing(|below| below.append(part, bytes))
    }

    fn rewrite(&self, part: &JournalPart<'_>, bytes: &[u8]) -> Result<(), BackendError> {
        self.writing(|below| below.rewrite(part, bytes))
    }
}

impl Cache for Stopping {
    fn read(
        &self,
        config: &ConfigName,
        name: &str,
        offset: u64,
        limit_bytes: usize,
    ) -> Result<Option<Vec<u8>>, BackendError> {
        self.reading(|below| Cache::read(below, config, name, offset, limit_bytes))
    }

    fn write(
        &self,
        config: &ConfigName,
        name: &str,
        bytes: &[u8],
        place: CachePlace,
    ) -> Result<bool, BackendError> {
        self.writing(|below| Cache::write(below, config, name, bytes, place))
    }
}

impl Upkeep for Stopping {
    fn own_flaws(&self) -> Result<Vec<OwnFlaw>, BackendError> {
        self.reading(Folder::own_flaws)
    }

    fn leftovers(&self, config: &ConfigName, log: Log) -> Result<Vec<String>, BackendError> {
        self.reading(|below| below.leftovers(config, log))
    }

    fn restore(&self, object: &Object<'_>, bytes: &[u8]) -> Result<Option<String>, BackendError> {
        self.writing(|below| below.restore(object, bytes))
    }

    fn put_aside(&self, pack: &Pack<'_>) -> Result<Option<String>, BackendError> {
        self.writing(|below| below.put_aside(pack))
    }
}
