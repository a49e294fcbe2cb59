//! What is wrong with a folder, and how it is mended: what was damaged goes to `quarantine/`.

use std::ffi::OsString;

use super::description::{self, COPY, DESCRIPTION, MAX_DESCRIPTION_BYTES};
use super::{Folder, NOTE, failure, name, random_id, unread};
use crate::backend::{BackendError, BackendErrorKind, Log, Object, OwnFlaw, Pack, Upkeep};
use crate::disk;
use crate::model::name::ConfigName;

impl Upkeep for Folder {
    fn leftovers(&self, config: &ConfigName, log: Log) -> Result<Vec<String>, BackendError> {
        let mut folders = vec![self.log_folder(config, log)];
        if log == Log::Versions {
            folders.extend(self.pack_folders(config));
        }
        let is_leftover = |name: &OsString| {
            name.to_str().is_some_and(|name| name.starts_with('.') && name.ends_with(".tmp"))
        };
        let mut found = Vec::new();
        for folder in folders {
            let names = disk::list(&folder).map_err(|error| unread(&folder, error))?.unwrap_or_default();
            let leftovers = names.into_iter().filter(is_leftover);
            found.extend(leftovers.map(|name| folder.join(name).display().to_string()));
        }
        found.sort_unstable();
        Ok(found)
    }

    fn own_flaws(&self) -> Result<Vec<OwnFlaw>, BackendError> {
        let read = |name| {
            let path = self.root.join(name);
            match disk::read_prefix(&path, MAX_DESCRIPTION_BYTES) {
                // What is there and gives no bytes is as damaged as what gives wrong ones.
                Err(error) if disk::is_of_object(&error) => Ok(Some(Vec::new())),
                read => read.map_err(|error| unread(&path, error)),
            }
        };
        let object = |name: &str| self.root.join(name).display().to_string();
        description::flaws(read(DESCRIPTION)?, read(COPY)?, object)
            .map_err(|error| failure(BackendErrorKind::Failed, self.root.display().to_string(), error))
    }

    fn restore(&self, object: &Object<'_>, bytes: &[u8]) -> Result<Option<String>, BackendError> {
        let path = self.object_path(object);
        let kept_as = match object {
            Object::Record(slot) => name::kept(slot.config, &name::file(slot)),
            Object::Note(config, Log::Versions) => name::kept(config, NOTE),
            Object::Note(config, Log::Refs) => name::kept(config, &format!("refs.{NOTE}")),
            Object::Journal(part) => name::kept(part.config, &name::journal(part)),
            Object::Own(name) => (*name).to_owned(),
        };
        let restore = || {
            let nonce = random_id()?.to_string();
            let folder = self.root.join(QUARANTINE);
            disk::make_folder(&folder, self.owner())?;
            if let Some(parent) = path.parent() {
                self.make_folders(parent)?;
            }
            let name = format!("{kept_as}.{}", &nonce[..16]);
            let keep = disk::Keep { folder: &folder, name: &name, limit_bytes: MAX_KEPT_COPY_BYTES };
            disk::restore(&path, bytes, keep, &nonce[..16], self.owner())
        };
        let kept = restore()
            .map_err(|error| failure(BackendErrorKind::Failed, path.display().to_string(), error))?;
        Ok(kept.map(|path| path.display().to_string()))
    }

    fn put_aside(&self, pack: &Pack<'_>) -> Result<Option<String>, BackendError> {
        let path = self.pack_path(pack);
        let put_aside = || {
            let nonce = random_id()?.to_string();
            let folder = self.root.join(QUARANTINE);
            disk::make_folder(&folder, self.owner())?;
            let name = format!("{}.{}", name::kept(pack.config, &name::pack_file(pack.name)), &nonce[..16]);
            // It is moved, however short it is.
            let is_there =
                disk::put_aside(&path, disk::Keep { folder: &folder, name: &name, limit_bytes: 0 })?;
            Ok(is_there.then(|| folder.join(&name).display().to_string()))
        };
        put_aside().map_err(|error| failure(BackendErrorKind::Failed, path.display().to_string(), error))
    }
}

/// The folder of what was damaged.
const QUARANTINE: &str = "quarantine";

/// What is longer is moved there and not copied.
const MAX_KEPT_COPY_BYTES: u64 = 64 << 20;
