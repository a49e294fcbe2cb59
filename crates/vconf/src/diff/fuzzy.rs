//! Makes the edits of a patch in content that was edited since: places are found again, not counted.

use std::collections::{HashMap, HashSet};
use std::fmt;

use super::apply::{Origin, PatchError, PatchErrorKind, apply, apply_with_origins};
use super::compare::compare;
use super::patch::{Edit, Patch, Reorder};
use super::rules::Options;
use crate::model::path::{Path, Step};
use crate::model::tree::{NodeId, Tree};
use crate::model::value::{Map, Value};

/// Content in which the edits of a patch were made, as far as that could be done.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Fuzzy {
    /// The content with all edits that could be placed.
    pub content: Value,
    /// The edits that could not be placed.
    pub conflicts: Vec<Rejection>,
}

/// An edit that could not be placed.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Rejection {
    /// Where, in the content that the patch was made of, or for what is added in the one that it makes.
    pub path: Path,
    /// Why not.
    pub reason: RejectionReason,
}

/// Why an edit could not be placed.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum RejectionReason {
    /// What it is about, or what it would be put into, is gone.
    Gone,
    /// Something else is there now.
    Differs {
        /// What the patch expects.
        expected: Box<Value>,
        /// What is there.
        found: Box<Value>,
    },
}

impl fmt::Display for Rejection {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.reason {
            RejectionReason::Gone => write!(f, "{} is gone", self.path),
            RejectionReason::Differs { .. } => write!(f, "{} is another value now", self.path),
        }
    }
}

/// Makes the edits of a patch that was made of `base` in content that `base` has become since.
///
/// Where the content is `base` still, this is [`apply`]. Else `base` and the content are compared, and each edit is made
/// where its place is now: maps by key, list items by what identifies them, by equality or likeness; what is added to a
/// list follows the item that it followed. What has become what the patch would make of it already is no conflict.
/// Linear, but for runs of new items in one list, which are quadratic.
///
/// # Errors
/// [`PatchError`] where the patch does not fit even `base`.
pub fn apply_fuzzy(base: &Value, content: &Value, patch: &Patch) -> Result<Fuzzy, PatchError> {
    let too_deep = |_| PatchError { path: Path::root(), kind: PatchErrorKind::TooDeep };
    let base_tree = Tree::from_value(base).map_err(too_deep)?;
    let (made, made_origins) = apply_with_origins(&base_tree, patch)?;
    if base == content
        && let Ok(content) = apply(content, patch)
    {
        return Ok(Fuzzy { content, conflicts: Vec::new() });
    }
    let tree = Tree::from_value(content).map_err(too_deep)?;
    let since = compare(&base_tree, &tree, &Options::default()).to_patch().map_err(too_deep)?;
    let (now, origins) = apply_with_origins(&base_tree, &since)?;
    let mut moved: HashSet<Path> = HashSet::new();
    for edit in &patch.edits {
        match edit {
            Edit::Move { from: path, .. } | Edit::Remove { path, .. } => drop(moved.insert(path.clone())),
            Edit::Add { .. } | Edit::Replace { .. } => {}
        }
    }
    for Reorder { path, moved: items, .. } in &patch.orders {
        moved.extend(items.iter().map(|&(old, _)| path.join(Step::Index(old))));
    }
    let mut placing = Placing {
        content,
        now: paths(&base_tree, &now, &origins),
        was: sources(&made, &base_tree, &made_origins),
        moved,
        edits: HashMap::new(),
        conflicts: Vec::new(),
    };
    placing.run(patch);
    let Placing { edits, conflicts, .. } = placing;
    let mut rebuilding = Rebuilding { content, edits: &edits, depth: 0, moved: HashSet::new() };
    let made = rebuilding.value(&Path::root(), content);
    // What moved since into what moves away now would be lost with it.
    let lost: Vec<Path> = edits
        .values()
        .flat_map(|edits| {
            edits.items.iter().map(|(_, _, new)| new).chain(edits.entries.iter().map(|(_, new)| new))
        })
        .filter_map(|new| match new {
            New::From(from) if !rebuilding.moved.contains(from) => Some(from.clone()),
            _ => None,
        })
        .collect();
    match made {
        Some(made) if lost.is_empty() => Ok(Fuzzy { content: made, conflicts }),
        _ => {
            let lost = lost.into_iter().map(|path| Rejection { path, reason: RejectionReason::Gone });
            Ok(Fuzzy { content: content.clone(), conflicts: conflicts.into_iter().chain(lost).collect() })
        }
    }
}

/// Where the nodes of the base are in the content now; of what is within a subtree that is as it was, its root.
fn paths(base: &Tree, now: &Tree, origins: &[(NodeId, Origin)]) -> HashMap<Path, Path> {
    let old = paths_of(base, origins.iter().filter_map(|(_, origin)| origin.old()));
    let new = paths_of(now, origins.iter().map(|(node, _)| *node));
    let pair =
        |(node, origin): &(NodeId, Origin)| Some((old.get(&origin.old()?)?.clone(), new.get(node)?.clone()));
    origins.iter().filter_map(pair).collect()
}

/// Where the nodes of what the patch makes were in the base.
fn sources(made: &Tree, base: &Tree, origins: &[(NodeId, Origin)]) -> HashMap<Path, Path> {
    let pairs = paths(base, made, origins);
    pairs.into_iter().map(|(old, new)| (new, old)).collect()
}

/// The paths of some nodes. Linear in the tree and in the paths.
fn paths_of(tree: &Tree, nodes: impl Iterator<Item = NodeId>) -> HashMap<NodeId, Path> {
    let wanted: HashSet<NodeId> = nodes.collect();
    let mut found = HashMap::new();
    let mut open = vec![(tree.root(), Path::root())];
    while let Some((node, path)) = open.pop() {
        for (index, child) in tree.children(node).enumerate() {
            if tree.subtree_len(child) > 1 || wanted.contains(&child) {
                let step = tree.key(child).map_or(Step::Index(index), |key| Step::Key(key.to_owned()));
                open.push((child, path.join(step)));
            }
        }
        if wanted.contains(&node) {
            found.insert(node, path);
        }
    }
    found
}

/// The edits of one place of the content, all in places of the content as it is.
#[derive(Default)]
struct Edits<'a> {
    is_removed: bool,
    replaced: Option<&'a Value>,
    /// New items: the index of the item that each follows, its index in what the patch makes, and what it is.
    items: Vec<(Option<usize>, usize, New<'a>)>,
    entries: Vec<(String, New<'a>)>,
}

#[derive(Clone)]
enum New<'a> {
    Value(&'a Value),
    From(Path),
}

struct Placing<'a> {
    content: &'a Value,
    now: HashMap<Path, Path>,
    was: HashMap<Path, Path>,
    /// What does not stay where it is, in the base.
    moved: HashSet<Path>,
    edits: HashMap<Path, Edits<'a>>,
    conflicts: Vec<Rejection>,
}

impl<'a> Placing<'a> {
    fn run(&mut self, patch: &'a Patch) {
        for edit in &patch.edits {
            let placed = match edit {
                Edit::Replace { path, old, new, .. } => self.replace(path, old, new),
                Edit::Remove { path, value } => self.remove(path, value),
                Edit::Add { path, value } => self.put(path, New::Value(value), Some(value)),
                Edit::Move { from, path, .. } => self.shift(from, path),
            };
            if let Err(reason) = placed {
                let (Edit::Replace { path, .. }
                | Edit::Remove { path, .. }
                | Edit::Add { path, .. }
                | Edit::Move { from: path, .. }) = edit;
                self.conflicts.push(Rejection { path: path.clone(), reason });
            }
        }
        for Reorder { path, new_path, moved } in &patch.orders {
            for &(old, new) in moved {
                let (from, to) = (path.join(Step::Index(old)), new_path.join(Step::Index(new)));
                if let Err(reason) = self.shift(&from, &to) {
                    self.conflicts.push(Rejection { path: from, reason });
                }
            }
        }
    }

    /// Where a place of the base is now.
    fn locate(&self, path: &Path) -> Option<Path> {
        translate(&self.now, path).filter(|path| self.content.at(path).is_some())
    }

    fn replace(&mut self, path: &Path, old: &'a Value, new: &'a Value) -> Result<(), RejectionReason> {
        let path = self.locate(path).ok_or(RejectionReason::Gone)?;
        if self.expect(&path, old, Some(new))? {
            self.edits.entry(path).or_default().replaced = Some(new);
        }
        Ok(())
    }

    fn remove(&mut self, path: &Path, value: &'a Value) -> Result<(), RejectionReason> {
        let Some(path) = self.locate(path) else { return Ok(()) };
        if self.expect(&path, value, None)? {
            self.edits.entry(path).or_default().is_removed = true;
        }
        Ok(())
    }

    fn shift(&mut self, from: &Path, to: &Path) -> Result<(), RejectionReason> {
        let from = self.locate(from).ok_or(RejectionReason::Gone)?;
        self.put(to, New::From(from.clone()), None)?;
        self.edits.entry(from).or_default().is_removed = true;
        Ok(())
    }

    /// Puts something where it is in what the patch makes.
    fn put(&mut self, path: &Path, new: New<'a>, wanted: Option<&Value>) -> Result<(), RejectionReason> {
        let (parent, last) = path.split_last().ok_or(RejectionReason::Gone)?;
        let base_parent = translate(&self.was, &parent).ok_or(RejectionReason::Gone)?;
        let place = self.locate(&base_parent).ok_or(RejectionReason::Gone)?;
        if let New::From(from) = &new
            && place.0.starts_with(&from.0)
        {
            return Err(RejectionReason::Gone);
        }
        match (self.content.at(&place).map(Value::untagged), last) {
            (Some(Value::Map(map)), step) => {
                let key = step.as_key().into_owned();
                let there = place.join(Step::Key(key.clone()));
                let goes = self.edits.get(&there).is_some_and(|edits| edits.is_removed)
                    || self.moved.contains(&base_parent.join(Step::Key(key.clone())));
                if let Some(found) = map.get(&key).filter(|_| !goes) {
                    let expected = wanted.cloned().unwrap_or_default();
                    let differs =
                        RejectionReason::Differs { expected: expected.into(), found: found.clone().into() };
                    return if wanted == Some(found) { Ok(()) } else { Err(differs) };
                }
                self.edits.entry(place).or_default().entries.push((key, new));
            }
            (Some(Value::List(_)), Step::Index(index)) => {
                let follows = self.item_before(&parent, *index, &place);
                self.edits.entry(place).or_default().items.push((follows, *index, new));
            }
            _ => return Err(RejectionReason::Gone),
        }
        Ok(())
    }

    /// The index in a list as it is now of the nearest item before an index that stays where it is.
    fn item_before(&self, list: &Path, index: usize, place: &Path) -> Option<usize> {
        (0..index).rev().find_map(|before| {
            let was = translate(&self.was, &list.join(Step::Index(before)))?;
            let now = self.locate(&was).filter(|_| !self.moved.contains(&was))?;
            match now.split_last()? {
                (parent, Step::Index(index)) if parent == *place => Some(*index),
                _ => None,
            }
        })
    }

    /// Whether what is expected is at a place; not, where it is already what shall be.
    fn expect(&self, path: &Path, expected: &Value, wanted: Option<&Value>) -> Result<bool, RejectionReason> {
        let found = self.content.at(path).ok_or(RejectionReason::Gone)?;
        if found == expected {
            return Ok(true);
        }
        if Some(found) == wanted {
            return Ok(false);
        }
        Err(RejectionReason::Differs { expected: expected.clone().into(), found: found.clone().into() })
    }
}

/// A path by the nearest one above it that is known.
fn translate(known: &HashMap<Path, Path>, path: &Path) -> Option<Path> {
    let mut above = path.clone();
    let mut below = Vec::new();
    loop {
        if let Some(found) = known.get(&above) {
            let mut found = found.clone();
            found.0.extend(below.into_iter().rev());
            return Some(found);
        }
        below.push(above.0.pop()?);
    }
}

/// Makes the content anew, with the edits of each place.
struct Rebuilding<'a> {
    content: &'a Value,
    edits: &'a HashMap<Path, Edits<'a>>,
    depth: usize,
    /// What was brought to where it moves.
    moved: HashSet<Path>,
}

impl Rebuilding<'_> {
    fn value(&mut self, path: &Path, value: &Value) -> Option<Value> {
        let edits = self.edits.get(path);
        if let Some(replaced) = edits.and_then(|edits| edits.replaced) {
            return Some(replaced.clone());
        }
        if self.depth > Value::MAX_DEPTH {
            return None;
        }
        self.depth += 1;
        let made = match value {
            Value::Map(map) => self.map(path, map, edits),
            Value::List(items) => self.list(path, items, edits),
            Value::Tagged(tagged) => {
                let mut tagged = tagged.clone();
                self.value(path, &tagged.value).map(|value| {
                    tagged.value = value;
                    Value::Tagged(tagged)
                })
            }
            other => Some(other.clone()),
        };
        self.depth -= 1;
        made
    }

    fn comes(&mut self, new: &New<'_>) -> Option<Value> {
        match new {
            New::Value(value) => Some((*value).clone()),
            New::From(from) => {
                self.moved.insert(from.clone());
                self.value(from, self.content.at(from)?)
            }
        }
    }

    fn stays(&self, path: &Path) -> bool {
        self.edits.get(path).is_none_or(|edits| !edits.is_removed)
    }

    fn map(&mut self, path: &Path, map: &Map, edits: Option<&Edits<'_>>) -> Option<Value> {
        let mut made = Map::new();
        for (key, value) in map {
            let at = path.join(Step::Key(key.clone()));
            if self.stays(&at) {
                made.insert(key.clone(), self.value(&at, value)?);
            }
        }
        for (key, new) in edits.into_iter().flat_map(|edits| &edits.entries) {
            made.insert(key.clone(), self.comes(new)?);
        }
        Some(Value::Map(made))
    }

    fn list(&mut self, path: &Path, items: &[Value], edits: Option<&Edits<'_>>) -> Option<Value> {
        let mut coming: Vec<_> = edits.into_iter().flat_map(|edits| &edits.items).collect();
        coming.sort_by_key(|(follows, index, _)| (*follows, *index));
        let mut coming = coming.into_iter().peekable();
        let mut made = Vec::new();
        for at in 0..=items.len() {
            while let Some((_, _, new)) = coming.next_if(|(follows, ..)| follows.is_none_or(|it| it < at)) {
                made.push(self.comes(new)?);
            }
            let Some(item) = items.get(at) else { break };
            let here = path.join(Step::Index(at));
            if self.stays(&here) {
                made.push(self.value(&here, item)?);
            }
        }
        Some(Value::List(made))
    }
}
