//! Operations: what commands did, read back from the records they left.

use std::collections::{BinaryHeap, HashMap};

use super::error::Error;
use super::state::State;
use crate::model::checksum::Id;
use crate::model::name::ConfigName;
use crate::model::record::{Operation, RefAction, RefChange, Version};
use crate::model::time::Timestamp;
use crate::store::{Store, StoreError};

/// What one operation left: its records, in the order in which they were written within each config.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct OperationRecords {
    /// Which operation.
    pub operation: Operation,
    /// Who did it.
    pub author: String,
    /// The versions that it made.
    pub versions: Vec<Version>,
    /// The changes of refs that it made.
    pub refs: Vec<RefChange>,
    /// Whether it still stands.
    pub state: OperationState,
}

/// Whether an operation still stands.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum OperationState {
    /// It does.
    Done,
    /// It was undone.
    Undone,
    /// It is an undo or a redo of the operation with this id.
    About(Id),
}

impl OperationRecords {
    /// The configs that it touched, in order.
    pub fn configs(&self) -> Vec<ConfigName> {
        let versions = self.versions.iter().map(|version| &version.config);
        let mut configs: Vec<_> =
            versions.chain(self.refs.iter().map(|change| &change.config)).cloned().collect();
        configs.sort_unstable();
        configs.dedup();
        configs
    }

    /// The versions that it made of one config.
    pub fn versions_of<'a>(&'a self, config: &'a ConfigName) -> impl DoubleEndedIterator<Item = &'a Version> {
        self.versions.iter().filter(move |version| version.config == *config)
    }
}

impl Store {
    /// The operations on this store's configs, newest first. Damaged records are passed over.
    pub fn operations(&self) -> Result<Operations<'_>, Error> {
        let mut operations = Operations { store: self, heap: BinaryHeap::new(), verdicts: HashMap::new() };
        for config in self.configs()? {
            let state = self.state(&config)?;
            let State { config, versions, refs, .. } = state;
            operations.push(Cursor::Version(config.clone(), versions.number))?;
            operations.push(Cursor::Ref(config, refs.number))?;
        }
        Ok(operations)
    }
}

/// The operations on a store's configs, newest first: see [`Store::operations`].
#[derive(Debug)]
pub struct Operations<'a> {
    store: &'a Store,
    /// The next record of each log, newest operation first.
    heap: BinaryHeap<Pending>,
    /// What the newest undo or redo says of an operation: whether it is undone.
    verdicts: HashMap<Id, bool>,
}

/// A place in a log of which the records are read backwards.
#[derive(Clone, Debug)]
enum Cursor {
    Version(ConfigName, u64),
    Ref(ConfigName, u64),
}

#[derive(Debug)]
enum Record {
    Version(Box<Version>),
    Ref(Box<RefChange>),
}

impl Record {
    fn operation(&self) -> &Operation {
        match self {
            Self::Version(version) => &version.operation,
            Self::Ref(change) => &change.operation,
        }
    }

    fn author(&self) -> &str {
        match self {
            Self::Version(version) => &version.author,
            Self::Ref(change) => &change.author,
        }
    }
}

#[derive(Debug)]
struct Pending {
    order: (Timestamp, Id),
    record: Record,
}

impl PartialEq for Pending {
    fn eq(&self, other: &Self) -> bool {
        self.order == other.order
    }
}

impl Eq for Pending {}

impl PartialOrd for Pending {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Pending {
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        self.order.cmp(&other.order)
    }
}

impl Operations<'_> {
    /// Reads the record at a place, or the next older one that is not damaged.
    fn push(&mut self, mut cursor: Cursor) -> Result<(), Error> {
        loop {
            let (read, older) = match cursor {
                Cursor::Version(_, 0) | Cursor::Ref(_, 0) => return Ok(()),
                Cursor::Version(ref config, number) => (
                    self.store.header(config, number).map(|version| Record::Version(Box::new(version))),
                    Cursor::Version(config.clone(), number - 1),
                ),
                Cursor::Ref(ref config, number) => (
                    self.store.ref_change(config, number).map(|change| Record::Ref(Box::new(change))),
                    Cursor::Ref(config.clone(), number - 1),
                ),
            };
            match read {
                Ok(record) => {
                    let operation = record.operation();
                    self.heap.push(Pending { order: (operation.timestamp, operation.id), record });
                    return Ok(());
                }
                Err(StoreError::Corrupt(_)) => cursor = older,
                Err(error) => return Err(error.into()),
            }
        }
    }

    fn pop(&mut self) -> Result<Option<Record>, Error> {
        let Some(Pending { record, .. }) = self.heap.pop() else { return Ok(None) };
        self.push(match &record {
            Record::Version(version) => Cursor::Version(version.config.clone(), version.number - 1),
            Record::Ref(change) => Cursor::Ref(change.config.clone(), change.number - 1),
        })?;
        Ok(Some(record))
    }

    fn next_operation(&mut self) -> Result<Option<OperationRecords>, Error> {
        let Some(first) = self.pop()? else { return Ok(None) };
        let mut found = OperationRecords {
            operation: first.operation().clone(),
            author: first.author().to_owned(),
            versions: Vec::new(),
            refs: Vec::new(),
            state: OperationState::Done,
        };
        let id = found.operation.id;
        let mut next = Some(first);
        while let Some(record) = next {
            match record {
                Record::Version(version) => found.versions.push(*version),
                Record::Ref(change) => found.refs.push(*change),
            }
            let is_same = self.heap.peek().is_some_and(|pending| pending.order.1 == id);
            next = if is_same { self.pop()? } else { None };
        }
        found.versions.reverse();
        found.refs.reverse();
        found.state = self.judge(&found);
        Ok(Some(found))
    }

    /// Newest first, the first thing said of an operation is what holds.
    fn judge(&mut self, found: &OperationRecords) -> OperationState {
        let about = found.refs.iter().find_map(|change| Some((change.target?, change.action)));
        match about {
            Some((target, action)) => {
                self.verdicts.entry(target).or_insert(action == RefAction::Undo);
                OperationState::About(target)
            }
            None if self.verdicts.get(&found.operation.id) == Some(&true) => OperationState::Undone,
            None => OperationState::Done,
        }
    }
}

impl Iterator for Operations<'_> {
    type Item = Result<OperationRecords, Error>;

    fn next(&mut self) -> Option<Self::Item> {
        self.next_operation().transpose()
    }
}
