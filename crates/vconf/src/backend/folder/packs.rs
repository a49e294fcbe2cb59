//! The packs of a config: `packs/v1-v1024.json.zst`, and in `packs/part/` those that are not whole.
//!
//! The name of a whole pack is known from any of its numbers, so that it is found without a listing; the others are few,
//! but where versions were forgotten.

use std::ops::RangeInclusive;
use std::path::{Path, PathBuf};

use super::{Folder, failure, name, random_id, unread};
use crate::backend::{
    BackendError, BackendErrorKind, Creation, Log, PACK_VERSIONS, Pack, PackName, Packs, Piece, WritePack,
};
use crate::disk;
use crate::model::name::ConfigName;

impl Packs for Folder {
    fn create(&self, pack: &Pack<'_>, write: &mut WritePack<'_>) -> Result<Creation, BackendError> {
        let folder = self.packs_folder(pack.config, pack.name);
        let object = self.pack_path(pack).display().to_string();
        let failed = |source| failure(BackendErrorKind::Failed, object.clone(), source);
        self.make_folders(&folder).map_err(failed)?;
        let nonce = random_id().map_err(failed)?.to_string();
        let file = name::pack_file(pack.name);
        match disk::create_with(&folder, &file, &nonce[..16], self.owner(), write) {
            Ok(disk::Creation::Created) => Ok(Creation::Created),
            Ok(disk::Creation::Taken) => Ok(Creation::Taken),
            Err(disk::Failure::Nothing(error)) => Err(failed(error)),
            Err(disk::Failure::Unknown(error)) => Err(failure(BackendErrorKind::Unknown, object, error)),
            Err(disk::Failure::Unconfirmed(error)) => {
                Err(failure(BackendErrorKind::Unconfirmed, object, error))
            }
        }
    }

    fn read(&self, pack: &Pack<'_>, piece: Piece) -> Result<Option<Vec<u8>>, BackendError> {
        let path = self.pack_path(pack);
        let read = match piece {
            Piece::At { offset, size_bytes } => disk::read_at(&path, offset, size_bytes),
            Piece::Tail(limit) => disk::read_tail(&path, limit),
        };
        read.map_err(|error| unread(&path, error))
    }

    fn list(&self, config: &ConfigName) -> Result<Vec<PackName>, BackendError> {
        let mut packs = packs_in(&self.beside(config, Log::Versions, FOLDER), true)?;
        packs.extend(self.partial_packs(config)?);
        packs.sort_unstable();
        Ok(packs)
    }

    fn covering(
        &self,
        config: &ConfigName,
        numbers: &RangeInclusive<u64>,
    ) -> Result<Vec<PackName>, BackendError> {
        // Most configs have none, and every read and every save asks.
        let [packs, _] = self.pack_folders(config);
        if !disk::is_taken(&packs).map_err(|error| unread(&packs, error))? {
            return Ok(Vec::new());
        }
        let runs = numbers.end().saturating_sub(*numbers.start()) / PACK_VERSIONS;
        if runs > MOST_RUNS_LOOKED_AT {
            return Ok(Packs::list(self, config)?
                .into_iter()
                .filter(|name| name.covers_any(numbers))
                .collect());
        }
        let mut packs = Vec::new();
        let mut number = *numbers.start();
        while let Some(name) = PackName::whole(number).filter(|name| name.covers_any(numbers)) {
            let path = self.pack_path(&Pack { config, name });
            if disk::is_taken(&path).map_err(|error| unread(&path, error))? {
                packs.push(name);
            }
            number = name.last() + 1;
        }
        packs.extend(self.partial_packs(config)?.into_iter().filter(|name| name.covers_any(numbers)));
        packs.sort_unstable();
        Ok(packs)
    }

    fn remove(&self, pack: &Pack<'_>) -> Result<(), BackendError> {
        let path = self.pack_path(pack);
        disk::remove(&path)
            .map_err(|error| failure(BackendErrorKind::Failed, path.display().to_string(), error))
    }

    fn describe(&self, pack: &Pack<'_>) -> String {
        self.pack_path(pack).display().to_string()
    }
}

impl Folder {
    pub(super) fn pack_path(&self, pack: &Pack<'_>) -> PathBuf {
        self.packs_folder(pack.config, pack.name).join(name::pack_file(pack.name))
    }

    /// The folders in which interrupted writes of packs may have left something.
    pub(super) fn pack_folders(&self, config: &ConfigName) -> [PathBuf; 2] {
        let packs = self.beside(config, Log::Versions, FOLDER);
        [packs.clone(), packs.join(PART_FOLDER)]
    }

    fn packs_folder(&self, config: &ConfigName, name: PackName) -> PathBuf {
        let [packs, part] = self.pack_folders(config);
        if name.is_whole() { packs } else { part }
    }

    fn partial_packs(&self, config: &ConfigName) -> Result<Vec<PackName>, BackendError> {
        let [_, part] = self.pack_folders(config);
        packs_in(&part, false)
    }
}

/// The packs in a folder, in no order.
fn packs_in(folder: &Path, whole: bool) -> Result<Vec<PackName>, BackendError> {
    let names = disk::list(folder).map_err(|error| unread(folder, error))?.unwrap_or_default();
    let packs = names.iter().filter_map(|file| name::pack(file.to_str()?));
    Ok(packs.filter(|name| name.is_whole() == whole).collect())
}

const FOLDER: &str = "packs";
const PART_FOLDER: &str = "part";

/// For how many runs of numbers each whole pack is looked for by its name.
const MOST_RUNS_LOOKED_AT: u64 = 3;
