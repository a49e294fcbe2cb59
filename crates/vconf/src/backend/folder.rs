//! A backend in a folder: one file a record.
//!
//! `configs/NAME/vN.json` and `configs/NAME/refs/rN.json`, NAME being the config's name with every byte but letters,
//! digits, `-`, `_` and (not at the start) `.` written as `%XX`.

use std::fmt;
use std::io;
use std::path::{Path, PathBuf};

use super::{Backend, BackendError, BackendErrorKind, Creation, Extent, Log, MAX_RECORD_BYTES, Slot};
use crate::disk;
use crate::model::checksum::Id;
use crate::model::name::ConfigName;

/// The name of a store's folder.
pub const STORE_FOLDER: &str = ".vconf";

/// Keeps each record as a file.
#[derive(Debug)]
pub struct Folder {
    root: PathBuf,
}

impl Folder {
    /// Opens the store in a folder; `None` where there is none.
    ///
    /// A description of the store that is missing or damaged does not keep anybody from the records.
    pub fn open(root: impl Into<PathBuf>) -> Result<Option<Self>, OpenError> {
        let folder = Self { root: root.into() };
        let path = folder.root.join(DESCRIPTION);
        let failed =
            |error| OpenError::Backend(failure(BackendErrorKind::Failed, path.display().to_string(), error));
        match disk::read_prefix(&path, MAX_NOTE_BYTES).map_err(failed)? {
            Some(bytes) => match Description::parse(&bytes) {
                Some(description) if description.vconf > FORMAT => Err(OpenError::Newer(description.vconf)),
                _ => Ok(Some(folder)),
            },
            None => match disk::stat(&folder.root.join("configs")).map_err(failed)? {
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
        let folder = Self { root };
        let failed = |error| {
            OpenError::Backend(failure(BackendErrorKind::Failed, folder.root.display().to_string(), error))
        };
        disk::make_folder(&folder.root).map_err(failed)?;
        disk::write_note(&folder.root.join(".gitignore"), b"*\n").map_err(failed)?;
        let id = random_id().map_err(failed)?;
        let description = format!("{{\"vconf\": {FORMAT}, \"id\": \"{id}\"}}\n");
        let nonce = &id.to_string()[..16];
        match disk::create(&folder.root, DESCRIPTION, description.as_bytes(), nonce) {
            Ok(_) => Ok(folder),
            Err(disk::Failure::Nothing(error) | disk::Failure::Unconfirmed(error)) => Err(failed(error)),
        }
    }

    /// Where the store is.
    pub fn root(&self) -> &Path {
        &self.root
    }

    fn log_folder(&self, config: &ConfigName, log: Log) -> PathBuf {
        let folder = self.root.join("configs").join(escape(config));
        match log {
            Log::Versions => folder,
            Log::Refs => folder.join("refs"),
        }
    }

    fn path(&self, slot: &Slot<'_>) -> PathBuf {
        self.log_folder(slot.config, slot.log).join(file_name(slot))
    }

    /// Makes the folders above a record that are missing, each durable before the next.
    fn make_folders(&self, folder: &Path) -> io::Result<()> {
        let missing: Vec<_> = folder.ancestors().take_while(|path| path.starts_with(&self.root)).collect();
        missing.into_iter().rev().try_for_each(disk::make_folder)
    }
}

impl Backend for Folder {
    fn create(&self, slot: &Slot<'_>, bytes: &[u8]) -> Result<Creation, BackendError> {
        let folder = self.log_folder(slot.config, slot.log);
        let object = || self.describe(slot);
        let failed = |source| failure(BackendErrorKind::Failed, object(), source);
        let nonce = random_id().map_err(failed)?.to_string();
        let create = || disk::create(&folder, &file_name(slot), bytes, &nonce[..16]);
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
        read.map_err(|error| failure(BackendErrorKind::Failed, self.describe(slot), error))
    }

    fn exists(&self, slot: &Slot<'_>) -> Result<bool, BackendError> {
        match disk::stat(&self.path(slot)) {
            Ok(stat) => Ok(stat.is_some()),
            Err(error) => Err(failure(BackendErrorKind::Failed, self.describe(slot), error)),
        }
    }

    fn list(&self, config: &ConfigName, log: Log) -> Result<Vec<u64>, BackendError> {
        let folder = self.log_folder(config, log);
        let names = disk::list(&folder)
            .map_err(|error| failure(BackendErrorKind::Failed, folder.display().to_string(), error))?;
        let number = |name: std::ffi::OsString| number_of(name.to_str()?, log);
        let mut numbers: Vec<_> = names.unwrap_or_default().into_iter().filter_map(number).collect();
        numbers.sort_unstable();
        Ok(numbers)
    }

    fn configs(&self) -> Result<Vec<ConfigName>, BackendError> {
        let folder = self.root.join("configs");
        let names = disk::list(&folder)
            .map_err(|error| failure(BackendErrorKind::Failed, folder.display().to_string(), error))?;
        let name = |name: std::ffi::OsString| unescape(name.to_str()?);
        let mut configs: Vec<_> = names.unwrap_or_default().into_iter().filter_map(name).collect();
        configs.sort_unstable();
        Ok(configs)
    }

    fn settle(&self, config: &ConfigName, log: Log) -> Result<(), BackendError> {
        let folder = self.log_folder(config, log);
        disk::sync_folder(&folder)
            .map_err(|error| failure(BackendErrorKind::Failed, folder.display().to_string(), error))
    }

    fn remember(&self, config: &ConfigName, log: Log, note: &[u8]) -> Result<(), BackendError> {
        let path = self.log_folder(config, log).join(NOTE);
        disk::write_note(&path, note)
            .map_err(|error| failure(BackendErrorKind::Failed, path.display().to_string(), error))
    }

    fn recall(&self, config: &ConfigName, log: Log) -> Result<Option<Vec<u8>>, BackendError> {
        let path = self.log_folder(config, log).join(NOTE);
        disk::read_prefix(&path, MAX_NOTE_BYTES)
            .map_err(|error| failure(BackendErrorKind::Failed, path.display().to_string(), error))
    }

    fn describe(&self, slot: &Slot<'_>) -> String {
        self.path(slot).display().to_string()
    }
}

/// The version of the store's format.
pub const FORMAT: u32 = 1;

/// The file that describes the store.
const DESCRIPTION: &str = "store.json";

/// What `store.json` says.
#[derive(serde::Deserialize)]
struct Description {
    vconf: u32,
}

impl Description {
    fn parse(bytes: &[u8]) -> Option<Self> {
        serde_json::from_slice(bytes).ok()
    }
}

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

fn failure(kind: BackendErrorKind, object: String, source: io::Error) -> BackendError {
    BackendError { kind, object, source }
}

/// A random id.
pub(crate) fn random_id() -> io::Result<Id> {
    let mut bytes = [0; 16];
    getrandom::fill(&mut bytes).map_err(|error| io::Error::other(error.to_string()))?;
    Ok(Id(bytes))
}

fn file_name(slot: &Slot<'_>) -> String {
    match slot.log {
        Log::Versions => format!("v{}.json", slot.number),
        Log::Refs => format!("r{}.json", slot.number),
    }
}

fn number_of(name: &str, log: Log) -> Option<u64> {
    let prefix = match log {
        Log::Versions => 'v',
        Log::Refs => 'r',
    };
    let digits = name.strip_prefix(prefix)?.strip_suffix(".json")?;
    let number: u64 = digits.parse().ok()?;
    // `007` is not how a number is written, so `v007.json` is no record.
    (number > 0 && number.to_string() == digits).then_some(number)
}

/// A config's name as the name of one folder.
fn escape(config: &ConfigName) -> String {
    let mut escaped = String::with_capacity(config.as_str().len());
    for (at, &byte) in config.as_str().as_bytes().iter().enumerate() {
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'_' => escaped.push(byte.into()),
            b'.' if at > 0 => escaped.push('.'),
            _ => escaped.push_str(&format!("%{byte:02X}")),
        }
    }
    escaped
}

fn unescape(escaped: &str) -> Option<ConfigName> {
    let mut bytes = Vec::with_capacity(escaped.len());
    let mut rest = escaped.as_bytes();
    while let Some((&first, tail)) = rest.split_first() {
        if first == b'%' {
            let digits = tail.get(..2).and_then(|digits| std::str::from_utf8(digits).ok())?;
            bytes.push(u8::from_str_radix(digits, 16).ok()?);
            rest = &tail[2..];
        } else {
            bytes.push(first);
            rest = tail;
        }
    }
    let config = ConfigName::new(std::str::from_utf8(&bytes).ok()?).ok()?;
    (escape(&config) == escaped).then_some(config)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_name_is_one_folder_and_comes_back() {
        for name in ["app.yaml", ".env", "etc/a b.ini", "a@b%", "ü\n", "/etc/hosts"] {
            let config = ConfigName::new(name).unwrap();
            let folder = escape(&config);
            assert_eq!(Path::new(&folder).components().count(), 1, "{name:?}");
            assert_eq!(unescape(&folder), Some(config));
        }
    }

    #[test]
    fn foreign_folders_and_files_are_no_configs_and_no_records() {
        for name in ["%2", "%zz", "a b", ".hidden", "%61"] {
            assert_eq!(unescape(name), None, "{name}");
        }
        for name in ["v1.json.tmp", ".v1.json", "v01.json", "r1.json", "v.json", "v-1.json", "v+1.json"] {
            assert_eq!(number_of(name, Log::Versions), None, "{name}");
        }
        assert_eq!(number_of("v10.json", Log::Versions), Some(10));
    }
}
