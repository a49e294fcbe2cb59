//! What differs in the sources where the content does not.

use std::collections::HashMap;

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
        let (old, new) = (self.old.source(), self.new.source());
        if old.is_empty() || new.is_empty() || old == new {
            return layout;
        }
        self.compare_comments(&mut layout);
        for pair in &self.pairs {
            self.compare_entries(&mut layout, pair.old, pair.new);
        }
        for &(old, new) in &self.equal {
            self.compare_equal(&mut layout, old, new);
        }
        layout.whitespace |= self.is_equal() && layout.kinds().is_empty();
        layout
    }

    /// Compares the layout of what has equal content.
    fn compare_equal(&self, layout: &mut Layout, old: NodeId, new: NodeId) {
        let mut open = vec![(old, new)];
        while let Some((old, new)) = open.pop() {
            let (old_span, new_span) = (self.old.span(old), self.new.span(new));
            match self.new.kind(new) {
                Kind::Map => open.extend(self.compare_entries(layout, old, new)),
                Kind::List => {
                    self.compare_gaps(layout, old, new);
                    let olds: Vec<_> = self.old.children(old).collect();
                    let mut index = HashIndex::new(olds.iter().map(|o| self.old_hashes[o.index()]));
                    for n in self.new.children(new) {
                        if let Some(o) = index.take(self.new_hashes[n.index()]) {
                            open.push((olds[o as usize], n));
                        }
                    }
                }
                _ if spelling_differs(self.source(self.old, old_span), self.source(self.new, new_span)) => {
                    layout.spelling += 1;
                    layout.note(LayoutKind::Spelling, Some(old_span), Some(new_span));
                }
                _ => {}
            }
        }
    }

    /// Compares the order, the spelling and the white space of the common entries of two maps, and returns them.
    fn compare_entries(&self, layout: &mut Layout, old: NodeId, new: NodeId) -> Vec<(NodeId, NodeId)> {
        self.compare_gaps(layout, old, new);
        if self.new.kind(new) != Kind::Map {
            return Vec::new();
        }
        let olds: Vec<_> = self.old.children(old).collect();
        let mut by_key = None;
        let mut common = Vec::new();
        let (mut last, mut in_order) = (0, true);
        for (at, n) in self.new.children(new).enumerate() {
            let key = self.new.key(n);
            let near = Some(at).filter(|&at| olds.get(at).is_some_and(|&o| self.old.key(o) == key));
            let place = near.or_else(|| {
                let by_key: &mut HashMap<_, _> = by_key.get_or_insert_with(|| {
                    olds.iter().enumerate().map(|(at, &o)| (self.old.key(o), at)).collect()
                });
                by_key.get(&key).copied()
            });
            let Some(place) = place else { continue };
            in_order &= common.is_empty() || last < place;
            last = place;
            let (old_span, new_span) = (self.old.key_span(olds[place]), self.new.key_span(n));
            if spelling_differs(self.source(self.old, old_span), self.source(self.new, new_span)) {
                layout.spelling += 1;
                layout.note(LayoutKind::Spelling, Some(old_span), Some(new_span));
            }
            common.push((olds[place], n));
        }
        if !in_order {
            layout.key_order += 1;
            layout.note(LayoutKind::KeyOrder, Some(self.old.span(old)), Some(self.new.span(new)));
        }
        common
    }

    /// Looks for white space that differs between the children of two nodes that have the same ones in one order.
    fn compare_gaps(&self, layout: &mut Layout, old: NodeId, new: NodeId) {
        if layout.whitespace {
            return;
        }
        let keys = |tree: &Tree, id: NodeId| tree.children(id).count();
        let same_keys = keys(self.old, old) == keys(self.new, new)
            && self
                .old
                .children(old)
                .zip(self.new.children(new))
                .all(|(o, n)| self.old.key(o) == self.new.key(n));
        if same_keys {
            layout.whitespace = gaps(self.old, old).zip(gaps(self.new, new)).any(|(a, b)| {
                let blank = |text: &str| text.split_whitespace().collect::<String>();
                a != b && a.is_some_and(|a| b.is_some_and(|b| blank(a) == blank(b)))
            });
        }
    }

    fn source<'t>(&self, tree: &'t Tree, span: Span) -> &'t str {
        tree.source().get(span.range()).unwrap_or_default()
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

fn spelling_differs(old: &str, new: &str) -> bool {
    !old.is_empty() && !new.is_empty() && old != new
}

/// What stands between the children of a node, and between a key and its value; none where a comment does.
fn gaps(tree: &Tree, id: NodeId) -> impl Iterator<Item = Option<&str>> {
    let start = tree.span(id).start;
    let ends = tree.children(id).scan(start, |last, child| {
        let (key, value) = (tree.key_span(child), tree.span(child));
        let before = *last;
        *last = value.end;
        let first = if key.is_empty() { value.start } else { key.start };
        Some([(before, first), (key.end.max(first), value.start)])
    });
    ends.flatten().map(|(start, end)| {
        let comments = tree.comments();
        let next = comments.get(comments.partition_point(|comment| comment.start < start));
        let has_comment = next.is_some_and(|comment| comment.start < end);
        tree.source().get(start as usize..end as usize).filter(|_| !has_comment)
    })
}

#[cfg(test)]
mod tests {
    use crate::diff::{Options, compare};
    use crate::format::{Format, parse};

    fn kinds(format: Format, old: &str, new: &str) -> Vec<&'static str> {
        let (old, new) = (parse(format, old).unwrap(), parse(format, new).unwrap());
        compare(&old, &new, &Options::default()).layout().kinds()
    }

    #[test]
    fn each_kind_of_layout_is_told_by_itself() {
        let yaml = |old, new| kinds(Format::Yaml, old, new);
        assert_eq!(yaml("a: 1\nb: 2\n", "a: 1\nb: 2\n"), [""; 0]);
        assert_eq!(yaml("a: 1 # x\n", "a: 1 # y\n"), ["comments"]);
        assert_eq!(yaml("a: 1\nb: 2\n", "b: 2\na: 1\n"), ["key order"]);
        assert_eq!(yaml("a: x\n", "a: 'x'\n"), ["spelling"]);
        assert_eq!(yaml("a: 0x10\n", "a: 16\n"), ["spelling"]);
        assert_eq!(yaml("a: 1\n", "a:  1\n"), ["whitespace"]);
        assert_eq!(yaml("a: 1\n", "a: 1\n\n"), ["whitespace"]);
        assert_eq!(yaml("l: [1, 2]\n", "l: [2, 1]\n"), ["list order"]);
        let json = |old, new| kinds(Format::Json, old, new);
        assert_eq!(json(r#"{"a":1}"#, r#"{"\u0061": 1.0}"#), ["spelling", "whitespace"]);
        assert_eq!(json("[1,2]", "[ 2,1 ]"), ["list order", "whitespace"]);
    }

    #[test]
    fn layout_is_told_beside_changes_of_content() {
        let (old, new) = ("{\"a\":{\"b\":1,\"c\":[1]},\"d\":1}", "{\"a\":{\"b\": 1, \"c\": [1.0]},\"d\":2}");
        assert_eq!(kinds(Format::Json, old, new), ["spelling", "whitespace"]);
        assert_eq!(kinds(Format::Yaml, "# a\na: 1\n", "a: 2\n"), ["comments"]);
    }
}
