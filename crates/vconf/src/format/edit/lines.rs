//! Edits in INI, `.env` and properties: entries on lines of their own.

mod entry;
mod ini;

use std::hash::RandomState;

use super::align::Step;
use super::layout::{is_comment_line, line_end, line_start, newline, next_line, with_own_comments};
use super::sides::Sides;
use super::{EditError, Splice};
use crate::format::Format;
use crate::format::lines::text_start;
use crate::model::path;
use crate::model::sequence::in_order;
use crate::model::tree::{NodeId, Span, Tree};
use crate::model::value::{Kind, Map, Value};
use entry::{Entry, Style};
use ini::Part;

pub(super) fn splices(
    sides: &Sides<'_>,
    format: Format,
    latin1: bool,
    target: &Value,
) -> Result<Vec<Splice>, EditError> {
    let Value::Map(target) = target else {
        return Err(EditError::unprintable(format!("{format} can't hold a root that is not a map")));
    };
    let tree = sides.tree;
    let source = tree.source();
    let style = Style::new(format, newline(source), source, latin1);
    let parts = if format == Format::Ini { ini::parts(tree) } else { Vec::new() };
    let mut editor = Editor { sides, tree, source, style, parts, splices: Vec::new() };
    let first = (0..tree.len())
        .filter_map(|at| tree.at(at))
        .find(|&id| editor.is_entry(id) && tree.key(id).is_some());
    if let Some(first) = first {
        editor.style = editor.style.like(source, editor.entry(first));
    }
    editor.entries(tree.root(), None, target)?;
    Ok(editor.splices)
}

struct Editor<'a> {
    sides: &'a Sides<'a>,
    tree: &'a Tree,
    source: &'a str,
    /// The style of the first entry.
    style: Style<'a>,
    parts: Vec<Part<'a>>,
    splices: Vec<Splice>,
}

impl<'a> Editor<'a> {
    /// Lets the root, or a section, mean a map. The root's new keys go before its first section.
    fn entries(&mut self, id: NodeId, section: Option<&str>, target: &Map) -> Result<(), EditError> {
        let children: Vec<_> = self.tree.children(id).collect();
        let first =
            children.iter().copied().find(|&child| self.is_entry(child)).map(|child| self.entry(child));
        let (mut entry, mut part): (Option<Entry>, Option<Part<'a>>) = (None, None);
        // New sections come after new keys at the same place.
        let mut sections = Vec::new();
        for step in self.sides.map_steps(&children, target) {
            let key = match step {
                Step::Stay { renamed: Some(key), .. } | Step::Insert { key: Some(key), .. } => key,
                Step::Stay { child, .. } | Step::Remove { child } => self.tree.key(child).unwrap_or_default(),
                Step::Insert { key: None, .. } => "",
            };
            let took = match step {
                Step::Remove { child } => self.remove(child),
                Step::Insert { value: Value::Map(map), .. } if section.is_none() && !self.is_flat() => {
                    sections.push((key, map, part));
                    Ok(())
                }
                Step::Insert { value, .. } => self.insert(section, (key, value), (first, entry), part),
                Step::Stay { child, renamed, value }
                    if self.is_entry(child) == (value.kind() != Kind::Map) =>
                {
                    let took = self.stay(child, renamed, value);
                    if self.is_entry(child) {
                        entry = Some(self.last_entry(child));
                    } else {
                        let name = self.tree.key(child);
                        part = self.parts.iter().rfind(|part| Some(part.name) == name).copied();
                    }
                    took
                }
                Step::Stay { child, value, .. } => {
                    let removed = self.remove(child);
                    removed.and_then(|()| self.insert(section, (key, value), (first, entry), part))
                }
            };
            took.map_err(|error| error.under(path::Step::Key(key.to_owned())))?;
        }
        for (key, map, part) in sections {
            let took = self.insert_section(key, map, part);
            took.map_err(|error| error.under(path::Step::Key(key.to_owned())))?;
        }
        Ok(())
    }

    fn is_flat(&self) -> bool {
        self.style.format != Format::Ini
    }

    fn is_entry(&self, id: NodeId) -> bool {
        self.tree.kind(id) != Kind::Map
    }

    fn entry(&self, id: NodeId) -> Entry {
        let first = self.tree.children(id).next().filter(|_| self.tree.kind(id) == Kind::List);
        Entry::of(self.tree, self.style.format, first.unwrap_or(id))
    }

    fn last_entry(&self, id: NodeId) -> Entry {
        let last = self.tree.children(id).last().filter(|_| self.tree.kind(id) == Kind::List);
        Entry::of(self.tree, self.style.format, last.unwrap_or(id))
    }

    /// The nodes of a key's values: more than one where it came again.
    fn items(&self, id: NodeId) -> Result<Vec<NodeId>, EditError> {
        let items: Vec<_> = match self.tree.kind(id) {
            Kind::List => self.tree.children(id).collect(),
            _ => vec![id],
        };
        if self.tree.kind(id) == Kind::List && items.iter().any(|&item| !self.is_entry(item)) {
            return Err(EditError::entangled("a key and a section have the same name"));
        }
        Ok(items)
    }

    fn stay(&mut self, child: NodeId, renamed: Option<&str>, value: &Value) -> Result<(), EditError> {
        let key = renamed.or(self.tree.key(child)).unwrap_or_default();
        if renamed.is_none() && self.sides.same(child, value) {
            return Ok(());
        }
        if let Value::Map(target) = value {
            let old = self.tree.key(child).unwrap_or_default();
            if renamed.is_some() {
                let names: Vec<_> = self.parts_of(old).map(|part| part.name_span).collect();
                self.splices.extend(names.into_iter().map(|at| Splice { at, text: key.to_owned() }));
            }
            return self.entries(child, Some(old), target);
        }
        let items = self.items(child)?;
        if renamed.is_some() {
            let text = self.style.key(key);
            for &item in &items {
                let at = Entry::of(self.tree, self.style.format, item).key;
                self.splices.push(Splice { at, text: text.clone() });
            }
        }
        let targets = match value {
            Value::List(targets) if self.style.format == Format::Ini && targets.len() > 1 => &targets[..],
            Value::List(_) if self.style.format == Format::Ini => {
                return Err(EditError::unprintable("ini can't hold a list of fewer than two items"));
            }
            value => std::slice::from_ref(value),
        };
        self.values(key, &items, targets)
    }

    /// Lets a key have some values: in INI more than one.
    fn values(&mut self, key: &str, items: &[NodeId], targets: &[Value]) -> Result<(), EditError> {
        let entries: Vec<_> = items.iter().map(|&id| Entry::of(self.tree, self.style.format, id)).collect();
        let mut rest = items.iter().zip(&entries);
        let mut anchor = None;
        for step in self.sides.list_steps(items, targets) {
            match step {
                Step::Stay { child, value, .. } => {
                    let (_, entry) = rest.next().expect("each step but an insertion has an item");
                    anchor = Some(*entry);
                    if !self.sides.same(child, value) {
                        self.value(key, child, *entry, value)?;
                    }
                }
                Step::Remove { .. } => {
                    let (_, entry) = rest.next().expect("each step but an insertion has an item");
                    self.remove_lines(*entry);
                }
                Step::Insert { value, .. } => {
                    let beside = anchor.unwrap_or(entries[0]);
                    let text = self.style.like(self.source, beside).entry(key, value)?;
                    self.put_entry(text, (Some(entries[0]), anchor), None);
                }
            }
        }
        Ok(())
    }

    /// Replaces one value.
    fn value(&mut self, key: &str, id: NodeId, entry: Entry, value: &Value) -> Result<(), EditError> {
        let style = self.style.like(self.source, entry);
        let new = style.check(key, value)?;
        let (key_end, at) = (entry.key.end as usize, entry.value);
        let had = self.tree.kind(id) != Kind::Null;
        let Some(new) = new else {
            self.splices.push(Splice::new(key_end, at.end as usize, ""));
            return Ok(());
        };
        let old = &self.source[at.range()];
        if !had {
            let text = format!("{}{}", style.separator(), style.text(new, old));
            self.splices.push(Splice::new(key_end, key_end, text));
        } else if self.style.format == Format::Ini && (old.contains('\n') || new.contains('\n')) {
            self.value_lines(&style, at, new);
        } else if new.is_empty() && self.style.format != Format::Env {
            // The blanks before a value go with it.
            let start = self.source[..at.start as usize].trim_end_matches([' ', '\t']).len().max(key_end);
            self.splices.push(Splice::new(start, at.end as usize, ""));
        } else {
            let between = &self.source[key_end..at.start as usize];
            let set_off =
                at.is_empty() && self.style.format != Format::Env && between.starts_with([' ', '\t']);
            let text = format!(
                "{}{}",
                if set_off && !between[1..].ends_with(' ') { " " } else { "" },
                style.text(new, old)
            );
            self.splices.push(Splice { at, text });
        }
        Ok(())
    }

    /// Replaces the lines of a value that differ; comments between them stay.
    fn value_lines(&mut self, style: &Style<'_>, at: Span, new: &str) {
        let first_end = line_end(self.source, at.start as usize).min(at.end as usize);
        let mut new = new.split('\n');
        let first = new.next().unwrap_or_default();
        let after = self.source[..at.start as usize].ends_with(['=', ':']) && at.start as usize == first_end;
        if &self.source[at.start as usize..first_end] != first {
            let before = self.source[..at.start as usize].trim_end_matches([' ', '\t']).len();
            let start = if first.is_empty() { before } else { at.start as usize };
            let blank = if after && !first.is_empty() {
                style.separator().chars().rev().take_while(|c| *c == ' ').collect()
            } else {
                String::new()
            };
            self.splices.push(Splice::new(start, first_end, format!("{blank}{first}")));
        }
        let mut old: Vec<Span> = Vec::new();
        let mut start = next_line(self.source, first_end);
        while start < at.end as usize {
            let end = line_end(self.source, start);
            if !is_comment_line(self.tree, start) {
                old.push(Span::new(start, end));
            }
            start = next_line(self.source, start);
        }
        let old_texts: Vec<_> = old.iter().map(|span| self.source[span.range()].trim()).collect();
        let new: Vec<_> = new.collect();
        let mut pairs = in_order::<_, RandomState>(&old_texts, &new);
        pairs.push((old.len(), new.len()));
        let (mut o, mut n, mut anchor) = (0, 0, first_end);
        for (old_next, new_next) in pairs {
            while o < old_next && n < new_next && !old_texts[o].is_empty() && !new[n].is_empty() {
                let text = old[o].end as usize - self.source[old[o].range()].trim_start().len();
                self.splices.push(Splice::new(text, text + old_texts[o].len(), new[n]));
                (anchor, o, n) = (old[o].end as usize, o + 1, n + 1);
            }
            for line in &new[n..new_next] {
                self.splices.push(Splice::new(anchor, anchor, style.hanging_line(line)));
            }
            for &line in &old[o..old_next] {
                self.splices.push(Splice::new(
                    line_before(self.source, line.start as usize),
                    line.end as usize,
                    "",
                ));
            }
            if let Some(kept) = old.get(old_next) {
                anchor = kept.end as usize;
            }
            (o, n) = (old_next + 1, new_next + 1);
        }
    }

    fn remove(&mut self, child: NodeId) -> Result<(), EditError> {
        if !self.is_entry(child) {
            let parts: Vec<_> = self.parts_of(self.tree.key(child).unwrap_or_default()).copied().collect();
            parts.iter().for_each(|part| self.remove_part(part));
            return Ok(());
        }
        for item in self.items(child)? {
            self.remove_lines(Entry::of(self.tree, self.style.format, item));
        }
        Ok(())
    }

    fn remove_lines(&mut self, entry: Entry) {
        self.cut_lines(self.own_start(entry), entry.end);
    }

    /// Takes lines away; the line end before them, where the last has none.
    fn cut_lines(&mut self, start: usize, end: usize) {
        let next = next_line(self.source, end);
        let before =
            self.source[..start].strip_suffix('\n').map(|text| text.strip_suffix('\r').unwrap_or(text));
        let start = match before {
            Some(before) if !self.source.ends_with('\n') && next == self.source.len() => before.len(),
            _ => start.max(text_start(self.source)),
        };
        self.splices.push(Splice::new(start, next, ""));
    }

    /// Where the lines of an entry begin, with the comments that go with it.
    fn own_start(&self, entry: Entry) -> usize {
        let next = next_line(self.source, entry.end);
        let at_header = self.parts.binary_search_by_key(&next, |part| part.line).is_ok();
        with_own_comments(self.tree, entry.line, next, if at_header { next } else { self.source.len() })
    }

    /// Takes away a section: its header, its lines, and the comments right above it.
    fn remove_part(&mut self, part: &Part<'_>) {
        let start = self.comments_above(part);
        let last = part.end == self.source.len();
        let text_end = self.source[..start].trim_end().len();
        if last && text_end > 0 {
            // What ends the file then ends it as before.
            let end = part.line + self.source[part.line..].trim_end().len();
            self.splices.push(Splice::new(text_end, end, ""));
        } else {
            self.splices.push(Splice::new(start, part.end, ""));
        }
    }

    /// Where a section begins with the comments right above it; the file's first lines are about the file.
    fn comments_above(&self, part: &Part<'_>) -> usize {
        let mut start = part.line;
        while start > 0 && is_comment_line(self.tree, start - 1) {
            start = line_start(self.source, start - 1);
        }
        if start <= text_start(self.source) { part.line.max(text_start(self.source)) } else { start }
    }

    fn parts_of<'s>(&'s self, name: &'s str) -> impl Iterator<Item = &'s Part<'a>> {
        self.parts.iter().filter(move |part| part.name == name)
    }

    fn insert(
        &mut self,
        section: Option<&str>,
        (key, value): (&str, &Value),
        (first, anchor): (Option<Entry>, Option<Entry>),
        part: Option<Part<'a>>,
    ) -> Result<(), EditError> {
        if let (Value::Map(map), Format::Ini, None) = (value, self.style.format, section) {
            return self.insert_section(key, map, part);
        }
        let style = match anchor.or(first) {
            Some(beside) => self.style.like(self.source, beside),
            None if section.is_some() => self.style,
            None => self.style.without_indent(),
        };
        let text = entry_lines(&style, key, value)?;
        let header = section.and_then(|name| self.parts_of(name).next().copied());
        self.put_entry(text, (first, anchor), header);
        Ok(())
    }

    /// Puts lines after the anchor; else before the first entry, under the header, or at the end of what comes before the first.
    fn put_entry(
        &mut self,
        text: String,
        (first, anchor): (Option<Entry>, Option<Entry>),
        header: Option<Part<'_>>,
    ) {
        let newline = newline(self.source);
        let splice = match (anchor, header, first) {
            (Some(anchor), _, _) => Splice::new(anchor.end, anchor.end, format!("{newline}{text}")),
            (None, Some(header), _) => {
                Splice::new(header.header_end, header.header_end, format!("{newline}{text}"))
            }
            (None, None, Some(first)) => {
                let at = self.own_start(first).max(text_start(self.source));
                Splice::new(at, at, format!("{text}{newline}"))
            }
            (None, None, None) => {
                let (at, end) = match self.parts.first() {
                    Some(part) => (part.line.max(text_start(self.source)), newline),
                    None => (self.source.len(), newline),
                };
                let before = &self.source[..at];
                if before.is_empty() || before.ends_with('\n') {
                    let gap = if self.parts.is_empty() { "" } else { newline };
                    Splice::new(at, at, format!("{text}{end}{gap}"))
                } else {
                    Splice::new(at, at, format!("{newline}{text}"))
                }
            }
        };
        self.splices.push(splice);
    }

    /// Puts a section after another, or before the first, or at the end.
    fn insert_section(&mut self, name: &str, map: &Map, after: Option<Part<'_>>) -> Result<(), EditError> {
        let newline = newline(self.source);
        let mut text = format!("[{name}]");
        for (key, value) in map {
            text.push_str(newline);
            let lines = entry_lines(&self.style, key, value);
            text.push_str(&lines.map_err(|error| error.under(path::Step::Key(key.clone())))?);
        }
        let splice = match (after, self.parts.first()) {
            (Some(part), _) => {
                let at = part.text_end(self.source).max(part.body(self.source).min(part.header_end));
                Splice::new(at, at, format!("{newline}{newline}{text}"))
            }
            (None, Some(part)) => {
                let start = self.comments_above(part);
                let at = self.source[..start].trim_end().len();
                if at == 0 {
                    Splice::new(start, start, format!("{text}{newline}{newline}"))
                } else {
                    Splice::new(at, at, format!("{newline}{newline}{text}"))
                }
            }
            (None, None) => {
                let at = self.source.trim_end().len();
                if at == 0 {
                    Splice::new(self.source.len(), self.source.len(), format!("{text}{newline}"))
                } else {
                    Splice::new(at, at, format!("{newline}{newline}{text}"))
                }
            }
        };
        self.splices.push(splice);
        Ok(())
    }
}

/// Where the line before this one ends.
fn line_before(source: &str, start: usize) -> usize {
    let before = &source[..start];
    before.strip_suffix('\n').map_or(start, |text| text.strip_suffix('\r').unwrap_or(text).len())
}

/// The lines of a key: in INI one for each item of a list.
fn entry_lines(style: &Style<'_>, key: &str, value: &Value) -> Result<String, EditError> {
    let items = match value {
        Value::List(items) if style.format == Format::Ini && items.len() > 1 => &items[..],
        value => std::slice::from_ref(value),
    };
    let lines = items.iter().map(|item| style.entry(key, item)).collect::<Result<Vec<_>, _>>()?;
    Ok(lines.join(style.newline()))
}
