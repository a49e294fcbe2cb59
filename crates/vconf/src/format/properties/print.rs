//! Values as Java properties.

use crate::format::json::push_escape;
use crate::format::print::{Unprintable, root_map, scalar_text};
use crate::model::value::Value;

/// Writes a map of scalars.
pub(in crate::format) fn print(value: &Value) -> Result<String, Unprintable> {
    let mut text = String::new();
    for (key, value) in root_map(value)? {
        let scalar = scalar_text(value).and_then(|scalar| scalar.ok_or(Unprintable::new("null")));
        let scalar = scalar.map_err(|fault| fault.under_key(key))?;
        text.extend([&escaped_key(key, char::MAX), "=", &escaped_text(&scalar, char::MAX), "\n"]);
    }
    Ok(text)
}

/// A key as it is written, with the characters past `plain_until` escaped.
pub(in crate::format) fn escaped_key(key: &str, plain_until: char) -> String {
    escaped(key, plain_until, |_, c| matches!(c, ' ' | '=' | ':' | '#' | '!'))
}

/// A value as it is written, with the characters past `plain_until` escaped.
pub(in crate::format) fn escaped_text(text: &str, plain_until: char) -> String {
    escaped(text, plain_until, |at, c| at == 0 && c == ' ')
}

fn escaped(string: &str, plain_until: char, escaped: fn(usize, char) -> bool) -> String {
    let mut text = String::with_capacity(string.len());
    for (at, c) in string.char_indices() {
        match c {
            '\\' => text.push_str("\\\\"),
            '\n' => text.push_str("\\n"),
            '\r' => text.push_str("\\r"),
            '\t' => text.push_str("\\t"),
            '\u{c}' => text.push_str("\\f"),
            c if c.is_control() || c == '\u{feff}' || c > plain_until => {
                push_escape(&mut text, c);
            }
            c => {
                text.push_str(if escaped(at, c) { "\\" } else { "" });
                text.push(c);
            }
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use crate::format::{self, Format};
    use crate::model::value::Value;

    #[test]
    fn every_text_reads_back() {
        let value = Value::map([("a b=c:#!", " x = y\\ "), ("", ""), ("é\u{feff}\t", "\n\r\u{c}\u{1}😀")]);
        let printed = format::print(Format::Properties, &value).unwrap();
        assert_eq!(format::parse(Format::Properties, printed).unwrap().to_value().unwrap(), value);
        assert!(format::print(Format::Properties, &Value::map([("a", Value::Null)])).is_err());
    }
}
