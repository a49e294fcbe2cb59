//! Values as TOML.

use ::toml::value::Datetime;

use crate::format::print::{Unprintable, root_map};
use crate::model::number::Number;
use crate::model::path::Step;
use crate::model::value::{Map, Tagged, Value};

/// How deep a value may nest, so that readers take it.
const MAX_LEVELS: usize = 70;

/// Writes a map as a document: plain keys first, then tables and lists of tables.
pub(in crate::format) fn print(value: &Value) -> Result<String, Unprintable> {
    let mut printer = Printer { text: String::new(), header: Vec::new() };
    printer.table(root_map(value)?)?;
    Ok(printer.text)
}

/// Writes a value as it stands behind an equals sign.
pub(in crate::format) fn print_inline(value: &Value) -> Result<String, Unprintable> {
    let mut printer = Printer { text: String::new(), header: Vec::new() };
    printer.inline(value, 0)?;
    Ok(printer.text)
}

/// Writes a key.
pub(in crate::format) fn print_key(key: &str) -> String {
    let mut text = String::new();
    write_key(&mut text, key);
    text
}

struct Printer {
    text: String,
    /// The keys of the table that is written, as they are written.
    header: Vec<String>,
}

type Outcome = Result<(), Unprintable>;

impl Printer {
    /// Writes what a table holds, below its header.
    fn table(&mut self, map: &Map) -> Outcome {
        if self.header.len() > MAX_LEVELS {
            return Err(too_deep());
        }
        for (key, value) in map.iter().filter(|(_, value)| !is_table(value) && !is_list_of_tables(value)) {
            write_key(&mut self.text, key);
            self.text.push_str(" = ");
            self.inline(value, 0).map_err(|fault| fault.under_key(key))?;
            self.text.push('\n');
        }
        for (key, value) in map {
            let mut name = String::new();
            write_key(&mut name, key);
            self.header.push(name);
            match value.untagged() {
                Value::Map(map) => {
                    let implied = !map.is_empty()
                        && map.values().all(|value| is_table(value) || is_list_of_tables(value));
                    if !implied {
                        self.begin("[", "]");
                    }
                    self.table(map).map_err(|fault| fault.under_key(key))?;
                }
                Value::List(items) if is_list_of_tables(value) => {
                    for (index, item) in items.iter().enumerate() {
                        self.begin("[[", "]]");
                        let Value::Map(map) = item.untagged() else { continue };
                        self.table(map).map_err(|fault| fault.under(Step::Index(index)).under_key(key))?;
                    }
                }
                _ => {}
            }
            self.header.pop();
        }
        Ok(())
    }

    fn begin(&mut self, open: &str, close: &str) {
        if !self.text.is_empty() {
            self.text.push('\n');
        }
        self.text.push_str(open);
        self.text.push_str(&self.header.join("."));
        self.text.push_str(close);
        self.text.push('\n');
    }

    fn inline(&mut self, value: &Value, depth: usize) -> Outcome {
        if depth > MAX_LEVELS {
            return Err(too_deep());
        }
        if let Value::Tagged(tagged) = value
            && let (Tagged::TIMESTAMP, Value::String(text)) = (tagged.tag.as_str(), &tagged.value)
            && text.parse::<Datetime>().is_ok()
        {
            self.text.push_str(text);
            return Ok(());
        }
        match value.untagged() {
            Value::Null | Value::Tagged(_) => return Err(Unprintable::new("null")),
            Value::Bool(value) => self.text.push_str(if *value { "true" } else { "false" }),
            Value::Number(number) => self.number(number),
            Value::String(text) => write_string(&mut self.text, text),
            Value::List(items) => {
                self.text.push('[');
                for (index, item) in items.iter().enumerate() {
                    self.text.push_str(if index > 0 { ", " } else { "" });
                    self.inline(item, depth + 1).map_err(|fault| fault.under(Step::Index(index)))?;
                }
                self.text.push(']');
            }
            Value::Map(map) if map.is_empty() => self.text.push_str("{}"),
            Value::Map(map) => {
                self.text.push_str("{ ");
                for (index, (key, value)) in map.iter().enumerate() {
                    self.text.push_str(if index > 0 { ", " } else { "" });
                    write_key(&mut self.text, key);
                    self.text.push_str(" = ");
                    self.inline(value, depth + 1).map_err(|fault| fault.under_key(key))?;
                }
                self.text.push_str(" }");
            }
        }
        Ok(())
    }

    fn number(&mut self, number: &Number) {
        self.text.push_str(match number.as_str() {
            "Infinity" => "inf",
            "-Infinity" => "-inf",
            "NaN" => "nan",
            finite => finite,
        });
    }
}

fn too_deep() -> Unprintable {
    Unprintable::new("what nests so deep")
}

fn is_table(value: &Value) -> bool {
    matches!(value.untagged(), Value::Map(_))
}

fn is_list_of_tables(value: &Value) -> bool {
    matches!(value.untagged(), Value::List(items) if !items.is_empty() && items.iter().all(is_table))
}

fn write_key(text: &mut String, key: &str) {
    let bare = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'_' || byte == b'-';
    if !key.is_empty() && key.bytes().all(bare) {
        text.push_str(key);
    } else {
        text.push('"');
        write_escaped(text, key, false);
        text.push('"');
    }
}

fn write_string(text: &mut String, string: &str) {
    let lines = string.contains('\n');
    let quotes = if lines { "\"\"\"" } else { "\"" };
    text.push_str(quotes);
    // A line end right behind the quotes is no part of the string.
    text.push_str(if lines { "\n" } else { "" });
    write_escaped(text, string, lines);
    text.push_str(quotes);
}

fn write_escaped(text: &mut String, string: &str, lines: bool) {
    let mut chars = string.chars().peekable();
    while let Some(c) = chars.next() {
        match c {
            '\n' if lines => text.push('\n'),
            // Three quotes in a row would end it.
            '"' if lines && chars.peek().is_some_and(|&next| next != '"') && !text.ends_with('"') => {
                text.push('"')
            }
            '"' => text.push_str("\\\""),
            '\\' => text.push_str("\\\\"),
            '\n' => text.push_str("\\n"),
            '\r' => text.push_str("\\r"),
            '\t' => text.push_str("\\t"),
            '\u{8}' => text.push_str("\\b"),
            '\u{c}' => text.push_str("\\f"),
            c if c.is_control() || matches!(c, '\u{2028}' | '\u{2029}' | '\u{feff}') => {
                text.push_str(&format!("\\u{:04X}", c as u32));
            }
            c => text.push(c),
        }
    }
}
