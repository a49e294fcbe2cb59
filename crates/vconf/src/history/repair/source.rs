//! Where sound records may be had from.

use crate::backend::{JournalPart, Log, Slot};
use crate::model::checksum::Checksum;
use crate::model::name::ConfigName;
use crate::store::{Links, Store};

/// What a repair may draw on besides the store itself.
#[derive(Clone, Copy, Default)]
pub struct RepairSources<'a> {
    /// Another store, such as a backup: its records count byte for byte.
    pub other: Option<&'a Store>,
    /// Gives the bytes of a config's file as they are now, where there is one.
    pub file: Option<&'a FileReader<'a>>,
}

/// Gives the bytes of a config's file.
pub type FileReader<'a> = dyn Fn(&ConfigName) -> Option<Vec<u8>> + 'a;

/// Where sound bytes are from.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Origin {
    /// The second copy in the journal.
    Journal,
    /// The other store.
    OtherStore,
    /// The config's file, which holds the version's source.
    File,
    /// Another version with the same source.
    Version(ConfigName, u64),
    /// The records of the log itself.
    Log,
    /// The copy of the store's description, or else what it must say.
    Copy,
}

impl Store {
    /// Finds a whole record for a slot that fits into the chain.
    pub(super) fn find_record(
        &self,
        slot: &Slot<'_>,
        sources: &RepairSources<'_>,
        expected: Option<Checksum>,
        fits: impl Fn(Links) -> bool,
    ) -> Option<(Vec<u8>, Origin)> {
        let usable = |bytes: &Vec<u8>| self.links_of(slot, bytes).is_ok_and(&fits);
        if let Some(bytes) = self.copy_of(slot, expected).filter(usable) {
            return Some((bytes, Origin::Journal));
        }
        let other = sources.other.and_then(|other| Some(other.whole_record(slot).ok()?.0)).filter(usable);
        if let Some(bytes) = other {
            return Some((bytes, Origin::OtherStore));
        }
        if slot.log == Log::Refs {
            return None;
        }
        let header = self.header(slot.config, slot.number).ok()?;
        let file = sources.file.and_then(|file| file(slot.config));
        if let Some(bytes) = file.and_then(|source| self.rebuilt(slot, &source)).filter(usable) {
            return Some((bytes, Origin::File));
        }
        let (source, config, number) = self.same_source(slot, header.checksum)?;
        let bytes = self.rebuilt(slot, &source).filter(usable)?;
        Some((bytes, Origin::Version(config, number)))
    }

    /// Gives the record that the journal has a copy of, unchecked.
    fn copy_of(&self, slot: &Slot<'_>, expected: Option<Checksum>) -> Option<Vec<u8>> {
        let journal = self.journal(&JournalPart::of(slot)).ok()??;
        self.journaled(slot, &journal, expected)
    }

    /// Finds a source by its checksum: first among the config's own versions, then among all. Linear in their count.
    fn same_source(&self, slot: &Slot<'_>, checksum: Checksum) -> Option<(Vec<u8>, ConfigName, u64)> {
        let others = self.configs().ok()?.into_iter().filter(|config| config != slot.config);
        for config in std::iter::once(slot.config.clone()).chain(others) {
            for number in self.listed(&config, Log::Versions).unwrap_or_default() {
                let is_it =
                    |number| self.header(&config, number).is_ok_and(|other| other.checksum == checksum);
                let is_same = (&config, number) == (slot.config, slot.number);
                if !is_same
                    && is_it(number)
                    && let Ok((_, source)) = self.version(&config, number)
                {
                    return Some((source, config, number));
                }
            }
        }
        None
    }
}
