//! A value on one line.

use vconf::diff::{escape, number_text};
use vconf::model::number::is_json_number;
use vconf::model::tree::{NodeId, Tree};
use vconf::model::value::Kind;

use super::style::{UNLIMITED, cut, safe, width};

/// Writes a value on one line of at most so many columns; what does not fit is counted.
///
/// A text stands in quotes where it could be taken for something else: when it is empty, looks like a number or
/// `true`, or begins or ends with a blank.
pub(crate) fn show(tree: &Tree, id: NodeId, columns: usize) -> String {
    let text = match tree.kind(id) {
        Kind::String => return show_text_of(tree, id, columns),
        Kind::List | Kind::Map => show_container(tree, id, columns),
        _ => scalar(tree, id, columns),
    };
    cut(&text, columns)
}

fn show_text_of(tree: &Tree, id: NodeId, columns: usize) -> String {
    if tree.has_types() { show_string(tree.text(id), columns) } else { show_text(tree.text(id), columns) }
}

/// Writes a text, in quotes where it needs them.
pub(crate) fn show_string(text: &str, columns: usize) -> String {
    show_quoted(text, columns, is_plain(text))
}

/// Writes a text of a format in which all values are texts: in quotes only where blanks at its ends, or characters that
/// nobody sees, would be overlooked.
pub(crate) fn show_text(text: &str, columns: usize) -> String {
    let is_seen = !text.is_empty() && text.trim() == text && !text.contains(vconf::diff::is_unsafe);
    show_quoted(text, columns, is_seen && text != "null" && !text.contains(" → "))
}

fn show_quoted(text: &str, columns: usize, is_plain: bool) -> String {
    // Only as much is looked at as can be shown.
    let bound = columns.saturating_mul(4).saturating_add(16);
    let start = match text.char_indices().nth(bound) {
        Some((end, _)) => &text[..end],
        None => text,
    };
    let shown = if is_plain { safe(start) } else { format!("\"{}\"", blanks(&escape(start))) };
    if width(&shown) <= columns && start.len() == text.len() {
        return shown;
    }
    let count = format!("… ({} characters)", text.chars().count());
    counted(&shown, &count, columns)
}

/// Cuts a text and says of how much, where there is room for that.
fn counted(text: &str, count: &str, columns: usize) -> String {
    match columns.checked_sub(width(count)).filter(|&left| left >= 8) {
        Some(left) => format!("{}{count}", cut(text, left).trim_end_matches('…')),
        None => cut(text, columns),
    }
}

/// Whether a text needs no quotes.
pub(crate) fn is_plain(text: &str) -> bool {
    let first = text.chars().next();
    first.is_some_and(|c| !"\"'{[".contains(c))
        && text.trim() == text
        && !text.contains(vconf::diff::is_unsafe)
        && !is_json_number(text)
        && !matches!(text, "true" | "false" | "null")
        && !text.contains(" → ")
}

/// Shows blanks at either end of a text, and a text of blanks alone.
fn blanks(text: &str) -> String {
    let inner = text.trim_matches(' ');
    let head = text.len() - text.trim_start_matches(' ').len();
    if inner.is_empty() {
        return "·".repeat(text.len());
    }
    let tail = text.len() - text.trim_end_matches(' ').len();
    format!("{}{inner}{}", "·".repeat(head), "·".repeat(tail))
}

fn scalar(tree: &Tree, id: NodeId, columns: usize) -> String {
    match tree.kind(id) {
        Kind::Bool => tree.is_true(id).to_string(),
        Kind::Number => number_text(tree, id).to_owned(),
        Kind::String => show_text_of(tree, id, columns),
        _ => "null".to_owned(),
    }
}

/// A list or map as YAML writes it on one line, without recursion.
fn show_container(tree: &Tree, id: NodeId, columns: usize) -> String {
    let mut out = String::new();
    let mut open: Vec<(usize, char)> = Vec::new();
    let end = id.index() + tree.subtree_len(id);
    let mut at = id.index();
    let mut first = true;
    loop {
        while open.last().is_some_and(|&(close, _)| close == at) {
            out.push(open.pop().map_or(' ', |(_, bracket)| bracket));
            first = false;
        }
        let Some(node) = tree.at(at).filter(|_| at < end) else { break };
        if out.len() > columns && width(&out) > columns {
            break;
        }
        if !first {
            out.push_str(", ");
        }
        if let Some(key) = tree.key(node).filter(|_| node != id) {
            out.push_str(&show_string(key, if columns >= UNLIMITED { columns } else { 40 }));
            out.push_str(": ");
        }
        let bracket = match tree.kind(node) {
            Kind::List => Some(('[', ']')),
            Kind::Map => Some(('{', '}')),
            _ => None,
        };
        match bracket {
            Some((begin, close)) => {
                out.push(begin);
                open.push((at + tree.subtree_len(node), close));
                first = true;
            }
            None => {
                out.push_str(&scalar(tree, node, if columns >= UNLIMITED { columns } else { 60 }));
                first = false;
            }
        }
        at += 1;
    }
    if width(&out) <= columns {
        return out;
    }
    let count = tree.children(id).count();
    let unit = match (tree.kind(id), count) {
        (Kind::Map, 1) => "key",
        (Kind::Map, _) => "keys",
        (_, 1) => "item",
        _ => "items",
    };
    let count = format!("… ({count} {unit})");
    counted(&out, &count, columns)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn json(text: &str, columns: usize) -> String {
        let tree = vconf::format::json::parse(text).unwrap();
        show(&tree, tree.root(), columns)
    }

    #[test]
    fn texts_that_could_be_taken_for_something_else_stand_in_quotes() {
        for (text, shown) in [
            (r#""x y""#, "x y"),
            (r#""""#, r#""""#),
            (r#""3""#, r#""3""#),
            ("3", "3"),
            (r#""true""#, r#""true""#),
            (r#"" a ""#, r#""·a·""#),
            (r#""  ""#, r#""··""#),
            (r#""a\n""#, r#""a\n""#),
            (r#""\u001b[2J""#, r#""\u{1b}[2J""#),
        ] {
            assert_eq!(json(text, 80), shown);
        }
    }

    #[test]
    fn where_all_values_are_texts_they_stand_in_quotes_only_for_what_nobody_sees() {
        for (text, shown) in [
            ("8080", "8080"),
            ("true", "true"),
            ("\"a\"", "\"a\""),
            ("{x}", "{x}"),
            ("", "\"\""),
            (" a", "\"·a\""),
            ("null", "\"null\""),
            ("a\u{1b}", "\"a\\u{1b}\""),
        ] {
            assert_eq!(show_text(text, 80), shown);
        }
    }

    #[test]
    fn lists_and_maps_are_cut_with_a_count() {
        assert_eq!(json(r#"{"a":[1,"x",{}],"b c":null}"#, 80), "{a: [1, x, {}], b c: null}");
        assert_eq!(json("[1000,2000,3000,4000,5000,6000,7000]", 24), "[1000, 2000,… (7 items)");
        assert_eq!(json(&format!("\"{}\"", "x".repeat(100)), 30), "xxxxxxxxxxx… (100 characters)");
    }
}
