//! Finds the same edit in many items, to tell it once.

use std::collections::HashMap;

use vconf::diff::{Change, Crumb, Diff, Op, PeoplePath, number_text};

/// Changes that are told together, or one by itself.
pub(crate) enum Folded {
    One(usize),
    Many(Many),
}

/// The same edit in several places.
pub(crate) struct Many {
    /// The changes, in order.
    pub(crate) changes: Vec<usize>,
    /// The path with a `*` for what differs.
    pub(crate) path: String,
    /// What differs, in order.
    pub(crate) names: Vec<String>,
    /// Whether the places are items of a list.
    pub(crate) in_list: bool,
}

/// From how many places on an edit is told once.
const MANY: usize = 3;
/// Paths of more steps are told one by one.
const MAX_STEPS: usize = 64;

/// Folds the changes of a difference. Linear in the changes and their paths.
pub(crate) fn fold(diff: &Diff<'_>, limit: usize) -> Vec<Folded> {
    let mut groups: HashMap<Key, Vec<usize>> = HashMap::new();
    let mut keys = Vec::new();
    for (at, change) in diff.changes().iter().enumerate().take(limit) {
        let key = key(diff, change);
        if let Some(key) = &key {
            groups.entry(key.clone()).or_default().push(at);
        }
        keys.push(key);
    }
    let mut folded = Vec::new();
    for (at, key) in keys.into_iter().enumerate() {
        let group = key.as_ref().and_then(|key| groups.get(key)).filter(|group| group.len() >= MANY);
        match (group, key) {
            (Some(group), Some(key)) if group[0] == at => {
                let names = group.iter().map(|&at| key.name(&diff.people_path(&diff.changes()[at])));
                folded.push(Folded::Many(Many {
                    changes: group.clone(),
                    names: names.collect(),
                    in_list: key.in_list,
                    path: key.path,
                }));
            }
            (Some(_), _) => {}
            (None, _) => folded.push(Folded::One(at)),
        }
    }
    folded
}

/// What must be equal for two changes to be told together.
#[derive(Clone, PartialEq, Eq, Hash)]
struct Key {
    op: Op,
    path: String,
    star: usize,
    in_list: bool,
    old: Option<(&'static str, String)>,
    new: Option<(&'static str, String)>,
}

impl Key {
    fn name(&self, path: &PeoplePath) -> String {
        match path.0.get(self.star) {
            Some(Crumb::Item(fields)) => {
                fields.iter().map(|(_, value)| &**value).collect::<Vec<_>>().join(",")
            }
            Some(Crumb::Index(index)) => index.to_string(),
            Some(key) => key.to_string(),
            None => String::new(),
        }
    }
}

fn key(diff: &Diff<'_>, change: &Change) -> Option<Key> {
    if diff.is_deeper_than(change, MAX_STEPS) || matches!(change.op, Op::Move | Op::Rename) {
        return None;
    }
    let scalar = |tree: &vconf::model::tree::Tree, id| {
        let text = if tree.is_true(id) { "true" } else { number_text(tree, id) };
        (tree.subtree_len(id) == 1 && text.len() <= 4096).then(|| (tree.kind(id).name(), text.to_owned()))
    };
    let old = change.old.map(|id| scalar(diff.old_tree(), id));
    let new = change.new.map(|id| scalar(diff.new_tree(), id));
    if old == Some(None) || new == Some(None) {
        return None;
    }
    let path = diff.people_path(change).0;
    let above = path.len().checked_sub(1)?;
    let is_item = |crumb: &Crumb| !crumb.is_key();
    if path.last().is_some_and(is_item) {
        return None;
    }
    let in_list = path[..above].iter().rposition(is_item);
    let star = in_list.or(above.checked_sub(1))?;
    let (head, tail) = (PeoplePath(path[..star].to_vec()), PeoplePath(path[star + 1..].to_vec()));
    let head = if star == 0 { String::new() } else { head.to_string() };
    let mark = match (in_list, star) {
        (Some(_), _) => "[*]",
        (None, 0) => "*",
        (None, _) => ".*",
    };
    let path = format!("{head}{mark}.{tail}");
    Some(Key {
        op: change.op,
        path,
        star,
        in_list: in_list.is_some(),
        old: old.flatten(),
        new: new.flatten(),
    })
}
