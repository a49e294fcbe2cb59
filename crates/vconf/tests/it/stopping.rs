//! A backend whose process stops at one of its writes.

use std::io;
use std::path::Path;
use std::sync::atomic::{AtomicI64, Ordering};

use vconf::backend::{
    Backend, BackendError, BackendErrorKind, CachePlace, Creation, Extent, Folder, JournalPart, Log, Object,
    OwnFlaw, Pack, PackName, Piece, SettingsFile, Slot, WritePack,
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

    fn read<T>(&self, act: impl FnOnce(&Folder) -> Result<T, BackendError>) -> Result<T, BackendError> {
        if self.left.load(Ordering::SeqCst) < 0 { Err(Self::stopped()) } else { act(&self.below) }
    }

    fn write<T>(&self, act: impl FnOnce(&Folder) -> Result<T, BackendError>) -> Result<T, BackendError> {
        match self.left.fetch_sub(1, Ordering::SeqCst) {
            1.. => act(&self.below),
            0 if self.is_last_made => act(&self.below).and(Err(Self::stopped())),
            _ => Err(Self::stopped()),
        }
    }
}

impl Backend for Stopping {
    fn create(&self, slot: &Slot<'_>, bytes: &[u8]) -> Result<Creation, BackendError> {
        self.write(|below| below.create(slot, bytes))
    }

    fn read(&self, slot: &Slot<'_>, extent: Extent) -> Result<Option<Vec<u8>>, BackendError> {
        self.read(|below| below.read(slot, extent))
    }

    fn exists(&self, slot: &Slot<'_>) -> Result<bool, BackendError> {
        self.read(|below| below.exists(slot))
    }

    fn list(&self, config: &ConfigName, log: Log) -> Result<Vec<u64>, BackendError> {
        self.read(|below| below.list(config, log))
    }

    fn configs(&self) -> Result<Vec<ConfigName>, BackendError> {
        self.read(Folder::configs)
    }

    fn settle(&self, config: &ConfigName, log: Log) -> Result<(), BackendError> {
        self.read(|below| below.settle(config, log))
    }

    fn remember(&self, config: &ConfigName, log: Log, note: &[u8]) -> Result<(), BackendError> {
        self.write(|below| below.remember(config, log, note))
    }

    fn recall(&self, config: &ConfigName, log: Log) -> Result<Option<Vec<u8>>, BackendError> {
        self.read(|below| below.recall(config, log))
    }

    fn leftovers(&self, config: &ConfigName, log: Log) -> Result<Vec<String>, BackendError> {
        self.read(|below| below.leftovers(config, log))
    }

    fn keeps_journals(&self) -> bool {
        true
    }

    fn journals(&self, config: &ConfigName, log: Log) -> Result<Vec<u64>, BackendError> {
        self.read(|below| below.journals(config, log))
    }

    fn journal(&self, part: &JournalPart<'_>, last: Option<usize>) -> Result<Option<Vec<u8>>, BackendError> {
        self.read(|below| below.journal(part, last))
    }

    fn append_journal(&self, part: &JournalPart<'_>, bytes: &[u8]) -> Result<(), BackendError> {
        self.write(|below| below.append_journal(part, bytes))
    }

    fn rewrite_journal(&self, part: &JournalPart<'_>, bytes: &[u8]) -> Result<(), BackendError> {
        self.write(|below| below.rewrite_journal(part, bytes))
    }

    fn own_flaws(&self) -> Result<Vec<OwnFlaw>, BackendError> {
        self.read(Folder::own_flaws)
    }

    fn restore(&self, object: &Object<'_>, bytes: &[u8]) -> Result<Option<String>, BackendError> {
        self.write(|below| below.restore(object, bytes))
    }

    fn remove(&self, slot: &Slot<'_>) -> Result<(), BackendError> {
        self.write(|below| below.remove(slot))
    }

    fn create_pack(&self, pack: &Pack<'_>, write: &mut WritePack<'_>) -> Result<Creation, BackendError> {
        self.write(|below| below.create_pack(pack, write))
    }

    fn read_pack(&self, pack: &Pack<'_>, piece: Piece) -> Result<Option<Vec<u8>>, BackendError> {
        self.read(|below| below.read_pack(pack, piece))
    }

    fn packs(&self, config: &ConfigName) -> Result<Vec<PackName>, BackendError> {
        self.read(|below| below.packs(config))
    }

    fn packs_of(
        &self,
        config: &ConfigName,
        numbers: &std::ops::RangeInclusive<u64>,
    ) -> Result<Vec<PackName>, BackendError> {
        self.read(|below| below.packs_of(config, numbers))
    }

    fn remove_pack(&self, pack: &Pack<'_>) -> Result<(), BackendError> {
        self.write(|below| below.remove_pack(pack))
    }

    fn put_aside(&self, pack: &Pack<'_>) -> Result<Option<String>, BackendError> {
        self.write(|below| below.put_aside(pack))
    }

    fn describe(&self, slot: &Slot<'_>) -> String {
        self.below.describe(slot)
    }

    fn describe_object(&self, object: &Object<'_>) -> String {
        self.below.describe_object(object)
    }

    fn folder(&self) -> Option<&Path> {
        self.below.folder()
    }

    fn describe_pack(&self, pack: &Pack<'_>) -> String {
        self.below.describe_pack(pack)
    }

    fn settings(&self) -> Result<Option<SettingsFile>, BackendError> {
        self.read(Folder::settings)
    }

    fn cached(
        &self,
        config: &ConfigName,
        name: &str,
        offset: u64,
        limit_bytes: usize,
    ) -> Result<Option<Vec<u8>>, BackendError> {
        self.read(|below| below.cached(config, name, offset, limit_bytes))
    }

    fn cache(
        &self,
        config: &ConfigName,
        name: &str,
        bytes: &[u8],
        place: CachePlace,
    ) -> Result<bool, BackendError> {
        self.write(|below| below.cache(config, name, bytes, place))
    }
}
