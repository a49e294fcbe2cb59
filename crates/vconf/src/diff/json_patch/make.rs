//! Making the operations of a JSON Patch, in bounded time.
//!
//! Taking an entry out of a large map would move all behind it. So its last entry takes the place, and the rank of each
//! entry is kept beside it, by which the map is sorted before anything looks at its order.

use std::collections::{BTreeMap, HashMap};

use super::{Operation, Reason};
use crate::model::path::{Path, Step};
use crate::model::value::{Map, Value};

/// Content that operations are made on.
pub(super) struct Making {
    content: Value,
    copied_bytes: usize,
    moved: usize,
    /// Of the maps that are out of order, by their keys from the root on.
    ranks: BTreeMap<Vec<String>, Ranks>,
}

struct Ranks {
    of: HashMap<String, usize>,
    next: usize,
}

/// How much the copies of one patch may come to: some operations could double the content each.
const MAX_COPIED_BYTES: usize = 256 << 20;

/// How many items and entries one patch may move within their lists and maps: some seconds.
const MAX_MOVED: usize = 1 << 30;

/// Entries of maps so small are moved.
const SMALL: usize = 256;

impl Making {
    pub(super) fn new(content: Value) -> Self {
        Self { content, copied_bytes: 0, moved: 0, ranks: BTreeMap::new() }
    }

    /// The content as all operations have made it.
    pub(super) fn finish(mut self) -> Result<Value, Reason> {
        self.settle(&[])?;
        Ok(self.content)
    }

    pub(super) fn make(&mut self, operation: &Operation) -> Result<(), Reason> {
        match operation {
            Operation::Add { path, value } => {
                self.check_depth(path, value)?;
                self.add(path, value.clone())
            }
            Operation::Remove { path } if path.0.is_empty() => Err(Reason::Root),
            Operation::Remove { path } => self.take(path).map(drop),
            Operation::Replace { path, value } => {
                self.check_depth(path, value)?;
                self.settle(&path.0)?;
                *self.content.at_mut(path).ok_or_else(|| missing(path))? = value.clone();
                Ok(())
            }
            Operation::Move { from, path } if from == path => {
                self.content.at(from).map(drop).ok_or_else(|| missing(from))
            }
            Operation::Move { from, path } if is_within(path, from) => Err(Reason::IntoItself),
            Operation::Move { from, path } => {
                let value = self.take(from)?;
                if path.0.len() > from.0.len() {
                    self.check_depth(path, &value)?;
                }
                self.add(path, value)
            }
            Operation::Copy { from, path } => {
                self.settle(&from.0)?;
                let value = self.content.at(from).ok_or_else(|| missing(from))?;
                self.copied_bytes = self.copied_bytes.saturating_add(size_bytes(value));
                if self.copied_bytes > MAX_COPIED_BYTES {
                    return Err(Reason::TooLarge);
                }
                let value = value.clone();
                self.check_depth(path, &value)?;
                self.add(path, value)
            }
            Operation::Test { path, value } => match self.content.at(path) {
                None => Err(missing(path)),
                Some(found) if found == value => Ok(()),
                Some(_) => {
                    self.settle(&path.0)?;
                    let found = self.content.at(path).cloned().unwrap_or_default();
                    Err(Reason::Differs { expected: Box::new(value.clone()), found: Box::new(found) })
                }
            },
        }
    }

    fn add(&mut self, path: &Path, value: Value) -> Result<(), Reason> {
        self.settle(&path.0)?;
        let Some((parent, last)) = path.split_last() else {
            self.content = value;
            return Ok(());
        };
        let nothing = || missing(&parent);
        match (self.content.at_mut(&parent).ok_or_else(nothing)?.untagged_mut(), last) {
            (Value::Map(map), step) => {
                let key = step.as_key();
                if !self.ranks.is_empty()
                    && !map.contains_key(&*key)
                    && let Some(ranks) = self.ranks.get_mut(&keys(&parent.0))
                {
                    ranks.of.insert(key.clone().into_owned(), ranks.next);
                    ranks.next += 1;
                }
                map.insert(key.into_owned(), value);
            }
            (Value::List(items), Step::Index(index)) if *index <= items.len() => {
                let behind = items.len() - index;
                self.list_moves(&parent, behind)?;
                let items = self.content.at_mut(&parent).ok_or_else(nothing)?;
                if let Value::List(items) = items.untagged_mut() {
                    items.insert(*index, value);
                }
            }
            (Value::List(items), Step::Key(key)) if key == "-" => items.push(value),
            (Value::List(items), _) => return Err(Reason::NoIndex { items: items.len() }),
            _ => return Err(nothing()),
        }
        Ok(())
    }

    fn take(&mut self, path: &Path) -> Result<Value, Reason> {
        self.settle(&path.0)?;
        let nothing = || missing(path);
        let (parent, last) = path.split_last().ok_or_else(nothing)?;
        match (self.content.at_mut(&parent).ok_or_else(nothing)?.untagged_mut(), last) {
            (Value::Map(map), step) => {
                let key = step.as_key();
                let at = map.get_index_of(&*key).ok_or_else(nothing)?;
                let place = keys(&parent.0);
                if !self.ranks.contains_key(&place) {
                    let behind = map.len() - at;
                    if map.len() <= SMALL || behind == 1 {
                        self.moved += behind;
                        return map.shift_remove(&*key).ok_or_else(nothing);
                    }
                    self.moved += map.len();
                    self.ranks.insert(place.clone(), Ranks::of(map));
                }
                if let Some(ranks) = self.ranks.get_mut(&place) {
                    ranks.of.remove(&*key);
                }
                let value = map.swap_remove(&*key).ok_or_else(nothing)?;
                self.count(0)?;
                Ok(value)
            }
            (Value::List(items), Step::Index(index)) if *index < items.len() => {
                let behind = items.len() - index;
                self.list_moves(&parent, behind)?;
                self.content.take_at(path).ok_or_else(nothing)
            }
            _ => Err(nothing()),
        }
    }

    /// Counts what moves behind an item, and puts in order what is in the list: its path becomes another.
    fn list_moves(&mut self, list: &Path, behind: usize) -> Result<(), Reason> {
        self.settle(&list.0)?;
        self.count(behind)
    }

    fn count(&mut self, moved: usize) -> Result<(), Reason> {
        self.moved = self.moved.saturating_add(moved);
        if self.moved > MAX_MOVED { Err(Reason::TooLong) } else { Ok(()) }
    }

    /// Puts the maps at and below a place in order.
    fn settle(&mut self, place: &[Step]) -> Result<(), Reason> {
        if self.ranks.is_empty() {
            return Ok(());
        }
        let place = keys(place);
        let below = self.ranks.range(place.clone()..).map(|(other, _)| other);
        let below: Vec<_> = below.take_while(|other| other.starts_with(&place)).cloned().collect();
        for place in below {
            let Some(ranks) = self.ranks.remove(&place) else { continue };
            self.count(ranks.of.len())?;
            if let Some(Value::Map(map)) = self.at_keys(&place).map(Value::untagged_mut) {
                map.sort_by_cached_key(|key, _| ranks.of.get(key).copied());
            }
        }
        Ok(())
    }

    fn at_keys(&mut self, place: &[String]) -> Option<&mut Value> {
        place.iter().try_fold(&mut self.content, |value, key| match value.untagged_mut() {
            Value::Map(map) => map.get_mut(key),
            Value::List(items) => items.get_mut(key.parse::<usize>().ok()?),
            _ => None,
        })
    }

    fn check_depth(&mut self, path: &Path, value: &Value) -> Result<(), Reason> {
        let mut nodes = 0;
        let is_too_deep = path.0.len() + depth(value, &mut nodes) > Value::MAX_DEPTH;
        self.count(nodes)?;
        if is_too_deep { Err(Reason::TooDeep) } else { Ok(()) }
    }
}

impl Ranks {
    fn of(map: &Map) -> Self {
        Self { of: map.keys().cloned().zip(0..).collect(), next: map.len() }
    }
}

fn missing(path: &Path) -> Reason {
    Reason::Missing { path: path.clone() }
}

fn keys(steps: &[Step]) -> Vec<String> {
    steps.iter().map(|step| step.as_key().into_owned()).collect()
}

/// Whether a path leads into what stands at another.
fn is_within(path: &Path, outer: &Path) -> bool {
    path.0.len() > outer.0.len() && path.0.starts_with(&outer.0)
}

fn depth(value: &Value, nodes: &mut usize) -> usize {
    *nodes += 1;
    match value {
        Value::List(items) => 1 + items.iter().map(|item| depth(item, nodes)).max().unwrap_or(0),
        Value::Map(map) => 1 + map.values().map(|value| depth(value, nodes)).max().unwrap_or(0),
        Value::Tagged(tagged) => 1 + depth(&tagged.value, nodes),
        _ => 0,
    }
}

fn size_bytes(value: &Value) -> usize {
    size_of::<Value>()
        + match value {
            Value::List(items) => items.iter().map(size_bytes).sum(),
            Value::Map(map) => map.iter().map(|(key, value)| 64 + key.len() + size_bytes(value)).sum(),
            Value::Tagged(tagged) => tagged.tag.len() + size_bytes(&tagged.value),
            Value::String(text) => text.len(),
            Value::Number(number) => number.as_str().len(),
            Value::Null | Value::Bool(_) => 0,
        }
}
