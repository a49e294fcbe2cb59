//! Load: a version by its number, its name or a time.

use serde::de::DeserializeOwned;

use std::collections::BTreeMap;

use super::error::Error;
use super::state::State;
use crate::backend::Log;
use crate::format::{self, Document};
use crate::model::name::{ConfigName, RefName};
use crate::model::record::{TagMove, Version};
use crate::model::revision::Revision;
use crate::model::time::Timestamp;
use crate::model::value::{Kind, Value};
use crate::store::{Step, Store, StoreError};

/// A version that was loaded, its seal and its checksum verified.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Loaded {
    /// What its record says.
    pub version: Version,
    /// The exact bytes that were saved.
    pub source: Vec<u8>,
}

impl Store {
    /// Loads the version that a revision names.
    pub fn load(&self, config: &ConfigName, revision: &Revision) -> Result<Loaded, Error> {
        let state = self.known_state(config)?;
        let number = self.resolve(&state, revision)?;
        self.load_number(config, number)
    }

    /// Loads the version of a number. A missing one is corrupt.
    pub fn load_number(&self, config: &ConfigName, number: u64) -> Result<Loaded, Error> {
        let (version, source) = self.version(config, number)?;
        Ok(Loaded { version, source })
    }

    /// Finds the number of the version that a revision names. That version need not be undamaged.
    pub fn resolve(&self, state: &State, revision: &Revision) -> Result<u64, Error> {
        let config = || state.config.clone();
        let newest = state.versions.number;
        match revision {
            Revision::Number(number) if (1..=newest).contains(number) => Ok(*number),
            Revision::Number(number) => {
                let latest = self.head(state, &state.current).ok().flatten().map(Box::new);
                Err(Error::UnknownVersion { config: config(), number: *number, newest, latest })
            }
            Revision::Latest => self.latest(state),
            Revision::Back(back) => {
                let mut number = self.latest(state)?;
                let mut branch = state.current.clone();
                for available in 0..*back {
                    number = match self.first_parent(state, number, &mut branch)? {
                        Some(parent) => parent,
                        None => return Err(Error::TooFarBack { config: config(), back: *back, available }),
                    };
                }
                Ok(number)
            }
            Revision::AsOf(time) => self.as_of(state, *time),
            Revision::Name(name) => self.named(state, name),
        }
    }

    /// The number of the version that was the latest at a time.
    fn as_of(&self, state: &State, time: Timestamp) -> Result<u64, Error> {
        if let Some(damage) = state.missing_refs() {
            return Err(StoreError::Corrupt(damage).into());
        }
        let mut pinned = None;
        let mut branch = RefName::main();
        for number in (1..=state.refs.number).rev() {
            let change = self.ref_change(&state.config, number)?;
            if change.timestamp <= time {
                pinned = change.heads.get(&change.current).copied();
                branch = change.current;
                break;
            }
        }
        let since = pinned.map_or(0, |head| head.as_of);
        let mut first = None;
        let mut unread = None;
        let mut versions = self.descend(&state.config, Log::Versions, state.versions.number, since);
        while let Some(Step { number, record }) =
            versions.step(|number| self.header(&state.config, number))?
        {
            match (record, &unread) {
                // What follows a version that came later came later too.
                (Ok(version), _) if version.timestamp > time => (first, unread) = (Some(version), None),
                (Ok(version), None) if version.branch == branch => return Ok(number),
                (Ok(version), None) => first = Some(version),
                // A damaged one has no time that could be read, and so may be the one.
                (Ok(_), Some(_)) => break,
                (Err(corruption), _) => unread = unread.or(Some(corruption)),
            }
        }
        if let Some(damage) = unread {
            return Err(StoreError::Corrupt(damage).into());
        }
        let config = state.config.clone();
        match (pinned.and_then(|head| head.version), first) {
            (Some(number), _) => Ok(number),
            (None, Some(first)) => Err(Error::BeforeFirst { config, time, first: Box::new(first) }),
            (None, None) => Err(Error::NoLatest { config, newest: state.versions.number }),
        }
    }

    /// The number of the latest version: the head of the current branch.
    pub fn latest(&self, state: &State) -> Result<u64, Error> {
        let head = self.head_number(state, &state.current)?;
        head.ok_or_else(|| Error::NoLatest { config: state.config.clone(), newest: state.versions.number })
    }

    fn named(&self, state: &State, name: &RefName) -> Result<u64, Error> {
        // No tag has the name of a branch, and which branches there are is known.
        if state.damage.is_empty()
            && state.has_branch(name)
            && let Some(head) = self.head_number(state, name)?
        {
            return Ok(head);
        }
        let mut known: BTreeMap<RefName, Option<u64>> = BTreeMap::new();
        // Newest first, the first that speaks of the tag decides; a damaged record might have.
        for number in (1..=state.refs.number).rev() {
            for TagMove { tag, to, .. } in self.ref_change(&state.config, number)?.tags {
                known.entry(tag).or_insert(to);
            }
            match known.get(name) {
                Some(Some(version)) => return Ok(*version),
                Some(None) => break,
                None => {}
            }
        }
        if state.has_branch(name)
            && let Some(head) = self.head_number(state, name)?
        {
            return Ok(head);
        }
        if let Some(damage) = state.missing_refs() {
            return Err(StoreError::Corrupt(damage).into());
        }
        let names = known.into_iter().filter(|(_, version)| version.is_some()).map(|(tag, _)| tag);
        let names = names.chain([RefName::main()]).chain(state.heads.keys().cloned()).collect();
        let near = nearest(name.as_str(), names, |name| name.as_str());
        Err(Error::UnknownName { config: state.config.clone(), name: name.clone(), near })
    }
}

impl Loaded {
    /// Parses the source in the format that it was saved in.
    pub fn document(&self) -> Document {
        format::read(self.version.config.as_str(), self.source.as_slice(), Some(self.version.format))
    }

    /// The content as a value. A text is a list of its lines.
    pub fn value(&self) -> Result<Value, Error> {
        let value = self.document().tree.and_then(|tree| tree.to_value().ok());
        value.ok_or_else(|| self.no_content())
    }

    /// The error that there is no content, with the reason why the source is not what its name says.
    pub fn no_content(&self) -> Error {
        let Version { config, number, .. } = &self.version;
        let reason = format::read(config.as_str(), self.source.as_slice(), None).warning;
        Error::NoContent { config: config.clone(), number: *number, reason }
    }

    /// The content as a program's own type.
    pub fn deserialize<T: DeserializeOwned>(&self) -> Result<T, Error> {
        let (config, number) = (self.version.config.clone(), self.version.number);
        self.value()?.deserialize().map_err(|source| Error::WrongType { config, number, source })
    }

    /// Whether the source was parsed into content with a structure: more than lines or bytes.
    pub fn is_structured(&self) -> bool {
        self.version.content_checksum.is_some()
    }
}

/// The up to three most similar of some names, most similar first; none that is quite another.
pub(crate) fn nearest<T: PartialEq>(wanted: &str, names: Vec<T>, text: impl Fn(&T) -> &str) -> Vec<T> {
    let tail = |text: &str| text.rsplit('/').next().unwrap_or(text).to_lowercase();
    let wanted = tail(wanted);
    let mut scored: Vec<_> = names
        .into_iter()
        .map(|name| (strsim::jaro_winkler(&wanted, &tail(text(&name))), name))
        .filter(|(similarity, _)| *similarity > 0.75)
        .collect();
    scored.sort_by(|(a, _), (b, _)| b.total_cmp(a));
    let mut nearest: Vec<T> = Vec::new();
    for (_, name) in scored {
        if nearest.len() < 3 && !nearest.contains(&name) {
            nearest.push(name);
        }
    }
    nearest
}

/// Whether content has a structure of its own, and is not lines of text.
pub(crate) fn is_structured(document: &Document) -> bool {
    let lines = crate::model::value::Tagged::LINES;
    document
        .tree
        .as_ref()
        .is_some_and(|tree| tree.tag(tree.root()) != Some(lines) || tree.kind(tree.root()) != Kind::List)
}
