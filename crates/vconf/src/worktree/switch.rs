//! Switching a file to another branch.

use super::Worktree;
use super::current::Looked;
use super::error::WorktreeError;
use super::restore::has;
use crate::history::{Context, Error, Saved, State, SwitchOutcome};
use crate::model::name::{ConfigName, RefName};

/// A file that was switched to another branch.
#[derive(Debug)]
pub struct Switched {
    /// The version that was made of unsaved edits first, on the branch that was left.
    pub saved_before: Option<Saved>,
    /// From which branch to which.
    pub outcome: SwitchOutcome,
    /// Whether the file was written. Not where both branches have one head, nor where another process switched on at
    /// the same moment.
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
    /// switching to the same branch again. One that loses a race looks again, as if it had come later.
    pub fn switch(
        &self,
        config: &ConfigName,
        to: &RefName,
        create_at: Option<u64>,
        context: &Context,
    ) -> Result<Switched, WorktreeError> {
        self.store.known_state(config)?;
        self.refuse_during_trial(config)?;
        let mut saved_before = None;
        for _ in 0..MOST_ATTEMPTS {
            let looked = self.look(config)?;
            match self.try_switch(looked, to, create_at, &mut saved_before, context) {
                // Nothing was done but that unsaved edits are a version of the branch that they were of.
                Err(WorktreeError::History(Error::BranchConflict { .. })) => {}
                Err(WorktreeError::History(Error::Conflict { .. })) => {}
                done => return done.map_err(|error| error.after(saved_before.as_ref())),
            }
        }
        Err(WorktreeError::from(Error::Busy { config: config.clone() }).after(saved_before.as_ref()))
    }

    fn try_switch(
        &self,
        looked: Looked,
        to: &RefName,
        create_at: Option<u64>,
        saved_before: &mut Option<Saved>,
        context: &Context,
    ) -> Result<Switched, WorktreeError> {
        let Looked { mut state, file, unfinished } = looked;
        if state.refs.number == 0 {
            state = self.store.state_for_refs(&state.config)?;
        }
        let config = &state.config;
        let from = state.current.clone();
        let head = match create_at {
            Some(number) => number,
            None => self.branch_head(&state, to)?,
        };
        let target = self.store.load_number(config, head)?;
        let Some(file) = file else {
            return Err(WorktreeError::NoFile {
                config: config.clone(),
                path: self.path(config),
                is_tracked: true,
            });
        };
        let old_head = self.store.head_number(&state, &from)?;
        // A branch that is just created takes unsaved edits along, and what holds the same needs no writing.
        let keeps_file = create_at.is_some() || has(&file, &target);
        // Where damage hides which branch the file is of, it is the one that is named now, with what it holds.
        let is_named_anew = state.doubt.is_some();
        if is_named_anew || old_head == Some(head) && unfinished.is_none() && keeps_file {
            let outcome = self.store.switch_from(config, &from, to, create_at, context)?;
            return Ok(Switched {
                saved_before: saved_before.take(),
                outcome,
                file_written: false,
                rescued: None,
            });
        }
        // Also where the file holds the bytes already: another process may be about to put others there, and until
        // this one has looked again, whoever looks has to see that a switch is under way.
        let mut staged = self.stage_always(config, Some(&file), &target)?;
        // What an unfinished switch left in the file is a version of the branch that it is of.
        if !has(&file, &target) && unfinished.is_none() {
            let why = format!("Before the switch to {to}");
            let expect = Some(old_head.unwrap_or(0));
            let saved = self.save_unsaved(config, Some(&file), why, expect, &from, context)?;
            *saved_before = saved.or(saved_before.take());
        }
        let mut outcome = self.store.switch_from(config, &from, to, create_at, context)?;
        let now = self.store.state(config)?;
        if now.current == *to {
            outcome.head = self.store.head_number(&now, to)?;
        }
        let target = match outcome.head {
            // Another process saved on the branch a moment ago.
            Some(newer) if newer != head => {
                let newer = self.store.load_number(config, newer)?;
                staged = self.stage_always(config, Some(&file), &newer)?;
                newer
            }
            _ => target,
        };
        if self.read(config)?.is_some_and(|file| has(&file, &target)) {
            return Ok(Switched {
                saved_before: saved_before.take(),
                outcome,
                file_written: false,
                rescued: None,
            });
        }
        let finished = self.finish(config, staged, &from, to, context)?;
        let file_written = !finished.is_switched;
        Ok(Switched { saved_before: saved_before.take(), outcome, file_written, rescued: finished.rescued })
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
}

/// How often a switch that others were faster than is tried.
const MOST_ATTEMPTS: usize = 1000;
