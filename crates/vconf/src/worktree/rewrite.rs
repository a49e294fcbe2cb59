//! Rewriting a file: new bytes that were made of those that it holds.

use super::error::WorktreeError;
use super::{Worktree, kept_mode};
use crate::disk::FileState;
use crate::history::{Context, Error, SaveOptions, Saved};
use crate::model::format::Format;
use crate::model::name::ConfigName;
use crate::model::record::Action;

/// What a file shall hold.
#[derive(Clone, Copy, Debug)]
pub struct Rewrite<'a> {
    /// The file as it was when the new bytes were made of it.
    pub file: &'a FileState,
    /// The new bytes.
    pub source: &'a [u8],
    /// Their format, where it is not to be found out.
    pub format: Option<Format>,
    /// Why; without it, the summary of the change.
    pub description: Option<&'a str>,
    /// The description of the version that is made of unsaved edits.
    pub before: &'a str,
    /// By what kind of command.
    pub action: Action,
    /// The versions that the new bytes are made from besides those that the file holds.
    pub merges: &'a [u64],
    /// Rewrite only if the latest version has this number; 0 for no version yet.
    pub expect: Option<u64>,
}

/// A file that was rewritten.
#[derive(Debug)]
pub struct Rewritten {
    /// The version that was made of unsaved edits first.
    pub saved_before: Option<Saved>,
    /// The version that the file holds now.
    pub saved: Saved,
    /// The version that was made of what another program wrote into the file meanwhile.
    pub rescued: Option<Saved>,
}

impl Worktree {
    /// Gives a config's file new bytes, in one step: what it holds becomes a version first, where it is none yet, and
    /// the new bytes another, made from that one. `None` where the file holds them already and nothing is merged.
    ///
    /// Its order is that of a [rollback](Worktree::rollback): write the new bytes beside the file, record them, put
    /// them in place. Whatever fails before the last step leaves the file as it was.
    ///
    /// # Errors
    ///
    /// [`Error::Conflict`] and [`Error::Busy`] where another process saved or wrote the file at the same moment: its edit
    /// is not among the new bytes, and would be taken back by them. [`WorktreeError::Switched`] where one switched to another branch at the same moment: the new bytes
    /// are a version of the branch that was the current one, and the file was not written.
    pub fn rewrite(
        &self,
        config: &ConfigName,
        rewrite: &Rewrite<'_>,
        context: &Context,
    ) -> Result<Option<Rewritten>, WorktreeError> {
        let Rewrite { file, source, .. } = *rewrite;
        if let Some(expected) = rewrite.expect {
            self.store.expect_latest(config, expected)?;
        }
        self.refuse_during_trial(config)?;
        let looked = self.look_at_rest(config)?;
        if looked.file.is_none_or(|now| now.bytes != file.bytes) {
            // The new bytes were made of others, maybe of those of another branch.
            return Err(Error::Busy { config: config.clone() }.into());
        }
        // Nobody may come in between: the new bytes were made of what followed this version.
        let head = self.store.head_number(&looked.state, &looked.state.current)?;
        let branch = looked.state.current;
        let is_same = file.bytes == source;
        if is_same && rewrite.merges.is_empty() {
            return Ok(None);
        }
        let staged = if is_same { None } else { Some(self.stage_bytes(config, Some(file), source, None)?) };
        let options = SaveOptions {
            mode: Some(kept_mode(file)),
            format: rewrite.format,
            expect: rewrite.expect.or(Some(head.unwrap_or(0))),
            branch: Some(branch.clone()),
            ..SaveOptions::default()
        };
        let before = SaveOptions { description: Some(rewrite.before.to_owned()), ..options.clone() };
        let before = self.store.save(config, &file.bytes, &before, context)?;
        let options = SaveOptions {
            description: rewrite.description.map(str::to_owned),
            expect: Some(before.version.number),
            action: rewrite.action,
            merges: rewrite.merges.to_vec(),
            ..options
        };
        let saved_before = before.is_new.then_some(before);
        let after = |error: WorktreeError| error.after(saved_before.as_ref());
        let save = |options: &SaveOptions| {
            self.store.save(config, source, options, context).map_err(|error| after(error.into()))
        };
        let mut saved = save(&options)?;
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
        if rescued.is_some() {
            // What the file holds is the last word.
            saved = save(&SaveOptions { expect: None, ..options })?;
        }
        Ok(Some(Rewritten { saved_before, saved, rescued }))
    }
}
