//! The user's files: finding, reading and writing them back, without ever losing bytes that are not in the history.

mod current;
mod error;
mod find;
mod import;
mod leftover;
mod many;
mod repair;
mod restore;
mod rewrite;
mod rollback;
mod save;
mod seen;
mod status;
mod switch;
mod trial;
mod undo;

pub use current::UnfinishedSwitch;
pub use error::WorktreeError;
pub use find::{find, normalize};
pub use leftover::Leftover;
pub use rewrite::{Rewrite, Rewritten};
pub use rollback::RolledBack;
pub use save::{SavedFile, SavedIfChanged};
pub use seen::{Seen, SeenFiles};
pub use status::{FileStatus, Status};
pub use switch::Switched;
pub use trial::{BegunTrial, BrokenTrial, Mended, Reach, Trial};
pub use undo::{RestoredFile, Turned};

use std::path::{Path, PathBuf};

use crate::backend::STORE_FOLDER;
use crate::disk::{self, FileState};
use crate::model::name::{ConfigName, InvalidName};
use crate::store::{MAX_SOURCE_BYTES, Store};

/// A store and the folder of files that it is for.
#[derive(Debug)]
pub struct Worktree {
    /// The histories.
    pub store: Store,
    root: PathBuf,
}

impl Worktree {
    /// Joins a store with the folder that its configs' names are relative to.
    pub fn new(store: Store, root: impl Into<PathBuf>) -> Self {
        Self { store, root: root.into() }
    }

    /// The folder that names are relative to.
    pub fn root(&self) -> &Path {
        &self.root
    }

    /// Where a config's file is or would be.
    pub fn path(&self, config: &ConfigName) -> PathBuf {
        self.root.join(config.as_str())
    }

    /// Reads a config's file; `None` where there is none.
    pub fn read(&self, config: &ConfigName) -> Result<Option<FileState>, WorktreeError> {
        let path = self.path(config);
        disk::read_file(&path, MAX_SOURCE_BYTES).map_err(|source| WorktreeError::Read { path, source })
    }

    /// Fails where a config's file is a part of a store by way of a symbolic link: writing it would damage a history.
    fn check_apart(&self, config: &ConfigName) -> Result<(), WorktreeError> {
        let path = self.path(config);
        let folder = path.parent().unwrap_or(&path);
        let Ok(real) = disk::canonical(&path).or_else(|_| disk::canonical(folder)) else { return Ok(()) };
        if real.components().any(|part| part.as_os_str() == STORE_FOLDER) {
            let source = InvalidName { name: real.display().to_string(), reason: IN_STORE };
            return Err(WorktreeError::Name { path, source: Some(source) });
        }
        Ok(())
    }
}

/// Why a file can't be a config.
const IN_STORE: &str = "it is a part of a store";

/// The permission bits that a record keeps: those for reading, writing and executing.
fn kept_mode(file: &FileState) -> u32 {
    file.stat.mode & 0o777
}
