//! A backend in a folder: one file a record.
//!
//! `configs/NAME/vN.json` and `configs/NAME/refs/rN.json`, NAME being the config's name as a [folder](name), and
//! [packs]; beside them the parts of their journals, `vN.journal` and `rN.journal`. What was damaged is kept in
//! `quarantine`.

mod cache;
mod description;
mod name;
mod packs;
mod stamp;
mod upkeep;

use std::ffi::OsString;
use std::fmt;
use std::io;
use std::path::{Path, PathBuf};

use super::{
    Backend, BackendError, BackendErrorKind, Cache, Creation, Extent, JournalPart, Journals, Log,
    MAX_JOURNAL_PART_BYTES, MAX_RECORD_BYTES, Notes, Object, Packs, SettingsFile, Slot, Stamp, Upkeep,
};
use crate::disk;
use crate::model::checksum::Id;
use crate::model::name::ConfigName;
use crate::model::time::Timestamp;
use description::{COPY, DESCRIPTION, Description, MAX_DESCRIPTION_BYTES};

/// The name of a store's folder.
pub const STORE_FOLDER: &str = ".vconf";

/// Keeps each record as a file.
#[derive(Debug)]
pub struct Folder {
    root: PathBuf,
    /// Where the folders of the configs are.
    configs: PathBuf,
}

impl Folder {
    /// Opens the store in a folder; `None` where there is none.
    ///
    /// A description of the store that is missing or damaged does not keep anybody from the records.
    pub fn open(root: impl Into<PathBuf>) -> Result<Option<Self>, OpenError> {
        let folder = Self::at(root.into());
        let path = folder.root.join(DESCRIPTION);
        let failed =
            |error| OpenError::Backend(failure(BackendErrorKind::Failed, path.display().to_string(), error));
        let read = match disk::read_prefix(&path, MAX_DESCRIPTION_BYTES) {
            Err(error) if disk::is_of_object(&error) => Ok(None),
            read => read,
        };
        match read.map_err(failed)? {
            Some(bytes) => match Description::parse(&bytes) {
                Some(description) if description.vconf > FORMAT => Err(OpenError::Newer(description.vconf)),
                _ => Ok(Some(folder)),
            },
            None => match disk::stat(&folder.configs).map_err(failed)? {
                Some(stat) if stat.is_folder => Ok(Some(folder)),
                _ => Ok(None),
            },
        }
    }

    /// Creates a store in a folder, or opens the one that is there. The folder's parent must be there.
    pub fn create(root: impl Into<PathBuf>) -> Result<Self, OpenError> {
        let root = root.into();
        if let Some(folder) = Self::open(&root)? {
            return Ok(folder);
        }
        let folder = Self::at(root);
        let failed = |error| {
            OpenError::Backend(failure(BackendErrorKind::Failed, folder.root.display().to_string(), error))
        };
        disk::make_folder(&folder.root, None).map_err(failed)?;
        disk::write_note(&folder.root.join(".gitignore"), b"*\n", || folder.owner()).map_err(failed)?;
        let description = description::create().map_err(failed)?;
        let nonce = random_id().map_err(failed)?.to_string();
        match disk::create(&folder.root, DESCRIPTION, description.as_bytes(), &nonce[..16], folder.owner()) {
            Ok(disk::Creation::Created) => {
                // Without its copy the store is as good, until the one is damaged.
                let _ =
                    disk::create(&folder.root, COPY, description.as_bytes(), &nonce[..16], folder.owner());
                Ok(folder)
            }
            Ok(disk::Creation::Taken) => Ok(folder),
            Err(
                disk::Failure::Nothing(error)
                | disk::Failure::Unknown(error)
                | disk::Failure::Unconfirmed(error),
            ) => Err(failed(error)),
        }
    }

    fn at(root: PathBuf) -> Self {
        let configs = root.join("configs");
        Self { root, configs }
    }

    /// Where the store is.
    pub fn root(&self) -> &Path {
        &self.root
    }

    fn log_folder(&self, config: &ConfigName, log: Log) -> PathBuf {
        let mut folder = name::folder(&self.configs, config);
        if log == Log::Refs {
            folder.push("refs");
        }
        folder
    }

    /// Where what is derived of a config is kept.
    fn cache_folder(&self, config: &ConfigName) -> PathBuf {
        name::folder(&self.root.join(CACHE_FOLDER), config)
    }

    /// A file or a folder beside the records of a log.
    fn beside(&self, config: &ConfigName, log: Log, name: &str) -> PathBuf {
        let mut path = self.log_folder(config, log);
        path.push(name);
        path
    }

    fn path(&self, slot: &Slot<'_>) -> PathBuf {
        self.beside(slot.config, slot.log, &name::file(slot))
    }

    fn journal_path(&self, part: &JournalPart<'_>) -> PathBuf {
        self.beside(part.config, part.log, &name::journal(part))
    }

    fn object_path(&self, object: &Object<'_>) -> PathBuf {
        match object {
            Object::Record(slot) => self.path(slot),
            Object::Note(config, log) => self.beside(config, *log, NOTE),
            Object::Journal(part) => self.journal_path(part),
            Object::Own(name) => self.root.join(name),
        }
    }

    /// Whose new records are to be: the owner of the store goes on using it after root did.
    fn owner(&self) -> Option<disk::Owner> {
        disk::Owner::of_new_in(&self.root)
    }

    /// Makes the folders above a record that are missing, each durable before the next.
    fn make_folders(&self, folder: &Path) -> io::Result<()> {
        let missing: Vec<_> = folder.ancestors().take_while(|path| path.starts_with(&self.root)).collect();
        let owner = self.owner();
        missing.into_iter().rev().try_for_each(|folder| disk::make_folder(folder, owner))
    }

    /// Adds the configs whose folders stand in a folder; `before` is the beginning of their names.
    fn collect_configs(
        &self,
        folder: &Path,
        before: &str,
        configs: &mut Vec<ConfigName>,
    ) -> Result<(), BackendError> {
        let names = disk::list(folder)
            .map_err(|error| failure(BackendErrorKind::Failed, folder.display().to_string(), error))?;
        for file_name in names.unwrap_or_default() {
            let Some(escaped) = file_name.to_str().and_then(|part| name::join(before, part)) else {
                continue;
            };
            // One that can't be looked at is listed, for it may have a history: whoever reads it is told why not.
            if let Some(config) = name::config(&escaped)
                && self.has_log(&config).unwrap_or(true)
            {
                configs.push(config);
            }
            if name::is_continued(&file_name) {
                // The beginning of longer names, of which none is known where it can't be read.
                let _ = self.collect_configs(&folder.join(&file_name), &escaped, configs);
            }
        }
        Ok(())
    }

    /// Whether a config has a record or had one: a folder alone is what a crash left of a first save.
    fn has_log(&self, config: &ConfigName) -> Result<bool, BackendError> {
        if self.exists(&Slot { config, log: Log::Versions, number: 1 })? {
            return Ok(true);
        }
        for log in [Log::Versions, Log::Refs] {
            if self.recall(config, log)?.is_some() || !Backend::list(self, config, log)?.is_empty() {
                return Ok(true);
            }
        }
        Ok(!Packs::list(self, config)?.is_empty())
    }
}

impl Backend for Folder {
    fn create(&self, slot: &Slot<'_>, bytes: &[u8]) -> Result<Creation, BackendError> {
        let folder = self.log_folder(slot.config, slot.log);
        let object = || Backend::describe(self, slot);
        let failed = |source| failure(BackendErrorKind::Failed, object(), source);
        let nonce = random_id().map_err(failed)?.to_string();
        let owner = self.owner();
        let create = || disk::create(&folder, &name::file(slot), bytes, &nonce[..16], owner);
        if slot.number == 1 {
            // Another process may have made these folders and not have flushed what they are in, so that is done here,
            // once: where there is a first record, its folders are durable.
            self.make_folders(&folder).map_err(failed)?;
        }
        let mut outcome = create();
        if let Err(disk::Failure::Nothing(error)) = &outcome
            && error.kind() == io::ErrorKind::NotFound
        {
            self.make_folders(&folder).map_err(failed)?;
            outcome = create();
        }
        match outcome {
            Ok(disk::Creation::Created) => Ok(Creation::Created),
            Ok(disk::Creation::Taken) => Ok(Creation::Taken),
            Err(disk::Failure::Nothing(error)) => Err(failed(error)),
            Err(disk::Failure::Unknown(error)) => Err(failure(BackendErrorKind::Unknown, object(), error)),
            Err(disk::Failure::Unconfirmed(error)) => {
                Err(failure(BackendErrorKind::Unconfirmed, object(), error))
            }
        }
    }

    fn read(&self, slot: &Slot<'_>, extent: Extent) -> Result<Option<Vec<u8>>, BackendError> {
        let path = self.path(slot);
        let read = match extent {
            Extent::Whole => disk::read_file(&path, MAX_RECORD_BYTES).map(|file| file.map(|file| file.bytes)),
            Extent::Prefix(limit) => disk::read_prefix(&path, limit),
        };
        read.map_err(|error| unread(&path, error))
    }

    fn exists(&self, slot: &Slot<'_>) -> Result<bool, BackendError> {
        disk::is_taken(&self.path(slot))
            .map_err(|error| failure(BackendErrorKind::Failed, Backend::describe(self, slot), error))
    }

    fn list(&self, config: &ConfigName, log: Log) -> Result<Vec<u64>, BackendError> {
        let folder = self.log_folder(config, log);
        let names = disk::list(&folder).map_err(|error| unread(&folder, error))?;
        let number = |name: OsString| name::number(name.to_str()?, log);
        let mut numbers: Vec<_> = names.unwrap_or_default().into_iter().filter_map(number).collect();
        numbers.sort_unstable();
        Ok(numbers)
    }

    fn configs(&self) -> Result<Vec<ConfigName>, BackendError> {
        let mut configs = Vec::new();
        self.collect_configs(&self.configs, "", &mut configs)?;
        configs.sort_unstable();
        Ok(configs)
    }

    fn settle(&self, config: &ConfigName, log: Log) -> Result<(), BackendError> {
        let folder = self.log_folder(config, log);
        match disk::sync_folder(&folder) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => {
                Err(failure(BackendErrorKind::Failed, folder.display().to_string(), error))
            }
            _ => Ok(()),
        }
    }

    fn remove(&self, slot: &Slot<'_>) -> Result<(), BackendError> {
        disk::remove(&self.path(slot))
            .map_err(|error| failure(BackendErrorKind::Failed, Backend::describe(self, slot), error))
    }

    fn describe(&self, slot: &Slot<'_>) -> String {
        self.path(slot).display().to_string()
    }

    fn describe_object(&self, object: &Object<'_>) -> String {
        self.object_path(object).display().to_string()
    }

    fn changed_at(&self, config: &ConfigName, log: Log) -> Option<Timestamp> {
        let stat = disk::stat(&self.log_folder(config, log)).ok()?;
        Some(stat?.changed_at)
    }

    fn folder(&self) -> Option<&Path> {
        Some(&self.root)
    }

    fn settings(&self) -> Result<Option<SettingsFile>, BackendError> {
        let path = self.root.join(SETTINGS);
        let object = path.display().to_string();
        match disk::read_file(&path, MAX_SETTINGS_BYTES) {
            Ok(file) => Ok(file.map(|file| SettingsFile { object, bytes: file.bytes })),
            Err(error) => Err(failure(BackendErrorKind::Unreadable, object, error)),
        }
    }

    fn create_settings(&self, bytes: &[u8]) -> Result<bool, BackendError> {
        let failed =
            |error| failure(BackendErrorKind::Failed, self.root.join(SETTINGS).display().to_string(), error);
        let nonce = random_id().map_err(failed)?.to_string();
        match disk::create(&self.root, SETTINGS, bytes, &nonce[..16], self.owner()) {
            Ok(creation) => Ok(creation == disk::Creation::Created),
            Err(
                disk::Failure::Nothing(error)
                | disk::Failure::Unknown(error)
                | disk::Failure::Unconfirmed(error),
            ) => Err(failed(error)),
        }
    }

    fn stamp(&self, config: &ConfigName, records: &[Slot<'_>]) -> Result<Option<Stamp>, BackendError> {
        self.stamp_of(config, records)
    }

    fn notes(&self) -> Option<&dyn Notes> {
        Some(self)
    }

    fn packs(&self) -> Option<&dyn Packs> {
        Some(self)
    }

    fn journals(&self) -> Option<&dyn Journals> {
        Some(self)
    }

    fn cache(&self) -> Option<&dyn Cache> {
        Some(self)
    }

    fn upkeep(&self) -> Option<&dyn Upkeep> {
        Some(self)
    }
}

impl Notes for Folder {
    fn remember(&self, config: &ConfigName, log: Log, note: &[u8]) -> Result<(), BackendError> {
        let path = self.beside(config, log, NOTE);
        disk::write_note(&path, note, || self.owner())
            .map_err(|error| failure(BackendErrorKind::Failed, path.display().to_string(), error))
    }

    fn recall(&self, config: &ConfigName, log: Log) -> Result<Option<Vec<u8>>, BackendError> {
        let path = self.beside(config, log, NOTE);
        disk::read_prefix(&path, MAX_NOTE_BYTES).map_err(|error| unread(&path, error))
    }
}

impl Journals for Folder {
    fn list(&self, config: &ConfigName, log: Log) -> Result<Vec<u64>, BackendError> {
        let folder = self.log_folder(config, log);
        let names = disk::list(&folder).map_err(|error| unread(&folder, error))?;
        let first = |name: OsString| name::journal_first(name.to_str()?, log);
        let mut parts: Vec<_> = names.unwrap_or_default().into_iter().filter_map(first).collect();
        parts.sort_unstable();
        Ok(parts)
    }

    fn read(&self, part: &JournalPart<'_>, last: Option<usize>) -> Result<Option<Vec<u8>>, BackendError> {
        let path = self.journal_path(part);
        let read = match last {
            None => disk::read_file(&path, MAX_JOURNAL_PART_BYTES).map(|file| file.map(|file| file.bytes)),
            Some(limit) => disk::read_tail(&path, limit),
        };
        read.map_err(|error| unread(&path, error))
    }

    fn append(&self, part: &JournalPart<'_>, bytes: &[u8]) -> Result<(), BackendError> {
        let path = self.journal_path(part);
        disk::append_note(&path, bytes, || self.owner(), MAX_JOURNAL_PART_BYTES)
            .map_err(|error| failure(BackendErrorKind::Failed, path.display().to_string(), error))
    }

    fn rewrite(&self, part: &JournalPart<'_>, bytes: &[u8]) -> Result<(), BackendError> {
        let path = self.journal_path(part);
        let nonce = || random_id().map(|id| id.to_string()[..16].to_owned());
        nonce()
            .and_then(|nonce| disk::rewrite_note(&path, bytes, &nonce, self.owner()))
            .map_err(|error| failure(BackendErrorKind::Failed, path.display().to_string(), error))
    }
}

/// The version of the store's format.
pub const FORMAT: u32 = 1;

/// The folder of what is derived from the records: it may be deleted at any time.
const CACHE_FOLDER: &str = "cache";

/// The file that people edit.
const SETTINGS: &str = "settings.toml";
/// How long that may be.
const MAX_SETTINGS_BYTES: u64 = 64 * 1024;

/// Why a folder can't be opened as a store.
#[derive(Debug)]
pub enum OpenError {
    /// A newer vconf made it, with this version of the format.
    Newer(u32),
    /// It can't be read or made.
    Backend(BackendError),
}

impl fmt::Display for OpenError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Newer(version) => {
                write!(f, "the store has format {version}, and this vconf knows formats up to {FORMAT}")
            }
            Self::Backend(error) => error.fmt(f),
        }
    }
}

impl std::error::Error for OpenError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            Self::Newer(_) => None,
            Self::Backend(error) => error.source(),
        }
    }
}

/// The file that holds the note on a log.
const NOTE: &str = "checkpoint.json";

/// How much of a note is read.
const MAX_NOTE_BYTES: usize = 4096;

/// A failure of reading: of the system, or of what was to be read.
fn unread(path: &Path, source: io::Error) -> BackendError {
    let is_of_object = disk::is_of_object(&source);
    let kind = if is_of_object { BackendErrorKind::Unreadable } else { BackendErrorKind::Failed };
    failure(kind, path.display().to_string(), source)
}

fn failure(kind: BackendErrorKind, object: String, source: io::Error) -> BackendError {
    BackendError { kind, object, source }
}

/// A random id.
pub(crate) fn random_id() -> io::Result<Id> {
    let mut bytes = [0; 16];
    getrandom::fill(&mut bytes).map_err(|error| io::Error::other(error.to_string()))?;
    Ok(Id(bytes))
}
