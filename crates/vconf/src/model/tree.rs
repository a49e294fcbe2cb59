//! Parsed content with its places in the source: what parsers make and comparing reads.

use std::collections::HashMap;
use std::fmt;

use super::number::Number;
use super::value::{Kind, Map, Tagged, Value};

/// Content as a flat array of nodes in document order, each with its place in the source.
///
/// The nodes of a subtree are neighbours, so that walking needs no recursion at any depth and a subtree can be
/// copied as one slice. Strings are ranges of one buffer: the source, then what had to be decoded.
#[derive(Clone)]
pub struct Tree {
    text: String,
    source_len: usize,
    nodes: Vec<Node>,
    comments: Vec<Span>,
    notices: Vec<Notice>,
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

#[derive(Clone, Copy)]
struct Node {
    kind: NodeKind,
    has_key: bool,
    /// How many nodes the subtree has, this one counted.
    size: u32,
    key: Span,
    /// String content or number text, in `Tree::text`.
    text: Span,
    tag: Span,
    /// In the source; empty where the node was made without one.
    span: Span,
    key_span: Span,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum NodeKind {
    Null,
    False,
    True,
    Number,
    String,
    List,
    Map,
}

impl Tree {
    /// How long a source and its decoded strings together may be.
    pub const MAX_TEXT_BYTES: usize = 1 << 30;

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
        &self.text[..self.source_len]
    }

    /// The comments of the source, in order, each from its mark to the end of its text.
    pub fn comments(&self) -> &[Span] {
        &self.comments
    }

    /// What there is to tell about the source.
    pub fn notices(&self) -> &[Notice] {
        &self.notices
    }

    fn node(&self, id: NodeId) -> &Node {
        &self.nodes[id.index()]
    }

    fn slice(&self, span: Span) -> &str {
        &self.text[span.range()]
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
        let node = self.node(id);
        node.has_key.then(|| self.slice(node.key))
    }

    /// A boolean's value; false for all else.
    pub fn is_true(&self, id: NodeId) -> bool {
        self.node(id).kind == NodeKind::True
    }

    /// A string's content or a number's spelling (as [`Number`] takes it); empty for all else.
    pub fn text(&self, id: NodeId) -> &str {
        self.slice(self.node(id).text)
    }

    /// The resolved tag, where the node has one.
    pub fn tag(&self, id: NodeId) -> Option<&str> {
        let tag = self.node(id).tag;
        (!tag.is_empty()).then(|| self.slice(tag))
    }

    /// The node's place in the source, without its key; empty where it has none.
    pub fn span(&self, id: NodeId) -> Span {
        self.node(id).span
    }

    /// The place of the node's key in the source; empty where it has none.
    pub fn key_span(&self, id: NodeId) -> Span {
        self.node(id).key_span
    }

    /// How many nodes the subtree has, the node itself counted. Its nodes are the next ones in document order.
    pub fn subtree_len(&self, id: NodeId) -> usize {
        self.node(id).size as usize
    }

    /// The node at a position in document order.
    pub fn at(&self, index: usize) -> Option<NodeId> {
        (index < self.nodes.len()).then_some(NodeId(index as u32))
    }

    /// The node's children, in order.
    pub fn children(&self, id: NodeId) -> Children<'_> {
        Children { tree: self, next: id.0 + 1, end: id.0 + self.node(id).size }
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
        self.next += self.tree.node(id).size;
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

/// Builds a [`Tree`] in document order.
///
/// A parser calls [`key`](Self::key) before each child of a map, and closes each list and map that it opens.
/// A key that comes again in a map replaces the earlier one, with a notice.
pub struct TreeBuilder {
    tree: Tree,
    open: Vec<Open>,
    key: Option<(Span, Span)>,
    tag: Span,
}

struct Open {
    node: usize,
    children: usize,
}

/// A text for the builder: a range of the source, or a decoded string.
#[derive(Clone, Copy, Debug)]
pub enum Text<'a> {
    /// It stands in the source as it is.
    Source(Span),
    /// It had to be decoded.
    Decoded(&'a str),
}

impl<'a> From<&'a str> for Text<'a> {
    fn from(text: &'a str) -> Self {
        Self::Decoded(text)
    }
}

impl TreeBuilder {
    /// Begins a tree over a source.
    pub fn new(source: &str) -> Self {
        let tree = Tree {
            text: source.to_owned(),
            source_len: source.len(),
            nodes: Vec::new(),
            comments: Vec::new(),
            notices: Vec::new(),
        };
        Self { tree, open: Vec::new(), key: None, tag: Span::default() }
    }

    /// Sets the key of the next node.
    pub fn key(&mut self, key: Text<'_>, span: Span) {
        let key = self.text(key);
        self.key = Some((key, span));
    }

    /// Sets the tag of the next node.
    pub fn tag(&mut self, tag: &str) {
        self.tag = self.text(Text::Decoded(tag));
    }

    /// Notes a comment.
    pub fn comment(&mut self, span: Span) {
        self.tree.comments.push(span);
    }

    /// Adds a null.
    pub fn null(&mut self, span: Span) {
        self.push(NodeKind::Null, Span::default(), span);
    }

    /// Adds a boolean.
    pub fn bool(&mut self, value: bool, span: Span) {
        self.push(if value { NodeKind::True } else { NodeKind::False }, Span::default(), span);
    }

    /// Adds a number, in a spelling that [`Number::parse`] takes.
    pub fn number(&mut self, text: Text<'_>, span: Span) {
        let text = self.text(text);
        debug_assert!(Number::parse(self.tree.slice(text)).is_some(), "{}", self.tree.slice(text));
        self.push(NodeKind::Number, text, span);
    }

    /// Adds a string.
    pub fn string(&mut self, text: Text<'_>, span: Span) {
        let text = self.text(text);
        self.push(NodeKind::String, text, span);
    }

    /// Opens a list; `start` is its first byte in the source.
    pub fn begin_list(&mut self, start: usize) {
        self.begin(NodeKind::List, start);
    }

    /// Opens a map; `start` is its first byte in the source.
    pub fn begin_map(&mut self, start: usize) {
        self.begin(NodeKind::Map, start);
    }

    /// Closes the innermost list or map; `end` is past its last byte in the source.
    pub fn end(&mut self, end: usize) {
        let open = self.open.pop().expect("a parser closes what it opened");
        if self.tree.nodes[open.node].kind == NodeKind::Map && open.children > 1 {
            self.drop_duplicates(open.node, open.children);
        }
        let size = (self.tree.nodes.len() - open.node) as u32;
        let node = &mut self.tree.nodes[open.node];
        node.size = size;
        node.span.end = end as u32;
    }

    /// How many lists and maps are open.
    pub fn depth(&self) -> usize {
        self.open.len()
    }

    /// Whether the innermost open one is a map.
    pub fn in_map(&self) -> bool {
        self.open.last().is_some_and(|open| self.tree.nodes[open.node].kind == NodeKind::Map)
    }

    /// How many nodes there are.
    pub fn len(&self) -> usize {
        self.tree.nodes.len()
    }

    /// Whether there is no node yet.
    pub fn is_empty(&self) -> bool {
        self.tree.nodes.is_empty()
    }

    /// The id that the next node will have. Closing a map in which a key came twice moves the ids in it.
    pub fn next_id(&self) -> NodeId {
        NodeId(self.tree.nodes.len() as u32)
    }

    /// Adds a copy of a closed subtree, under the key and tag that were set for it: an alias of YAML.
    pub fn copy(&mut self, id: NodeId, span: Span) {
        let start = id.index();
        let end = start + self.tree.nodes[start].size as usize;
        let at = self.tree.nodes.len();
        self.count_child();
        self.tree.nodes.extend_from_within(start..end);
        let key = self.key.take();
        let node = &mut self.tree.nodes[at];
        node.has_key = key.is_some();
        (node.key, node.key_span) = key.unwrap_or_default();
        node.span = span;
        self.tag = Span::default();
    }

    /// Adds a value and all below it, without places in a source.
    pub fn value(&mut self, value: &Value, depth: usize) -> Result<(), TooDeep> {
        if depth > Value::MAX_DEPTH {
            return Err(TooDeep);
        }
        let none = Span::default();
        match value {
            Value::Null => self.null(none),
            Value::Bool(value) => self.bool(*value, none),
            Value::Number(number) => self.number(number.as_str().into(), none),
            Value::String(text) => self.string(text.as_str().into(), none),
            Value::List(items) => {
                self.begin_list(0);
                for item in items {
                    self.value(item, depth + 1)?;
                }
                self.end(0);
            }
            Value::Map(map) => {
                self.begin_map(0);
                for (key, value) in map {
                    self.key(key.as_str().into(), none);
                    self.value(value, depth + 1)?;
                }
                self.end(0);
            }
            Value::Tagged(tagged) => {
                self.tag(&tagged.tag);
                self.value(&tagged.value, depth + 1)?;
            }
        }
        Ok(())
    }

    /// Ends the tree. An empty one becomes a null.
    pub fn finish(mut self) -> Tree {
        assert!(self.open.is_empty(), "a parser closes what it opened");
        if self.tree.nodes.is_empty() {
            self.null(Span::default());
        }
        self.tree
    }

    fn text(&mut self, text: Text<'_>) -> Span {
        match text {
            Text::Source(span) => span,
            Text::Decoded(decoded) => {
                let start = self.tree.text.len();
                self.tree.text.push_str(decoded);
                Span::new(start, self.tree.text.len())
            }
        }
    }

    fn begin(&mut self, kind: NodeKind, start: usize) {
        let node = self.tree.nodes.len();
        self.push(kind, Span::default(), Span::new(start, start));
        self.open.push(Open { node, children: 0 });
    }

    fn push(&mut self, kind: NodeKind, text: Span, span: Span) {
        self.count_child();
        let key = self.key.take();
        let (has_key, (key, key_span)) = (key.is_some(), key.unwrap_or_default());
        let tag = std::mem::take(&mut self.tag);
        self.tree.nodes.push(Node { kind, has_key, size: 1, key, text, tag, span, key_span });
    }

    fn count_child(&mut self) {
        if let Some(open) = self.open.last_mut() {
            open.children += 1;
        }
    }

    /// Takes out of a map that is being closed each child whose key comes again, with a notice.
    fn drop_duplicates(&mut self, map: usize, children: usize) {
        let mut last: HashMap<&str, usize> = HashMap::with_capacity(children);
        let mut dropped = Vec::new();
        let mut at = map + 1;
        while at < self.tree.nodes.len() {
            let node = &self.tree.nodes[at];
            let key = &self.tree.text[node.key.range()];
            if let Some(earlier) = last.insert(key, at) {
                dropped.push(earlier);
                let kind = NoticeKind::DuplicateKey(key.to_owned());
                self.tree.notices.push(Notice { span: self.tree.nodes[earlier].key_span, kind });
            }
            at += node.size as usize;
        }
        if dropped.is_empty() {
            return;
        }
        dropped.sort_unstable();
        let mut dropped = dropped.into_iter().peekable();
        let (mut read, mut write) = (map + 1, map + 1);
        while read < self.tree.nodes.len() {
            let size = self.tree.nodes[read].size as usize;
            if dropped.next_if_eq(&read).is_none() {
                self.tree.nodes.copy_within(read..read + size, write);
                write += size;
            }
            read += size;
        }
        self.tree.nodes.truncate(write);
    }
}

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
