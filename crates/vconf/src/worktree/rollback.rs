//! Rolling a file back.

use super::Worktree;
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
        let target = self.store.load_number(config, number)?;
        let file = self.read(config)?;
        let staged = self.stage(config, file.as_ref(), &target)?;
        let file_written = staged.is_some();
        let saved_before = if file_written {
            self.save_unsaved(
                config,
                file.as_ref(),
                format!("Before the rollback to version {number}"),
                options.expect,
                None,
                context,
            )?
        } else {
            None
        };
        let options = RollbackOptions {
            description: options.description.clone(),
            // What was just saved is the latest now, and nobody may come in between.
            expect: saved_before.as_ref().map(|saved| saved.version.number).or(options.expect),
            restores_file: file.is_none(),
        };
        let rollback = self.store.rollback(config, number, &options, context)?;
        let rescued = match staged {
            Some(staged) => self.finish(config, staged, None, context)?,
            None => None,
        };
        let rollback = match &rescued {
            // The rollback is the last word.
            Some(_) => {
                let options = RollbackOptions { expect: None, ..options };
                self.store.rollback(config, number, &options, context)?
            }
            None => rollback,
        };
        Ok(RolledBack { saved_before, rollback, file_written, rescued })
    }
}
