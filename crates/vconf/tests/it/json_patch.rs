//! JSON Patch (RFC 6902) and merge patch (RFC 7396), against the conformance suite and against our own patches.

use std::fs;

use proptest::prelude::*;

use vconf::diff::json_patch::{JsonPatch, Operation, Reason};
use vconf::diff::{Options, compare, merge_patch};
use vconf::model::path::Path;
use vconf::model::tree::Tree;
use vconf::model::value::{Map, Value};

use crate::diff_patch::{pair, value};
use crate::diff_support::{json, pairs};
use crate::support;

fn content(text: &str) -> Value {
    json(text).to_value().unwrap()
}

fn run(document: &Value, patch: &Value) -> Result<Value, String> {
    let patch = JsonPatch::from_value(patch).map_err(|error| error.to_string())?;
    patch.apply(document).map_err(|error| error.to_string())
}

#[test]
fn the_conformance_suite_of_rfc_6902_holds() {
    let Some(folder) = support::data("suites/json-patch-tests") else { return };
    let mut tried = 0;
    for file in ["tests.json", "spec_tests.json"] {
        let Value::List(cases) = content(&fs::read_to_string(folder.join(file)).unwrap()) else { panic!() };
        for case in cases {
            let (Some(document), Some(patch)) = (case.get("doc"), case.get("patch")) else { continue };
            if case.get("disabled").is_some() {
                continue;
            }
            let result = run(document, patch);
            match case.get("expected") {
                Some(expected) => assert_eq!(result.as_ref(), Ok(expected), "{case:?}"),
                None if case.get("error").is_some() => assert!(result.is_err(), "{case:?}"),
                None => assert!(result.is_ok(), "{case:?}"),
            }
            tried += 1;
        }
    }
    assert_eq!(tried, 108);
}

#[test]
fn an_operation_that_can_not_be_made_says_which_and_why() {
    let document = content(r#"{"a":1,"l":[1,2]}"#);
    for (patch, said) in [
        (r#"[{"op":"test","path":"/a","value":2}]"#, "operation 0 (test /a) found another value"),
        (
            r#"[{"op":"test","path":"/a","value":1.0},{"op":"remove","path":"/b"}]"#,
            "operation 1 (remove /b) can't be made: there is nothing at /b",
        ),
        (
            r#"[{"op":"add","path":"/l/3","value":1}]"#,
            "operation 0 (add /l/3) can't be made: the list has 2 items",
        ),
        (
            r#"[{"op":"add","path":"/l/01","value":1}]"#,
            "operation 0 (add /l/01) can't be made: the list has 2 items",
        ),
        (
            r#"[{"op":"move","from":"/l","path":"/l/0"}]"#,
            "operation 0 (move /l/0) can't be made: a value can't be moved into itself",
        ),
        (
            r#"[{"op":"remove","path":""}]"#,
            "operation 0 (remove the root) can't be made: the whole can't be taken away",
        ),
        (r#"[{"op":"turn","path":"/a"}]"#, "operation 0: there is no operation \"turn\""),
        (r#"[{"op":"add","path":"a","value":1}]"#, "\"path\" of operation 0 is not a JSON Pointer"),
        (r#"[{"op":"add","path":"/a"}]"#, "operation 0 has no \"value\""),
        (r#"{"op":"add"}"#, "a JSON Patch is a list of operations"),
    ] {
        assert_eq!(run(&document, &content(patch)), Err(said.to_owned()), "{patch}");
    }
}

#[test]
fn copies_that_double_the_content_end_at_a_bound() {
    let copy = r#"{"op":"copy","from":"","path":"/a"}"#;
    let start = format!("[{{\"op\":\"add\",\"path\":\"/s\",\"value\":{:?}}}", "x".repeat(1000));
    let many = format!("{start}{}]", format!(",{copy}").repeat(600));
    let error = run(&content("{}"), &content(&many)).unwrap_err();
    assert!(error.contains("deeper than 512 levels") || error.contains("too large"), "{error}");
    let wide = r#",{"op":"copy","from":"/l","path":"/l/-"},{"op":"copy","from":"/l","path":"/l/-"}"#;
    let many = format!("[{{\"op\":\"add\",\"path\":\"/l\",\"value\":[]}}{}]", wide.repeat(40));
    assert!(run(&content("{}"), &content(&many)).unwrap_err().contains("too large"));
}

fn written(old: &Value, new: &Value, options: &Options) -> JsonPatch {
    let (old_tree, new_tree) = (Tree::from_value(old).unwrap(), Tree::from_value(new).unwrap());
    let patch = compare(&old_tree, &new_tree, options).to_patch().unwrap();
    patch.to_json_patch(&old_tree).unwrap()
}

#[test]
fn operations_test_what_they_take_away_and_move_what_moved() {
    let check = |old: &str, new: &str, options: Options, expected: &str| {
        let patch = written(&content(old), &content(new), &options);
        assert_eq!(vconf::format::json::to_string(&patch.to_value()), expected);
    };
    check(
        r#"{"a":1,"b":2}"#,
        r#"{"a":3}"#,
        Options::default(),
        r#"[{"op":"test","path":"/b","value":2},{"op":"remove","path":"/b"},{"op":"test","path":"/a","value":1},{"op":"replace","path":"/a","value":3}]"#,
    );
    check(
        r#"["a","b","c"]"#,
        r#"["c","a","b"]"#,
        Options::default(),
        r#"[{"op":"move","from":"/2","path":"/0"}]"#,
    );
    check(
        r#"{"old":{"x":[1,2,3]}}"#,
        r#"{"new":{"x":[1,2,3]}}"#,
        Options::default(),
        r#"[{"op":"move","from":"/old","path":"/new"}]"#,
    );
}

#[test]
fn keys_that_change_places_end_at_the_right_ones() {
    let old = content(r#"{"a":{"x":[1,2,3]},"b":{"x":[4,5,6]},"c":{"x":[7,8,9]}}"#);
    let new = content(r#"{"b":{"x":[1,2,3]},"c":{"x":[4,5,6]},"a":{"x":[7,8,9]}}"#);
    let from_value = |text: &str| vconf::diff::Patch::from_value(&content(text)).unwrap();
    let circle = from_value(
        r#"{"changes":[{"op":"rename","from":"/a","path":"/b"},{"op":"rename","from":"/b","path":"/c"},{"op":"rename","from":"/c","path":"/a"}]}"#,
    );
    let patch = circle.to_json_patch(&Tree::from_value(&old).unwrap()).unwrap();
    assert_eq!(patch.apply(&old).unwrap(), new);
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(pairs(1000)) })]

    #[test]
    fn a_json_patch_makes_exactly_the_new_content((old, new) in pair()) {
        for options in [Options::default(), Options::strict()] {
            let patch = written(&old, &new, &options);
            prop_assert_eq!(&patch.apply(&old).unwrap(), &new, "{:#?}", patch);
            prop_assert_eq!(&JsonPatch::from_value(&patch.to_value()).unwrap().apply(&old).unwrap(), &new);
            let mut before: Option<&Operation> = None;
            for operation in &patch.operations {
                if matches!(operation, Operation::Remove { .. } | Operation::Replace { .. }) {
                    let tested = matches!(before, Some(Operation::Test { path, .. }) if path == operation.path());
                    prop_assert!(tested, "{:#?}", patch);
                }
                before = Some(operation);
            }
        }
    }

    #[test]
    fn a_merge_patch_makes_the_new_content_or_says_which_null_it_can_not_set((old, new) in pair()) {
        match merge_patch::create(&old, &new) {
            Ok(patch) => prop_assert_eq!(merge_patch::apply(&old, &patch), new),
            Err(error) => prop_assert_eq!(new.at(&error.path), Some(&Value::Null)),
        }
    }

    #[test]
    fn any_merge_patch_can_be_applied(old in value(), patch in value()) {
        let merged = merge_patch::apply(&old, &patch);
        prop_assert_eq!(merge_patch::apply(&merged, &patch), merged, "twice is once");
    }
}

#[test]
fn the_examples_of_rfc_7396_hold() {
    for (old, patch, new) in [
        (r#"{"a":"b"}"#, r#"{"a":"c"}"#, r#"{"a":"c"}"#),
        (r#"{"a":"b"}"#, r#"{"b":"c"}"#, r#"{"a":"b","b":"c"}"#),
        (r#"{"a":"b"}"#, r#"{"a":null}"#, "{}"),
        (r#"{"a":"b","b":"c"}"#, r#"{"a":null}"#, r#"{"b":"c"}"#),
        (r#"{"a":["b"]}"#, r#"{"a":"c"}"#, r#"{"a":"c"}"#),
        (r#"{"a":"c"}"#, r#"{"a":["b"]}"#, r#"{"a":["b"]}"#),
        (r#"{"a":{"b":"c"}}"#, r#"{"a":{"b":"d","c":null}}"#, r#"{"a":{"b":"d"}}"#),
        (r#"{"a":[{"b":"c"}]}"#, r#"{"a":[1]}"#, r#"{"a":[1]}"#),
        (r#"["a","b"]"#, r#"["c","d"]"#, r#"["c","d"]"#),
        (r#"{"a":"b"}"#, r#"["c"]"#, r#"["c"]"#),
        (r#"{"a":"foo"}"#, "null", "null"),
        (r#"{"a":"foo"}"#, r#""bar""#, r#""bar""#),
        (r#"{"e":null}"#, r#"{"a":1}"#, r#"{"e":null,"a":1}"#),
        ("[1,2]", r#"{"a":"b","c":null}"#, r#"{"a":"b"}"#),
        ("{}", r#"{"a":{"bb":{"ccc":null}}}"#, r#"{"a":{"bb":{}}}"#),
    ] {
        assert_eq!(merge_patch::apply(&content(old), &content(patch)), content(new), "{old} {patch}");
    }
    let error =
        merge_patch::create(&content(r#"{"a":{"b":1}}"#), &content(r#"{"a":{"b":null}}"#)).unwrap_err();
    assert_eq!(error.to_string(), "a merge patch can't set null, at /a/b");
}

#[test]
fn a_patch_takes_a_map_apart_in_the_order_it_had() {
    let count = 60_000;
    let key = |number: usize| format!("k{number}");
    let mut map: Map = (0..count).map(|number| (key(number), Value::from(number as u64))).collect();
    let content = Value::map([("m", Value::Map(map.clone()))]);
    let path = |key: &str| format!("/m/{key}").parse::<Path>().unwrap();
    // Every other key goes, some come back at the end, and one is renamed.
    let mut operations = Vec::new();
    for number in (0..count).step_by(2) {
        operations.push(Operation::Remove { path: path(&key(number)) });
    }
    for number in [4, 2] {
        operations.push(Operation::Add { path: path(&key(number)), value: Value::Null });
    }
    operations.push(Operation::Move { from: path("k1"), path: path("last") });
    operations.push(Operation::Copy { from: "/m".parse().unwrap(), path: "/copy".parse().unwrap() });
    operations.push(Operation::Remove { path: path("k3") });
    map.retain(|_, value| value.as_i64().is_some_and(|number| number % 2 == 1));
    let one = map.shift_remove("k1").unwrap();
    map.insert(key(4), Value::Null);
    map.insert(key(2), Value::Null);
    map.insert("last".to_owned(), one);
    let copy = map.clone();
    map.shift_remove("k3");
    let expected = Value::map([("m", Value::Map(map)), ("copy", Value::Map(copy))]);
    let made = JsonPatch { operations }.apply(&content).unwrap();
    assert!(
        vconf::format::json::to_string(&made) == vconf::format::json::to_string(&expected),
        "the order is another"
    );
}

#[test]
fn a_patch_that_would_take_too_long_is_refused() {
    let content = Value::map([("b", Value::List(vec![Value::Null; 100_000]))]);
    let remove = Operation::Remove { path: "/b/0".parse().unwrap() };
    let error = JsonPatch { operations: vec![remove.clone(); 11_500] }.apply(&content).unwrap_err();
    assert_eq!(error.reason, Reason::TooLong);
    assert!(JsonPatch { operations: vec![remove; 5_000] }.apply(&content).is_ok());
}

#[test]
fn a_json_patch_of_a_long_list_is_written_in_near_linear_time() {
    let count = 100_000;
    let list = |names: &mut dyn Iterator<Item = usize>| {
        Value::List(names.map(|name| Value::from(format!("item {name}"))).collect())
    };
    // All moved, every other one gone and others come, and each replaced.
    let old = list(&mut (0..count));
    let news = [
        list(&mut (0..count).rev()),
        list(&mut (0..count).map(|name| if name % 2 == 0 { name } else { name + count })),
    ];
    let begun = std::time::Instant::now();
    for (options, new) in [(Options::strict(), &news[0]), (Options::default(), &news[1])] {
        let patch = written(&old, new, &options);
        assert!(patch.operations.len() >= count - 1, "{}", patch.operations.len());
    }
    assert!(begun.elapsed().as_secs() < 60, "{:?}", begun.elapsed());
}
