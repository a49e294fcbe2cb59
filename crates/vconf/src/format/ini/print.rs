//! Values as INI.

use crate::format::print::{Unprintable, is_separator, root_map, scalar_text};
use crate::format::{Format, parse};
use crate::model::path::Step;
use crate::model::value::{Map, Value};

/// Writes a map of scalars, lists of scalars and sections of these.
pub(in crate::format) fn print(value: &Value) -> Result<String, Unprintable> {
    let map = root_map(value)?;
    let mut text = String::new();
    entries(&mut text, map)?;
    for (name, value) in map {
        if let Value::Map(section) = value.untagged() {
            text.push_str(if text.is_empty() { "" } else { "\n" });
            let header = format!("[{name}]\n");
            check(
                &header,
                &Value::map([(name.as_str(), Value::Map(Map::new()))]),
                "a section with such a name",
            )
            .map_err(|fault| fault.under_key(name))?;
            text.push_str(&header);
            entries(&mut text, section).map_err(|fault| fault.under_key(name))?;
        }
    }
    Ok(text)
}

/// Writes what stands under a header, or before the first one: there maps are sections, which come later.
fn entries(text: &mut String, map: &Map) -> Result<(), Unprintable> {
    let top = text.is_empty();
    for (key, value) in map {
        let written = match value.untagged() {
            Value::Map(_) if top => continue,
            Value::List(items) if items.len() > 1 => items
                .iter()
                .enumerate()
                .map(|(index, item)| entry(key, item).map_err(|fault| fault.under(Step::Index(index))))
                .collect::<Result<String, _>>(),
            Value::List(_) => Err(Unprintable::new("a list of fewer than two items")),
            _ => entry(key, value),
        };
        text.push_str(&written.map_err(|fault| fault.under_key(key))?);
    }
    Ok(())
}

fn entry(key: &str, value: &Value) -> Result<String, Unprintable> {
    let scalar = scalar_text(value)?;
    let entry = match &scalar {
        // An indented line continues the value; an empty one does too.
        Some(text) => format!("{key} = {}", text.replace('\n', "\n  ")).trim_end().to_owned() + "\n",
        None => format!("{key}\n"),
    };
    // configparser takes them for blanks, and takes them away.
    let is_stripped = |line: &str| line.starts_with(is_separator) || line.ends_with(is_separator);
    if is_stripped(key) || scalar.iter().flat_map(|text| text.split('\n')).any(is_stripped) {
        return Err(Unprintable::new("a key or value that begins or ends with one of U+001C to U+001F"));
    }
    check(&entry, &Value::map([(key, scalar)]), "a key or value like this")?;
    Ok(entry)
}

/// Refuses what does not read back the same.
fn check(entry: &str, expected: &Value, what: &'static str) -> Result<(), Unprintable> {
    let read = parse(Format::Ini, entry).ok().and_then(|tree| tree.to_value().ok());
    if read.as_ref() == Some(expected) { Ok(()) } else { Err(Unprintable::new(what)) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::format;

    #[test]
    fn what_is_read_is_written_so_that_it_reads_the_same() {
        let source = "top = 1\nflag\n\n[Service]\nExecStart =\nExecStart = /bin/x\nlines = a\n  b\n\n  c\n\n[x \"y\"]\nempty =\n";
        let value = parse(Format::Ini, source).unwrap().to_value().unwrap();
        let printed = format::print(Format::Ini, &value).unwrap();
        assert_eq!(parse(Format::Ini, printed).unwrap().to_value().unwrap(), value);
    }

    #[test]
    fn what_would_read_otherwise_is_refused() {
        for (key, text) in
            [("a=b", "1"), ("[a", "1 ]"), ("#a", "1"), ("a", " 1"), ("a", "x\n# y"), ("", "1"), ("a", "x\n")]
        {
            let error =
                format::print(Format::Ini, &Value::map([("s", Value::map([(key, text)]))])).unwrap_err();
            assert_eq!(error.what, "a key or value like this", "{key:?} {text:?}");
        }
        for (key, text) in [("a", "x\u{1c}"), ("a", "\u{1f}x"), ("a", "x\ny\u{1d}\nz"), ("a\u{1e}", "x")] {
            let error = format::print(Format::Ini, &Value::map([(key, text)])).unwrap_err();
            assert!(error.what.contains("U+001C"), "{key:?} {text:?}: {error:?}");
        }
        assert!(format::print(Format::Ini, &Value::map([("a", "x\u{1c}y")])).is_ok());
        assert!(format::print(Format::Ini, &Value::map([("a\nb", Value::map([("k", "v")]))])).is_err());
    }
}
