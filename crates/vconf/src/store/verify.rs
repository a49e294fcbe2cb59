//! Verifying records: whole, in their place, and what links them to their neighbours.

use super::Store;
use super::decode::{decode_ref, rebuild_version, verify_version};
use super::error::StoreError;
use crate::backend::{Extent, Log, Slot};
use crate::model::checksum::Checksum;

/// What links a record that is whole to its neighbours, and how long it is.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Links {
    /// The seal of the record before.
    pub(crate) previous: Option<Checksum>,
    /// Its own.
    pub(crate) seal: Checksum,
    /// The length of the source; 0 for a change of refs.
    pub(crate) source_bytes: u64,
    /// The length of the record.
    pub(crate) record_bytes: u64,
}

impl Store {
    /// Verifies the record in a slot: header, seal, body, checksum, place. A missing one is corrupt.
    pub(crate) fn links(&self, slot: &Slot<'_>) -> Result<Links, StoreError> {
        let bytes = self.read(slot, Extent::Whole)?;
        self.links_of(slot, &bytes)
    }

    /// Verifies bytes as the record of a slot.
    pub(crate) fn links_of(&self, slot: &Slot<'_>, bytes: &[u8]) -> Result<Links, StoreError> {
        let (config, number, previous, seal, source_bytes) = match slot.log {
            Log::Versions => {
                let version = verify_version(bytes).map_err(|flaw| self.corruption(slot, flaw))?;
                (version.config, version.number, version.previous, version.seal, version.size_bytes)
            }
            Log::Refs => {
                let change = decode_ref(bytes).map_err(|flaw| self.corruption(slot, flaw))?;
                (change.config, change.number, change.previous, change.seal, 0)
            }
        };
        self.check_place(slot, &config, number)?;
        Ok(Links { previous, seal, source_bytes, record_bytes: bytes.len() as u64 })
    }

    /// Reads a record that is whole, with its links.
    pub(crate) fn whole_record(&self, slot: &Slot<'_>) -> Result<(Vec<u8>, Links), StoreError> {
        let bytes = self.read(slot, Extent::Whole)?;
        let links = self.links_of(slot, &bytes)?;
        Ok((bytes, links))
    }

    /// Makes the record of a version again whose header is whole, from a source with the checksum that it tells.
    pub(crate) fn rebuilt(&self, slot: &Slot<'_>, source: &[u8]) -> Option<Vec<u8>> {
        let damaged = self.read(slot, Extent::Whole).ok()?;
        rebuild_version(&damaged, source)
    }
}
