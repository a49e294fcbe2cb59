//! What is derived from the records: `cache/NAME/`.

use std::io;

use super::{Folder, failure, random_id, unread};
use crate::backend::{BackendError, BackendErrorKind, Cache, CachePlace};
use crate::disk;
use crate::model::name::ConfigName;

impl Cache for Folder {
    fn read(
        &self,
        config: &ConfigName,
        name: &str,
        offset: u64,
        limit_bytes: usize,
    ) -> Result<Option<Vec<u8>>, BackendError> {
        let path = self.cache_folder(config).join(name);
        disk::read_at(&path, offset, limit_bytes).map_err(|error| unread(&path, error))
    }

    fn write(
        &self,
        config: &ConfigName,
        name: &str,
        bytes: &[u8],
        place: CachePlace,
    ) -> Result<bool, BackendError> {
        let folder = self.cache_folder(config);
        let path = folder.join(name);
        let failed = |error| failure(BackendErrorKind::Failed, path.display().to_string(), error);
        let owner = self.owner();
        if place == CachePlace::After {
            return disk::append(&path, bytes).map_err(failed);
        }
        let nonce = random_id().map_err(failed)?.to_string();
        let replace = || disk::replace_whole(&folder, name, bytes, &nonce[..16], owner);
        match replace() {
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                disk::make_folders_lightly(&folder, owner).map_err(failed)?;
                replace().map_err(failed)?;
            }
            replaced => replaced.map_err(failed)?,
        }
        Ok(true)
    }
}
