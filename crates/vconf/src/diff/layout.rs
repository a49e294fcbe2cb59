//! What differs in the sources where the content does not.

use super::change::Diff;
use super::hash::hash_text;
use super::lookup::HashIndex;
use super::sequence::in_order;
use crate::model::tree::{NodeId, Span, Tree};
use crate::model::value::{Kind, Map, Value};

/// What differs between two sources beside the content.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Layout {
    /// How many comments were added.
    pub comments_added: usize,
    /// How many comments were removed.
    pub comments_removed: usize,
    /// How many comments were edited.
    pub comments_edited: usize,
    /// How many maps have equal entries in another order.
    pub key_order: usize,
    /// How many lists have their items in another order.
    pub list_order: usize,
    /// How many equal keys and scalars are spelled in another way: quotes, `1` and `1.0`.
    pub spelling: usize,
    /// Whether white space differs where nothing else does.
    pub whitespace: bool,
    /// The first of what was counted, at most [`Layout::MAX_ITEMS`].
    pub items: Vec<LayoutItem>,
}

/// One difference of layout.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct LayoutItem {
    /// Of which kind.
    pub kind: LayoutKind,
    /// Where in the old source; nothing for a comment that was added.
    pub old: Option<Span>,
    /// Where in the new source; nothing for a comment that was removed.
    pub new: Option<Span>,
}

/// The kinds of [`LayoutItem`].
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum LayoutKind {
    /// A comment.
    Comment,
    /// The order of a map's keys.
    KeyOrder,
    /// The order of a list's items.
    ListOrder,
    /// The spelling of a key or a scalar.
    Spelling,
}

impl Layout {
    /// How many differences are listed.
    pub const MAX_ITEMS: usize = 1000;

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.kinds().is_empty()
    }

    /// How many comments differ.
    pub fn comments(&self) -> usize {
        self.comments_added + self.comments_removed + self.comments_edited
    }

    /// The kinds of difference there are, as people are told them.
    pub fn kinds(&self) -> Vec<&'static str> {
        let kinds = [
            (self.comments() > 0, "comments"),
            (self.key_order > 0, "key order"),
            (self.list_order > 0, "list order"),
            (self.spelling > 0, "spelling"),
            (self.whitespace, "whitespace"),
        ];
        kinds.into_iter().filter(|(is, _)| *is).map(|(_, name)| name).collect()
    }

    /// Writes the counts as content.
    pub fn to_value(&self) -> Value {
        let comments = [
            ("added", self.comments_added),
            ("removed", self.comments_removed),
            ("edited", self.comments_edited),
        ];
        let mut map = Map::new();
        map.insert("comments".to_owned(), Value::map(comments));
        for (key, count) in
            [("key_order", self.key_order), ("list_order", self.list_order), ("spelling", self.spelling)]
        {
            map.insert(key.to_owned(), count.into());
        }
        map.insert("whitespace".to_owned(), self.whitespace.into());
        Value::Map(map)
    }

    fn note(&mut self, kind: LayoutKind, old: Option<Span>, new: Option<Span>) {
        if self.items.len() < Self::MAX_ITEMS {
            self.items.push(LayoutItem { kind, old, new });
        }
    }
}

impl Diff<'_> {
    /// Compares the layout of the two sources. Linear; nothing is found where a tree has no source.
    pub fn layout(&self) -> Layout {
        let mut layout = Layout::default();
        for list in &self.reordered {
            let pair = self.pairs[list.pair as usize];
            layout.list_order += 1;
            layout.note(LayoutKind::ListOrder, Some(self.old.span(pair.old)), Some(self.new.span(pair.new)));
        }
        if self.old.source().is_empty()
            || self.new.source().is_empty()
            || self.old.source() == self.new.source()
        {
            return layout;
        }
        self.compare_comments(&mut layout);
        let mut whitespace = false;
        for pair in &self.pairs {
            self.compare_keys(&mut layout, pair.old, pair.new);
        }
        for &(old, new) in &self.equal {
            whitespace |= self.compare_equal(&mut layout, old, new);
        }
        let told = self.is_equal() && layout.kinds().is_empty();
        layout.whitespace = whitespace || told;
        layout
    }

    /// Compares the spelling of what has equal content; tells whether only white space can differ in it.
    fn compare_equal(&self, layout: &mut Layout, old: NodeId, new: NodeId) -> bool {
        let source = |tree: &Tree, span: Span| tree.source().get(span.range()).map(str::to_owned);
        let same_source =
            |old: Span, new: Span| self.old.source().get(old.range()) == self.new.source().get(new.range());
        if self.key_differs(old, new) {
            layout.spelling += 1;
            layout.note(LayoutKind::Spelling, Some(self.old.key_span(old)), Some(self.new.key_span(new)));
        }
        if same_source(self.old.span(old), self.new.span(new)) {
            return false;
        }
        let before = (layout.spelling, layout.key_order);
        let mut open = vec![(old, new)];
        while let Some((old, new)) = open.pop() {
            match self.new.kind(new) {
                Kind::Map => {
                    let old_children: Vec<_> = self.old.children(old).collect();
                    self.compare_keys(layout, old, new);
                    let mut by_key = None;
                    for (at, n) in self.new.children(new).enumerate() {
                        let key = self.new.key(n);
                        let near = old_children.get(at).copied().filter(|&o| self.old.key(o) == key);
                        let o = near.or_else(|| {
                            let by_key = by_key.get_or_insert_with(|| {
                                let keys = old_children.iter().map(|&o| (self.old.key(o), o));
                                keys.collect::<std::collections::HashMap<_, _>>()
                            });
                            by_key.get(&key).copied()
                        });
                        if let Some(o) = o {
                            if self.key_differs(o, n) {
                                layout.spelling += 1;
                                let spans = (self.old.key_span(o), self.new.key_span(n));
                                layout.note(LayoutKind::Spelling, Some(spans.0), Some(spans.1));
                            }
                            open.push((o, n));
                        }
                    }
                }
                Kind::List => {
                    let olds: Vec<_> = self.old.children(old).collect();
                    let mut index = HashIndex::new(olds.iter().map(|o| self.old_hashes[o.index()]));
                    for n in self.new.children(new) {
                        if let Some(o) = index.take(self.new_hashes[n.index()]) {
                            open.push((olds[o as usize], n));
                        }
                    }
                }
                _ => {
                    let (old, new) = (self.old.span(old), self.new.span(new));
                    if !old.is_empty() && !new.is_empty() && source(self.old, old) != source(self.new, new) {
                        layout.spelling += 1;
                        layout.note(LayoutKind::Spelling, Some(old), Some(new));
                    }
                }
            }
        }
        let comment_within = |tree: &Tree, span: Span| {
            let first = tree.comments().partition_point(|comment| comment.start < span.start);
            tree.comments().get(first).is_some_and(|comment| comment.start < span.end)
        };
        let comments =
            comment_within(self.old, self.old.span(old)) || comment_within(self.new, self.new.span(new));
        before == (layout.spelling, layout.key_order) && layout.list_order == 0 && !comments
    }

    fn key_differs(&self, old: NodeId, new: NodeId) -> bool {
        let (old_span, new_span) = (self.old.key_span(old), self.new.key_span(new));
        let same_key = self.old.key(old) == self.new.key(new);
        same_key
            && !old_span.is_empty()
            && !new_span.is_empty()
            && self.old.source().get(old_span.range()) != self.new.source().get(new_span.range())
    }

    /// Notes a map whose common keys stand in another order.
    fn compare_keys(&self, layout: &mut Layout, old: NodeId, new: NodeId) {
        if self.new.kind(new) != Kind::Map {
            return;
        }
        let olds: Vec<_> = self.old.children(old).map(|child| self.old.key(child)).collect();
        let news: Vec<_> = self.new.children(new).map(|child| self.new.key(child)).collect();
        if olds == news {
            return;
        }
        let places: std::collections::HashMap<_, _> = olds.into_iter().zip(0_usize..).collect();
        let common = news.into_iter().filter_map(|key| places.get(&key));
        if !common.is_sorted() {
            layout.key_order += 1;
            layout.note(LayoutKind::KeyOrder, Some(self.old.span(old)), Some(self.new.span(new)));
        }
    }

    fn compare_comments(&self, layout: &mut Layout) {
        let hashes = |tree: &Tree| -> Vec<u128> {
            tree.comments().iter().map(|span| hash_text(tree.source()[span.range()].trim_end())).collect()
        };
        let (old, new) = (hashes(self.old), hashes(self.new));
        let (mut old_at, mut new_at) = (0, 0);
        let ends = std::iter::once((old.len(), new.len()));
        for (o, n) in in_order(&old, &new).into_iter().chain(ends) {
            let (removed, added) = (o - old_at, n - new_at);
            let edited = removed.min(added);
            layout.comments_edited += edited;
            layout.comments_removed += removed - edited;
            layout.comments_added += added - edited;
            for at in 0..removed.max(added) {
                let old = self.old.comments()[old_at..o].get(at).copied();
                let new = self.new.comments()[new_at..n].get(at).copied();
                layout.note(LayoutKind::Comment, old, new);
            }
            (old_at, new_at) = (o + 1, n + 1);
        }
    }
}
