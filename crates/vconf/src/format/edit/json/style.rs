//! How a JSON file is written, and new values in that way.

use crate::format::edit::EditError;
use crate::format::edit::layout::{first_on_line, indent, newline};
use crate::format::{Format, json};
use crate::model::path::Step;
use crate::model::tree::{NodeId, Tree};
use crate::model::value::{Kind, Value};

/// The habits of a file, found in one pass over it.
#[derive(Clone, Copy, Debug)]
pub(super) struct Style<'a> {
    five: bool,
    /// What one level is indented by.
    unit: &'a str,
    newline: &'static str,
    /// What stands between a key and its value.
    colon: &'a str,
    /// What stands between a comma and the next item on the same line.
    pub(super) gap: &'a str,
    /// What stands inside the brackets of a map and of a list on one line.
    padding: (&'a str, &'a str),
    /// Whether maps and lists of scalars are mostly written on one line.
    on_one_line: (bool, bool),
    keys: Quotes,
    strings: Quotes,
    /// Whether all but ASCII is escaped.
    ascii: bool,
}

/// What stands around a key or a string.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Quotes {
    None,
    Single,
    Double,
}

impl Quotes {
    fn of(text: &str) -> Self {
        match text.bytes().next() {
            Some(b'"') => Self::Double,
            Some(b'\'') => Self::Single,
            _ => Self::None,
        }
    }
}

/// How long a line may become that holds a new map or list.
const LINE_CHARS: usize = 80;

impl<'a> Style<'a> {
    pub(super) fn of(tree: &'a Tree, format: Format) -> Self {
        let source = tree.source();
        let slice = |id: NodeId| &source[tree.span(id).range()];
        let (mut colon, mut unit, mut gap, mut keys, mut strings) = (None, None, None, None, None);
        let mut padding = (None, None);
        let mut one_line_surplus = (0, 0);
        for id in (0..tree.len()).filter_map(|at| tree.at(at)) {
            if tree.kind(id) == Kind::String && strings.is_none() {
                strings = Some(Quotes::of(slice(id)));
            }
            let mut children = tree.children(id);
            let Some(first) = children.next().filter(|_| matches!(tree.kind(id), Kind::List | Kind::Map))
            else {
                continue;
            };
            if keys.is_none() && tree.kind(id) == Kind::Map {
                keys = Some(Quotes::of(&source[tree.key_span(first).range()]));
            }
            colon = colon.or_else(|| colon_before(tree, first));
            let start = entry_start(tree, first);
            if unit.is_none() && first_on_line(source, start) {
                let outer = indent(source, entry_start(tree, id));
                unit = indent(source, start).strip_prefix(outer).filter(|unit| !unit.is_empty());
            }
            if gap.is_none()
                && let Some(second) = children.next()
            {
                gap = gap_before(source, entry_start(tree, second));
            }
            // Only those without lists and maps in them, so that no part of the source is looked at twice.
            if tree.children(id).all(|child| tree.subtree_len(child) == 1) {
                let map = tree.kind(id) == Kind::Map;
                let surplus = if map { &mut one_line_surplus.0 } else { &mut one_line_surplus.1 };
                let padding = if map { &mut padding.0 } else { &mut padding.1 };
                if slice(id).contains('\n') {
                    *surplus -= 1;
                } else {
                    *surplus += 1;
                    padding.get_or_insert(&source[tree.span(id).start as usize + 1..start]);
                }
            }
        }
        let colon = colon.unwrap_or(": ");
        let is_blank = |text: &&str| text.trim().is_empty();
        Self {
            five: format == Format::Json5,
            unit: unit.unwrap_or("  "),
            newline: newline(source),
            colon,
            gap: gap.unwrap_or(if colon.ends_with(' ') { " " } else { "" }),
            padding: (
                padding.0.filter(is_blank).unwrap_or_default(),
                padding.1.filter(is_blank).unwrap_or_default(),
            ),
            on_one_line: (one_line_surplus.0 > 0, one_line_surplus.1 > 0),
            keys: keys.unwrap_or(Quotes::Double),
            strings: strings.unwrap_or(Quotes::Double),
            ascii: source.is_ascii() && source.contains("\\u"),
        }
    }

    /// The style that the entries of a map or list have, where they have one of their own.
    pub(super) fn within(self, tree: &'a Tree, first: NodeId) -> Self {
        let source = tree.source();
        let key = &source[tree.key_span(first).range()];
        Self {
            colon: colon_before(tree, first).unwrap_or(self.colon),
            keys: if key.is_empty() { self.keys } else { Quotes::of(key) },
            ..self
        }
    }

    /// The style of which one value is.
    pub(super) fn like(self, old: &str) -> Self {
        match Quotes::of(old) {
            Quotes::None => self,
            strings => Self { strings, ..self },
        }
    }

    /// A new line, with an indentation.
    pub(super) fn line(&self, indent: &str) -> String {
        format!("{}{indent}", self.newline)
    }

    /// One level further in.
    pub(super) fn deeper(&self, indent: &str) -> String {
        format!("{indent}{}", self.unit)
    }

    /// An entry of a map or item of a list; over several lines where an indentation is given.
    pub(super) fn entry(
        &self,
        key: Option<&str>,
        value: &Value,
        indent: Option<&str>,
    ) -> Result<String, EditError> {
        let mut text = String::new();
        if let Some(key) = key {
            self.write_key(&mut text, key, self.keys);
            text.push_str(self.colon);
        }
        self.write(&mut text, value, indent)?;
        Ok(text)
    }

    /// A key in the place of another.
    pub(super) fn key_like(&self, key: &str, old: &str) -> String {
        let mut text = String::new();
        self.write_key(&mut text, key, Quotes::of(old));
        text
    }

    fn write(&self, text: &mut String, value: &Value, indent: Option<&str>) -> Result<(), EditError> {
        match value {
            Value::Null => text.push_str("null"),
            Value::Bool(value) => text.push_str(if *value { "true" } else { "false" }),
            Value::Number(number) if self.five || number.decimal().is_some() => {
                text.push_str(number.as_str())
            }
            Value::Number(_) => {
                return Err(EditError::unprintable("json can't hold a number that is not finite"));
            }
            Value::String(string) => self.write_string(text, string, self.strings),
            Value::Tagged(_) => return Err(EditError::unprintable("json can't hold a value with a tag")),
            Value::List(items) => {
                let entries: Vec<_> = items.iter().map(|item| (None, item)).collect();
                self.write_entries(text, &entries, ("[", "]"), (self.on_one_line.1, self.padding.1), indent)?;
            }
            Value::Map(map) => {
                let entries: Vec<_> = map.iter().map(|(key, value)| (Some(key.as_str()), value)).collect();
                self.write_entries(text, &entries, ("{", "}"), (self.on_one_line.0, self.padding.0), indent)?;
            }
        }
        Ok(())
    }

    fn write_entries(
        &self,
        text: &mut String,
        entries: &[(Option<&str>, &Value)],
        (open, close): (&str, &str),
        (on_one_line, padding): (bool, &str),
        indent: Option<&str>,
    ) -> Result<(), EditError> {
        let entry = |at: usize, indent: Option<&str>| {
            let (key, value) = entries[at];
            self.entry(key, value, indent)
                .map_err(|error| error.under(key.map_or(Step::Index(at), |key| Step::Key(key.to_owned()))))
        };
        text.push_str(open);
        if entries.is_empty() {
            text.push_str(close);
            return Ok(());
        }
        let flat = entries.iter().all(|(_, value)| !matches!(value.kind(), Kind::List | Kind::Map));
        if indent.is_none() || on_one_line && flat {
            let items = (0..entries.len()).map(|at| entry(at, None)).collect::<Result<Vec<_>, _>>()?;
            let line = items.join(&format!(",{}", self.gap));
            if indent.is_none_or(|indent| indent.len() + line.len() < LINE_CHARS) {
                text.extend([padding, &line, padding, close]);
                return Ok(());
            }
        }
        let indent = indent.unwrap_or_default();
        let inner = self.deeper(indent);
        for at in 0..entries.len() {
            text.push_str(if at > 0 { "," } else { "" });
            text.push_str(&self.line(&inner));
            text.push_str(&entry(at, Some(&inner))?);
        }
        text.push_str(&self.line(indent));
        text.push_str(close);
        Ok(())
    }

    fn write_key(&self, text: &mut String, key: &str, quotes: Quotes) {
        let first = |c: char| c.is_ascii_alphabetic() || matches!(c, '$' | '_');
        let is_name = key.starts_with(first) && key.chars().all(|c| first(c) || c.is_ascii_digit());
        match quotes {
            Quotes::None if is_name => text.push_str(key),
            Quotes::None => self.write_string(text, key, self.strings),
            quotes => self.write_string(text, key, quotes),
        }
    }

    fn write_string(&self, text: &mut String, string: &str, quotes: Quotes) {
        let mut written = String::with_capacity(string.len() + 2);
        json::write_string(&mut written, string);
        if quotes == Quotes::Single {
            let inside = written[1..written.len() - 1].replace('\'', "\\'").replace("\\\"", "\"");
            written = format!("'{inside}'");
        }
        if !self.ascii {
            text.push_str(&written);
            return;
        }
        for c in written.chars() {
            if c.is_ascii() {
                text.push(c);
            } else {
                json::push_escape(text, c);
            }
        }
    }
}

/// Where an entry or item begins: with its key, where it has one.
pub(super) fn entry_start(tree: &Tree, id: NodeId) -> usize {
    let key = tree.key_span(id);
    if key.is_empty() { tree.span(id).start as usize } else { key.start as usize }
}

/// What stands between a key and its value, where that is only a colon and blanks.
fn colon_before(tree: &Tree, id: NodeId) -> Option<&str> {
    let key = tree.key_span(id);
    let between = &tree.source()[key.end as usize..tree.span(id).start as usize];
    (!key.is_empty() && between.trim_matches([' ', '\t']) == ":").then_some(between)
}

/// The blanks between a comma and what follows it.
fn gap_before(source: &str, at: usize) -> Option<&str> {
    let before = source[..at].trim_end_matches([' ', '\t']);
    before.ends_with(',').then(|| &source[before.len()..at])
}
