//! Find: in which versions a text stands, in their lines, values, descriptions, authors and tags.
//!
//! What is searched is the index: of each version only what it differs in from the one before. It is derived from the
//! records and cached beside them; whatever it says is looked up in the records before it is told.

mod confirm;
mod feed;
mod key_changes;
mod keys;
mod pattern;
mod scan;
mod segment;
mod view;

pub use pattern::{BadPattern, Pattern};

use feed::Trust;
use keys::{is_at, touches};
use view::View;

pub(super) use key_changes::KeyChanges;

use std::collections::HashSet;
use std::ops::Range;

use super::error::Error;
use super::state::State;
use crate::model::name::{ConfigName, RefName};
use crate::model::record::Version;
use crate::model::time::Timestamp;
use crate::store::{Corruption, Store, StoreError};
use confirm::Confirm;
use scan::{Hit, Scanned, scan};

/// What to find, and in which versions.
///
/// Without a pattern and a key it is the versions themselves that are found.
#[derive(Clone, Debug, Default)]
pub struct FindQuery {
    /// What is searched for.
    pub pattern: Option<Pattern>,
    /// Only in values at this key or below it: `db.pool`, `hosts[0]`, or a JSON Pointer.
    pub key: Option<String>,
    /// Only in values: neither in keys and comments nor in what is known of versions.
    pub values_only: bool,
    /// Only versions by this author, as written or as a part of it, upper and lower case being one.
    pub author: Option<String>,
    /// Only versions not before this time.
    pub since: Option<Timestamp>,
    /// Only versions not after this time.
    pub until: Option<Timestamp>,
    /// Only versions with a tag like this, `*` being any text.
    pub tag: Option<String>,
    /// Only versions that changed something at this key, below it, or a value that it is in.
    pub changed: Option<String>,
}

/// Something that was found.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Found {
    /// What was searched for, in a run of versions.
    Hit {
        /// The first version of the run.
        version: Box<Version>,
        /// The last one. Between the two are only versions that have the same there, that are not asked for, or that
        /// can't be read.
        last: u64,
        /// Where it is, in the first version.
        place: FoundPlace,
        /// What in the text of the place was searched for.
        marks: Vec<Range<usize>>,
    },
    /// A version whose record is damaged or missing, so that what is in it can't be known.
    Damaged(Box<Corruption>),
}

/// Where something was found.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum FoundPlace {
    /// In a line of the source.
    Line {
        /// The line's number in the first version, from 1.
        number: usize,
        /// How many more lines of that version are the same.
        more: usize,
        /// The line, without its end.
        text: String,
    },
    /// In a value or its key.
    Value {
        /// The line in the first version in which the value begins, from 1.
        number: usize,
        /// The key, as people write it.
        key: String,
        /// The value as JSON.
        text: String,
    },
    /// In the description.
    Description,
    /// In the author's name.
    Author,
    /// In the name of a tag.
    Tag(RefName),
    /// The version itself.
    Version,
}

impl FoundPlace {
    /// The name in JSON.
    pub fn name(&self) -> &'static str {
        match self {
            Self::Line { .. } => "line",
            Self::Value { .. } => "value",
            Self::Description => "description",
            Self::Author => "author",
            Self::Tag(_) => "tag",
            Self::Version => "version",
        }
    }
}

impl FindQuery {
    /// Whether the version of a tag is one of those that are asked for.
    fn is_met_by(&self, version: &Version) -> bool {
        let wanted = self.author.as_ref().map(|author| author.to_lowercase());
        self.since.is_none_or(|since| version.timestamp >= since)
            && self.until.is_none_or(|until| version.timestamp <= until)
            && wanted.is_none_or(|wanted| version.author.to_lowercase().contains(&wanted))
    }

    fn view(&self) -> View {
        if self.key.is_some() || self.values_only { View::Values } else { View::Source }
    }

    /// Whether something is asked for at all.
    pub fn is_empty(&self) -> bool {
        self.pattern.is_none()
            && self.key.is_none()
            && self.author.is_none()
            && self.since.is_none()
            && self.until.is_none()
            && self.tag.is_none()
            && self.changed.is_none()
    }
}

impl Store {
    /// Empties the index of a config, which holds what its versions held.
    pub(super) fn empty_index(&self, config: &ConfigName) -> Result<(), Error> {
        for view in View::ALL {
            self.empty_cache(config, view.name()).map_err(StoreError::from)?;
        }
        Ok(())
    }

    /// Finds a text in the versions of a config, newest first; then tells of damaged versions.
    ///
    /// The same text in a run of versions is one hit. With an index, linear in what the versions differ in, and in the
    /// size of the versions that something is found in; memory grows with what is found.
    pub fn search<'a>(
        &'a self,
        state: &'a State,
        query: &'a FindQuery,
    ) -> Result<impl Iterator<Item = Result<Found, Error>> + 'a, Error> {
        Finder::new(self, state, query)
    }
}

/// Hits that are looked up one by one.
struct Finder<'a> {
    store: &'a Store,
    state: &'a State,
    query: &'a FindQuery,
    scanned: Scanned,
    confirm: Confirm<'a>,
    /// Hits on tags, which no index holds.
    tags: Vec<(u64, RefName)>,
    next: usize,
    /// Whether the index was made anew.
    is_fresh: bool,
}

impl<'a> Finder<'a> {
    fn new(store: &'a Store, state: &'a State, query: &'a FindQuery) -> Result<Self, Error> {
        let view = query.view();
        let (scanned, is_fresh) = match scan(store, state, query, view, Trust::Index)? {
            Some(scanned) => (scanned, false),
            None => (scan(store, state, query, view, Trust::Records)?.unwrap_or_default(), true),
        };
        let mut tags = Vec::new();
        if let (Some(pattern), View::Source, None, None) = (&query.pattern, view, &query.tag, &query.changed)
        {
            let found = store.tags(state)?.into_iter().filter(|(tag, _)| pattern.is_in(tag.as_str()));
            tags.extend(found.map(|(tag, number)| (number, tag)));
            // The newest is taken from the end.
            tags.sort_unstable();
        }
        let confirm = Confirm::new(store, &state.config, view);
        Ok(Self { store, state, query, scanned, confirm, tags, next: 0, is_fresh })
    }

    fn step(&mut self) -> Result<Option<Found>, Error> {
        loop {
            if let Some(found) = self.next_tag()? {
                return Ok(Some(found));
            }
            let Some(hit) = self.scanned.hits.get(self.next).cloned() else {
                return Ok(self.scanned.damage.pop().map(|damage| Found::Damaged(Box::new(damage))));
            };
            self.next += 1;
            let text = hit.text.map(|at| &self.scanned.texts[at]);
            if let Some((version, place)) = self.confirm.look_up(&hit, text)? {
                let last = hit.last;
                let marks = self.marks(&version, &place);
                return Ok(Some(Found::Hit { version: Box::new(version), last, place, marks }));
            }
            if !self.is_fresh {
                self.start_anew()?;
            }
        }
    }

    /// The next hit on a tag, where it is of a newer version than the next other hit.
    fn next_tag(&mut self) -> Result<Option<Found>, Error> {
        let newest = self.scanned.hits.get(self.next).map_or(0, |hit| hit.last);
        while let Some((number, tag)) = self.tags.pop_if(|(number, _)| *number >= newest) {
            let hit = Hit { first: number, last: number, text: None };
            if let Some((version, _)) = self.confirm.look_up(&hit, None)?
                && self.query.is_met_by(&version)
            {
                let place = FoundPlace::Tag(tag);
                let marks = self.marks(&version, &place);
                return Ok(Some(Found::Hit { version: Box::new(version), last: number, place, marks }));
            }
        }
        Ok(None)
    }

    /// Makes the index anew after it said something that is not in the records, and goes on where it stood.
    fn start_anew(&mut self) -> Result<(), Error> {
        self.is_fresh = true;
        self.confirm = Confirm::new(self.store, &self.state.config, self.query.view());
        let scanned = scan(self.store, self.state, self.query, self.query.view(), Trust::Records)?;
        let told = std::mem::replace(&mut self.scanned, scanned.unwrap_or_default());
        // What was told so far was in the records; the rest is told by the new index, and nothing twice.
        let key = |scanned: &Scanned, hit: &Hit| {
            (hit.first, hit.last, hit.text.map(|at| scanned.texts[at].clone()))
        };
        let known: HashSet<_> = told.hits[..self.next - 1].iter().map(|hit| key(&told, hit)).collect();
        let mut hits = std::mem::take(&mut self.scanned.hits);
        hits.retain(|hit| !known.contains(&key(&self.scanned, hit)));
        self.scanned.hits = hits;
        self.next = 0;
        Ok(())
    }

    /// What in a place was searched for.
    fn marks(&self, version: &Version, place: &FoundPlace) -> Vec<Range<usize>> {
        let Some(pattern) = &self.query.pattern else { return Vec::new() };
        pattern.places_in(match place {
            FoundPlace::Line { text, .. } | FoundPlace::Value { text, .. } => text,
            FoundPlace::Description => &version.description,
            FoundPlace::Author => &version.author,
            FoundPlace::Tag(tag) => tag.as_str(),
            FoundPlace::Version => "",
        })
    }
}

impl Iterator for Finder<'_> {
    type Item = Result<Found, Error>;

    fn next(&mut self) -> Option<Self::Item> {
        self.step().transpose()
    }
}
