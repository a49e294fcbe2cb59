//! The JSON readers against others: they accept the same, reject the same and mean the same.

use jsonc_parser::ParseOptions;
use serde::de::IgnoredAny;
use serde_json::Value as Json;
use vconf::format::{self, Format};
use vconf::model::value::Value;

use crate::support::Random;

/// Pieces that sources are put together of, each valid or not where it comes.
const PIECES: [&str; 66] = [
    "{",
    "}",
    "[",
    "]",
    ",",
    ":",
    "\"a\"",
    "\"b\":",
    "\"\"",
    "1",
    "-1",
    "0",
    "01",
    "-",
    "1.5",
    "1.",
    ".5",
    "1e5",
    "1E+2",
    "1e",
    "-0",
    "true",
    "false",
    "null",
    "tru",
    "nulll",
    "\"\\n\"",
    "\"\\u0041\"",
    "\"\\ud83d\\ude00\"",
    "\"\\ud83d\"",
    "\"\\x41\"",
    "\"é\"",
    "\"\n\"",
    "\"\t\"",
    "\"",
    "\\",
    " ",
    "\n",
    "\r\n",
    "\t",
    "\u{a0}",
    "\u{b}",
    "// c\n",
    "/* c */",
    "/*",
    "/",
    "'a'",
    "'",
    "a:",
    "$_b:",
    "+1",
    "0x1F",
    "Infinity",
    "-Infinity",
    "NaN",
    "'\\\n'",
    "\"\\'\"",
    "#",
    "{\"a\":1}",
    "[1,2]",
    "{a:1,}",
    "[1,]",
    "12345678901234567890123",
    "0.1000000000000000055",
    "\u{2028}",
    "\"\u{7f}\"",
];

/// Sources of which many are valid: random pieces, and valid documents with a few bytes changed.
fn sources(count: usize) -> impl Iterator<Item = String> {
    let mut random = Random::new(7);
    (0..count).map(move |index| {
        let mut source = String::new();
        if index % 3 == 0 {
            for _ in 0..1 + random.below(8) {
                source.push_str(PIECES[random.below(PIECES.len())]);
            }
        } else {
            document(&mut random, &mut source, 0);
            for _ in 0..random.below(3) {
                let mut at = random.below(source.len() + 1);
                while !source.is_char_boundary(at) {
                    at -= 1;
                }
                if random.below(2) == 0 {
                    source.insert_str(at, PIECES[random.below(PIECES.len())]);
                } else if at < source.len() {
                    source.remove(at);
                }
            }
        }
        source
    })
}

fn document(random: &mut Random, source: &mut String, depth: usize) {
    let scalars = ["1", "-0.5", "\"x\"", "null", "true", "\"\\u00e9\"", "[]", "{}", "1e9"];
    match random.below(if depth < 4 { 4 } else { 2 }) {
        0 | 1 => source.push_str(scalars[random.below(scalars.len())]),
        2 => {
            source.push('[');
            for index in 0..random.below(4) {
                source.push_str(if index > 0 { ", " } else { "" });
                document(random, source, depth + 1);
            }
            source.push(']');
        }
        _ => {
            source.push('{');
            for index in 0..random.below(4) {
                source.push_str(if index > 0 { ",\n" } else { "" });
                source.push_str(["\"a\": ", "\"b\":", "\"c\" :", "\"\\u0061\":"][random.below(4)]);
                document(random, source, depth + 1);
            }
            source.push('}');
        }
    }
}

fn same(value: &Value, json: &Json) -> bool {
    match (value, json) {
        (Value::Null, Json::Null) => true,
        (Value::Bool(a), Json::Bool(b)) => a == b,
        // Without an optional feature serde_json's doubles may be one step off.
        (Value::Number(a), Json::Number(b)) => {
            b.as_f64().is_some_and(|b| (a.to_f64() - b).abs() <= b.abs() * f64::EPSILON)
        }
        // What JSON lacks.
        (Value::Number(a), Json::Null) => !a.to_f64().is_finite(),
        (Value::String(a), Json::String(b)) => a == b,
        (Value::List(a), Json::Array(b)) => a.len() == b.len() && a.iter().zip(b).all(|(a, b)| same(a, b)),
        (Value::Map(a), Json::Object(b)) => {
            a.len() == b.len() && a.iter().all(|(key, a)| b.get(key).is_some_and(|b| same(a, b)))
        }
        _ => false,
    }
}

fn is_control_character(source: &str) -> bool {
    format::parse(Format::Jsonc, source).is_err_and(|error| error.message.contains("control character"))
}

fn read(format: Format, source: &str) -> Option<Value> {
    Some(format::parse(format, source).ok()?.to_value().unwrap())
}

#[test]
fn json_is_read_as_serde_json_reads_it() {
    let mut accepted = 0;
    for source in sources(60_000) {
        let ours = read(Format::Json, &source);
        let syntax = serde_json::from_str::<IgnoredAny>(&source).is_ok();
        match serde_json::from_str::<Json>(&source) {
            Ok(json) => assert!(ours.as_ref().is_some_and(|ours| same(ours, &json)), "{source:?}: {ours:?}"),
            // A syntax that holds and a value that does not: half of a character, a number out of range.
            Err(error) => {
                assert!(ours.is_none() || syntax && error.to_string().contains("out of range"), "{source:?}")
            }
        }
        accepted += usize::from(ours.is_some());
    }
    assert!(accepted > 10_000, "{accepted}");
}

#[test]
fn json5_is_read_as_the_json5_crate_reads_it() {
    let mut accepted = 0;
    for source in sources(60_000) {
        let ours = read(Format::Json5, &source);
        match json5::from_str::<Json>(&source) {
            Ok(json) => {
                assert!(ours.as_ref().is_some_and(|ours| same(ours, &json)), "{source:?}: {ours:?} {json}")
            }
            Err(error) => assert!(ours.is_none(), "{source:?}: {error}: {ours:?}"),
        }
        accepted += usize::from(ours.is_some());
    }
    assert!(accepted > 15_000, "{accepted}");
}

#[test]
fn jsonc_is_read_as_jsonc_parser_reads_it() {
    let options = ParseOptions {
        allow_comments: true,
        allow_trailing_commas: true,
        allow_loose_object_property_names: false,
        allow_missing_commas: false,
        allow_single_quoted_strings: false,
        allow_hexadecimal_numbers: false,
        allow_unary_plus_numbers: false,
        allow_bare_decimal_point_numbers: false,
        allow_non_finite_numbers: false,
        allow_extended_string_escapes: false,
    };
    let mut accepted = 0;
    for source in sources(60_000) {
        let ours = read(Format::Jsonc, &source);
        match jsonc_parser::parse_to_serde_value::<Json>(&source, &options) {
            // It takes control characters in strings, and all of Unicode's white space between values.
            Ok(_) if is_control_character(&source) || source.contains(['\u{a0}', '\u{b}', '\u{2028}']) => {}
            // It takes a file without a value for null.
            Ok(Json::Null) if !source.contains("null") => assert!(ours.is_none(), "{source:?}"),
            Ok(json) => {
                assert!(ours.as_ref().is_some_and(|ours| same(ours, &json)), "{source:?}: {ours:?} {json}")
            }
            Err(error) if error.to_string().contains("out of range") => {}
            Err(error) => assert!(ours.is_none(), "{source:?}: {error}: {ours:?}"),
        }
        accepted += usize::from(ours.is_some());
    }
    assert!(accepted > 10_000, "{accepted}");
}
