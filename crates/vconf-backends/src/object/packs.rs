//! Packs: an object each, read in ranges.

use std::io::{self, Write};
use std::ops::RangeInclusive;

use futures_util::future::try_join_all;
use object_store::{GetRange, PutPayload};
use vconf::backend::{
    BackendError, BackendErrorKind, Creation, PACK_VERSIONS, Pack, PackName, Packs, Piece, WritePack,
};
use vconf::model::name::ConfigName;

use super::{ObjectBackend, key};
use crate::trouble::Trouble;

impl Packs for ObjectBackend {
    fn create(&self, pack: &Pack<'_>, write: &mut WritePack<'_>) -> Result<Creation, BackendError> {
        let object = || self.describe(pack);
        let mut bytes = Bounded(Vec::new());
        write(&mut bytes).map_err(|source| BackendError {
            kind: BackendErrorKind::Failed,
            object: object(),
            source,
        })?;
        self.name(pack.config).map_err(|trouble| trouble.failed(object()))?;
        let key = self.keys.pack(pack.config, pack.name);
        self.create_object(key, PutPayload::from(bytes.0)).map_err(|trouble| trouble.uncreated(object()))
    }

    fn read(&self, pack: &Pack<'_>, piece: Piece) -> Result<Option<Vec<u8>>, BackendError> {
        let range = match piece {
            Piece::At { offset, size_bytes } => {
                GetRange::Bounded(offset..offset.saturating_add(size_bytes as u64))
            }
            Piece::Tail(size_bytes) => GetRange::Suffix(size_bytes as u64),
        };
        self.read_range(self.keys.pack(pack.config, pack.name), range)
            .map_err(|trouble| trouble.failed(self.describe(pack)))
    }

    fn list(&self, config: &ConfigName) -> Result<Vec<PackName>, BackendError> {
        self.packs_below(vec![self.keys.packs(config)]).map_err(|trouble| self.packs_failed(config, trouble))
    }

    /// All packs of a run of numbers are below one key, which any of the numbers tells.
    fn covering(
        &self,
        config: &ConfigName,
        numbers: &RangeInclusive<u64>,
    ) -> Result<Vec<PackName>, BackendError> {
        let runs = numbers.end().saturating_sub(*numbers.start()) / PACK_VERSIONS;
        let below = if runs > MOST_RUNS_LOOKED_AT {
            vec![self.keys.packs(config)]
        } else {
            let (first, last) = (*PackName::run_of(*numbers.start()).start(), *numbers.end());
            let starts = (first..=last).step_by(PACK_VERSIONS as usize);
            starts.map(|first| self.keys.packs_from(config, first)).collect()
        };
        let mut packs = self.packs_below(below).map_err(|trouble| self.packs_failed(config, trouble))?;
        packs.retain(|name| name.covers_any(numbers));
        Ok(packs)
    }

    fn remove(&self, pack: &Pack<'_>) -> Result<(), BackendError> {
        let key = self.keys.pack(pack.config, pack.name);
        self.delete(key).map_err(|trouble| trouble.failed(self.describe(pack)))
    }

    fn describe(&self, pack: &Pack<'_>) -> String {
        self.shown(&self.keys.pack(pack.config, pack.name))
    }
}

impl ObjectBackend {
    fn packs_below(&self, folders: Vec<object_store::path::Path>) -> Result<Vec<PackName>, Trouble> {
        let client = self.client.clone();
        let listed = self.wait(async move {
            let list = |folder| {
                let client = client.clone();
                async move { super::request::list(&client, &folder, None).await }
            };
            try_join_all(folders.into_iter().map(list)).await
        })?;
        let mut packs: Vec<_> = listed.iter().flatten().filter_map(key::pack).collect();
        packs.sort_unstable();
        Ok(packs)
    }

    fn packs_failed(&self, config: &ConfigName, trouble: Trouble) -> BackendError {
        trouble.failed(self.shown(&self.keys.packs(config)))
    }
}

/// The bytes of a pack, which are put there as a whole.
struct Bounded(Vec<u8>);

impl Write for Bounded {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        if self.0.len() + bytes.len() > MAX_PACK_BYTES {
            return Err(io::Error::new(io::ErrorKind::FileTooLarge, "a pack is longer than 2 GiB"));
        }
        self.0.extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// For how many runs of numbers packs are looked for run by run.
const MOST_RUNS_LOOKED_AT: u64 = 3;

/// How long a pack may be.
const MAX_PACK_BYTES: usize = 2 << 30;
