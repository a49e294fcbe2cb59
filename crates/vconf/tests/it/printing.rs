//! What is printed reads back the same.

use proptest::prelude::*;
use vconf::format::{self, Format};
use vconf::model::number::Number;
use vconf::model::value::{Map, Tagged, Value};

/// Texts that are easily taken for something else.
const TEXTS: [&str; 56] = [
    "",
    " ",
    "a",
    "a b",
    " a",
    "a ",
    "null",
    "~",
    "true",
    "True",
    "on",
    "No",
    "y",
    "1",
    "-1",
    "+1",
    "0x10",
    "0o7",
    "1e3",
    ".5",
    "1.",
    ".inf",
    "-.Inf",
    ".nan",
    "1_000",
    "2001-12-14",
    "12:30",
    "a: b",
    "a:",
    ":a",
    "a #b",
    "#a",
    "- a",
    "-",
    "--- a",
    "...",
    "? a",
    "[a",
    "{a",
    "*a",
    "&a",
    "!a",
    "|",
    ">",
    "%a",
    "@a",
    "`a",
    "'a'",
    "\"a\"",
    "a\nb",
    "a\n",
    "a\n\n",
    "\na",
    "a\n  b\nc",
    "<<",
    "=",
];

const TAGS: [&str; 5] = ["!Ref", "!a/b~c", "!é ü", "tag:yaml.org,2002:binary", "tag:example.com,2000:x,[y]"];

fn text() -> impl Strategy<Value = String> {
    prop_oneof![
        proptest::sample::select(TEXTS.as_slice()).prop_map(str::to_owned),
        "[ -~]{0,12}",
        "[a-c \\n\\t\\r#:'\"\\\\-]{0,16}",
        "\\PC{0,6}",
        any::<String>(),
        "[a-z ]{990,1100}",
    ]
    .prop_filter("a NUL makes a file binary", |text| !text.contains('\0'))
}

fn number(finite: bool) -> BoxedStrategy<Number> {
    let spelled = prop_oneof![
        any::<i64>().prop_map(Number::from),
        any::<u128>().prop_map(Number::from),
        any::<f64>().prop_filter("finite", |number| number.is_finite()).prop_map(Number::from),
        "-?(0|[1-9][0-9]{0,40})(\\.[0-9]{1,30})?([eE][+-]?[0-9]{1,5})?"
            .prop_map(|text| Number::parse(&text).expect("the pattern is JSON's")),
    ];
    let special = proptest::sample::select(&["Infinity", "-Infinity", "NaN"]);
    if finite {
        spelled.boxed()
    } else {
        prop_oneof![9 => spelled, 1 => special.prop_map(|text| text.parse().expect("a number"))].boxed()
    }
}

/// What a format can hold.
#[derive(Clone, Copy)]
struct Holds {
    null: bool,
    finite: bool,
    local_tags: bool,
    times: bool,
}

fn value(holds: Holds) -> BoxedStrategy<Value> {
    let mut leaves = vec![
        any::<bool>().prop_map(Value::Bool).boxed(),
        number(holds.finite).prop_map(Value::Number).boxed(),
        text().prop_map(Value::String).boxed(),
    ];
    if holds.null {
        leaves.push(Just(Value::Null).boxed());
    }
    if holds.times {
        let time = proptest::sample::select(&[
            "1979-05-27",
            "07:32:00",
            "1979-05-27T07:32:00.5Z",
            "1979-05-27T00:32:00-07:00",
        ]);
        leaves.push(time.prop_map(|time| tagged(Tagged::TIMESTAMP, Value::from(time))).boxed());
    }
    let leaf = proptest::strategy::Union::new(leaves);
    let nested = leaf.prop_recursive(5, 40, 6, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..6).prop_map(Value::List),
            prop::collection::vec((text(), inner), 0..6)
                .prop_map(|pairs| Value::Map(pairs.into_iter().collect::<Map>())),
        ]
    });
    if holds.local_tags {
        let tag = proptest::sample::select(TAGS.as_slice());
        nested
            .prop_recursive(3, 20, 3, move |inner| {
                let inside =
                    inner.clone().prop_filter("one tag a value", |value| !matches!(value, Value::Tagged(_)));
                prop_oneof![
                    (tag.clone(), inside).prop_map(|(tag, value)| tagged(tag, value)),
                    prop::collection::vec(inner.clone(), 0..3).prop_map(Value::List),
                    prop::collection::vec((text(), inner), 0..3)
                        .prop_map(|pairs| Value::Map(pairs.into_iter().collect())),
                ]
            })
            .boxed()
    } else {
        nested.boxed()
    }
}

fn tagged(tag: &str, value: Value) -> Value {
    Value::Tagged(Box::new(Tagged { tag: tag.to_owned(), value }))
}

fn map(holds: Holds) -> impl Strategy<Value = Value> {
    prop::collection::vec((text(), value(holds)), 0..6)
        .prop_map(|pairs| Value::Map(pairs.into_iter().collect()))
}

fn check(format: Format, value: &Value) {
    let printed = format::print(format, value).unwrap_or_else(|error| panic!("{error}: {value:?}"));
    let tree = format::parse(format, printed.as_str()).unwrap_or_else(|error| panic!("{error}:\n{printed}"));
    assert_eq!(&tree.to_value().unwrap(), value, "{printed}");
    crate::histories::check_places("printed", format, &tree);
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn yaml_reads_back_the_same(value in value(Holds { null: true, finite: false, local_tags: true, times: false })) {
        check(Format::Yaml, &value);
    }

    #[test]
    fn yaml_documents_read_back_the_same(
        documents in prop::collection::vec(value(Holds { null: true, finite: false, local_tags: true, times: true }), 2..4),
    ) {
        check(Format::Yaml, &tagged(Tagged::DOCUMENTS, Value::List(documents)));
    }

    #[test]
    fn toml_reads_back_the_same(value in map(Holds { null: false, finite: false, local_tags: false, times: true })) {
        check(Format::Toml, &value);
    }

    #[test]
    fn json_reads_back_the_same(value in value(Holds { null: true, finite: true, local_tags: false, times: false })) {
        check(Format::Json, &value);
        check(Format::Jsonc, &value);
    }

    #[test]
    fn json5_reads_back_the_same(value in value(Holds { null: true, finite: false, local_tags: false, times: false })) {
        check(Format::Json5, &value);
    }

    #[test]
    fn flat_formats_read_back_the_same_or_refuse(
        entries in prop::collection::vec((text(), text()), 0..4),
        section in text(),
    ) {
        let flat = Value::map(entries);
        let sections = Value::map([(section, flat.clone())]);
        for (format, value) in [(Format::Env, &flat), (Format::Properties, &flat), (Format::Ini, &flat), (Format::Ini, &sections)] {
            if let Ok(printed) = format::print(format, value) {
                let read = format::parse(format, printed.as_str()).unwrap_or_else(|error| panic!("{error}: {printed:?}"));
                prop_assert_eq!(&read.to_value().unwrap(), value, "{:?}", printed);
            }
        }
    }
}

#[test]
fn yaml_reads_well() {
    let value = Value::map([
        ("name", Value::from("app")),
        ("version", Value::from("1.10")),
        ("debug", Value::from("no")),
        ("note", Value::from("it's: \"quoted\"")),
        ("script", Value::from("set -e\nrun\n")),
        ("ports", Value::list([80, 443])),
        ("empty", Value::Map(Map::new())),
        ("env", Value::list([Value::map([("name", "A"), ("value", "x y")]), Value::list(["z"])])),
        ("ref", tagged("!Ref", Value::from("x"))),
        ("get", tagged("!Sub", Value::list(["x"]))),
        ("none", Value::Null),
    ]);
    let expected = "\
name: app
version: \"1.10\"
debug: \"no\"
note: 'it''s: \"quoted\"'
script: |
  set -e
  run
ports:
  - 80
  - 443
empty: {}
env:
  - name: A
    value: x y
  - - z
ref: !Ref x
get: !Sub
  - x
none: null
";
    assert_eq!(format::print(Format::Yaml, &value).unwrap(), expected);
}

#[test]
fn toml_reads_well() {
    let value = Value::map([
        ("db", Value::map([("pool", Value::map([("max", 10)])), ("empty", Value::Map(Map::new()))])),
        ("name", Value::from("app")),
        ("since", tagged(Tagged::TIMESTAMP, Value::from("1979-05-27"))),
        ("text", Value::from("a\nb")),
        ("mixed", Value::list([Value::from(1), Value::map([("a b", 2.5)])])),
        ("bin", Value::list([Value::map([("path", "x")]), Value::map([("sub", Value::map([("k", true)]))])])),
    ]);
    let expected = "\
name = \"app\"
since = 1979-05-27
text = \"\"\"
a
b\"\"\"
mixed = [1, { \"a b\" = 2.5 }]

[db.pool]
max = 10

[db.empty]

[[bin]]
path = \"x\"

[[bin]]

[bin.sub]
k = true
";
    assert_eq!(format::print(Format::Toml, &value).unwrap(), expected);
}
