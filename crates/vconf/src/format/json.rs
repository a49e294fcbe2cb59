//! JSON (RFC 8259): a reader of our own, strict or for the dialects, and printing.

mod five;
mod reader;

use std::sync::Arc;

use super::print::Unprintable;
use super::{Format, ParseError};
use crate::model::path::Step;
use crate::model::tree::Tree;
use crate::model::value::{Map, Value};

/// Parses a JSON document (RFC 8259).
///
/// A byte order mark before it is passed over. A string may not hold half of a surrogate pair, an exponent may
/// have up to 30 digits, and the depth is bounded by [`MAX_DEPTH`](super::MAX_DEPTH). Linear.
pub fn parse(source: impl Into<String>) -> Result<Tree, ParseError> {
    super::parse(Format::Json, source)
}

pub(super) fn read(source: &Arc<String>) -> Result<Tree, ParseError> {
    reader::read::<reader::Strict>(source)
}

pub(super) fn read_commented(source: &Arc<String>) -> Result<Tree, ParseError> {
    reader::read::<reader::Commented>(source)
}

pub(super) fn read_five(source: &Arc<String>) -> Result<Tree, ParseError> {
    reader::read::<reader::Five>(source)
}

/// Writes a value as JSON on one line, without spaces.
///
/// Numbers keep their spelling. `Infinity`, `-Infinity` and `NaN`, which JSON lacks, become strings. Tags are passed
/// over.
pub fn to_string(value: &Value) -> String {
    write(value, false, false)
}

/// Writes a value as JSON with one item a line, two spaces a level, and a line end at the end.
///
/// The rest is as in [`to_string`].
pub fn to_string_pretty(value: &Value) -> String {
    let mut text = write(value, true, false);
    text.push('\n');
    text
}

/// Writes a value as a document, pretty.
///
/// JSON5 has `Infinity`, `-Infinity` and `NaN`; in JSON they can't be written.
pub(super) fn print(value: &Value, five: bool) -> Result<String, Unprintable> {
    check_finite(value, five)?;
    let mut text = write(value, true, five);
    text.push('\n');
    Ok(text)
}

fn check_finite(value: &Value, five: bool) -> Result<(), Unprintable> {
    match value.untagged() {
        Value::Number(number) if !five && number.decimal().is_none() => {
            Err(Unprintable::new("a number that is not finite"))
        }
        Value::List(items) => items.iter().enumerate().try_for_each(|(index, item)| {
            check_finite(item, five).map_err(|fault| fault.under(Step::Index(index)))
        }),
        Value::Map(map) => map
            .iter()
            .try_for_each(|(key, value)| check_finite(value, five).map_err(|fault| fault.under_key(key))),
        _ => Ok(()),
    }
}

/// A list or map that is being written: an explicit stack, so that no depth is too much.
enum Open<'a> {
    List(std::slice::Iter<'a, Value>),
    Map(indexmap::map::Iter<'a, String, Value>),
}

fn write(value: &Value, pretty: bool, five: bool) -> String {
    let mut text = String::new();
    let mut open: Vec<Open<'_>> = Vec::new();
    let mut next = Some(value);
    loop {
        if let Some(value) = next.take() {
            write_scalar_or_open(&mut text, value, five, &mut open);
        }
        let depth = open.len();
        let Some(innermost) = open.last_mut() else { return text };
        let (first, close) =
            (text.ends_with(['[', '{']), if let Open::List(_) = innermost { ']' } else { '}' });
        let (key, item) = match innermost {
            Open::List(items) => (None, items.next()),
            Open::Map(entries) => match entries.next() {
                Some((key, value)) => (Some(key), Some(value)),
                None => (None, None),
            },
        };
        if item.is_some() && !first {
            text.push(',');
        }
        if pretty {
            text.push('\n');
            text.extend(std::iter::repeat_n("  ", if item.is_some() { depth } else { depth - 1 }));
        }
        if let Some(key) = key {
            write_string(&mut text, key);
            text.push_str(if pretty { ": " } else { ":" });
        }
        if item.is_none() {
            text.push(close);
            open.pop();
        }
        next = item;
    }
}

fn write_scalar_or_open<'a>(text: &mut String, value: &'a Value, five: bool, open: &mut Vec<Open<'a>>) {
    match value.untagged() {
        Value::Null | Value::Tagged(_) => text.push_str("null"),
        Value::Bool(value) => text.push_str(if *value { "true" } else { "false" }),
        Value::Number(number) if five || number.decimal().is_some() => text.push_str(number.as_str()),
        Value::Number(number) => write_string(text, number.as_str()),
        Value::String(string) => write_string(text, string),
        Value::List(items) if items.is_empty() => text.push_str("[]"),
        Value::Map(map) if map.is_empty() => text.push_str("{}"),
        Value::List(items) => {
            text.push('[');
            open.push(Open::List(items.iter()));
        }
        Value::Map(map) => {
            text.push('{');
            open.push(Open::Map(Map::iter(map)));
        }
    }
}

/// Writes a string in double quotes, with only the escapes that JSON asks for.
pub(crate) fn write_string(text: &mut String, string: &str) {
    text.push('"');
    let mut copied = 0;
    for (at, byte) in string.bytes().enumerate() {
        let escape = match byte {
            b'"' => "\\\"",
            b'\\' => "\\\\",
            b'\n' => "\\n",
            b'\r' => "\\r",
            b'\t' => "\\t",
            0x8 => "\\b",
            0xc => "\\f",
            0..0x20 => "",
            _ => continue,
        };
        text.push_str(&string[copied..at]);
        text.push_str(escape);
        if escape.is_empty() {
            text.push_str(&format!("\\u{byte:04x}"));
        }
        copied = at + 1;
    }
    text.push_str(&string[copied..]);
    text.push('"');
}

/// Writes a character as `\u` and the digits of its UTF-16 code units.
pub(crate) fn push_escape(text: &mut String, c: char) {
    for unit in c.encode_utf16(&mut [0; 2]) {
        text.push_str(&format!("\\u{unit:04x}"));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn value(source: &str) -> Value {
        parse(source).unwrap().to_value().unwrap()
    }

    fn error(source: &str) -> String {
        parse(source).unwrap_err().to_string()
    }

    #[test]
    fn what_is_read_is_written_back() {
        let source = r#"{"a":[1,-0.50,1E+2,{}],"b":{"c":null,"d":[true,false,[]]},"":"x\"\\\n\u0001é"}"#;
        assert_eq!(to_string(&value(source)), source);
    }

    #[test]
    fn pretty_text_has_one_item_a_line() {
        let expected = "{\n  \"a\": [\n    1,\n    {}\n  ],\n  \"b\": []\n}\n";
        assert_eq!(to_string_pretty(&value(r#"{"a":[1,{}],"b":[]}"#)), expected);
    }

    #[test]
    fn escapes_are_decoded() {
        assert_eq!(
            value(r#""\u00e9\ud83d\ude00\/\b\f\n\r\t\\\"""#).as_str(),
            Some("é😀/\u{8}\u{c}\n\r\t\\\"")
        );
    }

    #[test]
    fn half_of_a_surrogate_pair_is_an_error() {
        for source in [r#""\ud83d""#, r#""\ud83d\u0041""#, r#""\ude00""#, r#""\ud83dx""#] {
            assert!(error(source).contains("half of a character"), "{source}");
        }
    }

    #[test]
    fn errors_tell_the_place_and_what_is_wrong() {
        for (source, expected) in [
            ("", "line 1, column 1: expected a value, found the end of the file"),
            ("{\n  \"a\": tru}", "line 2, column 8: expected a value, found `t`"),
            ("[1,\n]", "line 1, column 3: a comma before the closing `]`"),
            ("[1 2]", "line 1, column 4: expected `,` or `]`, found `2`"),
            ("{a: 1}", "line 1, column 2: expected a key in double quotes, found `a`"),
            ("{\"a\" 1}", "line 1, column 6: expected `:` after the key, found `1`"),
            ("[01]", "line 1, column 2: a number with a leading zero"),
            ("\"a\nb\"", "line 1, column 3: a control character (U+000A) in a string must be escaped"),
            ("\"abc", "line 1, column 1: the string is not closed"),
            ("1 1", "line 1, column 3: expected the end after the value, found `1`"),
            ("[1e]", "line 1, column 4: expected a digit, found `]`"),
            ("\"\\x\"", "line 1, column 2: no such escape in a string"),
        ] {
            assert_eq!(error(source), format!("not valid json at {expected}"));
        }
    }

    #[test]
    fn places_count_from_the_byte_order_mark() {
        let tree = parse("\u{feff}{\"a\": [10]}").unwrap();
        let list = tree.child(tree.root(), "a").unwrap();
        let ten = tree.children(list).next().unwrap();
        assert_eq!(&tree.source()[tree.span(ten).range()], "10");
        assert_eq!(&tree.source()[tree.span(list).range()], "[10]");
        assert_eq!(&tree.source()[tree.key_span(list).range()], "\"a\"");
    }

    #[test]
    fn a_string_ends_at_its_quote_wherever_that_stands() {
        for length in 0..40 {
            let text = "é".repeat(length / 2) + &"x".repeat(length);
            assert_eq!(value(&format!("\"{text}\"")).as_str(), Some(&*text));
            assert_eq!(to_string(&value(&format!("[\"{text}\\n\", 1]"))), format!("[\"{text}\\n\",1]"));
        }
    }

    #[test]
    fn equal_keys_in_nested_maps_leave_every_size_right() {
        let source = r#"{"a":{"b":[1,2],"c":0,"b":{"d":1,"d":2},"e":[3]},"a":{"x":{"b":1,"b":[5]},"x":{"c":[{"k":1,"k":2}]}},"z":7}"#;
        let tree = parse(source).unwrap();
        let value = tree.to_value().unwrap();
        assert_eq!(to_string(&value), r#"{"a":{"x":{"c":[{"k":2}]}},"z":7}"#);
        assert_eq!(tree.subtree_len(tree.root()), tree.len());
        assert_eq!(tree.notices().len(), 6);
    }

    #[test]
    fn equal_keys_have_equal_numbers() {
        let tree = parse(r#"[{"a":1,"b":2},{"\u0061":3,"c":4}]"#).unwrap();
        let keys: Vec<_> = (0..tree.len()).filter_map(|at| tree.key_id(tree.at(at).unwrap())).collect();
        assert_eq!(keys[0], keys[2]);
        assert_eq!(tree.keys().collect::<Vec<_>>(), ["a", "b", "c"]);
    }

    #[test]
    fn deep_nesting_is_read_and_deeper_is_refused() {
        let depth = super::super::MAX_DEPTH;
        assert_eq!(parse("[".repeat(100_000) + &"]".repeat(100_000)).unwrap().len(), 100_000);
        assert!(error(&"[".repeat(depth + 1)).contains("nested deeper"));
    }
}
