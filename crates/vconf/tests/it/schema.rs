//! As much of JSON Schema (2020-12) as `docs/record.schema.json` needs; a keyword that is not known is a failure.

use regex_lite::Regex;
use serde_json::{Map, Value};

/// What a value breaks in a schema.
pub(crate) fn violations(root: &Value, value: &Value) -> Vec<String> {
    let mut found = Vec::new();
    check(root, root, value, "", &mut found);
    found
}

fn check(root: &Value, schema: &Value, value: &Value, at: &str, found: &mut Vec<String>) {
    let schema = match schema {
        Value::Bool(true) => return,
        Value::Bool(false) => return found.push(format!("{at}: not allowed")),
        Value::Object(schema) => schema,
        other => panic!("{other} is no schema"),
    };
    let mut fail = |what: String| found.push(format!("{at}: {what}"));
    for (keyword, rule) in schema {
        match (keyword.as_str(), value) {
            ("$schema" | "title" | "description" | "$defs" | "then" | "properties", _) => {}
            ("type", _) if !has_type(rule, value) => fail(format!("{value} is no {rule}")),
            ("const", _) if rule != value => fail(format!("{value} is not {rule}")),
            ("enum", _) if !rule.as_array().unwrap().contains(value) => {
                fail(format!("{value} is none of {rule}"))
            }
            ("pattern", Value::String(text)) => {
                if !Regex::new(rule.as_str().unwrap()).unwrap().is_match(text) {
                    fail(format!("{text:?} does not match {rule}"));
                }
            }
            ("maximum", Value::Number(number)) if number.as_u64() > rule.as_u64() => {
                fail(format!("{value} is too large"));
            }
            ("uniqueItems", Value::Array(items))
                if (1..items.len()).any(|at| items[..at].contains(&items[at])) =>
            {
                fail("the same twice".to_owned());
            }
            ("minimum", Value::Number(number)) if number.as_u64() < rule.as_u64() => {
                fail(format!("{value} is too small"))
            }
            ("minLength", Value::String(text)) if text.chars().count() < size(rule) => {
                fail("too short".to_owned())
            }
            ("maxLength", Value::String(text)) if text.chars().count() > size(rule) => {
                fail("too long".to_owned())
            }
            ("minItems", Value::Array(items)) if items.len() < size(rule) => fail("too few".to_owned()),
            ("maxItems", Value::Array(items)) if items.len() > size(rule) => fail("too many".to_owned()),
            ("required", Value::Object(map)) => {
                for name in rule.as_array().unwrap().iter().map(|name| name.as_str().unwrap()) {
                    if !map.contains_key(name) {
                        fail(format!("{name} is missing"));
                    }
                }
            }
            (
                "type"
                | "const"
                | "enum"
                | "pattern"
                | "minimum"
                | "maximum"
                | "uniqueItems"
                | "minLength"
                | "maxLength"
                | "minItems"
                | "maxItems"
                | "required"
                | "additionalProperties"
                | "propertyNames"
                | "items"
                | "oneOf"
                | "allOf"
                | "$ref"
                | "if",
                _,
            ) => {}
            (other, _) => panic!("{other} is not known here"),
        }
    }
    check_parts(root, schema, value, at, found);
}

fn check_parts(root: &Value, schema: &Map<String, Value>, value: &Value, at: &str, found: &mut Vec<String>) {
    if let Some(rule) = schema.get("$ref") {
        let pointer = rule.as_str().unwrap().strip_prefix('#').unwrap();
        check(root, root.pointer(pointer).unwrap(), value, at, found);
    }
    if let Some(Value::Array(rules)) = schema.get("oneOf") {
        let results: Vec<_> = rules.iter().map(|rule| broken(root, rule, value, at)).collect();
        if results.iter().filter(|result| result.is_empty()).count() != 1 {
            found.push(format!("{at}: not one of: {results:?}"));
        }
    }
    for rule in schema.get("allOf").and_then(Value::as_array).into_iter().flatten() {
        check(root, rule, value, at, found);
    }
    if let Some(rule) = schema.get("if")
        && broken(root, rule, value, at).is_empty()
    {
        check(root, &schema["then"], value, at, found);
    }
    match value {
        Value::Array(items) => {
            if let Some(rule) = schema.get("items") {
                for (index, item) in items.iter().enumerate() {
                    check(root, rule, item, &format!("{at}/{index}"), found);
                }
            }
        }
        Value::Object(map) => {
            let properties = schema.get("properties").and_then(Value::as_object);
            for (name, item) in map {
                let at = format!("{at}/{name}");
                if let Some(rule) = schema.get("propertyNames") {
                    check(root, rule, &Value::String(name.clone()), &at, found);
                }
                let own = properties.and_then(|properties| properties.get(name));
                if let Some(rule) = own.or(schema.get("additionalProperties")) {
                    check(root, rule, item, &at, found);
                }
            }
        }
        _ => {}
    }
}

fn broken(root: &Value, rule: &Value, value: &Value, at: &str) -> Vec<String> {
    let mut found = Vec::new();
    check(root, rule, value, at, &mut found);
    found
}

fn size(rule: &Value) -> usize {
    usize::try_from(rule.as_u64().unwrap()).unwrap()
}

fn has_type(rule: &Value, value: &Value) -> bool {
    let is = |name: &str| match name {
        "null" => value.is_null(),
        "boolean" => value.is_boolean(),
        "integer" => value.is_u64() || value.is_i64(),
        "number" => value.is_number(),
        "string" => value.is_string(),
        "array" => value.is_array(),
        "object" => value.is_object(),
        other => panic!("{other} is no type"),
    };
    match rule {
        Value::String(name) => is(name),
        Value::Array(names) => names.iter().any(|name| is(name.as_str().unwrap())),
        other => panic!("{other} names no type"),
    }
}
