//! Operations: what commands did, read back from the records they left.

use std::cell::RefCell;
use std::cmp::Ordering;
use std::collections::{BinaryHeap, HashMap};

use super::error::Error;
use super::line;
use crate::backend::Log;
use crate::model::checksum::Id;
use crate::model::name::ConfigName;
use crate::model::record::{Action, Operation, RefAction, RefChange, Version};
use crate::model::time::Timestamp;
use crate::store::{Corruption, Descent, Step, Store, StoreError};

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
    /// The configs in which it is undone: not all of them where an undo or a redo was cut short.
    pub undone_in: Vec<ConfigName>,
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
    /// It was undone in some of its configs only, by an undo or a redo that was cut short.
    Partly,
    /// It is an undo or a redo of the operation with this id.
    About(Id),
}

impl OperationRecords {
    fn none_of(operation: &Operation) -> Self {
        Self {
            operation: operation.clone(),
            author: String::new(),
            versions: Vec::new(),
            refs: Vec::new(),
            undone_in: Vec::new(),
            state: OperationState::Done,
        }
    }

    /// Whether it only made versions be forgotten: what is gone can't be brought back.
    pub fn is_forgetting(&self) -> bool {
        self.versions.is_empty() && self.refs.iter().all(|change| change.action == RefAction::Forget)
    }

    /// The configs that it touched, in order.
    pub fn configs(&self) -> Vec<ConfigName> {
        let versions = self.versions.iter().map(|version| &version.config);
        let mut configs: Vec<_> =
            versions.chain(self.refs.iter().map(|change| &change.config)).cloned().collect();
        configs.sort_unstable();
        configs.dedup();
        configs
    }

    /// Whether all that it made of the damaged record's config is known to be newer than that record.
    fn is_newer_than(&self, damage: &Corruption) -> bool {
        let last = line::run_of(damage).end().to_owned();
        let mut refs = self.refs.iter().filter(|change| change.config == damage.config);
        let mut versions = self.versions_of(&damage.config);
        if damage.is_ref {
            // Which versions came after it is not known.
            return versions.next().is_none() && refs.all(|change| change.number > last);
        }
        // An import makes many versions in one operation: the damaged one may be its first.
        versions.all(|version| version.number > last && version.action != Action::Import)
            && refs.all(|change| change.as_of() >= last)
    }

    /// The versions that it made of one config.
    pub fn versions_of<'a>(&'a self, config: &'a ConfigName) -> impl DoubleEndedIterator<Item = &'a Version> {
        self.versions.iter().filter(move |version| version.config == *config)
    }
}

impl Store {
    /// The operations on this store's configs, newest first. Damaged records are passed over.
    ///
    /// Within a config, newest first is the order in which records were written, whatever the clocks said; between
    /// configs it is that of their times.
    pub fn operations(&self) -> Result<Operations<'_>, Error> {
        let mut operations = Operations {
            store: self,
            heap: BinaryHeap::new(),
            verdicts: HashMap::new(),
            damage: RefCell::default(),
        };
        for config in self.configs()? {
            let state = self.state(&config)?;
            let version = operations.version(&config, state.versions.number)?;
            let change = operations.change(&config, state.refs.number)?;
            operations.push(Pending { version, change });
        }
        Ok(operations)
    }
}

/// The operations on a store's configs, newest first: see [`Store::operations`].
#[derive(Debug)]
pub struct Operations<'a> {
    store: &'a Store,
    /// What is not read yet of each config, newest operation first.
    heap: BinaryHeap<Pending>,
    /// What the newest undo or redo says of an operation in a config: whether it is undone.
    verdicts: HashMap<(Id, ConfigName), bool>,
    /// The damaged records that were passed over so far: any of them may have been a newer operation's.
    damage: RefCell<Vec<Corruption>>,
}

/// The newest records of a config's two logs that were not told yet.
#[derive(Debug)]
struct Pending {
    version: Option<Box<Version>>,
    change: Option<Box<RefChange>>,
}

impl Pending {
    /// Whether the change of refs was written after the version.
    fn change_is_newer(&self) -> bool {
        let (Some(version), Some(change)) = (&self.version, &self.change) else {
            return self.change.is_some();
        };
        // Every change of refs tells up to which version it was written after.
        version.number <= change.as_of()
    }

    /// The operation of the newer record.
    fn operation(&self) -> Option<&Operation> {
        match (&self.version, &self.change) {
            (_, Some(change)) if self.change_is_newer() => Some(&change.operation),
            (Some(version), _) => Some(&version.operation),
            _ => None,
        }
    }

    fn order(&self) -> Option<(Timestamp, Id)> {
        self.operation().map(|operation| (operation.timestamp, operation.id))
    }
}

impl PartialEq for Pending {
    fn eq(&self, other: &Self) -> bool {
        self.order() == other.order()
    }
}

impl Eq for Pending {}

impl PartialOrd for Pending {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Pending {
    fn cmp(&self, other: &Self) -> Ordering {
        self.order().cmp(&other.order())
    }
}

impl Operations<'_> {
    fn push(&mut self, pending: Pending) {
        if pending.operation().is_some() {
            self.heap.push(pending);
        }
    }

    /// Reads a version, or the next older one that is not damaged.
    fn version(&self, config: &ConfigName, newest: u64) -> Result<Option<Box<Version>>, Error> {
        let versions = self.store.descend(config, Log::Versions, newest, 0);
        self.undamaged(versions, |number| self.store.header(config, number))
    }

    /// Reads a change of refs, or the next older one that is not damaged.
    fn change(&self, config: &ConfigName, newest: u64) -> Result<Option<Box<RefChange>>, Error> {
        let changes = self.store.descend(config, Log::Refs, newest, 0);
        self.undamaged(changes, |number| self.store.ref_change(config, number))
    }

    /// The next record of a log that is not damaged.
    fn undamaged<T>(
        &self,
        mut records: Descent<'_>,
        read: impl Fn(u64) -> Result<T, StoreError>,
    ) -> Result<Option<Box<T>>, Error> {
        while let Some(Step { record, .. }) = records.step(&read)? {
            match record {
                Ok(record) => return Ok(Some(Box::new(record))),
                Err(corruption) => self.note(*corruption),
            }
        }
        Ok(None)
    }

    fn note(&self, corruption: Corruption) {
        let mut damage = self.damage.borrow_mut();
        if damage.len() < MOST_DAMAGE_NOTED {
            damage.push(corruption);
        }
    }

    /// Damage that was passed over in one of the operation's configs, and may be newer than the operation or a part of
    /// it: what the operation's place is can't be known then.
    pub(super) fn damage_in(&self, operation: &OperationRecords) -> Option<Corruption> {
        let configs = operation.configs();
        let stands_in_the_way =
            |damage: &&Corruption| configs.contains(&damage.config) && !operation.is_newer_than(damage);
        self.damage.borrow().iter().find(stands_in_the_way).cloned()
    }

    fn next_operation(&mut self) -> Result<Option<OperationRecords>, Error> {
        let mut found: Option<OperationRecords> = None;
        while let Some(pending) = self.heap.peek()
            && let Some(operation) = pending.operation()
            && found.as_ref().is_none_or(|found| found.operation.id == operation.id)
        {
            let mut records = found.take().unwrap_or_else(|| OperationRecords::none_of(operation));
            self.take_newest(&mut records)?;
            found = Some(records);
        }
        if let Some(found) = &mut found {
            found.versions.reverse();
            found.refs.reverse();
            self.judge(found);
        }
        Ok(found)
    }

    /// Moves the newest record to its operation.
    fn take_newest(&mut self, records: &mut OperationRecords) -> Result<(), Error> {
        let Some(mut pending) = self.heap.pop() else { return Ok(()) };
        if pending.change_is_newer() {
            if let Some(change) = pending.change.take() {
                pending.change = self.change(&change.config, change.number - 1)?;
                records.author.clone_from(&change.author);
                records.refs.push(*change);
            }
        } else if let Some(version) = pending.version.take() {
            pending.version = self.version(&version.config, version.number - 1)?;
            records.author.clone_from(&version.author);
            records.versions.push(*version);
        }
        self.push(pending);
        Ok(())
    }

    /// Newest first, the first thing said of an operation in a config is what holds there.
    fn judge(&mut self, found: &mut OperationRecords) {
        let mut about = None;
        for change in &found.refs {
            if let Some(target) = change.target {
                let is_undone = change.action == RefAction::Undo;
                self.verdicts.entry((target, change.config.clone())).or_insert(is_undone);
                about = Some(target);
            }
        }
        let configs = found.configs();
        let is_undone =
            |config: &ConfigName| self.verdicts.get(&(found.operation.id, config.clone())) == Some(&true);
        found.undone_in = configs.iter().filter(|config| is_undone(config)).cloned().collect();
        found.state = match (about, found.undone_in.len()) {
            (Some(target), _) => OperationState::About(target),
            (None, 0) => OperationState::Done,
            (None, count) if count == configs.len() => OperationState::Undone,
            (None, _) => OperationState::Partly,
        };
    }
}

/// How many damaged records are remembered.
const MOST_DAMAGE_NOTED: usize = 1000;

impl Iterator for Operations<'_> {
    type Item = Result<OperationRecords, Error>;

    fn next(&mut self) -> Option<Self::Item> {
        self.next_operation().transpose()
    }
}
