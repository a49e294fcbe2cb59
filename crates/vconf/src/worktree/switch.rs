//! Switching a file to another branch.

use super::Worktree;
use super::error::WorktreeError;
use crate::canonical;
use crate::disk::FileState;
use crate::history::{Context, Error, Saved, State, SwitchOutcome};
use crate::model::name::{ConfigName, RefName};

/// A file that was switched to another branch.
#[derive(Debug)]
pub struct Switched {
    /// The version that was made of unsaved edits first, on the branch that was left.
    pub saved_before: Option<Saved>,
    /// From which branch to which.
    pub outcome: SwitchOutcome,
    /// Whether the file was written.
    pub file_written: bool,
    /// The version that was made, on the branch that was left, of what another program wrote into the file meanwhile.
    pub rescued: Option<Saved>,
}

impl Worktree {
    /// Makes another branch the current one, and gives the config's file the bytes and mode of its head. With
    /// `create_at`, creates the branch there in the same step.
    ///
    /// Unsaved edits become a version of the branch that is left, first. Where both branches have the same head, the
    /// file is not touched, and edits stay unsaved ones. Its order is that of a rollback: write the new bytes beside
    /// the file, record the switch, put them in place. A switch that stopped before the last step is finished by
    /// switching to the same branch again.
    pub fn switch(
        &self,
        config: &ConfigName,
        to: &RefName,
        create_at: Option<u64>,
        context: &Context,
    ) -> Result<Switched, WorktreeError> {
        let state = self.store.known_state(config)?;
        let from = state.current.clone();
        let head = match create_at {
            Some(number) => number,
            None => self.branch_head(&state, to)?,
        };
        let target = self.store.load_number(config, head)?;
        let Some(file) = self.read(config)? else {
            return Err(WorktreeError::NoFile {
                config: config.clone(),
                path: self.path(config),
                is_tracked: true,
            });
        };
        let old_head = self.store.head_number(&state, &from)?;
        let is_unfinished = from == *to && self.is_unfinished(&state, &file)?;
        let staged = if old_head == Some(head) && !is_unfinished {
            None
        } else {
            self.stage(config, Some(&file), &target)?
        };
        let file_written = staged.is_some();
        let saved_before = if file_written && !is_unfinished {
            let why = format!("Before the switch to {to}");
            self.save_unsaved(config, Some(&file), why, Some(old_head.unwrap_or(0)), Some(&from), context)?
        } else {
            None
        };
        let outcome = self.store.switch_from(config, &from, to, create_at, context)?;
        let rescued = match staged {
            Some(staged) => self.finish(config, staged, Some(&from), context)?,
            None => None,
        };
        Ok(Switched { saved_before, outcome, file_written, rescued })
    }

    fn branch_head(&self, state: &State, branch: &RefName) -> Result<u64, WorktreeError> {
        if !state.has_branch(branch) {
            let branches = state.branches().into_iter().collect();
            let (config, name) = (state.config.clone(), branch.clone());
            return Err(Error::UnknownBranch { config, name, branches }.into());
        }
        let head = self.store.head_number(state, branch)?;
        let newest = state.versions.number;
        Ok(head.ok_or_else(|| Error::NoLatest { config: state.config.clone(), newest })?)
    }

    /// Whether the last switch was recorded and its file not written: it holds what the branch that was left has.
    fn is_unfinished(&self, state: &State, file: &FileState) -> Result<bool, WorktreeError> {
        if state.refs.number == 0 || !state.damage.is_empty() {
            return Ok(false);
        }
        let change = self.store.ref_change(&state.config, state.refs.number).map_err(Error::from)?;
        let left = self.store.before(&change)?.current;
        let head = change.heads.get(&left).and_then(|head| head.version).filter(|_| left != state.current);
        let Some(head) = head else { return Ok(false) };
        let version = self.store.header(&state.config, head).map_err(Error::from)?;
        Ok(version.checksum == canonical::checksum(&file.bytes))
    }
}
