//! Which children of two lists or maps belong together.

use std::cell::Cell;

use super::hash::{Hashes, hash_text};
use super::lookup::NONE;
use crate::model::tree::{NodeId, SourceScope, Tree};
use crate::model::value::Kind;

/// A tree and the hashes of its nodes.
#[derive(Clone, Copy)]
pub(super) struct Hashed<'a> {
    pub(super) tree: &'a Tree,
    pub(super) hashes: &'a Hashes<'a>,
}

impl Hashed<'_> {
    #[inline]
    pub(super) fn hash(&self, id: NodeId) -> u128 {
        self.hashes.of(id)
    }

    /// The same for an item that is looked at in passing: where it is a leaf, its hash is not kept, for leaves lie far
    /// apart, and keeping would cost more memory than it saves work.
    #[inline]
    pub(super) fn hash_in_passing(&self, id: NodeId) -> u128 {
        self.hashes.of_leaf(id)
    }

    /// The source of a node; empty where there is none.
    #[inline]
    pub(super) fn source(&self, id: NodeId) -> &str {
        self.tree.source().get(self.tree.span(id).range()).unwrap_or_default()
    }

    /// How many bytes stand before a node on its line; `None` where that are many.
    fn column(&self, id: NodeId) -> Option<usize> {
        let start = self.tree.span(id).range().start;
        let before = self.tree.source().as_bytes().get(start.saturating_sub(MOST_COLUMNS)..start)?;
        match before.iter().rev().position(|&byte| byte == b'\n') {
            None if before.len() < start => None,
            None => Some(start),
            column => column,
        }
    }
}

/// What pairing reads.
pub(super) struct Context<'a> {
    pub(super) old: Hashed<'a>,
    pub(super) new: Hashed<'a>,
    /// How many bytes of source may still be compared: then hashes are, so that the whole stays linear at any depth.
    source_left: Cell<usize>,
    /// Whether equal sources are equal content only where they begin in the same column.
    column_counts: bool,
}

/// How far to the right a column is told from another.
const MOST_COLUMNS: usize = 256;

/// How many times each byte of the sources may be compared.
const SOURCE_LOOKS: usize = 8;

impl<'a> Context<'a> {
    pub(super) fn new(old: &'a Hashes<'a>, new: &'a Hashes<'a>) -> Self {
        let (old, new) = (Hashed { tree: old.tree, hashes: old }, Hashed { tree: new.tree, hashes: new });
        let scope = old.tree.source_scope();
        let says_all = scope == new.tree.source_scope() && scope != SourceScope::Document;
        let bytes = old.tree.source().len() + new.tree.source().len();
        let source_left = Cell::new(if says_all { bytes * SOURCE_LOOKS } else { 0 });
        Self { old, new, source_left, column_counts: scope == SourceScope::Column }
    }

    /// Whether two subtrees are equal content.
    pub(super) fn same(&self, old: NodeId, new: NodeId) -> bool {
        self.same_source(old, new) || self.old.hash(old) == self.new.hash(new)
    }

    /// Whether two subtrees have the same source, and so equal content and layout.
    pub(super) fn same_source(&self, old: NodeId, new: NodeId) -> bool {
        let (a, b) = (self.old.source(old), self.new.source(new));
        a.len() == b.len()
            && self.can_read(a.len())
            && a == b
            && !(self.column_counts && self.may_differ_by_column(old, new))
    }

    /// A hash of the source of an old node: the same as that of a new one where [`same_source`](Self::same_source)
    /// holds, and else as good as never.
    pub(super) fn old_source_hash(&self, old: NodeId) -> u128 {
        self.source_hash(self.old, old).unwrap_or(0)
    }

    /// A hash of the source of a new node, as [`old_source_hash`](Self::old_source_hash) is.
    pub(super) fn new_source_hash(&self, new: NodeId) -> u128 {
        self.source_hash(self.new, new).unwrap_or(1)
    }

    fn source_hash(&self, side: Hashed<'_>, id: NodeId) -> Option<u128> {
        let source = side.source(id);
        let hash = hash_text(source);
        if !self.column_counts || !source.contains('\n') {
            return Some(hash);
        }
        Some(hash.rotate_left(64).wrapping_add(side.column(id)? as u128))
    }

    /// Whether what stands on several lines begins in different columns, or so far to the right that nobody looks.
    fn may_differ_by_column(&self, old: NodeId, new: NodeId) -> bool {
        if !self.old.source(old).contains('\n') {
            return false;
        }
        let column = self.old.column(old);
        column.is_none() || column != self.new.column(new)
    }

    /// Whether sources may be looked at, so many bytes; they say nothing of content in some formats.
    pub(super) fn can_read(&self, bytes: usize) -> bool {
        let left = self.source_left.get().saturating_sub(bytes);
        self.source_left.set(left);
        left > 0
    }

    pub(super) fn same_kind(&self, old: NodeId, new: NodeId) -> bool {
        self.old.tree.kind(old) == self.new.tree.kind(new) && self.old.tree.tag(old) == self.new.tree.tag(new)
    }
}

/// The children of two nodes and who became whom.
#[derive(Default)]
pub(super) struct Pairing {
    pub(super) old: Vec<NodeId>,
    pub(super) new: Vec<NodeId>,
    /// For each old child the index of the new one, [`NONE`], or [`SKIP`].
    pub(super) to_new: Vec<u32>,
    /// For each new child the index of the old one, [`NONE`], or [`SKIP`].
    pub(super) to_old: Vec<u32>,
    /// The new children that were moved or renamed, where there are any.
    pub(super) moved: Vec<bool>,
    /// The new children whose partners have the same source, where that is known.
    pub(super) alike: Vec<bool>,
}

/// A further copy in a set: it is not there, as it were.
pub(super) const SKIP: u32 = u32::MAX - 1;

impl Pairing {
    /// Begins anew with the children of two nodes, none of which has a partner.
    pub(super) fn begin(&mut self, ctx: &Context<'_>, old: NodeId, new: NodeId) {
        self.old.clear();
        self.old.extend(ctx.old.tree.children(old));
        self.new.clear();
        self.new.extend(ctx.new.tree.children(new));
        self.to_new.clear();
        self.to_new.resize(self.old.len(), NONE);
        self.to_old.clear();
        self.to_old.resize(self.new.len(), NONE);
        self.moved.clear();
        self.alike.clear();
    }

    pub(super) fn join(&mut self, old: usize, new: usize) {
        self.to_new[old] = new as u32;
        self.to_old[new] = old as u32;
    }

    /// Notes that all pairs so far have the same source.
    pub(super) fn all_alike(&mut self) {
        self.alike.clear();
        self.alike.extend(self.to_old.iter().map(|&old| old != NONE));
    }

    pub(super) fn is_alike(&self, new: usize) -> bool {
        self.alike.get(new).copied().unwrap_or(false)
    }

    pub(super) fn mark_moved(&mut self, new: usize) {
        if self.moved.is_empty() {
            self.moved.resize(self.new.len(), false);
        }
        self.moved[new] = true;
    }

    pub(super) fn is_moved(&self, new: usize) -> bool {
        self.moved.get(new).copied().unwrap_or(false)
    }

    /// Whether every child has a partner.
    pub(super) fn is_complete(&self) -> bool {
        !self.to_new.contains(&NONE) && !self.to_old.contains(&NONE)
    }

    /// The old children without a partner.
    pub(super) fn left_old(&self) -> Vec<usize> {
        left(&self.to_new)
    }

    /// The new children without a partner.
    pub(super) fn left_new(&self) -> Vec<usize> {
        left(&self.to_old)
    }

    /// The partners in the order of the new children: old index, new index.
    pub(super) fn partners(&self) -> impl Iterator<Item = (u32, u32)> {
        let partners = self.to_old.iter().enumerate();
        partners.filter(|(_, old)| **old < SKIP).map(|(new, &old)| (old, new as u32))
    }
}

fn left(partners: &[u32]) -> Vec<usize> {
    let mut left = Vec::with_capacity(partners.iter().filter(|partner| **partner == NONE).count());
    left.extend(partners.iter().enumerate().filter(|(_, partner)| **partner == NONE).map(|(at, _)| at));
    left
}

/// Whether a subtree is enough to be known again elsewhere: small scalars are not.
pub(super) fn is_sizeable(side: Hashed<'_>, id: NodeId) -> bool {
    match side.tree.kind(id) {
        Kind::List | Kind::Map => side.tree.subtree_len(id) >= 3,
        Kind::String => side.tree.text(id).len() >= 16,
        _ => false,
    }
}

/// Whether a node holds others.
pub(super) fn is_container(side: Hashed<'_>, id: NodeId) -> bool {
    matches!(side.tree.kind(id), Kind::List | Kind::Map)
}

/// Marks the items that stay where others move, given each's index before and now, by the latter. `n log n`.
///
/// They are a longest rising run of those that go with every item whose index is the same: so none of these is said to
/// have moved from an index to itself.
pub(super) fn staying(partners: impl IntoIterator<Item = (u32, u32)>) -> Vec<bool> {
    let partners: Vec<(u32, u32)> = partners.into_iter().collect();
    let fixed: Vec<u32> = partners.iter().filter(|(old, new)| old == new).map(|(old, _)| *old).collect();
    let before = |index: u32| fixed.partition_point(|&fixed| fixed < index);
    let fits: Vec<bool> = partners.iter().map(|&(old, new)| before(old) == before(new)).collect();
    let fitting = partners.iter().zip(&fits).filter(|(_, fits)| **fits).map(|((old, _), _)| *old);
    let mut rising = longest_rising(fitting).into_iter();
    fits.into_iter().map(|fits| fits && rising.next().unwrap_or(false)).collect()
}

/// Marks a longest rising subsequence of distinct numbers. `n log n`.
pub(super) fn longest_rising(numbers: impl IntoIterator<Item = u32>) -> Vec<bool> {
    let numbers: Vec<u32> = numbers.into_iter().collect();
    // For each length the position of the smallest number that ends a rising run of it.
    let mut ends: Vec<usize> = Vec::new();
    let mut before = vec![usize::MAX; numbers.len()];
    for (at, &number) in numbers.iter().enumerate() {
        let length = ends.partition_point(|&end| numbers[end] < number);
        if length > 0 {
            before[at] = ends[length - 1];
        }
        if length == ends.len() {
            ends.push(at);
        } else {
            ends[length] = at;
        }
    }
    let mut kept = vec![false; numbers.len()];
    let mut at = ends.last().copied().unwrap_or(usize::MAX);
    while at != usize::MAX {
        kept[at] = true;
        at = before[at];
    }
    kept
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_at_the_same_index_stays() {
        let stays = |olds: &[u32]| staying(olds.iter().copied().zip(0..));
        assert_eq!(stays(&[]), [false; 0]);
        assert_eq!(stays(&[2, 1, 0]), [false, true, false]);
        assert_eq!(stays(&[1, 2, 0]), [true, true, false]);
        assert_eq!(stays(&[3, 4, 2, 0, 1]), [false, false, true, false, false]);
        assert_eq!(stays(&[1, 0, 2, 4, 3]), [false, true, true, false, true]);
        for olds in [[0, 3, 2, 1, 4], [4, 0, 1, 3, 2], [2, 3, 0, 1, 4]] {
            let moved = stays(&olds).into_iter().zip(olds).zip(0..).filter(|((stays, _), _)| !stays);
            assert!(moved.into_iter().all(|((_, old), new)| old != new), "{olds:?}");
        }
    }

    #[test]
    fn the_longest_rising_run_is_kept() {
        let kept = |numbers: &[u32]| longest_rising(numbers.iter().copied());
        assert_eq!(kept(&[]), [false; 0]);
        assert_eq!(kept(&[0, 1, 2]), [true; 3]);
        assert_eq!(kept(&[2, 0, 1]), [false, true, true]);
        assert_eq!(kept(&[1, 2, 3, 0]), [true, true, true, false]);
    }
}
