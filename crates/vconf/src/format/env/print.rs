//! Values as `.env`.

use crate::format::print::{Unprintable, root_map, scalar_text};
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
        let written = as_written(text);
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
    if read == Some(expected) && !key.contains(['\'', '"']) {
        Ok(entry)
    } else {
        Err(Unprintable::new("a key or value like this"))
    }
}

/// A text bare where every reader agrees on it; in single quotes where readers differ on what stands in double ones:
/// a shell expands `$` and `` ` ``, and not all take escapes away.
pub(in crate::format) fn as_written(text: &str) -> String {
    let fits_single = !text.contains(['\'', '\r']) && !text.contains("\\\\") && !text.ends_with('\\');
    let wants_single = expands(text) || text.contains(['"', '\\']) && !text.contains('\n');
    if is_bare(text) {
        text.to_owned()
    } else if fits_single && wants_single {
        format!("'{text}'")
    } else {
        double_quoted(text, false)
    }
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
            ("C", Value::from("a\n\"b\"\\")),
            ("D", Value::from("$HOME")),
            ("E", Value::Null),
            ("F", Value::from("")),
            ("G", Value::from(8080)),
        ]);
        let expected = "A=plain-1.0\nB=\"two words\"\nC=\"a\\n\\\"b\\\"\\\\\"\nD='$HOME'\nE\nF=\nG=8080\n";
        assert_eq!(format::print(Format::Env, &value).unwrap(), expected);
    }

    #[test]
    fn what_is_no_key_is_refused() {
        for key in ["", "a b", "a=b", "#a"] {
            assert!(format::print(Format::Env, &Value::map([(key, "1")])).is_err(), "{key}");
        }
    }
}
