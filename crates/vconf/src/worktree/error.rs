//! What can go wrong with files.

use std::fmt;
use std::io;
use std::path::PathBuf;

use super::current::UnfinishedSwitch;
use crate::disk::{Outcome, Unfinished};
use crate::history::{Error, ErrorKind, ImportError, Saved};
use crate::model::name::{ConfigName, InvalidName, RefName};

/// Why something could not be done with a file.
#[derive(Debug)]
pub enum WorktreeError {
    /// The history could not be read or written.
    History(Error),
    /// An import could not be done.
    Import(ImportError),
    /// A file can't be read.
    Read {
        /// The file.
        path: PathBuf,
        /// Why not.
        source: io::Error,
    },
    /// A file can't be written. It is as it was.
    Write {
        /// The file.
        path: PathBuf,
        /// Why not.
        source: io::Error,
    },
    /// A file was replaced, but that may not survive a crash, or what it held could not be saved.
    Replaced {
        /// The file.
        path: PathBuf,
        /// Where the old file is.
        kept_at: Option<PathBuf>,
        /// What went wrong.
        source: io::Error,
    },
    /// A file was taken out of its place to be replaced, and neither the new bytes nor the old file could be put there.
    SetAside {
        /// The file.
        path: PathBuf,
        /// Where the old file is.
        kept_at: PathBuf,
        /// What went wrong.
        source: io::Error,
    },
    /// The file still holds what the branch has that was left: a switch was recorded, and broken off before it wrote
    /// the file.
    UnfinishedSwitch {
        /// The config.
        config: ConfigName,
        /// The branch that is the current one.
        to: RefName,
        /// The branch that was left, and its version that the file holds.
        switch: UnfinishedSwitch,
    },
    /// A bisect tries other bytes in the place of a file of this store.
    TrialUnderway {
        /// The config of that file.
        config: ConfigName,
    },
    /// Another program wrote the file in whose place bytes were tried. It is as that left it.
    Touched {
        /// The file.
        path: PathBuf,
    },
    /// Another process switched the config to another branch at the same moment: the file is that branch's, and was
    /// not written.
    Switched {
        /// The config.
        config: ConfigName,
        /// The branch that this was about.
        branch: RefName,
    },
    /// A file's name can't be that of a config.
    Name {
        /// The file.
        path: PathBuf,
        /// Why not; `None` where it is not UTF-8.
        source: Option<InvalidName>,
    },
    /// It failed after what the file held was saved as a version.
    AfterSaving {
        /// The config.
        config: ConfigName,
        /// That version.
        number: u64,
        /// What went wrong then.
        source: Box<WorktreeError>,
    },
    /// There is no such file.
    NoFile {
        /// The config.
        config: ConfigName,
        /// Where it would be.
        path: PathBuf,
        /// Whether the config has a history.
        is_tracked: bool,
    },
}

impl WorktreeError {
    /// What became of a file whose replacement did not come to its end.
    pub(super) fn unfinished(path: PathBuf, Unfinished { source, outcome }: Unfinished) -> Self {
        match outcome {
            Outcome::AsItWas => Self::Write { path, source },
            Outcome::Replaced(kept_at) => Self::Replaced { path, kept_at, source },
            Outcome::SetAside(kept_at) => Self::SetAside { path, kept_at, source },
        }
    }

    /// The kind of error.
    pub fn kind(&self) -> ErrorKind {
        match self {
            Self::History(error) | Self::Import(ImportError::History(error)) => error.kind(),
            Self::Import(ImportError::Exists { .. }) => ErrorKind::Conflict,
            Self::Import(ImportError::NoVersions(_)) => ErrorKind::Invalid,
            Self::Read { .. } | Self::Write { .. } | Self::Replaced { .. } | Self::SetAside { .. } => {
                ErrorKind::Io
            }
            Self::UnfinishedSwitch { .. }
            | Self::Switched { .. }
            | Self::TrialUnderway { .. }
            | Self::Touched { .. } => ErrorKind::Conflict,
            Self::Name { .. } => ErrorKind::Invalid,
            Self::NoFile { .. } => ErrorKind::NotFound,
            Self::AfterSaving { source, .. } => source.kind(),
        }
    }

    /// The same, where unsaved edits were saved before.
    pub(super) fn after(self, saved: Option<&Saved>) -> Self {
        match saved {
            Some(Saved { version, .. }) => Self::AfterSaving {
                config: version.config.clone(),
                number: version.number,
                source: Box::new(self),
            },
            None => self,
        }
    }
}

impl fmt::Display for WorktreeError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::History(error) => error.fmt(f),
            Self::Import(error) => error.fmt(f),
            Self::Read { path, .. } => write!(f, "{} can't be read", path.display()),
            Self::Write { path, .. } => write!(f, "{} can't be written", path.display()),
            Self::Replaced { path, kept_at: Some(kept_at), .. } => {
                write!(f, "{} was replaced; what it held is in {}", path.display(), kept_at.display())
            }
            Self::Replaced { path, kept_at: None, .. } => {
                write!(f, "{} was written, but it may not survive a crash", path.display())
            }
            Self::SetAside { path, kept_at, .. } => {
                write!(
                    f,
                    "{} could not be put back in its place; it is {}",
                    path.display(),
                    kept_at.display()
                )
            }
            Self::UnfinishedSwitch { config, to, .. } => {
                write!(f, "{config} is on branch {to}, and its file is not: the switch was broken off")
            }
            Self::TrialUnderway { config } => write!(f, "a bisect of {config} is under way"),
            Self::Touched { path } => write!(f, "{} was changed meanwhile", path.display()),
            Self::Switched { config, branch } => {
                write!(f, "{config} was switched away from branch {branch} at the same moment")
            }
            Self::Name { path, source: Some(_) } => {
                write!(f, "{} can't be the name of a config", path.display())
            }
            Self::Name { path, source: None } => write!(f, "the name of {} is not UTF-8", path.display()),
            Self::AfterSaving { source, .. } => source.fmt(f),
            Self::NoFile { path, .. } => write!(f, "there is no file {}", path.display()),
        }
    }
}

impl std::error::Error for WorktreeError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            Self::History(error) => error.source(),
            Self::Import(error) => error.source(),
            Self::Read { source, .. }
            | Self::Write { source, .. }
            | Self::Replaced { source, .. }
            | Self::SetAside { source, .. } => Some(source),
            Self::AfterSaving { source, .. } => source.source(),
            Self::Name { source, .. } => source.as_ref().map(|source| source as _),
            Self::NoFile { .. }
            | Self::UnfinishedSwitch { .. }
            | Self::Switched { .. }
            | Self::TrialUnderway { .. }
            | Self::Touched { .. } => None,
        }
    }
}

impl From<Error> for WorktreeError {
    fn from(error: Error) -> Self {
        Self::History(error)
    }
}

impl From<ImportError> for WorktreeError {
    fn from(error: ImportError) -> Self {
        Self::Import(error)
    }
}
