//! The OpenAPI 3.1 document, made of the table of routes.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use vconf::model::value::Value;

use crate::routes::{self, Access, Answer, Body, Parameter, Route};

/// The document.
pub fn document() -> &'static Value {
    static DOCUMENT: LazyLock<Value> = LazyLock::new(make);
    &DOCUMENT
}

fn make() -> Value {
    let mut paths: BTreeMap<&str, Vec<(String, Value)>> = BTreeMap::new();
    for route in routes::all() {
        let method = route.method.as_str().to_ascii_lowercase();
        paths.entry(route.path).or_default().push((method, operation(route)));
    }
    let paths = paths.into_iter().map(|(path, operations)| (path, Value::map(operations)));
    Value::map([
        ("openapi", Value::from("3.1.0")),
        ("info", info()),
        ("paths", Value::map(paths)),
        ("components", components()),
    ])
}

fn info() -> Value {
    Value::map([
        ("title", "vconf"),
        ("version", env!("CARGO_PKG_VERSION")),
        ("summary", "Version control for configuration files"),
        (
            "description",
            "A config's name is one part of a path: what is not a letter, a digit, - _ . or ~ is escaped, its / as %2F.",
        ),
    ])
}

fn operation(route: &Route) -> Value {
    let named = route.path.split('/').filter_map(|part| part.strip_prefix('{')?.strip_suffix('}'));
    let in_path = named.map(|name| parameter("path", name, about_segment(name), "string", true));
    let in_query = route.query.iter().map(|Parameter { name, about, kind, is_required }| {
        parameter("query", name, about, kind, *is_required)
    });
    let parameters: Vec<_> = in_path.chain(in_query).collect();
    let mut told = vec![
        ("operationId", Value::from(route.name)),
        ("summary", Value::from(route.about)),
        ("parameters", Value::List(parameters)),
        ("responses", responses(route)),
        ("security", security(route.access)),
    ];
    if let Some(body) = body(route.body) {
        told.push(("requestBody", body));
    }
    Value::map(told)
}

fn about_segment(name: &str) -> &'static str {
    match name {
        "config" => "the name of a config, escaped as one part of the path",
        "version" => "a number, latest, -1, a tag, a branch, or a time such as 2d",
        "tag" => "the name of a tag",
        "branch" => "the name of a branch",
        _ => "",
    }
}

fn parameter(place: &str, name: &str, about: &str, kind: &str, is_required: bool) -> Value {
    let mut schema = vec![("type", Value::from(kind))];
    if kind == "integer" {
        schema.push(("minimum", Value::from(0_u64)));
    }
    if place == "path" {
        schema.push(("minLength", Value::from(1_u64)));
    }
    Value::map([
        ("name", Value::from(name)),
        ("in", Value::from(place)),
        ("description", Value::from(about)),
        ("required", Value::from(is_required)),
        ("schema", Value::map(schema)),
    ])
}

fn body(body: Body) -> Option<Value> {
    let content = match body {
        Body::None => return None,
        Body::Source => vec![("*/*", Value::map::<&str, Value>([]))],
        Body::Json(about) => {
            let schema = Value::map([("description", Value::from(about))]);
            vec![("application/json", Value::map([("schema", schema)]))]
        }
    };
    Some(Value::map([("required", Value::from(body == Body::Source)), ("content", Value::map(content))]))
}

fn responses(route: &Route) -> Value {
    let (media, schema, about) = match route.answer {
        Answer::Json(about) => ("application/json", Value::map([("description", about)]), about),
        Answer::Bytes(about) => ("*/*", Value::map::<&str, Value>([]), about),
        Answer::Text(about) => ("text/plain", Value::map([("type", "string")]), about),
        Answer::Events(about) => ("text/event-stream", Value::map([("type", "string")]), about),
    };
    let content = Value::map([(media, Value::map([("schema", schema)]))]);
    let done = Value::map([("description", Value::from(about)), ("content", content)]);
    let problem = Value::map([("$ref", "#/components/responses/Problem")]);
    Value::map([("200", done), ("default", problem)])
}

fn security(access: Access) -> Value {
    match access {
        Access::Open => Value::List(Vec::new()),
        Access::Some(_) | Access::Config(_) | Access::All(_) => {
            Value::list([Value::map([("token", Value::List(Vec::new()))])])
        }
    }
}

fn components() -> Value {
    let token = Value::map([
        ("type", "http"),
        ("scheme", "bearer"),
        ("description", "what vconf token create shows, once"),
    ]);
    let text = || Value::map([("type", "string")]);
    let properties = Value::map([
        ("type", text()),
        ("title", text()),
        ("status", Value::map([("type", "integer")])),
        ("detail", text()),
        ("kind", text()),
        ("details", Value::map([("type", Value::from("array")), ("items", text())])),
        ("help", Value::map([("type", Value::list(["string", "null"]))])),
    ]);
    let problem = Value::map([
        ("type", Value::from("object")),
        ("required", Value::list(["type", "title", "status", "detail", "kind", "details", "help"])),
        ("properties", properties),
    ]);
    let schema = Value::map([("$ref", "#/components/schemas/Problem")]);
    let content = Value::map([("application/problem+json", Value::map([("schema", schema)]))]);
    let answer = Value::map([
        (
            "description",
            Value::from("why it can't be done, as RFC 9457 says: what, why, the nearest valid thing"),
        ),
        ("content", content),
    ]);
    Value::map([
        ("securitySchemes", Value::map([("token", token)])),
        ("schemas", Value::map([("Problem", problem)])),
        ("responses", Value::map([("Problem", answer)])),
    ])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_route_is_described_under_a_name_of_its_own() {
        let paths = document().get("paths").unwrap();
        let mut names = std::collections::BTreeSet::new();
        for route in routes::all() {
            let method = route.method.as_str().to_ascii_lowercase();
            let operation = paths.get(route.path).and_then(|path| path.get(&method)).unwrap();
            assert_eq!(operation.get("operationId").and_then(Value::as_str), Some(route.name));
            assert!(names.insert(route.name), "{}", route.name);
        }
    }
}
