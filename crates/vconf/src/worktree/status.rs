//! Status: which files changed since their latest versions.

use super::current::{Looked, UnfinishedSwitch};
use super::error::WorktreeError;
use super::{Worktree, kept_mode};
use crate::canonical;
use crate::format;
use crate::history::{Comparison, Error, Loaded, State};
use crate::model::name::{ConfigName, RefName};
use crate::model::record::Version;
use crate::store::Corruption;

/// How a config's file stands to its history.
#[derive(Debug)]
pub struct Status {
    /// The config.
    pub config: ConfigName,
    /// Its latest version; `None` where its saves were undone.
    pub latest: Option<Version>,
    /// The current branch, whose head that is.
    pub branch: RefName,
    /// Its file.
    pub file: FileStatus,
    /// The switch to that branch, where it was recorded and the file is still that of the branch which was left.
    pub unfinished: Option<UnfinishedSwitch>,
    /// Damage that was passed around: where it is one of refs, another branch may be the current one.
    pub damage: Vec<Corruption>,
}

/// How a file stands to the latest version.
#[derive(Debug)]
pub enum FileStatus {
    /// It is the same.
    Same,
    /// It is not the same: in content, in layout, or only in its mode.
    Changed {
        /// The latest version and the file, side by side; `None` where the mode alone differs.
        comparison: Option<Box<Comparison>>,
        /// The mode before and now, where it differs.
        mode: Option<(u32, u32)>,
    },
    /// There is no latest version to compare with.
    Unsaved,
    /// There is no file.
    Missing,
    /// The file can't be read.
    Unreadable(WorktreeError),
}

impl Worktree {
    /// Tells how a config's file stands to its history.
    pub fn status(&self, config: &ConfigName) -> Result<Status, WorktreeError> {
        self.store.known_state(config)?;
        let (state, read, unfinished) = match self.look(config) {
            Ok(Looked { state, file, unfinished }) => (state, Ok(file), unfinished),
            Err(error @ WorktreeError::Read { .. }) => (self.store.state(config)?, Err(error), None),
            Err(error) => return Err(error),
        };
        let latest = match self.store.head_number(&state, &state.current)? {
            Some(number) => Some(self.store.header(config, number).map_err(Error::from)?),
            None => None,
        };
        let file = match (read, &latest) {
            (Err(error), _) => FileStatus::Unreadable(error),
            (Ok(None), _) => FileStatus::Missing,
            (Ok(Some(_)), None) => FileStatus::Unsaved,
            (Ok(Some(file)), Some(version)) => {
                let now = kept_mode(&file);
                let mode = version.mode.filter(|&mode| mode != now).map(|mode| (mode, now));
                let is_same = canonical::checksum(&file.bytes) == version.checksum;
                let comparison = if is_same {
                    // What is told to be saved must be there to be had.
                    self.store.load_number(config, version.number)?;
                    None
                } else {
                    Some(Box::new(self.against_file(version, &file.bytes)?))
                };
                if comparison.is_none() && mode.is_none() {
                    FileStatus::Same
                } else {
                    FileStatus::Changed { comparison, mode }
                }
            }
        };
        let State { current, damage, .. } = state;
        Ok(Status { config: config.clone(), latest, branch: current, file, unfinished, damage })
    }

    /// Puts a version and bytes of its config's file side by side.
    fn against_file(&self, version: &Version, bytes: &[u8]) -> Result<Comparison, WorktreeError> {
        let old = self.store.load_number(&version.config, version.number)?;
        Ok(compare_with_bytes(&old, bytes))
    }
}

/// Puts a version and bytes side by side.
pub(super) fn compare_with_bytes(old: &Loaded, bytes: &[u8]) -> Comparison {
    let new = format::read(old.version.config.as_str(), bytes, None);
    Comparison::of_documents(old.document(), &old.source, new, bytes)
}
