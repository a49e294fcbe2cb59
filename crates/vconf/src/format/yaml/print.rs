//! Values as YAML, in block style.

use super::schema::{self, Plain};
use super::{CORE, key};
use crate::format::json::write_string;
use crate::format::print::Unprintable;
use crate::model::path::Step;
use crate::model::value::{Map, Tagged, Value};

/// Writes a value as one document, or one under [`Tagged::DOCUMENTS`] as several.
pub(in crate::format) fn print(value: &Value) -> Result<String, Unprintable> {
    let mut printer = Printer { text: String::new(), indents: Indents::default() };
    match value {
        Value::Tagged(tagged) if tagged.tag == Tagged::DOCUMENTS => {
            let Value::List(documents) = &tagged.value else {
                return Err(Unprintable::new("documents that are not a list"));
            };
            if documents.len() < 2 {
                return Err(Unprintable::new("a stream of fewer than two documents"));
            }
            for (index, document) in documents.iter().enumerate() {
                printer.text.push_str("---");
                printer.value(document, 0, After::Marker).map_err(|fault| fault.under(Step::Index(index)))?;
            }
        }
        _ => printer.value(value, 0, After::Nothing)?,
    }
    Ok(printer.text)
}

/// Writes a value as it goes on behind its key or dash, which is `indent` deep, up to a line end.
pub(in crate::format) fn print_part(
    value: &Value,
    indent: usize,
    after: After,
    indents: Indents,
) -> Result<String, Unprintable> {
    let mut printer = Printer { text: String::new(), indents };
    printer.value(value, indent, after)?;
    Ok(printer.text)
}

/// Writes a value on one line, in flow style.
pub(in crate::format) fn print_flow(value: &Value) -> Result<String, Unprintable> {
    let mut printer = Printer { text: String::new(), indents: Indents::default() };
    printer.flow(value)?;
    Ok(printer.text)
}

/// Writes a tag as it stands before a value.
pub(in crate::format) fn print_tag(tag: &str) -> Result<String, Unprintable> {
    let mut printer = Printer { text: String::new(), indents: Indents::default() };
    printer.tag(tag)?;
    Ok(printer.text)
}

/// How far each level of a block is indented.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(in crate::format) struct Indents {
    /// A map below its key.
    pub(in crate::format) map: usize,
    /// A list below its key.
    pub(in crate::format) list: usize,
    /// What follows a dash, behind it.
    pub(in crate::format) dash: usize,
}

impl Default for Indents {
    fn default() -> Self {
        Self { map: 2, list: 2, dash: 2 }
    }
}

struct Printer {
    text: String,
    indents: Indents,
}

/// What stands before a value on its line, without a blank.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(in crate::format) enum After {
    Nothing,
    /// `---`
    Marker,
    /// `key:`
    Key,
    /// `-`
    Dash,
}

type Outcome = Result<(), Unprintable>;

impl Printer {
    /// Writes a value and a line end; what it stands behind is indented by `indent`.
    fn value(&mut self, value: &Value, indent: usize, after: After) -> Outcome {
        let indent = match (after, value.untagged()) {
            (After::Nothing | After::Marker, _) => indent,
            (After::Key, Value::List(_)) => indent + self.indents.list,
            (After::Key, _) => indent + self.indents.map,
            (After::Dash, _) => indent + self.indents.dash,
        };
        let mut after = after;
        let mut value = value;
        if let Value::Tagged(tagged) = value {
            value = &tagged.value;
            if tagged.tag != Tagged::LINES && tagged.tag != Tagged::DOCUMENTS {
                if let Value::Tagged(_) = value {
                    return Err(Unprintable::new("two tags on one value"));
                }
                self.blank(after);
                self.tag(&tagged.tag)?;
                after = After::Marker;
            }
        }
        match value {
            Value::List(items) if !items.is_empty() => {
                self.list(items, indent, after)?;
            }
            Value::Map(map) if !map.is_empty() => {
                self.map(map, indent, after)?;
            }
            _ => {
                self.blank(after);
                self.scalar(value, indent);
                self.text.push('\n');
            }
        }
        Ok(())
    }

    fn list(&mut self, items: &[Value], indent: usize, after: After) -> Outcome {
        let mut inline = self.begin_block(after);
        for (index, item) in items.iter().enumerate() {
            self.indent(indent, &mut inline);
            self.text.push('-');
            self.value(item, indent, After::Dash).map_err(|fault| fault.under(Step::Index(index)))?;
        }
        Ok(())
    }

    fn map(&mut self, map: &Map, indent: usize, after: After) -> Outcome {
        let mut inline = self.begin_block(after);
        for (key, value) in map {
            self.indent(indent, &mut inline);
            let mut name = String::new();
            write_key(&mut name, key);
            if name.chars().count() > MAX_SIMPLE_KEY {
                self.text.push_str("? ");
                self.text.push_str(&name);
                self.text.push('\n');
                self.indent(indent, &mut false);
            } else {
                self.text.push_str(&name);
            }
            self.text.push(':');
            self.value(value, indent, After::Key).map_err(|fault| fault.under_key(key))?;
        }
        Ok(())
    }

    fn flow(&mut self, value: &Value) -> Outcome {
        match value {
            Value::List(items) => {
                self.text.push('[');
                for (index, item) in items.iter().enumerate() {
                    self.text.push_str(if index > 0 { ", " } else { "" });
                    self.flow(item).map_err(|fault| fault.under(Step::Index(index)))?;
                }
                self.text.push(']');
            }
            Value::Map(map) => {
                self.text.push('{');
                for (index, (key, value)) in map.iter().enumerate() {
                    self.text.push_str(if index > 0 { ", " } else { "" });
                    write_flow_key(&mut self.text, key)?;
                    self.text.push_str(": ");
                    self.flow(value).map_err(|fault| fault.under_key(key))?;
                }
                self.text.push('}');
            }
            Value::Tagged(tagged) => {
                if let Value::Tagged(_) = tagged.value {
                    return Err(Unprintable::new("two tags on one value"));
                }
                self.tag(&tagged.tag)?;
                self.text.push(' ');
                self.flow(&tagged.value)?;
            }
            Value::String(text) => write_flow_text(&mut self.text, text),
            _ => self.scalar(value, 0),
        }
        Ok(())
    }

    /// Whether a block's first line goes on behind what stands there.
    fn begin_block(&mut self, after: After) -> bool {
        match after {
            After::Nothing => true,
            After::Dash => {
                self.text.extend(std::iter::repeat_n(' ', self.indents.dash.max(2) - 1));
                true
            }
            After::Marker | After::Key => {
                self.text.push('\n');
                false
            }
        }
    }

    fn indent(&mut self, indent: usize, inline: &mut bool) {
        if !std::mem::take(inline) {
            self.text.extend(std::iter::repeat_n(' ', indent));
        }
    }

    fn blank(&mut self, after: After) {
        if after != After::Nothing {
            self.text.push(' ');
        }
    }

    fn scalar(&mut self, value: &Value, indent: usize) {
        match value {
            Value::Null | Value::Tagged(_) => self.text.push_str("null"),
            Value::Bool(value) => self.text.push_str(if *value { "true" } else { "false" }),
            Value::Number(number) => self.text.push_str(match number.as_str() {
                "Infinity" => ".inf",
                "-Infinity" => "-.inf",
                "NaN" => ".nan",
                finite => finite,
            }),
            Value::String(text) if is_block(text) => self.block(text, indent.max(2)),
            Value::String(text) => write_text(&mut self.text, text),
            Value::List(_) => self.text.push_str("[]"),
            Value::Map(_) => self.text.push_str("{}"),
        }
    }

    /// Writes a text of several lines after `|`, without the last line end.
    fn block(&mut self, text: &str, indent: usize) {
        let body = text.trim_end_matches('\n');
        self.text.push_str(match text.len() - body.len() {
            0 => "|-",
            1 => "|",
            _ => "|+",
        });
        for line in text.strip_suffix('\n').unwrap_or(text).split('\n') {
            self.text.push('\n');
            if !line.is_empty() {
                self.text.extend(std::iter::repeat_n(' ', indent));
                self.text.push_str(line);
            }
        }
    }

    fn tag(&mut self, tag: &str) -> Outcome {
        let (start, rest, end) = match (tag.strip_prefix(CORE), tag.strip_prefix('!')) {
            (Some(name), _) if !name.is_empty() => ("!!", name, ""),
            (_, Some(name)) if !name.is_empty() && !name.contains('!') => ("!", name, ""),
            _ if tag.contains(':') => ("!<", tag, ">"),
            _ => return Err(Unprintable::new("a tag that is neither local nor a URI")),
        };
        self.text.push_str(start);
        for byte in rest.bytes() {
            if byte.is_ascii_alphanumeric() || b"-#;/?:@&=+$_.~*'()".contains(&byte) {
                self.text.push(char::from(byte));
            } else {
                self.text.push_str(&format!("%{byte:02X}"));
            }
        }
        self.text.push_str(end);
        Ok(())
    }
}

/// How long a key may be that stands before its colon on one line (YAML 1.2.2, section 7.4.2).
pub(in crate::format) const MAX_SIMPLE_KEY: usize = 1000;

/// Writes a key in a flow map.
pub(in crate::format) fn write_flow_key(text: &mut String, key: &str) -> Outcome {
    if key.chars().count() > MAX_SIMPLE_KEY / 2 {
        return Err(Unprintable::new("so long a key on one line"));
    }
    if key == "<<" {
        text.push_str(key);
    } else {
        write_flow_text(text, key);
    }
    Ok(())
}

/// Writes a string inside of brackets.
fn write_flow_text(text: &mut String, string: &str) {
    if is_plain(string) && string.contains([',', '[', ']', '{', '}']) {
        text.push('\'');
        text.push_str(&string.replace('\'', "''"));
        text.push('\'');
    } else {
        write_text(text, string);
    }
}

/// Writes a key of a block map.
pub(in crate::format) fn write_key(text: &mut String, key: &str) {
    // Written without quotes, so that other readers still take it for a merge key.
    if key == "<<" {
        text.push_str(key);
    } else {
        write_text(text, key);
    }
}

/// Writes a string on one line: plain where no reader can take it for something else, or else quoted.
pub(in crate::format) fn write_text(text: &mut String, string: &str) {
    if is_plain(string) {
        text.push_str(string);
    } else if string.chars().all(is_printable) && string.contains(['"', '\\']) {
        text.push('\'');
        text.push_str(&string.replace('\'', "''"));
        text.push('\'');
    } else {
        let mut quoted = String::new();
        write_string(&mut quoted, string);
        for c in quoted.chars() {
            match c {
                c if is_printable(c) => text.push(c),
                c if (c as u32) <= 0xffff => text.push_str(&format!("\\u{:04x}", c as u32)),
                c => text.push_str(&format!("\\U{:08x}", c as u32)),
            }
        }
    }
}

/// Words that YAML 1.1 takes for booleans.
pub(in crate::format) const WORDS_OF_1_1: [&str; 8] = ["y", "n", "yes", "no", "on", "off", "true", "false"];

/// Whether a text is a string when it stands without quotes, also for readers of YAML 1.1.
pub(in crate::format) fn is_plain(text: &str) -> bool {
    let first = text.chars().next();
    first.is_some_and(|c| c.is_alphabetic() || matches!(c, '_' | '/' | '$' | '(' | '^'))
        && text.chars().all(is_printable)
        && !text.ends_with([' ', ':'])
        && !text.contains(": ")
        && !text.contains(" #")
        && text.len() <= key::MAX_BYTES
        && schema::resolve(text) == Plain::String
        && !WORDS_OF_1_1.iter().any(|word| word.eq_ignore_ascii_case(text))
}

/// Whether a text can stand after `|` and is easier to read there.
pub(in crate::format) fn is_block(text: &str) -> bool {
    text.contains('\n')
        && !text.starts_with(['\n', ' ', '\t'])
        && text.chars().all(|c| c == '\n' || c == '\t' || is_printable(c))
        && text.split('\n').all(|line| line.is_empty() || !line.trim_start_matches([' ', '\t']).is_empty())
}

/// Whether a character may stand in a source as it is and is seen as what it is.
pub(in crate::format) fn is_printable(c: char) -> bool {
    !c.is_control() && !matches!(c, '\u{2028}' | '\u{2029}' | '\u{feff}' | '\u{fffe}' | '\u{ffff}')
}
