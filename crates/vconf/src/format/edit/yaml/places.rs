//! Where the entries and items of a YAML collection stand, with their dashes, colons, anchors and tags.

use std::ops::Range;

use crate::format::edit::brackets::skip_blank;
use crate::format::edit::layout::{line_end, line_start};
use crate::model::tree::{NodeId, Tree};
use crate::model::value::Kind;

/// Where a value stands.
#[derive(Clone, Debug)]
pub(super) struct Slot {
    /// Past the colon, the dash or the marker.
    pub(super) after: usize,
    /// The anchor and the tag; empty, at `after`, where there is none.
    pub(super) props: Range<usize>,
    /// Whether something stands before it on its line: an anchor or a tag, or a tag that is put there.
    pub(super) is_marked: bool,
    /// The value itself; empty, at the end of `props`, where it is left out.
    pub(super) value: Range<usize>,
    /// How deep the entry that it is a part of is indented.
    pub(super) column: usize,
    pub(super) kind: SlotKind,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum SlotKind {
    /// A document.
    Root,
    /// Behind a key of a block map.
    Key,
    /// Behind a dash.
    Dash,
    /// Inside of brackets.
    Flow,
}

/// An entry of a map or an item of a list.
#[derive(Clone, Debug)]
pub(super) struct Entry {
    pub(super) node: NodeId,
    /// The first byte: of the key, of what stands before it, or of the dash.
    pub(super) head: usize,
    pub(super) key: Range<usize>,
    pub(super) slot: Slot,
    /// Whether the key stands behind a question mark or has no colon.
    pub(super) odd: bool,
}

impl Entry {
    pub(super) fn end(&self) -> usize {
        self.slot.value.end.max(self.slot.after)
    }
}

/// Whether a list or map stands between brackets.
pub(super) fn is_flow(tree: &Tree, node: NodeId) -> bool {
    let start = tree.span(node).start;
    let open = tree.source().as_bytes().get(start as usize);
    match tree.kind(node) {
        Kind::List => open == Some(&b'['),
        Kind::Map => {
            open == Some(&b'{')
                && tree.children(node).next().is_none_or(|first| tree.key_span(first).start != start)
        }
        _ => false,
    }
}

/// The entries of a list or map that is not an alias. None where they are written in a way that is not known.
pub(super) fn entries(tree: &Tree, node: NodeId, flow: bool) -> Option<Vec<Entry>> {
    let source = tree.source();
    let start = tree.span(node).start as usize + usize::from(flow);
    let is_map = tree.kind(node) == Kind::Map;
    let mut at = start;
    let mut found: Vec<Entry> = Vec::new();
    for child in tree.children(node) {
        at = skip_blank(source, at);
        if flow && source[at..].starts_with(',') {
            at = skip_blank(source, at + 1);
        }
        let entry =
            if is_map { map_entry(tree, child, at, flow)? } else { list_item(tree, child, at, flow)? };
        at = entry.end();
        if found.last().is_some_and(|last| last.end() > entry.head) {
            return None;
        }
        found.push(entry);
    }
    Some(found)
}

fn map_entry(tree: &Tree, child: NodeId, from: usize, flow: bool) -> Option<Entry> {
    let source = tree.source();
    let key = tree.key_span(child).range();
    let between = source.get(from..key.start)?;
    let is_part = |word: &str| word == "?" || word.starts_with(['&', '!']);
    let head = if between.split_whitespace().all(is_part) { from } else { key.start };
    let odd = source[head..key.start].contains('?');
    let colon = skip_blank(source, key.end);
    let has_colon = source[colon..].starts_with(':');
    let after = if has_colon { colon + 1 } else { key.end };
    let kind = if flow { SlotKind::Flow } else { SlotKind::Key };
    let slot = slot(tree, child, after, column(source, head), kind)?;
    Some(Entry { node: child, head, key, slot, odd: odd || !has_colon })
}

fn list_item(tree: &Tree, child: NodeId, at: usize, flow: bool) -> Option<Entry> {
    let source = tree.source();
    let (after, kind) = if flow { (at, SlotKind::Flow) } else { (dash(source, at)? + 1, SlotKind::Dash) };
    let at = if flow { at } else { after - 1 };
    let slot = slot(tree, child, after, column(source, at), kind)?;
    Some(Entry { node: child, head: at, key: at..at, slot, odd: false })
}

/// The dash at a place, or right before it: a list that is not indented begins behind its first dash.
fn dash(source: &str, at: usize) -> Option<usize> {
    let is_dash =
        |at: &usize| source[*at..].starts_with('-') && source[at + 1..].starts_with([' ', '\t', '\r', '\n']);
    let before = source[..at].trim_end();
    [at, before.len().saturating_sub(1)].into_iter().filter(|&at| source.is_char_boundary(at)).find(is_dash)
}

/// Where the first line of a block list or map begins, without what indents it.
pub(super) fn block_start(tree: &Tree, node: NodeId) -> usize {
    let start = tree.span(node).start as usize;
    match tree.kind(node) {
        Kind::List => dash(tree.source(), start).unwrap_or(start),
        _ => start,
    }
}

/// The place of a value, given the place that it follows.
pub(super) fn slot(tree: &Tree, node: NodeId, after: usize, column: usize, kind: SlotKind) -> Option<Slot> {
    let source = tree.source();
    let mut span = tree.span(node).range();
    if matches!(tree.kind(node), Kind::List | Kind::Map) && !is_flow(tree, node) && !span.is_empty() {
        // A block ends before the colon of a last key whose value is left out.
        let colon = skip_blank(source, span.end);
        if source[colon..].starts_with(':') {
            span.end = colon + 1;
        }
    }
    // A text that keeps its line ends has the last one too, which is that of its line.
    let kept =
        source[span.clone()].strip_suffix('\n').map(|text| text.strip_suffix('\r').unwrap_or(text).len());
    span.end = kept.map_or(span.end, |len| span.start + len);
    let limit = if span.is_empty() { line_end(source, after) } else { span.start };
    let mut props = after..after;
    let mut at = after;
    while at < limit {
        at = skip_blank(source, at);
        if at >= limit || !source[at..].starts_with(['&', '!']) {
            break;
        }
        let ends = |c: char| c.is_whitespace() || kind == SlotKind::Flow && ",[]{}".contains(c);
        let end = at + source[at..].find(ends).unwrap_or(source.len() - at);
        props = if props.is_empty() { at..end } else { props.start..end };
        at = end;
    }
    let value = if span.is_empty() { props.end..props.end } else { span };
    let is_marked = !props.is_empty();
    (value.start >= props.end).then_some(Slot { after, props, is_marked, value, column, kind })
}

/// How many characters stand before a place on its line.
pub(super) fn column(source: &str, at: usize) -> usize {
    source[line_start(source, at)..at].chars().count()
}
