//! How parsers make a tree.

use std::collections::HashMap;
use std::sync::Arc;

use super::keys::{KeyId, KeyText, Keys};
use super::node::{Node, NodeKind};
use super::{NodeId, Notice, NoticeKind, SourceScope, Span, TooDeep, Tree};
use crate::model::number::Number;
use crate::model::value::Value;

/// Builds a [`Tree`] in document order.
///
/// A parser calls [`key`](Self::key) before each child of a map, and closes each list and map that it opens.
/// A key that comes again in a map replaces the earlier one, with a notice.
pub struct TreeBuilder {
    tree: Tree,
    keys: Keys,
    open: Vec<Open>,
    in_map: bool,
    /// The keys of the open maps so far, the innermost map's last.
    open_keys: Vec<KeyId>,
    key: Option<(KeyId, Span)>,
    tag: Span,
    tags: HashMap<String, Span>,
    any_dropped: bool,
}

/// How much of a key a notice repeats.
const NOTICE_CHARS: usize = 200;

/// For how many nodes room is made at the beginning.
const MOST_NODES_RESERVED: usize = 1 << 20;

struct Open {
    node: u32,
    /// Where the map's keys begin in `open_keys`.
    keys: u32,
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
    /// Begins a tree over a source, which is copied.
    pub fn new(source: &str) -> Self {
        Self::over(Arc::new(source.to_owned()))
    }

    /// Begins a tree over a source that is shared.
    pub fn over(source: Arc<String>) -> Self {
        // A guess that spares most of the growing; what is not used of it costs nothing.
        let nodes = Vec::with_capacity((source.len() / 8).min(MOST_NODES_RESERVED));
        let tree = Tree {
            source,
            decoded: String::new(),
            nodes,
            keys: Vec::new(),
            texts: Vec::new(),
            rare: Vec::new(),
            comments: Vec::new(),
            notices: Vec::new(),
            source_scope: SourceScope::Document,
            has_types: true,
            depth: 0,
        };
        Self {
            tree,
            keys: Keys::new(),
            open: Vec::new(),
            in_map: false,
            open_keys: Vec::new(),
            key: None,
            tag: Span::default(),
            tags: HashMap::new(),
            any_dropped: false,
        }
    }

    /// Sets the key of the next node.
    #[inline]
    pub fn key(&mut self, key: Text<'_>, span: Span) {
        let key = match key {
            Text::Source(span) => KeyText::Placed(span),
            Text::Decoded(text) => KeyText::New(text),
        };
        let Tree { source, decoded, keys, .. } = &mut self.tree;
        let key = self.keys.find_or_insert(source, decoded, keys, key);
        self.set_key(key, span);
    }

    /// Sets the likely key as the key of the next node, where it stands in the source at `start`, followed by `end`,
    /// both within quotes.
    ///
    /// Only for a key that needs no decoding and that has no `end` within. Returns where `end` is.
    #[inline]
    pub(crate) fn likely_key(&mut self, start: usize, end: u8) -> Option<usize> {
        let (key, close) = self.likely(start, end)?;
        self.set_key(key, Span::new(start - 1, close + 1));
        Some(close)
    }

    /// Sets the likely key as [`likely_key`](Self::likely_key) does, where it stands without quotes.
    #[inline]
    pub(crate) fn likely_plain_key(&mut self, start: usize, end: u8) -> Option<usize> {
        let (key, close) = self.likely(start, end)?;
        self.set_key(key, Span::new(start, close));
        Some(close)
    }

    #[inline]
    fn likely(&mut self, start: usize, end: u8) -> Option<(KeyId, usize)> {
        let key = self.keys.likely()?;
        let place = self.tree.keys[key.index()];
        let source = self.tree.source.as_bytes();
        let text = source.get(place.range())?;
        let close = start + text.len();
        if source.get(close) != Some(&end) || source.get(start..close) != Some(text) {
            return None;
        }
        self.keys.came(key);
        Some((key, close))
    }

    #[inline]
    fn set_key(&mut self, key: KeyId, span: Span) {
        self.open_keys.push(key);
        self.key = Some((key, span));
    }

    /// Sets the tag of the next node.
    pub fn tag(&mut self, tag: &str) {
        self.tag = match self.tags.get(tag) {
            Some(&known) => known,
            None => {
                let place = self.text(Text::Decoded(tag));
                self.tags.insert(tag.to_owned(), place);
                place
            }
        };
    }

    /// Says that all scalars are texts, for the format has no other types.
    pub fn without_types(&mut self) {
        self.tree.has_types = false;
    }

    /// Notes what the source of a node by itself says of its content.
    pub fn source_scope(&mut self, scope: SourceScope) {
        self.tree.source_scope = scope;
    }

    /// Notes a comment.
    pub fn comment(&mut self, span: Span) {
        self.tree.comments.push(span);
    }

    /// Adds a null.
    pub fn null(&mut self, span: Span) {
        self.push(NodeKind::Null, None, span);
    }

    /// Adds a boolean.
    pub fn bool(&mut self, value: bool, span: Span) {
        self.push(if value { NodeKind::True } else { NodeKind::False }, None, span);
    }

    /// Adds a number, in a spelling that [`Number::parse`] takes.
    #[inline]
    pub fn number(&mut self, text: Text<'_>, span: Span) {
        let text = self.text(text);
        debug_assert!(Number::parse(self.tree.slice(text)).is_some(), "{}", self.tree.slice(text));
        self.push(NodeKind::Number, Some(text), span);
    }

    /// Adds a string.
    #[inline]
    pub fn string(&mut self, text: Text<'_>, span: Span) {
        let text = self.text(text);
        self.push(NodeKind::String, Some(text), span);
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
        let (map, keys) = (open.node as usize, open.keys as usize);
        if self.keys.any_twice(&self.open_keys[keys..]) {
            self.mark_duplicates(map);
        }
        self.open_keys.truncate(keys);
        let size = (self.tree.nodes.len() - map) as u32;
        let node = &mut self.tree.nodes[map];
        node.set_size(size, &mut self.tree.rare);
        node.set_end(end);
        let around = self.open.last().map(|open| self.tree.nodes[open.node as usize].kind);
        self.in_map = around == Some(NodeKind::Map);
    }

    /// How many lists and maps are open.
    pub fn depth(&self) -> usize {
        self.open.len()
    }

    /// Whether the innermost open one is a map.
    #[inline]
    pub fn in_map(&self) -> bool {
        self.in_map
    }

    /// How many nodes there are.
    pub fn len(&self) -> usize {
        self.tree.nodes.len()
    }

    /// Whether there is no node yet.
    pub fn is_empty(&self) -> bool {
        self.tree.nodes.is_empty()
    }

    /// How many bytes of decoded strings there are.
    pub fn decoded_len(&self) -> usize {
        self.tree.decoded.len()
    }

    /// The id that the next node will have until the tree is finished.
    pub fn next_id(&self) -> NodeId {
        NodeId(self.tree.nodes.len() as u32)
    }

    /// What there is so far. Open lists and maps have no size yet, and what will be taken out is still there.
    pub(crate) fn so_far(&self) -> &Tree {
        &self.tree
    }

    /// Lets a closed subtree be gone when the tree is finished; until then it can be copied.
    pub(crate) fn cut(&mut self, id: NodeId) {
        self.tree.nodes[id.index()].drop_at_finish();
        self.any_dropped = true;
    }

    /// Lets the root's only child take its place. With no child the root becomes a null, with more nothing happens.
    pub(crate) fn unwrap_root(&mut self) {
        match self.tree.nodes.len() {
            1 => {
                self.tree.nodes.clear();
                self.null(Span::default());
            }
            len if self
                .tree
                .nodes
                .get(1)
                .is_some_and(|only| only.size(&self.tree.rare) as usize == len - 1) =>
            {
                self.tree.nodes.remove(0);
            }
            _ => {}
        }
    }

    /// Adds a copy of a closed subtree, under the key that was set for it: an alias of YAML.
    pub fn copy(&mut self, id: NodeId, span: Span) {
        let start = id.index();
        let end = start + self.tree.subtree_len(id);
        let (key, key_span) = self.key.take().unwrap_or((KeyId::NONE, Span::default()));
        self.tag = Span::default();
        let Tree { nodes, texts, rare, .. } = &mut self.tree;
        let top = nodes[start].copied(key, key_span, span, texts, rare);
        nodes.push(top);
        nodes.extend_from_within(start + 1..end);
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
        if self.any_dropped {
            self.remove_dropped();
        }
        if !self.tree.comments.is_sorted_by_key(|comment| comment.start) {
            self.tree.comments.sort_unstable_by_key(|comment| comment.start);
        }
        self.tree
    }

    fn text(&mut self, text: Text<'_>) -> Span {
        match text {
            Text::Source(span) => span,
            Text::Decoded(decoded) => {
                let start = self.tree.source.len() + self.tree.decoded.len();
                self.tree.decoded.push_str(decoded);
                Span::new(start, start + decoded.len())
            }
        }
    }

    fn begin(&mut self, kind: NodeKind, start: usize) {
        let node = self.tree.nodes.len() as u32;
        self.push(kind, None, Span::new(start, start));
        self.open.push(Open { node, keys: self.open_keys.len() as u32 });
        self.tree.depth = self.tree.depth.max(self.open.len());
        self.in_map = kind == NodeKind::Map;
    }

    #[inline]
    fn push(&mut self, kind: NodeKind, text: Option<Span>, span: Span) {
        let mut node = Node::new(kind, span);
        if let Some(text) = text {
            node.set_text(text, &mut self.tree.texts);
        }
        let (key, key_span) = self.key.take().unwrap_or((KeyId::NONE, Span::default()));
        node.set_key_and_tag(key, key_span, std::mem::take(&mut self.tag), &mut self.tree.rare);
        self.tree.nodes.push(node);
    }

    /// Marks each child of a map whose key comes again, with a notice.
    ///
    /// They go when the tree is finished, all at once: moving nodes for each map would cost depth times size, and an
    /// id that a parser holds would no longer be right.
    fn mark_duplicates(&mut self, map: usize) {
        let mut last: HashMap<KeyId, usize> = HashMap::new();
        let mut at = map + 1;
        while at < self.tree.nodes.len() {
            let node = self.tree.nodes[at];
            // A node that was cut has no key.
            if let Some(key) = node.key()
                && let Some(earlier) = last.insert(key, at)
            {
                self.tree.nodes[earlier].drop_at_finish();
                let span = self.tree.nodes[earlier].key_span(&self.tree.rare);
                let text = self.tree.key_text(key).chars().take(NOTICE_CHARS).collect();
                self.tree.notices.push(Notice { span, kind: NoticeKind::DuplicateKey(text) });
                self.any_dropped = true;
            }
            at += node.size(&self.tree.rare) as usize;
        }
    }

    /// Takes out the marked subtrees and makes the sizes of those around them right.
    fn remove_dropped(&mut self) {
        let Tree { nodes, rare, .. } = &mut self.tree;
        let total = nodes.len();
        // Runs of nodes that stay: where each begins, and how many stay before it.
        let mut runs: Vec<(usize, usize)> = vec![(0, 0)];
        let (mut at, mut kept) = (0, 0);
        while at < total {
            if nodes[at].is_dropped() {
                at += nodes[at].size(rare) as usize;
                runs.push((at, kept));
            } else {
                (at, kept) = (at + 1, kept + 1);
            }
        }
        // How many stay before a place that is not inside a dropped subtree.
        let kept_before = |place: usize| {
            let run = runs.partition_point(|&(start, _)| start <= place) - 1;
            let (start, before) = runs[run];
            let next = runs.get(run + 1).map_or(total - start, |&(_, kept)| kept - before);
            before + (place - start).min(next)
        };
        let (mut read, mut write) = (0, 0);
        while read < total {
            let mut node = nodes[read];
            let size = node.size(rare) as usize;
            if node.is_dropped() {
                read += size;
                continue;
            }
            if node.is_collection() {
                let size = kept_before(read + size) - write;
                node.set_size(size as u32, rare);
            }
            nodes[write] = node;
            (read, write) = (read + 1, write + 1);
        }
        nodes.truncate(write);
    }
}
