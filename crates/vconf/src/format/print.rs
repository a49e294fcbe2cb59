//! Values written in a format.

use std::fmt;

use super::{Format, env, ini, json, properties, toml, yaml};
use crate::model::path::{Path, Step};
use crate::model::value::{Tagged, Value};

/// Writes a value in a format, so that it reads back the same, and ends with a line end.
///
/// Numbers keep their spelling. Tags are written in YAML; elsewhere they are passed over, but for dates and times in
/// TOML and the lines of a text. INI, `.env` and properties know texts only: numbers and booleans are written as such,
/// and read back as texts. In TOML the order of keys may change: tables come last.
///
/// # Errors
/// What the format can't hold: null in TOML, a map in `.env`, `Infinity` in JSON, anything but text in
/// [`Format::Text`], all in [`Format::Binary`], and what nests deeper than [`Value::MAX_DEPTH`].
pub fn print(format: Format, value: &Value) -> Result<String, PrintError> {
    let written = match check_depth(value) {
        Ok(()) => match format {
            Format::Json | Format::Jsonc => json::print(value, false),
            Format::Json5 => json::print(value, true),
            Format::Yaml => yaml::print(value),
            Format::Toml => toml::print(value),
            Format::Ini => ini::print(value),
            Format::Env => env::print(value),
            Format::Properties => properties::print(value),
            Format::Text => text(value),
            Format::Binary => Err(Unprintable::new("a value in bytes without a structure")),
        },
        Err(fault) => Err(fault),
    };
    written.map_err(|fault| {
        let (steps, what) = fault.into_parts();
        PrintError { format, path: Path(steps), what }
    })
}

/// A value can't be written in a format.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct PrintError {
    /// The format.
    pub format: Format,
    /// Where the value stands that can't be written.
    pub path: Path,
    /// What it is.
    pub what: &'static str,
}

impl fmt::Display for PrintError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { format, path, what } = self;
        if path.0.is_empty() {
            write!(f, "{format} can't hold {what}")
        } else {
            write!(f, "{format} can't hold {what}, at {path}")
        }
    }
}

impl std::error::Error for PrintError {}

/// What can't be written, and the steps to it, the last one first.
#[derive(Debug)]
pub(super) struct Unprintable {
    steps: Vec<Step>,
    what: &'static str,
}

impl Unprintable {
    pub(super) fn new(what: &'static str) -> Self {
        Self { steps: Vec::new(), what }
    }

    /// The steps to what can't be written, the first one first, and what it is.
    pub(super) fn into_parts(mut self) -> (Vec<Step>, &'static str) {
        self.steps.reverse();
        (self.steps, self.what)
    }

    pub(super) fn under(mut self, step: Step) -> Self {
        self.steps.push(step);
        self
    }

    pub(super) fn under_key(self, key: &str) -> Self {
        self.under(Step::Key(key.to_owned()))
    }
}

fn text(value: &Value) -> Result<String, Unprintable> {
    match value {
        Value::String(text) => Ok(text.clone()),
        Value::Tagged(tagged) if tagged.tag == Tagged::LINES => match &tagged.value {
            Value::List(lines) => lines
                .iter()
                .map(|line| line.as_str().ok_or_else(|| Unprintable::new("a line that is not a string")))
                .collect(),
            _ => Err(Unprintable::new("lines that are not a list")),
        },
        _ => Err(Unprintable::new("anything but lines")),
    }
}

/// Refuses what nests so deep that writing it could overflow the stack.
pub(super) fn check_depth(value: &Value) -> Result<(), Unprintable> {
    let mut level = vec![value];
    for _ in 0..=Value::MAX_DEPTH {
        let mut below = Vec::new();
        for value in level {
            match value {
                Value::List(items) => below.extend(items),
                Value::Map(map) => below.extend(map.values()),
                Value::Tagged(tagged) => below.push(&tagged.value),
                _ => {}
            }
        }
        if below.is_empty() {
            return Ok(());
        }
        level = below;
    }
    Err(Unprintable::new("what nests deeper than 512 levels"))
}

/// Whether a character is one of those that readers in Python take for blanks, and Unicode does not.
pub(super) fn is_separator(c: char) -> bool {
    matches!(c, '\u{1c}'..='\u{1f}')
}

/// The text of a scalar, for formats that know only texts; none for null.
pub(super) fn scalar_text(value: &Value) -> Result<Option<String>, Unprintable> {
    Ok(Some(match value.untagged() {
        Value::Null | Value::Tagged(_) => return Ok(None),
        Value::Bool(value) => value.to_string(),
        Value::Number(number) => number.as_str().to_owned(),
        Value::String(text) => text.clone(),
        Value::List(_) => return Err(Unprintable::new("a list")),
        Value::Map(_) => return Err(Unprintable::new("a map")),
    }))
}

/// The root as a map, for formats that have nothing else.
pub(super) fn root_map(value: &Value) -> Result<&crate::model::value::Map, Unprintable> {
    match value.untagged() {
        Value::Map(map) => Ok(map),
        _ => Err(Unprintable::new("a root that is not a map")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_can_not_be_held_is_told_with_its_path() {
        let value = Value::map([("a", Value::list([Value::from(1), Value::Null]))]);
        let error = print(Format::Toml, &value).unwrap_err();
        assert_eq!(error.to_string(), "toml can't hold null, at /a/1");
        let error = print(Format::Env, &value).unwrap_err();
        assert_eq!(error.to_string(), "env can't hold a list, at /a");
        let error = print(Format::Ini, &Value::from(1)).unwrap_err();
        assert_eq!(error.to_string(), "ini can't hold a root that is not a map");
        let error = print(Format::Json, &Value::list([f64::NAN])).unwrap_err();
        assert_eq!(error.to_string(), "json can't hold a number that is not finite, at /0");
    }

    #[test]
    fn lines_are_text() {
        for source in ["a\nb\r\n", "", "x"] {
            let value = super::super::parse(Format::Text, source).unwrap().to_value().unwrap();
            assert_eq!(print(Format::Text, &value).unwrap(), source);
        }
    }

    #[test]
    fn what_nests_too_deep_is_refused() {
        let deep = (0..600).fold(Value::Null, |value, _| Value::List(vec![value]));
        for format in Format::ALL {
            assert!(print(format, &deep).is_err(), "{format}");
        }
    }
}
