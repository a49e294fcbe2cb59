//! Verifying records: whole, in their place, and what links them to their neighbours.

use super::Store;
use super::decode::{decode_ref, rebuild_version, verify_version};
use super::error::StoreError;
use crate::backend::{Extent, Log, Slot};
use crate::model::checksum::Checksum;
use crate::model::name::RefName;
use crate::model::record::{RefChange, Version};

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
        Ok(self.links_and_branches(slot)?.0)
    }

    /// Verifies the record in a slot. Returns the branches as well: those of which a change of refs tells, or that which
    /// one must have told of for the version to come into being.
    pub(crate) fn links_and_branches(&self, slot: &Slot<'_>) -> Result<(Links, Vec<RefName>), StoreError> {
        let bytes = self.read(slot, Extent::Whole)?;
        self.verified(slot, &bytes)
    }

    /// Verifies bytes as the record of a slot.
    pub(crate) fn links_of(&self, slot: &Slot<'_>, bytes: &[u8]) -> Result<Links, StoreError> {
        Ok(self.verified(slot, bytes)?.0)
    }

    fn verified(&self, slot: &Slot<'_>, bytes: &[u8]) -> Result<(Links, Vec<RefName>), StoreError> {
        let record_bytes = bytes.len() as u64;
        match slot.log {
            Log::Versions => {
                let version = verify_version(bytes).map_err(|flaw| self.corruption(slot, flaw))?;
                self.check_place(slot, &version.config, version.number)?;
                let Version { previous, seal, size_bytes: source_bytes, .. } = version;
                let branches = if version.shows_refs() { vec![version.branch] } else { Vec::new() };
                Ok((Links { previous, seal, source_bytes, record_bytes }, branches))
            }
            Log::Refs => {
                let change = decode_ref(bytes).map_err(|flaw| self.corruption(slot, flaw))?;
                self.check_place(slot, &change.config, change.number)?;
                let RefChange { previous, seal, heads, .. } = change;
                let links = Links { previous, seal, source_bytes: 0, record_bytes };
                Ok((links, heads.into_keys().collect()))
            }
        }
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
