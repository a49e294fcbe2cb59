//! Rolling a file back.

use super::Worktree;
use super::current::Looked;
use super::error::WorktreeError;
use crate::history::{Context, RollbackOptions, Saved};
use crate::model::name::ConfigName;

/// A file that was rolled back.
#[derive(Debug)]
pub struct RolledBack {
    /// The version that was made of unsaved edits first.
    pub saved_before: Option<Saved>,
    /// The version that records the rollback, or the latest where that holds the same already.
    pub rollback: Saved,
    /// Whether the file was written; it may have held the same already.
    pub file_written: bool,
    /// The version that was made of what another program wrote into the file meanwhile.
    pub rescued: Option<Saved>,
}

impl Worktree {
    /// Rolls a config's file back to a version: unsaved edits become a version first, the rollback another, and the
    /// file gets the version's exact bytes and mode in one step.
    ///
    /// Its order is: write the new bytes beside the file, record the rollback, put them in place. Whatever fails
    /// before the last step leaves the file as it was.
    ///
    /// # Errors
    ///
    /// [`WorktreeError::Switched`] where another process switched to another branch at the same moment: the rollback is
    /// a version of the branch that was the current one, and the file was not written.
    pub fn rollback(
        &self,
        config: &ConfigName,
        number: u64,
        options: &RollbackOptions,
        context: &Context,
    ) -> Result<RolledBack, WorktreeError> {
        if let Some(expected) = options.expect {
            self.store.expect_latest(config, expected)?;
        }
        self.refuse_during_trial(config)?;
        let target = self.store.load_number(config, number)?;
        let Looked { state, file, unfinished } = self.look(config)?;
        let branch = state.current;
        let staged = self.stage(config, file.as_ref(), &target)?;
        let file_written = staged.is_some();
        // What an unfinished switch left in the file is a version of the branch that it is of.
        let saved_before = if file_written && unfinished.is_none() {
            let why = format!("Before the rollback to version {number}");
            self.save_unsaved(config, file.as_ref(), why, options.expect, &branch, context)?
        } else {
            None
        };
        let options = RollbackOptions {
            description: options.description.clone(),
            // What was just saved is the latest now, and nobody may come in between.
            expect: saved_before.as_ref().map(|saved| saved.version.number).or(options.expect),
            restores_file: file.is_none(),
            branch: Some(branch.clone()),
        };
        let after = |error: WorktreeError| error.after(saved_before.as_ref());
        let rollback =
            self.store.rollback(config, number, &options, context).map_err(|error| after(error.into()))?;
        let rescued = match staged {
            Some(staged) => {
                let finished = self.finish(config, staged, &branch, &branch, context).map_err(after)?;
                if finished.is_switched {
                    return Err(WorktreeError::Switched { config: config.clone(), branch });
                }
                finished.rescued
            }
            None => None,
        };
        let rollback = match &rescued {
            // The rollback is the last word.
            Some(_) => {
                let options = RollbackOptions { expect: None, ..options };
                self.store.rollback(config, number, &options, context).map_err(|error| after(error.into()))?
            }
            None => rollback,
        };
        Ok(RolledBack { saved_before, rollback, file_written, rescued })
    }
}
