//! The laws of patches: what a difference says is enough to go from either document to the other.

use proptest::collection::vec;
use proptest::prelude::*;
use vconf::diff::{Options, Patch, PatchErrorKind, apply, apply_to_tree, compare};
use vconf::format::json::{to_string, to_string_pretty};
use vconf::model::tree::Tree;
use vconf::model::value::{Map, Value};

use crate::diff_support::{json, pairs};

/// Values rich in copies, near-equal objects, and keys that are taken for others.
pub(crate) fn value() -> impl Strategy<Value = Value> {
    let word = prop_oneof![
        Just("a"),
        Just("b"),
        Just("name"),
        Just("id"),
        Just(""),
        Just("0"),
        Just("1"),
        Just("x/y"),
        Just("~"),
        Just("a longer text of some words"),
        Just("a longer text of some word"),
        Just("A"),
        Just(" a"),
    ];
    let number =
        prop_oneof![Just("0"), Just("-0"), Just("1"), Just("1.0"), Just("2"), Just("1e400"), Just("0.1")];
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::Bool),
        number.prop_map(|text| Value::Number(text.parse().unwrap())),
        word.clone().prop_map(Value::from),
    ];
    leaf.prop_recursive(5, 48, 6, move |inner| {
        let object = vec((word.clone(), inner.clone()), 0..5).prop_map(map);
        let named = vec((0..4_u32, inner.clone()), 0..5).prop_map(|items| {
            Value::list(
                items
                    .into_iter()
                    .map(|(name, value)| map(vec![("name", name.into()), ("v", value), ("w", 1.into())])),
            )
        });
        prop_oneof![
            2 => vec(inner.clone(), 0..6).prop_map(Value::List),
            2 => object,
            1 => named,
            1 => (inner, 1..4_usize).prop_map(|(value, count)| Value::List(vec![value; count])),
        ]
    })
}

pub(crate) fn map(fields: Vec<(&'static str, Value)>) -> Value {
    Value::Map(fields.into_iter().map(|(key, value)| (key.to_owned(), value)).collect::<Map>())
}

/// A value and one that came of it by some edits.
pub(crate) fn pair() -> impl Strategy<Value = (Value, Value)> {
    let edited =
        (value(), vec((any::<prop::sample::Index>(), value(), 0..7_u8), 0..6)).prop_map(|(old, edits)| {
            let mut new = old.clone();
            for (at, with, how) in edits {
                edit(&mut new, at, with, how);
            }
            (old, new)
        });
    prop_oneof![3 => edited, 1 => (value(), value())]
}

/// Edits the value at some node: replaces, adds, removes, renames, moves, shuffles.
pub(crate) fn edit(value: &mut Value, at: prop::sample::Index, with: Value, how: u8) {
    let count = count(value);
    let mut left = at.index(count);
    let target = node(value, &mut left).unwrap();
    match (target, how) {
        (Value::List(items), 0) => items.push(with),
        (Value::List(items), 1) => items.insert(0, with),
        (Value::List(items), 2) => items.reverse(),
        (Value::List(items), 3) => drop(items.pop()),
        (Value::List(items), 4) if !items.is_empty() => items.rotate_left(1),
        (Value::List(items), 5) if !items.is_empty() => items.push(items[0].clone()),
        (Value::Map(entries), 0 | 1) => drop(entries.insert("new".to_owned(), with)),
        (Value::Map(entries), 2) => entries.reverse(),
        (Value::Map(entries), 3) => drop(entries.pop()),
        (Value::Map(entries), 4 | 5) => {
            if let Some((_, value)) = entries.shift_remove_index(0) {
                entries.insert("renamed".to_owned(), value);
            }
        }
        (target, _) => *target = with,
    }
}

fn count(value: &Value) -> usize {
    1 + match value {
        Value::List(items) => items.iter().map(count).sum(),
        Value::Map(entries) => entries.values().map(count).sum(),
        _ => 0_usize,
    }
}

fn node<'a>(value: &'a mut Value, left: &mut usize) -> Option<&'a mut Value> {
    if *left == 0 {
        return Some(value);
    }
    *left -= 1;
    match value {
        Value::List(items) => items.iter_mut().find_map(|item| node(item, left)),
        Value::Map(entries) => entries.values_mut().find_map(|value| node(value, left)),
        _ => None,
    }
}

/// Equality by another way: sorted canonical text, with lists as multisets unless `strict`.
pub(crate) fn canonical(value: &Value, strict: bool) -> String {
    match value {
        Value::List(items) => {
            let mut items: Vec<_> = items.iter().map(|item| canonical(item, strict)).collect();
            if !strict {
                items.sort();
            }
            format!("[{}]", items.join(","))
        }
        Value::Map(entries) => {
            let mut entries: Vec<_> =
                entries.iter().map(|(key, value)| format!("{key:?}:{}", canonical(value, strict))).collect();
            entries.sort();
            format!("{{{}}}", entries.join(","))
        }
        Value::Number(number) => format!("{:?}", number.decimal()),
        other => format!("{other:?}"),
    }
}

fn holds(old_value: &Value, new_value: &Value, options: &Options, strict: bool) {
    let trees = |old: Tree, new: Tree| holds_for_trees(old, new, (old_value, new_value), options, strict);
    trees(Tree::from_value(old_value).unwrap(), Tree::from_value(new_value).unwrap());
    trees(json(&to_string(old_value)), json(&to_string(new_value)));
    trees(json(&to_string(old_value)), json(&to_string_pretty(new_value)));
}

fn holds_for_trees(a: Tree, b: Tree, (old, new): (&Value, &Value), options: &Options, strict: bool) {
    let diff = compare(&a, &b, options);
    assert_eq!(diff.is_equal(), canonical(old, strict) == canonical(new, strict), "verdict");
    let patch = diff.to_patch().unwrap();
    assert_eq!(&apply(old, &patch).unwrap(), new, "applied: {patch:#?}");
    assert_eq!(&apply(new, &patch.invert()).unwrap(), old, "undone: {patch:#?}");
    assert_eq!(patch.invert().invert(), patch, "twice inverted");
    let written = Patch::from_value(&diff.to_value().unwrap()).unwrap();
    assert_eq!(&apply(old, &written).unwrap(), new, "written and read: {patch:#?}");
    assert_eq!(Patch::from_value(&patch.to_value()).unwrap(), written);
    if a.source() != b.source() {
        assert!(!diff.is_equal() || !diff.layout().is_empty(), "a difference is told");
    }
    if strict {
        assert!(diff.reordered().is_empty());
    }
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(pairs(1000)) })]

    #[test]
    fn a_patch_leads_from_either_document_to_the_other((old, new) in pair()) {
        holds(&old, &new, &Options::default(), false);
        holds(&old, &new, &Options::strict(), true);
    }
}

#[test]
fn a_patch_that_does_not_fit_says_where_and_why() {
    let patch = |text: &str| Patch::from_value(&json(text).to_value().unwrap()).unwrap();
    let value = json(r#"{"a":1,"l":[1,2]}"#).to_value().unwrap();
    let fails = |text: &str| {
        let error = apply(&value, &patch(text)).unwrap_err();
        (error.kind, error.path.to_string())
    };
    use PatchErrorKind::*;
    let changes = [
        (r#"{"op":"remove","path":"/b","old":1}"#, Missing, "/b"),
        (r#"{"op":"remove","path":"/a","old":2}"#, Differs, "/a"),
        (r#"{"op":"add","path":"/a","new":2}"#, Exists, "/a"),
        (r#"{"op":"add","path":"/l/9","new":2}"#, Missing, "/l"),
        (r#"{"op":"add","path":"/a/b","new":2}"#, Missing, "/a"),
        (r#"{"op":"add","path":"/x/y","new":2}"#, Missing, "/x/y"),
        (r#"{"op":"move","from":"/l","path":"/l/0"}"#, Missing, "/l/0"),
        (r#"{"op":"move","from":"","path":"/l/0"}"#, Contradicts, ""),
        (r#"{"op":"add","path":"/n","new":1},{"op":"add","path":"/n","new":1}"#, Contradicts, "/n"),
    ];
    for (text, kind, path) in changes {
        assert_eq!(fails(&format!("{{\"changes\":[{text}]}}")), (kind, path.to_owned()), "{text}");
    }
}

#[test]
fn other_content_is_no_patch() {
    for text in
        ["{}", "1", r#"{"changes":1}"#, r#"{"changes":[{"op":"add"}]}"#, r#"{"changes":[],"reordered":[1]}"#]
    {
        assert!(Patch::from_value(&json(text).to_value().unwrap()).is_err(), "{text}");
    }
}

#[test]
fn a_patch_is_applied_at_any_depth() {
    let nest = |leaf: &str| format!("{}{leaf}{}", "{\"a\":".repeat(100_000), "}".repeat(100_000));
    let (old, new) = (json(&nest("1")), json(&nest("[2]")));
    let patch = compare(&old, &new, &Options::default()).to_patch().unwrap();
    let made = apply_to_tree(&old, &patch).unwrap();
    assert!(compare(&made, &new, &Options::strict()).is_equal());
}
