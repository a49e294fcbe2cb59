//! What a source means and what it shall mean, side by side.

use std::collections::HashMap;
use std::collections::hash_map::RandomState;
use std::hash::{BuildHasher, Hash};

use crate::model::number::Number;
use crate::model::tree::{NodeId, Tree};
use crate::model::value::{Kind, Value};

/// A tree and a target, hashed so that any two parts are compared at once.
///
/// A collision could only make an edit that the check of its result refuses. Linear to make.
pub(super) struct Sides<'a> {
    pub(super) tree: &'a Tree,
    seed: RandomState,
    nodes: Vec<u64>,
    /// By address: the parts of the target are borrowed for as long as this lives.
    values: HashMap<*const Value, u64>,
}

impl<'a> Sides<'a> {
    /// Hashes both; the target is at most [`Value::MAX_DEPTH`] deep.
    pub(super) fn new(tree: &'a Tree, target: &'a Value) -> Self {
        let seed = RandomState::new();
        let mut sides = Self { tree, seed, nodes: vec![0; tree.len()], values: HashMap::new() };
        for at in (0..tree.len()).rev() {
            let id = tree.at(at).expect("the index is below the length");
            sides.nodes[at] = sides.hash_node(id);
        }
        sides.hash_target(target);
        sides
    }

    /// Whether a node means a value.
    pub(super) fn same(&self, id: NodeId, value: &Value) -> bool {
        self.node(id) == self.value(value)
    }

    /// A node's hash: equal for equal content.
    pub(super) fn node(&self, id: NodeId) -> u64 {
        self.nodes[id.index()]
    }

    /// A value's hash; one that is not a part of the target is hashed each time.
    pub(super) fn value(&self, value: &Value) -> u64 {
        match self.values.get(&std::ptr::from_ref(value)) {
            Some(&hash) => hash,
            None => self.hash_value(value, &mut |part| self.value(part)),
        }
    }

    fn hash_target(&mut self, value: &'a Value) {
        match value {
            Value::List(items) => items.iter().for_each(|item| self.hash_target(item)),
            Value::Map(map) => map.values().for_each(|value| self.hash_target(value)),
            Value::Tagged(tagged) => self.hash_target(&tagged.value),
            _ => {}
        }
        let hash = self.hash_value(value, &mut |part| self.values[&std::ptr::from_ref(part)]);
        self.values.insert(value, hash);
    }

    fn hash_node(&self, id: NodeId) -> u64 {
        let tree = self.tree;
        let hash = match tree.kind(id) {
            Kind::Null => self.of(Kind::Null),
            Kind::Bool => self.of((Kind::Bool, tree.is_true(id))),
            Kind::Number => self.of((Kind::Number, Number::parse(tree.text(id)))),
            Kind::String => self.of((Kind::String, tree.text(id))),
            Kind::List => self.list(tree.children(id).map(|child| self.node(child))),
            Kind::Map => self
                .map(tree.children(id).map(|child| (tree.key(child).unwrap_or_default(), self.node(child)))),
        };
        tree.tag(id).map_or(hash, |tag| self.of((tag, hash)))
    }

    fn hash_value(&self, value: &Value, part: &mut dyn FnMut(&Value) -> u64) -> u64 {
        match value {
            Value::Null => self.of(Kind::Null),
            Value::Bool(value) => self.of((Kind::Bool, *value)),
            Value::Number(number) => self.of((Kind::Number, Some(number))),
            Value::String(text) => self.of((Kind::String, text.as_str())),
            Value::List(items) => self.list(items.iter().map(part)),
            Value::Map(map) => self.map(map.iter().map(|(key, value)| (key.as_str(), part(value)))),
            Value::Tagged(tagged) => self.of((tagged.tag.as_str(), part(&tagged.value))),
        }
    }

    fn list(&self, items: impl Iterator<Item = u64>) -> u64 {
        items.fold(self.of(Kind::List), |hash, item| self.of((hash, item)))
    }

    /// The order of keys does not count.
    fn map<'k>(&self, entries: impl Iterator<Item = (&'k str, u64)>) -> u64 {
        self.of((Kind::Map, entries.fold(0_u64, |sum, entry| sum.wrapping_add(self.of(entry)))))
    }

    fn of(&self, what: impl Hash) -> u64 {
        self.seed.hash_one(what)
    }
}
