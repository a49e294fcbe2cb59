//! Undoing and redoing operations, files and all.

use super::Worktree;
use super::current::Looked;
use super::error::WorktreeError;
use super::restore::{Restoration, has};
use crate::canonical;
use crate::history::{Context, Loaded, OperationRecords, Saved, Undone};
use crate::model::name::{ConfigName, RefName};
use crate::model::record::{Action, RefAction, RefChange};

/// An operation that was undone or redone, and what became of the files.
#[derive(Debug)]
pub struct Turned {
    /// What was recorded.
    pub undone: Undone,
    /// The files that were written.
    pub files: Vec<RestoredFile>,
}

/// A file that was written by an undo or a redo.
#[derive(Debug)]
pub struct RestoredFile {
    /// The config.
    pub config: ConfigName,
    /// The version whose bytes it has now; `None` where it was taken away, for it was not there before.
    pub number: Option<u64>,
    /// The version that was made of unsaved edits first.
    pub saved_before: Option<Saved>,
    /// The version that was made of what another program wrote into the file meanwhile.
    pub rescued: Option<Saved>,
}

/// What becomes of a file.
enum Target {
    /// It gets a version's bytes.
    Version(Box<Loaded>),
    /// It goes, for it was not there.
    NoFile,
}

/// A file that is about to be written or taken away.
struct Prepared {
    file: RestoredFile,
    restoration: Restoration,
    /// Whether it was already what it is to be.
    is_same: bool,
}

/// Which way to turn an operation.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Way {
    Undo,
    Redo,
}

impl Worktree {
    /// Takes back the last operation that still stands. Files that it wrote get back the bytes that they held before
    /// it; what they hold now is in the history first.
    pub fn undo(&self, context: &Context) -> Result<Turned, WorktreeError> {
        self.turn(self.store.next_undo()?, Way::Undo, context)
    }

    /// Does the operation again that was undone last.
    pub fn redo(&self, context: &Context) -> Result<Turned, WorktreeError> {
        self.turn(self.store.next_redo()?, Way::Redo, context)
    }

    fn turn(
        &self,
        operation: OperationRecords,
        way: Way,
        context: &Context,
    ) -> Result<Turned, WorktreeError> {
        let mut saved_before = None;
        let turned = self.try_turn(operation, way, &mut saved_before, context);
        turned.map_err(|error| error.after(saved_before.as_ref()))
    }

    /// Turns an operation; `saved_before` is the first of the versions that were made of unsaved edits.
    fn try_turn(
        &self,
        operation: OperationRecords,
        way: Way,
        saved_before: &mut Option<Saved>,
        context: &Context,
    ) -> Result<Turned, WorktreeError> {
        let mut staged = Vec::new();
        for config in operation.configs() {
            self.refuse_during_trial(&config)?;
            let branch = self.store.state(&config)?.current;
            if let Some((target, on)) = self.target(&operation, &config, &branch, way)? {
                let prepared = self.prepare(&config, &target, &branch, &on, way, context)?;
                let saved = prepared.as_ref().and_then(|prepared| prepared.file.saved_before.as_ref());
                *saved_before = saved_before.take().or_else(|| saved.cloned());
                staged.extend(prepared.map(|prepared| (prepared, branch, on)));
            }
        }
        let undone = match way {
            Way::Undo => self.store.undo(operation, context)?,
            Way::Redo => self.store.redo(operation, context)?,
        };
        let mut files = Vec::new();
        for (Prepared { mut file, restoration, is_same }, branch, on) in staged {
            if is_same && self.still_has(&file.config, &restoration)? {
                continue;
            }
            let finished = self.finish(&file.config, restoration, &branch, &on, context)?;
            file.rescued = finished.rescued;
            if !finished.is_switched {
                files.push(file);
            }
        }
        Ok(Turned { undone, files })
    }

    /// What becomes of the operation's file, and on which branch; `None` where the operation did not write it.
    fn target(
        &self,
        operation: &OperationRecords,
        config: &ConfigName,
        current: &RefName,
        way: Way,
    ) -> Result<Option<(Target, RefName)>, WorktreeError> {
        let wrote_file =
            |action| matches!(action, Action::Rollback | Action::Restore | Action::Edit | Action::Merge);
        let written = operation.versions_of(config).rev().find(|version| wrote_file(version.action));
        let Some(written) = written else { return self.switch_target(operation, config, way) };
        let number = match way {
            Way::Undo if written.action == Action::Restore => {
                return Ok(Some((Target::NoFile, current.clone())));
            }
            Way::Undo => written.parents.first().copied(),
            Way::Redo => Some(written.number),
        };
        let Some(number) = number else { return Ok(None) };
        let version = Target::Version(Box::new(self.store.load_number(config, number)?));
        Ok(Some((version, current.clone())))
    }

    /// What becomes of a file that the operation switched: it gets the last version of the branch that is come back to.
    /// Where both branches had one head, the switch did not touch the file.
    fn switch_target(
        &self,
        operation: &OperationRecords,
        config: &ConfigName,
        way: Way,
    ) -> Result<Option<(Target, RefName)>, WorktreeError> {
        let is_switch = |change: &&RefChange| change.config == *config && change.action == RefAction::Switch;
        let Some(change) = operation.refs.iter().find(is_switch) else { return Ok(None) };
        let left = self.store.before(change)?.current;
        let head = |branch: &RefName| change.heads.get(branch).and_then(|head| head.version);
        if head(&left) == head(&change.current) {
            return Ok(None);
        }
        // What another program wrote meanwhile was saved after the switch, on the branch that was left.
        let saved = operation.versions_of(config).rfind(|version| version.branch == left);
        let (number, on) = match way {
            Way::Undo => (saved.map(|version| version.number).or(head(&left)), left),
            Way::Redo => (head(&change.current), change.current.clone()),
        };
        let Some(number) = number else { return Ok(None) };
        Ok(Some((Target::Version(Box::new(self.store.load_number(config, number)?)), on)))
    }

    fn prepare(
        &self,
        config: &ConfigName,
        target: &Target,
        branch: &RefName,
        on: &RefName,
        way: Way,
        context: &Context,
    ) -> Result<Option<Prepared>, WorktreeError> {
        let Looked { state, file, .. } = self.look(config)?;
        let mut is_same = false;
        let (restoration, number) = match target {
            Target::Version(version) => {
                is_same = file.as_ref().is_some_and(|file| has(file, version));
                // As with a switch, also where the file holds the bytes already.
                let restoration = match on == branch {
                    true => self.stage(config, file.as_ref(), version)?,
                    false => Some(self.stage_always(config, file.as_ref(), version)?),
                };
                (restoration, Some(version.version.number))
            }
            Target::NoFile => (file.as_ref().map(|file| self.take_away(config, file)), None),
        };
        let Some(restoration) = restoration else { return Ok(None) };
        let unsaved = match &file {
            Some(file) if !self.holds(&state, &canonical::checksum(&file.bytes))? => Some(file),
            _ => None,
        };
        let why = if way == Way::Undo { "Before an undo" } else { "Before a redo" };
        let saved_before = self.save_unsaved(config, unsaved, why.to_owned(), None, branch, context)?;
        let file = RestoredFile { config: config.clone(), number, saved_before, rescued: None };
        Ok(Some(Prepared { file, restoration, is_same }))
    }
}
