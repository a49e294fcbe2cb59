//! What differs between two sides, as JSON.

use vconf::diff::{self, Diff, Options};
use vconf::format::{Document, Format};
use vconf::history::{Comparison, Loaded};
use vconf::model::value::{Map, Value};

use crate::facts::document_warnings;
use crate::failure::Failure;

/// One side of a comparison.
#[derive(Clone, Debug)]
pub struct Side {
    /// What the file is called.
    pub name: String,
    /// Which state of it this is: `@3`, or the file.
    pub label: String,
    /// Its content.
    pub document: Document,
    /// The permission bits, where the comparison is of one file's states.
    pub mode: Option<u32>,
}

impl Side {
    /// Takes a version that was loaded, under a name.
    pub fn of_version(name: impl Into<String>, loaded: &Loaded) -> Self {
        let label = format!("@{}", loaded.version.number);
        Self { name: name.into(), label, document: loaded.document(), mode: loaded.version.mode }
    }

    /// The exact bytes.
    pub fn source(&self) -> &[u8] {
        self.document.source()
    }

    /// Puts this side and the new one side by side.
    pub fn beside(&self, new: &Self) -> Comparison {
        let (old, new) = (&self.document, &new.document);
        Comparison::of_documents(old.clone(), old.source(), new.clone(), new.source())
    }
}

/// What differs, as JSON.
pub fn told(old: &Side, new: &Side, options: &Options) -> Result<Value, Failure> {
    let comparison = old.beside(new);
    match comparison.trees() {
        Some((old_tree, new_tree)) => by_content(&diff::compare(old_tree, new_tree, options), old, new),
        None => Ok(by_bytes(old, new, comparison.same_bytes)),
    }
}

/// The modes, where both sides are states of one file and differ in it.
pub fn modes(old: &Side, new: &Side) -> Option<(u32, u32)> {
    let modes = old.mode.zip(new.mode).filter(|(old, new)| old != new);
    modes.filter(|_| old.name == new.name)
}

/// A difference of content, as JSON.
pub fn by_content(diff: &Diff<'_>, old: &Side, new: &Side) -> Result<Value, Failure> {
    let told = diff.to_value().map_err(|error| Failure::invalid(format!("the difference is {error}")))?;
    let mut map = Map::new();
    if let Value::Map(told) = told {
        map.extend(told);
    }
    if let Some((old, new)) = modes(old, new) {
        let mode = Value::map([("old", format!("{old:04o}")), ("new", format!("{new:04o}"))]);
        map.insert("mode".to_owned(), mode);
    }
    map.insert("old".to_owned(), side(old));
    map.insert("new".to_owned(), side(new));
    Ok(Value::Map(map))
}

/// A difference of bytes, as JSON.
pub fn by_bytes(old: &Side, new: &Side, same: bool) -> Value {
    Value::map([
        ("equal", Value::from(same)),
        (
            "binary",
            Value::from(old.document.format == Format::Binary || new.document.format == Format::Binary),
        ),
        ("changes", Value::List(Vec::new())),
        ("reordered", Value::List(Vec::new())),
        ("layout", Value::Map(Map::new())),
        ("old", side(old)),
        ("new", side(new)),
    ])
}

/// A side, as JSON.
pub fn side(side: &Side) -> Value {
    Value::map([
        ("name", Value::from(side.name.as_str())),
        ("state", Value::from(side.label.as_str())),
        ("format", Value::from(side.document.format.name())),
        ("warnings", Value::list(document_warnings(&side.document))),
    ])
}
