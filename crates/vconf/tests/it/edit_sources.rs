//! Random sources of YAML and TOML, in all the ways in which they can be written.

use vconf::format::{self, Format};
use vconf::model::value::{Map, Value};

use crate::support::Random;

/// Writes a map as TOML: entries, keys with dots, brackets on one line and several, tables and lists of tables.
pub(crate) fn toml(random: &mut Random, map: &Map) -> String {
    let mut toml = Toml { random, text: String::new(), comments: 0 };
    toml.table(map, "");
    toml.text
}

struct Toml<'r> {
    random: &'r mut Random,
    text: String,
    comments: usize,
}

impl Toml<'_> {
    fn table(&mut self, map: &Map, path: &str) {
        let indent = if self.random.below(6) == 0 { "  " } else { "" };
        let mut tables = Vec::new();
        for (key, value) in map {
            let is_tables = matches!(value, Value::List(items)
                if !items.is_empty() && items.iter().all(|item| matches!(item, Value::Map(_))));
            match value {
                Value::Map(inner) if !inner.is_empty() && self.random.below(4) == 0 => {
                    self.dotted(inner, key, indent);
                }
                Value::Map(_) if self.random.below(4) > 0 => tables.push((key, value)),
                _ if is_tables && self.random.below(4) > 0 => tables.push((key, value)),
                _ => self.entry(key, value, indent),
            }
        }
        for (key, value) in tables {
            let path = if path.is_empty() { key.clone() } else { format!("{path}.{key}") };
            match value {
                Value::List(items) => {
                    for item in items {
                        self.above("");
                        self.text.push_str(&format!("[[{path}]]"));
                        self.line_end();
                        if let Value::Map(map) = item {
                            self.table(map, &path);
                        }
                    }
                }
                Value::Map(map) => {
                    let implied = self.random.below(2) == 0
                        && !map.is_empty()
                        && map.values().all(|value| matches!(value, Value::Map(_)));
                    if implied {
                        for (key, value) in map {
                            let Value::Map(map) = value else { continue };
                            self.above("");
                            self.text.push_str(&format!("[{path}.{key}]"));
                            self.line_end();
                            self.table(map, &format!("{path}.{key}"));
                        }
                    } else {
                        self.above("");
                        self.text.push_str(&format!("[{path}]"));
                        self.line_end();
                        self.table(map, &path);
                    }
                }
                _ => {}
            }
        }
    }

    fn dotted(&mut self, map: &Map, path: &str, indent: &str) {
        for (key, value) in map {
            let path = format!("{path}.{key}");
            match value {
                Value::Map(inner) if !inner.is_empty() && self.random.below(2) == 0 => {
                    self.dotted(inner, &path, indent);
                }
                _ => self.entry(&path, value, indent),
            }
        }
    }

    fn entry(&mut self, key: &str, value: &Value, indent: &str) {
        self.above(indent);
        self.text.push_str(indent);
        self.text.push_str(key);
        self.text.push_str(if self.random.below(8) == 0 { "=" } else { " = " });
        self.value(value, true);
        self.line_end();
    }

    fn value(&mut self, value: &Value, lines: bool) {
        match value {
            Value::List(items) if lines && !items.is_empty() && self.random.below(2) == 0 => {
                self.text.push('[');
                self.line_end();
                for (index, item) in items.iter().enumerate() {
                    self.above("  ");
                    self.text.push_str("  ");
                    self.value(item, false);
                    if index + 1 < items.len() || self.random.below(2) == 0 {
                        self.text.push(',');
                    }
                    self.line_end();
                }
                self.text.push(']');
            }
            Value::List(items) => {
                self.text.push('[');
                for (index, item) in items.iter().enumerate() {
                    self.text.push_str(if index > 0 { ", " } else { "" });
                    self.value(item, false);
                }
                self.text.push(']');
            }
            Value::Map(map) => {
                self.text.push('{');
                for (index, (key, value)) in map.iter().enumerate() {
                    self.text.push_str(if index > 0 { ", " } else { " " });
                    match value {
                        Value::Map(inner) if inner.len() == 1 && self.random.below(3) == 0 => {
                            self.text.push_str(&format!("{key}.{} = ", inner.keys().next().unwrap()));
                            self.value(&inner[0], false);
                        }
                        _ => {
                            self.text.push_str(&format!("{key} = "));
                            self.value(value, false);
                        }
                    }
                }
                self.text.push_str(" }");
            }
            Value::String(text)
                if self.random.below(3) == 0 && !text.contains('\'') && !text.contains('\n') =>
            {
                self.text.push_str(&format!("'{text}'"));
            }
            scalar => {
                let line = format::print(Format::Toml, &Value::map([("k", scalar.clone())])).unwrap();
                self.text.push_str(line.trim_start_matches("k = ").trim_end_matches('\n'));
            }
        }
    }

    fn above(&mut self, indent: &str) {
        match self.random.below(6) {
            0 => {
                self.comments += 1;
                self.text.push_str(&format!("{indent}# comment {}\n", self.comments));
            }
            1 => self.text.push('\n'),
            _ => {}
        }
    }

    fn line_end(&mut self) {
        if self.random.below(5) == 0 {
            self.comments += 1;
            self.text.push_str(&format!(" # after {}", self.comments));
        }
        self.text.push('\n');
    }
}

/// Writes documents as YAML: blocks and brackets, plain, quoted and block texts, with anchors where these are let.
pub(crate) fn yaml(random: &mut Random, documents: &[Value], anchors: bool) -> String {
    let step = [2, 2, 4][random.below(3)];
    let list = [0, step][random.below(2)];
    let mut yaml = Yaml { random, text: String::new(), comments: 0, step, list, anchors, known: Vec::new() };
    for (index, document) in documents.iter().enumerate() {
        yaml.known.clear();
        if index > 0 || yaml.random.below(4) == 0 {
            yaml.text.push_str("---");
            yaml.node(document, 0, Place::Marker);
        } else {
            yaml.node(document, 0, Place::Start);
        }
    }
    yaml.text
}

struct Yaml<'r> {
    random: &'r mut Random,
    text: String,
    comments: usize,
    step: usize,
    list: usize,
    anchors: bool,
    known: Vec<(String, Value)>,
}

#[derive(Clone, Copy, PartialEq)]
enum Place {
    Start,
    Marker,
    Key,
    Dash,
}

impl Yaml<'_> {
    /// Writes a value behind what stands there, and a line end; what it belongs to is indented by `indent`.
    fn node(&mut self, value: &Value, indent: usize, place: Place) {
        let mut place = place;
        if self.anchors && place != Place::Start {
            let known = self.known.iter().find(|(_, known)| known == value).map(|(name, _)| name.clone());
            if let Some(name) = known.filter(|_| place != Place::Marker && self.random.below(3) > 0) {
                self.text.push_str(&format!(" *{name}"));
                return self.line_end();
            }
            if self.random.below(4) == 0 {
                let name = format!("a{}", self.known.len());
                self.text.push_str(&format!(" &{name}"));
                self.known.push((name, value.clone()));
                place = if place == Place::Dash { Place::Key } else { place };
            }
        }
        let blank = if place == Place::Start { "" } else { " " };
        match value {
            Value::Map(map) if !map.is_empty() && self.random.below(5) > 0 => {
                let compact = place == Place::Dash && self.random.below(4) > 0;
                let inner = match place {
                    Place::Start | Place::Marker => indent,
                    Place::Dash if compact => indent + 2,
                    _ => indent + self.step,
                };
                if compact {
                    self.text.push(' ');
                } else if place != Place::Start {
                    self.line_end();
                }
                for (index, (key, value)) in map.iter().enumerate() {
                    if index > 0 || !compact && place != Place::Start {
                        self.above(inner);
                    }
                    if index > 0 || !compact {
                        self.text.push_str(&" ".repeat(inner));
                    }
                    self.text.push_str(&format!("{key}:"));
                    self.node(value, inner, Place::Key);
                }
            }
            Value::List(items) if !items.is_empty() && self.random.below(5) > 0 => {
                let compact = place == Place::Dash && self.random.below(3) == 0;
                let inner = match place {
                    Place::Start | Place::Marker => indent,
                    // What is on an anchor may be behind a dash, and is indented then.
                    Place::Key if self.text.ends_with(':') => indent + self.list,
                    Place::Key => indent + self.step,
                    Place::Dash => indent + 2,
                };
                if compact {
                    self.text.push(' ');
                } else if place != Place::Start {
                    self.line_end();
                }
                for (index, item) in items.iter().enumerate() {
                    if index > 0 || !compact && place != Place::Start {
                        self.above(inner);
                    }
                    if index > 0 || !compact {
                        self.text.push_str(&" ".repeat(inner));
                    }
                    self.text.push('-');
                    self.node(item, inner, Place::Dash);
                }
            }
            Value::List(items) if items.len() > 1 && place != Place::Marker && self.random.below(3) == 0 => {
                self.text.push_str(&format!("{blank}["));
                for (index, item) in items.iter().enumerate() {
                    self.text.push_str(if index > 0 { "," } else { "" });
                    self.line_end();
                    self.text.push_str(&" ".repeat(indent + 2));
                    self.flow(item);
                }
                self.text.push('\n');
                self.text.push_str(&format!("{}]", " ".repeat(indent + 1)));
                self.line_end();
            }
            Value::String(text)
                if text.contains('\n') && place != Place::Start && self.random.below(2) == 0 =>
            {
                self.text.push_str(&format!("{blank}|"));
                self.text.push_str(if text.ends_with('\n') { "" } else { "-" });
                for line in text.trim_end_matches('\n').split('\n') {
                    self.text.push_str(&format!("\n{}{line}", " ".repeat(indent + self.step)));
                }
                self.text.push('\n');
            }
            Value::Null if place == Place::Key && self.random.below(3) == 0 => self.line_end(),
            value => {
                self.text.push_str(blank);
                self.flow(value);
                self.line_end();
            }
        }
    }

    fn flow(&mut self, value: &Value) {
        match value {
            Value::List(items) => {
                self.text.push('[');
                for (index, item) in items.iter().enumerate() {
                    self.text.push_str(if index > 0 { ", " } else { "" });
                    self.flow(item);
                }
                self.text.push(']');
            }
            Value::Map(map) => {
                self.text.push('{');
                for (index, (key, value)) in map.iter().enumerate() {
                    self.text.push_str(if index > 0 { ", " } else { "" });
                    self.text.push_str(&format!("{key}: "));
                    self.flow(value);
                }
                self.text.push('}');
            }
            Value::String(text) => {
                let single = format!("'{}'", text.replace('\'', "''"));
                let ways = [text.clone(), single, format::json::to_string(value)];
                let mut way = self.random.below(3);
                let reads = |way: &str| {
                    let tree = format::parse(Format::Yaml, format!("[{way}]")).ok();
                    let read = tree.and_then(|tree| tree.to_value().ok());
                    read == Some(Value::List(vec![value.clone()]))
                };
                while !reads(&ways[way]) {
                    way = 2;
                }
                self.text.push_str(&ways[way]);
            }
            scalar => self.text.push_str(&format::json::to_string(scalar)),
        }
    }

    fn above(&mut self, indent: usize) {
        match self.random.below(6) {
            0 => {
                self.comments += 1;
                self.text.push_str(&format!("{}# comment {}\n", " ".repeat(indent), self.comments));
            }
            1 => self.text.push('\n'),
            _ => {}
        }
    }

    fn line_end(&mut self) {
        if self.random.below(6) == 0 {
            self.comments += 1;
            self.text.push_str(&format!(" # after {}", self.comments));
        }
        self.text.push('\n');
    }
}
