//! Canonical JSON against RFC 8785: its published vectors, its numbers, and another implementation.

use std::fs;

use proptest::prelude::*;
use serde_json::Value as Json;
use vconf::canonical;
use vconf::format::json;

use crate::support;

fn canonicalized(text: &str) -> String {
    canonical::to_string(&json::parse(text).unwrap_or_else(|error| panic!("{error}: {text}")))
}

#[test]
fn the_published_vectors_come_out_to_the_byte() {
    let Some(suite) = support::data("suites/json-canonicalization") else { return };
    let inputs = support::files(&suite.join("input"));
    assert_eq!(inputs.len(), 6);
    for input in inputs {
        let name = input.file_name().unwrap();
        let output = canonicalized(&fs::read_to_string(&input).unwrap());
        let expected = fs::read(suite.join("output").join(name)).unwrap();
        assert_eq!(output.as_bytes(), expected, "{name:?}");
        let hex = fs::read_to_string(suite.join("outhex").join(name).with_extension("txt")).unwrap();
        let expected: Vec<u8> =
            hex.split_whitespace().map(|byte| u8::from_str_radix(byte, 16).unwrap()).collect();
        assert_eq!(output.as_bytes(), expected, "{name:?}");
        assert_eq!(canonicalized(&output), output, "{name:?}: canonical already");
    }
}

#[test]
fn every_spelling_of_a_hundred_thousand_doubles_comes_out_as_published() {
    let Some(suite) = support::data("suites/json-canonicalization") else { return };
    let numbers = fs::read_to_string(suite.join("es6-numbers-100k.txt")).unwrap();
    let (mut count, mut spellings) = (0, 0);
    for line in numbers.lines() {
        let (bits, expected) = line.split_once(',').unwrap();
        let value = f64::from_bits(u64::from_str_radix(bits, 16).unwrap());
        let mut texts =
            vec![expected.to_owned(), format!("{value}"), format!("{value:e}"), format!("{value:E}")];
        // With more digits than a double needs, an integer is another one to us: no digit of one is ever rounded.
        if value.fract() != 0.0 {
            texts.push(format!("{value:.16e}"));
        }
        for text in texts {
            let mut out = String::new();
            canonical::write_number(&text, &mut out);
            assert_eq!(out, expected, "{text}");
            spellings += 1;
        }
        count += 1;
    }
    println!("RFC 8785: {count} numbers in {spellings} spellings");
    assert_eq!(count, 100_000);
}

/// JSON that every implementation reads alike: doubles, and integers that doubles hold.
fn json_value() -> impl Strategy<Value = Json> {
    let integer = -(1_i64 << 53)..=(1 << 53);
    let double = any::<f64>().prop_filter("JSON has finite numbers", |value| value.is_finite());
    let leaf = prop_oneof![
        Just(Json::Null),
        any::<bool>().prop_map(Json::from),
        integer.prop_map(Json::from),
        double.prop_map(Json::from),
        any::<String>().prop_map(Json::from),
        "[\\x00-\\x20\"\\\\/\u{7f}-\u{a0}\u{d7ff}\u{e000}\u{2028}😀]{0,6}".prop_map(Json::from),
    ];
    leaf.prop_recursive(4, 40, 6, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..6).prop_map(Json::from),
            prop::collection::btree_map(any::<String>(), inner, 0..6)
                .prop_map(|map| Json::Object(map.into_iter().collect())),
        ]
    })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 1000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn another_implementation_writes_the_same(value in json_value()) {
        let expected = serde_json_canonicalizer::to_string(&value).unwrap();
        let compact = serde_json::to_string(&value).unwrap();
        // An integer past 2^53, which a double may be printed as, keeps its digits here.
        prop_assume!(!has_large_integer(&value));
        prop_assert_eq!(canonicalized(&compact), &expected[..]);
        let pretty = serde_json::to_string_pretty(&value).unwrap();
        prop_assert_eq!(canonicalized(&pretty), expected);
    }
}

fn has_large_integer(value: &Json) -> bool {
    match value {
        Json::Number(number) => {
            number.as_f64().is_some_and(|n| n.fract() == 0.0 && n.abs() > (1_u64 << 53) as f64)
        }
        Json::Array(items) => items.iter().any(has_large_integer),
        Json::Object(map) => map.values().any(has_large_integer),
        _ => false,
    }
}

#[test]
fn a_content_checksum_does_not_depend_on_spelling_and_does_on_values() {
    let sum = |text: &str| canonical::content_checksum(&json::parse(text).unwrap());
    let base = sum(r#"{"a": [1, "é"], "b": null}"#);
    for same in [r#"{"b":null,"a":[1.0,"\u00e9"]}"#, "{ \"a\" : [ 1e0 , \"é\" ] ,\n\"b\":null}"] {
        assert_eq!(sum(same), base, "{same}");
    }
    for other in [
        r#"{"a": ["é", 1], "b": null}"#,
        r#"{"a": [1, "e\u0301"], "b": null}"#,
        r#"{"a": [1, "é"]}"#,
        r#"{"a": ["1", "é"], "b": null}"#,
        r#"{"a": [1.0000000000000000001, "é"], "b": null}"#,
    ] {
        assert_ne!(sum(other), base, "{other}");
    }
    for (a, b) in
        [("9007199254740993", "9007199254740992"), ("1e400", "1e401"), ("0.1", "0.1000000000000000055")]
    {
        assert_ne!(sum(a), sum(b));
    }
}
