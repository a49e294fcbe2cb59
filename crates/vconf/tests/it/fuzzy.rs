//! Patches that are applied to content that was edited since.

use proptest::collection::vec;
use proptest::prelude::*;

use vconf::diff::{Fuzzy, Options, Patch, RejectionReason, apply_fuzzy, compare};
use vconf::format::json::to_string;
use vconf::model::tree::Tree;
use vconf::model::value::Value;

use crate::diff_patch::pair;
use crate::diff_support::{json, pairs};

fn patch(old: &Value, new: &Value) -> Patch {
    let (old, new) = (Tree::from_value(old).unwrap(), Tree::from_value(new).unwrap());
    compare(&old, &new, &Options::default()).to_patch().unwrap()
}

fn check(base: &str, new: &str, content: &str, expected: &str, conflicts: &[&str]) {
    let value = |text: &str| json(text).to_value().unwrap();
    let (base, new, content) = (value(base), value(new), value(content));
    let made = apply_fuzzy(&base, &content, &patch(&base, &new)).unwrap();
    assert_eq!(to_string(&made.content), expected);
    let told: Vec<_> = made.conflicts.iter().map(ToString::to_string).collect();
    assert_eq!(told, conflicts);
}

#[test]
fn edits_land_where_their_places_are_now() {
    check(
        r#"{"env":[{"name":"A","value":"1"},{"name":"B","value":"2"}]}"#,
        r#"{"env":[{"name":"A","value":"1"},{"name":"B","value":"3"},{"name":"C","value":"4"}]}"#,
        r#"{"x":1,"env":[{"name":"N","value":"0"},{"name":"B","value":"2"},{"name":"A","value":"1"}]}"#,
        r#"{"x":1,"env":[{"name":"N","value":"0"},{"name":"B","value":"3"},{"name":"C","value":"4"},{"name":"A","value":"1"}]}"#,
        &[],
    );
    check(r#"["a","b","c"]"#, r#"["a","c"]"#, r#"["z","a","b","c"]"#, r#"["z","a","c"]"#, &[]);
    check(r#"{"a":1,"b":2}"#, r#"{"b":2}"#, r#"{"b":3}"#, r#"{"b":3}"#, &[]);
}

#[test]
fn what_can_not_be_placed_is_a_conflict_and_the_rest_is_made() {
    check(
        r#"{"a":1,"b":2,"c":{"d":1}}"#,
        r#"{"a":10,"b":20,"c":{"d":1,"e":2}}"#,
        r#"{"a":5,"b":2}"#,
        r#"{"a":5,"b":20}"#,
        &["/a is another value now", "/c/e is gone"],
    );
    let value = |text: &str| json(text).to_value().unwrap();
    let (base, new, now) = (value(r#"{"a":1}"#), value(r#"{"a":1,"b":2}"#), value(r#"{"a":1,"b":3}"#));
    let made = apply_fuzzy(&base, &now, &patch(&base, &new)).unwrap();
    let expected = RejectionReason::Differs { expected: Value::from(2).into(), found: Value::from(3).into() };
    assert_eq!((made.content, &made.conflicts[0].reason), (now, &expected));
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(pairs(1000)) })]

    #[test]
    fn a_patch_fits_what_it_was_made_of_and_what_it_made((old, new) in pair()) {
        let forth = patch(&old, &new);
        let made = apply_fuzzy(&old, &old, &forth).unwrap();
        prop_assert_eq!(made, Fuzzy { content: new.clone(), conflicts: Vec::new() });
        let back = apply_fuzzy(&new, &new, &forth.invert()).unwrap();
        prop_assert_eq!(back, Fuzzy { content: old, conflicts: Vec::new() });
    }

    #[test]
    fn any_edits_since_lead_to_content_or_conflicts((old, new) in pair(), (_, other) in pair()) {
        for (base, edited, now) in [(&old, &new, &other), (&new, &old, &other), (&other, &old, &new)] {
            let forth = patch(base, edited);
            let made = apply_fuzzy(base, now, &forth).unwrap();
            if forth.is_empty() {
                prop_assert_eq!(&made, &Fuzzy { content: now.clone(), conflicts: Vec::new() });
            }
            // What is there already is no conflict.
            let again = apply_fuzzy(base, base, &Patch::default()).unwrap();
            prop_assert_eq!(&again.content, base);
        }
    }

    #[test]
    fn items_that_come_before_the_place_do_not_shift_an_edit(
        count in 1_usize..12, at in any::<prop::sample::Index>(), before in vec(any::<prop::sample::Index>(), 0..6),
    ) {
        let item = |name: String, value: usize| Value::map([("name", Value::from(name)), ("value", value.into())]);
        let list = |edited: Option<usize>| -> Vec<Value> {
            let value = |n| if edited == Some(n) { 1000 } else { n };
            (0..count).map(|n| item(format!("n{n}"), value(n))).collect()
        };
        let at = at.index(count);
        let with_others = |mut items: Vec<Value>| {
            for (number, place) in before.iter().enumerate() {
                items.insert(place.index(items.len() + 1), item(format!("other{number}"), number));
            }
            Value::map([("list", items)])
        };
        let (base, new) = (Value::map([("list", list(None))]), Value::map([("list", list(Some(at)))]));
        let made = apply_fuzzy(&base, &with_others(list(None)), &patch(&base, &new)).unwrap();
        prop_assert_eq!(made, Fuzzy { content: with_others(list(Some(at))), conflicts: Vec::new() });
    }
}
