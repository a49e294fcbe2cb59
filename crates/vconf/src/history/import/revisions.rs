//! Revisions of another version control system, brought in one by one.

use std::collections::{BTreeMap, HashMap};

use super::super::context::{Context, bounded};
use super::super::error::Error;
use super::super::line;
use super::super::save::Source;
use super::super::write::{Plan, RefPlan};
use super::ImportError;
use crate::backend::Log;
use crate::canonical;
use crate::model::name::{ConfigName, RefName};
use crate::model::record::{Action, Head, RefAction, TagMove, Version};
use crate::model::time::Timestamp;
use crate::store::{Store, StoreError};

/// One revision of a file elsewhere.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct ForeignRevision {
    /// What it is called there.
    pub name: String,
    /// The revisions that it was made from, by their names there.
    pub parents: Vec<String>,
    /// Its line, where that is not the main one.
    pub side: Option<RefName>,
    /// Who made it.
    pub author: String,
    /// When.
    pub timestamp: Timestamp,
    /// Why; empty where nobody said.
    pub description: String,
    /// The exact bytes.
    pub source: Vec<u8>,
    /// The permission bits, where they are known.
    pub mode: Option<u32>,
    /// The names that it has there besides.
    pub tags: Vec<RefName>,
}

/// A revision that was brought in.
#[derive(Clone, Debug)]
pub struct ImportedRevision {
    /// What it is now; `None` where an earlier import had made it, and it was forgotten since.
    pub version: Option<Version>,
    /// The tags that it gets.
    pub tags: Vec<RefName>,
    /// Whether an earlier import had made it.
    pub was_there: bool,
}

/// An import of revisions: begun by [`Store::import_revisions`], fed with [`add`](Self::add), ended by
/// [`finish`](Self::finish).
///
/// Revisions come in an order in which each follows those that it was made from, the same each time. Those which an
/// earlier import made are known again by their bytes, time, author and description, so that only what is new is written, and
/// an import that was cut short is gone on with. It keeps the revisions' names and numbers, and none of their bytes.
#[derive(Debug)]
pub struct RevisionImport<'a> {
    store: &'a Store,
    config: ConfigName,
    context: &'a Context,
    /// The version from which on those of an earlier import are looked for.
    next_there: u64,
    /// The next version of an earlier import, read ahead.
    ahead: Option<Version>,
    /// How many versions before it were forgotten, and the last of them.
    forgotten: (u64, u64),
    /// The newest version that was there before.
    newest_there: u64,
    /// The newest version of an earlier import on the main line.
    imported_until: u64,
    /// What the revisions became, by their names.
    numbers: HashMap<String, Vec<u64>>,
    /// The newest version of each other line that this import wrote.
    sides: BTreeMap<RefName, u64>,
    /// Where the tags are, and those that are to be set.
    tags: BTreeMap<RefName, u64>,
    new_tags: Vec<(RefName, u64)>,
    is_redone: bool,
}

impl Store {
    /// Begins to bring in revisions of another system as the history of a config.
    ///
    /// # Errors
    ///
    /// [`ImportError::Exists`] where the config has a history that did not begin with an import.
    pub fn import_revisions<'a>(
        &'a self,
        config: &ConfigName,
        context: &'a Context,
    ) -> Result<RevisionImport<'a>, ImportError> {
        let state = self.state(config)?;
        let newest_there = state.versions.number;
        if newest_there > 0 {
            match self.header(config, 1) {
                Ok(first) if first.action == Action::Import => {}
                Err(StoreError::Corrupt(damage)) if damage.forgotten().is_some() => {}
                Ok(_) => return Err(ImportError::Exists { config: config.clone() }),
                Err(error) => return Err(Error::from(error).into()),
            }
            // Tags will speak of versions that another process may have written a moment ago.
            self.settle(config, Log::Versions).map_err(Error::from)?;
        }
        Ok(RevisionImport {
            store: self,
            config: config.clone(),
            context,
            next_there: 1,
            ahead: None,
            forgotten: (0, 0),
            newest_there,
            imported_until: 0,
            numbers: HashMap::new(),
            sides: BTreeMap::new(),
            tags: self.tags(&state)?,
            new_tags: Vec::new(),
            is_redone: false,
        })
    }
}

impl RevisionImport<'_> {
    /// Brings in the next revision.
    ///
    /// # Errors
    ///
    /// [`ImportError::Exists`] where an earlier import made another version in its place.
    pub fn add(&mut self, revision: &ForeignRevision) -> Result<ImportedRevision, ImportError> {
        let there = self.known(revision)?;
        let (number, version) = match &there {
            Some((number, version)) => (*number, version.clone()),
            None => {
                let version = self.write(revision)?;
                (version.number, Some(version))
            }
        };
        let was_there = there.is_some();
        if was_there && revision.side.is_none() {
            self.imported_until = number;
        }
        self.numbers.insert(revision.name.clone(), vec![number]);
        let mut tags = Vec::new();
        for tag in &revision.tags {
            // What was forgotten gets no name.
            if !self.tags.contains_key(tag) && version.is_some() {
                self.tags.insert(tag.clone(), number);
                self.new_tags.push((tag.clone(), number));
            }
            if self.tags.get(tag) == Some(&number) {
                tags.push(tag.clone());
            }
        }
        Ok(ImportedRevision { version, tags, was_there })
    }

    /// Passes by a revision that can't be a version: whatever is made from it is made from what it was made from.
    pub fn pass(&mut self, name: &str, parents: &[String]) {
        let parents = self.versions_of(parents);
        self.numbers.insert(name.to_owned(), parents);
    }

    /// Sets the tags, and creates the branches among the other lines that are to be ones: one record for all of them.
    /// Tells whether an import that had been undone was done again.
    pub fn finish(mut self, branches: &[RefName]) -> Result<bool, ImportError> {
        self.redo()?;
        let Self { store, config, context, sides, new_tags, is_redone, .. } = self;
        store.write_ref(&config, context, |state| {
            let known = store.tags(state)?;
            let is_free = |name: &RefName| !state.has_branch(name) && !known.contains_key(name);
            let begun: Vec<_> =
                sides.iter().filter(|(side, _)| branches.contains(side) && is_free(side)).collect();
            let tags = new_tags.iter().filter(|(tag, _)| is_free(tag) && !branches.contains(tag));
            let tags: Vec<_> = tags
                .map(|(tag, number)| TagMove { tag: tag.clone(), from: None, to: Some(*number) })
                .collect();
            if begun.is_empty() && tags.is_empty() {
                return Ok(None);
            }
            let mut heads = store.pinned_heads(state)?;
            for (side, number) in &begun {
                heads.insert((*side).clone(), Head { version: Some(**number), as_of: state.as_of() });
            }
            Ok(Some(RefPlan {
                action: if begun.is_empty() { RefAction::Tag } else { RefAction::Branch },
                description: "Names of imported revisions".to_owned(),
                target: None,
                tags,
                heads,
                current: state.current.clone(),
            }))
        })?;
        Ok(is_redone)
    }

    /// What an earlier import made of a revision; `None` where none did. A version that was forgotten since has a number
    /// alone.
    fn known(&mut self, revision: &ForeignRevision) -> Result<Option<(u64, Option<Version>)>, ImportError> {
        self.read_ahead()?;
        match self.ahead.take() {
            Some(version) if is_of(&version, revision) => {
                self.forgotten = (0, 0);
                Ok(Some((version.number, Some(version))))
            }
            Some(other) if self.forgotten.0 > 0 => {
                // It was one of those before.
                self.forgotten.0 -= 1;
                self.ahead = Some(other);
                Ok(Some((self.forgotten.1, None)))
            }
            None if self.forgotten.0 == 0 => Ok(None),
            // Where the last that came in was forgotten, there is nothing to go on from.
            _ => Err(ImportError::Exists { config: self.config.clone() }),
        }
    }

    fn read_ahead(&mut self) -> Result<(), Error> {
        while self.ahead.is_none() && self.next_there <= self.newest_there {
            let number = self.next_there;
            self.next_there += 1;
            match self.store.header(&self.config, number) {
                Ok(version) if version.action == Action::Import => self.ahead = Some(version),
                Ok(_) => {}
                Err(StoreError::Corrupt(damage)) if damage.forgotten().is_some() => {
                    let last = (*line::run_of(&damage).end()).max(number);
                    self.forgotten = (self.forgotten.0 + last + 1 - number, last);
                    self.next_there = last + 1;
                }
                Err(error) => return Err(error.into()),
            }
        }
        Ok(())
    }

    fn write(&mut self, revision: &ForeignRevision) -> Result<Version, Error> {
        self.redo()?;
        let source = Source::read(&self.config, revision.source.as_slice(), None);
        let mut parents = self.versions_of(&revision.parents);
        // A branch that is there goes on where it is, whatever was saved on it since.
        let goes_on = match &revision.side {
            Some(side) => self.store.state(&self.config)?.has_branch(side),
            None => true,
        };
        let merges = if goes_on { parents.drain(..).skip(1).collect() } else { Vec::new() };
        let plan = Plan {
            action: Action::Import,
            description: Some(revision.description.clone()).filter(|text| !text.trim().is_empty()),
            mode: revision.mode,
            expect: None,
            skip_same: false,
            branch: Some(revision.side.clone().unwrap_or_else(RefName::main)),
            parents: (!goes_on).then_some(parents),
            merges,
        };
        let context = Context {
            author: bounded(revision.author.clone()),
            timestamp: revision.timestamp,
            operation: self.context.operation.clone(),
        };
        let version = self.store.write_version(&self.config, &source, &plan, &context)?.version;
        if let Some(side) = &revision.side {
            self.sides.insert(side.clone(), version.number);
        }
        Ok(version)
    }

    /// Does an earlier import again that was undone, before anything goes on from it.
    fn redo(&mut self) -> Result<(), Error> {
        let until = std::mem::take(&mut self.imported_until);
        if until > 0 {
            self.is_redone |= self.store.redo_imports(&self.config, until, self.context)?;
        }
        Ok(())
    }

    fn versions_of(&self, names: &[String]) -> Vec<u64> {
        let mut found = Vec::new();
        for number in names.iter().filter_map(|name| self.numbers.get(name)).flatten() {
            if !found.contains(number) {
                found.push(*number);
            }
        }
        found
    }
}

/// Whether a version is what a revision became.
fn is_of(version: &Version, revision: &ForeignRevision) -> bool {
    let says_why = !revision.description.trim().is_empty();
    version.timestamp == revision.timestamp
        && version.author == bounded(revision.author.clone())
        && (!says_why || version.description == bounded(revision.description.clone()))
        && version.checksum == canonical::checksum(&revision.source)
}
