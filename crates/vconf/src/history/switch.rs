//! Switch: another branch becomes the current one.

use super::context::Context;
use super::error::Error;
use super::state::State;
use super::write::RefPlan;
use crate::backend::Log;
use crate::model::name::{ConfigName, RefName};
use crate::model::record::{Head, RefAction, RefChange};
use crate::store::{Store, Tip};

/// What became of a switch.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct SwitchOutcome {
    /// The branch that was the current one.
    pub from: RefName,
    /// The branch that is the current one now. Where both are the same, nothing was written, but for where it could not
    /// be known before.
    pub to: RefName,
    /// The head of that branch.
    pub head: Option<u64>,
}

impl Store {
    /// Makes another branch the current one; with `create_at`, creates it there in the same step.
    ///
    /// Where damage hides which branch is the current one, this tells it anew, also where it is the one that was likely.
    ///
    /// This is about the history alone: `Worktree::switch` brings the file along.
    pub fn switch(
        &self,
        config: &ConfigName,
        to: &RefName,
        create_at: Option<u64>,
        context: &Context,
    ) -> Result<SwitchOutcome, Error> {
        for _ in 0..MOST_ATTEMPTS {
            let from = self.known_state(config)?.current;
            match self.switch_from(config, &from, to, create_at, context) {
                // Another was faster; this one is as if it had come later.
                Err(Error::BranchConflict { .. }) => {}
                done => return done,
            }
        }
        Err(Error::Busy { config: config.clone() })
    }

    /// Switches, where the current branch is still the one that is to be left.
    pub(crate) fn switch_from(
        &self,
        config: &ConfigName,
        from: &RefName,
        to: &RefName,
        create_at: Option<u64>,
        context: &Context,
    ) -> Result<SwitchOutcome, Error> {
        if let Some(number) = create_at {
            self.header(config, number)?;
        }
        self.settle(config, Log::Versions)?;
        let mut head = None;
        self.write_ref(config, context, |state| {
            if state.current != *from {
                let (config, branch) = (config.clone(), state.current.clone());
                return Err(Error::BranchConflict { config, branch });
            }
            match create_at {
                Some(_) => {
                    state.check_current()?;
                    self.check_free(state, to)?;
                }
                None => state.check_branch(to)?,
            }
            let mut heads = self.pinned_heads(state)?;
            if create_at.is_some() {
                heads.insert(to.clone(), Head { version: create_at, as_of: state.as_of() });
            }
            head = heads.get(to).and_then(|head| head.version);
            Ok((from != to || state.doubt.is_some()).then(|| RefPlan {
                action: RefAction::Switch,
                description: format!("Switch from {from} to {to}"),
                target: None,
                tags: Vec::new(),
                heads,
                current: to.clone(),
            }))
        })?;
        Ok(SwitchOutcome { from: from.clone(), to: to.clone(), head })
    }

    /// Where a config stood just before one of its changes of refs.
    pub(crate) fn before(&self, change: &RefChange) -> Result<State, Error> {
        if change.number > 1 {
            let earlier = self.ref_change(&change.config, change.number - 1)?;
            return Ok(earlier.state_until(change));
        }
        Ok(State {
            config: change.config.clone(),
            versions: Tip { number: change.as_of(), seal: None },
            newest: None,
            refs: Tip::default(),
            heads: Default::default(),
            current: RefName::main(),
            damage: Vec::new(),
            doubt: None,
        })
    }
}

impl RefChange {
    /// Where a config stood after this change and just before a later one, the next that is known.
    pub(super) fn state_until(&self, later: &Self) -> State {
        State {
            config: self.config.clone(),
            versions: Tip { number: later.as_of(), seal: None },
            newest: None,
            refs: Tip { number: self.number, seal: Some(self.seal) },
            heads: self.heads.clone(),
            current: self.current.clone(),
            damage: Vec::new(),
            doubt: None,
        }
    }

    /// The newest version when it was written.
    pub(super) fn as_of(&self) -> u64 {
        self.heads.values().map(|head| head.as_of).max().unwrap_or(0)
    }
}

/// How often a switch that others were faster than is tried.
const MOST_ATTEMPTS: usize = 1000;
