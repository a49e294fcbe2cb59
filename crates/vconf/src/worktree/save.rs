//! Saving files.

use super::error::WorktreeError;
use super::{Worktree, kept_mode};
use crate::disk::FileState;
use crate::history::{Context, SaveOptions, Saved};
use crate::model::name::{ConfigName, RefName};

/// A file that was saved.
pub type SavedFile = Saved;

impl Worktree {
    /// Saves a config's file, with its mode.
    pub fn save(
        &self,
        config: &ConfigName,
        options: &SaveOptions,
        context: &Context,
    ) -> Result<SavedFile, WorktreeError> {
        let (branch, file) = self.read_on_branch(config)?;
        let Some(file) = file else {
            let is_tracked = self.store.state(config)?.versions.number > 0;
            return Err(WorktreeError::NoFile {
                config: config.clone(),
                path: self.path(config),
                is_tracked,
            });
        };
        let options = SaveOptions { mode: options.mode.or(Some(kept_mode(&file))), ..options.clone() };
        let options = SaveOptions { branch: options.branch.or(branch), ..options };
        Ok(self.store.save(config, &file.bytes, &options, context)?)
    }

    /// Reads a config's file and the branch that was the current one both before and after: a switch records the
    /// branch before it writes the file. No branch where others switch without a pause.
    pub(super) fn read_on_branch(
        &self,
        config: &ConfigName,
    ) -> Result<(Option<RefName>, Option<FileState>), WorktreeError> {
        let mut before = self.store.state(config)?.current;
        for _ in 0..MOST_LOOKS {
            let file = self.read(config)?;
            let after = self.store.state(config)?.current;
            if before == after {
                return Ok((Some(after), file));
            }
            before = after;
        }
        Ok((None, self.read(config)?))
    }
}

/// How often a file is read again because its branch was switched meanwhile.
const MOST_LOOKS: usize = 16;
