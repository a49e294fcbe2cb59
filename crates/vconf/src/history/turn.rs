//! Turn: the heads, tags and branches of an operation, taken back or done again.

use std::collections::{BTreeMap, BTreeSet};

use super::context::Context;
use super::error::Error;
use super::operations::OperationRecords;
use super::parallel::{self, Sharing};
use super::state::State;
use super::undo::Undone;
use super::write::RefPlan;
use crate::backend::{Log, Slot};
use crate::model::name::{ConfigName, RefName};
use crate::model::record::{Action, Head, RefAction, RefChange, TagMove};
use crate::store::{Store, StoreError};

impl Store {
    /// Turns an operation back or forth: one change of refs for each config in which that is not done yet.
    pub(super) fn turn(
        &self,
        operation: OperationRecords,
        action: RefAction,
        context: &Context,
    ) -> Result<Undone, Error> {
        let is_turned = |config: &ConfigName| match action {
            RefAction::Undo => operation.undone_in.contains(config),
            _ => !operation.undone_in.contains(config),
        };
        let configs: Vec<_> = operation.configs().into_iter().filter(|config| !is_turned(config)).collect();
        // One that can't be turned keeps all from being turned.
        let check = |config: &ConfigName| self.check_turn(config, &operation, action, context);
        parallel::in_order(&configs, Sharing::of_commits(), check, |_, checked| checked)?;
        let (mut changes, mut superseded) = (Vec::new(), Vec::new());
        let turn = |config: &ConfigName| self.turn_config(config, &operation, action, context);
        parallel::in_order(&configs, Sharing::of_commits(), turn, |config, turned| -> Result<(), Error> {
            let Some((change, is_superseded)) = turned? else { return Ok(()) };
            changes.push(change);
            superseded.extend(is_superseded.then(|| config.clone()));
            Ok(())
        })?;
        Ok(Undone { operation, changes, superseded })
    }

    /// Fails where an operation can't be turned in a config.
    fn check_turn(
        &self,
        config: &ConfigName,
        operation: &OperationRecords,
        action: RefAction,
        context: &Context,
    ) -> Result<(), Error> {
        let state = self.state_for_refs(config)?;
        // Where a damaged record of refs left the heads can't be known, and so not what is to be undone.
        if let Some(corruption) = state.damage.first() {
            return Err(Error::LastUnknown { damage: Box::new(corruption.clone()) });
        }
        self.turned_heads(&state, operation, config, action, context).map(drop)
    }

    /// Turns an operation in one config; tells whether another process saved a newer version at the same moment.
    fn turn_config(
        &self,
        config: &ConfigName,
        operation: &OperationRecords,
        action: RefAction,
        context: &Context,
    ) -> Result<Option<(RefChange, bool)>, Error> {
        // The record speaks of versions that another process may have written a moment ago.
        self.settle(config, Log::Versions)?;
        let change = self.write_ref(config, context, |state| {
            let (heads, current) = self.turned_heads(state, operation, config, action, context)?;
            let tags = turned_tags(operation, config, action);
            self.check_tags(state, &tags)?;
            let what = if action == RefAction::Undo { "Undo" } else { "Redo" };
            Ok(Some(RefPlan {
                action,
                description: format!("{what}: {}", describe(operation)),
                target: Some(operation.operation.id),
                tags,
                heads,
                current,
            }))
        })?;
        let Some(change) = change else { return Ok(None) };
        let newest = self.tip(config, Log::Versions)?.number;
        let is_superseded = change.heads.values().any(|head| head.as_of < newest);
        Ok(Some((change, is_superseded)))
    }

    /// Fails where a tag was moved elsewhere since.
    fn check_tags(&self, state: &State, tags: &[TagMove]) -> Result<(), Error> {
        if tags.is_empty() {
            return Ok(());
        }
        let mut now = self.tags(state)?;
        for TagMove { tag, from, to } in tags {
            let found = now.get(tag).copied();
            if found != *from {
                let (config, tag) = (state.config.clone(), tag.clone());
                return Err(Error::TagConflict { config, tag, expected: *from, found });
            }
            match to {
                Some(to) => now.insert(tag.clone(), *to),
                None => now.remove(tag),
            };
        }
        Ok(())
    }

    /// Every branch's head and the current branch once the operation is turned.
    fn turned_heads(
        &self,
        state: &State,
        operation: &OperationRecords,
        config: &ConfigName,
        action: RefAction,
        context: &Context,
    ) -> Result<(BTreeMap<RefName, Head>, RefName), Error> {
        let mut heads = self.pinned_heads(state)?;
        let known: BTreeSet<RefName> = heads.keys().cloned().collect();
        let current = self.turn_branches(state, operation, action, &mut heads)?;
        for Advance { branch, before, after } in advances(operation, config) {
            // Branches that the operation itself created or deleted have their heads already.
            let is_import = operation.versions_of(config).any(|version| version.action == Action::Import);
            if is_import && !(known.contains(branch) && heads.contains_key(branch)) {
                continue;
            }
            let (from, to) =
                if action == RefAction::Undo { (Some(after), before) } else { (before, Some(after)) };
            let head = heads.entry(branch.clone()).or_insert(Head { version: None, as_of: state.as_of() });
            if self.before_own(config, head.version, context)? != from {
                let found = head.version.unwrap_or(0);
                let expected = from.unwrap_or(0);
                let since = self.some_since(config, expected, found);
                return Err(Error::Conflict { config: config.clone(), expected, found, since });
            }
            if let Some(number) = to
                && self.gaps(config)?.find(number).is_some()
            {
                let slot = Slot { config, log: Log::Versions, number };
                return Err(StoreError::from(self.gone(&slot)?).into());
            }
            head.version = to;
        }
        Ok((heads, current))
    }

    /// Creates or deletes the branches again that the operation deleted or created, and tells which is the current
    /// one then.
    fn turn_branches(
        &self,
        state: &State,
        operation: &OperationRecords,
        action: RefAction,
        heads: &mut BTreeMap<RefName, Head>,
    ) -> Result<RefName, Error> {
        let mut current = state.current.clone();
        let conflict = |branch: &RefName| {
            Err(Error::BranchConflict { config: state.config.clone(), branch: branch.clone() })
        };
        let is_of_branches = |change: &&RefChange| {
            change.config == state.config && matches!(change.action, RefAction::Branch | RefAction::Switch)
        };
        // An operation has at most one such change of a config.
        for change in operation.refs.iter().filter(is_of_branches) {
            let before = self.before(change)?;
            let mut old = (self.pinned_heads(&before)?, before.current);
            let mut new = (change.heads.clone(), change.current.clone());
            if action == RefAction::Undo {
                std::mem::swap(&mut old, &mut new);
            }
            if current != old.1 {
                return conflict(&current);
            }
            current = new.1;
            for (branch, head) in old.0.iter().filter(|(branch, _)| !new.0.contains_key(*branch)) {
                if heads.remove(branch).is_none_or(|now| now.version != head.version) {
                    return conflict(branch);
                }
            }
            for (branch, head) in new.0.iter().filter(|(branch, _)| !old.0.contains_key(*branch)) {
                let head = Head { as_of: state.as_of(), ..*head };
                if heads.insert(branch.clone(), head).is_some() {
                    return conflict(branch);
                }
            }
        }
        if heads.contains_key(&current) { Ok(current) } else { conflict(&current) }
    }

    /// The newest version that this very operation did not make: unsaved edits may have been saved by it first.
    fn before_own(
        &self,
        config: &ConfigName,
        mut head: Option<u64>,
        context: &Context,
    ) -> Result<Option<u64>, Error> {
        while let Some(number) = head {
            let version = self.header(config, number)?;
            if version.operation.id != context.operation.id {
                break;
            }
            head = version.parents.first().copied();
        }
        Ok(head)
    }
}

/// How far an operation brought a branch.
struct Advance<'a> {
    branch: &'a RefName,
    /// The head before it.
    before: Option<u64>,
    /// The last version that it made there.
    after: u64,
}

/// How far an operation brought the branches of a config. But for an import, it is one: another that has a version of
/// it got unsaved edits.
fn advances<'a>(operation: &'a OperationRecords, config: &'a ConfigName) -> Vec<Advance<'a>> {
    let mut advances: Vec<Advance<'a>> = Vec::new();
    let is_import = operation.versions_of(config).any(|version| version.action == Action::Import);
    for version in operation.versions_of(config) {
        let (branch, after) = (&version.branch, version.number);
        match advances.iter_mut().find(|known| !is_import || known.branch == branch) {
            Some(known) => known.after = after,
            None => advances.push(Advance { branch, before: version.parents.first().copied(), after }),
        }
    }
    advances
}

/// The tags of an operation, each moved back or forth.
fn turned_tags(operation: &OperationRecords, config: &ConfigName, action: RefAction) -> Vec<TagMove> {
    let changes = operation.refs.iter().filter(|change| change.config == *config);
    let moves = changes.flat_map(|change| change.tags.iter().cloned());
    match action {
        RefAction::Undo => {
            let turned = moves.map(|TagMove { tag, from, to }| TagMove { tag, from: to, to: from });
            let mut turned: Vec<_> = turned.collect();
            turned.reverse();
            turned
        }
        _ => moves.collect(),
    }
}

/// What an operation was, in a line.
fn describe(operation: &OperationRecords) -> String {
    let command = &operation.operation.command;
    let version = operation.versions.last().map(|version| &version.description);
    let change = operation.refs.last().map(|change| &change.description);
    let of_branches = operation.refs.iter().find(|change| change.action == RefAction::Switch);
    match of_branches.map(|change| &change.description).or(version).or(change) {
        Some(description) => description.clone(),
        None => command.clone(),
    }
}
