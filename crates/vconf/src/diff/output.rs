//! A difference as JSON.

use super::change::{Change, Diff, Op, Reordered};
use crate::model::tree::TooDeep;
use crate::model::value::{Map, Value};

impl Diff<'_> {
    /// Writes the difference as content, one entry an edit; `docs/JSON.md` describes its shape.
    ///
    /// Fails where a value that was added, removed or replaced nests deeper than [`Value::MAX_DEPTH`], or where
    /// all the paths together have more than [`Self::MAX_STEPS`] steps.
    pub fn to_value(&self) -> Result<Value, TooDeep> {
        self.check_size()?;
        let changes = self.changes.iter().map(|change| self.change_to_value(change));
        let reordered = self.reordered.iter().map(|list| self.reordered_to_value(list)).collect();
        Ok(Value::map([
            ("equal", Value::Bool(self.is_equal())),
            ("changes", Value::List(changes.collect::<Result<_, _>>()?)),
            ("reordered", Value::List(reordered)),
            ("layout", self.layout().to_value()),
        ]))
    }

    /// How many steps the paths of all changes may have together to be written out.
    pub const MAX_STEPS: usize = 1 << 24;

    /// Whether the paths of all changes can be written out.
    pub(super) fn check_size(&self) -> Result<(), TooDeep> {
        let mut left = Self::MAX_STEPS;
        for change in &self.changes {
            left = left.checked_sub(self.depth(change, left + 1)).ok_or(TooDeep)?;
        }
        Ok(())
    }

    fn change_to_value(&self, change: &Change) -> Result<Value, TooDeep> {
        let mut map = Map::new();
        let mut put = |key: &str, value: Value| map.insert(key.to_owned(), value);
        put("op", change.op.name().into());
        let path = self.path(change).to_string();
        put("path", path.as_str().into());
        match change.op {
            Op::Move | Op::Rename => {
                put("from", self.old_path(change).to_string().into());
            }
            Op::Replace => {
                let new_path = self.new_path(change).to_string();
                if new_path != path {
                    put("new_path", new_path.into());
                }
            }
            Op::Add | Op::Remove => {}
        }
        put("display", self.people_path(change).to_string().into());
        if matches!(change.op, Op::Remove | Op::Replace)
            && let Some(old) = change.old
        {
            put("old", self.old.value(old)?);
        }
        if matches!(change.op, Op::Add | Op::Replace)
            && let Some(new) = change.new
        {
            put("new", self.new.value(new)?);
        }
        if let Some((old, new)) = self.kind_change(change) {
            put("type", Value::map([("old", old.name()), ("new", new.name())]));
        }
        if let Some(note) = self.note(change) {
            put("note", note.name().into());
        }
        if let Some((old, new)) = change.copies {
            put("copies", Value::map([("old", old), ("new", new)]));
        }
        Ok(Value::Map(map))
    }

    fn reordered_to_value(&self, list: &Reordered) -> Value {
        let (old, new) = self.reordered_paths(list);
        let mut map = Map::new();
        map.insert("path".to_owned(), old.to_string().into());
        if old != new {
            map.insert("new_path".to_owned(), new.to_string().into());
        }
        map.insert("display".to_owned(), self.people_path_of_list(list).to_string().into());
        map.insert("items".to_owned(), list.items().into());
        let moved = list.moved().into_iter().map(|(old, new)| Value::list([old, new]));
        map.insert("moved".to_owned(), Value::List(moved.collect()));
        Value::Map(map)
    }
}
