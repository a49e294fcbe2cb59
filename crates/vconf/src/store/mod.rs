//! Typed records over a backend: written once, sealed, and checked on every read.

mod append;
mod body;
mod cache;
mod checkpoint;
mod decode;
mod descend;
mod encode;
mod error;
mod forgotten;
mod journal;
mod last_record;
mod pack;
mod read;
mod recent;
mod settings;
mod verify;

pub use append::{Appended, MAX_SOURCE_BYTES};
pub use checkpoint::Checkpoint;
pub use decode::{decode_header, decode_ref, decode_version};
pub(crate) use descend::{Descent, Step};
pub use encode::{Draft, RefDraft, encode_ref, encode_version};
pub use error::{Corruption, Flaw, Problem, StoreError};
pub use forgotten::Gap;
pub(crate) use forgotten::Gaps;
pub(crate) use journal::{Junk, MAX_RECORD_BYTES as MAX_COPIED_BYTES};
pub use pack::PackLevel;
pub(crate) use pack::{Digests, no_packs};
pub use read::Tip;
pub use settings::{BadSettings, Settings, SettingsError, SettingsProblem};
pub(crate) use verify::Links;

use std::path::Path;
use std::sync::OnceLock;

use crate::backend::{Backend, Folder, Memory, OpenError};
use forgotten::KnownGaps;
use last_record::LastRecord;
use pack::Unpacked;
use recent::Recent;

/// A place that holds the histories of configs.
///
/// All that is written goes into new records; nothing is ever overwritten, so that any number of processes may use
/// one store at once.
#[derive(Debug)]
pub struct Store {
    backend: Box<dyn Backend>,
    pub(crate) recent: Recent,
    last_record: LastRecord,
    unpacked: Unpacked,
    known_gaps: KnownGaps,
    settings: OnceLock<Result<Settings, SettingsError>>,
}

impl Store {
    /// Opens the store in a folder (such as `.vconf`); `None` where there is none.
    pub fn open(folder: impl AsRef<Path>) -> Result<Option<Self>, OpenError> {
        Ok(Folder::open(folder.as_ref())?.map(Self::with_backend))
    }

    /// Creates the store in a folder, or opens the one that is there. The folder's parent must be there.
    pub fn create(folder: impl AsRef<Path>) -> Result<Self, OpenError> {
        Folder::create(folder.as_ref()).map(Self::with_backend)
    }

    /// Makes a store in memory.
    pub fn in_memory() -> Self {
        Self::with_backend(Memory::new())
    }

    /// Uses a backend.
    pub fn with_backend(backend: impl Backend + 'static) -> Self {
        Self::with_boxed(Box::new(backend))
    }

    /// Uses a backend that was chosen while the program runs.
    pub fn with_boxed(backend: Box<dyn Backend>) -> Self {
        Self {
            backend,
            recent: Recent::default(),
            last_record: LastRecord::default(),
            unpacked: Unpacked::default(),
            known_gaps: KnownGaps::default(),
            settings: OnceLock::new(),
        }
    }

    /// Uses settings in place of those that are kept with the store.
    pub fn with_settings(mut self, settings: Settings) -> Self {
        self.settings = OnceLock::from(Ok(settings));
        self
    }

    /// The backend below.
    pub fn backend(&self) -> &dyn Backend {
        &*self.backend
    }
}
