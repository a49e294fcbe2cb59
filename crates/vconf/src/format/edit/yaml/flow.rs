//! Entries and items that come and go between brackets.

use std::collections::HashSet;

use super::{Editor, Entry, Outcome, scalar};
use crate::format::edit::align::Step;
use crate::format::edit::brackets::{Brackets, Item};
use crate::format::yaml::print::{print_flow, write_flow_key};
use crate::model::tree::NodeId;

impl<'a> Editor<'a> {
    /// Removes and inserts between brackets.
    pub(super) fn flow(&mut self, node: NodeId, entries: &[Entry], steps: &[Step<'a>]) -> Outcome {
        let span = self.tree.span(node).range();
        let brackets = Brackets {
            source: self.source,
            open: span.start + 1,
            close: span.end - 1,
            items: entries.iter().map(|entry| entry.head..entry.end()).collect(),
            pad: "",
        };
        let at = |child: NodeId| entries.binary_search_by_key(&child, |entry| entry.node).unwrap_or_default();
        let mut changes = Vec::with_capacity(steps.len());
        let mut kept = HashSet::new();
        for step in steps {
            changes.push(match *step {
                Step::Stay { child, .. } => Item::Stay(at(child)),
                Step::Remove { child } => Item::Remove(at(child)),
                Step::Insert { key, value, moved } => {
                    if let Some(moved) = moved.filter(|&moved| self.sides.same(moved, value)) {
                        let part = brackets.items[at(moved)].clone();
                        if self.may_move(moved, value, &part, span.start) {
                            kept.insert(moved);
                            changes.push(Item::Move(at(moved), self.source[part].to_owned()));
                            continue;
                        }
                    }
                    let like = self.like(entries, value);
                    let mut text = String::new();
                    if let Some(key) = key {
                        let like = entries.first().map_or("", |entry| &self.source[entry.key.clone()]);
                        if like.is_empty() {
                            write_flow_key(&mut text, key).map_err(|fault| self.unprintable(fault))?;
                        } else {
                            text = scalar::key(key, like, true);
                        }
                        text.push_str(": ");
                    }
                    text.push_str(&match scalar::inline(value, like, true) {
                        Some(text) => text,
                        None => print_flow(value).map_err(|fault| self.unprintable(fault))?,
                    });
                    Item::Insert(text)
                }
            });
        }
        for step in steps {
            if let Step::Remove { child } = step
                && !kept.contains(child)
            {
                self.references.gone.push(brackets.items[at(*child)].clone());
            }
        }
        brackets.edit(changes, &mut self.edits);
        Ok(())
    }
}
