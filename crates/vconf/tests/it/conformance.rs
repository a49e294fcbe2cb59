//! The public conformance suites.

use std::fs;

use serde_json::Value as Json;
use vconf::format::{self, Format};
use vconf::model::number::Number;
use vconf::model::value::{Tagged, Value};

use crate::support;

/// The documents of a stream.
fn documents(value: Value) -> Vec<Value> {
    match value {
        Value::Tagged(tagged) if tagged.tag == Tagged::DOCUMENTS => match tagged.value {
            Value::List(items) => items,
            other => vec![other],
        },
        other => vec![other],
    }
}

/// Whether content means the same as JSON, passing over tags.
fn same(value: &Value, json: &Json) -> bool {
    match (value.untagged(), json) {
        (Value::Null, Json::Null) => true,
        (Value::Bool(a), Json::Bool(b)) => a == b,
        (Value::Number(a), Json::Number(b)) => {
            Number::parse(&b.to_string()) == Some(a.clone()) || Some(a.to_f64()) == b.as_f64()
        }
        (Value::String(a), Json::String(b)) => a == b,
        (Value::List(a), Json::Array(b)) => a.len() == b.len() && a.iter().zip(b).all(|(a, b)| same(a, b)),
        (Value::Map(a), Json::Object(b)) => {
            a.len() == b.len() && a.iter().all(|(key, a)| b.get(key).is_some_and(|b| same(a, b)))
        }
        _ => false,
    }
}

#[test]
fn yaml_test_suite_has_the_right_values() {
    let Some(suite) = support::data("suites/yaml-test-suite") else { return };
    let (mut right, mut valid, mut invalid, mut rejected) = (0, 0, 0, 0);
    let mut wrong = Vec::new();
    for path in support::files(&suite).into_iter().filter(|path| path.ends_with("in.yaml")) {
        let source = fs::read_to_string(&path).unwrap();
        let parsed = format::parse(Format::Yaml, source);
        if path.with_file_name("error").exists() {
            invalid += 1;
            rejected += usize::from(parsed.is_err());
            continue;
        }
        valid += 1;
        let tree = match parsed {
            Ok(tree) => tree,
            Err(error) => {
                wrong.push(format!("{}: {error}", path.display()));
                continue;
            }
        };
        let Ok(json) = fs::read_to_string(path.with_file_name("in.json")) else { continue };
        let expected: Vec<Json> =
            serde_json::Deserializer::from_str(&json).into_iter().collect::<Result<_, _>>().unwrap();
        let found = documents(tree.to_value().unwrap());
        let found = if expected.is_empty() && found == [Value::Null] { Vec::new() } else { found };
        if found.len() == expected.len() && found.iter().zip(&expected).all(|(a, b)| same(a, b)) {
            right += 1;
        } else {
            wrong.push(format!("{}: {found:?} is not {expected:?}", path.display()));
        }
    }
    println!(
        "yaml-test-suite: {valid} valid, {right} with the right value; {rejected} of {invalid} rejected"
    );
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    assert_eq!((valid, right), (308, 279));
}
