//! Which entries and items of what is there stand for which of what shall be.

mod lists;

use std::collections::hash_map::Entry;
use std::collections::{HashMap, HashSet};

use super::sides::Sides;
use crate::model::tree::NodeId;
use crate::model::value::{Kind, Map, Value};

/// One step of the way from the children of a map or list to those of the target, in the order of both.
#[derive(Clone, Copy, PartialEq, Debug)]
pub(super) enum Step<'a> {
    /// A child keeps its place, with this value; under a new key, where one is given.
    Stay { child: NodeId, renamed: Option<&'a str>, value: &'a Value },
    /// A child goes: it is removed, or an `Insert` puts it elsewhere in its list.
    Remove { child: NodeId },
    /// A new entry or item stands here; with the source of a child that is moved here, where there is one.
    Insert { key: Option<&'a str>, value: &'a Value, moved: Option<NodeId> },
}

impl<'a> Sides<'a> {
    /// Aligns the entries of a map, in the order of the source.
    ///
    /// A new one comes right after the one it follows in the target, or at the end where none follows it there.
    /// One that is removed and one that is added, with a value that no other of these has, are one that is renamed.
    /// Linear.
    pub(super) fn map_steps(&self, children: &[NodeId], target: &'a Map) -> Vec<Step<'a>> {
        let key = |child: NodeId| self.tree.key(child).unwrap_or_default();
        let mut places: HashMap<&str, usize> =
            children.iter().enumerate().map(|(at, &child)| (key(child), at)).collect();
        let renamed = self.renamed(children, target, &places);
        for (&new, &at) in &renamed {
            places.insert(new, at);
        }
        let mut stays: Vec<Option<(&'a str, &'a Value)>> = vec![None; children.len()];
        // What is inserted after each child; before the first one at 0.
        let mut inserts: Vec<Vec<(&'a str, &'a Value)>> = vec![Vec::new(); children.len() + 1];
        let mut after = 0;
        let mut waiting = Vec::new();
        for (key, value) in target {
            match places.get(key.as_str()) {
                Some(&at) => {
                    inserts[after].append(&mut waiting);
                    stays[at] = Some((key, value));
                    after = at + 1;
                }
                None => waiting.push((key.as_str(), value)),
            }
        }
        inserts[children.len()].append(&mut waiting);
        let mut steps = Vec::with_capacity(target.len());
        let insert = |(key, value)| Step::Insert { key: Some(key), value, moved: None };
        steps.extend(inserts[0].iter().copied().map(insert));
        for ((&child, stay), inserts) in children.iter().zip(stays).zip(&inserts[1..]) {
            steps.push(match stay {
                Some((new, value)) => {
                    Step::Stay { child, renamed: (new != key(child)).then_some(new), value }
                }
                None => Step::Remove { child },
            });
            steps.extend(inserts.iter().copied().map(insert));
        }
        steps
    }

    /// The new keys of children that are renamed, with their places.
    ///
    /// A value that says little by itself must also follow the same entry as before.
    fn renamed(
        &self,
        children: &[NodeId],
        target: &'a Map,
        places: &HashMap<&str, usize>,
    ) -> HashMap<&'a str, usize> {
        let mut after = None;
        let mut added = Vec::new();
        for (key, value) in target {
            match places.get(key.as_str()) {
                Some(&at) => after = Some(at),
                None => added.push((key.as_str(), value, after)),
            }
        }
        let mut removed: HashMap<u64, Option<(usize, Option<usize>)>> = HashMap::new();
        if !added.is_empty() {
            let mut after = None;
            for (at, &child) in children.iter().enumerate() {
                if target.contains_key(self.tree.key(child).unwrap_or_default()) {
                    after = Some(at);
                } else {
                    let first = Some((at, after));
                    removed.entry(self.node(child)).and_modify(|known| *known = None).or_insert(first);
                }
            }
        }
        let mut renamed: HashMap<u64, Option<(&'a str, usize)>> = HashMap::new();
        for (key, value, after) in added {
            let hash = self.value(value);
            let Some(&Some((at, was_after))) = removed.get(&hash) else { continue };
            match renamed.entry(hash) {
                Entry::Occupied(mut twice) => _ = twice.insert(None),
                Entry::Vacant(first) => {
                    first.insert((says_much(value) || after == was_after).then_some((key, at)));
                }
            }
        }
        let mut renamed: HashMap<&str, usize> = renamed.into_values().flatten().collect();
        self.renamed_and_edited(children, target, places, &mut renamed);
        renamed
    }

    /// Adds the lists and maps that have got another key and are edited too: those that are mostly alike, and like no
    /// other ones.
    fn renamed_and_edited(
        &self,
        children: &[NodeId],
        target: &'a Map,
        places: &HashMap<&str, usize>,
        renamed: &mut HashMap<&'a str, usize>,
    ) {
        let is_nested = |kind: Kind| matches!(kind, Kind::List | Kind::Map);
        let known: HashSet<usize> = renamed.values().copied().collect();
        let removed: Vec<_> = (0..children.len())
            .filter(|at| !known.contains(at) && is_nested(self.tree.kind(children[*at])))
            .filter(|&at| !target.contains_key(self.tree.key(children[at]).unwrap_or_default()))
            .collect();
        let is_added = |key: &str| !places.contains_key(key) && !renamed.contains_key(key);
        let added: Vec<_> =
            target.iter().filter(|(key, value)| is_nested(value.kind()) && is_added(key)).collect();
        if removed.len() * added.len() > ALL_PAIRS {
            return;
        }
        let mut of_added: HashMap<&str, Vec<usize>> = HashMap::new();
        let mut of_removed: HashMap<usize, usize> = HashMap::new();
        for &at in &removed {
            for &(key, value) in &added {
                if self.likeness(children[at], value, 0, NESTED) >= RENAMED {
                    of_added.entry(key).or_default().push(at);
                    *of_removed.entry(at).or_default() += 1;
                }
            }
        }
        for (key, olds) in of_added {
            if let [at] = olds[..]
                && of_removed[&at] == 1
            {
                renamed.insert(key, at);
            }
        }
    }

    /// How alike an item is to what shall be, from 0 (another thing) to 1000; maps from a floor on.
    ///
    /// Of what is in it and differs, `nested` levels are looked into.
    fn likeness(&self, child: NodeId, value: &Value, floor: u32, nested: usize) -> u32 {
        let kind = self.tree.kind(child);
        let (shared, total) = match value.untagged() {
            Value::Map(map) if kind == Kind::Map => {
                let entries = self.tree.children(child).take(LOOKED_AT);
                let shared = entries.filter_map(|entry| {
                    let value = map.get(self.tree.key(entry)?)?;
                    Some(match nested.checked_sub(1) {
                        _ if self.same(entry, value) => 4000,
                        None => 1000,
                        Some(nested) => 1000 + 3 * self.likeness(entry, value, 0, nested) as usize,
                    })
                });
                (shared.sum::<usize>() / 1000, 4 * self.tree.children(child).count().max(map.len()))
            }
            Value::List(items) if kind == Kind::List => {
                let mut hashes: Vec<_> = items.iter().take(LOOKED_AT).map(|item| self.value(item)).collect();
                hashes.sort_unstable();
                let known = |item: &NodeId| hashes.binary_search(&self.node(*item)).is_ok();
                let shared = self.tree.children(child).take(LOOKED_AT).filter(known).count();
                let total = self.tree.children(child).count().max(items.len());
                return 2 + (998 * shared / total.max(1)) as u32;
            }
            Value::Map(_) | Value::List(_) => return 0,
            _ if matches!(kind, Kind::Map | Kind::List) => return 0,
            Value::String(new) if kind == Kind::String => {
                let old = self.tree.text(child);
                let head = old.bytes().zip(new.bytes()).take_while(|(a, b)| a == b).count();
                let rest = old.len().min(new.len()) - head;
                let ends = old.bytes().rev().zip(new.bytes().rev());
                let tail = ends.take(rest).take_while(|(a, b)| a == b).count();
                return 2 + (998 * (head + tail) / old.len().max(new.len()).max(1)) as u32;
            }
            value => return if value.kind() == kind { 2 } else { 1 },
        };
        let likeness = (1000 * shared / total.max(1)) as u32;
        if likeness >= floor { likeness } else { 0 }
    }
}

/// Whether a value is hardly there twice by chance.
fn says_much(value: &Value) -> bool {
    match value.untagged() {
        Value::String(text) => text.len() >= 8,
        Value::List(items) => !items.is_empty(),
        Value::Map(map) => !map.is_empty(),
        _ => false,
    }
}

/// How many pairs of items between two that stay are looked at; of more, only those at the same place.
const ALL_PAIRS: usize = 1 << 14;
/// How many parts of an item are looked at.
const LOOKED_AT: usize = 64;
/// From what likeness on a list or map under another key is the same, edited.
const RENAMED: u32 = 500;
/// How deep maps in maps are compared.
const NESTED: usize = 2;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::format::json;

    /// The steps as text: `=key`, `old→new` for a new key, `-` for what goes, `+` for what comes, `^` for what moves.
    fn steps(old: &str, new: &str) -> String {
        let tree = json::parse(old).unwrap();
        let target = json::parse(new).unwrap().to_value().unwrap();
        let sides = Sides::new(&tree, &target);
        let children: Vec<_> = tree.children(tree.root()).collect();
        let steps = match &target {
            Value::Map(map) => sides.map_steps(&children, map),
            Value::List(items) => sides.list_steps(&children, items),
            _ => panic!(),
        };
        let source = |child: NodeId| {
            tree.key(child).map_or_else(|| json::to_string(&tree.value(child).unwrap()), str::to_owned)
        };
        let text = |step: &Step<'_>| match *step {
            Step::Stay { child, renamed: Some(new), .. } => format!("{}→{new}", source(child)),
            Step::Stay { child, renamed: None, value } if sides.same(child, value) => {
                format!("={}", source(child))
            }
            Step::Stay { child, value, .. } => format!("{}:{}", source(child), json::to_string(value)),
            Step::Remove { child } => format!("-{}", source(child)),
            Step::Insert { key: Some(key), .. } => format!("+{key}"),
            Step::Insert { value, moved: None, .. } => format!("+{}", json::to_string(value)),
            Step::Insert { value, moved: Some(_), .. } => format!("^{}", json::to_string(value)),
        };
        steps.iter().map(text).collect::<Vec<_>>().join(" ")
    }

    #[test]
    fn a_new_key_follows_the_one_it_follows_in_the_target() {
        assert_eq!(steps(r#"{"a":1,"b":2}"#, r#"{"a":1,"x":0,"y":0,"b":2}"#), "=a +x +y =b");
        assert_eq!(steps(r#"{"a":1,"b":2}"#, r#"{"x":0,"a":1,"b":2}"#), "+x =a =b");
        assert_eq!(steps(r#"{"a":1,"b":2}"#, r#"{"b":2,"a":3,"x":0}"#), "a:3 =b +x");
        assert_eq!(steps("{}", r#"{"x":0}"#), "+x");
    }

    #[test]
    fn a_value_under_another_key_is_a_renamed_key() {
        assert_eq!(steps(r#"{"a":1,"b":2}"#, r#"{"c":1,"b":2}"#), "a→c =b");
        assert_eq!(steps(r#"{"a":1,"b":1}"#, r#"{"c":1}"#), "-a -b +c");
        assert_eq!(steps(r#"{"a":1}"#, r#"{"b":1,"c":1}"#), "-a +b +c");
        assert_eq!(steps(r#"{"a":1,"b":2}"#, r#"{"b":2,"c":1}"#), "-a =b +c");
        assert_eq!(steps(r#"{"a":[1],"b":2}"#, r#"{"b":2,"c":[1]}"#), "a→c =b");
        assert_eq!(steps(r#"{"a":[1,2,3],"b":2}"#, r#"{"b":2,"c":[1,2,4]}"#), "a→c =b");
        assert_eq!(steps(r#"{"a":[1,2,3]}"#, r#"{"b":[4,5,6]}"#), "-a +b");
    }

    #[test]
    fn equal_items_stay_or_move() {
        assert_eq!(steps("[1,2,3]", "[1,3]"), "=1 -2 =3");
        assert_eq!(steps("[1,2,3]", "[3,1,2]"), "^3 =1 =2 -3");
        assert_eq!(steps("[1,1,2]", "[1,2,2]"), "=1 1:2 =2");
    }

    #[test]
    fn edited_items_are_known_by_their_names_or_by_what_they_share() {
        assert_eq!(
            steps(r#"[{"name":"a","v":1},{"name":"b","v":2}]"#, r#"[{"name":"b","v":3},{"name":"a","v":1}]"#),
            r#"^{"name":"b","v":3} ={"name":"a","v":1} -{"name":"b","v":2}"#
        );
        assert_eq!(steps(r#"["lib==1","app==2"]"#, r#"["app==3"]"#), r#"-"lib==1" "app==2":"app==3""#);
        assert_eq!(
            steps(r#"[{"a":1,"b":2},5]"#, r#"[{"a":1,"b":3},6]"#),
            r#"{"a":1,"b":2}:{"a":1,"b":3} 5:6"#
        );
        assert_eq!(steps(r#"[{"a":1}]"#, r#"[{"b":2}]"#), r#"+{"b":2} -{"a":1}"#);
    }

    #[test]
    fn the_order_of_keys_and_the_spelling_of_numbers_do_not_count() {
        assert_eq!(steps(r#"[{"a":1,"b":2}]"#, r#"[{"b":2.0,"a":1}]"#), r#"={"a":1,"b":2}"#);
    }
}
