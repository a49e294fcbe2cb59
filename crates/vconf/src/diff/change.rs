//! The answer of a comparison: changes, and where they are.

use std::fmt;

use super::identity::Identity;
use super::note::{self, Note};
use super::pairing::staying;
use crate::model::path::{Path, Step};
use crate::model::tree::{NodeId, Tree};
use crate::model::value::Kind;

/// The difference between two trees.
///
/// Holds places in the two trees, no copies of them; what is costly (paths, values, layout) is made when asked for.
pub struct Diff<'a> {
    pub(super) old: &'a Tree,
    pub(super) new: &'a Tree,
    pub(super) old_hashes: Vec<u128>,
    pub(super) new_hashes: Vec<u128>,
    pub(super) changes: Vec<Change>,
    pub(super) reordered: Vec<Reordered>,
    pub(super) pairs: Vec<Pair>,
    /// The topmost pairs of equal content.
    pub(super) equal: Vec<(NodeId, NodeId)>,
    /// How the items of the list of a pair are told apart, by the pair's number, rising.
    pub(super) identities: Vec<(u32, Identity)>,
}

/// One edit.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Change {
    /// What was done.
    pub op: Op,
    /// The node in the old tree, but for an addition.
    pub old: Option<NodeId>,
    /// The node in the new tree, but for a removal.
    pub new: Option<NodeId>,
    /// For an item that a list without order has several times: how many equal ones it had and has.
    pub copies: Option<(u32, u32)>,
    pub(super) old_at: Place,
    pub(super) new_at: Place,
}

/// What an edit does.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Op {
    /// There is something where nothing was.
    Add,
    /// There is nothing where something was.
    Remove,
    /// Another value is in its place.
    Replace,
    /// The same stands elsewhere: under another parent, or at another place of an ordered list.
    Move,
    /// The same stands in the same map under another key. Edits within are changes of their own.
    Rename,
}

impl Op {
    /// The name in JSON.
    pub fn name(self) -> &'static str {
        match self {
            Self::Add => "add",
            Self::Remove => "remove",
            Self::Replace => "replace",
            Self::Move => "move",
            Self::Rename => "rename",
        }
    }
}

/// A list whose items stand in another order, which is no change of content.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Reordered {
    pub(super) pair: u32,
    /// The items that it had before and has now: each's index before and now, by the latter.
    pub(super) partners: Vec<(u32, u32)>,
}

impl Reordered {
    /// How many items the list had before and has now.
    pub fn items(&self) -> usize {
        self.partners.len()
    }

    /// The items that moved, as few as explain the order where what has its index still stays: each's index before and
    /// now, by the latter.
    ///
    /// `n log n` in the items.
    pub fn moved(&self) -> Vec<(u32, u32)> {
        let stays = staying(self.partners.iter().copied());
        self.partners.iter().zip(stays).filter(|(_, stays)| !stays).map(|(partner, _)| *partner).collect()
    }
}

/// A node's parent and the place there: the parent's pair, or [`Place::NO_PARENT`], and the index among its children.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct Place {
    pub(super) parent: u32,
    pub(super) index: u32,
}

impl Place {
    pub(super) const NO_PARENT: u32 = u32::MAX;
    pub(super) const ROOT: Self = Self { parent: Self::NO_PARENT, index: 0 };
}

/// A list or map of the old tree and the one of the new tree that it became.
#[derive(Clone, Copy, Debug)]
pub(super) struct Pair {
    pub(super) old: NodeId,
    pub(super) new: NodeId,
    pub(super) old_at: Place,
    pub(super) new_at: Place,
}

#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub(super) enum Side {
    Old,
    New,
}

impl<'a> Diff<'a> {
    /// Whether both mean the same under the options they were compared by.
    pub fn is_equal(&self) -> bool {
        self.changes.is_empty()
    }

    /// The edits, in the order of the documents.
    pub fn changes(&self) -> &[Change] {
        &self.changes
    }

    /// The lists in which items only moved.
    pub fn reordered(&self) -> &[Reordered] {
        &self.reordered
    }

    /// The tree that was compared.
    pub fn old_tree(&self) -> &'a Tree {
        self.old
    }

    /// The tree that it was compared with.
    pub fn new_tree(&self) -> &'a Tree {
        self.new
    }

    /// The path of a change: in the new tree for an addition, a move or a rename, in the old tree for all else.
    pub fn path(&self, change: &Change) -> Path {
        match change.op {
            Op::Add | Op::Move | Op::Rename => self.new_path(change),
            Op::Remove | Op::Replace => self.old_path(change),
        }
    }

    /// The path in the old tree: where the node was; for an addition, one that has no meaning.
    pub fn old_path(&self, change: &Change) -> Path {
        self.path_of(Side::Old, change.old, change.old_at)
    }

    /// The path in the new tree: where the node is; for a removal, one that has no meaning.
    pub fn new_path(&self, change: &Change) -> Path {
        self.path_of(Side::New, change.new, change.new_at)
    }

    /// The path of a reordered list in the old tree and in the new one.
    pub fn reordered_paths(&self, reordered: &Reordered) -> (Path, Path) {
        let pair = self.pairs[reordered.pair as usize];
        (
            self.path_of(Side::Old, Some(pair.old), pair.old_at),
            self.path_of(Side::New, Some(pair.new), pair.new_at),
        )
    }

    /// The path that people are shown: of the old tree for a removal, of the new tree for all else.
    pub fn people_path(&self, change: &Change) -> PeoplePath {
        match change.op {
            Op::Remove => self.people_path_of(Side::Old, change.old, change.old_at),
            _ => self.people_path_of(Side::New, change.new, change.new_at),
        }
    }

    /// The node whose step is the first one of [`people_path`](Self::people_path), and on which side it is; `None` for
    /// the root. No text is made for it.
    pub(super) fn first_node(&self, change: &Change) -> Option<(Side, NodeId)> {
        let (side, node, place) = match change.op {
            Op::Remove => (Side::Old, change.old?, change.old_at),
            _ => (Side::New, change.new?, change.new_at),
        };
        let above =
            self.chain(side, place).map(|(_, pair)| if side == Side::Old { pair.old } else { pair.new });
        let mut nodes: Vec<_> = std::iter::once(node).chain(above).collect();
        nodes.pop()?;
        nodes.pop().map(|node| (side, node))
    }

    /// The path that people are shown for where a moved or renamed node was.
    pub fn people_path_before(&self, change: &Change) -> PeoplePath {
        self.people_path_of(Side::Old, change.old, change.old_at)
    }

    /// The path that people are shown for a reordered list.
    pub fn people_path_of_list(&self, reordered: &Reordered) -> PeoplePath {
        let pair = self.pairs[reordered.pair as usize];
        self.people_path_of(Side::New, Some(pair.new), pair.new_at)
    }

    /// The kinds before and now, where a replacement changes the kind.
    pub fn kind_change(&self, change: &Change) -> Option<(Kind, Kind)> {
        let (old, new) = (self.old.kind(change.old?), self.new.kind(change.new?));
        (change.op == Op::Replace && old != new).then_some((old, new))
    }

    /// How many items the innermost list around a change has now, where there is one.
    pub fn items_around(&self, change: &Change) -> Option<usize> {
        let mut list = self.chain(Side::New, change.new_at).map(|(_, pair)| pair.new);
        let list = list.find(|&node| self.new.kind(node) == Kind::List)?;
        Some(self.new.children(list).count())
    }

    /// What kind of difference two strings have, where it is easily overlooked.
    pub fn note(&self, change: &Change) -> Option<Note> {
        let (old, new) = (change.old?, change.new?);
        let strings = self.old.kind(old) == Kind::String && self.new.kind(new) == Kind::String;
        (change.op == Op::Replace && strings).then(|| note::of(self.old.text(old), self.new.text(new)))?
    }

    /// Whether the path of a change has more steps than that; costs no more than that.
    pub fn is_deeper_than(&self, change: &Change, steps: usize) -> bool {
        self.depth(change, steps.saturating_add(1)) > steps
    }

    /// How many steps the path of a change has, counted up to a limit.
    pub(super) fn depth(&self, change: &Change, limit: usize) -> usize {
        match change.op {
            Op::Add => self.chain(Side::New, change.new_at).take(limit).count(),
            _ => self.chain(Side::Old, change.old_at).take(limit).count(),
        }
    }

    fn tree(&self, side: Side) -> &'a Tree {
        match side {
            Side::Old => self.old,
            Side::New => self.new,
        }
    }

    /// The places on the way from a place up to the root, each with the pair above it.
    fn chain(&self, side: Side, place: Place) -> impl Iterator<Item = (Place, Pair)> {
        let mut next = place;
        std::iter::from_fn(move || {
            if next.parent == Place::NO_PARENT {
                return None;
            }
            let (here, pair) = (next, self.pairs[next.parent as usize]);
            next = match side {
                Side::Old => pair.old_at,
                Side::New => pair.new_at,
            };
            Some((here, pair))
        })
    }

    pub(super) fn path_of(&self, side: Side, node: Option<NodeId>, place: Place) -> Path {
        let Some(mut node) = node else { return Path::root() };
        let tree = self.tree(side);
        let mut steps = Vec::new();
        for (place, pair) in self.chain(side, place) {
            steps.push(match tree.key(node) {
                Some(key) => Step::Key(key.to_owned()),
                None => Step::Index(place.index as usize),
            });
            node = if side == Side::Old { pair.old } else { pair.new };
        }
        steps.reverse();
        Path(steps)
    }

    fn people_path_of(&self, side: Side, node: Option<NodeId>, place: Place) -> PeoplePath {
        let Some(mut node) = node else { return PeoplePath::default() };
        let tree = self.tree(side);
        let mut crumbs = Vec::new();
        for (place, pair) in self.chain(side, place) {
            crumbs.push(match tree.key(node) {
                Some(key) => Crumb::of_key(tree, key),
                None => self.item_crumb(tree, node, place),
            });
            node = if side == Side::Old { pair.old } else { pair.new };
        }
        crumbs.reverse();
        PeoplePath(crumbs)
    }

    fn item_crumb(&self, tree: &Tree, item: NodeId, place: Place) -> Crumb {
        let identity = self.identities.binary_search_by_key(&place.parent, |(pair, _)| *pair);
        let named = identity.ok().and_then(|at| self.identities[at].1.display(tree, item));
        named.map_or(Crumb::Index(place.index as usize), Crumb::Item)
    }
}

/// A path as people are shown it: `containers[name=app].image`.
///
/// Keys that are no plain words stand in quotes; the empty path is `(root)`.
#[derive(Clone, PartialEq, Eq, Hash, Debug, Default)]
pub struct PeoplePath(pub Vec<Crumb>);

/// One step of a [`PeoplePath`].
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub enum Crumb {
    /// A key of a map.
    Key(String),
    /// A key of a map of texts alone, as a properties file is one, which is told as it stands there.
    Name(String),
    /// An index of a list.
    Index(usize),
    /// An item of a list by the fields that tell it apart, each with its value.
    Item(Vec<(String, String)>),
}

impl Crumb {
    /// The crumb of a key in a tree: where the format has no types and hardly levels, a key needs no quotes for its dots.
    pub fn of_key(tree: &Tree, key: &str) -> Self {
        let is_plain = || !key.is_empty() && key.trim() == key && key != "(root)" && !key.contains(is_unsafe);
        match !tree.has_types() && is_plain() {
            true => Self::Name(key.to_owned()),
            false => Self::Key(key.to_owned()),
        }
    }

    /// Whether it is a key, and not an item of a list.
    pub fn is_key(&self) -> bool {
        matches!(self, Self::Key(_) | Self::Name(_))
    }
}

impl PeoplePath {
    /// The path with a last part of `self` left out: what is below the first `steps` steps.
    pub fn below(&self, steps: usize) -> PeoplePath {
        Self(self.0.get(steps..).unwrap_or_default().to_vec())
    }
}

impl fmt::Display for PeoplePath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.0.is_empty() {
            return f.write_str("(root)");
        }
        for (at, crumb) in self.0.iter().enumerate() {
            if at > 0 && crumb.is_key() {
                f.write_str(".")?;
            }
            crumb.fmt(f)?;
        }
        Ok(())
    }
}

impl fmt::Display for Crumb {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Key(key) if is_plain_key(key) => f.write_str(key),
            Self::Name(name) => f.write_str(name),
            Self::Key(key) => write!(f, "\"{}\"", escape(key)),
            Self::Index(index) => write!(f, "[{index}]"),
            Self::Item(fields) => {
                f.write_str("[")?;
                for (at, (field, value)) in fields.iter().enumerate() {
                    let comma = if at > 0 { "," } else { "" };
                    if is_plain_value(value) {
                        write!(f, "{comma}{field}={value}")?;
                    } else {
                        write!(f, "{comma}{field}=\"{}\"", escape(value))?;
                    }
                }
                f.write_str("]")
            }
        }
    }
}

/// Writes a text so that it is one line and can do nothing to a terminal.
pub fn escape(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '"' | '\\' => escaped.extend(['\\', c]),
            c if is_unsafe(c) => escaped.extend(c.escape_debug()),
            c => escaped.push(c),
        }
    }
    escaped
}

/// Whether a character does something rather than show something: controls, and marks that turn or hide text.
pub fn is_unsafe(c: char) -> bool {
    c.is_control()
        || matches!(c, '\u{ad}' | '\u{61c}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}'
            | '\u{2060}'..='\u{206f}' | '\u{feff}' | '\u{fff9}'..='\u{fffb}' | '\u{e0000}'..='\u{e007f}')
}

fn is_plain_key(key: &str) -> bool {
    !key.is_empty()
        && key != "(root)"
        && !key.contains(|c: char| is_unsafe(c) || c.is_whitespace() || ".[]\"'=".contains(c))
}

fn is_plain_value(value: &str) -> bool {
    !value.is_empty() && !value.contains(|c: char| is_unsafe(c) || c.is_whitespace() || "[]\"',=".contains(c))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_for_people_quotes_what_is_no_plain_word() {
        let path = |crumbs: &[Crumb]| PeoplePath(crumbs.to_vec()).to_string();
        let key = |key: &str| Crumb::Key(key.to_owned());
        let item = |field: &str, value: &str| Crumb::Item(vec![(field.to_owned(), value.to_owned())]);
        assert_eq!(path(&[]), "(root)");
        assert_eq!(path(&[key("")]), "\"\"");
        assert_eq!(path(&[key("a"), Crumb::Index(0), key("b.c")]), "a[0].\"b.c\"");
        assert_eq!(path(&[key("env"), item("name", "B"), key("value")]), "env[name=B].value");
        assert_eq!(path(&[item("name", "a b")]), "[name=\"a b\"]");
        assert_eq!(path(&[key("\u{1b}[31m")]), "\"\\u{1b}[31m\"");
    }
}
