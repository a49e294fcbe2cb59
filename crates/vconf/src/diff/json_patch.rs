//! JSON Patch (RFC 6902): edits that are made one after the other.

mod write;

use std::fmt;

use crate::model::path::{Path, Step};
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
    /// Linear in the content and, for each operation, in the value that it puts and in the list or map that it is in.
    ///
    /// # Errors
    /// The first operation that can't be made, and why not.
    pub fn apply(&self, content: &Value) -> Result<Value, OperationError> {
        let mut content = content.clone();
        let mut copied_bytes = 0;
        for (index, operation) in self.operations.iter().enumerate() {
            operation.apply(&mut content, &mut copied_bytes).map_err(|reason| OperationError {
                index,
                name: operation.name(),
                path: operation.path().clone(),
                reason,
            })?;
        }
        Ok(content)
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

    fn apply(&self, content: &mut Value, copied_bytes: &mut usize) -> Result<(), Reason> {
        let missing = |path: &Path| Reason::Missing { path: path.clone() };
        match self {
            Self::Add { path, value } => add(content, path, value.clone()),
            Self::Remove { path } if path.0.is_empty() => Err(Reason::Root),
            Self::Remove { path } => content.take_at(path).map(drop).ok_or_else(|| missing(path)),
            Self::Replace { path, value } => {
                check_depth(path, value)?;
                *content.at_mut(path).ok_or_else(|| missing(path))? = value.clone();
                Ok(())
            }
            Self::Move { from, path } if from == path => {
                content.at(from).map(drop).ok_or_else(|| missing(from))
            }
            Self::Move { from, path } if is_within(path, from) => Err(Reason::IntoItself),
            Self::Move { from, path } => {
                let value = content.take_at(from).ok_or_else(|| missing(from))?;
                add(content, path, value)
            }
            Self::Copy { from, path } => {
                let value = content.at(from).ok_or_else(|| missing(from))?;
                *copied_bytes = copied_bytes.saturating_add(size_bytes(value));
                if *copied_bytes > MAX_COPIED_BYTES {
                    return Err(Reason::TooLarge);
                }
                let value = value.clone();
                add(content, path, value)
            }
            Self::Test { path, value } => match content.at(path) {
                None => Err(missing(path)),
                Some(found) if found == value => Ok(()),
                Some(found) => {
                    Err(Reason::Differs { expected: Box::new(value.clone()), found: Box::new(found.clone()) })
                }
            },
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

/// How much the copies of one patch may come to: some operations could double the content each.
const MAX_COPIED_BYTES: usize = 256 << 20;

fn add(content: &mut Value, path: &Path, value: Value) -> Result<(), Reason> {
    check_depth(path, &value)?;
    let Some((parent, last)) = path.split_last() else {
        *content = value;
        return Ok(());
    };
    let missing = || Reason::Missing { path: parent.clone() };
    match (content.at_mut(&parent).ok_or_else(missing)?.untagged_mut(), last) {
        (Value::Map(map), step) => drop(map.insert(step.as_key().into_owned(), value)),
        (Value::List(items), Step::Index(index)) if *index <= items.len() => items.insert(*index, value),
        (Value::List(items), Step::Key(key)) if key == "-" => items.push(value),
        (Value::List(items), _) => return Err(Reason::NoIndex { items: items.len() }),
        _ => return Err(missing()),
    }
    Ok(())
}

/// Whether a path leads into what stands at another.
fn is_within(path: &Path, outer: &Path) -> bool {
    path.0.len() > outer.0.len() && path.0.starts_with(&outer.0)
}

fn check_depth(path: &Path, value: &Value) -> Result<(), Reason> {
    if path.0.len() + depth(value) > Value::MAX_DEPTH { Err(Reason::TooDeep) } else { Ok(()) }
}

fn depth(value: &Value) -> usize {
    match value {
        Value::List(items) => 1 + items.iter().map(depth).max().unwrap_or(0),
        Value::Map(map) => 1 + map.values().map(depth).max().unwrap_or(0),
        Value::Tagged(tagged) => 1 + depth(&tagged.value),
        _ => 0,
    }
}

fn size_bytes(value: &Value) -> usize {
    size_of::<Value>()
        + match value {
            Value::List(items) => items.iter().map(size_bytes).sum(),
            Value::Map(map) => map.iter().map(|(key, value)| 64 + key.len() + size_bytes(value)).sum(),
            Value::Tagged(tagged) => tagged.tag.len() + size_bytes(&tagged.value),
            Value::String(text) => text.len(),
            Value::Number(number) => number.as_str().len(),
            Value::Null | Value::Bool(_) => 0,
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
