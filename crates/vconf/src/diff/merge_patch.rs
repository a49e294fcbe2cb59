//! JSON Merge Patch (RFC 7396): content that says what shall be other, with null for what shall go.

use std::fmt;

use crate::model::path::{Path, Step};
use crate::model::value::{Map, Value};

/// Makes the merge patch that turns one content into another. Linear.
///
/// # Errors
/// Where the new content has a null that the old one lacks, or has elsewhere: a merge patch takes null for removal.
pub fn create(old: &Value, new: &Value) -> Result<Value, NullInTheWay> {
    let mut steps = Vec::new();
    let patch = difference(Some(old), new, &mut steps).map_err(|Null| NullInTheWay { path: Path(steps) })?;
    // What is no map has no patch that changes nothing but itself.
    Ok(patch
        .unwrap_or_else(|| if matches!(new, Value::Map(_)) { Value::Map(Map::new()) } else { new.clone() }))
}

/// Makes what a merge patch says, on a copy of the content. A patch that is no map is the new content. Linear.
pub fn apply(content: &Value, patch: &Value) -> Value {
    let Value::Map(patch) = patch else { return patch.clone() };
    let mut result = match content {
        Value::Map(map) => map.clone(),
        _ => Map::new(),
    };
    result.retain(|key, _| !matches!(patch.get(key), Some(Value::Null)));
    for (key, value) in patch.iter().filter(|(_, value)| **value != Value::Null) {
        let merged = apply(result.get(key).unwrap_or(&Value::Null), value);
        result.insert(key.clone(), merged);
    }
    Value::Map(result)
}

struct Null;

/// The patch from old to new content; none where nothing is other. Where it fails, `steps` lead to the null.
fn difference(old: Option<&Value>, new: &Value, steps: &mut Vec<Step>) -> Result<Option<Value>, Null> {
    let Value::Map(new_map) = new else {
        return match (old, new) {
            (Some(old), new) if old == new => Ok(None),
            // The whole may be null: as a patch by itself it is what the content becomes.
            (_, Value::Null) if !steps.is_empty() => Err(Null),
            _ => Ok(Some(new.clone())),
        };
    };
    let old_map = match old {
        Some(Value::Map(map)) => Some(map),
        _ => None,
    };
    let mut patch = Map::new();
    for key in old_map.into_iter().flat_map(Map::keys) {
        if !new_map.contains_key(key) {
            patch.insert(key.clone(), Value::Null);
        }
    }
    for (key, value) in new_map {
        steps.push(Step::Key(key.clone()));
        if let Some(other) = difference(old_map.and_then(|map| map.get(key)), value, steps)? {
            patch.insert(key.clone(), other);
        }
        steps.pop();
    }
    let is_same = patch.is_empty() && old_map.is_some();
    Ok((!is_same).then_some(Value::Map(patch)))
}

/// The new content has a null that a merge patch can't set.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct NullInTheWay {
    /// Where.
    pub path: Path,
}

impl fmt::Display for NullInTheWay {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "a merge patch can't set null, at {}", self.path)
    }
}

impl std::error::Error for NullInTheWay {}
