//! Edits in place in JSON, JSONC and JSON5: what changes, to the byte.

use vconf::format::Format::{Json, Json5, Jsonc};

use crate::edit_support::{check, edited};

#[test]
fn a_scalar_is_replaced_and_nothing_else() {
    check(
        Json,
        &[
            ["{\n  \"a\" : 1,\n\n  \"b\":2 }", r#"{"a":"x","b":2}"#, "{\n  \"a\" : \"x\",\n\n  \"b\":2 }"],
            [r#"{"a": 1.50}"#, r#"{"a":1.5}"#, r#"{"a": 1.50}"#],
            ["[1, 2, 3]", "[1, 5, 3]", "[1, 5, 3]"],
            ["\u{feff}{\"a\": 1}\r\n", r#"{"a":2}"#, "\u{feff}{\"a\": 2}\r\n"],
            [
                r#"{"a": "\u00e9", "b": 1}"#,
                r#"{"a": "é", "b": "ü😀"}"#,
                r#"{"a": "\u00e9", "b": "\u00fc\ud83d\ude00"}"#,
            ],
        ],
    );
}

#[test]
fn a_new_key_looks_like_its_siblings() {
    check(
        Json,
        &[
            ["{\n  \"a\": 1\n}\n", r#"{"a":1,"b":2}"#, "{\n  \"a\": 1,\n  \"b\": 2\n}\n"],
            [
                "{\r\n\t\"a\" : 1,\r\n\t\"c\" : 3\r\n}",
                r#"{"a":1,"b":{"x":[]},"c":3}"#,
                "{\r\n\t\"a\" : 1,\r\n\t\"b\" : {\r\n\t\t\"x\" : []\r\n\t},\r\n\t\"c\" : 3\r\n}",
            ],
            ["{\n    \"a\": 1\n}", r#"{"n":0,"a":1}"#, "{\n    \"n\": 0,\n    \"a\": 1\n}"],
            [r#"{"a":1}"#, r#"{"a":1,"b":[1,{"c":2}]}"#, r#"{"a":1,"b":[1,{"c":2}]}"#],
            [r#"{ "a": 1 }"#, r#"{"n":{"x":1},"a":1,"b":2}"#, r#"{ "n": { "x": 1 }, "a": 1, "b": 2 }"#],
            ["{\n  \"a\": [1, 2]\n}", r#"{"a":[1,2],"b":[3,4]}"#, "{\n  \"a\": [1, 2],\n  \"b\": [3, 4]\n}"],
            [
                "[{\n  \"a\": 1\n}, {\n  \"b\": 2\n}]",
                r#"[{"a":1},{"b":2},{"c":3}]"#,
                "[{\n  \"a\": 1\n}, {\n  \"b\": 2\n}, {\n  \"c\": 3\n}]",
            ],
        ],
    );
}

#[test]
fn the_first_key_is_put_into_what_is_empty() {
    check(
        Jsonc,
        &[
            ["{}", r#"{"a":1}"#, "{\n  \"a\": 1\n}"],
            ["{ }\n", r#"{"a":{"b":[]}}"#, "{\n  \"a\": {\n    \"b\": []\n  }\n}\n"],
            ["{\n\t\"a\": {}\n}", r#"{"a":{"b":1}}"#, "{\n\t\"a\": {\n\t\t\"b\": 1\n\t}\n}"],
            [r#"{"x": [{}]}"#, r#"{"x": [{"b":1,"c":2}]}"#, r#"{"x": [{"b": 1, "c": 2}]}"#],
            ["{\n  // nothing\n}", r#"{"a":1}"#, "{\n  // nothing\n  \"a\": 1\n}"],
            ["{/* nothing */}", r#"{"a":1}"#, "{/* nothing */ \"a\": 1}"],
        ],
    );
}

#[test]
fn a_removed_key_takes_its_lines_and_its_comma() {
    check(
        Jsonc,
        &[
            [
                "{\n  \"a\": 1,\n  \"b\": 2,\n  \"c\": 3\n}",
                r#"{"a":1,"c":3}"#,
                "{\n  \"a\": 1,\n  \"c\": 3\n}",
            ],
            ["{\n  \"a\": 1,\n  \"b\": 2\n}", r#"{"a":1}"#, "{\n  \"a\": 1\n}"],
            [
                "{\n  \"a\": 1, // one\n  \"b\": {\n    \"c\": 2\n  } // two\n}",
                r#"{"a":1}"#,
                "{\n  \"a\": 1 // one\n}",
            ],
            ["[1, 2, 3]", "[1,3]", "[1, 3]"],
            ["[1, 2, 3]", "[1]", "[1]"],
            ["[1, 2, 3]", "[3]", "[3]"],
            ["[1, 2, 3]", "[]", "[]"],
            [r#"{ "a": 1, "b": 2 }"#, r#"{"b":2}"#, r#"{ "b": 2 }"#],
            [r#"{ "a": 1, "b": 2 }"#, r#"{"a":1}"#, r#"{ "a": 1 }"#],
            ["{\n  \"a\": 1\n}", "{}", "{}"],
            ["{\n  \"a\": 1,\n  // kept\n\n  \"b\": 2\n}", r#"{}"#, "{\n  // kept\n\n}"],
        ],
    );
}

#[test]
fn a_comment_goes_with_what_it_is_clearly_about() {
    check(
        Jsonc,
        &[
            [
                "{\n  // about a\n  \"a\": 1, // and more\n\n  // about b\n  \"b\": 2\n}",
                r#"{"b":2}"#,
                "{\n\n  // about b\n  \"b\": 2\n}",
            ],
            [
                "{\n  // about a and b\n  \"a\": 1,\n  \"b\": 2\n}",
                r#"{"b":2}"#,
                "{\n  // about a and b\n  \"b\": 2\n}",
            ],
            [
                "{\n  \"a\": 1,\n  // about b\n  \"b\": 2\n  // the end\n}",
                r#"{"a":1}"#,
                "{\n  \"a\": 1\n  // the end\n}",
            ],
        ],
    );
}

#[test]
fn a_comma_is_put_before_the_comment_and_trailing_ones_stay() {
    check(
        Jsonc,
        &[
            ["{\n  \"a\": 1 // one\n}", r#"{"a":1,"b":2}"#, "{\n  \"a\": 1, // one\n  \"b\": 2\n}"],
            ["{\n  \"a\": 1, // one\n}", r#"{"a":1,"b":2}"#, "{\n  \"a\": 1, // one\n  \"b\": 2,\n}"],
            ["[\n  1,\n  2,\n]", "[1]", "[\n  1,\n]"],
            ["[1, 2,]", "[1,2,3]", "[1, 2, 3,]"],
            ["[\n  1,\n  2]", "[1,2,3]", "[\n  1,\n  2,\n  3]"],
            ["[\n  1,\n  2]", "[1]", "[\n  1]"],
        ],
    );
}

#[test]
fn a_renamed_key_keeps_its_value_as_it_stands() {
    check(
        Json5,
        &[
            ["{a: [1,  2], 'b': 0x10}", r#"{"x":[1,2],"y z":16}"#, "{x: [1,  2], 'y z': 0x10}"],
            ["{a: [1,  2]}", r#"{"a b":[1,2]}"#, "{\"a b\": [1,  2]}"],
        ],
    );
}

#[test]
fn items_that_move_keep_their_source_and_their_comments() {
    check(
        Jsonc,
        &[
            [
                "[\n  1.0, // one\n  // about two\n  2.0, // two\n  // about three\n  3.0 // three\n]",
                "[3,1,2]",
                "[\n  // about three\n  3.0, // three\n  1.0, // one\n  // about two\n  2.0 // two\n]",
            ],
            [
                r#"[{"name": "a",  "v": 1}, {"name": "b",  "v": 2}]"#,
                r#"[{"name": "b", "v": 3}, {"name": "a", "v": 1}]"#,
                r#"[{"name": "b",  "v": 3}, {"name": "a",  "v": 1}]"#,
            ],
            ["[\n  {\"id\": 1}, {\"id\": 2}\n]", r#"[{"id":2}]"#, "[\n  {\"id\": 2}\n]"],
        ],
    );
}

#[test]
fn quotes_and_names_of_json5_are_kept() {
    check(
        Json5,
        &[
            ["{a: 'x', b: 1}", r#"{"a":"it's \"y\"","b":1,"c":"z"}"#, r#"{a: 'it\'s "y"', b: 1, c: 'z'}"#],
            [r#"{a: "x",}"#, r#"{"a":"y","b-c":"z"}"#, r#"{a: "y", "b-c": "z",}"#],
            ["{'a': 1}", r#"{"a":1,"b":2}"#, "{'a': 1, 'b': 2}"],
        ],
    );
}

#[test]
fn a_root_of_another_kind_is_replaced() {
    check(
        Json,
        &[
            ["{\n  \"a\": 1\n}\n", "[1]", "[\n  1\n]\n"],
            ["[1, 2]\n", "\"x\"", "\"x\"\n"],
            ["1", r#"{"a":1}"#, "{\n  \"a\": 1\n}"],
        ],
    );
}

#[test]
fn a_key_that_stands_twice_goes_everywhere() {
    check(
        Json,
        &[
            [r#"{"x": {"a": 1, "b": 2, "a": 3}}"#, r#"{"x":{"b":2}}"#, r#"{"x": {"b": 2}}"#],
            [r#"{"b": 1, "a": 1, "a": 2}"#, r#"{"b":1}"#, r#"{"b": 1}"#],
            [
                "{\n  \"a\": 1,\n  \"b\": 2,\n  \"a\": \"long enough\"\n}\n",
                r#"{"b":2,"c":"long enough"}"#,
                "{\n  \"b\": 2,\n  \"c\": \"long enough\"\n}\n",
            ],
        ],
    );
    check(
        Json,
        &[[
            r#"{"a": 1, "b": {"a": 2}, "a": 3}"#,
            r#"{"a": 4, "b": {"c": 2}}"#,
            r#"{"a": 1, "b": {"c": 2}, "a": 4}"#,
        ]],
    );
}

#[test]
fn a_source_of_any_depth_is_edited() {
    let deep = format!("{}{}", "[".repeat(100_000), "]".repeat(100_000));
    let source = format!("{{\"deep\": {deep}, \"a\": 1}}");
    assert_eq!(edited(Json, &source, r#"{"a":2}"#).unwrap(), "{\"a\": 2}");
}
