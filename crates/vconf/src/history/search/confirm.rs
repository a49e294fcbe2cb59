//! Looking up in the records what the index says.

use super::FoundPlace;
use super::scan::{Field, Hit};
use super::view::{self, View};
use crate::format;
use crate::history::error::Error;
use crate::model::name::ConfigName;
use crate::model::record::Version;
use crate::model::tree::Tree;
use crate::store::{Store, StoreError};

/// Looks up hits in the records.
pub(super) struct Confirm<'a> {
    store: &'a Store,
    config: &'a ConfigName,
    view: View,
    /// The versions that were read last: neighbouring hits are often of the same.
    recent: Vec<Read>,
}

struct Read {
    version: Version,
    source: Vec<u8>,
    /// What is searched of it.
    text: String,
}

/// How many versions are kept.
const MOST_RECENT: usize = 4;

impl<'a> Confirm<'a> {
    pub(super) fn new(store: &'a Store, config: &'a ConfigName, view: View) -> Self {
        Self { store, config, view, recent: Vec::new() }
    }

    /// Finds a hit in the records of the ends of its run; `None` where it is not there.
    pub(super) fn look_up(
        &mut self,
        hit: &Hit,
        text: Option<&(Field, String)>,
    ) -> Result<Option<(Version, FoundPlace)>, Error> {
        match text {
            None => Ok(self.header(hit.first)?.map(|version| (version, FoundPlace::Version))),
            Some((Field::Line, line)) => self.line(hit, line),
            Some((field, text)) => {
                let (place, of): (_, fn(&Version) -> &String) = match field {
                    Field::Author => (FoundPlace::Author, |version| &version.author),
                    _ => (FoundPlace::Description, |version| &version.description),
                };
                let Some(first) = self.header(hit.first)?.filter(|version| of(version) == text) else {
                    return Ok(None);
                };
                let is_whole = hit.first == hit.last
                    || self.header(hit.last)?.is_some_and(|version| of(&version) == text);
                Ok(is_whole.then_some((first, place)))
            }
        }
    }

    fn line(&mut self, hit: &Hit, line: &str) -> Result<Option<(Version, FoundPlace)>, Error> {
        if hit.first != hit.last {
            let Some(last) = self.read(hit.last)? else { return Ok(None) };
            if !view::lines(&last.text).any(|there| there == line) {
                return Ok(None);
            }
        }
        let view = self.view;
        let Some(Read { version, source, text }) = self.read(hit.first)? else { return Ok(None) };
        let mut numbers =
            view::lines(text).enumerate().filter(|(_, there)| *there == line).map(|(at, _)| at + 1);
        let Some(number) = numbers.next() else { return Ok(None) };
        let place = match view {
            View::Source => FoundPlace::Line { number, more: numbers.count(), text: line.to_owned() },
            View::Values => {
                let (key, value) = view::path_and_value(line);
                let document = format::read(version.config.as_str(), source.as_slice(), Some(version.format));
                let number = document.tree.map_or(1, |tree| line_of(&tree, number - 1));
                FoundPlace::Value { number, key: key.to_owned(), text: value.to_owned() }
            }
        };
        Ok(Some((version.clone(), place)))
    }

    /// Reads a version; `None` where its record is damaged.
    fn read(&mut self, number: u64) -> Result<Option<&Read>, Error> {
        match self.recent.iter().position(|read| read.version.number == number) {
            Some(at) => self.recent[at..].rotate_left(1),
            None => {
                let (version, source) = match self.store.version(self.config, number) {
                    Ok(read) => read,
                    Err(StoreError::Corrupt(_)) => return Ok(None),
                    Err(error) => return Err(error.into()),
                };
                if self.recent.len() == MOST_RECENT {
                    self.recent.remove(0);
                }
                let text = self.view.text(&version, source.clone());
                self.recent.push(Read { version, source, text });
            }
        }
        Ok(self.recent.last())
    }

    fn header(&self, number: u64) -> Result<Option<Version>, Error> {
        match self.store.header(self.config, number) {
            Ok(version) => Ok(Some(version)),
            Err(StoreError::Corrupt(_)) => Ok(None),
            Err(error) => Err(error.into()),
        }
    }
}

/// The line of the source, from 1, in which a value stands: the how-manieth it is of those that hold no others.
fn line_of(tree: &Tree, wanted: usize) -> usize {
    let (mut at, mut line) = (0, 1);
    view::leaves(tree, |node, _| {
        if at == wanted {
            let span = if tree.key(node).is_some() { tree.key_span(node) } else { tree.span(node) };
            let before = tree.source().as_bytes().get(..span.start as usize).unwrap_or_default();
            line = 1 + before.iter().filter(|&&byte| byte == b'\n').count();
        }
        at += 1;
    });
    line
}
