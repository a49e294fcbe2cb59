//! Edits in TOML.
//!
//! A table is where its statements are: its header with what is below it, those of tables in it, and keys with dots.
//! What such a table is no more gives way, all its statements, to what shall be there.

mod statements;
mod tables;

use std::collections::HashMap;

use super::align::Step;
use super::brackets::{Brackets, Item};
use super::buffer::Edits;
use super::layout::{newline, next_line};
use super::sides::Sides;
use super::{EditError, EditReason, Splice};
use crate::format::Format;
use crate::format::toml::{print_inline, print_key};
use crate::model::path::Step as PathStep;
use crate::model::tree::{NodeId, Tree};
use crate::model::value::{Kind, Map, Value};
use statements::{Statement, Statements};

pub(super) fn splices(sides: &Sides<'_>, target: &Value) -> Result<Vec<Splice>, EditError> {
    let tree = sides.tree;
    let Value::Map(_) = target else {
        return Err(EditError::unprintable("a TOML file is a map of keys"));
    };
    // A last line without a line end is given one meanwhile.
    let missing = !tree.source().is_empty() && !tree.source().ends_with('\n');
    let newline = newline(tree.source());
    let source = if missing { [tree.source(), newline].concat() } else { tree.source().to_owned() };
    let statements = Statements::of(tree, &source);
    let mut editor = Editor {
        sides,
        tree,
        source: &source,
        newline,
        statements: &statements,
        edits: Edits::default(),
        sections: Vec::new(),
        renamed: HashMap::new(),
        path: Vec::new(),
    };
    editor.value(tree.root(), false, target)?;
    editor.put_sections();
    let written = editor.edits.apply(&source, 0..source.len());
    let mut written = written.ok_or(EditError::new(EditReason::Unsafe))?;
    if missing {
        let kept = written.strip_suffix('\n').map(|text| text.strip_suffix('\r').unwrap_or(text).len());
        written.truncate(kept.unwrap_or(written.len()));
    } else if !tree.source().ends_with("\n\n") && !tree.source().ends_with("\n\r\n") {
        // What stood between two sections does not end the file.
        let text = written.trim_end().len();
        written.truncate(next_line(&written, text));
    }
    Ok(vec![Splice::new(0, tree.source().len(), written)])
}

struct Editor<'a> {
    sides: &'a Sides<'a>,
    tree: &'a Tree,
    /// That of the tree, with a line end at its end.
    source: &'a str,
    newline: &'static str,
    statements: &'a Statements,
    edits: Edits,
    /// New sections, with their places: they come below the entries that are put to the same ones.
    sections: Vec<(usize, String)>,
    /// The keys that tables get, as they are written.
    renamed: HashMap<NodeId, String>,
    /// The keys of the tables around.
    path: Vec<String>,
}

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
        match (self.tree.kind(node), target) {
            (Kind::Map, Value::Map(map)) if !inline || self.fits(node, map) => {
                let children: Vec<_> = self.tree.children(node).collect();
                let steps = self.sides.map_steps(&children, map);
                self.collection(node, inline, &children, steps)
            }
            (Kind::List, Value::List(items)) => {
                let children: Vec<_> = self.tree.children(node).collect();
                let steps = self.sides.list_steps(&children, items);
                self.collection(node, inline, &children, steps)
            }
            _ => {
                let span = self.tree.span(node).range();
                let loses = |comment: usize| span.contains(&comment);
                if self.tree.kind(node) == Kind::Map
                    && target.kind() == Kind::Map
                    && self.tree.comments().iter().any(|comment| loses(comment.start as usize))
                {
                    return Err(EditError::entangled("keys with dots among comments inside of brackets"));
                }
                let text = written(target, &self.source[span.clone()])?;
                self.edits.replace(span, text);
                Ok(())
            }
        }
    }

    /// Whether a map between brackets has no keys with dots but those whose values alone change.
    fn fits(&self, node: NodeId, map: &Map) -> bool {
        let has_dots = |node: NodeId| self.tree.children(node).any(|child| !self.is_inline(child, true));
        let mut open = vec![(node, map)];
        while let Some((node, map)) = open.pop() {
            if !has_dots(node) && self.is_inline(node, true) {
                continue;
            }
            if self.tree.children(node).count() != map.len() {
                return false;
            }
            for child in self.tree.children(node) {
                match map.get(self.tree.key(child).unwrap_or_default()) {
                    Some(Value::Map(map)) if !self.is_inline(child, true) => open.push((child, map)),
                    Some(_) if self.is_inline(child, true) => {}
                    _ => return false,
                }
            }
        }
        true
    }

    fn collection(
        &mut self,
        node: NodeId,
        inline: bool,
        children: &[NodeId],
        steps: Vec<Step<'a>>,
    ) -> Result<(), EditError> {
        let at = |child: NodeId| children.binary_search(&child).unwrap_or_default();
        let mut structural = Vec::with_capacity(steps.len());
        for step in steps {
            let Step::Stay { child, renamed, value } = step else {
                structural.push(step);
                continue;
            };
            let key = self.tree.key(child);
            let path_step =
                key.map_or_else(|| PathStep::Index(at(child)), |key| PathStep::Key(key.to_owned()));
            let child_inline = self.is_inline(child, inline);
            if !inline && !child_inline && !self.sides.same(child, value) && self.gives_way(child, value) {
                structural.push(Step::Remove { child });
                structural.push(Step::Insert { key: renamed.or(key), value, moved: None });
                continue;
            }
            structural.push(step);
            if let Some(renamed) = renamed {
                if inline || child_inline {
                    self.edits.replace(self.tree.key_span(child).range(), print_key(renamed));
                } else {
                    self.rename(child, renamed);
                }
            }
            let depth = self.path.len();
            self.path.extend(renamed.or(key).map(str::to_owned));
            self.value(child, inline || child_inline, value).map_err(|error| error.under(path_step))?;
            self.path.truncate(depth);
        }
        if structural.iter().all(|step| matches!(step, Step::Stay { .. })) {
            return Ok(());
        }
        match (inline, self.tree.kind(node)) {
            (true, _) => self.brackets(node, children, &structural),
            (false, Kind::List) => self.items(node, &structural),
            (false, _) => self.lines(node, &structural),
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
        let pad = if is_map { " " } else { "" };
        let brackets =
            Brackets { source: self.source, open: span.start + 1, close: span.end - 1, items, pad };
        let at = |child: NodeId| children.binary_search(&child).unwrap_or_default();
        let mut changes = Vec::with_capacity(steps.len());
        for step in steps {
            changes.push(match *step {
                Step::Stay { child, .. } => Item::Stay(at(child)),
                Step::Remove { child } => Item::Remove(at(child)),
                Step::Insert { key: None, value, moved: Some(moved) } => {
                    let old = &self.source[self.tree.span(moved).range()];
                    let same = self.sides.same(moved, value);
                    Item::Move(at(moved), if same { old.to_owned() } else { written(value, old)? })
                }
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
}

fn is_tables(value: &Value) -> bool {
    matches!(value, Value::List(items) if !items.is_empty() && items.iter().all(|item| matches!(item, Value::Map(_))))
}

/// Writes a value on one line, in the quotes that were there where they can hold it.
fn written(value: &Value, like: &str) -> Result<String, EditError> {
    if let Value::String(text) = value
        && like.starts_with('\'')
        && !text.chars().any(char::is_control)
    {
        // Three quotes hold what has fewer in a row, and none at its ends.
        let is_long = like.starts_with("'''");
        if is_long && !text.contains("'''") && !text.starts_with('\'') && !text.ends_with('\'') {
            return Ok(format!("'''{text}'''"));
        }
        if !text.contains('\'') {
            return Ok(format!("'{text}'"));
        }
    }
    print_inline(value).map_err(|fault| EditError::of(Format::Toml, fault))
}
