//! Saving files.

use super::current::Looked;
use super::error::WorktreeError;
use super::{Worktree, kept_mode};
use crate::canonical;
use crate::disk::FileState;
use crate::history::{Context, Error, SaveOptions, Saved, State};
use crate::model::name::ConfigName;

/// A file that was saved.
pub type SavedFile = Saved;

/// What became of a file that was to be saved where it changed.
#[derive(Debug)]
pub enum SavedIfChanged {
    /// It was saved.
    Saved(Box<SavedFile>),
    /// Its latest version holds the same.
    Same,
    /// There is no file.
    Missing,
}

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
            if let Some(saved) = self.save_file_after(state, file, options, context)? {
                return Ok(saved);
            }
        }
        Err(Error::Busy { config: config.clone() }.into())
    }

    /// Saves the file of a config that has a history, unless its latest version holds the same.
    ///
    /// # Errors
    ///
    /// Those of [`save`](Self::save), and damage of that version.
    pub fn save_if_changed(
        &self,
        config: &ConfigName,
        options: &SaveOptions,
        context: &Context,
    ) -> Result<SavedIfChanged, WorktreeError> {
        let Looked { state, file, .. } = self.look_settled(config)?;
        if state.versions.number == 0 {
            self.store.known_state(config)?;
        }
        let Some(file) = file else { return Ok(SavedIfChanged::Missing) };
        if self.is_saved(&state, &file)? {
            return Ok(SavedIfChanged::Same);
        }
        self.refuse_during_trial(config)?;
        let saved = match self.save_file_after(state, file, options, context)? {
            Some(saved) => saved,
            None => self.save(config, options, context)?,
        };
        Ok(SavedIfChanged::Saved(Box::new(saved)))
    }

    /// Whether the current branch's head has a file's bytes and mode, and can be had.
    fn is_saved(&self, state: &State, file: &FileState) -> Result<bool, WorktreeError> {
        let Some(number) = self.store.head_number(state, &state.current)? else { return Ok(false) };
        let head = self.store.header(&state.config, number).map_err(Error::from)?;
        let is_same = head.checksum == canonical::checksum(&file.bytes)
            && head.mode.is_none_or(|mode| mode == kept_mode(file));
        if is_same {
            self.store.load_number(&state.config, number)?;
        }
        Ok(is_same)
    }

    /// Saves a file that was read after a state was seen; `None` where another writer was faster.
    fn save_file_after(
        &self,
        state: State,
        file: FileState,
        options: &SaveOptions,
        context: &Context,
    ) -> Result<Option<SavedFile>, WorktreeError> {
        let pinned = SaveOptions {
            mode: options.mode.or(Some(kept_mode(&file))),
            branch: Some(options.branch.as_ref().unwrap_or(&state.current).clone()),
            ..options.clone()
        };
        Ok(self.store.save_after(state, file.bytes, &pinned, context)?)
    }
}

/// How often a save that others were faster than reads its file again.
const MOST_ATTEMPTS: usize = 1000;
