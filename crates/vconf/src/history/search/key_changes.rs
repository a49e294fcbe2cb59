//! Which versions may have changed something at a key: the others need not be read to know its values.

use std::collections::HashMap;

use super::feed::{Fed, Trust};
use super::keys::is_at;
use super::segment::{Edit, Entry};
use super::view::{View, path_and_value};
use crate::history::error::Error;
use crate::history::state::State;
use crate::store::Store;

/// Which versions may have changed something at a key, as the index says.
#[derive(Default)]
pub(in crate::history) struct KeyChanges {
    /// The versions whose values there are others than those of the version before, ascending.
    changed: Vec<u64>,
    /// The first parents that are not the version before; 0 for none.
    parents: HashMap<u64, u64>,
    /// Runs of versions that could not be read, ascending.
    unreadable: Vec<(u64, u64)>,
}

/// In shorter histories every version is read.
const FEWEST_VERSIONS: u64 = 64;

impl Store {
    /// Finds the versions that may have changed something at a key; `None` where each has to be read to know.
    pub(in crate::history) fn key_changes(
        &self,
        state: &State,
        key: &str,
    ) -> Result<Option<KeyChanges>, Error> {
        let Some(key) = fixed_part(key).filter(|_| state.versions.number >= FEWEST_VERSIONS) else {
            return Ok(None);
        };
        for trust in [Trust::Index, Trust::Records] {
            let mut changes = KeyChanges::default();
            let mut lines = Vec::new();
            let fed = self.feed(&state.config, state.versions.number, View::Values, trust, &mut |entry| {
                match entry {
                    Entry::Unreadable { first, last } => changes.unreadable.push((first, last)),
                    Entry::Version(told) => {
                        if edit(&mut lines, &told.edits, key) {
                            changes.changed.push(told.number);
                        }
                        if told.parent != told.number - 1 {
                            changes.parents.insert(told.number, told.parent);
                        }
                    }
                }
                Ok(())
            })?;
            if matches!(fed, Fed::Whole(_)) {
                return Ok(Some(changes));
            }
        }
        Ok(None)
    }
}

impl KeyChanges {
    /// Whether the values at the key may be others in a version than in an earlier one.
    pub(in crate::history) fn may_differ(&self, earlier: u64, later: u64) -> bool {
        let next = self.changed.partition_point(|&number| number <= earlier);
        let damaged = self.unreadable.partition_point(|&(_, last)| last < earlier);
        self.changed.get(next).is_some_and(|&number| number <= later)
            || self.unreadable.get(damaged).is_some_and(|&(first, _)| first <= later)
    }

    /// The first parent of a version that could be read.
    pub(in crate::history) fn parent(&self, number: u64) -> Option<u64> {
        let parent = self.parents.get(&number).copied().unwrap_or(number.saturating_sub(1));
        Some(parent).filter(|&parent| parent > 0)
    }
}

/// Makes the lines, of which is known whether they are at the key, those of the next version; whether one of these
/// came or went.
fn edit(lines: &mut Vec<bool>, edits: &[Edit<'_>], key: &str) -> bool {
    let mut at = 0_usize;
    let mut is_changed = false;
    for Edit { kept, removed, added } in edits {
        at = at.saturating_add(*kept).min(lines.len());
        let added = added.iter().map(|line| is_at(path_and_value(line).0, key));
        let added: Vec<_> = added.collect();
        is_changed |= added.contains(&true);
        let end = at.saturating_add(*removed).min(lines.len());
        let next = at + added.len();
        is_changed |= lines.splice(at..end, added).fold(false, |any, is_there| any | is_there);
        at = next;
    }
    is_changed
}

/// The part of a key that names the same in every version: up to an item that is named by a field or from the end.
/// `None` where it is not sure that it is spelled as paths are.
fn fixed_part(key: &str) -> Option<&str> {
    let is_index = |inner: &str| {
        inner.split_once(']').is_some_and(|(index, _)| index.bytes().all(|byte| byte.is_ascii_digit()))
    };
    let mut end = key.len();
    for (at, _) in key.match_indices('[') {
        if !is_index(&key[at + 1..]) {
            end = at;
            break;
        }
    }
    let fixed = &key[..end];
    let rest = fixed.strip_prefix('/').unwrap_or(fixed);
    let is_plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '-' | '.' | '/' | '[' | ']');
    let is_name = rest.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_');
    (is_name && fixed.chars().all(is_plain)).then_some(fixed)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_fixed_in_a_key_ends_before_items_that_are_looked_for() {
        for (key, fixed) in [
            ("db.pool", Some("db.pool")),
            ("/db/pool", Some("/db/pool")),
            ("list[0].x", Some("list[0].x")),
            ("env[name=B].value", Some("env")),
            ("list[-1]", Some("list")),
            ("[0]", None),
            ("0", None),
            ("", None),
            ("a~1b", None),
            ("\"a.b\"", None),
        ] {
            assert_eq!(fixed_part(key), fixed, "{key}");
        }
    }

    #[test]
    fn what_came_and_what_went_at_the_key_counts() {
        let mut lines = Vec::new();
        let mut next = |kept, removed, added: &[&'static str]| {
            edit(&mut lines, &[Edit { kept, removed, added: added.to_vec() }], "db")
        };
        assert!(next(0, 0, &["a\t1", "db.pool\t1", "z\t1"]));
        assert!(!next(0, 1, &["a\t2", "b\t1"]));
        assert!(next(2, 1, &[]));
        assert!(!next(2, 1, &[]));
    }
}
