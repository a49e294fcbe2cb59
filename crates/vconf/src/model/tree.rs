//! Parsed content with its places in the source: what parsers make and comparing reads.

mod builder;
mod keys;
mod node;

use std::fmt;
use std::sync::Arc;

use super::number::Number;
use super::value::{Kind, Map, Tagged, Value};
use node::{Node, NodeKind, Rare};

pub use builder::{Text, TreeBuilder};
pub use keys::KeyId;

/// What the source of a node by itself says of its content.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum SourceScope {
    /// Not all: an alias, an anchor, or a table that is continued elsewhere may stand behind it.
    #[default]
    Document,
    /// All, where it begins in the same column: as in YAML whose structure is its indentation.
    Column,
    /// All: equal sources are equal content, as in JSON.
    Node,
}

/// Content as a flat array of nodes in document order, each with its place in the source.
///
/// The nodes of a subtree are neighbours, so that walking needs no recursion at any depth and a subtree can be
/// copied as one slice. A node takes 24 bytes: its text is a range of the source, or of the strings that had to be
/// decoded, and each distinct key is held once.
#[derive(Clone)]
pub struct Tree {
    source: Arc<String>,
    /// Strings that do not stand in the source as they are; ranges past the source's end lie here.
    decoded: String,
    nodes: Vec<Node>,
    keys: Vec<Span>,
    /// The texts of leaves that are not found from the leaf's own place.
    texts: Vec<Span>,
    /// What only few nodes have.
    rare: Vec<Rare>,
    comments: Vec<Span>,
    notices: Vec<Notice>,
    source_scope: SourceScope,
    has_types: bool,
    depth: usize,
}

/// One node of a [`Tree`]; valid for that tree only.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug)]
pub struct NodeId(u32);

impl NodeId {
    /// The node's position in document order; the root is 0.
    pub fn index(self) -> usize {
        self.0 as usize
    }
}

/// A range of bytes.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Default)]
pub struct Span {
    /// The first byte.
    pub start: u32,
    /// Past the last byte.
    pub end: u32,
}

impl Span {
    /// Makes a span. Texts are bounded far below 4 GiB by [`Tree::MAX_TEXT_BYTES`].
    pub fn new(start: usize, end: usize) -> Self {
        debug_assert!(start <= end && end <= u32::MAX as usize);
        Self { start: start as u32, end: end as u32 }
    }

    /// Whether nothing lies in it.
    pub fn is_empty(self) -> bool {
        self.start == self.end
    }

    /// The range, to slice with.
    pub fn range(self) -> std::ops::Range<usize> {
        self.start as usize..self.end as usize
    }
}

/// Something to tell about a source that was parsed all the same.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Notice {
    /// Where in the source, in bytes.
    pub span: Span,
    /// What.
    pub kind: NoticeKind,
}

/// The kinds of [`Notice`].
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum NoticeKind {
    /// The key stands here and again later in the same map; the later one counts.
    DuplicateKey(String),
}

impl fmt::Display for NoticeKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::DuplicateKey(key) => {
                write!(f, "duplicate key \"{}\" (the last one counts)", key.escape_debug())
            }
        }
    }
}

impl Tree {
    /// How long a source and its decoded strings together may be.
    pub const MAX_TEXT_BYTES: usize = 1 << 30;

    /// Whether scalars have types: in INI, `.env` and properties all are texts, and none can be taken for a number.
    pub fn has_types(&self) -> bool {
        self.has_types
    }

    /// The whole.
    pub fn root(&self) -> NodeId {
        NodeId(0)
    }

    /// How many nodes there are.
    pub fn len(&self) -> usize {
        self.nodes.len()
    }

    /// Never: there is always a root.
    pub fn is_empty(&self) -> bool {
        self.nodes.is_empty()
    }

    /// The source that was parsed; empty where the tree was made of a [`Value`].
    pub fn source(&self) -> &str {
        &self.source
    }

    /// The comments of the source, in order, each from its mark to the end of its text.
    pub fn comments(&self) -> &[Span] {
        &self.comments
    }

    /// How many lists and maps are within each other at most; 0 for a scalar.
    pub fn depth(&self) -> usize {
        self.depth
    }

    /// What the source of a node by itself says of its content.
    pub fn source_scope(&self) -> SourceScope {
        self.source_scope
    }

    /// What there is to tell about the source.
    pub fn notices(&self) -> &[Notice] {
        &self.notices
    }

    fn node(&self, id: NodeId) -> &Node {
        &self.nodes[id.index()]
    }

    fn slice(&self, span: Span) -> &str {
        slice(&self.source, &self.decoded, span)
    }

    /// The kind of a node.
    pub fn kind(&self, id: NodeId) -> Kind {
        match self.node(id).kind {
            NodeKind::Null => Kind::Null,
            NodeKind::False | NodeKind::True => Kind::Bool,
            NodeKind::Number => Kind::Number,
            NodeKind::String => Kind::String,
            NodeKind::List => Kind::List,
            NodeKind::Map => Kind::Map,
        }
    }

    /// The key under which the node stands, where its parent is a map.
    pub fn key(&self, id: NodeId) -> Option<&str> {
        self.key_id(id).map(|key| self.key_text(key))
    }

    /// The number of the node's key, where its parent is a map. Equal keys have equal numbers.
    pub fn key_id(&self, id: NodeId) -> Option<KeyId> {
        self.node(id).key()
    }

    /// A key by its number.
    pub fn key_text(&self, key: KeyId) -> &str {
        self.slice(self.keys[key.index()])
    }

    /// How many distinct keys there are. They are numbered from 0.
    pub fn key_count(&self) -> usize {
        self.keys.len()
    }

    /// All distinct keys, in the order of their numbers.
    pub fn keys(&self) -> impl ExactSizeIterator<Item = &str> {
        self.keys.iter().map(|&span| self.slice(span))
    }

    /// A boolean's value; false for all else.
    pub fn is_true(&self, id: NodeId) -> bool {
        self.node(id).kind == NodeKind::True
    }

    /// A string's content or a number's spelling (as [`Number`] takes it); empty for all else.
    pub fn text(&self, id: NodeId) -> &str {
        self.slice(self.node(id).text(&self.texts, &self.rare))
    }

    /// The resolved tag, where the node has one.
    pub fn tag(&self, id: NodeId) -> Option<&str> {
        self.node(id).tag(&self.rare).map(|tag| self.slice(tag))
    }

    /// The node's place in the source, without its key; empty where it has none.
    pub fn span(&self, id: NodeId) -> Span {
        self.node(id).span()
    }

    /// The place of the node's key in the source; empty where it has none.
    pub fn key_span(&self, id: NodeId) -> Span {
        self.node(id).key_span(&self.rare)
    }

    /// How many nodes the subtree has, the node itself counted. Its nodes are the next ones in document order.
    pub fn subtree_len(&self, id: NodeId) -> usize {
        self.node(id).size(&self.rare) as usize
    }

    /// Whether the node goes when the builder finishes the tree.
    pub(crate) fn will_go(&self, id: NodeId) -> bool {
        self.node(id).is_dropped()
    }

    /// The node at a position in document order.
    pub fn at(&self, index: usize) -> Option<NodeId> {
        (index < self.nodes.len()).then_some(NodeId(index as u32))
    }

    /// The node's children, in order.
    pub fn children(&self, id: NodeId) -> Children<'_> {
        Children { tree: self, next: id.0 + 1, end: id.0 + self.node(id).size(&self.rare) }
    }

    /// The child at a key, where the node is a map that has it. Linear in the number of children.
    pub fn child(&self, id: NodeId, key: &str) -> Option<NodeId> {
        self.children(id).find(|&child| self.key(child) == Some(key))
    }

    /// The whole content as a value.
    pub fn to_value(&self) -> Result<Value, TooDeep> {
        self.value(self.root())
    }

    /// The content of a subtree as a value, without the node's own key.
    pub fn value(&self, id: NodeId) -> Result<Value, TooDeep> {
        self.value_below(id, 0)
    }

    fn value_below(&self, id: NodeId, depth: usize) -> Result<Value, TooDeep> {
        if depth > Value::MAX_DEPTH {
            return Err(TooDeep);
        }
        let value = match self.node(id).kind {
            NodeKind::Null => Value::Null,
            NodeKind::False => Value::Bool(false),
            NodeKind::True => Value::Bool(true),
            NodeKind::Number => {
                Value::Number(Number::parse(self.text(id)).expect("the builder takes valid numbers only"))
            }
            NodeKind::String => Value::String(self.text(id).to_owned()),
            NodeKind::List => Value::List(
                self.children(id)
                    .map(|child| self.value_below(child, depth + 1))
                    .collect::<Result<_, _>>()?,
            ),
            NodeKind::Map => Value::Map(
                self.children(id)
                    .map(|child| {
                        let key = self.key(child).expect("a map's children have keys").to_owned();
                        Ok((key, self.value_below(child, depth + 1)?))
                    })
                    .collect::<Result<Map, _>>()?,
            ),
        };
        Ok(match self.tag(id) {
            Some(tag) => Value::Tagged(Box::new(Tagged { tag: tag.to_owned(), value })),
            None => value,
        })
    }

    /// Makes a tree, without a source, of a value.
    pub fn from_value(value: &Value) -> Result<Self, TooDeep> {
        let mut builder = TreeBuilder::new("");
        builder.value(value, 0)?;
        Ok(builder.finish())
    }
}

/// A range of the source and of the decoded strings that follow it.
fn slice<'a>(source: &'a str, decoded: &'a str, span: Span) -> &'a str {
    match (span.start as usize).checked_sub(source.len()) {
        Some(start) => &decoded[start..span.end as usize - source.len()],
        None => &source[span.range()],
    }
}

impl fmt::Debug for Tree {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.to_value() {
            Ok(value) => value.fmt(f),
            Err(TooDeep) => write!(f, "Tree({} nodes)", self.len()),
        }
    }
}

/// The children of a node, in order.
#[derive(Clone)]
pub struct Children<'a> {
    tree: &'a Tree,
    next: u32,
    end: u32,
}

impl Iterator for Children<'_> {
    type Item = NodeId;
    fn next(&mut self) -> Option<NodeId> {
        if self.next >= self.end {
            return None;
        }
        let id = NodeId(self.next);
        self.next += self.tree.node(id).size(&self.tree.rare);
        Some(id)
    }
}

/// Nested deeper than [`Value::MAX_DEPTH`].
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct TooDeep;

impl fmt::Display for TooDeep {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "nested deeper than {} levels", Value::MAX_DEPTH)
    }
}

impl std::error::Error for TooDeep {}

#[cfg(test)]
mod tests {
    use super::*;

    fn sample() -> Value {
        Value::map([
            ("a", Value::list([Value::from(1), Value::from("x"), Value::Null])),
            ("b", Value::map([("c", Value::from(true))])),
        ])
    }

    #[test]
    fn a_value_survives_being_a_tree() {
        assert_eq!(Tree::from_value(&sample()).unwrap().to_value().unwrap(), sample());
    }

    #[test]
    fn the_last_of_equal_keys_counts_and_the_others_are_noticed() {
        let mut builder = TreeBuilder::new("");
        builder.begin_map(0);
        for (key, number) in [("a", "1"), ("b", "2"), ("a", "3"), ("a", "4")] {
            builder.key(key.into(), Span::default());
            builder.begin_list(0);
            builder.number(number.into(), Span::default());
            builder.end(0);
        }
        builder.end(0);
        let tree = builder.finish();
        let expected = Value::map([("b", Value::list([2])), ("a", Value::list([4]))]);
        assert_eq!(tree.to_value().unwrap(), expected);
        assert_eq!(tree.notices().len(), 2);
    }

    #[test]
    fn many_keys_are_told_apart_and_found_again() {
        let keys = || (0..50_000).map(|n| format!("key {n}"));
        let mut builder = TreeBuilder::new("");
        builder.begin_list(0);
        for _ in 0..2 {
            builder.begin_map(0);
            for key in keys() {
                builder.key(key.as_str().into(), Span::default());
                builder.null(Span::default());
            }
            builder.end(0);
        }
        builder.end(0);
        let tree = builder.finish();
        assert!(tree.keys().eq(keys()));
        assert_eq!((tree.key_count(), tree.notices().len()), (50_000, 0));
    }

    #[test]
    fn a_copy_keeps_all_but_its_key_and_place() {
        let long_key = "k".repeat(70_000);
        let source = format!("{long_key}: !t [x]");
        let mut builder = TreeBuilder::new(&source);
        builder.begin_map(0);
        builder.key(Text::Source(Span::new(0, 70_000)), Span::new(0, 70_000));
        builder.tag("!t");
        let anchor = builder.next_id();
        builder.begin_list(5);
        builder.string("x".into(), Span::new(6, 7));
        builder.end(8);
        builder.key("copy".into(), Span::new(1, 2));
        builder.copy(anchor, Span::new(3, 4));
        builder.end(9);
        let tree = builder.finish();
        let [first, copy] = *tree.children(tree.root()).collect::<Vec<_>>() else { panic!() };
        assert_eq!((tree.key_span(first), tree.tag(first)), (Span::new(0, 70_000), Some("!t")));
        assert_eq!((tree.key(copy), tree.tag(copy)), (Some("copy"), Some("!t")));
        assert_eq!((tree.key_span(copy), tree.span(copy)), (Span::new(1, 2), Span::new(3, 4)));
        assert_eq!(tree.value(first), tree.value(copy));
    }

    #[test]
    fn children_are_found_without_their_descendants() {
        let tree = Tree::from_value(&sample()).unwrap();
        let keys: Vec<_> = tree.children(tree.root()).map(|child| tree.key(child).unwrap()).collect();
        assert_eq!(keys, ["a", "b"]);
        assert_eq!(tree.subtree_len(tree.root()), tree.len());
    }

    #[test]
    fn a_tree_of_any_depth_is_walked_and_dropped() {
        let mut builder = TreeBuilder::new("");
        for _ in 0..1_000_000 {
            builder.begin_list(0);
        }
        for _ in 0..1_000_000 {
            builder.end(0);
        }
        let tree = builder.finish();
        assert_eq!(tree.len(), 1_000_000);
        assert_eq!(tree.to_value(), Err(TooDeep));
    }
}
