//! The file and the current branch: reading both as of one moment, and noticing a switch that did not come to its end.

use std::time::Duration;

use super::Worktree;
use super::error::WorktreeError;
use crate::canonical;
use crate::disk::{self, FileState};
use crate::history::{Error, State};
use crate::model::checksum::Checksum;
use crate::model::name::{ConfigName, RefName};
use crate::model::record::RefChange;
use crate::store::StoreError;

/// A switch that was recorded, and whose file was not written: it is being done, or was broken off.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct UnfinishedSwitch {
    /// The branch that was left.
    pub from: RefName,
    /// Its version that the file still holds.
    pub number: u64,
}

/// A config's file, and where its history stood just before it was read: whoever expects that head does not put older
/// bytes after newer ones.
pub(super) struct Looked {
    pub(super) state: State,
    pub(super) file: Option<FileState>,
    pub(super) unfinished: Option<UnfinishedSwitch>,
}

impl Worktree {
    /// Reads a config's file as that of the branch that was the current one both before and after.
    ///
    /// A switch records the branch before it writes the file. In between the file is that of the branch that was left,
    /// and then it is told as unfinished: no bytes are taken for those of a branch to which they don't belong.
    ///
    /// # Errors
    ///
    /// [`Error::Busy`] where others change the branches without a pause.
    pub(super) fn look(&self, config: &ConfigName) -> Result<Looked, WorktreeError> {
        let mut before = self.store.state(config)?;
        let mut is_known_copy = None;
        for _ in 0..MOST_LOOKS {
            let file = self.read(config)?;
            if before.branches().len() < 2 && self.store.has_refs_of(&before)? {
                return Ok(Looked { state: before, file, unfinished: None });
            }
            let state = self.store.state(config)?;
            if state.refs.number != before.refs.number || state.current != before.current {
                (before, is_known_copy) = (state, None);
                continue;
            }
            let checksum = file.as_ref().map(|file| canonical::checksum(&file.bytes));
            let other = match checksum {
                Some(checksum) => self.of_other_branch(&state, &checksum)?,
                None => None,
            };
            let (Some(other), Some(read)) = (other, &file) else {
                return Ok(Looked { state: before, file, unfinished: None });
            };
            if self.has_leftovers(config) || self.is_older_than_switch(&state, read)? {
                return Ok(Looked { state: before, file, unfinished: Some(other) });
            }
            // A switch may have come to its end since the file was read. Where it is the same once more, somebody put
            // the other branch's bytes there.
            if is_known_copy == checksum {
                return Ok(Looked { state: before, file, unfinished: None });
            }
            is_known_copy = checksum;
        }
        Err(Error::Busy { config: config.clone() }.into())
    }

    /// Reads a config's file once no switch is under way any more.
    ///
    /// Waits up to half a second for one that another process is about to finish.
    ///
    /// # Errors
    ///
    /// [`WorktreeError::UnfinishedSwitch`] where one was broken off.
    pub(super) fn look_settled(&self, config: &ConfigName) -> Result<Looked, WorktreeError> {
        let mut looked = self.look(config)?;
        for _ in 0..MOST_WAITS {
            if looked.unfinished.is_none() {
                return Ok(looked);
            }
            std::thread::sleep(WAIT);
            looked = self.look(config)?;
        }
        match looked.unfinished {
            Some(switch) => Err(WorktreeError::UnfinishedSwitch {
                config: config.clone(),
                to: looked.state.current,
                switch,
            }),
            None => Ok(looked),
        }
    }

    /// Reads a config's file once no command is about to replace it any more: one that has recorded the new bytes, and
    /// has not put them in their place yet.
    ///
    /// Waits up to half a second for that. What lies beside the file for longer is what a broken-off command left.
    ///
    /// # Errors
    ///
    /// [`WorktreeError::UnfinishedSwitch`] as with [`look_settled`](Self::look_settled).
    pub(super) fn look_at_rest(&self, config: &ConfigName) -> Result<Looked, WorktreeError> {
        let mut looked = self.look_settled(config)?;
        for _ in 0..MOST_WAITS {
            if !self.has_leftovers(config) || self.is_of_head(&looked)? {
                break;
            }
            std::thread::sleep(WAIT);
            looked = self.look_settled(config)?;
        }
        Ok(looked)
    }

    /// Whether a file holds what the current branch's head does, as far as that can be read.
    fn is_of_head(&self, Looked { state, file, .. }: &Looked) -> Result<bool, WorktreeError> {
        let Some(number) = self.store.head_number(state, &state.current)? else { return Ok(false) };
        let checksum = file.as_ref().map(|file| canonical::checksum(&file.bytes));
        match self.store.header(&state.config, number) {
            Ok(header) => Ok(checksum == Some(header.checksum)),
            Err(StoreError::Corrupt(_)) => Ok(false),
            Err(error) => Err(Error::from(error).into()),
        }
    }

    /// The other branch whose head has this checksum, where the current one's has not.
    fn of_other_branch(
        &self,
        state: &State,
        checksum: &Checksum,
    ) -> Result<Option<UnfinishedSwitch>, WorktreeError> {
        let branches = state.branches();
        if branches.len() < 2 {
            return Ok(None);
        }
        let mut found = None;
        for branch in branches {
            let Some(number) = self.store.head_number(state, &branch)? else { continue };
            let header = match self.store.header(&state.config, number) {
                Ok(header) => header,
                Err(StoreError::Corrupt(_)) => continue,
                Err(error) => return Err(Error::from(error).into()),
            };
            if header.checksum == *checksum {
                if branch == state.current {
                    return Ok(None);
                }
                // A damaged record does not have what the file has: then that was not saved.
                if found.is_none() && self.has_bytes(state, number)? {
                    found = Some(UnfinishedSwitch { from: branch, number });
                }
            }
        }
        Ok(found)
    }

    /// Whether the bytes of a version can be read.
    fn has_bytes(&self, state: &State, number: u64) -> Result<bool, WorktreeError> {
        match self.store.version(&state.config, number) {
            Ok(_) => Ok(true),
            Err(StoreError::Corrupt(_)) => Ok(false),
            Err(error) => Err(Error::from(error).into()),
        }
    }

    /// Whether there are new bytes beside the file that were not put in place, or the old ones: an operation on a file
    /// of this folder is under way or was broken off.
    fn has_leftovers(&self, config: &ConfigName) -> bool {
        disk::leftovers(&self.path(config)).is_ok_and(|leftovers| !leftovers.is_empty())
    }

    /// Whether a file was not touched since before the current branch became that.
    fn is_older_than_switch(&self, state: &State, file: &FileState) -> Result<bool, WorktreeError> {
        let mut later: Option<RefChange> = None;
        for change in self.store.ref_changes(state) {
            let change = change?;
            if change.current != state.current {
                break;
            }
            later = Some(change);
        }
        Ok(later.is_some_and(|change| file.stat.changed_at <= change.timestamp))
    }
}

/// How often a file is read again because its branch was switched meanwhile.
const MOST_LOOKS: usize = 64;

/// How often and how long a switch of another process is waited for.
const MOST_WAITS: usize = 50;
const WAIT: Duration = Duration::from_millis(10);
