//! The entries of a line format as they stand in the source, and new ones like them.

use crate::format::edit::EditError;
use crate::format::edit::layout::{indent, is_blank, line_end, line_start};
use crate::format::{Format, env, parse, print, properties};
use crate::model::tree::{NodeId, Span, Tree};
use crate::model::value::Value;

/// One key with its value, on lines of its own.
#[derive(Clone, Copy, Debug)]
pub(super) struct Entry {
    pub(super) key: Span,
    pub(super) value: Span,
    /// Where its first line begins.
    pub(super) line: usize,
    /// Where its last line ends, before the line end.
    pub(super) end: usize,
}

impl Entry {
    /// Finds the entry of a value; of a key that came again in INI, of one of its values.
    pub(super) fn of(tree: &Tree, format: Format, id: NodeId) -> Self {
        let (source, value) = (tree.source(), tree.span(id));
        let (key, line) = if format == Format::Ini {
            // The value begins on the key's line.
            let line = line_start(source, value.start as usize);
            let start = line + indent(source, line).len();
            let text = &source[start..line_end(source, start)];
            let name = text[..text.find(['=', ':']).unwrap_or(text.len())].trim_end();
            (Span::new(start, start + name.len()), line)
        } else {
            let key = tree.key_span(id);
            (key, line_start(source, key.start as usize))
        };
        Self { key, value, line, end: line_end(source, value.end as usize) }
    }

    /// What stands between the key and the value; nothing where there is none.
    fn separator(self, source: &str) -> &str {
        &source[self.key.end as usize..self.value.start as usize]
    }
}

/// How a new entry is written: as one beside it.
#[derive(Clone, Copy, Debug)]
pub(super) struct Style<'a> {
    pub(super) format: Format,
    /// What stands before the key on its line: an indentation, `export `.
    pub(super) before: &'a str,
    separator: &'a str,
    /// How long keys are with the blanks behind them, where the separators are aligned.
    width: usize,
    /// Past which character all are escaped.
    plain_until: char,
    newline: &'static str,
    /// How much further than its key a value's further lines are indented.
    hanging: &'a str,
}

impl<'a> Style<'a> {
    pub(super) fn new(format: Format, newline: &'static str, source: &str, latin1: bool) -> Self {
        let plain_until = if latin1 {
            '\u{ff}'
        } else if source.is_ascii() {
            // Readers that take it for ISO 8859-1 and those that take it for UTF-8 agree on it so far.
            '\u{7e}'
        } else {
            char::MAX
        };
        let separator = if format == Format::Ini { " = " } else { "=" };
        Self { format, before: "", separator, width: 0, plain_until, newline, hanging: "    " }
    }

    /// The style of one entry; its separator only where it shows how values are set off.
    pub(super) fn like(mut self, source: &'a str, entry: Entry) -> Self {
        let separator = entry.separator(source);
        let before = &source[entry.line..entry.key.start as usize];
        self.before = before;
        if !entry.value.is_empty() && !separator.contains('\n') {
            self.separator = separator;
        }
        let blanks = separator.len() - separator.trim_start_matches(is_blank).len();
        if blanks > 1 {
            self.width = (entry.key.end - entry.key.start) as usize + blanks;
        }
        if let Some(second) =
            source[entry.value.range()].split('\n').skip(1).find(|line| !line.trim().is_empty())
        {
            let indent = &second[..second.len() - second.trim_start().len()];
            self.hanging =
                indent.strip_prefix(self.before).filter(|rest| !rest.is_empty()).unwrap_or(self.hanging);
        }
        self
    }

    /// The same, for a key at the start of a line.
    pub(super) fn without_indent(self) -> Self {
        Self { before: "", ..self }
    }

    /// The text of an entry, without a line end.
    pub(super) fn entry(&self, key: &str, value: &Value) -> Result<String, EditError> {
        let text = self.check(key, value)?;
        let key = self.key(key);
        let Some(text) = text else { return Ok(format!("{}{key}", self.before)) };
        let sign = self.separator.trim_start_matches(is_blank);
        let mut separator = self.separator.to_owned();
        if self.width > 0 && !sign.is_empty() {
            let blanks = self.width.saturating_sub(key.chars().count()).max(1);
            separator = format!("{}{sign}", " ".repeat(blanks));
        }
        let value = self.text(text, "");
        let entry = format!("{}{key}{separator}{value}", self.before);
        Ok(if value.is_empty() { entry.trim_end().to_owned() } else { entry })
    }

    /// A key as it is written.
    pub(super) fn key(&self, key: &str) -> String {
        match self.format {
            Format::Properties => properties::escaped_key(key, self.plain_until),
            _ => key.to_owned(),
        }
    }

    /// A text as it is written, with the quotes of the one whose place it takes, if they can hold it.
    pub(super) fn text(&self, text: &str, old: &str) -> String {
        match self.format {
            Format::Properties => properties::escaped_text(text, self.plain_until),
            Format::Env => {
                let reads = |written: &String| {
                    let tree = parse(Format::Env, format!("K={written}")).ok();
                    tree.and_then(|tree| tree.to_value().ok()) == Some(Value::map([("K", text)]))
                };
                let lines = old.contains('\n');
                let alike = match old.bytes().next() {
                    Some(b'"') if !env::expands(text) || env::expands(old) => env::double_quoted(text, lines),
                    Some(b'\'') if text.contains(['\'', '\\']) || text.contains('\n') && !lines => {
                        String::new()
                    }
                    Some(b'\'') => format!("'{text}'"),
                    // Bare where a shell that reads the file takes it for a text, or the file has no regard for shells.
                    Some(_) if env::is_bare(text) => text.to_owned(),
                    Some(b'"') => String::new(),
                    Some(_)
                        if !env::is_bare(old) && !text.contains(['\n', '\'', '"', '`', '$', '#', '\\']) =>
                    {
                        text.to_owned()
                    }
                    _ => String::new(),
                };
                if reads(&alike) { alike } else { env::as_written(text) }
            }
            _ => {
                let mut lines = text.split('\n');
                let first = lines.next().unwrap_or_default().to_owned();
                lines.fold(first, |written, line| written + &self.hanging_line(line))
            }
        }
    }

    pub(super) fn newline(&self) -> &'static str {
        self.newline
    }

    /// What stands between a key and a text where there was no value.
    pub(super) fn separator(&self) -> &'a str {
        self.separator
    }

    /// What begins a further line of a value.
    pub(super) fn hanging_line(&self, text: &str) -> String {
        if text.is_empty() {
            self.newline.to_owned()
        } else {
            format!("{}{}{}{text}", self.newline, self.before, self.hanging)
        }
    }

    /// The text of a value that the format can hold at a key.
    pub(super) fn check<'v>(&self, key: &str, value: &'v Value) -> Result<Option<&'v str>, EditError> {
        let text = match value {
            Value::String(text) => Some(text.as_str()),
            Value::Null => None,
            _ => {
                let what = format!("{} holds texts only, not a {}", self.format, value.kind());
                return Err(EditError::unprintable(what));
            }
        };
        match print(self.format, &Value::map([(key, value.clone())])) {
            Ok(_) => Ok(text),
            Err(error) => Err(EditError::unprintable(format!("{} can't hold {}", self.format, error.what))),
        }
    }
}
