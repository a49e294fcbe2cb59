//! Scanning: in which runs of versions each line was that has what is searched for.

use std::collections::HashMap;

use super::feed::{Fed, Trust};
use super::pattern::is_like;
use super::segment::{Edit, Entry, Told};
use super::view::{self, View};
use super::{FindQuery, touches};
use crate::history::error::Error;
use crate::history::state::State;
use crate::store::{Corruption, Store};

/// What was found before it is looked up in the records.
#[derive(Clone, Debug)]
pub(super) struct Hit {
    /// The run of versions.
    pub(super) first: u64,
    pub(super) last: u64,
    /// Which of the texts; `None` for the version itself.
    pub(super) text: Option<usize>,
}

/// Where a text stands.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug)]
pub(super) enum Field {
    Line,
    Author,
    Description,
}

/// All that was found in one config.
#[derive(Default)]
pub(super) struct Scanned {
    /// Newest first.
    pub(super) hits: Vec<Hit>,
    pub(super) texts: Vec<(Field, String)>,
    pub(super) damage: Vec<Corruption>,
}

/// Scans the versions of a config; `None` where the index is not of these records.
pub(super) fn scan(
    store: &Store,
    state: &State,
    query: &FindQuery,
    view: View,
    trust: Trust,
) -> Result<Option<Scanned>, Error> {
    let mut scan = Scan::new(store, state, query, view)?;
    let fed = store.feed(&state.config, state.versions.number, view, trust, &mut |entry| match entry {
        Entry::Version(told) => scan.version(&told),
        Entry::Unreadable { .. } => Ok(()),
    })?;
    match fed {
        Fed::Whole(damage) => Ok(Some(scan.finish(damage))),
        Fed::Stale => Ok(None),
    }
}

struct Scan<'a> {
    store: &'a Store,
    state: &'a State,
    query: &'a FindQuery,
    view: View,
    /// The versions with a tag that is asked for, where one is.
    tagged: Option<Vec<u64>>,
    /// Of each line of the version that was told last the text that it is, from 1; 0 for one that is not searched for.
    lines: Vec<u32>,
    next_lines: Vec<u32>,
    author: u32,
    description: u32,
    is_by_author: bool,
    numbers: HashMap<(Field, String), u32>,
    texts: Vec<Text>,
    /// The texts that came or went with the version that is told.
    touched: Vec<u32>,
    /// The texts that are there, and whose first version that counts is still to come.
    pending: Vec<u32>,
    /// How many versions counted so far, and the last one of them.
    counted: u64,
    last_counted: u64,
    hits: Vec<Hit>,
}

/// A text that has what is searched for.
#[derive(Default)]
struct Text {
    /// How many lines of the version that was told last it is.
    copies: u32,
    is_there: bool,
    /// The run that it is in: its first version that counts, and the how-manieth that is.
    begun: Option<(u64, u64)>,
    /// The run before, until it is known that the next one does not go on from it; and the how-manieth its last is.
    ended: Option<(u64, u64, u64)>,
}

impl<'a> Scan<'a> {
    fn new(store: &'a Store, state: &'a State, query: &'a FindQuery, view: View) -> Result<Self, Error> {
        let tagged = match &query.tag {
            Some(pattern) => {
                let tags = store.tags(state)?.into_iter();
                let mut numbers: Vec<_> = tags
                    .filter(|(tag, _)| is_like(pattern, tag.as_str()))
                    .map(|(_, number)| number)
                    .collect();
                numbers.sort_unstable();
                Some(numbers)
            }
            None => None,
        };
        Ok(Self {
            store,
            state,
            query,
            view,
            tagged,
            lines: Vec::new(),
            next_lines: Vec::new(),
            author: 0,
            description: 0,
            is_by_author: query.author.is_none(),
            numbers: HashMap::new(),
            texts: Vec::new(),
            touched: Vec::new(),
            pending: Vec::new(),
            counted: 0,
            last_counted: 0,
            hits: Vec::new(),
        })
    }

    fn version(&mut self, told: &Told<'_>) -> Result<(), Error> {
        if let Some(author) = told.author {
            let wanted = self.query.author.as_ref().map(|author| author.to_lowercase());
            self.is_by_author = wanted.is_none_or(|wanted| author.to_lowercase().contains(&wanted));
            let text = self.find(Field::Author, author);
            let before = std::mem::replace(&mut self.author, text);
            self.change(before, text);
        }
        if let Some(description) = told.description {
            let text = self.find(Field::Description, description);
            let before = std::mem::replace(&mut self.description, text);
            self.change(before, text);
        }
        self.edit(&told.edits);
        self.settle();
        if self.counts(told)? {
            self.count(told.number);
        }
        Ok(())
    }

    /// Makes the lines those of the next version.
    fn edit(&mut self, edits: &[Edit<'_>]) {
        if edits.is_empty() {
            return;
        }
        let lines = std::mem::take(&mut self.lines);
        let mut next = std::mem::take(&mut self.next_lines);
        next.clear();
        let mut rest = &lines[..];
        for Edit { kept, removed, added } in edits {
            // More lines than there are stand in no index that this program wrote.
            let (kept, after) = rest.split_at((*kept).min(rest.len()));
            let (removed, after) = after.split_at((*removed).min(after.len()));
            rest = after;
            next.extend(kept);
            removed.iter().for_each(|&text| self.change(text, 0));
            for line in added {
                let text = self.find(Field::Line, line);
                self.change(0, text);
                next.push(text);
            }
        }
        next.extend(rest);
        (self.lines, self.next_lines) = (next, lines);
    }

    /// The number of a text, where it has what is searched for; else 0.
    fn find(&mut self, field: Field, text: &str) -> u32 {
        if !self.query.wants(self.view, field, text) {
            return 0;
        }
        let texts = &mut self.texts;
        *self.numbers.entry((field, text.to_owned())).or_insert_with(|| {
            texts.push(Text::default());
            texts.len() as u32
        })
    }

    /// Notes that one text went and another came.
    fn change(&mut self, old: u32, new: u32) {
        for (text, is_new) in [(old, false), (new, true)] {
            if text > 0 {
                let copies = &mut self.texts[text as usize - 1].copies;
                *copies = if is_new { *copies + 1 } else { copies.saturating_sub(1) };
                self.touched.push(text);
            }
        }
    }

    /// Begins and ends the runs of the texts that came and went.
    fn settle(&mut self) {
        for number in std::mem::take(&mut self.touched) {
            let text = &mut self.texts[number as usize - 1];
            if (text.copies > 0) == text.is_there {
                continue;
            }
            text.is_there = !text.is_there;
            if text.is_there {
                self.pending.push(number);
            } else if let Some((first, _)) = text.begun.take() {
                text.ended = Some((first, self.last_counted, self.counted));
            }
        }
    }

    /// Whether a version is one of those that are asked for.
    fn counts(&self, told: &Told<'_>) -> Result<bool, Error> {
        let query = self.query;
        let in_time = query.since.is_none_or(|since| told.time >= since.as_microseconds())
            && query.until.is_none_or(|until| told.time <= until.as_microseconds());
        let is_tagged = self.tagged.as_ref().is_none_or(|tagged| tagged.binary_search(&told.number).is_ok());
        if !in_time || !self.is_by_author || !is_tagged {
            return Ok(false);
        }
        let Some(key) = &query.changed else { return Ok(true) };
        if told.paths.iter().any(|path| touches(path, key)) {
            return Ok(true);
        }
        if told.is_cut { self.changes_at(told, key) } else { Ok(false) }
    }

    /// Whether a version changed something at a key, by its content: its record does not list all that changed.
    fn changes_at(&self, told: &Told<'_>, key: &str) -> Result<bool, Error> {
        if told.parent == 0 {
            return Ok(false);
        }
        let comparison = match self.store.compare(&self.state.config, told.parent, told.number) {
            Ok(comparison) => comparison,
            // What can't be compared is not known to have changed anything there.
            Err(Error::Store(crate::store::StoreError::Corrupt(_))) => return Ok(false),
            Err(error) => return Err(error),
        };
        let Some((old, new)) = comparison.trees() else { return Ok(false) };
        let options = self.store.options(&self.state.config);
        let diff = crate::diff::compare(old, new, &options);
        Ok(diff.changes().iter().any(|change| touches(&diff.path(change).to_string(), key)))
    }

    /// Counts a version as one of those that are asked for.
    fn count(&mut self, number: u64) {
        self.counted += 1;
        self.last_counted = number;
        if self.query.pattern.is_none() && self.query.key.is_none() {
            self.hits.push(Hit { first: number, last: number, text: None });
        }
        for at in std::mem::take(&mut self.pending) {
            let text = &mut self.texts[at as usize - 1];
            if !text.is_there || text.begun.is_some() {
                continue;
            }
            text.begun = match text.ended.take() {
                Some((first, _, ended)) if ended + 1 == self.counted => Some((first, self.counted)),
                Some((first, last, _)) => {
                    self.hits.push(Hit { first, last, text: Some(at as usize - 1) });
                    Some((number, self.counted))
                }
                None => Some((number, self.counted)),
            };
        }
    }

    fn finish(mut self, damage: Vec<Corruption>) -> Scanned {
        for (at, text) in self.texts.iter().enumerate() {
            let ended = text.ended.map(|(first, last, _)| (first, last));
            let begun = text.begun.map(|(first, _)| (first, self.last_counted));
            let runs = ended.into_iter().chain(begun);
            self.hits.extend(runs.map(|(first, last)| Hit { first, last, text: Some(at) }));
        }
        let mut texts = vec![(Field::Line, String::new()); self.texts.len()];
        for ((field, text), number) in self.numbers {
            texts[number as usize - 1] = (field, text);
        }
        let rank = |hit: &Hit| hit.text.map(|at| (texts[at].0, at));
        self.hits.sort_by(|a, b| (b.last, b.first, rank(a)).cmp(&(a.last, a.first, rank(b))));
        Scanned { hits: self.hits, texts, damage }
    }
}

impl FindQuery {
    /// Whether a text is one that is searched for.
    fn wants(&self, view: View, field: Field, text: &str) -> bool {
        let has = |text: &str| self.pattern.as_ref().is_some_and(|pattern| pattern.is_in(text));
        match view {
            View::Source => has(text),
            View::Values if field != Field::Line => false,
            View::Values => {
                let (path, value) = view::path_and_value(text);
                if !self.key.as_ref().is_none_or(|key| super::is_at(path, key)) {
                    return false;
                }
                let in_value = || has(&view::value_text(value));
                self.pattern.is_none() || in_value() || !self.values_only && has(path)
            }
        }
    }
}
