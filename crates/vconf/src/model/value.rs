//! The data that a config means, once parsed.

use std::fmt;

use super::number::Number;
use indexmap::IndexMap;

/// Content: what a config means, whatever format it was written in.
///
/// Maps keep the order of the source and are equal whatever their order; lists are equal item by item.
/// Numbers are exact ([`Number`]). Content nested deeper than [`Value::MAX_DEPTH`] is handled as a
/// [`Tree`](super::tree::Tree) only.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub enum Value {
    /// Nothing.
    #[default]
    Null,
    /// True or false.
    Bool(bool),
    /// An exact number.
    Number(Number),
    /// A text.
    String(String),
    /// A list of values.
    List(Vec<Value>),
    /// Values by key.
    Map(Map),
    /// A value with a type of its own: a YAML tag (`!Ref`), or [`Tagged::TIMESTAMP`] for dates and times of TOML.
    Tagged(Box<Tagged>),
}

/// Values by key, in the order of the source.
pub type Map = IndexMap<String, Value>;

/// A value under a tag.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Tagged {
    /// The tag, resolved: `!Ref`, `tag:yaml.org,2002:binary`.
    pub tag: String,
    /// The value itself.
    pub value: Value,
}

impl Tagged {
    /// The tag of a date or time: TOML's own types, or YAML's `!!timestamp`.
    pub const TIMESTAMP: &'static str = "tag:yaml.org,2002:timestamp";
    /// The tag of the root of a YAML stream with several documents: a list of them.
    pub const DOCUMENTS: &'static str = "documents";
    /// The tag of the root of a plain text: a list of its lines, each with its line end, in order.
    pub const LINES: &'static str = "lines";
}

impl Value {
    /// How deep a `Value` that the library makes may nest.
    pub const MAX_DEPTH: usize = 512;

    /// Makes a map of `(key, value)` pairs.
    pub fn map<K: Into<String>, V: Into<Value>>(pairs: impl IntoIterator<Item = (K, V)>) -> Self {
        Self::Map(pairs.into_iter().map(|(key, value)| (key.into(), value.into())).collect())
    }

    /// Makes a list.
    pub fn list<V: Into<Value>>(items: impl IntoIterator<Item = V>) -> Self {
        Self::List(items.into_iter().map(Into::into).collect())
    }

    /// Returns the value at a key, where this is a map that has it.
    pub fn get(&self, key: &str) -> Option<&Value> {
        match self.untagged() {
            Self::Map(map) => map.get(key),
            _ => None,
        }
    }

    /// Returns the text, where this is one.
    pub fn as_str(&self) -> Option<&str> {
        match self.untagged() {
            Self::String(text) => Some(text),
            _ => None,
        }
    }

    /// Returns the integer, where this is one and fits.
    pub fn as_i64(&self) -> Option<i64> {
        match self.untagged() {
            Self::Number(number) => number.as_i64(),
            _ => None,
        }
    }

    /// Returns the value below its tags.
    pub fn untagged(&self) -> &Value {
        let mut value = self;
        while let Self::Tagged(tagged) = value {
            value = &tagged.value;
        }
        value
    }

    /// Returns the kind, below tags.
    pub fn kind(&self) -> Kind {
        match self.untagged() {
            Self::Null | Self::Tagged(_) => Kind::Null,
            Self::Bool(_) => Kind::Bool,
            Self::Number(_) => Kind::Number,
            Self::String(_) => Kind::String,
            Self::List(_) => Kind::List,
            Self::Map(_) => Kind::Map,
        }
    }
}

/// The kinds of values.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Kind {
    /// Nothing.
    Null,
    /// True or false.
    Bool,
    /// An exact number.
    Number,
    /// A text.
    String,
    /// A list of values.
    List,
    /// Values by key.
    Map,
}

impl Kind {
    /// The name that people are shown.
    pub fn name(self) -> &'static str {
        match self {
            Self::Null => "null",
            Self::Bool => "bool",
            Self::Number => "number",
            Self::String => "string",
            Self::List => "list",
            Self::Map => "map",
        }
    }
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl From<bool> for Value {
    fn from(value: bool) -> Self {
        Self::Bool(value)
    }
}

impl From<&str> for Value {
    fn from(value: &str) -> Self {
        Self::String(value.to_owned())
    }
}

impl From<String> for Value {
    fn from(value: String) -> Self {
        Self::String(value)
    }
}

impl From<Number> for Value {
    fn from(value: Number) -> Self {
        Self::Number(value)
    }
}

impl From<Map> for Value {
    fn from(value: Map) -> Self {
        Self::Map(value)
    }
}

impl<V: Into<Value>> From<Vec<V>> for Value {
    fn from(items: Vec<V>) -> Self {
        Self::list(items)
    }
}

impl<V: Into<Value>> From<Option<V>> for Value {
    fn from(value: Option<V>) -> Self {
        value.map_or(Self::Null, Into::into)
    }
}

macro_rules! from_numbers {
    ($($number:ty)*) => {$(
        impl From<$number> for Value {
            fn from(value: $number) -> Self {
                Self::Number(value.into())
            }
        }
    )*};
}
from_numbers!(i32 i64 u32 u64 usize f64);
