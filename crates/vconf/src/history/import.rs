//! Import: the histories of other systems.

mod python;
mod rcs;
mod revisions;

use std::fmt;

use super::context::Context;
use super::error::Error;
use crate::backend::random_id;
use crate::model::name::{ConfigName, RefName};
use crate::model::record::{Action, Version};
use crate::store::Store;

pub use rcs::{RcsError, RcsFile, RcsProblem, RcsRevision, Revisions};
pub use revisions::{ForeignRevision, ImportedRevision, RevisionImport};

/// What became of an import.
#[derive(Clone, Debug, Default)]
pub struct ImportReport {
    /// The versions, in order; those that were there from an earlier import as well.
    pub imported: Vec<Imported>,
    /// What there is to tell.
    pub warnings: Vec<ImportWarning>,
    /// Whether an earlier import of them had been undone, and was done again.
    pub is_redone: bool,
}

/// One version that was imported.
#[derive(Clone, Debug)]
pub struct Imported {
    /// The file that it came from.
    pub file: String,
    /// What it is now.
    pub version: Version,
    /// The tag that its own version became.
    pub tag: Option<RefName>,
    /// Whether an earlier import had made it.
    pub was_there: bool,
}

/// Something to tell of one file.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct ImportWarning {
    /// The file.
    pub file: String,
    /// What is to be told.
    pub problem: ImportProblem,
}

/// What can be wrong with a version file.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum ImportProblem {
    /// It was left out, for it can't be read.
    Unreadable(String),
    /// It was imported, though its content is not the one that its checksum was made of.
    Checksum {
        /// The checksum in the file.
        stated: String,
        /// The checksum of its content.
        actual: String,
    },
    /// It was imported, though it has no checksum.
    NoChecksum,
    /// It was imported with the time of the import, for it has none that can be read.
    NoTime(String),
    /// It was imported without a tag, for its version can't be the name of one.
    NoTag(String),
}

impl ImportProblem {
    /// Whether it is a sign of damage.
    pub fn is_damage(&self) -> bool {
        matches!(self, Self::Unreadable(_) | Self::Checksum { .. })
    }
}

impl fmt::Display for ImportProblem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unreadable(why) => write!(f, "left out: {why}"),
            Self::Checksum { stated, actual } => {
                write!(
                    f,
                    "its content does not match its checksum: it says {stated}, and the content has {actual}"
                )
            }
            Self::NoChecksum => f.write_str("it has no checksum to verify"),
            Self::NoTime(text) => write!(f, "it has no time that can be read: \"{}\"", text.escape_debug()),
            Self::NoTag(version) => write!(f, "its version can't be a tag: \"{}\"", version.escape_debug()),
        }
    }
}

/// Why an import could not be done or finished.
#[derive(Debug)]
pub enum ImportError {
    /// No file was a version file.
    NoVersions(Vec<ImportWarning>),
    /// The config has a history that this import did not make.
    Exists {
        /// The config.
        config: ConfigName,
    },
    /// The history could not be written.
    History(Error),
}

impl fmt::Display for ImportError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NoVersions(_) => f.write_str("there is no version file that can be read"),
            Self::Exists { config } => write!(f, "{config} has another history already"),
            Self::History(error) => error.fmt(f),
        }
    }
}

impl std::error::Error for ImportError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            Self::History(error) => error.source(),
            _ => None,
        }
    }
}

impl From<Error> for ImportError {
    fn from(error: Error) -> Self {
        Self::History(error)
    }
}

impl Store {
    /// Does imports again that were undone, so that the version `newest` which they made is on its branch once more; tells
    /// whether there were any.
    fn redo_imports(&self, config: &ConfigName, newest: u64, context: &Context) -> Result<bool, Error> {
        let state = self.state(config)?;
        let mut undone = Vec::new();
        if self.head_number(&state, &RefName::main())?.is_none_or(|head| head < newest) {
            for operation in self.operations()? {
                let operation = operation?;
                let is_import = operation
                    .versions_of(config)
                    .next()
                    .is_some_and(|version| version.action == Action::Import);
                if is_import && operation.undone_in.contains(config) {
                    undone.push(operation);
                }
            }
        }
        let is_any = !undone.is_empty();
        for operation in undone.into_iter().rev() {
            // An operation of its own, so that what this import adds can be undone for itself.
            let mut context = context.clone();
            context.operation.id = random_id().map_err(Error::Random)?;
            self.redo(operation, &context)?;
        }
        Ok(is_any)
    }
}
