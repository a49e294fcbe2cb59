//! Some of the changes of a difference, made without the others.

use std::collections::{HashMap, HashSet};

use super::change::{Diff, Op, Pair};
use crate::model::tree::{NodeId, Tree};
use crate::model::value::{Kind, Map, Tagged, Value};

/// A difference in parts that can be made one without the other: each change, and each list's order.
pub struct Parts<'a> {
    diff: &'a Diff<'a>,
    /// The containers that are in both, by their old node.
    pairs: HashMap<NodeId, (Pair, usize)>,
    /// What an old node became, by its node.
    partners: HashMap<NodeId, NodeId>,
    old_changes: HashMap<NodeId, usize>,
    new_changes: HashMap<NodeId, usize>,
    /// The number of the part that a pair's order is.
    orders: HashMap<usize, usize>,
}

impl<'a> Parts<'a> {
    /// Takes a difference apart. Linear in it.
    pub fn of(diff: &'a Diff<'a>) -> Self {
        let mut parts = Self {
            diff,
            pairs: HashMap::new(),
            partners: diff.equal.iter().copied().collect(),
            old_changes: HashMap::new(),
            new_changes: HashMap::new(),
            orders: HashMap::new(),
        };
        for (number, pair) in diff.pairs.iter().enumerate() {
            parts.pairs.insert(pair.old, (*pair, number));
            parts.partners.insert(pair.old, pair.new);
        }
        for (at, change) in diff.changes.iter().enumerate() {
            parts.old_changes.extend(change.old.map(|old| (old, at)));
            parts.new_changes.extend(change.new.map(|new| (new, at)));
            if let (Op::Replace, Some(old), Some(new)) = (change.op, change.old, change.new) {
                parts.partners.insert(old, new);
            }
        }
        for (at, list) in diff.reordered.iter().enumerate() {
            parts.orders.insert(list.pair as usize, diff.changes.len() + at);
        }
        parts
    }

    /// How many parts there are: the changes, in their order, then the lists in another order.
    pub fn count(&self) -> usize {
        self.diff.changes.len() + self.diff.reordered.len()
    }

    /// The old content with some of the parts made. Linear in the content.
    ///
    /// `None` where they can't be made without others: two values would have one key, or a value nests too deeply.
    pub fn make(&self, chosen: &[usize]) -> Option<Value> {
        let chosen = Chosen { parts: self, chosen: chosen.iter().copied().collect() };
        chosen.child(self.diff.old.root(), 0)
    }
}

struct Chosen<'a> {
    parts: &'a Parts<'a>,
    chosen: HashSet<usize>,
}

impl Chosen<'_> {
    fn old_tree(&self) -> &Tree {
        self.parts.diff.old
    }

    fn new_tree(&self) -> &Tree {
        self.parts.diff.new
    }

    /// The change of an old node, where it is made.
    fn made_of_old(&self, node: NodeId) -> Option<(Op, Option<NodeId>)> {
        let at = self.parts.old_changes.get(&node).filter(|at| self.chosen.contains(at))?;
        let change = self.parts.diff.changes[*at];
        Some((change.op, change.new))
    }

    /// What an old node is now, where it stands at all.
    fn child(&self, node: NodeId, depth: usize) -> Option<Value> {
        match self.made_of_old(node) {
            Some((Op::Replace, Some(new))) => self.new_tree().value(new).ok(),
            _ => self.inside(node, depth),
        }
    }

    /// An old node with what is made below it.
    fn inside(&self, node: NodeId, depth: usize) -> Option<Value> {
        let Some((pair, number)) = self.parts.pairs.get(&node) else {
            return self.old_tree().value(node).ok();
        };
        if depth > Value::MAX_DEPTH {
            return None;
        }
        let made = match self.old_tree().kind(node) {
            Kind::Map => self.map(pair, depth)?,
            _ => self.list(pair, *number, depth)?,
        };
        Some(match self.old_tree().tag(node) {
            Some(tag) => Value::Tagged(Box::new(Tagged { tag: tag.to_owned(), value: made })),
            None => made,
        })
    }

    fn map(&self, pair: &Pair, depth: usize) -> Option<Value> {
        let mut map = Map::new();
        let (mut kept, mut renamed) = (HashSet::new(), HashSet::new());
        for child in self.old_tree().children(pair.old) {
            let key = match self.made_of_old(child) {
                Some((Op::Remove | Op::Move, _)) => continue,
                Some((Op::Rename, Some(new))) => {
                    let key = self.new_tree().key(new)?;
                    renamed.insert(key);
                    key
                }
                _ => {
                    let key = self.old_tree().key(child)?;
                    kept.insert(key);
                    key
                }
            };
            // Where a key stands there twice the last one counts.
            map.insert(key.to_owned(), self.child(child, depth + 1)?);
        }
        if !kept.is_disjoint(&renamed) {
            return None;
        }
        let mut before: Option<&str> = None;
        for child in self.new_tree().children(pair.new) {
            let key = self.new_tree().key(child)?;
            if let Some(value) = self.coming(child, depth)? {
                if map.contains_key(key) {
                    return None;
                }
                let at = before.and_then(|before| map.get_index_of(before)).map_or(map.len(), |at| at + 1);
                map.shift_insert(at, key.to_owned(), value);
            }
            if map.contains_key(key) {
                before = Some(key);
            }
        }
        Some(Value::Map(map))
    }

    fn list(&self, pair: &Pair, number: usize, depth: usize) -> Option<Value> {
        // Each item with the place that it has in the new list, where it has one.
        let places: HashMap<NodeId, usize> =
            self.new_tree().children(pair.new).enumerate().map(|(at, child)| (child, at)).collect();
        let mut items: Vec<(Option<usize>, Value)> = Vec::new();
        for child in self.old_tree().children(pair.old) {
            if matches!(self.made_of_old(child), Some((Op::Remove | Op::Move, _))) {
                continue;
            }
            let place = self.parts.partners.get(&child).and_then(|new| places.get(new)).copied();
            items.push((place, self.child(child, depth + 1)?));
        }
        if self.parts.orders.get(&number).is_some_and(|order| self.chosen.contains(order)) {
            sort_by_place(&mut items);
        }
        let mut coming = Vec::new();
        for (place, child) in self.new_tree().children(pair.new).enumerate() {
            coming.extend(self.coming(child, depth)?.map(|value| (place, value)));
        }
        Some(Value::List(with_coming(items, coming)))
    }

    /// What is put at a place of the new content, where something is.
    fn coming(&self, child: NodeId, depth: usize) -> Option<Option<Value>> {
        let Some(at) = self.parts.new_changes.get(&child).filter(|at| self.chosen.contains(at)) else {
            return Some(None);
        };
        let change = self.parts.diff.changes[*at];
        match (change.op, change.old) {
            (Op::Add, _) => self.new_tree().value(child).ok().map(Some),
            (Op::Move, Some(old)) => self.inside(old, depth + 1).map(Some),
            _ => Some(None),
        }
    }
}

/// Puts items in the order of their new places; those that have none stay behind the one before them.
fn sort_by_place(items: &mut [(Option<usize>, Value)]) {
    let mut last = 0;
    let keys: Vec<usize> = items
        .iter()
        .map(|(place, _)| {
            last = place.unwrap_or(last);
            last
        })
        .collect();
    let mut order: Vec<usize> = (0..items.len()).collect();
    order.sort_by_key(|&at| keys[at]);
    let sorted: Vec<_> = order.into_iter().map(|at| std::mem::take(&mut items[at])).collect();
    for (item, sorted) in items.iter_mut().zip(sorted) {
        *item = sorted;
    }
}

/// Puts new items, by their new places, before the first item that has a later one.
fn with_coming(items: Vec<(Option<usize>, Value)>, coming: Vec<(usize, Value)>) -> Vec<Value> {
    let mut made = Vec::with_capacity(items.len() + coming.len());
    let mut coming = coming.into_iter().peekable();
    for (place, value) in items {
        while let Some(place) = place
            && let Some((_, value)) = coming.next_if(|(new, _)| *new < place)
        {
            made.push(value);
        }
        made.push(value);
    }
    made.extend(coming.map(|(_, value)| value));
    made
}
