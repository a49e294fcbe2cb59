//! INI: sections of keys and values.

mod print;

use std::sync::Arc;

use indexmap::IndexMap;
use indexmap::map::Entry;

use super::lines::{lines, text_start, trim};
use super::{Format, ParseError};
use crate::model::tree::{Span, Tree, TreeBuilder};

pub(super) use print::print;

/// Parses an INI file as Python's configparser does, without interpolation and with keys that have no value.
///
/// A key may be followed by `=` or `:` and a value, or by nothing, which is null. A line that is indented more than
/// the key continues its value. Comments are lines that begin with `#` or `;`. Unlike there, keys keep their case,
/// keys before the first section stand at the top, and of a key that comes again in a section all values stay, as a
/// list, in order. Sections that come again are continued. A section's place is its header.
pub(super) fn read(source: &Arc<String>) -> Result<Tree, ParseError> {
    let mut reader = Reader {
        source,
        builder: TreeBuilder::over(Arc::clone(source)),
        root: Section::default(),
        section: None,
        continued: None,
    };
    reader.builder.without_types();
    for line in lines(source, text_start(source)) {
        reader.line(line).map_err(|fault| ParseError::at(Format::Ini, source, fault.0, fault.1))?;
    }
    Ok(reader.finish())
}

struct Reader<'a> {
    source: &'a str,
    builder: TreeBuilder,
    root: Section<'a>,
    /// The root's entry and its item that keys go to; the root itself before any section.
    section: Option<(usize, usize)>,
    /// The key that an indented line continues: its entry, and how far the key is indented.
    continued: Option<(usize, usize)>,
}

#[derive(Default)]
struct Section<'a> {
    entries: IndexMap<&'a str, Entries<'a>>,
}

/// What stands under one key: more than one item, where it came again.
struct Entries<'a> {
    key_span: Span,
    items: Vec<Item<'a>>,
}

enum Item<'a> {
    Section(Span, Section<'a>),
    Value(Value),
}

/// A value's lines; none where the key has no value.
struct Value {
    lines: Option<Vec<Span>>,
    /// Where it stands, or would stand.
    span: Span,
}

struct Fault(usize, &'static str);

impl<'a> Reader<'a> {
    fn line(&mut self, line: Span) -> Result<(), Fault> {
        let text = trim(self.source, line);
        let trimmed = &self.source[text.range()];
        if trimmed.starts_with(['#', ';']) {
            self.builder.comment(text);
            return Ok(());
        }
        if trimmed.is_empty() {
            if let Some(lines) = self.continued_value().and_then(|value| value.lines.as_mut()) {
                lines.push(text);
            }
            return Ok(());
        }
        let indent = self.source[line.start as usize..text.start as usize].chars().count();
        if self.continued.is_some_and(|(_, key_indent)| indent > key_indent) {
            return self.continuation(text);
        }
        if let Some(name) = section_name(trimmed) {
            self.begin_section(text, name);
            return Ok(());
        }
        self.key(text, indent)
    }

    fn continuation(&mut self, text: Span) -> Result<(), Fault> {
        let value = self.continued_value();
        let lines = value.and_then(|value| {
            value.span.end = text.end;
            value.lines.as_mut()
        });
        match lines {
            Some(lines) => lines.push(text),
            None => return Err(Fault(text.start as usize, "an indented line after a key without a value")),
        }
        Ok(())
    }

    fn begin_section(&mut self, header: Span, name: &'a str) {
        let start = header.start as usize + 1;
        let key_span = Span::new(start, start + name.len());
        let entry = match self.root.entries.entry(name) {
            Entry::Occupied(entry) => entry.index(),
            Entry::Vacant(entry) => {
                let index = entry.index();
                entry.insert(Entries { key_span, items: Vec::new() });
                index
            }
        };
        let items = &mut self.root.entries[entry].items;
        let known = items.iter().position(|item| matches!(item, Item::Section(..)));
        let item = known.unwrap_or_else(|| {
            items.push(Item::Section(header, Section::default()));
            items.len() - 1
        });
        self.section = Some((entry, item));
        self.continued = None;
    }

    fn key(&mut self, text: Span, indent: usize) -> Result<(), Fault> {
        let trimmed = &self.source[text.range()];
        let delimiter = trimmed.find(['=', ':']);
        let name = trimmed[..delimiter.unwrap_or(trimmed.len())].trim_end();
        if name.is_empty() {
            return Err(Fault(text.start as usize, "expected a key"));
        }
        let start = text.start as usize;
        let key_span = Span::new(start, start + name.len());
        let value = match delimiter {
            Some(at) => {
                let span = trim(self.source, Span::new(start + at + 1, text.end as usize));
                // An empty value stands right behind the delimiter.
                let span = if span.is_empty() { Span::new(start + at + 1, start + at + 1) } else { span };
                Value { lines: Some(vec![span]), span }
            }
            None => Value { lines: None, span: Span { start: key_span.end, end: key_span.end } },
        };
        let entries = &mut self.current().entries;
        let entry = match entries.entry(name) {
            Entry::Occupied(mut entry) => {
                entry.get_mut().items.push(Item::Value(value));
                entry.index()
            }
            Entry::Vacant(entry) => {
                let index = entry.index();
                entry.insert(Entries { key_span, items: vec![Item::Value(value)] });
                index
            }
        };
        self.continued = Some((entry, indent));
        Ok(())
    }

    /// The section that keys go to.
    fn current(&mut self) -> &mut Section<'a> {
        let Some((entry, item)) = self.section else { return &mut self.root };
        match &mut self.root.entries[entry].items[item] {
            Item::Section(_, section) => section,
            Item::Value(_) => unreachable!("a section's place in its entry does not change"),
        }
    }

    /// The value that an indented line or an empty one continues.
    fn continued_value(&mut self) -> Option<&mut Value> {
        let (entry, _) = self.continued?;
        match self.current().entries[entry].items.last_mut() {
            Some(Item::Value(value)) => Some(value),
            _ => None,
        }
    }

    fn finish(self) -> Tree {
        let mut writer = Writer { source: self.source, builder: self.builder };
        writer.builder.begin_map(0);
        writer.section(&self.root);
        writer.builder.end(self.source.len());
        writer.builder.finish()
    }
}

/// The name in a section's header: up to the last bracket; what follows that is passed over.
pub(super) fn section_name(line: &str) -> Option<&str> {
    let inside = line.strip_prefix('[')?;
    let name = &inside[..inside.rfind(']')?];
    (!name.is_empty()).then_some(name)
}

struct Writer<'a> {
    source: &'a str,
    builder: TreeBuilder,
}

impl Writer<'_> {
    /// Writes the entries of a section; sections stand only at the top.
    fn section(&mut self, section: &Section<'_>) {
        for (name, entries) in &section.entries {
            let text = super::place(self.source, name, entries.key_span);
            self.builder.key(text, entries.key_span);
            if let [item] = &*entries.items {
                self.item(item);
            } else {
                let span = |item: &Item<'_>| match item {
                    Item::Section(span, _) => *span,
                    Item::Value(value) => value.span,
                };
                let ends = entries.items.first().zip(entries.items.last());
                let (start, end) = ends.map_or((0, 0), |(first, last)| (span(first).start, span(last).end));
                self.builder.begin_list(start as usize);
                for item in &entries.items {
                    self.item(item);
                }
                self.builder.end(end as usize);
            }
        }
    }

    fn item(&mut self, item: &Item<'_>) {
        match item {
            Item::Section(header, section) => {
                self.builder.begin_map(header.start as usize);
                self.section(section);
                self.builder.end(header.end as usize);
            }
            Item::Value(Value { lines: None, span }) => self.builder.null(*span),
            Item::Value(Value { lines: Some(lines), span }) => {
                let lines: Vec<&str> = lines.iter().map(|line| &self.source[line.range()]).collect();
                let text = lines.join("\n");
                let text = super::place(self.source, text.trim_end(), *span);
                self.builder.string(text, *span);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::format::{json, parse};

    fn check(source: &str, expected: &str) {
        let tree = parse(Format::Ini, source).unwrap();
        assert_eq!(json::to_string(&tree.to_value().unwrap()), expected, "{source}");
    }

    #[test]
    fn sections_hold_keys_and_values() {
        check(
            "[a]\nx = 1\nY: 2 ; no comment\n\n[b c]\n k=\nz\n",
            r#"{"a":{"x":"1","Y":"2 ; no comment"},"b c":{"k":"","z":null}}"#,
        );
        check("top = 1\r\n[s]\r\nk = v\r\n", r#"{"top":"1","s":{"k":"v"}}"#);
        check("\u{feff}[s] trailing\n[x[y]z]\na=b=c:d\n", r#"{"s":{},"x[y]z":{"a":"b=c:d"}}"#);
        check("", "{}");
    }

    #[test]
    fn indented_lines_continue_a_value() {
        check(
            "[a]\nk =\n  one\n\n  # comment\n  two\n\nl = x\n\ty\nm = 1\n",
            r#"{"a":{"k":"\none\n\ntwo","l":"x\ny","m":"1"}}"#,
        );
        check("[user]\n\tname = a\n\temail = b\n", r#"{"user":{"name":"a","email":"b"}}"#);
        check("[a]\n  [b]\n  k = 1\n", r#"{"a":{},"b":{"k":"1"}}"#);
        check("[a]\nk = 1\n  [b]\n", r#"{"a":{"k":"1\n[b]"}}"#);
    }

    #[test]
    fn keys_that_come_again_make_a_list_and_sections_go_on() {
        check(
            "[Service]\nExecStart=\nExecStart=/bin/x\n[Install]\nA=1\n[Service]\nExecStart=/bin/y\nUser=u\n",
            r#"{"Service":{"ExecStart":["","/bin/x","/bin/y"],"User":"u"},"Install":{"A":"1"}}"#,
        );
        check("a = 1\n[a]\nb = 2\n[a]\nc = 3\n", r#"{"a":["1",{"b":"2","c":"3"}]}"#);
    }

    #[test]
    fn what_has_no_key_is_an_error() {
        let error = parse(Format::Ini, "[a]\n = 1\n").unwrap_err();
        assert_eq!(error.to_string(), "not valid ini at line 2, column 2: expected a key");
        let error = parse(Format::Ini, "[a]\nk\n  x\n").unwrap_err();
        assert_eq!((error.line, error.column), (3, 3));
    }

    #[test]
    fn places_and_comments_are_those_of_the_source() {
        let source = "# one\n[a]\nkey =  some value \n   ; two\n  more\nempty =\n";
        let tree = parse(Format::Ini, source).unwrap();
        let slice = |span: Span| &source[span.range()];
        let a = tree.child(tree.root(), "a").unwrap();
        let key = tree.child(a, "key").unwrap();
        let empty = tree.child(a, "empty").unwrap();
        assert_eq!((slice(tree.span(a)), slice(tree.key_span(a))), ("[a]", "a"));
        assert_eq!(
            (slice(tree.key_span(key)), slice(tree.span(key))),
            ("key", "some value \n   ; two\n  more")
        );
        assert_eq!(tree.span(empty).start as usize, source.len() - 1);
        assert_eq!(tree.comments().iter().map(|&span| slice(span)).collect::<Vec<_>>(), ["# one", "; two"]);
    }
}
