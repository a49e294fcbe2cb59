//! JSON Patch (RFC 6902): edits that are made one after the other.

mod children;
mod make;
mod slots;
mod write;

use std::fmt;

use self::make::Making;
use crate::model::path::Path;
use crate::model::value::{Map, Value};

/// A JSON Patch (RFC 6902): operations that are made one after the other, all of them or none.
///
/// [`Patch::to_json_patch`](super::Patch::to_json_patch) makes one.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct JsonPatch {
    /// The operations.
    pub operations: Vec<Operation>,
}

/// One operation of a [`JsonPatch`]. Paths are those of the content as the operations before have made it; `-` as the
/// last step is the end of a list.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Operation {
    /// Puts a value at a key, in the place of one that is there, or before the item of a list.
    Add {
        /// Where.
        path: Path,
        /// What.
        value: Value,
    },
    /// Takes a value away.
    Remove {
        /// Where.
        path: Path,
    },
    /// Puts another value in the place of one.
    Replace {
        /// Where.
        path: Path,
        /// What.
        value: Value,
    },
    /// Takes a value away and adds it elsewhere.
    Move {
        /// From where.
        from: Path,
        /// To where, once it was taken away.
        path: Path,
    },
    /// Adds a value elsewhere again.
    Copy {
        /// From where.
        from: Path,
        /// To where.
        path: Path,
    },
    /// Fails where the value is another; numbers are equal by value.
    Test {
        /// Where.
        path: Path,
        /// What is expected.
        value: Value,
    },
}

impl JsonPatch {
    /// Makes the operations on a copy of the content.
    ///
    /// Linear in the content and in the operations, and in the items that adding to lists and taking from them moves: at
    /// most 2³⁰ of these, a few seconds.
    ///
    /// # Errors
    /// The first operation that can't be made, and why not.
    pub fn apply(&self, content: &Value) -> Result<Value, OperationError> {
        let mut making = Making::new(content.clone());
        let failed = |index: usize, reason| {
            let (name, path) = match self.operations.get(index) {
                Some(operation) => (operation.name(), operation.path().clone()),
                None => ("", Path::root()),
            };
            OperationError { index, name, path, reason }
        };
        for (index, operation) in self.operations.iter().enumerate() {
            making.make(operation).map_err(|reason| failed(index, reason))?;
        }
        making.finish().map_err(|reason| failed(self.operations.len().saturating_sub(1), reason))
    }

    /// Whether content has the shape of a JSON Patch: a list of maps that have an `op`.
    pub fn is_like(content: &Value) -> bool {
        matches!(content.untagged(), Value::List(items) if items.iter().all(|item| item.get("op").is_some()))
    }

    /// Reads a JSON Patch; members that the RFC does not speak of are passed over.
    pub fn from_value(content: &Value) -> Result<Self, NotAJsonPatch> {
        let Value::List(items) = content.untagged() else {
            return Err(NotAJsonPatch { index: 0, problem: Problem::NoList });
        };
        let read = |(index, item)| Operation::read(item).map_err(|problem| NotAJsonPatch { index, problem });
        Ok(Self { operations: items.iter().enumerate().map(read).collect::<Result<_, _>>()? })
    }

    /// Writes the patch as content.
    pub fn to_value(&self) -> Value {
        Value::List(self.operations.iter().map(Operation::to_value).collect())
    }
}

impl Operation {
    /// The name in JSON.
    pub fn name(&self) -> &'static str {
        match self {
            Self::Add { .. } => "add",
            Self::Remove { .. } => "remove",
            Self::Replace { .. } => "replace",
            Self::Move { .. } => "move",
            Self::Copy { .. } => "copy",
            Self::Test { .. } => "test",
        }
    }

    /// Where it is made.
    pub fn path(&self) -> &Path {
        match self {
            Self::Add { path, .. }
            | Self::Remove { path }
            | Self::Replace { path, .. }
            | Self::Move { path, .. }
            | Self::Copy { path, .. }
            | Self::Test { path, .. } => path,
        }
    }

    fn read(content: &Value) -> Result<Self, Problem> {
        if !matches!(content.untagged(), Value::Map(_)) {
            return Err(Problem::NoMap);
        }
        let member = |name| content.get(name).ok_or(Problem::Missing(name));
        let pointer = |name| {
            let text = member(name)?.as_str().ok_or(Problem::NoPointer(name))?;
            text.parse::<Path>().map_err(|_| Problem::NoPointer(name))
        };
        let name = member("op")?;
        let name = name.as_str().ok_or(Problem::Unknown(String::new()))?;
        Ok(match name {
            "add" => Self::Add { path: pointer("path")?, value: member("value")?.clone() },
            "remove" => Self::Remove { path: pointer("path")? },
            "replace" => Self::Replace { path: pointer("path")?, value: member("value")?.clone() },
            "move" => Self::Move { from: pointer("from")?, path: pointer("path")? },
            "copy" => Self::Copy { from: pointer("from")?, path: pointer("path")? },
            "test" => Self::Test { path: pointer("path")?, value: member("value")?.clone() },
            other => return Err(Problem::Unknown(other.to_owned())),
        })
    }

    fn to_value(&self) -> Value {
        let mut map = Map::new();
        let mut put = |key: &str, value: Value| map.insert(key.to_owned(), value);
        put("op", self.name().into());
        if let Self::Move { from, .. } | Self::Copy { from, .. } = self {
            put("from", from.to_string().into());
        }
        put("path", self.path().to_string().into());
        if let Self::Add { value, .. } | Self::Replace { value, .. } | Self::Test { value, .. } = self {
            put("value", value.clone());
        }
        Value::Map(map)
    }
}

/// An operation can't be made.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct OperationError {
    /// Its index in the patch.
    pub index: usize,
    /// Its name: `add`, `test`, …
    pub name: &'static str,
    /// Its path.
    pub path: Path,
    /// Why not.
    pub reason: Reason,
}

/// Why an operation can't be made.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Reason {
    /// There is nothing at a path, or nothing that something could be put into.
    Missing {
        /// That path.
        path: Path,
    },
    /// The last step is no index that the list has or could have next.
    NoIndex {
        /// How many items the list has.
        items: usize,
    },
    /// A test found another value.
    Differs {
        /// What the test says.
        expected: Box<Value>,
        /// What is there.
        found: Box<Value>,
    },
    /// The root can't be taken away.
    Root,
    /// A value can't be moved into itself.
    IntoItself,
    /// Values would nest deeper than [`Value::MAX_DEPTH`].
    TooDeep,
    /// The copies would come to more than 256 MiB.
    TooLarge,
    /// More than 2³⁰ items would move within their lists.
    TooLong,
}

impl fmt::Display for OperationError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let place = |path: &Path| match path.0.as_slice() {
            [] => "the root".to_owned(),
            _ => path.to_string(),
        };
        write!(f, "operation {} ({} {}) ", self.index, self.name, place(&self.path))?;
        match &self.reason {
            Reason::Missing { path } => write!(f, "can't be made: there is nothing at {}", place(path)),
            Reason::NoIndex { items } => write!(f, "can't be made: the list has {items} items"),
            Reason::Differs { .. } => f.write_str("found another value"),
            Reason::Root => f.write_str("can't be made: the whole can't be taken away"),
            Reason::IntoItself => f.write_str("can't be made: a value can't be moved into itself"),
            Reason::TooDeep => {
                write!(f, "can't be made: values would nest deeper than {} levels", Value::MAX_DEPTH)
            }
            Reason::TooLarge => f.write_str("can't be made: the copies would be too large"),
            Reason::TooLong => f.write_str(
                "can't be made: the patch would take too long, it moves more than 1073741824 items within their lists",
            ),
        }
    }
}

impl std::error::Error for OperationError {}

/// The content is not a JSON Patch.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct NotAJsonPatch {
    /// The index of the first operation that is wrong.
    pub index: usize,
    /// What is wrong.
    pub problem: Problem,
}

/// What is wrong with an operation.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Problem {
    /// The whole is no list.
    NoList,
    /// It is no map.
    NoMap,
    /// It lacks a member.
    Missing(&'static str),
    /// A member is no JSON Pointer.
    NoPointer(&'static str),
    /// There is no such operation.
    Unknown(String),
}

impl fmt::Display for NotAJsonPatch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let index = self.index;
        match &self.problem {
            Problem::NoList => f.write_str("a JSON Patch is a list of operations"),
            Problem::NoMap => write!(f, "operation {index} is not a map"),
            Problem::Missing(member) => write!(f, "operation {index} has no \"{member}\""),
            Problem::NoPointer(member) => {
                write!(f, "\"{member}\" of operation {index} is not a JSON Pointer")
            }
            Problem::Unknown(name) => {
                write!(f, "operation {index}: there is no operation \"{}\"", name.escape_debug())
            }
        }
    }
}

impl std::error::Error for NotAJsonPatch {}
