//! What can go wrong with a history.

use std::fmt;

use crate::format::ParseError;
use crate::model::name::{ConfigName, RefName};
use crate::model::record::Version;
use crate::model::time::Timestamp;
use crate::store::{Corruption, StoreError};

/// Why a verb could not be carried out. Nothing was written, but for what the error itself says.
#[derive(Debug)]
pub enum Error {
    /// A record is damaged, or the store can't be used.
    Store(StoreError),
    /// There is no history of that name.
    UnknownConfig {
        /// The name.
        config: ConfigName,
        /// The configs with the most similar names.
        near: Vec<ConfigName>,
    },
    /// Every version was undone.
    NoLatest {
        /// The config.
        config: ConfigName,
        /// Its newest version.
        newest: u64,
    },
    /// There is no version of that number.
    UnknownVersion {
        /// The config.
        config: ConfigName,
        /// The number that was asked for.
        number: u64,
        /// The newest version's number.
        newest: u64,
        /// The latest version, where it can be read.
        latest: Option<Box<Version>>,
    },
    /// There are not so many versions before the latest.
    TooFarBack {
        /// The config.
        config: ConfigName,
        /// How far back was asked for.
        back: u64,
        /// How many there are.
        available: u64,
    },
    /// There was no version at that time yet.
    BeforeFirst {
        /// The config.
        config: ConfigName,
        /// The time that was asked for.
        time: Timestamp,
        /// The first version.
        first: Box<Version>,
    },
    /// There is no tag and no branch of that name.
    UnknownName {
        /// The config.
        config: ConfigName,
        /// The name.
        name: RefName,
        /// The tags and branches with the most similar names.
        near: Vec<RefName>,
    },
    /// The latest version is not the one that was expected.
    Conflict {
        /// The config.
        config: ConfigName,
        /// The number that was expected; 0 for none.
        expected: u64,
        /// The number of the latest; 0 for none.
        found: u64,
        /// The versions that came after the expected one, oldest first.
        since: Vec<Version>,
    },
    /// A tag is not where the operation that is to be undone or redone left it.
    TagConflict {
        /// The config.
        config: ConfigName,
        /// The tag.
        tag: RefName,
        /// The version that it should name; `None` for none.
        expected: Option<u64>,
        /// The version that it names.
        found: Option<u64>,
    },
    /// The name is that of a branch or a tag already.
    NameTaken {
        /// The config.
        config: ConfigName,
        /// The name.
        name: RefName,
        /// Whether it is a branch.
        is_branch: bool,
    },
    /// There is no branch of that name.
    UnknownBranch {
        /// The config.
        config: ConfigName,
        /// The name.
        name: RefName,
        /// The branches that there are.
        branches: Vec<RefName>,
    },
    /// The branch can't be deleted: it is the current one, or the first.
    BranchInUse {
        /// The config.
        config: ConfigName,
        /// The branch.
        branch: RefName,
        /// Whether it is the current one.
        is_current: bool,
    },
    /// A branch is not as it was when it was looked at, or as the operation left it that is to be undone or redone.
    BranchConflict {
        /// The config.
        config: ConfigName,
        /// The branch.
        branch: RefName,
    },
    /// Others write so much to this config that there was no turn.
    Busy {
        /// The config.
        config: ConfigName,
    },
    /// What was done last can't be known, and so not what is to be undone or done again.
    LastUnknown {
        /// The damage that stands in the way: it may have been that.
        damage: Box<Corruption>,
    },
    /// Which branch is the current one can't be known. A switch to it tells it anew.
    CurrentUnknown {
        /// The damage that stands in the way: it may have been a switch.
        damage: Box<Corruption>,
        /// The branches that are known of.
        branches: Vec<RefName>,
    },
    /// There is no operation that could be undone.
    NothingToUndo,
    /// There is no undone operation that could be done again.
    NothingToRedo {
        /// Whether there was one before a newer operation.
        superseded: bool,
    },
    /// The version has no content that could be read as values.
    NoContent {
        /// The config.
        config: ConfigName,
        /// The version.
        number: u64,
        /// Why it did not parse, where it was meant to.
        reason: Option<ParseError>,
    },
    /// The content is not of the type that was asked for.
    WrongType {
        /// The config.
        config: ConfigName,
        /// The version.
        number: u64,
        /// What does not fit.
        source: serde_json::Error,
    },
    /// The content can't be written in the format of the config's name.
    NotExpressible {
        /// The config.
        config: ConfigName,
        /// Why not.
        reason: String,
    },
    /// Randomness for a record's id can't be had.
    Random(std::io::Error),
}

/// The kinds of errors: one exit code or HTTP status each.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum ErrorKind {
    /// What was asked for is not there.
    NotFound,
    /// What was given can't be used.
    Invalid,
    /// Somebody else was faster.
    Conflict,
    /// Trying again later may do.
    Busy,
    /// A record is damaged.
    Corrupt,
    /// The system below failed.
    Io,
}

impl Error {
    /// The kind of error.
    pub fn kind(&self) -> ErrorKind {
        match self {
            Self::Store(StoreError::Corrupt(corruption)) if corruption.forgotten().is_some() => {
                ErrorKind::NotFound
            }
            Self::Store(StoreError::Corrupt(_)) | Self::LastUnknown { .. } | Self::CurrentUnknown { .. } => {
                ErrorKind::Corrupt
            }
            Self::Store(StoreError::Backend(_)) | Self::Random(_) => ErrorKind::Io,
            Self::Store(StoreError::TooLarge { .. })
            | Self::NoContent { .. }
            | Self::WrongType { .. }
            | Self::NameTaken { .. }
            | Self::BranchInUse { .. }
            | Self::NotExpressible { .. } => ErrorKind::Invalid,
            Self::UnknownConfig { .. }
            | Self::NoLatest { .. }
            | Self::UnknownVersion { .. }
            | Self::TooFarBack { .. }
            | Self::BeforeFirst { .. }
            | Self::UnknownName { .. }
            | Self::UnknownBranch { .. }
            | Self::NothingToUndo
            | Self::NothingToRedo { .. } => ErrorKind::NotFound,
            Self::Conflict { .. } | Self::TagConflict { .. } | Self::BranchConflict { .. } => {
                ErrorKind::Conflict
            }
            Self::Busy { .. } => ErrorKind::Busy,
        }
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Store(error) => error.fmt(f),
            Self::UnknownConfig { config, .. } => write!(f, "{config} has no history"),
            Self::NoLatest { config, .. } => {
                write!(f, "{config} has no latest version: its saves were undone")
            }
            Self::UnknownVersion { config, number, .. } => write!(f, "{config} has no version {number}"),
            Self::TooFarBack { config, back, available } => {
                let noun = if *available == 1 { "version" } else { "versions" };
                write!(f, "{config} has {available} {noun} before the latest, not {back}")
            }
            Self::BeforeFirst { config, time, .. } => write!(f, "{config} had no version yet at {time}"),
            Self::UnknownName { config, name, .. } => write!(f, "{config} has no tag or branch {name}"),
            Self::Conflict { config, expected, found: 0, .. } => {
                write!(f, "{config} has no latest version, and version {expected} was expected")
            }
            Self::Conflict { config, expected, found, .. } => {
                write!(f, "{config} is at version {found}, not at the expected {expected}")
            }
            Self::TagConflict { config, tag, .. } => write!(f, "the tag {tag} of {config} was moved since"),
            Self::NameTaken { config, name, is_branch } => {
                write!(f, "{config} has a {} {name} already", if *is_branch { "branch" } else { "tag" })
            }
            Self::UnknownBranch { config, name, .. } => write!(f, "{config} has no branch {name}"),
            Self::BranchInUse { branch, is_current: true, .. } => {
                write!(f, "{branch} is the current branch and can't be deleted")
            }
            Self::BranchInUse { branch, .. } => {
                write!(f, "{branch} is the first branch and can't be deleted")
            }
            Self::BranchConflict { config, branch } => {
                write!(f, "the branch {branch} of {config} was changed meanwhile")
            }
            Self::Busy { config } => write!(f, "{config} is being written by others without a pause"),
            Self::LastUnknown { damage } => {
                let what = if damage.is_ref { "change of refs" } else { "version" };
                write!(
                    f,
                    "what was done last to {} can't be known: {what} {} is damaged",
                    damage.config, damage.number
                )
            }
            Self::CurrentUnknown { damage, .. } => write!(
                f,
                "which branch of {} is the current one can't be known: change of refs {} is damaged",
                damage.config, damage.number
            ),
            Self::NothingToUndo => f.write_str("there is nothing to undo"),
            Self::NothingToRedo { .. } => f.write_str("there is nothing to redo"),
            Self::NoContent { config, number, .. } => {
                write!(f, "version {number} of {config} has no content that could be read as values")
            }
            Self::WrongType { config, number, .. } => {
                write!(f, "version {number} of {config} is not of the expected type")
            }
            Self::NotExpressible { config, reason } => {
                write!(f, "{config} can't hold this content: {reason}")
            }
            Self::Random(_) => f.write_str("the system gives no random numbers"),
        }
    }
}

impl std::error::Error for Error {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            Self::Store(error) => error.source(),
            Self::WrongType { source, .. } => Some(source),
            Self::LastUnknown { damage } | Self::CurrentUnknown { damage, .. } => Some(damage),
            Self::NoContent { reason: Some(reason), .. } => Some(reason),
            Self::Random(error) => Some(error),
            _ => None,
        }
    }
}

impl From<StoreError> for Error {
    fn from(error: StoreError) -> Self {
        Self::Store(error)
    }
}
