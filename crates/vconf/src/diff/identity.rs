//! The fields by which the items of a list are told apart.

use super::hash::combine;
use super::lookup::all_differ;
use super::pairing::Hashed;
use crate::model::tree::{NodeId, Tree};
use crate::model::value::Kind;

/// The fields that tell the items of one list apart.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) struct Identity {
    fields: Vec<Field>,
    /// Whether two items with other values are other things, whatever else they share.
    pub(super) strong: bool,
}

/// A key of an item, or a key of a map in it.
#[derive(Clone, PartialEq, Eq, Debug)]
struct Field {
    first: String,
    second: Option<String>,
}

impl Field {
    fn parse(text: &str) -> Self {
        match text.split_once('.') {
            Some((first, second)) => Self { first: first.to_owned(), second: Some(second.to_owned()) },
            None => Self { first: text.to_owned(), second: None },
        }
    }

    /// Finds the field's scalar in an item; `hint` is where the key stood in the last item.
    fn find(&self, tree: &Tree, item: NodeId, hint: &mut usize) -> Option<NodeId> {
        let first = child_near(tree, item, &self.first, hint)?;
        let found = match &self.second {
            Some(second) => tree.child(first, second)?,
            None => first,
        };
        matches!(tree.kind(found), Kind::String | Kind::Number | Kind::Bool).then_some(found)
    }
}

/// The child at a key, looked for first at the place where it is expected.
fn child_near(tree: &Tree, map: NodeId, key: &str, hint: &mut usize) -> Option<NodeId> {
    if tree.kind(map) != Kind::Map {
        return None;
    }
    if *hint < 8
        && let Some(child) = tree.children(map).nth(*hint)
        && tree.key(child) == Some(key)
    {
        return Some(child);
    }
    let (at, child) = tree.children(map).enumerate().find(|(_, child)| tree.key(*child) == Some(key))?;
    *hint = at;
    Some(child)
}

/// Fields that name a thing, the likeliest first; of several, all together do.
const STRONG: [&[&str]; 13] = [
    &["name"],
    &["id"],
    &["key"],
    &["uuid"],
    &["uid"],
    &["_id"],
    &["metadata.name"],
    &["kind", "metadata.name"],
    &["kind", "metadata.namespace", "metadata.name"],
    &["apiVersion", "kind", "metadata.name"],
    &["namespace", "name"],
    &["type", "name"],
    &["kind", "name"],
];

/// Fields that name a thing in many files and are a mere property in others.
const WEAK: [&[&str]; 22] = [
    &["alias"],
    &["slug"],
    &["hostname"],
    &["host"],
    &["username"],
    &["user"],
    &["email"],
    &["domain"],
    &["alert"],
    &["record"],
    &["repo"],
    &["mountPath"],
    &["containerPort"],
    &["path"],
    &["url"],
    &["title"],
    &["label"],
    &["address"],
    &["service"],
    &["field"],
    &["port"],
    &["port", "protocol"],
];

/// Finds the fields that every item of all lists has, and by which each list's items all differ.
///
/// Linear in the items and their keys, times the candidates that the first item has.
pub(super) fn find<const LISTS: usize>(lists: [(Hashed<'_>, &[NodeId]); LISTS]) -> Option<Identity> {
    let (Hashed { tree, .. }, items) = lists.into_iter().find(|(_, items)| !items.is_empty())?;
    let strong = STRONG.iter().map(|fields| (*fields, true));
    let weak = WEAK.iter().map(|fields| (*fields, false));
    let known = strong.chain(weak).map(|(fields, strong)| Identity {
        fields: fields.iter().map(|field| Field::parse(field)).collect(),
        strong,
    });
    let first = items[0];
    known.chain(named_alike(tree, first)).find(|identity| {
        let has = identity.fields.iter().all(|field| field.find(tree, first, &mut 0).is_some());
        has && lists.into_iter().all(|(side, items)| {
            let values: Option<Vec<_>> = identity.values(side, items).collect();
            values.is_some_and(all_differ)
        })
    })
}

/// Fields such as `job_name` and `groupId`.
fn named_alike(tree: &Tree, item: NodeId) -> impl Iterator<Item = Identity> {
    let children = if tree.kind(item) == Kind::Map { Some(tree.children(item)) } else { None };
    let keys = children.into_iter().flatten().filter_map(|child| tree.key(child)).take(64);
    let ends = ["_name", "Name", "_id", "Id", "ID", "_key", "Key"];
    keys.filter(move |key| ends.iter().any(|end| key.ends_with(end)))
        .map(|key| Identity { fields: vec![Field { first: key.to_owned(), second: None }], strong: false })
}

impl Identity {
    /// The identity that a rule names.
    pub(super) fn of_fields(fields: &[String]) -> Self {
        Self { fields: fields.iter().map(|field| Field::parse(field)).collect(), strong: true }
    }

    /// Each item's identity as one hash, where it has all the fields.
    pub(super) fn values(&self, side: Hashed<'_>, items: &[NodeId]) -> impl Iterator<Item = Option<u128>> {
        let mut hints = vec![0; self.fields.len()];
        items.iter().map(move |&item| {
            let mut value = None;
            for (field, hint) in self.fields.iter().zip(&mut hints) {
                let found = side.hashes.of_leaf(field.find(side.tree, item, hint)?);
                value = Some(value.map_or(found, |value| combine(value, found)));
            }
            value
        })
    }

    /// The fields and their values in an item, where it has them all.
    pub(super) fn display(&self, tree: &Tree, item: NodeId) -> Option<Vec<(String, String)>> {
        let show = |field: &Field| {
            let found = field.find(tree, item, &mut 0)?;
            let value = match tree.kind(found) {
                Kind::Bool => tree.is_true(found).to_string(),
                _ => tree.text(found).to_owned(),
            };
            let name = match &field.second {
                Some(second) => format!("{}.{second}", field.first),
                None => field.first.clone(),
            };
            Some((name, value))
        };
        self.fields.iter().map(show).collect()
    }
}
