//! Log: the versions of a config, newest first.

use std::collections::{BTreeMap, BTreeSet};

use super::error::Error;
use super::load::is_damage;
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
        /// Whether it is the head of its branch.
        is_head: bool,
    },
    /// A version whose record is damaged or missing.
    Damaged(Box<Corruption>),
}

/// A value that a key had.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct KeyEntry {
    /// The version that gave it this value.
    pub version: Version,
    /// The value; `None` where the key was taken away.
    pub value: Option<Value>,
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
            let is_head = heads.get(&version.branch) == Some(&number);
            let tags = tags_by_version.remove(&number).unwrap_or_default();
            Ok((number, LogEntry::Version { version: Box::new(version), tags, is_undone, is_head }))
        });
        Ok(entries.filter_map(move |entry| match entry {
            Ok((number, entry)) => (number <= from && filter.keeps(&entry)).then_some(Ok(entry)),
            Err(error) => Some(Err(error)),
        }))
    }

    /// The heads of all branches that have one.
    pub fn heads(&self, state: &State) -> Result<BTreeMap<RefName, u64>, Error> {
        let mut heads = BTreeMap::new();
        for branch in state.heads.keys().cloned().chain([RefName::main()]) {
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
        let mut next = Some(self.value_at(&state.config, head, &find)?);
        let mut step = move || -> Result<Option<KeyEntry>, Error> {
            while let Some((version, value)) = next.take() {
                let mut parent = version.parents.first().copied();
                let before = loop {
                    let Some(number) = parent else { break None };
                    match self.value_at(&state.config, number, &find) {
                        Ok(before) => break Some(before),
                        // The version before a damaged one is the nearest that can be compared with.
                        Err(error) if is_damage(&error) => parent = number.checked_sub(1).filter(|&n| n > 0),
                        Err(error) => return Err(error),
                    }
                };
                let changed = before.as_ref().map_or(value.is_some(), |(_, before)| *before != value);
                next = before;
                if changed {
                    return Ok(Some(KeyEntry { version, value }));
                }
            }
            Ok(None)
        };
        let entries = std::iter::from_fn(move || step().transpose());
        Ok(entries.filter(|entry| entry.as_ref().map_or(true, |entry| filter.keeps_version(&entry.version))))
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
