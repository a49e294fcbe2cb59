//! Log: the versions of a config, newest first.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use super::error::Error;
use super::state::State;
use crate::format::Document;
use crate::model::name::{ConfigName, RefName};
use crate::model::record::Version;
use crate::model::time::Timestamp;
use crate::model::tree::{NodeId, Tree};
use crate::model::value::Value;
use crate::store::{Corruption, Store, StoreError};

/// Which versions to list.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct LogFilter {
    /// From this version downwards; from the newest where it is not given.
    pub from: Option<u64>,
    /// Not before this time.
    pub since: Option<Timestamp>,
    /// Not after this time.
    pub until: Option<Timestamp>,
    /// By this author, as written or as a part of it, upper and lower case being one.
    pub author: Option<String>,
}

/// One line of a log.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum LogEntry {
    /// A version.
    Version {
        /// What its record says.
        version: Box<Version>,
        /// The tags that name it.
        tags: Vec<RefName>,
        /// Whether it was undone: no branch's head comes from it.
        is_undone: bool,
        /// The branches whose head it is.
        heads: Vec<RefName>,
        /// The version of another branch that its branch parts from with it.
        parts_from: Option<u64>,
    },
    /// A version whose record is damaged or missing.
    Damaged(Box<Corruption>),
}

/// One line of the log of a key.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum KeyEntry {
    /// A value that the key had.
    Value {
        /// The version that gave it this value.
        version: Box<Version>,
        /// The value; `None` where the key was taken away.
        value: Option<Value>,
    },
    /// A version whose record is damaged or missing, so that its value can't be known.
    Damaged(Box<Corruption>),
}

impl Store {
    /// Lists the versions of a config, newest first, one record at a time.
    pub fn log<'a>(
        &'a self,
        state: &'a State,
        filter: &'a LogFilter,
    ) -> Result<impl Iterator<Item = Result<LogEntry, Error>> + 'a, Error> {
        let mut tags_by_version: BTreeMap<u64, Vec<RefName>> = BTreeMap::new();
        for (tag, number) in self.tags(state)? {
            tags_by_version.entry(number).or_default().push(tag);
        }
        let heads = self.heads(state)?;
        let mut live: BTreeSet<u64> = heads.values().copied().collect();
        let newest = state.versions.number;
        let from = filter.from.unwrap_or(newest);
        let entries = (1..=newest).rev().map(move |number| {
            let version = match self.header(&state.config, number) {
                Ok(version) => version,
                Err(StoreError::Corrupt(corruption)) => {
                    // What it was made from can't be known; what stands before it most likely.
                    if live.remove(&number) {
                        live.extend(number.checked_sub(1).filter(|&number| number > 0));
                    }
                    return Ok((number, LogEntry::Damaged(corruption)));
                }
                Err(error) => return Err(error.into()),
            };
            let is_undone = !live.remove(&number);
            if !is_undone {
                live.extend(&version.parents);
            }
            let heads = heads.iter().filter(|(_, head)| **head == number);
            let heads = heads.map(|(branch, _)| branch.clone()).collect();
            let parts_from = self.parts_from(&version);
            let tags = tags_by_version.remove(&number).unwrap_or_default();
            Ok((number, LogEntry::Version { version: Box::new(version), tags, is_undone, heads, parts_from }))
        });
        Ok(entries.filter_map(move |entry| match entry {
            Ok((number, entry)) => (number <= from && filter.keeps(&entry)).then_some(Ok(entry)),
            Err(error) => Some(Err(error)),
        }))
    }

    /// The version of another branch that a version is made from. One that can't be read is not known to be of another.
    fn parts_from(&self, version: &Version) -> Option<u64> {
        let parent = version.parents.first().copied().filter(|_| version.branch != RefName::main())?;
        let branch = self.header(&version.config, parent).ok()?.branch;
        (branch != version.branch).then_some(parent)
    }

    /// The heads of all branches that have one.
    pub fn heads(&self, state: &State) -> Result<BTreeMap<RefName, u64>, Error> {
        let mut heads = BTreeMap::new();
        for branch in state.branches() {
            if let Some(number) = self.head_number(state, &branch)? {
                heads.insert(branch, number);
            }
        }
        Ok(heads)
    }

    /// Lists the values that one place in the content had, newest first, each with the version that set it.
    ///
    /// `find` finds the place in the content of each version. Undone versions do not count. Linear in the size of
    /// the versions.
    pub fn key_log<'a>(
        &'a self,
        state: &'a State,
        filter: &'a LogFilter,
        find: impl Fn(&Tree) -> Option<NodeId> + 'a,
    ) -> Result<impl Iterator<Item = Result<KeyEntry, Error>> + 'a, Error> {
        let head = filter.from.map_or_else(|| self.latest(state), Ok)?;
        let mut found = VecDeque::new();
        let mut newer: Option<(Version, Option<Value>)> = None;
        let mut next = Some(head);
        // One step a version: what the newer one changed is known when the one before it is read.
        let mut step = move || -> Result<Option<KeyEntry>, Error> {
            while found.is_empty() && (next.is_some() || newer.is_some()) {
                let Some(number) = next else {
                    found.extend(newer.take().filter(|(_, value)| value.is_some()).map(value_entry));
                    break;
                };
                match self.value_at(&state.config, number, &find) {
                    Ok((version, value)) => {
                        next = version.parents.first().copied().filter(|&parent| parent < number);
                        let changed = newer.take().filter(|(_, newer)| *newer != value);
                        found.extend(changed.map(value_entry));
                        newer = Some((version, value));
                    }
                    Err(Error::Store(StoreError::Corrupt(corruption))) => {
                        // The one before a damaged version is the nearest that can be compared with.
                        next = number.checked_sub(1).filter(|&number| number > 0);
                        found.push_back(KeyEntry::Damaged(corruption));
                    }
                    Err(error) => return Err(error),
                }
            }
            Ok(found.pop_front())
        };
        let entries = std::iter::from_fn(move || step().transpose());
        Ok(entries.filter(|entry| match entry {
            Ok(KeyEntry::Value { version, .. }) => filter.keeps_version(version),
            Ok(KeyEntry::Damaged(_)) | Err(_) => true,
        }))
    }

    fn value_at(
        &self,
        config: &ConfigName,
        number: u64,
        find: &impl Fn(&Tree) -> Option<NodeId>,
    ) -> Result<(Version, Option<Value>), Error> {
        let loaded = self.load_number(config, number)?;
        let Document { tree, .. } = loaded.document();
        let value = tree.and_then(|tree| tree.value(find(&tree)?).ok());
        Ok((loaded.version, value))
    }
}

fn value_entry((version, value): (Version, Option<Value>)) -> KeyEntry {
    KeyEntry::Value { version: Box::new(version), value }
}

impl LogFilter {
    /// Whether it lets a line pass; damage is always told.
    fn keeps(&self, entry: &LogEntry) -> bool {
        match entry {
            LogEntry::Version { version, .. } => self.keeps_version(version),
            LogEntry::Damaged(_) => true,
        }
    }

    fn keeps_version(&self, version: &Version) -> bool {
        let author = |wanted: &String| version.author.to_lowercase().contains(&wanted.to_lowercase());
        self.since.is_none_or(|since| version.timestamp >= since)
            && self.until.is_none_or(|until| version.timestamp <= until)
            && self.author.as_ref().is_none_or(author)
    }
}
