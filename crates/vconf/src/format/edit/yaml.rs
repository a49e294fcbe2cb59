//! Edits in YAML.
//!
//! What an anchor is on is edited there if all its aliases shall change alike. An alias alone that shall be something
//! else gives way to that. All else that an alias elsewhere would follow is refused.

mod blocks;
mod documents;
mod flow;
mod places;
mod references;
mod scalar;

use super::align::Step;
use super::buffer::Edits;
use super::layout::{line_end, line_start, newline};
use super::sides::Sides;
use super::{EditError, EditReason, Splice};
use crate::format::print::Unprintable;
use crate::format::yaml::print::{After, Indents, print_flow, print_part, print_tag};
use crate::format::{Format, parse};
use crate::model::path::{Path, Step as PathStep};
use crate::model::tree::{NodeId, Tree};
use crate::model::value::{Kind, Map, Tagged, Value};
use places::{Entry, Slot, SlotKind, entries, is_flow};
use references::{Alias, Entangled, References};

pub(super) fn splices(sides: &Sides<'_>, target: &Value) -> Result<Vec<Splice>, EditError> {
    let tree = sides.tree;
    // A last line without a line end is given one meanwhile.
    let missing = !tree.source().is_empty() && !tree.source().ends_with('\n');
    let source =
        if missing { [tree.source(), newline(tree.source())].concat() } else { tree.source().to_owned() };
    let mut editor = Editor {
        sides,
        tree,
        source: &source,
        edits: Edits::default(),
        references: References::of(&source),
        indents: indents(tree),
        path: Vec::new(),
    };
    editor.root(target)?;
    let references = std::mem::replace(&mut editor.references, References::of(""));
    let aliases = references.settle(|a, b| sides.value(a) == sides.value(b));
    let line = |at: usize| source.as_bytes()[..at].iter().filter(|&&byte| byte == b'\n').count() + 1;
    let aliases = aliases.map_err(|Entangled { path, what, alias, anchor }| EditError {
        path: path.unwrap_or_default(),
        reason: EditReason::Alias { what, alias_line: line(alias), anchor_line: line(anchor) },
    })?;
    for Alias { slot, target, path } in aliases {
        editor.path = path.0;
        editor.replace(&slot, None, target)?;
    }
    let written = std::mem::take(&mut editor.edits).apply(&source, 0..source.len());
    let mut written = written.ok_or(EditError::new(EditReason::Unsafe))?;
    if missing && written.ends_with('\n') && !ends_in_block_scalar(&written) {
        let end = if written.ends_with("\r\n") { 2 } else { 1 };
        written.truncate(written.len() - end);
    }
    Ok(vec![Splice::new(0, tree.source().len(), written)])
}

/// Whether a source's last value is a block scalar, whose last line end may count.
fn ends_in_block_scalar(source: &str) -> bool {
    let Ok(tree) = parse(Format::Yaml, source) else { return false };
    let Some(last) = tree.at(tree.len() - 1) else { return false };
    let text = &source[tree.span(last).range()];
    text.starts_with(['|', '>', '!', '&']) && text.contains('\n')
}

/// Why a place is refused that the reader of the source finds, but not the one of places.
const LAYOUT: &str = "its keys or dashes stand in a way that edits do not know";

struct Editor<'a> {
    sides: &'a Sides<'a>,
    tree: &'a Tree,
    /// That of the tree, with a line end at its end.
    source: &'a str,
    edits: Edits,
    references: References<'a>,
    indents: Indents,
    path: Vec<PathStep>,
}

type Outcome = Result<(), EditError>;

impl<'a> Editor<'a> {
    fn refuse(&self, reason: EditReason) -> EditError {
        EditError { path: Path(self.path.clone()), reason }
    }

    fn unprintable(&self, fault: Unprintable) -> EditError {
        let EditError { path, reason } = EditError::of(Format::Yaml, fault);
        EditError { path: Path([self.path.clone(), path.0].concat()), reason }
    }

    fn root(&mut self, target: &'a Value) -> Outcome {
        let root = self.tree.root();
        let is_stream = self.tree.tag(root) == Some(Tagged::DOCUMENTS);
        let new = match target {
            Value::Tagged(tagged) if tagged.tag == Tagged::DOCUMENTS => match &tagged.value {
                Value::List(items) if items.len() > 1 => Some(items.as_slice()),
                _ => {
                    return Err(
                        self.refuse(EditReason::Unprintable("a stream has two documents or more".into()))
                    );
                }
            },
            _ => None,
        };
        match (is_stream, new) {
            (false, None) => self.document(root, 0, target),
            (true, new) => {
                let documents: Vec<_> = self.tree.children(root).collect();
                self.documents(&documents, new.unwrap_or(std::slice::from_ref(target)))
            }
            (false, Some(new)) => self.documents(&[root], new),
        }
    }

    /// Edits a document; `from` is past its marker.
    fn document(&mut self, node: NodeId, from: usize, target: &'a Value) -> Outcome {
        let mut from = from;
        // Directives and the marker of a document that is the only one.
        if from == 0
            && let Some(marker) = self.markers().first()
        {
            let start = self.tree.span(node).start as usize;
            if self.tree.span(node).is_empty() || marker + 3 <= start {
                from = marker + 3;
            }
        }
        match places::slot(self.tree, node, from, 0, SlotKind::Root) {
            Some(slot) => self.value(node, &slot, target),
            None => Err(self.refuse(EditReason::Entangled(LAYOUT))),
        }
    }

    /// Whether the source of a child of what begins at `around` can stand elsewhere in that.
    fn may_move(&self, child: NodeId, value: &Value, part: &std::ops::Range<usize>, around: usize) -> bool {
        !self.references.any_in(part)
            || self.sides.same(child, value) && self.references.may_move(part, around)
    }

    /// A part of the source that is moved, edited.
    fn moved_part(
        &mut self,
        part: std::ops::Range<usize>,
        edit: impl FnOnce(&mut Self) -> Outcome,
    ) -> Option<String> {
        let around = std::mem::take(&mut self.edits);
        let edited = edit(self);
        let edits = std::mem::replace(&mut self.edits, around);
        edited.ok()?;
        edits.apply(self.source, part)
    }

    /// Edits what stands at a place.
    fn value(&mut self, node: NodeId, slot: &Slot, target: &'a Value) -> Outcome {
        if self.sides.same(node, target) {
            return Ok(());
        }
        if self.source[slot.value.clone()].starts_with('*') {
            let alias = Alias { slot: slot.clone(), target, path: Path(self.path.clone()) };
            self.references.change_alias(alias);
            return Ok(());
        }
        self.references.change(self.source, slot, target);
        let (tag, inner) = match target {
            Value::Tagged(tagged) => (Some(tagged.tag.as_str()), &tagged.value),
            value => (None, value),
        };
        let mut slot = slot.clone();
        if self.tree.tag(node) != tag || tag.is_none() && self.tree.kind(node) != inner.kind() {
            self.retag(&mut slot, tag)?;
        }
        let has_children = self.tree.children(node).next().is_some();
        match (self.tree.kind(node), inner) {
            (Kind::Map, Value::Map(map)) if has_children && !map.is_empty() => self.map(node, map),
            (Kind::List, Value::List(items)) if has_children && !items.is_empty() => self.list(node, items),
            _ => self.replace(&slot, Some(node), inner),
        }
    }

    /// Puts another tag before a value, or none.
    fn retag(&mut self, slot: &mut Slot, tag: Option<&str>) -> Outcome {
        let new = tag.map(print_tag).transpose().map_err(|fault| self.unprintable(fault))?;
        let text = &self.source[slot.props.clone()];
        let old = text.split_whitespace().find(|word| word.starts_with('!'));
        slot.is_marked |= new.is_some();
        match (old, new) {
            (Some(old), new) => {
                let start = slot.props.start + text.find(old).unwrap_or_default();
                let mut end = start + old.len();
                if new.is_none() && self.source[end..].starts_with(' ') {
                    end += 1;
                }
                self.edits.replace(start..end, new.unwrap_or_default());
            }
            (None, Some(new)) if slot.kind == SlotKind::Flow && slot.props.is_empty() => {
                self.edits.insert(slot.value.start, format!("{new} "));
            }
            (None, Some(new)) if slot.kind == SlotKind::Root => {
                let behind = if self.source[..slot.after].ends_with("---") { " " } else { "" };
                let line = if behind.is_empty() { newline(self.source) } else { "" };
                self.edits.insert(slot.props.end, format!("{behind}{new}{line}"));
            }
            (None, Some(new)) => self.edits.insert(slot.props.end, format!(" {new}")),
            (None, None) => {}
        }
        Ok(())
    }

    /// Writes a value in place of another one.
    fn replace(&mut self, slot: &Slot, node: Option<NodeId>, value: &Value) -> Outcome {
        let old = &self.source[slot.value.clone()];
        let is_collection = node.is_some_and(|node| matches!(self.tree.kind(node), Kind::List | Kind::Map));
        let is_block_collection = is_collection && node.is_some_and(|node| !is_flow(self.tree, node));
        self.references.gone.push(slot.value.clone());
        let is_string = node.is_some_and(|node| self.tree.kind(node) == Kind::String);
        let is_quoted = |text: &str| text.starts_with(['\'', '"']);
        let like = if is_collection || !is_string && is_quoted(old) { "" } else { old };
        if slot.kind == SlotKind::Flow {
            let text = match scalar::inline(value, like, true) {
                Some(text) => text,
                None => print_flow(value).map_err(|fault| self.unprintable(fault))?,
            };
            let blank =
                old.is_empty() && self.source[..slot.value.start].ends_with(|c: char| !c.is_whitespace());
            self.edits.replace(slot.value.clone(), format!("{}{text}", if blank { " " } else { "" }));
            return Ok(());
        }
        if old.starts_with(['|', '>'])
            && let Value::String(text) = value
            && let Some(text) =
                scalar::block(text, &old.replace("\r\n", "\n"), slot.column + self.indents.map)
        {
            let text = self.with_newlines(&text);
            self.edits.replace(slot.value.clone(), text);
            return Ok(());
        }
        let inline = scalar::inline(value, like, false);
        if let Some(text) = &inline
            && !old.is_empty()
            && !is_block_collection
            && !old.ends_with('\n')
        {
            self.edits.replace(slot.value.clone(), text);
            return Ok(());
        }
        // What stands on the line of the key or dash, and what below it.
        let text = match inline {
            Some(text) => {
                if slot.kind == SlotKind::Root {
                    text
                } else {
                    format!(" {text}")
                }
            }
            None => {
                let (column, after) = match slot.kind {
                    SlotKind::Root => (slot.column, After::Nothing),
                    SlotKind::Key => (slot.column, After::Key),
                    _ if slot.is_marked => (slot.column + self.indents.dash, After::Marker),
                    _ => (slot.column, After::Dash),
                };
                let text = print_part(value, column, after, self.indents);
                text.map_err(|fault| self.unprintable(fault))?
            }
        };
        let text = self.with_newlines(text.strip_suffix('\n').unwrap_or(&text));
        if slot.kind == SlotKind::Root {
            return self.replace_root(slot, &text);
        }
        let (first, rest) = text.split_at(text.find(['\r', '\n']).unwrap_or(text.len()));
        let head = slot.props.end;
        let value_end = self.before_newline(slot.value.end);
        if old.is_empty() {
            self.edits.insert(head, first);
            self.edits.insert(line_end(self.source, head), rest);
        } else if line_start(self.source, slot.value.start) != line_start(self.source, head) {
            self.edits.insert(head, first);
            self.edits.replace(line_end(self.source, head)..line_end(self.source, value_end), rest);
            if rest.is_empty() {
                self.edits.remove(line_end(self.source, head)..line_end(self.source, value_end));
            }
        } else if old.contains('\n') {
            self.edits.replace(head..value_end, text);
        } else {
            self.edits.replace(head..slot.value.end, first);
            self.edits.insert(line_end(self.source, value_end), rest);
        }
        Ok(())
    }

    fn replace_root(&mut self, slot: &Slot, text: &str) -> Outcome {
        let newline = newline(self.source);
        if slot.value.is_empty() {
            // Below the comments, before the next marker.
            let rest = &self.source[slot.after..];
            let ends = |line: &str| ["---", "..."].iter().any(|mark| line.starts_with(mark));
            let mut end = slot.after;
            for (index, line) in rest.split_inclusive('\n').enumerate() {
                if (index > 0 || slot.after == 0) && ends(line) {
                    break;
                }
                end += line.len();
            }
            self.edits.insert(end, format!("{text}{newline}"));
            return Ok(());
        }
        let on_marker = line_start(self.source, slot.value.start) == line_start(self.source, slot.after)
            && slot.after > 0;
        let is_behind = on_marker || slot.is_marked;
        let line = if is_behind && text.contains(['\n', ':', '-']) { newline } else { "" };
        let end = self.before_newline(slot.value.end);
        let text = format!("{line}{text}");
        let rest = &self.source[end..line_end(self.source, end)];
        if rest.trim_start().starts_with('#') && text.contains('\n') {
            // A comment behind what was on one line stays on a line above what is on several.
            let comment = end + (rest.len() - rest.trim_start().len());
            self.edits.remove(slot.value.start..comment);
            let line = if line.is_empty() { newline } else { "" };
            self.edits.insert(line_end(self.source, end), format!("{line}{text}"));
            return Ok(());
        }
        self.edits.replace(slot.value.start..end, text);
        Ok(())
    }

    /// The end of a block that reaches past its last line end, before that.
    fn before_newline(&self, end: usize) -> usize {
        let text = &self.source[..end];
        text.len() - if text.ends_with("\r\n") { 2 } else { usize::from(text.ends_with('\n')) }
    }

    fn with_newlines(&self, text: &str) -> String {
        text.replace('\n', newline(self.source))
    }

    fn map(&mut self, node: NodeId, map: &'a Map) -> Outcome {
        let children: Vec<_> = self.tree.children(node).collect();
        let steps = self.sides.map_steps(&children, map);
        self.collection(node, steps)
    }

    fn list(&mut self, node: NodeId, items: &'a [Value]) -> Outcome {
        let children: Vec<_> = self.tree.children(node).collect();
        let steps = self.sides.list_steps(&children, items);
        self.collection(node, steps)
    }

    fn collection(&mut self, node: NodeId, steps: Vec<Step<'a>>) -> Outcome {
        let flow = is_flow(self.tree, node);
        let entries =
            entries(self.tree, node, flow).ok_or_else(|| self.refuse(EditReason::Entangled(LAYOUT)))?;
        let at = |child: NodeId| entries.binary_search_by_key(&child, |entry| entry.node).unwrap_or_default();
        let mut structural = false;
        for step in &steps {
            let Step::Stay { child, renamed, value } = *step else {
                structural = true;
                continue;
            };
            let entry = &entries[at(child)];
            let step = match self.tree.key(child) {
                Some(key) => PathStep::Key(key.to_owned()),
                None => PathStep::Index(at(child)),
            };
            self.path.push(step);
            if let Some(renamed) = renamed {
                self.rename(entry, renamed, flow)?;
            }
            if !self.sides.same(child, value) {
                if entry.odd && self.source[entry.slot.value.clone()].is_empty() {
                    return Err(self.refuse(EditReason::Entangled("a key without a colon")));
                }
                self.value(child, &entry.slot, value)?;
            }
            self.path.pop();
        }
        if !structural {
            return Ok(());
        }
        if flow { self.flow(node, &entries, &steps) } else { self.block(&entries, &steps) }
    }

    fn rename(&mut self, entry: &Entry, new: &str, flow: bool) -> Outcome {
        let old = &self.source[entry.key.clone()];
        if old.starts_with(['*', '[', '{', '|', '>']) {
            return Err(self.refuse(EditReason::Entangled("a key that is an alias or no plain text")));
        }
        let text = scalar::key(new, old, flow);
        self.edits.replace(entry.key.clone(), text);
        Ok(())
    }

    /// A string among the entries, whose style a new one takes.
    fn like(&self, entries: &[Entry], value: &Value) -> &'a str {
        if !matches!(value, Value::String(_)) {
            return "";
        }
        let mut texts = entries
            .iter()
            .rev()
            .filter(|entry| self.tree.kind(entry.node) == Kind::String)
            .map(|entry| &self.source[entry.slot.value.clone()])
            .filter(|text| !text.starts_with(['*', '|', '>']) && !text.is_empty());
        texts.next().unwrap_or_default()
    }
}

/// How the source indents its blocks: as it does mostly.
fn indents(tree: &Tree) -> Indents {
    use std::collections::BTreeMap;
    let source = tree.source();
    let mut counts: [BTreeMap<usize, usize>; 3] = Default::default();
    let mut open: Vec<(usize, NodeId)> = Vec::new();
    for node in (0..tree.len()).filter_map(|at| tree.at(at)) {
        while open.pop_if(|(end, _)| *end <= node.index()).is_some() {}
        if !matches!(tree.kind(node), Kind::List | Kind::Map) {
            continue;
        }
        let start = tree.span(node).start as usize;
        if let Some(&(_, parent)) = open.last()
            && !is_flow(tree, node)
            && !is_flow(tree, parent)
            && !source[start..].starts_with('*')
        {
            let own = places::column(source, places::block_start(tree, node));
            let around = places::column(source, places::block_start(tree, parent));
            let which = match (tree.kind(parent), tree.kind(node)) {
                (Kind::Map, Kind::Map) => 0,
                (Kind::Map, _) => 1,
                _ => 2,
            };
            if own >= around + usize::from(which != 1) && tree.tag(parent) != Some(Tagged::DOCUMENTS) {
                *counts[which].entry(own - around).or_default() += 1;
            }
        }
        open.push((node.index() + tree.subtree_len(node), node));
    }
    let most = |which: usize| counts[which].iter().max_by_key(|(_, count)| **count).map(|(&width, _)| width);
    let map = most(0).unwrap_or(2);
    Indents { map, list: most(1).unwrap_or(map), dash: most(2).unwrap_or(2).max(2) }
}
