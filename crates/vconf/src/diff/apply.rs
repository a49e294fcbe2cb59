//! Makes the edits of a patch.

use std::fmt;

use super::patch::{Edit, Patch};
use super::plan::{NONE, Place, Plan, ROOT, normal, path_of};
use crate::model::path::{Path, Step};
use crate::model::tree::{NodeId, Span, TooDeep, Tree, TreeBuilder};
use crate::model::value::{Kind, Value};

/// Makes the edits of a patch to a value.
///
/// What is replaced or removed must be what the patch says it was, without what moves out of it by an edit of its own;
/// what moves into a value that is added is put into it. Linear in the value and the patch.
pub fn apply(value: &Value, patch: &Patch) -> Result<Value, PatchError> {
    let too_deep = |TooDeep| PatchError { path: Path::root(), kind: PatchErrorKind::TooDeep };
    let tree = Tree::from_value(value).map_err(too_deep)?;
    apply_to_tree(&tree, patch)?.to_value().map_err(too_deep)
}

/// Makes the edits of a patch to a tree; what is made has no source.
///
/// What is replaced or removed must be what the patch says it was. Linear in the tree and the patch, at any depth.
pub fn apply_to_tree(tree: &Tree, patch: &Patch) -> Result<Tree, PatchError> {
    Ok(apply_with_origins(tree, patch)?.0)
}

/// Makes the edits of a patch to a tree, and tells where the nodes of the new one come from, as far as they are not
/// within one that was told.
pub(super) fn apply_with_origins(
    tree: &Tree,
    patch: &Patch,
) -> Result<(Tree, Vec<(NodeId, Origin)>), PatchError> {
    let plan = Plan::new(patch)?;
    let places = plan.locate(tree)?;
    plan.check(tree, &places)?;
    plan.build(tree, &places)
}

/// Where a node of the new content comes from.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Origin {
    /// The old node, with all that is in it.
    Copied(NodeId),
    /// The old list or map, which has other children now.
    Open(NodeId),
    /// It is in the place of the old node.
    Replaced(NodeId),
    /// It was added.
    Added,
}

impl Origin {
    pub(super) fn old(self) -> Option<NodeId> {
        match self {
            Self::Copied(old) | Self::Open(old) | Self::Replaced(old) => Some(old),
            Self::Added => None,
        }
    }
}

/// A patch that does not fit the content.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct PatchError {
    /// Where.
    pub path: Path,
    /// Why.
    pub kind: PatchErrorKind,
}

/// Why a patch does not fit.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum PatchErrorKind {
    /// There is nothing at the path.
    Missing,
    /// There is something at the path already.
    Exists,
    /// There is another value at the path than the patch says.
    Differs,
    /// Two edits of the patch contradict each other.
    Contradicts,
    /// A value nests deeper than [`Value::MAX_DEPTH`].
    TooDeep,
}

impl fmt::Display for PatchError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let place = if self.path.0.is_empty() { "the root".to_owned() } else { self.path.to_string() };
        match self.kind {
            PatchErrorKind::Missing => write!(f, "there is nothing at {place}"),
            PatchErrorKind::Exists => write!(f, "there is something at {place} already"),
            PatchErrorKind::Differs => write!(f, "at {place} is another value than the patch says"),
            PatchErrorKind::Contradicts => {
                write!(f, "two edits of the patch contradict each other at {place}")
            }
            PatchErrorKind::TooDeep => TooDeep.fmt(f),
        }
    }
}

impl std::error::Error for PatchError {}

impl<'a> Plan<'a> {
    /// Finds the node of each place of the old content.
    fn locate(&self, tree: &Tree) -> Result<Vec<NodeId>, PatchError> {
        let mut nodes = vec![None; self.old.len()];
        let mut open = vec![(ROOT, tree.root())];
        while let Some((place, node)) = open.pop() {
            nodes[place as usize] = Some(node);
            let below = &self.old[place as usize].below;
            if below.is_empty() {
                continue;
            }
            for (index, child) in tree.children(node).enumerate() {
                if let Some(&place) = below.get(&step_of(tree, child, index)) {
                    open.push((place, child));
                }
            }
        }
        let missing =
            |place: usize| PatchError { path: path_of(&self.old, place), kind: PatchErrorKind::Missing };
        nodes.into_iter().enumerate().map(|(place, node)| node.ok_or_else(|| missing(place))).collect()
    }

    /// Compares what is replaced and removed with what the patch says it was.
    fn check(&self, tree: &Tree, nodes: &[NodeId]) -> Result<(), PatchError> {
        for (place, node) in self.old.iter().zip(nodes) {
            let edits = [place.moves, place.replaced].into_iter().flatten();
            for edit in edits {
                let (path, expected) = match self.edits[edit as usize] {
                    Edit::Remove { path, value } => (path, value),
                    Edit::Replace { path, old, .. } => (path, old),
                    _ => continue,
                };
                if !self.is_as_expected(tree, *node, Some(place), expected) {
                    return Err(PatchError { path: path.clone(), kind: PatchErrorKind::Differs });
                }
            }
        }
        Ok(())
    }

    /// Whether a node is what a patch says, without what other edits take out of it.
    fn is_as_expected(&self, tree: &Tree, node: NodeId, place: Option<&Place>, expected: &Value) -> bool {
        let Some(place) = place.filter(|place| !place.below.is_empty()) else {
            return tree.value(node).ok().as_ref() == Some(expected);
        };
        let (tag, expected) = match expected {
            Value::Tagged(tagged) => (Some(&*tagged.tag), &tagged.value),
            _ => (None, expected),
        };
        if tree.tag(node) != tag {
            return false;
        }
        let mut staying = tree.children(node).enumerate().filter_map(|(index, child)| {
            let below =
                place.below.get(&step_of(tree, child, index)).and_then(|&below| self.old_place(below));
            below.is_none_or(|below| below.moves.is_none()).then_some((child, below))
        });
        let is_same = |(child, below), expected: Option<&Value>| {
            expected.is_some_and(|expected| self.is_as_expected(tree, child, below, expected))
        };
        match (tree.kind(node), expected) {
            (Kind::List, Value::List(items)) => {
                let mut items = items.iter();
                staying.all(|child| is_same(child, items.next())) && items.next().is_none()
            }
            (Kind::Map, Value::Map(map)) => {
                let mut count = 0;
                let same = staying.all(|child| {
                    count += 1;
                    is_same(child, tree.key(child.0).and_then(|key| map.get(key)))
                });
                same && count == map.len()
            }
            _ => false,
        }
    }

    fn build(&self, tree: &Tree, nodes: &[NodeId]) -> Result<(Tree, Vec<(NodeId, Origin)>), PatchError> {
        let mut builder = TreeBuilder::new("");
        let mut origins = Vec::new();
        let mut used = vec![false; self.edits.len()];
        let mut open = vec![Task::Node(Source { node: tree.root(), old: ROOT, new: ROOT, key: None })];
        while let Some(task) = open.pop() {
            match task {
                Task::Close => builder.end(0),
                Task::Value(key, value, new) => {
                    origins.push((builder.next_id(), Origin::Added));
                    self.put_new(&mut builder, nodes, (key, value, new), &mut open, &mut used)?;
                }
                Task::Node(mut source) => {
                    let key = source.key.take();
                    if let Some(edit) = self.old_place(source.old).and_then(|place| place.replaced) {
                        let Edit::Replace { new, .. } = self.edits[edit as usize] else { continue };
                        used[edit as usize] = true;
                        origins.push((builder.next_id(), Origin::Replaced(source.node)));
                        let value = (key, new, source.new);
                        self.put_new(&mut builder, nodes, value, &mut open, &mut used)?;
                        continue;
                    }
                    if !Self::is_open(self.old_place(source.old))
                        && !Self::is_open(self.new_place(source.new))
                    {
                        origins.push((builder.next_id(), Origin::Copied(source.node)));
                        put_key(&mut builder, key);
                        put_subtree(&mut builder, tree, source.node);
                        continue;
                    }
                    let start = open.len();
                    open.push(Task::Close);
                    origins.push((builder.next_id(), Origin::Open(source.node)));
                    put_key(&mut builder, key);
                    if let Some(tag) = tree.tag(source.node) {
                        builder.tag(tag);
                    }
                    match tree.kind(source.node) {
                        Kind::Map => {
                            builder.begin_map(0);
                            self.plan_map(tree, nodes, &source, &mut open, &mut used)?;
                        }
                        Kind::List => {
                            builder.begin_list(0);
                            self.plan_list(tree, nodes, &source, &mut open, &mut used)?;
                        }
                        _ => return Err(self.missing_below(source.new)),
                    }
                    open[start + 1..].reverse();
                }
            }
        }
        // What was found in the old content and has no place in the new one: it is below something that goes.
        let unused = (0..self.edits.len())
            .find(|&edit| !used[edit] && !matches!(self.edits[edit], Edit::Remove { .. }));
        if let Some(edit) = unused {
            if let Edit::Replace { path, .. } = self.edits[edit] {
                return Err(PatchError { path: path.clone(), kind: PatchErrorKind::Contradicts });
            }
            return Err(PatchError {
                path: path_of(&self.new, self.to[edit] as usize),
                kind: PatchErrorKind::Missing,
            });
        }
        Ok((builder.finish(), origins))
    }

    /// Puts a new value, and opens it where something comes into it.
    fn put_new(
        &self,
        builder: &mut TreeBuilder,
        nodes: &[NodeId],
        (key, value, new): (Option<Step>, &'a Value, u32),
        open: &mut Vec<Task<'a>>,
        used: &mut [bool],
    ) -> Result<(), PatchError> {
        put_key(builder, key);
        let Some(place) = self.new_place(new).filter(|place| !place.below.is_empty()) else {
            return builder
                .value(value, 0)
                .map_err(|TooDeep| PatchError { path: Path::root(), kind: PatchErrorKind::TooDeep });
        };
        let mut value = value;
        while let Value::Tagged(tagged) = value {
            builder.tag(&tagged.tag);
            value = &tagged.value;
        }
        let start = open.len();
        open.push(Task::Close);
        match value {
            Value::Map(map) => {
                builder.begin_map(0);
                for (key, value) in map {
                    let key = Step::Key(key.clone());
                    let new = self.below(&self.new, new, &normal(&key));
                    if self.new_place(new).is_some_and(|place| place.moves.is_some()) {
                        return Err(self.exists(new));
                    }
                    open.push(Task::Value(Some(key), value, new));
                }
                for &to in place.below.values() {
                    self.plan_coming(nodes, to, open, used);
                }
            }
            Value::List(items) => {
                builder.begin_list(0);
                let comes = |to: u32| self.new_place(to).is_some_and(|place| place.moves.is_some());
                let coming = place.below.values().filter(|to| comes(**to)).count();
                let mut staying = items.iter();
                for index in 0..coming + items.len() {
                    let to = self.below(&self.new, new, &Step::Index(index));
                    if comes(to) {
                        self.plan_coming(nodes, to, open, used);
                    } else {
                        let value = staying.next().ok_or_else(|| self.missing_below(new))?;
                        open.push(Task::Value(None, value, to));
                    }
                }
            }
            _ => return Err(self.missing_below(new)),
        }
        open[start + 1..].reverse();
        Ok(())
    }

    fn plan_map(
        &self,
        tree: &'a Tree,
        nodes: &[NodeId],
        map: &Source,
        open: &mut Vec<Task<'a>>,
        used: &mut [bool],
    ) -> Result<(), PatchError> {
        for (index, child) in tree.children(map.node).enumerate() {
            let step = step_of(tree, child, index);
            let old = self.below(&self.old, map.old, &step);
            if let Some(edit) = self.old_place(old).and_then(|place| place.moves) {
                // A key that is renamed stays where it is among the others.
                let to = self.to[edit as usize];
                if to != NONE && self.new[to as usize].parent == map.new && map.new != NONE {
                    self.plan_coming(nodes, to, open, used);
                }
                continue;
            }
            let new = self.below(&self.new, map.new, &step);
            if self.new_place(new).is_some_and(|place| place.moves.is_some()) {
                return Err(self.exists(new));
            }
            let key = tree.key(child).map(|key| Step::Key(key.to_owned()));
            open.push(Task::Node(Source { node: child, old, new, key }));
        }
        if let Some(place) = self.new_place(map.new) {
            for &to in place.below.values() {
                self.plan_coming(nodes, to, open, used);
            }
        }
        Ok(())
    }

    fn plan_list(
        &self,
        tree: &'a Tree,
        nodes: &[NodeId],
        list: &Source,
        open: &mut Vec<Task<'a>>,
        used: &mut [bool],
    ) -> Result<(), PatchError> {
        let items: Vec<NodeId> = tree.children(list.node).collect();
        let old_of = |index: usize| self.below(&self.old, list.old, &Step::Index(index));
        let leaves = |index: usize| {
            let place = self.old_place(old_of(index));
            place.is_some_and(|place| place.moves.is_some() || place.other.is_some())
        };
        let coming = self.new_place(list.new).map_or(0, |place| {
            let comes = |place: &&u32| {
                self.new[**place as usize].moves.is_some() || self.new[**place as usize].other.is_some()
            };
            place.below.values().filter(comes).count()
        });
        let mut staying = (0..items.len()).filter(|&index| !leaves(index)).collect::<Vec<_>>().into_iter();
        let count = coming + staying.len();
        for index in 0..count {
            let new = self.below(&self.new, list.new, &Step::Index(index));
            let place = self.new_place(new);
            if place.is_some_and(|place| place.moves.is_some()) {
                self.plan_coming(nodes, new, open, used);
                continue;
            }
            let old_index = place.and_then(|place| place.other).or_else(|| staying.next());
            let Some(old_index) = old_index.filter(|&index| index < items.len()) else {
                return Err(self.missing_below(list.new));
            };
            let old = old_of(old_index);
            open.push(Task::Node(Source { node: items[old_index], old, new, key: None }));
        }
        match staying.next() {
            Some(_) => Err(self.missing_below(list.new)),
            None => Ok(()),
        }
    }

    /// Plans what comes to a place of the new content, once.
    fn plan_coming(&self, nodes: &[NodeId], to: u32, open: &mut Vec<Task<'a>>, used: &mut [bool]) {
        let Some(edit) = self.new[to as usize].moves else { return };
        let edit = edit as usize;
        if std::mem::replace(&mut used[edit], true) {
            return;
        }
        match self.edits[edit] {
            Edit::Add { path, value } => open.push(Task::Value(path.0.last().cloned(), value, to)),
            Edit::Move { path, .. } => {
                let from = self.from[edit];
                let key = path.0.last().cloned();
                open.push(Task::Node(Source { node: nodes[from as usize], old: from, new: to, key }));
            }
            Edit::Remove { .. } | Edit::Replace { .. } => {}
        }
    }

    fn exists(&self, place: u32) -> PatchError {
        PatchError { path: path_of(&self.new, place as usize), kind: PatchErrorKind::Exists }
    }

    fn missing_below(&self, place: u32) -> PatchError {
        let path = if place == NONE { Path::root() } else { path_of(&self.new, place as usize) };
        PatchError { path, kind: PatchErrorKind::Missing }
    }
}

enum Task<'a> {
    Node(Source),
    Value(Option<Step>, &'a Value, u32),
    Close,
}

/// A node of the old content and where its edits are, under its new key.
struct Source {
    node: NodeId,
    old: u32,
    new: u32,
    key: Option<Step>,
}

fn put_key(builder: &mut TreeBuilder, key: Option<Step>) {
    if let Some(key) = key.filter(|_| builder.in_map()) {
        builder.key((&*key.as_key()).into(), Span::default());
    }
}

/// Copies a subtree without its own key. No recursion.
fn put_subtree(builder: &mut TreeBuilder, tree: &Tree, root: NodeId) {
    let none = Span::default();
    let end = root.index() + tree.subtree_len(root);
    let mut ends: Vec<usize> = Vec::new();
    for at in root.index()..end {
        while ends.last() == Some(&at) {
            ends.pop();
            builder.end(0);
        }
        let node = tree.at(at).expect("within a subtree");
        if let Some(key) = tree.key(node).filter(|_| node != root) {
            builder.key(key.into(), none);
        }
        if let Some(tag) = tree.tag(node) {
            builder.tag(tag);
        }
        match tree.kind(node) {
            Kind::Null => builder.null(none),
            Kind::Bool => builder.bool(tree.is_true(node), none),
            Kind::Number => builder.number(tree.text(node).into(), none),
            Kind::String => builder.string(tree.text(node).into(), none),
            Kind::List => builder.begin_list(0),
            Kind::Map => builder.begin_map(0),
        }
        if matches!(tree.kind(node), Kind::List | Kind::Map) {
            ends.push(at + tree.subtree_len(node));
        }
    }
    ends.into_iter().for_each(|_| builder.end(0));
}

/// The step to a child, as a pointer would be read: a key that could be an index is one.
fn step_of(tree: &Tree, child: NodeId, index: usize) -> Step {
    tree.key(child).map_or(Step::Index(index), |key| normal(&Step::Key(key.to_owned())))
}
