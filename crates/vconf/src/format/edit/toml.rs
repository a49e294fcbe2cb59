//! Edits in TOML.
//!
//! Values, entries of a line, what is between brackets, and whole tables below their headers. A table that is written
//! below a header does not become a value of another kind, nor one that dotted keys imply: that is refused.

use super::align::Step;
use super::brackets::{Brackets, Item};
use super::buffer::Edits;
use super::layout::{first_on_line, indent, line_end, line_start, newline, next_line, with_own_comments};
use super::sides::Sides;
use super::{EditError, EditReason, Splice};
use crate::format::toml::{print_inline, print_key};
use crate::model::path::Step as PathStep;
use crate::model::tree::{NodeId, Tree};
use crate::model::value::{Kind, Value};

pub(super) fn splices(sides: &Sides<'_>, target: &Value) -> Result<Vec<Splice>, EditError> {
    let tree = sides.tree;
    let mut editor = Editor { sides, tree, source: tree.source(), edits: Edits::default(), path: Vec::new() };
    editor.value(tree.root(), false, target)?;
    let written = editor.edits.apply(tree.source(), 0..tree.source().len());
    let written = written.ok_or(EditError::new(EditReason::Unsafe))?;
    Ok(vec![Splice::new(0, tree.source().len(), written)])
}

struct Editor<'a> {
    sides: &'a Sides<'a>,
    tree: &'a Tree,
    source: &'a str,
    edits: Edits,
    /// The keys of the tables around.
    path: Vec<String>,
}

const HEADERS: EditError = EditError {
    path: crate::model::path::Path::root(),
    reason: EditReason::Entangled("a table with a header of its own would come or go"),
};

impl<'a> Editor<'a> {
    /// Whether a node is written behind an equals sign, or inside of what is.
    fn is_inline(&self, node: NodeId, around: bool) -> bool {
        match self.tree.key(node) {
            Some(_) => self.tree.span(node).start >= self.tree.key_span(node).end,
            None => around,
        }
    }

    fn value(&mut self, node: NodeId, inline: bool, target: &'a Value) -> Result<(), EditError> {
        if self.sides.same(node, target) {
            return Ok(());
        }
        let children: Vec<_> = self.tree.children(node).collect();
        match (self.tree.kind(node), target) {
            (Kind::Map, Value::Map(map)) => {
                let steps = self.sides.map_steps(&children, map);
                self.collection(node, inline, &children, &steps)
            }
            (Kind::List, Value::List(items)) => {
                let steps = self.sides.list_steps(&children, items);
                self.collection(node, inline, &children, &steps)
            }
            _ if inline => {
                let span = self.tree.span(node).range();
                let text = written(target, &self.source[span.clone()])?;
                self.edits.replace(span, text);
                Ok(())
            }
            _ => Err(HEADERS),
        }
    }

    fn collection(
        &mut self,
        node: NodeId,
        inline: bool,
        children: &[NodeId],
        steps: &[Step<'a>],
    ) -> Result<(), EditError> {
        let at = |child: NodeId| children.binary_search(&child).unwrap_or_default();
        let mut structural = false;
        for step in steps {
            let Step::Stay { child, renamed, value } = *step else {
                structural = true;
                continue;
            };
            let step = match self.tree.key(child) {
                Some(key) => PathStep::Key(key.to_owned()),
                None => PathStep::Index(at(child)),
            };
            let child_inline = self.is_inline(child, inline);
            if let Some(renamed) = renamed {
                if !child_inline {
                    return Err(HEADERS.under(step));
                }
                self.edits.replace(self.tree.key_span(child).range(), print_key(renamed));
            }
            let depth = self.path.len();
            self.path.extend(self.tree.key(child).map(str::to_owned));
            self.value(child, child_inline, value).map_err(|error| error.under(step))?;
            self.path.truncate(depth);
        }
        match (structural, inline) {
            (false, _) => Ok(()),
            (true, true) => self.brackets(node, children, steps),
            (true, false) => self.lines(node, children, steps),
        }
    }

    fn brackets(&mut self, node: NodeId, children: &[NodeId], steps: &[Step<'a>]) -> Result<(), EditError> {
        let span = self.tree.span(node).range();
        let is_map = self.tree.kind(node) == Kind::Map;
        let items: Vec<_> = children
            .iter()
            .map(|&child| {
                let span = self.tree.span(child).range();
                let start = if is_map { self.tree.key_span(child).start as usize } else { span.start };
                start..span.end
            })
            .collect();
        if is_map && children.iter().any(|&child| !self.is_inline(child, true)) {
            return Err(EditError::entangled("dotted keys inside of a table on one line"));
        }
        let pad = if is_map { " " } else { "" };
        let brackets =
            Brackets { source: self.source, open: span.start + 1, close: span.end - 1, items, pad };
        let at = |child: NodeId| children.binary_search(&child).unwrap_or_default();
        let mut changes = Vec::with_capacity(steps.len());
        for step in steps {
            changes.push(match *step {
                Step::Stay { child, .. } => Item::Stay(at(child)),
                Step::Remove { child } => Item::Remove(at(child)),
                Step::Insert { key, value, moved } => {
                    let like = moved.or(children.last().copied());
                    let like = like.map_or("", |like| &self.source[self.tree.span(like).range()]);
                    let text = written(value, like)?;
                    Item::Insert(key.map_or(text.clone(), |key| format!("{} = {text}", print_key(key))))
                }
            });
        }
        brackets.edit(changes, &mut self.edits);
        Ok(())
    }

    /// Removes and inserts entries that have lines of their own.
    fn lines(&mut self, node: NodeId, children: &[NodeId], steps: &[Step<'a>]) -> Result<(), EditError> {
        let mut place = self.headers(node).first().map_or(self.source.len(), |&first| self.past(first));
        let newline = newline(self.source);
        let end_of = |child: NodeId| next_line(self.source, self.tree.span(child).end as usize);
        let first = children.iter().copied().find(|&child| self.is_inline(child, false));
        let mut after = None;
        for step in steps {
            match *step {
                Step::Stay { child, .. } if self.is_inline(child, false) => after = Some(child),
                Step::Stay { child, .. } => {
                    place = self.headers(child).last().map_or(place, |&last| self.past(last));
                }
                Step::Remove { child } => {
                    if !self.is_inline(child, false) {
                        let headers = self.headers(child);
                        if headers.is_empty() {
                            return Err(HEADERS);
                        }
                        for header in headers {
                            self.edits.remove(self.section(header)..self.past(header));
                        }
                        continue;
                    }
                    let line = line_start(self.source, self.tree.key_span(child).start as usize);
                    let end = end_of(child);
                    let start = with_own_comments(self.tree, line, end, self.source.len());
                    self.edits.remove(start..end);
                }
                Step::Insert { key, value, .. } => {
                    if key.is_none() || after.is_none() && matches!(value, Value::Map(_)) || is_tables(value)
                    {
                        let text = self.tables(key, value)?.replace('\n', newline);
                        let ended = self.source.is_empty() || self.source.ends_with('\n');
                        if place < self.source.len() {
                            self.edits.insert(place, format!("{text}{newline}"));
                        } else {
                            let before = if ended { "" } else { newline };
                            self.edits.insert(place, format!("{before}{newline}{text}"));
                        }
                        continue;
                    }
                    let like = after.or(first);
                    let text =
                        written(value, like.map_or("", |like| &self.source[self.tree.span(like).range()]))?;
                    let entry = format!("{} = {text}", print_key(key.unwrap_or_default()));
                    let prefix = like.map_or("", |like| {
                        let key = self.tree.key_span(like).start as usize;
                        if first_on_line(self.source, key) {
                            indent(self.source, key)
                        } else {
                            &self.source[line_start(self.source, key)..key]
                        }
                    });
                    let is_header = self.source[self.tree.span(node).range()].starts_with('[');
                    match (after, first) {
                        (Some(after), _) => {
                            let end = line_end(self.source, self.tree.span(after).end as usize);
                            self.edits.insert(end, format!("{newline}{prefix}{entry}"));
                        }
                        (None, Some(first)) => {
                            let start = line_start(self.source, self.tree.key_span(first).start as usize);
                            self.edits.insert(start, format!("{prefix}{entry}{newline}"));
                        }
                        (None, None) if is_header && node != self.tree.root() => {
                            let end = line_end(self.source, self.tree.span(node).end as usize);
                            self.edits.insert(end, format!("{newline}{entry}"));
                        }
                        (None, None) if children.is_empty() && node == self.tree.root() => {
                            let ended = self.source.is_empty() || self.source.ends_with('\n');
                            let before = if ended { "" } else { newline };
                            self.edits.insert(self.source.len(), format!("{before}{entry}{newline}"));
                        }
                        (None, None) => return Err(HEADERS),
                    }
                }
            }
        }
        Ok(())
    }
}

impl Editor<'_> {
    /// Where the headers are of a table and of those below it, in order.
    fn headers(&self, node: NodeId) -> Vec<usize> {
        let nodes = node.index()..node.index() + self.tree.subtree_len(node);
        let tables = nodes.filter_map(|at| self.tree.at(at)).filter(|&id| self.tree.kind(id) == Kind::Map);
        let places = tables.filter(|&id| id != self.tree.root()).map(|id| self.tree.span(id).start as usize);
        let mut headers: Vec<_> = places.filter(|&at| self.source[at..].starts_with('[')).collect();
        headers.sort_unstable();
        headers
    }

    /// Where the section of a header begins, with the comments above it.
    fn section(&self, header: usize) -> usize {
        let line = line_start(self.source, header);
        with_own_comments(self.tree, line, line, 0)
    }

    /// Where the section after that of a header begins.
    fn past(&self, header: usize) -> usize {
        let all = self.headers(self.tree.root());
        let next = all.get(all.partition_point(|&at| at <= header));
        next.map_or(self.source.len(), |&next| self.section(next))
    }

    /// Writes a table, or tables, with their headers.
    fn tables(&self, key: Option<&str>, value: &Value) -> Result<String, EditError> {
        let mut whole = match key {
            Some(key) => Value::map([(key, value.clone())]),
            None => Value::List(vec![value.clone()]),
        };
        for key in self.path.iter().rev() {
            whole = Value::map([(key.as_str(), whole)]);
        }
        let text = crate::format::toml::print(&whole).map_err(|_| HEADERS)?;
        if text.starts_with('[') { Ok(text) } else { Err(HEADERS) }
    }
}

fn is_tables(value: &Value) -> bool {
    matches!(value, Value::List(items) if !items.is_empty() && items.iter().all(|item| item.kind() == Kind::Map))
}

/// Writes a value on one line, in the quotes that were there where they can hold it.
fn written(value: &Value, like: &str) -> Result<String, EditError> {
    if let Value::String(text) = value
        && like.starts_with('\'')
        && !text.contains('\'')
        && !text.chars().any(char::is_control)
    {
        return Ok(format!("'{text}'"));
    }
    print_inline(value).ok_or(EditError::unprintable("TOML can't hold this value here"))
}
