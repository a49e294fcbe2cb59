//! Makes the edits of a patch.

use std::fmt;

use indexmap::IndexMap;

use super::patch::{Edit, Patch};
use crate::model::path::{Path, Step};
use crate::model::tree::{NodeId, Span, TooDeep, Tree, TreeBuilder};
use crate::model::value::{Kind, Value};

/// Makes the edits of a patch to a value.
///
/// What is replaced or removed must be what the patch says it was. Linear in the value and the patch.
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

/// The edits by place: those of the old content and those of the new one.
struct Plan<'a> {
    edits: Vec<&'a Edit>,
    old: Vec<Place>,
    new: Vec<Place>,
    /// For each move where it is from and to, by edit.
    from: Vec<u32>,
    to: Vec<u32>,
}

/// A place that edits are at or below.
#[derive(Default)]
struct Place {
    parent: u32,
    below: IndexMap<Step, u32>,
    /// The edit by which the value here goes, or comes.
    moves: Option<u32>,
    /// The edit by which the value here is replaced.
    replaced: Option<u32>,
    /// The index that an item of a reordered list has on the other side.
    other: Option<usize>,
}

const NONE: u32 = u32::MAX;
const ROOT: u32 = 0;

impl<'a> Plan<'a> {
    fn new(patch: &'a Patch) -> Result<Self, PatchError> {
        let mut plan = Self {
            edits: patch.edits.iter().collect(),
            old: vec![Place::default()],
            new: vec![Place::default()],
            from: vec![NONE; patch.edits.len()],
            to: vec![NONE; patch.edits.len()],
        };
        let contradicts = |path: &Path| PatchError { path: path.clone(), kind: PatchErrorKind::Contradicts };
        for (at, edit) in patch.edits.iter().enumerate() {
            let number = Some(at as u32);
            let (old, new) = match edit {
                Edit::Add { path, .. } => (None, Some(path)),
                Edit::Remove { path, .. } => (Some(path), None),
                Edit::Move { from, path, .. } => (Some(from), Some(path)),
                Edit::Replace { path, .. } => {
                    let place = find_or_add(&mut plan.old, path);
                    if plan.old[place as usize].replaced.replace(at as u32).is_some() {
                        return Err(contradicts(path));
                    }
                    continue;
                }
            };
            for (path, places, ends) in
                [(old, &mut plan.old, &mut plan.from), (new, &mut plan.new, &mut plan.to)]
            {
                let Some(path) = path else { continue };
                let place = find_or_add(places, path);
                ends[at] = place;
                if place == ROOT || std::mem::replace(&mut places[place as usize].moves, number).is_some() {
                    return Err(contradicts(path));
                }
            }
        }
        for list in &patch.orders {
            let (old_list, new_list) =
                (find_or_add(&mut plan.old, &list.path), find_or_add(&mut plan.new, &list.new_path));
            for &(old, new) in &list.moved {
                let old_place = step_or_add(&mut plan.old, old_list, Step::Index(old));
                let new_place = step_or_add(&mut plan.new, new_list, Step::Index(new));
                let old_place = &mut plan.old[old_place as usize];
                let new_place = &mut plan.new[new_place as usize];
                let taken = old_place.moves.is_some() || new_place.moves.is_some();
                if taken || old_place.other.replace(new).is_some() || new_place.other.replace(old).is_some() {
                    return Err(contradicts(&list.path));
                }
            }
        }
        Ok(plan)
    }

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
                if tree.value(*node).ok().as_ref() != Some(expected) {
                    return Err(PatchError { path: path.clone(), kind: PatchErrorKind::Differs });
                }
            }
        }
        Ok(())
    }

    fn build(&self, tree: &Tree, nodes: &[NodeId]) -> Result<(Tree, Vec<(NodeId, Origin)>), PatchError> {
        let mut builder = TreeBuilder::new("");
        let mut origins = Vec::new();
        let mut used = vec![false; self.edits.len()];
        let mut open = vec![Task::Node(Source { node: tree.root(), old: ROOT, new: ROOT, key: None })];
        while let Some(task) = open.pop() {
            match task {
                Task::Close => builder.end(0),
                Task::Value(key, value) => {
                    origins.push((builder.next_id(), Origin::Added));
                    put_value(&mut builder, key, value)?;
                }
                Task::Node(mut source) => {
                    let key = source.key.take();
                    if let Some(edit) = self.old_place(source.old).and_then(|place| place.replaced) {
                        let Edit::Replace { new, .. } = self.edits[edit as usize] else { continue };
                        used[edit as usize] = true;
                        origins.push((builder.next_id(), Origin::Replaced(source.node)));
                        put_value(&mut builder, key, new)?;
                        continue;
                    }
                    let below = |place: Option<&Place>| place.is_some_and(|place| !place.below.is_empty());
                    if !below(self.old_place(source.old)) && !below(self.new_place(source.new)) {
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
                return Err(PatchError {
                    path: path_of(&self.new, new as usize),
                    kind: PatchErrorKind::Exists,
                });
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
            Edit::Add { path, value } => open.push(Task::Value(path.0.last().cloned(), value)),
            Edit::Move { path, .. } => {
                let from = self.from[edit];
                let key = path.0.last().cloned();
                open.push(Task::Node(Source { node: nodes[from as usize], old: from, new: to, key }));
            }
            Edit::Remove { .. } | Edit::Replace { .. } => {}
        }
    }

    fn old_place(&self, place: u32) -> Option<&Place> {
        self.old.get(place as usize)
    }

    fn new_place(&self, place: u32) -> Option<&Place> {
        self.new.get(place as usize)
    }

    fn below(&self, places: &[Place], place: u32, step: &Step) -> u32 {
        places.get(place as usize).and_then(|place| place.below.get(step)).copied().unwrap_or(NONE)
    }

    fn missing_below(&self, place: u32) -> PatchError {
        let path = if place == NONE { Path::root() } else { path_of(&self.new, place as usize) };
        PatchError { path, kind: PatchErrorKind::Missing }
    }
}

enum Task<'a> {
    Node(Source),
    Value(Option<Step>, &'a Value),
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

fn put_value(builder: &mut TreeBuilder, key: Option<Step>, value: &Value) -> Result<(), PatchError> {
    put_key(builder, key);
    builder
        .value(value, 0)
        .map_err(|TooDeep| PatchError { path: Path::root(), kind: PatchErrorKind::TooDeep })
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

fn normal(step: &Step) -> Step {
    match step {
        Step::Key(key) => match key.parse::<usize>() {
            Ok(index) if index.to_string() == *key => Step::Index(index),
            _ => step.clone(),
        },
        Step::Index(_) => step.clone(),
    }
}

fn find_or_add(places: &mut Vec<Place>, path: &Path) -> u32 {
    path.0.iter().fold(ROOT, |place, step| step_or_add(places, place, normal(step)))
}

fn step_or_add(places: &mut Vec<Place>, place: u32, step: Step) -> u32 {
    let next = places.len() as u32;
    let found = *places[place as usize].below.entry(step).or_insert(next);
    if found == next {
        places.push(Place { parent: place, ..Place::default() });
    }
    found
}

fn path_of(places: &[Place], mut place: usize) -> Path {
    let mut steps = Vec::new();
    while place != ROOT as usize {
        let parent = places[place].parent as usize;
        let found = places[parent].below.iter().find(|(_, below)| **below as usize == place);
        steps.extend(found.map(|(step, _)| step.clone()));
        place = parent;
    }
    steps.reverse();
    Path(steps)
}
