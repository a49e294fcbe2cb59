//! Saving files.

use super::error::WorktreeError;
use super::{Worktree, kept_mode};
use crate::history::{Context, SaveOptions, Saved};
use crate::model::name::ConfigName;

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
        let Some(file) = self.read(config)? else {
            let is_tracked = self.store.state(config)?.versions.number > 0;
            return Err(WorktreeError::NoFile {
                config: config.clone(),
                path: self.path(config),
                is_tracked,
            });
        };
        let options = SaveOptions { mode: options.mode.or(Some(kept_mode(&file))), ..options.clone() };
        Ok(self.store.save(config, &file.bytes, &options, context)?)
    }
}
