//! What was found out before: for some versions which version last set each node. Cached, and believed only of the
//! versions that have the same seals.

use std::collections::VecDeque;

use crate::backend::CachePlace;
use crate::canonical::checksum;
use crate::diff::Options;
use crate::history::error::Error;
use crate::model::checksum::Checksum;
use crate::model::name::ConfigName;
use crate::model::record::Version;
use crate::store::{Store, StoreError};

/// What is known of some versions.
pub(super) struct Snapshots {
    /// By what options and what program it was found out.
    key: Checksum,
    /// The oldest first.
    snapshots: VecDeque<Snapshot>,
}

struct Snapshot {
    seal: Checksum,
    origins: Vec<u64>,
}

/// A way of fewer steps is gone again the next time.
pub(super) const FEWEST_STEPS: u64 = 16;

/// Of how many versions something is kept.
const MOST_KEPT: usize = 8;

/// How long the file may be.
const MAX_BYTES: usize = 64 << 20;

const NAME: &str = "blame-1";

impl Snapshots {
    /// Reads what is known. What can't be read is not known.
    pub(super) fn read(store: &Store, config: &ConfigName, options: &Options) -> Self {
        // The nodes of a tree are those that this program's readers make.
        let made_by = format!("{} {options:?}", env!("CARGO_PKG_VERSION"));
        let key = checksum(made_by.as_bytes());
        let bytes = store.cached(config, NAME, 0, MAX_BYTES).ok().flatten().unwrap_or_default();
        let snapshots = decode(&bytes, key).unwrap_or_default();
        Self { key, snapshots }
    }

    /// Makes that nothing is known of a config.
    pub(super) fn empty(store: &Store, config: &ConfigName) -> Result<(), Error> {
        Ok(store.empty_cache(config, NAME).map_err(StoreError::from)?)
    }

    /// For each node of a version the version that last set it.
    pub(super) fn of(&self, version: &Version) -> Option<&[u64]> {
        let known = self.snapshots.iter().find(|snapshot| snapshot.seal == version.seal);
        known.map(|snapshot| snapshot.origins.as_slice())
    }

    /// Keeps what was found out of a version.
    pub(super) fn add(&mut self, store: &Store, config: &ConfigName, version: &Version, origins: &[u64]) {
        if self.snapshots.len() == MOST_KEPT {
            self.snapshots.pop_front();
        }
        self.snapshots.push_back(Snapshot { seal: version.seal, origins: origins.to_vec() });
        let bytes = encode(&self.snapshots, self.key);
        if bytes.len() <= MAX_BYTES {
            // Without it the next blame takes longer.
            let _ = store.cache(config, NAME, &bytes, CachePlace::Instead);
        }
    }
}

/// The SHA-256 of all that follows it: the key, and for each version its seal, how many nodes it has, and for each
/// the version, eight bytes, little endian.
fn encode(snapshots: &VecDeque<Snapshot>, key: Checksum) -> Vec<u8> {
    let mut body = key.0.to_vec();
    for Snapshot { seal, origins } in snapshots {
        body.extend(seal.0);
        body.extend((origins.len() as u64).to_le_bytes());
        origins.iter().for_each(|origin| body.extend(origin.to_le_bytes()));
    }
    [&checksum(&body).0[..], &body].concat()
}

fn decode(bytes: &[u8], key: Checksum) -> Option<VecDeque<Snapshot>> {
    let (sum, body) = bytes.split_first_chunk::<32>()?;
    if checksum(body).0 != *sum {
        return None;
    }
    let mut rest = body.strip_prefix(&key.0)?;
    let mut snapshots = VecDeque::new();
    while !rest.is_empty() {
        let (seal, after) = rest.split_first_chunk::<32>()?;
        let (count, after) = after.split_first_chunk::<8>()?;
        let length = usize::try_from(u64::from_le_bytes(*count)).ok()?.checked_mul(8)?;
        let (origins, after) = after.split_at_checked(length)?;
        let (origins, _) = origins.as_chunks::<8>();
        let origins = origins.iter().map(|origin| u64::from_le_bytes(*origin)).collect();
        snapshots.push_back(Snapshot { seal: Checksum(*seal), origins });
        rest = after;
    }
    Some(snapshots)
}
