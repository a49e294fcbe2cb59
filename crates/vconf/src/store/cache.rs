//! What is derived from the records and kept, where the backend has a place for it.

use super::Store;
use crate::backend::{BackendError, CachePlace};
use crate::model::name::ConfigName;

impl Store {
    /// Reads a part of what was cached of a config under a name; `None` where nothing is there.
    pub(crate) fn cached(
        &self,
        config: &ConfigName,
        name: &str,
        offset: u64,
        limit_bytes: usize,
    ) -> Result<Option<Vec<u8>>, BackendError> {
        let Some(cache) = self.backend.cache() else { return Ok(None) };
        cache.read(config, name, offset, limit_bytes)
    }

    /// Caches bytes of a config under a name; whether that was done.
    pub(crate) fn cache(
        &self,
        config: &ConfigName,
        name: &str,
        bytes: &[u8],
        place: CachePlace,
    ) -> Result<bool, BackendError> {
        let Some(cache) = self.backend.cache() else { return Ok(false) };
        cache.write(config, name, bytes, place)
    }

    /// Takes away what was cached of a config under a name.
    pub(crate) fn empty_cache(&self, config: &ConfigName, name: &str) -> Result<(), BackendError> {
        if self.cached(config, name, 0, 1)?.is_some() {
            self.cache(config, name, b"", CachePlace::Instead)?;
        }
        Ok(())
    }
}
