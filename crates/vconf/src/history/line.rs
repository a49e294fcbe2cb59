//! Lines: from a version back to what it was made from, also past damage.

use super::error::Error;
use super::state::State;
use crate::backend::Log;
use crate::model::name::RefName;
use crate::store::{Corruption, Problem, Step, Store, StoreError};

impl Store {
    /// The first parent of a version; `None` for the first version of all.
    ///
    /// `branch` is that of the version from which one came to it, and becomes its own. Where its header is damaged, its
    /// parent is the head that its branch had before it, if the other records tell of both.
    ///
    /// # Errors
    ///
    /// The damage, where the parent can't be known for it.
    pub(super) fn first_parent(
        &self,
        state: &State,
        number: u64,
        branch: &mut RefName,
    ) -> Result<Option<u64>, Error> {
        match self.header(&state.config, number) {
            Ok(version) => {
                *branch = version.branch;
                Ok(version.parents.first().copied())
            }
            Err(StoreError::Corrupt(corruption)) if corruption.forgotten().is_some() => {
                Ok(corruption.forgotten().and_then(|gap| gap.versions.parent))
            }
            Err(StoreError::Corrupt(corruption)) => match self.parent_of_damaged(state, number, branch)? {
                Some(parent) => Ok(parent),
                None => Err(StoreError::Corrupt(corruption).into()),
            },
            Err(error) => Err(error.into()),
        }
    }

    /// The first parent of a version that can't be read, by the records around it; `None` where it can't be known.
    ///
    /// Linear in the changes of refs, and in the versions of other branches since the one before it that tells.
    pub(super) fn parent_of_damaged(
        &self,
        state: &State,
        number: u64,
        branch: &RefName,
    ) -> Result<Option<Option<u64>>, Error> {
        let Some(before) = self.before_version(state, number, branch)? else { return Ok(None) };
        let is_only = before.branches().len() == 1;
        let branch = if is_only { &RefName::main() } else { branch };
        if !before.has_branch(branch) {
            // It began with the version, which is of another branch.
            return Ok(None);
        }
        let head = before.heads.get(branch);
        let as_of = head.map_or(0, |head| head.as_of);
        let mut versions = self.descend(&state.config, Log::Versions, number - 1, as_of);
        while let Some(Step { number, record }) =
            versions.step(|number| self.header(&state.config, number))?
        {
            match record {
                Ok(version) if version.branch == *branch => return Ok(Some(Some(number))),
                Ok(_) => {}
                Err(_) if is_only => return Ok(Some(Some(number))),
                Err(_) => return Ok(None),
            }
        }
        Ok(Some(head.and_then(|head| head.version)))
    }

    /// Where a config stood before one of its versions was written; `None` where that can't be known, or the branch
    /// was deleted since.
    fn before_version(&self, state: &State, number: u64, branch: &RefName) -> Result<Option<State>, Error> {
        let mut before = State { heads: Default::default(), current: RefName::main(), ..state.clone() };
        before.versions.number = number - 1;
        let mut changes = self.descend(&state.config, Log::Refs, state.refs.number, 0);
        while let Some(Step { record, .. }) = changes.step(|number| self.ref_change(&state.config, number))? {
            let Ok(change) = record else { return Ok(None) };
            if change.as_of() >= number {
                if *branch != RefName::main() && !change.heads.contains_key(branch) {
                    return Ok(None);
                }
                continue;
            }
            (before.heads, before.current) = (change.heads, change.current);
            break;
        }
        Ok(Some(before))
    }

    /// The version that one which can't be read was most likely made from: what a log goes on with.
    pub(super) fn likely_parent(&self, state: &State, damage: &Corruption) -> Result<Option<u64>, Error> {
        if let Some(gap) = damage.forgotten() {
            return Ok(gap.versions.parent);
        }
        let first = damage.number;
        Ok(match self.parent_of_damaged(state, first, &state.current)? {
            Some(parent) => parent,
            None => first.checked_sub(1).filter(|&number| number > 0),
        })
    }
}

/// The numbers that damage is about: a run of missing records is told as one.
pub(super) fn run_of(corruption: &Corruption) -> std::ops::RangeInclusive<u64> {
    match corruption.flaw.problem {
        Problem::MissingRange { first, last } => first..=last,
        Problem::Forgotten(ref gap) => gap.versions.first..=gap.versions.last,
        _ => corruption.number..=corruption.number,
    }
}
