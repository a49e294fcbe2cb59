//! The laws of composing: one patch that does what two do, made without the content.

use proptest::collection::vec;
use proptest::prelude::*;
use vconf::diff::{ComposeError, Options, Patch, PatchErrorKind, apply, apply_to_tree, compare};
use vconf::format::json::to_string;
use vconf::model::tree::Tree;
use vconf::model::value::Value;

use crate::diff_histories;
use crate::diff_patch::{edit, value};
use crate::diff_support::{json, pairs};

/// Values of which each came of the one before by some edits, or of nothing.
pub(crate) fn line(count: usize) -> impl Strategy<Value = Vec<Value>> {
    let edits = vec((any::<prop::sample::Index>(), value(), 0..7_u8), 0..5);
    let next = prop_oneof![6 => edits.prop_map(Ok), 1 => value().prop_map(Err)];
    (value(), vec(next, count - 1)).prop_map(|(first, nexts)| {
        let mut line = vec![first];
        for next in nexts {
            let mut value = line[line.len() - 1].clone();
            match next {
                Ok(edits) => edits.into_iter().for_each(|(at, with, how)| edit(&mut value, at, with, how)),
                Err(other) => value = other,
            }
            line.push(value);
        }
        line
    })
}

fn patch(old: &Value, new: &Value, options: &Options) -> Patch {
    let (old, new) = (Tree::from_value(old).unwrap(), Tree::from_value(new).unwrap());
    compare(&old, &new, options).to_patch().unwrap()
}

fn composed(first: &Patch, next: &Patch) -> Patch {
    first.compose(next).unwrap_or_else(|error| panic!("{error:?}: {first:#?} {next:#?}"))
}

/// A patch leads from one value to the other and back, also as a JSON Patch.
fn leads(old: &Value, new: &Value, patch: &Patch) {
    assert_eq!(apply(old, patch).as_ref(), Ok(new), "{patch:#?}");
    assert_eq!(apply(new, &patch.invert()).as_ref(), Ok(old), "{patch:#?}");
    let json_patch = patch.to_json_patch(&Tree::from_value(old).unwrap()).unwrap();
    assert_eq!(json_patch.apply(old).as_ref(), Ok(new), "{patch:#?} {json_patch:#?}");
}

pub(crate) fn options() -> [Options; 2] {
    [Options::default(), Options::strict()]
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(pairs(1000)) })]

    #[test]
    fn one_patch_does_what_two_do(values in line(3)) {
        let [a, b, c] = &values[..] else { panic!("three values") };
        for (one, other) in options().iter().flat_map(|one| options().map(|other| (one.clone(), other))) {
            let (p, q) = (patch(a, b, &one), patch(b, c, &other));
            leads(a, c, &composed(&p, &q));
            leads(c, a, &composed(&q.invert(), &p.invert()));
            leads(a, a, &composed(&p, &p.invert()));
            leads(a, b, &composed(&p, &Patch::default()));
            leads(b, c, &composed(&Patch::default(), &q));
        }
    }

    #[test]
    fn long_lines_of_patches_make_one_patch(values in line(8)) {
        for options in options() {
            let patches: Vec<Patch> = values.windows(2).map(|pair| patch(&pair[0], &pair[1], &options)).collect();
            let mut forwards = Patch::default();
            for (patch, new) in patches.iter().zip(&values[1..]) {
                forwards = composed(&forwards, patch);
                leads(&values[0], new, &forwards);
            }
            let mut backwards = Patch::default();
            for (patch, old) in patches.iter().zip(&values).rev() {
                backwards = composed(patch, &backwards);
                leads(old, &values[7], &backwards);
            }
            let halves = [&patches[..3], &patches[3..]]
                .map(|half| half.iter().fold(Patch::default(), |one, next| composed(&one, next)));
            leads(&values[0], &values[7], &composed(&halves[0], &halves[1]));
        }
    }

    #[test]
    fn what_was_written_and_read_composes_as_well(values in line(3)) {
        let [a, b, c] = &values[..] else { panic!("three values") };
        let read = |patch: &Patch| Patch::from_value(&patch.to_value()).unwrap();
        if [a, b, c].into_iter().any(has_keys_like_indices) {
            return Ok(());
        }
        for options in options() {
            let (p, q) = (patch(a, b, &options), patch(b, c, &options));
            leads(a, c, &read(&composed(&read(&p), &read(&q))));
        }
    }
}

fn has_keys_like_indices(value: &Value) -> bool {
    match value {
        Value::List(items) => items.iter().any(has_keys_like_indices),
        Value::Map(map) => {
            map.iter().any(|(key, value)| key.parse::<usize>().is_ok() || has_keys_like_indices(value))
        }
        _ => false,
    }
}

#[test]
fn the_patches_of_real_histories_compose() {
    let histories = diff_histories::histories();
    let all: usize = histories.iter().map(|revisions| revisions.len().saturating_sub(2)).sum();
    let step = all.div_ceil(pairs(400) as usize).max(1);
    let triples = histories.iter().flat_map(|revisions| revisions.windows(3));
    let mut tried = 0;
    for (_, paths) in triples.enumerate().filter(|(number, _)| number % step == 0) {
        let trees: Vec<Tree> = paths.iter().filter_map(|path| diff_histories::tree(path)).collect();
        let [a, b, c] = &trees[..] else { continue };
        for options in options() {
            let patch = |old: &Tree, new: &Tree| compare(old, new, &options).to_patch().unwrap();
            let composed = composed(&patch(a, b), &patch(b, c));
            let same = |made: Result<Tree, _>, tree: &Tree| {
                assert_eq!(
                    made.unwrap().to_value().unwrap(),
                    tree.to_value().unwrap(),
                    "{}",
                    paths[1].display()
                );
            };
            same(apply_to_tree(a, &composed), c);
            same(apply_to_tree(c, &composed.invert()), a);
        }
        tried += 1;
    }
    println!("histories: the patches of {tried} of {all} triples composed");
}

/// Reads a patch from its changes.
fn read(changes: &str) -> Patch {
    Patch::from_value(&json(&format!("{{\"changes\":[{changes}]}}")).to_value().unwrap()).unwrap()
}

#[test]
fn edits_of_one_place_become_one() {
    let cases = [
        // Replace after replace, and back.
        (
            r#"{"op":"replace","path":"/a","old":1,"new":2}"#,
            r#"{"op":"replace","path":"/a","old":2,"new":3}"#,
            r#"{"op":"replace","path":"/a","old":1,"new":3}"#,
        ),
        (
            r#"{"op":"replace","path":"/a","old":1,"new":2}"#,
            r#"{"op":"replace","path":"/a","old":2,"new":1}"#,
            "",
        ),
        // What was added is edited, moved, or taken out again.
        (
            r#"{"op":"add","path":"/m","new":{"k":1}}"#,
            r#"{"op":"replace","path":"/m/k","old":1,"new":2},{"op":"rename","path":"/n","from":"/m"}"#,
            r#"{"op":"add","path":"/n","new":{"k":2}}"#,
        ),
        (r#"{"op":"add","path":"/m","new":1}"#, r#"{"op":"remove","path":"/m","old":1}"#, ""),
        (r#"{"op":"add","path":"/l/2","new":1}"#, r#"{"op":"remove","path":"/l/2","old":1}"#, ""),
        // What was taken out and put back.
        (r#"{"op":"remove","path":"/m","old":1}"#, r#"{"op":"add","path":"/m","new":1}"#, ""),
        (r#"{"op":"remove","path":"/l/4","old":1}"#, r#"{"op":"add","path":"/l/4","new":1}"#, ""),
        (
            r#"{"op":"remove","path":"/m","old":1}"#,
            r#"{"op":"add","path":"/m","new":2}"#,
            r#"{"op":"replace","path":"/m","old":1,"new":2}"#,
        ),
        // Moves chain, and edits follow them back.
        (
            r#"{"op":"move","from":"/a/x","path":"/b/y"}"#,
            r#"{"op":"move","from":"/b/y","path":"/c/z"},{"op":"replace","path":"/b/y/k","new_path":"/c/z/k","old":1,"new":2}"#,
            r#"{"op":"move","from":"/a/x","path":"/c/z"},{"op":"replace","path":"/a/x/k","new_path":"/c/z/k","old":1,"new":2}"#,
        ),
        (
            r#"{"op":"rename","from":"/x","path":"/y"}"#,
            r#"{"op":"remove","path":"/y","old":5}"#,
            r#"{"op":"remove","path":"/x","old":5}"#,
        ),
        // Indices shift.
        (
            r#"{"op":"add","path":"/l/0","new":"a"}"#,
            r#"{"op":"replace","path":"/l/3","old":1,"new":2}"#,
            r#"{"op":"add","path":"/l/0","new":"a"},{"op":"replace","path":"/l/2","new_path":"/l/3","old":1,"new":2}"#,
        ),
        (
            r#"{"op":"remove","path":"/l/0","old":"a"}"#,
            r#"{"op":"remove","path":"/l/0","old":"b"}"#,
            r#"{"op":"remove","path":"/l/0","old":"a"},{"op":"remove","path":"/l/1","old":"b"}"#,
        ),
        // What goes holds what it was at first, without what moved out of it.
        (
            r#"{"op":"replace","path":"/m/k","old":1,"new":2},{"op":"remove","path":"/m/j","old":0}"#,
            r#"{"op":"remove","path":"/m","old":{"k":2,"i":3}}"#,
            r#"{"op":"remove","path":"/m","old":{"k":1,"j":0,"i":3}}"#,
        ),
        (
            r#"{"op":"move","from":"/m/k","path":"/k"}"#,
            r#"{"op":"remove","path":"/m","old":{"i":3}}"#,
            r#"{"op":"remove","path":"/m","old":{"i":3}},{"op":"move","from":"/m/k","path":"/k"}"#,
        ),
        // A key shows that what was taken for a list is a map.
        (
            r#"{"op":"remove","path":"/m/0","old":1}"#,
            r#"{"op":"remove","path":"/m/1","old":1},{"op":"add","path":"/m/k","new":2}"#,
            r#"{"op":"remove","path":"/m/0","old":1},{"op":"remove","path":"/m/1","old":1},{"op":"add","path":"/m/k","new":2}"#,
        ),
    ];
    for (first, next, expected) in cases {
        let text = |patch: &Patch| {
            let value = patch.to_value();
            let Some(Value::List(changes)) = value.get("changes") else { panic!("{value:?}") };
            let mut changes: Vec<String> = changes.iter().map(to_string).collect();
            changes.sort();
            (changes, patch.orders.clone())
        };
        let composed = composed(&read(first), &read(next));
        assert_eq!(text(&composed), text(&read(expected)), "{first} then {next}");
    }
}

#[test]
fn patches_that_do_not_follow_each_other_are_refused() {
    use PatchErrorKind::*;
    let first = r#"{"op":"replace","path":"/a","old":1,"new":2},{"op":"add","path":"/m","new":{"k":1}},
        {"op":"remove","path":"/g","old":1},{"op":"rename","from":"/x","path":"/y"}"#;
    let cases = [
        (r#"{"op":"replace","path":"/a","old":1,"new":3}"#, Differs, "/a"),
        (r#"{"op":"remove","path":"/m","old":{"k":1,"j":1}}"#, Differs, "/m"),
        (r#"{"op":"add","path":"/m","new":1}"#, Exists, "/m"),
        (r#"{"op":"remove","path":"/m/j","old":1}"#, Missing, "/m/j"),
        (r#"{"op":"remove","path":"/a/j","old":1}"#, Missing, "/a/j"),
        (r#"{"op":"remove","path":"/g","old":1}"#, Missing, "/g"),
        (r#"{"op":"move","from":"/x","path":"/z"}"#, Missing, "/x"),
        (r#"{"op":"remove","path":"","old":1}"#, Contradicts, ""),
        (r#"{"op":"move","from":"/y","path":"/y/z"}"#, Missing, "/y/z"),
        (
            r#"{"op":"remove","path":"/l/99999999999","old":1},{"op":"add","path":"/l/99999999999","new":1}"#,
            Missing,
            "/l/99999999999",
        ),
    ];
    for (next, kind, path) in cases {
        let Err(ComposeError::Next(error)) = read(first).compose(&read(next)) else { panic!("{next}") };
        assert_eq!((error.kind, error.path.to_string()), (kind, path.to_owned()), "{next}");
    }
    let twice = r#"{"op":"add","path":"/a","new":1},{"op":"add","path":"/a","new":1}"#;
    assert!(matches!(read(twice).compose(&Patch::default()), Err(ComposeError::First(_))));
}

#[test]
fn patches_compose_at_any_depth() {
    let nest = |leaf: &str| format!("{}{leaf}{}", "{\"a\":".repeat(100_000), "}".repeat(100_000));
    let [a, b, c] = ["1", "[2]", "{\"k\":3}"].map(|leaf| json(&nest(leaf)));
    let patch = |old, new| compare(old, new, &Options::default()).to_patch().unwrap();
    let made = apply_to_tree(&a, &composed(&patch(&a, &b), &patch(&b, &c))).unwrap();
    assert!(compare(&made, &c, &Options::strict()).is_equal());
}
