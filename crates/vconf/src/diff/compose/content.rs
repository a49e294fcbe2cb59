//! Content of which only that is known which patches say: where its values were, and where they are.

use std::collections::{BTreeMap, HashSet};

use indexmap::IndexMap;

use crate::diff::plan::{NONE, Place, ROOT, normal};
use crate::model::path::{Path, Step};
use crate::model::value::Value;

/// The cells of the content; the root is the first.
pub(super) struct Content<'a, 'm> {
    pub(super) cells: Vec<Cell<'a>>,
    /// The places of the old content that are known to be maps.
    maps: &'m [Place],
    /// Those that were taken for lists and are maps.
    mistaken: Vec<Path>,
}

/// A value that keeps being itself wherever it is moved and whatever is edited in it.
pub(super) struct Cell<'a> {
    /// The cell that it was in and the step there, in the old content; of the root [`NONE`].
    pub(super) home: Option<(u32, Step)>,
    /// Its place among those that are known to be maps, or around them.
    known: u32,
    /// What it was in the old content, if it was there.
    pub(super) was: Was<'a>,
    pub(super) now: Now<'a>,
    /// Whether an edit takes it out of where it is.
    pub(super) leaves: bool,
    /// Whether a move, not another order of a list, brought it to where it is.
    pub(super) moved: bool,
}

pub(super) enum Was<'a> {
    Unknown,
    Value(&'a Value),
    /// The entries that are known.
    Map(Vec<&'a str>, IndexMap<String, u32>),
    /// The items that are known.
    List(Vec<&'a str>, BTreeMap<usize, u32>),
}

pub(super) enum Now<'a> {
    /// What it was.
    Same,
    /// Another value, whole.
    Value(&'a Value),
    Map(NowMap<'a>),
    List(NowList<'a>),
}

pub(super) struct NowMap<'a> {
    /// Whether it still is the old map, so that what is not named is as it was.
    pub(super) is_old: bool,
    pub(super) tags: Vec<&'a str>,
    pub(super) entries: IndexMap<String, u32>,
    /// The keys that the old map did not have.
    pub(super) absent: HashSet<String>,
}

pub(super) struct NowList<'a> {
    pub(super) is_old: bool,
    pub(super) tags: Vec<&'a str>,
    pub(super) items: Vec<Items>,
}

/// Items of a list that follow each other.
#[derive(Clone, Copy)]
pub(super) enum Items {
    One(u32),
    /// Those from one index of the old list up to another, or to the end, which nothing is known of.
    Run(usize, Option<usize>),
}

/// The value is no list or map.
pub(super) struct NothingWithin;

/// No list has more items.
const MAX_INDEX: usize = u32::MAX as usize;

impl<'a, 'm> Content<'a, 'm> {
    pub(super) fn new(maps: &'m [Place]) -> Self {
        let mut content = Self { cells: Vec::new(), maps, mistaken: Vec::new() };
        content.add_old(NONE, Step::Index(0), Was::Unknown);
        content
    }

    pub(super) fn take_mistaken(&mut self) -> Vec<Path> {
        std::mem::take(&mut self.mistaken)
    }

    pub(super) fn add_old(&mut self, parent: u32, step: Step, was: Was<'a>) -> u32 {
        let known = match self.cells.get(parent as usize) {
            Some(parent) => {
                self.maps.get(parent.known as usize).and_then(|place| place.below.get(&normal(&step)))
            }
            None => Some(&ROOT),
        };
        let known = known.copied().unwrap_or(NONE);
        self.add(Cell { home: Some((parent, step)), known, was, now: Now::Same, leaves: false, moved: false })
    }

    pub(super) fn add_new(&mut self, value: &'a Value) -> u32 {
        let now = Now::Value(value);
        self.add(Cell { home: None, known: NONE, was: Was::Unknown, now, leaves: false, moved: false })
    }

    fn add(&mut self, cell: Cell<'a>) -> u32 {
        self.cells.push(cell);
        self.cells.len() as u32 - 1
    }

    pub(super) fn cell(&self, id: u32) -> &Cell<'a> {
        &self.cells[id as usize]
    }

    pub(super) fn cell_mut(&mut self, id: u32) -> &mut Cell<'a> {
        &mut self.cells[id as usize]
    }

    /// Where an old cell was.
    pub(super) fn old_path(&self, mut id: u32) -> Path {
        let mut steps = Vec::new();
        while let Some((parent, step)) = self.cell(id).home.as_ref().filter(|(parent, _)| *parent != NONE) {
            steps.push(step.clone());
            id = *parent;
        }
        steps.reverse();
        Path(steps)
    }

    /// Makes cells of what is in a cell, as far as it is known. Whether it turned out not to be what it was taken for.
    pub(super) fn open(&mut self, id: u32, is_map: bool) -> Result<bool, NothingWithin> {
        match self.cell(id).now {
            Now::Map(_) => return Ok(false),
            Now::List(ref list) => {
                return match (is_map, list.is_old) {
                    (false, _) => Ok(false),
                    (true, true) => {
                        self.mistake(id);
                        Ok(true)
                    }
                    (true, false) => Err(NothingWithin),
                };
            }
            Now::Same => {
                let tags = Vec::new;
                let known = self.maps.get(self.cell(id).known as usize);
                let (was, now) = if is_map || known.is_some_and(|place| place.is_map) {
                    let (entries, absent) = (IndexMap::new(), HashSet::new());
                    let now = NowMap { is_old: true, tags: tags(), entries, absent };
                    (Was::Map(tags(), IndexMap::new()), Now::Map(now))
                } else {
                    let now = NowList { is_old: true, tags: tags(), items: vec![Items::Run(0, None)] };
                    (Was::List(tags(), BTreeMap::new()), Now::List(now))
                };
                (self.cell_mut(id).was, self.cell_mut(id).now) = (was, now);
            }
            Now::Value(value) => {
                let (tags, value) = untag(value);
                let now = match value {
                    Value::Map(map) => {
                        let entries =
                            map.iter().map(|(key, value)| (key.clone(), self.add_new(value))).collect();
                        Now::Map(NowMap { is_old: false, tags, entries, absent: HashSet::new() })
                    }
                    Value::List(items) => {
                        let items = items.iter().map(|item| Items::One(self.add_new(item))).collect();
                        Now::List(NowList { is_old: false, tags, items })
                    }
                    _ => return Err(NothingWithin),
                };
                self.cell_mut(id).now = now;
            }
        }
        Ok(false)
    }

    fn mistake(&mut self, id: u32) {
        let path = self.old_path(id);
        self.mistaken.push(path);
    }

    /// Finds the value at a key of an open map.
    pub(super) fn entry(&mut self, id: u32, key: &str) -> Option<u32> {
        let next = self.cells.len() as u32;
        let Cell { was, now: Now::Map(map), .. } = &mut self.cells[id as usize] else { return None };
        if let Some(&found) = map.entries.get(key) {
            return Some(found);
        }
        let Was::Map(_, old) = was else { return None };
        if !map.is_old || old.contains_key(key) || map.absent.contains(key) {
            return None;
        }
        old.insert(key.to_owned(), next);
        map.entries.insert(key.to_owned(), next);
        Some(self.add_old(id, Step::Key(key.to_owned()), Was::Unknown))
    }

    /// Finds the items at some rising indices of an open list.
    pub(super) fn items(&mut self, id: u32, wanted: &[usize]) -> Vec<Option<u32>> {
        let mut found = Vec::with_capacity(wanted.len());
        let Now::List(list) = &mut self.cell_mut(id).now else { return vec![None; wanted.len()] };
        let runs = std::mem::take(&mut list.items);
        let mut items = Vec::with_capacity(runs.len() + wanted.len());
        let mut wanted = wanted.iter().copied().peekable();
        let mut position = 0;
        for run in runs {
            match run {
                Items::One(item) => {
                    found.extend(wanted.next_if_eq(&position).map(|_| Some(item)));
                    items.push(run);
                    position += 1;
                }
                Items::Run(mut from, to) => {
                    let is_within = |at: usize, position: usize, from: usize| {
                        at <= MAX_INDEX && to.is_none_or(|to| at - position < to - from)
                    };
                    while let Some(at) = wanted.next_if(|&at| is_within(at, position, from)) {
                        let index = from + (at - position);
                        if index > from {
                            items.push(Items::Run(from, Some(index)));
                        }
                        let item = self.old_item(id, index);
                        items.push(Items::One(item));
                        found.push(Some(item));
                        (position, from) = (at + 1, index + 1);
                    }
                    if to != Some(from) {
                        items.push(Items::Run(from, to));
                    }
                    position += to.map_or(0, |to| to - from);
                }
            }
        }
        found.extend(wanted.map(|_| None));
        if let Now::List(list) = &mut self.cell_mut(id).now {
            list.items = items;
        }
        found
    }

    /// Makes a cell of an item that nothing was known of.
    pub(super) fn old_item(&mut self, list: u32, index: usize) -> u32 {
        let item = self.add_old(list, Step::Index(index), Was::Unknown);
        if let Was::List(_, items) = &mut self.cell_mut(list).was {
            items.insert(index, item);
        }
        item
    }

    /// Learns that a cell has a value now, without what leaves it; not, where that can't be.
    ///
    /// Recurses over the depth of the value.
    pub(super) fn learn(&mut self, id: u32, value: &'a Value) -> bool {
        match (&self.cell(id).now, &self.cell(id).was) {
            (Now::Value(known), _) | (Now::Same, Was::Value(known)) => return *known == value,
            (Now::Same, _) => {
                self.cell_mut(id).was = Was::Value(value);
                return true;
            }
            (Now::Map(_) | Now::List(_), _) => {}
        }
        let (tags, value) = untag(value);
        let cell = self.cell_mut(id);
        let (is_old, known_tags) = match &cell.now {
            Now::Map(map) => (map.is_old, &map.tags),
            Now::List(list) => (list.is_old, &list.tags),
            Now::Same | Now::Value(_) => return false,
        };
        match &mut cell.was {
            Was::Map(was, _) | Was::List(was, _) if is_old => *was = tags,
            _ if *known_tags != tags => return false,
            _ => {}
        }
        match (&self.cell(id).now, value) {
            (Now::Map(_), Value::Map(map)) => self.learn_map(id, map),
            (Now::List(_), Value::List(items)) => self.learn_list(id, items),
            (Now::List(_), Value::Map(_)) if is_old => {
                self.mistake(id);
                true
            }
            _ => false,
        }
    }

    fn learn_map(&mut self, id: u32, value: &'a crate::model::value::Map) -> bool {
        let Now::Map(map) = &self.cell(id).now else { return false };
        let staying: Vec<(String, u32)> = map
            .entries
            .iter()
            .filter(|(_, item)| !self.cell(**item).leaves)
            .map(|(key, item)| (key.clone(), *item))
            .collect();
        for (key, item) in &staying {
            if !value.get(key).is_some_and(|value| self.learn(*item, value)) {
                return false;
            }
        }
        if value.len() == staying.len() {
            return true;
        }
        let known: HashSet<String> = staying.into_iter().map(|(key, _)| key).collect();
        for (key, value) in value.iter().filter(|(key, _)| !known.contains(*key)) {
            let Cell { was: Was::Map(_, old), now: Now::Map(map), .. } = self.cell(id) else { return false };
            if !map.is_old
                || old.contains_key(key)
                || map.absent.contains(key)
                || map.entries.contains_key(key)
            {
                return false;
            }
            let item = self.add_old(id, Step::Key(key.clone()), Was::Value(value));
            if let Was::Map(_, old) = &mut self.cell_mut(id).was {
                old.insert(key.clone(), item);
            }
        }
        true
    }

    fn learn_list(&mut self, id: u32, values: &'a [Value]) -> bool {
        let Now::List(list) = &self.cell(id).now else { return false };
        let mut values = values.iter();
        for run in list.items.clone() {
            match run {
                Items::One(item) if self.cell(item).leaves => {}
                Items::One(item) => {
                    if !values.next().is_some_and(|value| self.learn(item, value)) {
                        return false;
                    }
                }
                Items::Run(from, to) => {
                    let to = to.unwrap_or(from + values.len());
                    for index in from..to {
                        let Some(value) = values.next() else { return false };
                        let item = self.old_item(id, index);
                        self.cell_mut(item).was = Was::Value(value);
                    }
                }
            }
        }
        values.next().is_none()
    }
}

fn untag(mut value: &Value) -> (Vec<&str>, &Value) {
    let mut tags = Vec::new();
    while let Value::Tagged(tagged) = value {
        tags.push(&*tagged.tag);
        value = &tagged.value;
    }
    (tags, value)
}
