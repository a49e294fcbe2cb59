//! Log: the versions of a config, newest first.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use super::error::Error;
use super::line;
use super::search::KeyChanges;
use super::state::State;
use crate::backend::Log;
use crate::format::Document;
use crate::model::name::{ConfigName, RefName};
use crate::model::record::{RefChange, TagMove, Version};
use crate::model::time::Timestamp;
use crate::model::tree::{NodeId, Tree};
use crate::model::value::Value;
use crate::store::{Corruption, Step, Store, StoreError};

/// Which versions to list.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct LogFilter {
    /// From this version downwards; from the newest where it is not given.
    pub from: Option<u64>,
    /// Only this branch's line: its head, what that was made from, and so on. Of a merge the first parent counts.
    pub branch: Option<RefName>,
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
        /// Whether a branch's head comes from it.
        standing: Standing,
        /// Whether it is the latest: the head of the current branch.
        is_latest: bool,
        /// The branches whose head it is.
        heads: Vec<RefName>,
        /// The version of another branch that its branch parts from with it.
        parts_from: Option<u64>,
    },
    /// A version whose record is damaged or missing.
    Damaged(Box<Corruption>),
}

/// How a version stands to the branches.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Standing {
    /// A branch's head comes from it, or is it.
    OnBranch,
    /// None does any more, for it was undone.
    Undone,
    /// None does any more, for its branch was deleted.
    OffBranch,
}

/// The lines of a log, newest first: see [`Store::log`].
pub struct LogEntries<'a> {
    entries: Box<dyn Iterator<Item = Result<LogEntry, Error>> + 'a>,
    /// The newest change of refs that can't be read, if there is one: tags, and what was undone, may be told wrongly.
    pub ref_damage: Option<Box<Corruption>>,
}

impl Iterator for LogEntries<'_> {
    type Item = Result<LogEntry, Error>;

    fn next(&mut self) -> Option<Self::Item> {
        self.entries.next()
    }
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
        /// The value before; `None` where there was none.
        before: Option<Value>,
    },
    /// A version whose record is damaged or missing, so that its value can't be known.
    Damaged(Box<Corruption>),
}

impl Store {
    /// Lists the versions of a config, newest first, one record at a time. A run of missing ones is one line.
    ///
    /// # Errors
    ///
    /// [`Error::UnknownBranch`] where one branch's line is asked for that is none.
    pub fn log<'a>(&'a self, state: &'a State, filter: &'a LogFilter) -> Result<LogEntries<'a>, Error> {
        let mut told = self.told_by_refs(state)?;
        let ref_damage = told.damage.take();
        let heads = self.heads(state)?;
        let latest = heads.get(&state.current).copied();
        let (newest, mut live): (_, BTreeSet<u64>) = match &filter.branch {
            Some(branch) => {
                state.check_branch(branch)?;
                let head = heads.get(branch).copied();
                (head.unwrap_or(0), head.into_iter().collect())
            }
            None => (state.versions.number, heads.values().copied().collect()),
        };
        let from = filter.from.unwrap_or(newest).min(newest);
        let mut versions = self.descend(&state.config, Log::Versions, newest, 0);
        let mut next = move || -> Result<Option<LogEntry>, Error> {
            while let Some(Step { number, record }) =
                versions.step(|number| self.header(&state.config, number))?
            {
                let version = match record {
                    Ok(version) => version,
                    Err(corruption) => {
                        let run = line::run_of(&corruption);
                        let is_live = live.range(run.clone()).next().is_some();
                        let is_left = told.left.range(run.clone()).next().is_some();
                        live.retain(|number| !run.contains(number));
                        told.left.retain(|number| !run.contains(number));
                        if is_live {
                            live.extend(self.likely_parent(state, &corruption)?);
                        } else if is_left {
                            told.left.extend(self.likely_parent(state, &corruption)?);
                        }
                        if (is_live || filter.branch.is_none()) && *run.start() <= from {
                            return Ok(Some(LogEntry::Damaged(corruption)));
                        }
                        continue;
                    }
                };
                let is_live = live.remove(&number);
                let is_left = told.left.remove(&number);
                if is_live {
                    let counting = if filter.branch.is_some() { 1 } else { usize::MAX };
                    live.extend(version.parents.iter().take(counting));
                } else if is_left {
                    told.left.extend(&version.parents);
                }
                let is_asked_for = is_live || filter.branch.is_none();
                if !is_asked_for || number > from || !filter.keeps_version(&version) {
                    continue;
                }
                let heads = heads.iter().filter(|(_, head)| **head == number);
                return Ok(Some(LogEntry::Version {
                    tags: told.tags.remove(&number).unwrap_or_default(),
                    standing: match (is_live, is_left) {
                        (true, _) => Standing::OnBranch,
                        (false, true) => Standing::OffBranch,
                        (false, false) => Standing::Undone,
                    },
                    is_latest: latest == Some(number),
                    heads: heads.map(|(branch, _)| branch.clone()).collect(),
                    parts_from: self.parts_from(&version),
                    version: Box::new(version),
                }));
            }
            Ok(None)
        };
        Ok(LogEntries { entries: Box::new(std::iter::from_fn(move || next().transpose())), ref_damage })
    }

    /// What the changes of refs tell of versions.
    fn told_by_refs(&self, state: &State) -> Result<ToldByRefs, Error> {
        let mut tags: BTreeMap<RefName, Option<u64>> = BTreeMap::new();
        let mut left = BTreeSet::new();
        let mut later: Option<RefChange> = None;
        let mut damage = state.missing_refs();
        let mut changes = self.descend(&state.config, Log::Refs, state.refs.number, 0);
        while let Some(Step { record, .. }) = changes.step(|number| self.ref_change(&state.config, number))? {
            let change = match record {
                Ok(change) => change,
                Err(corruption) => {
                    damage = damage.or(Some(corruption));
                    continue;
                }
            };
            for TagMove { tag, to, .. } in &change.tags {
                tags.entry(tag.clone()).or_insert(*to);
            }
            if let Some(later) = later {
                let deleted = change.heads.keys().filter(|branch| !later.heads.contains_key(*branch));
                for branch in deleted {
                    left.extend(self.head_number(&change.state_until(&later), branch)?);
                }
            }
            later = Some(change);
        }
        let mut told = ToldByRefs { tags: BTreeMap::new(), left, damage };
        for (tag, number) in tags {
            if let Some(number) = number {
                told.tags.entry(number).or_default().push(tag);
            }
        }
        Ok(told)
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

    /// Lists the values that a key had, newest first, each with the version that set it.
    ///
    /// `find` finds the place that the key names in the content of each version. Undone versions do not count. Linear in
    /// the size of the versions, or of those that the index says may have changed it.
    pub fn key_log<'a>(
        &'a self,
        state: &'a State,
        filter: &'a LogFilter,
        key: &str,
        find: impl Fn(&Tree) -> Option<NodeId> + 'a,
    ) -> Result<impl Iterator<Item = Result<KeyEntry, Error>> + 'a, Error> {
        let head = match (filter.from, &filter.branch) {
            (Some(from), _) => from.min(state.versions.number),
            (None, None) => self.latest(state)?,
            (None, Some(branch)) => {
                state.check_branch(branch)?;
                let newest = state.versions.number;
                let no_latest = || Error::NoLatest { config: state.config.clone(), newest };
                self.head_number(state, branch)?.ok_or_else(no_latest)?
            }
        };
        let changes = self.key_changes(state, key)?;
        let mut walk = KeyWalk {
            store: self,
            state,
            find,
            changes,
            next: Some(head),
            newer: None,
            found: VecDeque::new(),
        };
        let entries = std::iter::from_fn(move || walk.step().transpose());
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

/// What the changes of refs tell of versions.
struct ToldByRefs {
    /// The tags of each.
    tags: BTreeMap<u64, Vec<RefName>>,
    /// The heads that deleted branches had.
    left: BTreeSet<u64>,
    /// The newest change of refs that can't be read.
    damage: Option<Box<Corruption>>,
}

/// The way back along first parents, with the value that a key has in each version.
struct KeyWalk<'a, F> {
    store: &'a Store,
    state: &'a State,
    find: F,
    /// What the index says, where that is of use.
    changes: Option<KeyChanges>,
    next: Option<u64>,
    /// The version that was come from and its value; without the version where it was not read.
    newer: Option<(u64, Option<Version>, Option<Value>)>,
    found: VecDeque<KeyEntry>,
}

impl<F: Fn(&Tree) -> Option<NodeId>> KeyWalk<'_, F> {
    /// The next entry: what a version changed is known when the one before it is read.
    fn step(&mut self) -> Result<Option<KeyEntry>, Error> {
        while self.found.is_empty() && (self.next.is_some() || self.newer.is_some()) {
            let Some(number) = self.next else {
                self.tell(None)?;
                break;
            };
            if let (Some(changes), Some((newer, version, _))) = (&self.changes, &mut self.newer)
                && !changes.may_differ(number, *newer)
            {
                (*newer, *version) = (number, None);
                self.next = changes.parent(number);
                continue;
            }
            match self.store.value_at(&self.state.config, number, &self.find) {
                Ok((version, value)) => {
                    let parent = version.parents.first().copied();
                    if self.newer.as_ref().is_some_and(|(_, _, newer)| *newer != value) {
                        self.tell(value.clone())?;
                    }
                    self.next = parent.filter(|&parent| parent < number);
                    self.newer = Some((number, Some(version), value));
                }
                Err(Error::Store(StoreError::Corrupt(corruption))) => {
                    // What it was made from is the nearest that can be compared with.
                    self.next = match self.store.header(&self.state.config, number) {
                        Ok(version) => version.parents.first().copied().filter(|&parent| parent < number),
                        Err(_) => self.store.likely_parent(self.state, &corruption)?,
                    };
                    self.found.push_back(KeyEntry::Damaged(corruption));
                }
                Err(error) => return Err(error),
            }
        }
        Ok(self.found.pop_front())
    }

    /// Tells of the version that was come from, given the value before it.
    fn tell(&mut self, before: Option<Value>) -> Result<(), Error> {
        let Some((number, version, value)) = self.newer.take() else { return Ok(()) };
        let read = match version {
            Some(version) => Ok((version, value)),
            None => self.store.value_at(&self.state.config, number, &self.find),
        };
        match read {
            Ok((version, value)) if value != before => {
                self.found.push_back(KeyEntry::Value { version: Box::new(version), value, before });
            }
            Ok(_) => {}
            Err(Error::Store(StoreError::Corrupt(corruption))) => {
                self.found.push_back(KeyEntry::Damaged(corruption));
            }
            Err(error) => return Err(error),
        }
        Ok(())
    }
}

impl LogFilter {
    /// Whether it lets a version pass; damage is always told.
    fn keeps_version(&self, version: &Version) -> bool {
        let author = |wanted: &String| version.author.to_lowercase().contains(&wanted.to_lowercase());
        self.since.is_none_or(|since| version.timestamp >= since)
            && self.until.is_none_or(|until| version.timestamp <= until)
            && self.author.as_ref().is_none_or(author)
    }
}
