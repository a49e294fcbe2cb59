//! Values as `.env`.

use crate::format::print::{Unprintable, is_separator, root_map, scalar_text};
use crate::format::{Format, parse};
use crate::model::value::Value;

/// Writes a map of scalars.
pub(in crate::format) fn print(value: &Value) -> Result<String, Unprintable> {
    let mut text = String::new();
    for (key, value) in root_map(value)? {
        text.push_str(&entry(key, value).map_err(|fault| fault.under_key(key))?);
    }
    Ok(text)
}

fn entry(key: &str, value: &Value) -> Result<String, Unprintable> {
    let scalar = scalar_text(value)?;
    let mut entry = key.to_owned();
    if let Some(text) = &scalar {
        let Some(written) = as_written(text) else {
            return Err(Unprintable::new(
                "a text that python-dotenv and node's dotenv would read differently, however it is quoted",
            ));
        };
        if expands(text) && !written.starts_with('\'') {
            return Err(Unprintable::new(
                "a text with a $ or ` that a shell would expand beside what quotes can't hold",
            ));
        }
        entry.push('=');
        entry.push_str(&written);
    }
    entry.push('\n');
    let read = parse(Format::Env, entry.as_str()).ok().and_then(|tree| tree.to_value().ok());
    let expected = Value::map([(key, scalar)]);
    // A quote could pair with one of another line.
    if read == Some(expected) && !key.contains(['\'', '"']) && !key.contains(is_separator) {
        Ok(entry)
    } else {
        Err(Unprintable::new("a key or value like this"))
    }
}

/// A text as python-dotenv and node's dotenv read it alike, and a shell too where it can be: bare, or else in the quotes
/// in which nothing is escaped, or else in double ones. None where there is no such form.
pub(in crate::format) fn as_written(text: &str) -> Option<String> {
    let wants_single = expands(text) || !fits_double(text);
    if is_bare(text) {
        Some(text.to_owned())
    } else if wants_single && fits_single(text) {
        Some(format!("'{text}'"))
    } else if fits_double(text) {
        Some(double_quoted(text, false))
    } else {
        fits_bare(text).then(|| text.to_owned())
    }
}

/// Whether all readers take what stands between single quotes for a text: python-dotenv takes escapes of `\\` and `'`
/// away there, node's dotenv none.
pub(in crate::format) fn fits_single(text: &str) -> bool {
    !text.contains(['\'', '\r']) && !text.contains("\\\\") && !text.ends_with('\\')
}

/// Whether all readers take what stands between double quotes for a text: node's dotenv leaves all escapes but those of
/// line ends as they are.
pub(in crate::format) fn fits_double(text: &str) -> bool {
    !text.contains(['"', '\\'])
}

/// Whether all readers but shells take a text without quotes for what it is.
pub(in crate::format) fn fits_bare(text: &str) -> bool {
    let is_blank = |c: char| c.is_whitespace() || is_separator(c) || c == '\u{feff}';
    !text.contains(['\n', '\r', '#'])
        && !text.starts_with(['"', '\'', '`'])
        && !text.starts_with(is_blank)
        && !text.ends_with(is_blank)
}

/// Whether a shell would put something else in place of a part of a text.
pub(in crate::format) fn expands(text: &str) -> bool {
    text.contains(['$', '`'])
}

/// Whether every reader takes a text without quotes for what it is.
pub(in crate::format) fn is_bare(text: &str) -> bool {
    text.chars().all(|c| c.is_alphanumeric() || "_-./:@%+,".contains(c))
}

/// A text in double quotes; with line ends as they are, or as escapes.
pub(in crate::format) fn double_quoted(text: &str, lines: bool) -> String {
    let mut quoted = String::from("\"");
    for c in text.chars() {
        match c {
            '"' => quoted.push_str("\\\""),
            '\\' => quoted.push_str("\\\\"),
            '\n' if !lines => quoted.push_str("\\n"),
            '\r' => quoted.push_str("\\r"),
            c => quoted.push(c),
        }
    }
    quoted.push('"');
    quoted
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::format;

    #[test]
    fn texts_are_quoted_where_they_must_be() {
        let value = Value::map([
            ("A", Value::from("plain-1.0")),
            ("B", Value::from("two words")),
            ("C", Value::from("a\n\"b\"")),
            ("D", Value::from("$HOME")),
            ("E", Value::Null),
            ("F", Value::from("")),
            ("G", Value::from(8080)),
        ]);
        let expected = "A=plain-1.0\nB=\"two words\"\nC='a\n\"b\"'\nD='$HOME'\nE\nF=\nG=8080\n";
        assert_eq!(format::print(Format::Env, &value).unwrap(), expected);
    }

    #[test]
    fn a_text_is_written_as_all_readers_take_it_or_refused() {
        for (text, written) in [
            (r"C:\dir", Some(r"'C:\dir'")),
            (r"C:\dir\", Some(r"C:\dir\")),
            (r"\\host\my share", Some(r"\\host\my share")),
            (r"it's C:\dir", Some(r"it's C:\dir")),
            ("it's \"x\"", Some("it's \"x\"")),
            ("a\nC:\\dir", Some("'a\nC:\\dir'")),
            ("x\u{1c}", Some("\"x\u{1c}\"")),
            (" x ", Some("\" x \"")),
            (r"'a\b", None),
            (r"C:\dir\ # it's", None),
            ("C:\\dir\r\n", None),
            ("\u{1f}it's \"x\"", None),
        ] {
            assert_eq!(as_written(text).as_deref(), written, "{text}");
            assert_eq!(format::print(Format::Env, &Value::map([("A", text)])).is_ok(), written.is_some());
        }
    }

    #[test]
    fn what_is_no_key_is_refused() {
        for key in ["", "a b", "a=b", "#a", "a\u{1c}"] {
            assert!(format::print(Format::Env, &Value::map([(key, "1")])).is_err(), "{key}");
        }
    }
}
