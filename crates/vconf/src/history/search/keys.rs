//! Keys as people write them, compared with paths, without the content that they lead through.

use std::fmt::Write;

use crate::model::path::Path;

/// Whether a path as people are shown it is that of a key, or below it.
pub(in crate::history) fn is_at(path: &str, key: &str) -> bool {
    is_below(&plain(path), &plain_key(key))
}

/// Whether a JSON Pointer is that of a key, below it, or above it.
pub(in crate::history) fn touches(pointer: &str, key: &str) -> bool {
    let (path, key) = (plain_pointer(pointer), plain_key(key));
    is_below(&path, &key) || is_below(&key, &path)
}

fn is_below(path: &str, key: &str) -> bool {
    key.is_empty() || path.strip_prefix(key).is_some_and(|rest| rest.is_empty() || rest.starts_with('.'))
}

/// A key in the form in which keys are compared: steps with dots between them, without quotes and brackets, so that
/// `list[0]` and `list.0` are the same, and so are `"a.b"` and `a.b`.
fn plain_key(key: &str) -> String {
    if key.starts_with('/') { plain_pointer(key) } else { plain(key) }
}

fn plain(key: &str) -> String {
    let mut out = String::with_capacity(key.len());
    for c in key.chars() {
        match c {
            '[' if !out.is_empty() => out.push('.'),
            '[' | ']' | '"' | '\\' => {}
            c => out.push(c),
        }
    }
    if out == "." || out == "(root)" {
        out.clear();
    }
    out
}

fn plain_pointer(pointer: &str) -> String {
    let Ok(path) = pointer.parse::<Path>() else { return plain(pointer) };
    let mut out = String::new();
    for step in &path.0 {
        let dot = if out.is_empty() { "" } else { "." };
        write!(out, "{dot}{}", plain(&step.as_key())).expect("writing to a string does not fail");
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_holds_what_is_at_it_and_below() {
        for (path, key, expected) in [
            ("db.pool", "db", true),
            ("db.pool", "db.pool", true),
            ("db.pool", "/db/pool", true),
            ("db.pool", "db.po", false),
            ("db", "db.pool", false),
            ("list[0].x", "list[0]", true),
            ("list[0].x", "list.0", true),
            ("list[10]", "list[1]", false),
            ("\"server.port\"", "server.port", true),
            ("[0].a", "[0]", true),
            ("a", ".", true),
            ("(root)", "", true),
        ] {
            assert_eq!(is_at(path, key), expected, "{path} {key}");
        }
    }

    #[test]
    fn a_change_touches_what_is_above_and_below_it() {
        for (pointer, key, expected) in [
            ("/db/pool", "db.pool", true),
            ("/db", "db.pool", true),
            ("/db/pool", "db", true),
            ("/db/pool2", "db.pool", false),
            ("", "db.pool", true),
            ("/ports/8080", "ports.8080", true),
            ("/a~1b", "a/b", true),
        ] {
            assert_eq!(touches(pointer, key), expected, "{pointer} {key}");
        }
    }
}
