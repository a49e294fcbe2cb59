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

/// Whether content is what toml-test describes: a type and a text for each scalar.
fn same_toml(value: &Value, expected: &Json) -> bool {
    if let (Some(Json::String(kind)), Some(Json::String(text))) =
        (expected.get("type"), expected.get("value"))
    {
        return match (kind.as_str(), value) {
            ("string", Value::String(found)) => found == text,
            ("bool", Value::Bool(found)) => found.to_string() == *text,
            ("integer", Value::Number(found)) => Number::parse(text).as_ref() == Some(found),
            ("float", Value::Number(found)) => match text.trim_start_matches('+') {
                "inf" => found.as_str() == "Infinity",
                "-inf" => found.as_str() == "-Infinity",
                "nan" | "-nan" => found.as_str() == "NaN",
                text => found.to_f64() == text.parse::<f64>().unwrap(),
            },
            (_, Value::Tagged(tagged)) if tagged.tag == Tagged::TIMESTAMP => {
                same_time(tagged.value.as_str().unwrap(), text)
            }
            _ => false,
        };
    }
    match (value, expected) {
        (Value::List(a), Json::Array(b)) => {
            a.len() == b.len() && a.iter().zip(b).all(|(a, b)| same_toml(a, b))
        }
        (Value::Map(a), Json::Object(b)) => {
            a.len() == b.len() && a.iter().all(|(key, a)| b.get(key).is_some_and(|b| same_toml(a, b)))
        }
        _ => false,
    }
}

/// The suite leaves open how many digits a second has.
fn same_time(found: &str, expected: &str) -> bool {
    let trimmed = |text: &str| {
        let Some((before, after)) = text.split_once('.') else { return text.to_owned() };
        let digits = after.find(|c: char| !c.is_ascii_digit()).unwrap_or(after.len());
        let fraction = after[..digits].trim_end_matches('0');
        [before, if fraction.is_empty() { "" } else { "." }, fraction, &after[digits..]].concat()
    };
    trimmed(found) == trimmed(expected)
}

#[test]
fn toml_test_has_the_right_values_and_errors() {
    let Some(suite) = support::data("suites/toml-test/tests") else { return };
    let list = fs::read_to_string(suite.join("files-toml-1.1.0")).unwrap();
    let (mut valid, mut invalid) = (0, 0);
    let mut wrong = Vec::new();
    for name in list.lines().filter(|name| name.ends_with(".toml")) {
        let bytes = fs::read(suite.join(name)).unwrap();
        let parsed = String::from_utf8(bytes).ok().map(|source| format::parse(Format::Toml, source));
        if name.starts_with("invalid/") {
            invalid += 1;
            if matches!(parsed, Some(Ok(_))) {
                wrong.push(format!("{name} is accepted"));
            }
            continue;
        }
        valid += 1;
        let json = fs::read_to_string(suite.join(name).with_extension("json")).unwrap();
        match parsed.expect("valid sources are UTF-8") {
            Ok(tree) => {
                let found = tree.to_value().unwrap();
                if !same_toml(&found, &serde_json::from_str(&json).unwrap()) {
                    wrong.push(format!("{name}: {found:?} is not {json}"));
                }
            }
            Err(error) => wrong.push(format!("{name}: {error}")),
        }
    }
    println!("toml-test: {valid} valid, {invalid} invalid, {} wrong", wrong.len());
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    assert_eq!((valid, invalid), (220, 492));
}
