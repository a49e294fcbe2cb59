//! A difference by itself: edits that can be kept, sent, applied and undone.

use std::fmt;

use super::change::{Diff, Op};
use crate::model::path::{NotAPointer, Path};
use crate::model::tree::TooDeep;
use crate::model::value::{Map, Value};

/// Edits that turn one content into another.
///
/// All edits are made at once: paths of what was are paths in the old content, paths of what is are paths in the
/// new one, and none shifts because of another. What is not named stays, lists in their order. What moves out of a
/// value that is removed or replaced is not in the old value that the edit names, and what moves into a new one is not
/// in the new value.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Patch {
    /// The edits.
    pub edits: Vec<Edit>,
    /// The lists whose items stand in another order.
    pub orders: Vec<Reorder>,
}

/// One edit of a [`Patch`].
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Edit {
    /// There is a value where nothing was.
    Add {
        /// In the new content.
        path: Path,
        /// What is there.
        value: Value,
    },
    /// There is nothing where a value was.
    Remove {
        /// In the old content.
        path: Path,
        /// What was there.
        value: Value,
    },
    /// Another value is in its place.
    Replace {
        /// In the old content.
        path: Path,
        /// In the new content.
        new_path: Path,
        /// What was there.
        old: Value,
        /// What is there.
        new: Value,
    },
    /// The same stands elsewhere; edits within are edits of their own.
    Move {
        /// In the old content.
        from: Path,
        /// In the new content.
        path: Path,
        /// Whether only the key in the same map is another.
        renamed: bool,
    },
}

/// A list in another order.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Reorder {
    /// In the old content.
    pub path: Path,
    /// In the new content.
    pub new_path: Path,
    /// The items that moved, each by its index in the old and the new content; the others keep their order.
    pub moved: Vec<(usize, usize)>,
}

impl Diff<'_> {
    /// Makes a patch of the difference, which owns what it holds.
    ///
    /// Fails where a value that was added, removed or replaced nests deeper than [`Value::MAX_DEPTH`], or where
    /// all the paths together have more than [`Diff::MAX_STEPS`] steps.
    pub fn to_patch(&self) -> Result<Patch, TooDeep> {
        self.check_size()?;
        let value_of =
            |tree: &crate::model::tree::Tree, id: Option<_>| id.map_or(Ok(Value::Null), |id| tree.value(id));
        let edit = |change| {
            let path = self.path(change);
            Ok(match change.op {
                Op::Add => Edit::Add { path, value: value_of(self.new, change.new)? },
                Op::Remove => Edit::Remove { path, value: value_of(self.old, change.old)? },
                Op::Replace => Edit::Replace {
                    path,
                    new_path: self.new_path(change),
                    old: value_of(self.old, change.old)?,
                    new: value_of(self.new, change.new)?,
                },
                Op::Move | Op::Rename => {
                    Edit::Move { from: self.old_path(change), path, renamed: change.op == Op::Rename }
                }
            })
        };
        let reorder = |list| {
            let (path, new_path) = self.reordered_paths(list);
            let moved = list.moved().into_iter().map(|(old, new)| (old as usize, new as usize)).collect();
            Reorder { path, new_path, moved }
        };
        Ok(Patch {
            edits: self.changes.iter().map(edit).collect::<Result<_, _>>()?,
            orders: self.reordered.iter().map(reorder).collect(),
        })
    }
}

impl Patch {
    /// Whether it changes nothing.
    pub fn is_empty(&self) -> bool {
        self.edits.is_empty() && self.orders.is_empty()
    }

    /// The patch that undoes this one.
    #[must_use]
    pub fn invert(&self) -> Self {
        let edit = |edit: &Edit| match edit.clone() {
            Edit::Add { path, value } => Edit::Remove { path, value },
            Edit::Remove { path, value } => Edit::Add { path, value },
            Edit::Replace { path, new_path, old, new } => {
                Edit::Replace { path: new_path, new_path: path, old: new, new: old }
            }
            Edit::Move { from, path, renamed } => Edit::Move { from: path, path: from, renamed },
        };
        let reorder = |list: &Reorder| {
            let mut moved: Vec<_> = list.moved.iter().map(|&(old, new)| (new, old)).collect();
            moved.sort_unstable_by_key(|&(_, new)| new);
            Reorder { path: list.new_path.clone(), new_path: list.path.clone(), moved }
        };
        Self {
            edits: self.edits.iter().map(edit).collect(),
            orders: self.orders.iter().map(reorder).collect(),
        }
    }

    /// Writes the patch as content: `{"changes": […], "reordered": […]}`, in the words of [`Diff::to_value`].
    pub fn to_value(&self) -> Value {
        let changes = self.edits.iter().map(edit_to_value).collect();
        let orders = self.orders.iter().map(|list| {
            let moved = list.moved.iter().map(|&(old, new)| Value::list([old, new])).collect();
            let mut map = Map::new();
            map.insert("path".to_owned(), list.path.to_string().into());
            if list.path != list.new_path {
                map.insert("new_path".to_owned(), list.new_path.to_string().into());
            }
            map.insert("moved".to_owned(), Value::List(moved));
            Value::Map(map)
        });
        Value::map([("changes", Value::List(changes)), ("reordered", Value::List(orders.collect()))])
    }

    /// Reads what [`Self::to_value`] or [`Diff::to_value`] wrote; other fields are passed over.
    ///
    /// JSON Pointers do not tell an index from a key that looks like one (`0`). Applied to content both mean what is
    /// there; [composing](Self::compose) takes such a step for an index, unless the patches show that it is a key.
    pub fn from_value(value: &Value) -> Result<Self, NotAPatch> {
        let list = |key: &str| match value.get(key).map(Value::untagged) {
            Some(Value::List(items)) => Ok(&items[..]),
            None => Ok(&[][..]),
            Some(_) => Err(NotAPatch::at(key, 0)),
        };
        if value.get("changes").is_none() {
            return Err(NotAPatch::at("changes", 0));
        }
        let edits = list("changes")?.iter().enumerate();
        let orders = list("reordered")?.iter().enumerate();
        Ok(Self {
            edits: edits
                .map(|(at, edit)| edit_from_value(edit).ok_or(NotAPatch::at("changes", at)))
                .collect::<Result<_, _>>()?,
            orders: orders
                .map(|(at, order)| reorder_from_value(order).ok_or(NotAPatch::at("reordered", at)))
                .collect::<Result<_, _>>()?,
        })
    }
}

fn edit_to_value(edit: &Edit) -> Value {
    let path = |path: &Path| Value::from(path.to_string());
    match edit {
        Edit::Add { path: at, value } => {
            Value::map([("op", Value::from("add")), ("path", path(at)), ("new", value.clone())])
        }
        Edit::Remove { path: at, value } => {
            Value::map([("op", Value::from("remove")), ("path", path(at)), ("old", value.clone())])
        }
        Edit::Replace { path: at, new_path, old, new } => {
            let mut fields = vec![("op", Value::from("replace")), ("path", path(at))];
            if at != new_path {
                fields.push(("new_path", path(new_path)));
            }
            fields.extend([("old", old.clone()), ("new", new.clone())]);
            Value::map(fields)
        }
        Edit::Move { from, path: at, renamed } => {
            let op = if *renamed { "rename" } else { "move" };
            Value::map([("op", Value::from(op)), ("path", path(at)), ("from", path(from))])
        }
    }
}

fn edit_from_value(edit: &Value) -> Option<Edit> {
    let path = pointer(edit, "path")?;
    let value = |key| edit.get(key).cloned();
    Some(match edit.get("op")?.as_str()? {
        "add" => Edit::Add { path, value: value("new")? },
        "remove" => Edit::Remove { path, value: value("old")? },
        "replace" => {
            let new_path =
                if edit.get("new_path").is_some() { pointer(edit, "new_path")? } else { path.clone() };
            Edit::Replace { path, new_path, old: value("old")?, new: value("new")? }
        }
        op @ ("move" | "rename") => {
            Edit::Move { from: pointer(edit, "from")?, path, renamed: op == "rename" }
        }
        _ => return None,
    })
}

fn reorder_from_value(order: &Value) -> Option<Reorder> {
    let path = pointer(order, "path")?;
    let new_path = if order.get("new_path").is_some() { pointer(order, "new_path")? } else { path.clone() };
    let Value::List(items) = order.get("moved")? else { return None };
    let index = |value: &Value| usize::try_from(value.as_i64()?).ok();
    let moved = items.iter().map(|item| match item {
        Value::List(pair) if pair.len() == 2 => Some((index(&pair[0])?, index(&pair[1])?)),
        _ => None,
    });
    Some(Reorder { path, new_path, moved: moved.collect::<Option<_>>()? })
}

fn pointer(value: &Value, key: &str) -> Option<Path> {
    let parsed: Result<Path, NotAPointer> = value.get(key)?.as_str()?.parse();
    parsed.ok()
}

/// The content is not a patch.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct NotAPatch {
    /// In which list the first fault is: `changes` or `reordered`.
    pub list: &'static str,
    /// At which index of it.
    pub index: usize,
}

impl NotAPatch {
    fn at(list: &str, index: usize) -> Self {
        Self { list: if list == "changes" { "changes" } else { "reordered" }, index }
    }
}

impl fmt::Display for NotAPatch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "not a patch: \"{}\" is missing or wrong at index {}", self.list, self.index)
    }
}

impl std::error::Error for NotAPatch {}
