//! Edits in JSON, JSONC and JSON5.

mod style;

use super::align::Step;
use super::layout::{comment_at, first_on_line, indent, is_blank, line_start, next_line, with_own_comments};
use super::sides::Sides;
use super::{EditError, Splice, apply_within};
use crate::format::Format;
use crate::model::path;
use crate::model::tree::{NodeId, Tree};
use crate::model::value::{Kind, Value};
use style::{Style, entry_start};

pub(super) fn splices(sides: &Sides<'_>, format: Format, target: &Value) -> Result<Vec<Splice>, EditError> {
    let tree = sides.tree;
    let style = Style::of(tree, format);
    let mut editor = Editor { sides, tree, source: tree.source(), style, splices: Vec::new() };
    editor.value(tree.root(), target, style)?;
    Ok(editor.splices)
}

struct Editor<'a> {
    sides: &'a Sides<'a>,
    tree: &'a Tree,
    source: &'a str,
    style: Style<'a>,
    splices: Vec<Splice>,
}

/// An entry of a map or an item of a list, as it stands in the source.
struct Item {
    child: NodeId,
    start: usize,
    /// Past its value.
    end: usize,
    /// The comma after it.
    comma: Option<usize>,
    /// Past its comma, or past its value where it has none.
    past: usize,
    /// Past the comments that follow it on its line.
    tail: usize,
    /// Whether nothing else stands on its lines, but for the bracket that may close the whole.
    own_lines: bool,
    /// Whether its line ends after it.
    ends_line: bool,
}

impl Editor<'_> {
    /// Lets a node mean a value. The recursion is as deep as the value.
    fn value(&mut self, id: NodeId, target: &Value, style: Style<'_>) -> Result<(), EditError> {
        if self.sides.same(id, target) {
            return Ok(());
        }
        let children: Vec<_> = self.tree.children(id).collect();
        if !children.is_empty() || self.has_comments(id) {
            match target {
                Value::Map(map) if self.tree.kind(id) == Kind::Map => {
                    return self.collection(id, &self.sides.map_steps(&children, map));
                }
                Value::List(items) if self.tree.kind(id) == Kind::List => {
                    return self.collection(id, &self.sides.list_steps(&children, items));
                }
                _ => {}
            }
        }
        let start = entry_start(self.tree, id);
        let span = self.tree.span(id);
        let old = &self.source[span.range()];
        let over_lines = match id == self.tree.root() {
            true => children.is_empty() || old.contains('\n'),
            false => first_on_line(self.source, start),
        };
        let indent = over_lines.then(|| indent(self.source, start));
        let text = style.like(old).entry(None, target, indent)?;
        self.splices.push(Splice { at: span, text });
        Ok(())
    }

    fn has_comments(&self, id: NodeId) -> bool {
        let span = self.tree.span(id);
        let comments = self.tree.comments();
        let first = comments.partition_point(|comment| comment.start < span.start);
        comments.get(first).is_some_and(|comment| comment.start < span.end)
    }

    /// Takes the steps in a map or list. Each item brings the comma after it, so that only the last one's is looked at.
    fn collection(&mut self, id: NodeId, steps: &[Step<'_>]) -> Result<(), EditError> {
        let items: Vec<_> = steps.iter().filter_map(|step| self.item(step)).collect();
        let mut left = steps.iter().filter(|step| !matches!(step, Step::Remove { .. })).count();
        let Some(first) = items.first() else { return self.fill(id, steps) };
        if left == 0 && !self.has_comments(id) {
            let span = self.tree.span(id);
            let empty = if self.tree.kind(id) == Kind::Map { "{}" } else { "[]" };
            self.splices.push(Splice { at: span, text: empty.to_owned() });
            return Ok(());
        }
        let style = self.style.within(self.tree, first.child);
        let trailing = items.last().is_some_and(|last| last.comma.is_some());
        let mut rest = items.iter();
        let mut anchor = None;
        let mut index = 0;
        for step in steps {
            let at = match *step {
                Step::Stay { child, renamed, .. } => {
                    step_of(self.tree.key(child).map(|key| renamed.unwrap_or(key)), index)
                }
                Step::Insert { key, .. } => step_of(key, index),
                Step::Remove { child } => step_of(self.tree.key(child), index),
            };
            let took = match *step {
                Step::Stay { child, renamed, value } => {
                    (left, index) = (left - 1, index + 1);
                    let item = rest.next().expect("each step but an insertion has an item");
                    anchor = Some(item);
                    let needed = left > 0 || trailing || self.is_before_repeated(item, &items);
                    self.set_comma(item, needed);
                    self.rename(child, renamed);
                    self.value(child, value, style)
                }
                Step::Remove { .. } => {
                    let item = rest.next().expect("each step but an insertion has an item");
                    self.remove(item, anchor.is_some());
                    if left == 0 && rest.len() == 0 && !trailing {
                        self.remove_comma_before(item, &items);
                    }
                    Ok(())
                }
                Step::Insert { key, value, moved } => {
                    (left, index) = (left - 1, index + 1);
                    let moved = moved.and_then(|child| items.iter().find(|item| item.child == child));
                    self.insert(&style, (first, anchor), (key, value, moved), left > 0 || trailing)
                }
            };
            took.map_err(|error| error.under(at))?;
        }
        Ok(())
    }

    fn rename(&mut self, child: NodeId, renamed: Option<&str>) {
        let Some(new) = renamed else { return };
        let at = self.tree.key_span(child);
        let text = self.style.key_like(new, &self.source[at.range()]);
        self.splices.push(Splice { at, text });
    }

    /// Takes away the comma that would be the last thing before the bracket: that of an entry whose key comes again.
    fn remove_comma_before(&mut self, last: &Item, items: &[Item]) {
        let Some(before) = self.source[..last.start].trim_end().strip_suffix(',') else { return };
        let comma = before.len();
        if items.iter().all(|item| item.comma != Some(comma)) {
            self.splices.push(Splice::new(comma, comma + 1, ""));
        }
    }

    /// Whether an entry follows that is none of those that count: its key comes again.
    fn is_before_repeated(&self, item: &Item, items: &[Item]) -> bool {
        let next = self.skip(item.past);
        !self.source[next..].starts_with([']', '}'])
            && items.binary_search_by_key(&next, |item| item.start).is_err()
    }

    fn item(&self, step: &Step<'_>) -> Option<Item> {
        let (Step::Stay { child, .. } | Step::Remove { child }) = *step else { return None };
        let (start, end) = (entry_start(self.tree, child), self.tree.span(child).end as usize);
        let next = self.skip(end);
        let comma = self.source[next..].starts_with(',').then_some(next);
        let past = comma.map_or(end, |comma| comma + 1);
        let (tail, ends_line) = self.tail(past);
        let closes = self.source[tail..].trim_start_matches(is_blank).starts_with([']', '}']);
        let own_lines = first_on_line(self.source, start) && (ends_line || closes);
        Some(Item { child, start, end, comma, past, tail, own_lines, ends_line })
    }

    /// Passes over white space and comments.
    fn skip(&self, mut at: usize) -> usize {
        loop {
            let rest = &self.source[at..];
            at += rest.len() - rest.trim_start().len();
            match comment_at(self.tree, at) {
                Some(comment) => at = comment.end as usize,
                None => return at,
            }
        }
    }

    /// Passes over comments on the line, and says whether the line ends there.
    fn tail(&self, mut tail: usize) -> (usize, bool) {
        loop {
            let rest = &self.source[tail..];
            let at = tail + rest.len() - rest.trim_start_matches(is_blank).len();
            match comment_at(self.tree, at) {
                Some(comment) if !self.source[comment.range()].contains('\n') => tail = comment.end as usize,
                _ => return (tail, self.source[at..].is_empty() || self.source[at..].starts_with('\n')),
            }
        }
    }

    fn set_comma(&mut self, item: &Item, needed: bool) {
        match item.comma {
            None if needed => self.splices.push(Splice::new(item.end, item.end, ",")),
            Some(comma) if !needed => self.splices.push(Splice::new(comma, comma + 1, "")),
            _ => {}
        }
    }

    /// Takes an item away: its lines, where they are its own, or the blanks before it, or after it if it is the first.
    fn remove(&mut self, item: &Item, follows: bool) {
        let (start, end) = if item.own_lines && item.ends_line {
            (self.own_start(item), next_line(self.source, item.tail))
        } else if follows {
            let before = self.source[..item.start].trim_end().len();
            let after_comment = comment_at(self.tree, before.saturating_sub(1)).is_some();
            let blanks = self.source[..item.start].trim_end_matches(is_blank).len();
            (if after_comment { blanks } else { before }, item.past)
        } else {
            let rest = &self.source[item.past..];
            let blanks = rest.len() - rest.trim_start_matches([' ', '\t']).len();
            (item.start, if item.comma.is_some() { item.past + blanks } else { item.past })
        };
        self.splices.push(Splice::new(start, end, ""));
    }

    /// Where the lines of an item begin, with the comments that go with it.
    fn own_start(&self, item: &Item) -> usize {
        let next = next_line(self.source, item.tail);
        let line_end = |at: usize| self.source[at..].find('\n').map_or(self.source.len(), |end| at + end);
        let closes = self.source[next..line_end(next)].trim_start().starts_with([']', '}']);
        with_own_comments(
            self.tree,
            line_start(self.source, item.start),
            next,
            if closes { next } else { self.source.len() },
        )
    }

    /// Puts an entry or item after the anchor, or before the first one.
    fn insert(
        &mut self,
        style: &Style<'_>,
        (first, anchor): (&Item, Option<&Item>),
        (key, value, moved): (Option<&str>, &Value, Option<&Item>),
        comma: bool,
    ) -> Result<(), EditError> {
        let beside = anchor.unwrap_or(first);
        let comma = if comma { "," } else { "" };
        let item_indent = beside.own_lines.then(|| indent(self.source, beside.start));
        let mut comment = "";
        let text = match moved {
            Some(moved) => {
                let before = self.splices.len();
                self.value(moved.child, value, *style)?;
                let inner = self.splices.split_off(before);
                let mut lead = "";
                if beside.own_lines && moved.own_lines && moved.ends_line {
                    lead = self.source[self.own_start(moved)..moved.start].trim_start();
                    comment = &self.source[moved.past..moved.tail];
                }
                format!("{lead}{}", apply_within(self.source, moved.start..moved.end, inner))
            }
            None => {
                // Where the items close and open on the same line, a new one does too.
                let close = beside.end.saturating_sub(1);
                let over_lines = || {
                    let is_collection = self.tree.subtree_len(beside.child) > 1;
                    (is_collection && first_on_line(self.source, close)).then(|| indent(self.source, close))
                };
                style.entry(key, value, item_indent.or_else(over_lines))?
            }
        };
        let (at, text) = match (item_indent, anchor) {
            (Some(indent), Some(anchor)) => {
                (anchor.tail, format!("{}{text}{comma}{comment}", style.line(indent)))
            }
            (Some(indent), None) => {
                let line = self.own_start(first);
                let (tail, ends_line) = self.tail(self.open_end(first));
                if ends_line {
                    (tail, format!("{}{text}{comma}{comment}", style.line(indent)))
                } else {
                    (line, format!("{indent}{text}{comma}{comment}{}", style.line("")))
                }
            }
            (None, Some(anchor)) => (anchor.past, format!("{}{text}{comma}", style.gap)),
            (None, None) => {
                (first.start, format!("{text}{comma}{}", if comma.is_empty() { "" } else { style.gap }))
            }
        };
        self.splices.push(Splice::new(at, at, text));
        Ok(())
    }

    /// Past the bracket that opens what the first item stands in.
    fn open_end(&self, first: &Item) -> usize {
        let mut at = first.start;
        loop {
            at = self.source[..at].trim_end().len();
            match comment_at(self.tree, at.saturating_sub(1)) {
                Some(comment) => at = comment.start as usize,
                None => return at,
            }
        }
    }

    /// Puts the first entries or items into a map or list that has only comments.
    fn fill(&mut self, id: NodeId, steps: &[Step<'_>]) -> Result<(), EditError> {
        let start = entry_start(self.tree, id);
        let close = self.tree.span(id).end as usize - 1;
        let last = self.source[..close].trim_end().len();
        let over_lines = self.source[self.tree.span(id).range()].contains('\n');
        let outer = over_lines.then(|| indent(self.source, start));
        let inner = outer.map(|outer| self.style.deeper(outer));
        let mut text = String::new();
        for (at, step) in steps.iter().enumerate() {
            let Step::Insert { key, value, .. } = *step else { continue };
            text.push_str(if at > 0 { "," } else { "" });
            text.push_str(&inner.as_ref().map_or(self.style.gap.to_owned(), |inner| self.style.line(inner)));
            let entry = self.style.entry(key, value, inner.as_deref());
            text.push_str(&entry.map_err(|error| error.under(step_of(key, at)))?);
        }
        if let Some(outer) = outer
            && !self.source[last..close].contains('\n')
        {
            text.push_str(&self.style.line(outer));
        }
        self.splices.push(Splice::new(last, last, text));
        Ok(())
    }
}

fn step_of(key: Option<&str>, index: usize) -> path::Step {
    key.map_or(path::Step::Index(index), |key| path::Step::Key(key.to_owned()))
}
