//! What a plain scalar is: the core schema of YAML 1.2.2, section 10.3.

use std::borrow::Cow;

use crate::format::digits;
use crate::model::number::is_json_number;

/// What a plain scalar stands for.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(in crate::format) enum Plain<'a> {
    Null,
    Bool(bool),
    /// A number, spelled as [`Number::parse`](crate::model::number::Number::parse) takes it.
    Number(Cow<'a, str>),
    String,
}

/// Tells what a plain scalar stands for. A number that is too long to be converted stays a string.
pub(in crate::format) fn resolve(text: &str) -> Plain<'_> {
    match text {
        "" | "~" | "null" | "Null" | "NULL" => return Plain::Null,
        "true" | "True" | "TRUE" => return Plain::Bool(true),
        "false" | "False" | "FALSE" => return Plain::Bool(false),
        _ => {}
    }
    match text.as_bytes()[0] {
        b'0'..=b'9' | b'+' | b'-' | b'.' => number(text).map_or(Plain::String, Plain::Number),
        _ => Plain::String,
    }
}

/// Spells a number as JSON does: no plus, no leading zeros, digits at both sides of a point, decimal.
pub(super) fn number(text: &str) -> Option<Cow<'_, str>> {
    if is_json_number(text) {
        return Some(Cow::Borrowed(text));
    }
    if let Some(digits) = text.strip_prefix("0x") {
        return digits::to_decimal(digits, 16).map(Cow::Owned);
    }
    if let Some(digits) = text.strip_prefix("0o") {
        return digits::to_decimal(digits, 8).map(Cow::Owned);
    }
    let (negative, rest) = match text.strip_prefix(['+', '-']) {
        Some(rest) => (text.starts_with('-'), rest),
        None => (false, text),
    };
    match rest {
        ".inf" | ".Inf" | ".INF" => Some(if negative { "-Infinity" } else { "Infinity" }.into()),
        ".nan" | ".NaN" | ".NAN" if rest.len() == text.len() => Some("NaN".into()),
        _ => digits::to_json(negative, rest).map(Cow::Owned),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_core_schema_decides() {
        for (text, expected) in [
            ("0", "0"),
            ("-0", "-0"),
            ("+12", "12"),
            ("007", "7"),
            ("-007", "-7"),
            ("00", "0"),
            ("0o14", "12"),
            ("0xFf", "255"),
            ("0x10000000000000000000000", "309485009821345068724781056"),
            ("1.", "1.0"),
            ("-.5", "-0.5"),
            ("1.e3", "1.0e3"),
            ("+.5E+07", "0.5E+07"),
            ("12345678901234567890.10", "12345678901234567890.10"),
            (".inf", "Infinity"),
            ("-.INF", "-Infinity"),
            ("+.Inf", "Infinity"),
            (".NaN", "NaN"),
        ] {
            assert_eq!(resolve(text), Plain::Number(expected.into()), "{text}");
        }
        for text in [
            "on",
            "no",
            "y",
            "Yes",
            "1_000",
            "0b1",
            "0o8",
            "0xg",
            "0x",
            "-0x1",
            ".",
            "-",
            "+",
            "1e",
            "e3",
            "1.2.3",
            "-.nan",
            ".iNf",
            "0o",
            "1:20",
            "2001-12-14",
            "++1",
            "1 ",
            "tRUE",
            "nil",
            "1e1000000000000000000000000000000000",
        ] {
            assert_eq!(resolve(text), Plain::String, "{text}");
        }
    }
}
