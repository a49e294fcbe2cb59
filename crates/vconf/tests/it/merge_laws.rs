//! The laws of merging, with values that nobody chose.

use std::collections::BTreeSet;

use proptest::collection::vec;
use proptest::prelude::*;
use vconf::diff::{About, Choice, Conflict, Merge, Options, compare, merge, merge_by};
use vconf::format::json::to_string;
use vconf::model::path::Step;
use vconf::model::tree::{TooDeep, Tree, TreeBuilder};
use vconf::model::value::{Map, Value};

use crate::diff_patch::{edit, map, value};
use crate::diff_support::pairs;

/// A value, and two that came of it by some edits each.
fn triple() -> impl Strategy<Value = [Value; 3]> {
    let edits = || vec((any::<prop::sample::Index>(), value(), 0..7_u8), 0..4);
    (value(), edits(), edits()).prop_map(|(base, our_edits, their_edits)| {
        let edited = |edits: Vec<(prop::sample::Index, Value, u8)>| {
            let mut value = base.clone();
            edits.into_iter().for_each(|(at, with, how)| edit(&mut value, at, with, how));
            value
        };
        let (ours, theirs) = (edited(our_edits), edited(their_edits));
        [base, ours, theirs]
    })
}

/// Maps of maps and leaves, in which each key says what its value is: no renames, no lists.
fn nested(leaves: std::ops::Range<u32>) -> impl Strategy<Value = Value> {
    leaves.prop_map(Value::from).prop_recursive(3, 24, 5, |inner| {
        vec((prop_oneof![Just("a"), Just("b"), Just("c"), Just("d")], inner), 0..5).prop_map(map)
    })
}

fn merged([base, ours, theirs]: [&Value; 3], options: &Options) -> Merge {
    let [base, ours, theirs] = [base, ours, theirs].map(|value| Tree::from_value(value).unwrap());
    merge(&base, &ours, &theirs, options).unwrap()
}

fn is_equal(a: &Value, b: &Value) -> bool {
    let (a, b) = (Tree::from_value(a).unwrap(), Tree::from_value(b).unwrap());
    compare(&a, &b, &Options::default()).is_equal()
}

/// A conflict without the indices, which the two sides may count otherwise.
fn place(conflict: &Conflict) -> String {
    let step = |step: &Step| match step {
        Step::Key(key) => format!("/{key}"),
        Step::Index(_) => "/*".to_owned(),
    };
    conflict.path.0.iter().map(step).collect::<String>() + &format!("{:?}", conflict.about)
}

/// A shape without leaves: maps, lists, and lists of things with names.
fn shape() -> impl Strategy<Value = Value> {
    let key = || prop_oneof![Just("a"), Just("b"), Just("c"), Just("d")];
    Just(Value::Null).prop_recursive(4, 32, 5, move |inner| {
        let named = vec((0..6_u32, inner.clone()), 0..5).prop_map(|items| {
            let item =
                |(name, value)| map(vec![("name", Value::from(name)), ("v", value), ("w", Value::Null)]);
            Value::list(items.into_iter().map(item))
        });
        prop_oneof![
            2 => vec(inner.clone(), 0..6).prop_map(Value::List),
            2 => vec((key(), inner), 0..5).prop_map(map),
            1 => named,
        ]
    })
}

/// Gives a shape leaves that stand nowhere else.
fn with_leaves(mut shape: Value, side: &str) -> Value {
    fn fill(value: &mut Value, side: &str, next: &mut u32) {
        match value {
            Value::List(items) => items.iter_mut().for_each(|item| fill(item, side, next)),
            Value::Map(entries) => entries.values_mut().for_each(|value| fill(value, side, next)),
            Value::Null => {
                *value = Value::from(format!("{side}{next}"));
                *next += 1;
            }
            _ => {}
        }
    }
    fill(&mut shape, side, &mut 0);
    shape
}

/// Three values in which each leaf says where it is from.
fn traced() -> impl Strategy<Value = [Value; 3]> {
    let how = prop_oneof![0..5_u8, Just(6_u8)];
    let edits = move || vec((any::<prop::sample::Index>(), shape(), how.clone()), 0..5);
    (shape(), edits(), edits()).prop_map(|(base, our_edits, their_edits)| {
        let base = with_leaves(base, "base ");
        let edited = |edits: Vec<(prop::sample::Index, Value, u8)>, side: &str| {
            let mut value = base.clone();
            for (number, (at, with, how)) in edits.into_iter().enumerate() {
                edit(&mut value, at, with_leaves(with, &format!("{side} {number} ")), how);
            }
            value
        };
        let (ours, theirs) = (edited(our_edits, "ours"), edited(their_edits, "theirs"));
        [base, ours, theirs]
    })
}

/// The leaves of a value.
fn leaves(value: &Value) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    let mut open = vec![value];
    while let Some(value) = open.pop() {
        match value {
            Value::List(items) => open.extend(items),
            Value::Map(entries) => open.extend(entries.values()),
            Value::String(text) => drop(found.insert(text.clone())),
            _ => {}
        }
    }
    found
}

/// The leaves of base that a side took out in one place and put in at another, as comparing sees it.
fn put_anew(base: &Value, side: &Value) -> BTreeSet<String> {
    let trees = [base, side].map(|value| Tree::from_value(value).unwrap());
    let mut anew = BTreeSet::new();
    for options in [Options::default(), Options::strict()] {
        let diff = compare(&trees[0], &trees[1], &options);
        for change in diff.changes() {
            if let Some(new) = change.new {
                anew.extend(leaves(&trees[1].value(new).unwrap()));
            }
        }
    }
    anew
}

/// What a side put in is in the result or told; what a side took out is not in it, or told; the rest is there.
fn check_nothing_lost([base, ours, theirs]: [&Value; 3], merged: &Merge) {
    let values = merged.conflicts.iter().filter(|conflict| conflict.about == About::Value);
    let values = values.flat_map(|conflict| [&conflict.base, &conflict.ours, &conflict.theirs]);
    let told: BTreeSet<String> = values.flatten().flat_map(leaves).collect();
    let shown = [base, ours, theirs, &merged.value].map(to_string).join("\n");
    let anew = [ours, theirs].map(|side| put_anew(base, side));
    let [before, after, ours, theirs] = [base, &merged.value, ours, theirs].map(leaves);
    for leaf in before.iter().chain(&ours).chain(&theirs) {
        let (was, in_ours, in_theirs) = (before.contains(leaf), ours.contains(leaf), theirs.contains(leaf));
        let is_anew = anew[0].contains(leaf) || anew[1].contains(leaf);
        let is_expected = if was { in_ours && in_theirs } else { in_ours || in_theirs };
        let is_free = was && is_anew && !is_expected;
        assert!(
            is_free || after.contains(leaf) == is_expected || told.contains(leaf),
            "{leaf:?}: base {was}, ours {in_ours}, theirs {in_theirs}\n{shown}\n{:?}",
            merged.conflicts
        );
    }
}

/// A merge of maps by key alone, by another way: all paths to leaves, each decided for itself.
fn by_key(base: Option<&Value>, ours: Option<&Value>, theirs: Option<&Value>) -> Result<Option<Value>, ()> {
    if ours == theirs || base == theirs {
        return Ok(ours.cloned());
    }
    if base == ours {
        return Ok(theirs.cloned());
    }
    let (Some(Value::Map(ours)), Some(Value::Map(theirs))) = (ours, theirs) else { return Err(()) };
    let empty = Map::new();
    let base = if let Some(Value::Map(base)) = base { base } else { &empty };
    let mut result = Map::new();
    for key in ours.keys().chain(theirs.keys()) {
        if let Some(value) = by_key(base.get(key), ours.get(key), theirs.get(key))? {
            result.insert(key.clone(), value);
        }
    }
    Ok(Some(Value::Map(result)))
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(pairs(3000)) })]

    #[test]
    fn what_one_side_alone_changed_is_taken([base, ours, _] in triple()) {
        for options in [Options::default(), Options::strict()] {
            for sides in [[&base, &base, &ours], [&base, &ours, &base], [&base, &ours, &ours]] {
                let merged = merged(sides, &options);
                prop_assert_eq!(&merged.value, &ours);
                prop_assert!(merged.conflicts.is_empty());
            }
        }
    }

    #[test]
    fn the_sides_may_change_places([base, ours, theirs] in prop_oneof![triple(), traced()]) {
        for options in [Options::default(), Options::strict()] {
            let one = merged([&base, &ours, &theirs], &options);
            let other = merged([&base, &theirs, &ours], &options);
            let places = |merged: &Merge| {
                let mut places: Vec<_> = merged.conflicts.iter().map(place).collect();
                places.sort();
                places
            };
            prop_assert_eq!(places(&one), places(&other), "{:#?} {:#?}", one, other);
            if one.conflicts.is_empty() {
                prop_assert!(is_equal(&one.value, &other.value), "{:#?} {:#?}", one.value, other.value);
            }
        }
    }

    #[test]
    fn nothing_gets_lost([base, ours, theirs] in traced()) {
        for options in [Options::default(), Options::strict()] {
            check_nothing_lost([&base, &ours, &theirs], &merged([&base, &ours, &theirs], &options));
        }
    }

    #[test]
    fn every_conflict_is_settled_as_it_is_chosen([base, ours, theirs] in triple()) {
        let [b, o, t] = [&base, &ours, &theirs].map(|value| Tree::from_value(value).unwrap());
        let unsettled = merge(&b, &o, &t, &Options::default()).unwrap();
        let take = |choice| merge_by(&b, &o, &t, &Options::default(), &mut |_| Some(choice)).unwrap();
        let settled = take(Choice::Ours);
        prop_assert_eq!(&settled.value, &unsettled.value);
        prop_assert!(settled.is_clean());
        prop_assert_eq!(take(Choice::Theirs).conflicts.len(), unsettled.conflicts.len());
    }

    #[test]
    fn maps_are_merged_key_by_key(base in nested(0..9), ours in nested(10..19), theirs in nested(20..29), mix in any::<[u8; 4]>()) {
        // Three unlike values, and mixtures of them that share some of their keys.
        let blend = |a: &Value, b: &Value, bits: u8| match (a, b) {
            (Value::Map(a), Value::Map(b)) => {
                let mut blend = a.clone();
                let entries = b.iter().enumerate().filter(|(at, _)| bits & 1 << (at % 8) != 0);
                blend.extend(entries.map(|(_, (key, value))| (key.clone(), value.clone())));
                Value::Map(blend)
            }
            _ => a.clone(),
        };
        let (ours, theirs) = (blend(&base, &ours, mix[0]), blend(&base, &theirs, mix[1]));
        let merged = merged([&base, &ours, &theirs], &Options::default());
        if let Ok(Some(expected)) = by_key(Some(&base), Some(&ours), Some(&theirs)) {
            prop_assert!(merged.conflicts.is_empty(), "{:#?}", merged);
            prop_assert_eq!(merged.value, expected);
        } else {
            prop_assert!(!merged.conflicts.is_empty());
        }
    }
}

#[test]
fn a_new_key_and_a_new_value_go_together() {
    let pair = |key: &'static str, items: [&str; 3]| map(vec![(key, Value::list(items))]);
    let (base, ours) = (pair("old", ["a", "b", "c"]), pair("new", ["a", "b", "c"]));
    let merged = merged([&base, &ours, &pair("old", ["a", "b", "d"])], &Options::default());
    assert_eq!((merged.value, merged.conflicts), (pair("new", ["a", "b", "d"]), Vec::new()));
}

#[test]
fn both_appending_to_a_block_is_a_conflict() {
    let texts = ["a\nb\n", "a\nb\nc\n", "a\nb\nd\n", "A\nb\n"].map(Value::from);
    let both = merged([&texts[0], &texts[1], &texts[2]], &Options::default());
    assert_eq!(both.conflicts.len(), 1);
    let merged = merged([&texts[0], &texts[1], &texts[3]], &Options::default());
    assert_eq!((merged.value, merged.conflicts), (Value::from("A\nb\nc\n"), Vec::new()));
}

#[test]
fn content_that_is_too_deep_is_refused_and_the_deepest_that_is_not_is_merged() {
    let nest = |depth: usize, leaf: &str| {
        let mut builder = TreeBuilder::new("");
        for _ in 0..depth {
            builder.begin_map(0);
            builder.key("a".into(), Default::default());
        }
        builder.begin_list(0);
        builder.string(leaf.into(), Default::default());
        builder.end(0);
        (0..depth).for_each(|_| builder.end(0));
        builder.finish()
    };
    let options = Options::default();
    let deep = |depth| merge(&nest(depth, "1"), &nest(depth, "2"), &nest(depth, "3"), &options);
    assert_eq!(deep(100_000), Err(TooDeep));
    assert_eq!(deep(Value::MAX_DEPTH), Err(TooDeep));
    assert_eq!(deep(Value::MAX_DEPTH - 1).unwrap().conflicts.len(), 1);
}
