//! Makes a JSON Patch of a patch of our own: of edits that are made all at once, operations one after the other.

use std::collections::{HashMap, HashSet};

use indexmap::IndexMap;

use super::children::{Children, Item, Place};
use super::slots::Slots;
use super::{JsonPatch, Operation};
use crate::diff::apply::{Origin, PatchError, PatchErrorKind, apply_with_origins};
use crate::diff::pairing::longest_rising;
use crate::diff::patch::Patch;
use crate::model::path::{Path, Step};
use crate::model::tree::{NodeId, TooDeep, Tree};
use crate::model::value::{Kind, Map, Tagged, Value};

impl Patch {
    /// Writes the patch as a JSON Patch (RFC 6902) that turns the old content into the new one exactly, lists in their
    /// order. What is replaced or removed is tested first; what moved is moved.
    ///
    /// RFC 6902 knows no tags: where they are lost on the way, so is what only they say. Linear in the content, but for the
    /// indices in lists, which take logarithmic time for each operation.
    ///
    /// # Errors
    /// [`PatchError`] where the patch does not fit the content.
    pub fn to_json_patch(&self, old: &Tree) -> Result<JsonPatch, PatchError> {
        let (new, origins) = apply_with_origins(old, self)?;
        let origins: HashMap<NodeId, Origin> = origins.into_iter().collect();
        let needed = origins.values().filter_map(|origin| origin.old()).collect();
        let (parents, places) = parents(old);
        let mut writer = Writer {
            old,
            new: &new,
            origins,
            needed,
            parents,
            places,
            keys: HashMap::new(),
            opened: HashMap::new(),
            operations: Vec::new(),
        };
        writer.run().map_err(|TooDeep| PatchError { path: Path::root(), kind: PatchErrorKind::TooDeep })?;
        Ok(JsonPatch { operations: writer.operations })
    }
}

/// The content as the operations so far have made it: where each old node is now.
struct Writer<'a> {
    old: &'a Tree,
    new: &'a Tree,
    /// What the nodes of the new content are, as far as they are not within one that is all old or all new.
    origins: HashMap<NodeId, Origin>,
    /// The old nodes that have a place in the new content.
    needed: HashSet<NodeId>,
    /// The list or map that each old node is in now; [`GONE`] for what was taken out.
    parents: Vec<u32>,
    /// The place that each old node has in its list.
    places: Vec<u32>,
    /// The keys that are others now.
    keys: HashMap<NodeId, String>,
    /// The lists and maps whose children are others now.
    opened: HashMap<NodeId, Children>,
    operations: Vec<Operation>,
}

const GONE: u32 = u32::MAX;

/// The parent of each node, and which of its children it is.
fn parents(tree: &Tree) -> (Vec<u32>, Vec<u32>) {
    let mut parents = vec![GONE; tree.len()];
    let mut places = vec![0; tree.len()];
    for at in 0..tree.len() {
        let node = tree.at(at).expect("below the length");
        for (place, child) in (0..).zip(tree.children(node)) {
            parents[child.index()] = at as u32;
            places[child.index()] = place;
        }
    }
    (parents, places)
}

impl Writer<'_> {
    fn run(&mut self) -> Result<(), TooDeep> {
        let mut open = vec![self.new.root()];
        while let Some(new) = open.pop() {
            match self.origins.get(&new) {
                Some(&Origin::Replaced(old)) => {
                    let path = self.path(old);
                    self.test(old, &path)?;
                    self.operations.push(Operation::Replace { path, value: self.new.value(new)? });
                    self.put_in_place(old, new);
                    self.remove_within(new)?;
                }
                Some(&Origin::Open(old)) if self.is_attached(old) => {
                    match self.old.kind(old) {
                        Kind::Map => self.map(old, new)?,
                        _ => self.list(old, new)?,
                    }
                    let children: Vec<NodeId> = self.new.children(new).collect();
                    open.extend(children.into_iter().rev());
                }
                _ => {}
            }
        }
        Ok(())
    }

    /// Gives a map the keys that it shall have.
    fn map(&mut self, old: NodeId, new: NodeId) -> Result<(), TooDeep> {
        self.open(old);
        let wanted: IndexMap<String, NodeId> = self
            .new
            .children(new)
            .map(|child| (self.new.key(child).unwrap_or_default().to_owned(), child))
            .collect();
        let present: Vec<(String, Item)> = match &self.opened[&old] {
            Children::Map(map) => map.iter().map(|(key, item)| (key.clone(), *item)).collect(),
            Children::List(_) => Vec::new(),
        };
        for (_, item) in present {
            if let Item::Old(node) = item
                && !self.needed.contains(&node)
            {
                self.remove(node)?;
            }
        }
        let goes_to: HashMap<NodeId, &String> =
            wanted.iter().filter_map(|(key, child)| Some((self.origins.get(child)?.old()?, key))).collect();
        for key in wanted.keys() {
            // What stands in the way goes on first, where its own place is in this map; what goes round in a circle is
            // taken out, and added where it belongs.
            let mut line = vec![key];
            let mut in_line: HashSet<&String> = line.iter().copied().collect();
            while let Some(&key) = line.last() {
                let Some(&child) = wanted.get(key) else { break };
                let here = self.child_at(old, key);
                let origin = self.origins.get(&child).and_then(|origin| origin.old());
                let is_done = match (here, origin) {
                    (Some(Item::New(_)), _) => true,
                    (Some(Item::Old(here)), Some(origin)) => here == origin,
                    _ => false,
                };
                if is_done {
                    line.pop();
                    continue;
                }
                if let Some(Item::Old(other)) = here {
                    match goes_to.get(&other) {
                        Some(&next) if !in_line.contains(next) => {
                            in_line.insert(next);
                            line.push(next);
                            continue;
                        }
                        _ => self.remove(other)?,
                    }
                }
                self.bring(child, old, Place::Key(key))?;
                line.pop();
            }
        }
        Ok(())
    }

    /// Gives a list the items that it shall have, in their order.
    fn list(&mut self, old: NodeId, new: NodeId) -> Result<(), TooDeep> {
        self.open(old);
        for item in self.items(old).into_iter().rev() {
            if let Item::Old(node) = item
                && !self.needed.contains(&node)
            {
                self.remove(node)?;
            }
        }
        let present = self.items(old);
        let places: HashMap<NodeId, u32> = (0..)
            .zip(&present)
            .filter_map(|(at, item)| match item {
                Item::Old(node) => Some((*node, at)),
                Item::New(_) => None,
            })
            .collect();
        let wanted: Vec<NodeId> = self.new.children(new).collect();
        let origin = |child: &NodeId| self.origins.get(child).and_then(|origin| origin.old());
        let here: Vec<(NodeId, u32)> =
            wanted.iter().filter_map(|child| Some((*child, *places.get(&origin(child)?)?))).collect();
        let stays = longest_rising(here.iter().map(|&(_, at)| at));
        let stays: HashSet<NodeId> =
            here.iter().zip(stays).filter(|(_, stays)| *stays).map(|((child, _), _)| *child).collect();
        for (child, slot) in self.lay_out(old, &present, &wanted, &stays) {
            self.bring(child, old, Place::Slot(slot))?;
        }
        Ok(())
    }

    /// The items of a list whose children are others now.
    fn items(&self, list: NodeId) -> Vec<Item> {
        match self.opened.get(&list) {
            Some(Children::List(slots)) => slots.items().collect(),
            _ => Vec::new(),
        }
    }

    /// Makes room in a list for what shall be in it: each behind the one that it shall follow. Gives back the place for each
    /// that does not stay where it is, in order.
    fn lay_out(
        &mut self,
        list: NodeId,
        present: &[Item],
        wanted: &[NodeId],
        stays: &HashSet<NodeId>,
    ) -> Vec<(NodeId, usize)> {
        let mut slots = Vec::with_capacity(present.len() + wanted.len());
        let mut rooms = Vec::new();
        let mut present = present.iter().copied();
        for &child in wanted {
            if !stays.contains(&child) {
                rooms.push((child, slots.len()));
                slots.push(None);
                continue;
            }
            let node = self.origins[&child].old().expect("what stays is old");
            for item in present.by_ref() {
                slots.push(Some(item));
                if item == Item::Old(node) {
                    break;
                }
            }
        }
        slots.extend(present.map(Some));
        for (slot, item) in (0..).zip(&slots) {
            if let Some(Item::Old(node)) = item {
                self.places[node.index()] = slot;
            }
        }
        self.opened.insert(list, Children::List(Slots::new(slots)));
        rooms
    }

    /// Brings what a node of the new content is into a list or map: what is old and still there is moved, all else
    /// is added.
    fn bring(&mut self, new: NodeId, to: NodeId, place: Place<'_>) -> Result<(), TooDeep> {
        let origin = self.origins.get(&new).and_then(|origin| origin.old());
        match origin.filter(|node| self.is_attached(*node)) {
            Some(node) => {
                let from = self.path(node);
                self.take_out(node);
                // The path as it is once the value was taken away.
                let path = self.path(to).join(self.step(to, place));
                self.operations.push(Operation::Move { from, path });
                self.put(Item::Old(node), to, place);
            }
            None => {
                let path = self.path(to).join(self.step(to, place));
                self.operations.push(Operation::Add { path, value: self.new.value(new)? });
                self.put(Item::New(new), to, place);
                self.remove_within(new)?;
            }
        }
        Ok(())
    }

    /// The last step to a place as it is now.
    fn step(&self, to: NodeId, place: Place<'_>) -> Step {
        match (place, self.opened.get(&to)) {
            (Place::Key(key), _) => Step::Key(key.to_owned()),
            (Place::Slot(slot), Some(Children::List(slots))) => Step::Index(slots.index(slot)),
            (Place::Slot(slot), _) => Step::Index(slot),
        }
    }

    /// Removes from elsewhere what a node that was put whole has brought along.
    fn remove_within(&mut self, new: NodeId) -> Result<(), TooDeep> {
        let within = new.index() + 1..new.index() + self.new.subtree_len(new);
        let within = within.filter_map(|at| self.origins.get(&self.new.at(at)?)?.old());
        for node in within.collect::<Vec<_>>() {
            if self.is_attached(node) {
                self.remove(node)?;
            }
        }
        Ok(())
    }

    fn remove(&mut self, node: NodeId) -> Result<(), TooDeep> {
        let path = self.path(node);
        self.test(node, &path)?;
        self.operations.push(Operation::Remove { path });
        self.take_out(node);
        Ok(())
    }

    fn test(&mut self, node: NodeId, path: &Path) -> Result<(), TooDeep> {
        let value = self.value(node, 0)?;
        self.operations.push(Operation::Test { path: path.clone(), value });
        Ok(())
    }

    /// What an old node holds now.
    fn value(&self, node: NodeId, depth: usize) -> Result<Value, TooDeep> {
        if depth > Value::MAX_DEPTH {
            return Err(TooDeep);
        }
        let item = |item: Item| match item {
            Item::Old(node) => self.value(node, depth + 1),
            Item::New(node) => self.new.value(node),
        };
        let value = match self.opened.get(&node) {
            Some(Children::List(slots)) => Value::List(slots.items().map(item).collect::<Result<_, _>>()?),
            Some(Children::Map(map)) => {
                let pair = |(key, child): (&String, &Item)| Ok((key.clone(), item(*child)?));
                Value::Map(map.iter().map(pair).collect::<Result<Map, _>>()?)
            }
            None => match self.old.kind(node) {
                Kind::List => {
                    let items = self.old.children(node).map(|child| item(Item::Old(child)));
                    Value::List(items.collect::<Result<_, _>>()?)
                }
                Kind::Map => {
                    let pair = |child| {
                        let key = self.old.key(child).unwrap_or_default().to_owned();
                        Ok((key, item(Item::Old(child))?))
                    };
                    Value::Map(self.old.children(node).map(pair).collect::<Result<Map, _>>()?)
                }
                _ => return self.old.value(node),
            },
        };
        Ok(match self.old.tag(node) {
            Some(tag) => Value::Tagged(Box::new(Tagged { tag: tag.to_owned(), value })),
            None => value,
        })
    }

    fn open(&mut self, node: NodeId) {
        self.opened.entry(node).or_insert_with(|| Children::of(self.old, node));
    }

    fn child_at(&self, map: NodeId, key: &str) -> Option<Item> {
        match self.opened.get(&map) {
            Some(Children::Map(map)) => map.get(key).copied(),
            _ => None,
        }
    }

    fn index(&self, list: NodeId, node: NodeId) -> usize {
        let place = self.places[node.index()] as usize;
        match self.opened.get(&list) {
            Some(Children::List(slots)) => slots.index(place),
            _ => place,
        }
    }

    fn key(&self, node: NodeId) -> String {
        let key = self.keys.get(&node).map(String::as_str).or(self.old.key(node));
        key.unwrap_or_default().to_owned()
    }

    /// The path of an old node as it is now.
    fn path(&self, node: NodeId) -> Path {
        let mut steps = Vec::new();
        let mut node = node;
        while let Some(parent) = self.parent(node) {
            steps.push(match self.old.kind(parent) {
                Kind::Map => Step::Key(self.key(node)),
                _ => Step::Index(self.index(parent, node)),
            });
            node = parent;
        }
        steps.reverse();
        Path(steps)
    }

    fn parent(&self, node: NodeId) -> Option<NodeId> {
        self.old.at(self.parents[node.index()] as usize)
    }

    fn is_attached(&self, node: NodeId) -> bool {
        let mut node = node;
        while let Some(parent) = self.parent(node) {
            node = parent;
        }
        node == self.old.root()
    }

    fn take_out(&mut self, node: NodeId) {
        let Some(parent) = self.parent(node) else { return };
        self.open(parent);
        let key = self.key(node);
        match self.opened.get_mut(&parent) {
            Some(Children::List(slots)) => slots.take(self.places[node.index()] as usize),
            Some(Children::Map(map)) => drop(map.swap_remove(&key)),
            None => {}
        }
        self.parents[node.index()] = GONE;
    }

    fn put(&mut self, item: Item, to: NodeId, place: Place<'_>) {
        if let Item::Old(node) = item {
            self.parents[node.index()] = to.index() as u32;
            match place {
                Place::Slot(slot) => self.places[node.index()] = slot as u32,
                Place::Key(key) => drop(self.keys.insert(node, key.to_owned())),
            }
        }
        match (self.opened.get_mut(&to), place) {
            (Some(Children::List(slots)), Place::Slot(slot)) => slots.put(slot, item),
            (Some(Children::Map(map)), Place::Key(key)) => drop(map.insert(key.to_owned(), item)),
            _ => {}
        }
    }

    /// Notes that a new node stands where an old one was.
    fn put_in_place(&mut self, old: NodeId, new: NodeId) {
        let Some(parent) = self.parent(old) else { return };
        self.open(parent);
        let (place, key) = (self.places[old.index()] as usize, self.key(old));
        self.parents[old.index()] = GONE;
        match self.opened.get_mut(&parent) {
            Some(Children::List(slots)) => slots.put(place, Item::New(new)),
            Some(Children::Map(map)) => drop(map.insert(key, Item::New(new))),
            None => {}
        }
    }
}
