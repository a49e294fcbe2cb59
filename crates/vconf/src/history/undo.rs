//! Undo and redo: the last operation of any kind, taken back and done again.

use std::collections::BTreeSet;

use super::context::Context;
use super::error::Error;
use super::operations::{OperationRecords, OperationState};
use crate::model::checksum::Id;
use crate::model::name::ConfigName;
use crate::model::record::{RefAction, RefChange};
use crate::store::Store;

/// What an undo or a redo did.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Undone {
    /// The operation that was taken back or done again.
    pub operation: OperationRecords,
    /// What was recorded, one for each config.
    pub changes: Vec<RefChange>,
    /// The configs of which another process saved a newer version at the same moment: that one is the latest.
    pub superseded: Vec<ConfigName>,
}

impl Store {
    /// Finds the operation that an undo would take back: the newest that still stands, be it in a part only.
    pub fn next_undo(&self) -> Result<OperationRecords, Error> {
        let mut operations = self.operations()?;
        while let Some(operation) = operations.next().transpose()? {
            if operation.is_forgetting() {
                continue;
            }
            if matches!(operation.state, OperationState::Done | OperationState::Partly) {
                return match operations.damage_in(&operation) {
                    Some(damage) => Err(Error::LastUnknown { damage: Box::new(damage) }),
                    None => Ok(operation),
                };
            }
        }
        Err(Error::NothingToUndo)
    }

    /// Finds the operation that a redo would do again: the one undone last, if nothing else was done since.
    pub fn next_redo(&self) -> Result<OperationRecords, Error> {
        // Newest first, an undo is passed over in the configs in which its operation was done again later.
        let mut redone: BTreeSet<(Id, ConfigName)> = BTreeSet::new();
        let mut wanted: Option<Id> = None;
        let mut superseded = false;
        for operation in self.operations()? {
            let operation = operation?;
            if operation.is_forgetting() {
                continue;
            }
            match operation.state {
                OperationState::Done => superseded |= wanted.is_none(),
                OperationState::About(_) if wanted.is_some() || superseded => {}
                OperationState::About(target) => {
                    for change in operation.refs.iter().filter(|change| change.target.is_some()) {
                        let key = (target, change.config.clone());
                        if change.action == RefAction::Redo {
                            redone.insert(key);
                        } else if !redone.remove(&key) {
                            wanted = Some(target);
                        }
                    }
                }
                OperationState::Undone | OperationState::Partly => {
                    if superseded {
                        return Err(Error::NothingToRedo { superseded });
                    }
                    if wanted == Some(operation.operation.id) {
                        return Ok(operation);
                    }
                }
            }
        }
        Err(Error::NothingToRedo { superseded: false })
    }

    /// Takes an operation back: heads and tags are again where they were before it. No version goes away.
    ///
    /// One that is undone in some of its configs is undone in the others.
    ///
    /// # Errors
    ///
    /// [`Error::Conflict`] where a config has newer versions than the operation's.
    pub fn undo(&self, operation: OperationRecords, context: &Context) -> Result<Undone, Error> {
        self.turn(operation, RefAction::Undo, context)
    }

    /// Does an undone operation again, in the configs in which it is undone.
    pub fn redo(&self, operation: OperationRecords, context: &Context) -> Result<Undone, Error> {
        self.turn(operation, RefAction::Redo, context)
    }
}
