//! Saving files.

use super::current::Looked;
use super::error::WorktreeError;
use super::{Worktree, kept_mode};
use crate::history::{Context, Error, SaveOptions, Saved};
use crate::model::name::ConfigName;

/// A file that was saved.
pub type SavedFile = Saved;

impl Worktree {
    /// Saves a config's file, with its mode, on the branch that it is of.
    ///
    /// Where another process saves at the same moment, the file is read again: what follows a version was read after it.
    ///
    /// # Errors
    ///
    /// [`WorktreeError::UnfinishedSwitch`] where it is that of a branch which was left.
    pub fn save(
        &self,
        config: &ConfigName,
        options: &SaveOptions,
        context: &Context,
    ) -> Result<SavedFile, WorktreeError> {
        self.refuse_during_trial(config)?;
        for _ in 0..MOST_ATTEMPTS {
            let Looked { state, file, .. } = self.look_settled(config)?;
            let Some(file) = file else {
                let is_tracked = state.versions.number > 0;
                return Err(WorktreeError::NoFile {
                    config: config.clone(),
                    path: self.path(config),
                    is_tracked,
                });
            };
            let pinned = SaveOptions {
                mode: options.mode.or(Some(kept_mode(&file))),
                branch: Some(options.branch.as_ref().unwrap_or(&state.current).clone()),
                ..options.clone()
            };
            if let Some(saved) = self.store.save_after(state, file.bytes, &pinned, context)? {
                return Ok(saved);
            }
        }
        Err(Error::Busy { config: config.clone() }.into())
    }
}

/// How often a save that others were faster than reads its file again.
const MOST_ATTEMPTS: usize = 1000;
