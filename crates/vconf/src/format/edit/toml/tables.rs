//! Entries on lines of their own and tables below headers: how they come, go, move and get other names.

use std::ops::Range;

use super::{Editor, Statement, is_tables, written};
use crate::format::Format;
use crate::format::edit::EditError;
use crate::format::edit::align::Step;
use crate::format::edit::layout::{is_comment_line, line_end, line_start, next_line, with_own_comments};
use crate::format::toml::{print, print_key};
use crate::model::path::Step as PathStep;
use crate::model::tree::NodeId;
use crate::model::value::{Kind, Value};

/// How the content of a table is written.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Form {
    /// Below its own header; without one before all headers.
    Section(Option<usize>),
    /// By keys with dots.
    Dotted,
    /// Only by the headers of tables in it.
    Implied,
}

impl<'a> Editor<'a> {
    /// Removes and inserts what a table holds.
    pub(super) fn lines(&mut self, node: NodeId, steps: &[Step<'a>]) -> Result<(), EditError> {
        let form = self.form(node);
        let first_header = self.statements.headers(node).next();
        let mut place = match (form, first_header) {
            (Form::Section(header), _) => self.statements.past(header),
            (_, Some(first)) => self.statements.start(first),
            (_, None) => self.source.len(),
        };
        // The line that the next one is put after.
        let mut after: Option<usize> = None;
        let mut into_implied = String::new();
        for step in steps {
            match *step {
                Step::Stay { child, .. } => {
                    after = self.statements.entries(child).next_back().or(after);
                    if let Some(header) = self.statements.headers(child).next_back() {
                        place = self.statements.past(Some(header));
                    }
                }
                Step::Remove { child } => self.remove(child),
                Step::Insert { key, value, .. } => {
                    let key = key.unwrap_or_default();
                    if self.as_tables(node, form, value, after.is_some()) {
                        let text = self.tables(Some(key), value)?;
                        self.sections.push((place, text));
                    } else if form == Form::Implied {
                        let entry = self.entry(print_key(key), value, None);
                        let entry = entry.map_err(|error| error.under(PathStep::Key(key.to_owned())))?;
                        into_implied.push_str(&entry);
                        into_implied.push_str(self.newline);
                    } else {
                        let inserted = self.insert_entry(node, form, (key, value), after);
                        inserted.map_err(|error| error.under(PathStep::Key(key.to_owned())))?;
                    }
                }
            }
        }
        if let (false, Some(first)) = (into_implied.is_empty(), first_header) {
            let name = self.name(&self.statements.list[first], node);
            let text = format!("[{name}]{}{into_implied}", self.newline);
            self.sections.push((self.statements.start(first), text));
        }
        Ok(())
    }

    /// Removes, inserts and moves tables of a list.
    pub(super) fn items(&mut self, node: NodeId, steps: &[Step<'a>]) -> Result<(), EditError> {
        let first = self.statements.headers(node).next();
        let mut place = first.map_or(self.source.len(), |first| self.statements.start(first));
        for step in steps {
            match *step {
                Step::Stay { child, .. } => {
                    if let Some(header) = self.statements.headers(child).next_back() {
                        place = self.statements.past(Some(header));
                    }
                }
                Step::Remove { child } => self.remove(child),
                Step::Insert { value, moved, .. } => {
                    let text = match moved.and_then(|moved| self.moved(moved, value)) {
                        Some(text) => text,
                        None => self.tables(None, value)?,
                    };
                    self.sections.push((place, text));
                }
            }
        }
        Ok(())
    }

    /// Gives a table, or a list of tables, another key wherever that is written.
    pub(super) fn rename(&mut self, child: NodeId, key: &str) {
        let statements = self.statements.headers(child).chain(self.statements.entries(child));
        let places: Vec<_> =
            statements.filter_map(|index| self.statements.list[index].key_of(child)).collect();
        places.into_iter().for_each(|place| self.edits.replace(place, print_key(key)));
        self.renamed.insert(child, print_key(key));
    }

    /// Whether what is written by headers or dots can't be edited to be a value, but gives way to it.
    pub(super) fn gives_way(&self, child: NodeId, value: &Value) -> bool {
        match (self.tree.kind(child), value) {
            (Kind::Map, Value::Map(map)) => map.is_empty() && self.statements.header(child).is_none(),
            (Kind::List, value) => !is_tables(value),
            _ => true,
        }
    }

    fn form(&self, node: NodeId) -> Form {
        if node == self.tree.root() {
            return Form::Section(None);
        }
        match self.statements.header(node) {
            Some(header) => Form::Section(Some(header)),
            None if self.statements.entries(node).next().is_some() => Form::Dotted,
            None => Form::Implied,
        }
    }

    /// Whether a new value is written below a header, as its siblings are.
    fn as_tables(&self, node: NodeId, form: Form, value: &Value, follows_entry: bool) -> bool {
        let is_map = matches!(value, Value::Map(_));
        if form == Form::Dotted || !(is_map || is_tables(value)) {
            return false;
        }
        let kind = if is_map { Kind::Map } else { Kind::List };
        let (mut headers, mut inline) = (0, 0);
        for child in self.tree.children(node).filter(|&child| self.tree.kind(child) == kind) {
            let has_tables =
                is_map || self.tree.children(child).all(|item| self.tree.kind(item) == Kind::Map);
            if self.statements.headers(child).next().is_some() {
                headers += 1;
            } else if has_tables && self.tree.children(child).next().is_some() {
                inline += 1;
            }
        }
        match (headers, inline) {
            (0, 0) => node == self.tree.root() || form == Form::Implied || !is_map || !follows_entry,
            _ => headers >= inline,
        }
    }

    /// Takes away all that is written of an entry, a table, or an item of a list of tables.
    fn remove(&mut self, child: NodeId) {
        let mut parts: Vec<Range<usize>> = Vec::new();
        for header in self.statements.headers(child) {
            let part = self.section(header);
            match parts.last_mut() {
                Some(last) if last.end == part.start => last.end = part.end,
                _ => parts.push(part),
            }
        }
        for mut part in parts {
            if part.end == self.source.len() {
                // What ends the file is no blank line.
                while part.start > 0 && self.is_blank(line_start(self.source, part.start - 1)) {
                    part.start = line_start(self.source, part.start - 1);
                }
            }
            self.edits.remove(part);
        }
        let entries: Vec<_> = self.statements.entries(child).collect();
        for entry in entries {
            let Statement { line, end, .. } = self.statements.list[entry];
            let next = next_line(self.source, end);
            let own = self.tree.source().len();
            // A header below is not what the comment above is about.
            let is_last = self
                .statements
                .list
                .get(entry + 1)
                .is_some_and(|next_one| next_one.is_header && self.statements.start(entry + 1) == next);
            let limit = if is_last { next } else { own };
            let start = with_own_comments(self.tree, line, next.min(own), limit);
            self.edits.remove(start..next);
        }
    }

    /// The lines of a section: with the comments right above its header, and without those that are set off from its
    /// entries by a blank line.
    fn section(&self, header: usize) -> Range<usize> {
        let (start, bound) = (self.statements.start(header), self.statements.past(Some(header)));
        let last = self.statements.below(Some(header)).last();
        let mut end = next_line(self.source, last.unwrap_or(&self.statements.list[header]).end).min(bound);
        while end < bound.min(self.tree.source().len()) && is_comment_line(self.tree, end) {
            end = next_line(self.source, end);
        }
        while end < bound && self.is_blank(end) {
            end = next_line(self.source, end);
        }
        start..end
    }

    fn is_blank(&self, line: usize) -> bool {
        self.source[line..line_end(self.source, line)].trim().is_empty()
    }

    /// The sections of an item that is moved, edited.
    fn moved(&mut self, item: NodeId, value: &'a Value) -> Option<String> {
        let around = (std::mem::take(&mut self.edits), std::mem::take(&mut self.sections));
        let edited = self.value(item, false, value);
        self.put_sections();
        for header in self.statements.headers(item) {
            let statement = &self.statements.list[header];
            for &(node, index) in &statement.nodes {
                if let Some(name) = self.renamed.get(&node).filter(|_| node.index() < item.index()) {
                    self.edits.replace(statement.keys[index].clone(), name.as_str());
                }
            }
        }
        let edits = std::mem::take(&mut self.edits);
        (self.edits, self.sections) = around;
        edited.ok()?;
        let mut parts: Vec<Range<usize>> = Vec::new();
        for header in self.statements.headers(item) {
            let part = self.statements.start(header)..self.statements.past(Some(header));
            match parts.last_mut() {
                Some(last) if last.end == part.start => last.end = part.end,
                _ => parts.push(part),
            }
        }
        let mut text = String::new();
        for part in parts {
            text.push_str(&edits.clone().apply(self.source, part)?);
        }
        let kept = text.trim_end().len();
        text.truncate(kept);
        text.push_str(self.newline);
        Some(text)
    }

    /// Puts the new sections between others, with blank lines where there are some.
    pub(super) fn put_sections(&mut self) {
        for (place, text) in std::mem::take(&mut self.sections) {
            let before = &self.source[..place];
            let blank_before = before.is_empty() || self.is_blank(line_start(before, place - 1));
            let (above, below) = match (place == self.source.len(), blank_before) {
                (true, false) => (self.newline, ""),
                (false, true) => ("", self.newline),
                _ => ("", ""),
            };
            self.edits.insert(place, format!("{above}{text}{below}"));
        }
    }

    /// The key of a node, as it stands in a statement below, or as it shall.
    fn name(&self, statement: &Statement, node: NodeId) -> String {
        let own = statement.nodes.iter().position(|(known, _)| *known == node).unwrap_or_default();
        let above = &statement.nodes[..=own];
        if above.iter().all(|(node, _)| !self.renamed.contains_key(node)) {
            let end = statement.key_of(node).map_or(statement.keys[0].end, |key| key.end);
            return self.source[statement.keys[0].start..end].to_owned();
        }
        let names = statement.keys[..=above[own].1].iter().enumerate().map(|(index, key)| {
            let here = above.iter().filter(|(_, known)| *known == index);
            let new = here.filter_map(|(node, _)| self.renamed.get(node)).next();
            new.map_or(&self.source[key.clone()], String::as_str)
        });
        names.collect::<Vec<_>>().join(".")
    }

    fn insert_entry(
        &mut self,
        node: NodeId,
        form: Form,
        (key, value): (&str, &Value),
        after: Option<usize>,
    ) -> Result<(), EditError> {
        let first = match form {
            Form::Section(header) => self.statements.below(header).first(),
            _ => self.statements.entries(node).next().map(|first| &self.statements.list[first]),
        };
        let model = after.map(|after| &self.statements.list[after]).or(first);
        let mut name = print_key(key);
        if form == Form::Dotted
            && let Some(model) = model
        {
            name = format!("{}.{name}", self.name(model, node));
        }
        let entry = self.entry(name, value, model)?;
        let indent = model.map_or("", |model| &self.source[model.line..model.keys[0].start]);
        let newline = self.newline;
        match (after, first, form) {
            (Some(after), ..) => {
                let next = next_line(self.source, self.statements.list[after].end);
                self.edits.insert(next, format!("{indent}{entry}{newline}"));
            }
            (None, Some(first), _) => {
                self.edits.insert(first.line, format!("{indent}{entry}{newline}"));
            }
            (None, None, Form::Section(Some(header))) => {
                let next = next_line(self.source, self.statements.list[header].end);
                self.edits.insert(next, format!("{entry}{newline}"));
            }
            (None, None, _) => {
                let place = self.statements.past(None);
                let gap = if place < self.source.len() { newline } else { "" };
                self.edits.insert(place, format!("{entry}{newline}{gap}"));
            }
        }
        Ok(())
    }

    /// Writes a key with its value, like another one.
    fn entry(&self, name: String, value: &Value, model: Option<&Statement>) -> Result<String, EditError> {
        let (like, tight) = match model {
            Some(model) => {
                let key_end = model.keys.last().map_or(0, |key| key.end);
                let rest = &self.source[key_end..model.end];
                let (before, value) = rest.split_once('=').unwrap_or((" ", rest));
                (value.trim_start_matches([' ', '\t']), before.is_empty() && !value.starts_with(' '))
            }
            None => ("", false),
        };
        let text = written(value, like)?;
        Ok(format!("{name}{}{text}", if tight { "=" } else { " = " }))
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
        let text = print(&whole).map_err(|fault| {
            let mut error = EditError::of(Format::Toml, fault);
            // Without the steps that lead here.
            let around = self.path.len() + usize::from(key.is_none());
            error.path.0.drain(..around.min(error.path.0.len()));
            error
        })?;
        Ok(self.with_newlines(&text))
    }

    /// With the line ends of the source, but for those in strings.
    fn with_newlines(&self, text: &str) -> String {
        use toml_parser::lexer::TokenKind;
        let tokens = toml_parser::Source::new(text).lex();
        let part = |token: toml_parser::lexer::Token| match token.kind() {
            TokenKind::Newline => self.newline,
            _ => &text[token.span().start()..token.span().end()],
        };
        tokens.map(part).collect()
    }
}
