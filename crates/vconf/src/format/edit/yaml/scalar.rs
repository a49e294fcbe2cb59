//! Scalars, written in the style of those that were there.

use crate::format::yaml::print::{WORDS_OF_1_1, is_block, is_plain, is_printable, print_flow};
use crate::format::yaml::schema::{self, Plain};
use crate::model::value::Value;

/// Writes a scalar, or a list or map without anything in it, on one line, in the style of `like`.
///
/// None for a text that is better written as a block, and for what is no scalar.
pub(super) fn inline(value: &Value, like: &str, flow: bool) -> Option<String> {
    match value {
        Value::Null => Some(if like == "~" { "~" } else { "null" }.to_owned()),
        Value::Bool(truth) => {
            let text = if *truth { "true" } else { "false" };
            Some(match like {
                "True" | "False" => format!("{}{}", text[..1].to_ascii_uppercase(), &text[1..]),
                "TRUE" | "FALSE" => text.to_ascii_uppercase(),
                _ => text.to_owned(),
            })
        }
        Value::Number(_) => print_flow(value).ok(),
        Value::String(text) => string(text, like, flow),
        Value::List(items) if items.is_empty() => Some("[]".to_owned()),
        Value::Map(map) if map.is_empty() => Some("{}".to_owned()),
        _ => None,
    }
}

fn string(text: &str, like: &str, flow: bool) -> Option<String> {
    let single = || format!("'{}'", text.replace('\'', "''"));
    let one_line = text.chars().all(is_printable);
    match like.as_bytes().first() {
        Some(b'\'') if one_line => return Some(single()),
        Some(b'"') => return Some(double(text)),
        Some(b'|' | b'>') | None => {}
        Some(_) if holds_plain(text, like, flow) => return Some(text.to_owned()),
        Some(_) => {}
    }
    if !flow && is_block(text) {
        return None;
    }
    print_flow(&Value::String(text.to_owned())).ok()
}

fn double(text: &str) -> String {
    let mut quoted = String::from("\"");
    for c in text.chars() {
        match c {
            '"' | '\\' => quoted.extend(['\\', c]),
            '\n' => quoted.push_str("\\n"),
            '\t' => quoted.push_str("\\t"),
            '\r' => quoted.push_str("\\r"),
            c if is_printable(c) => quoted.push(c),
            c if (c as u32) <= 0xffff => quoted.push_str(&format!("\\u{:04x}", c as u32)),
            c => quoted.push_str(&format!("\\U{:08x}", c as u32)),
        }
    }
    quoted.push('"');
    quoted
}

/// Whether a string can stand without quotes where another one does.
fn holds_plain(text: &str, like: &str, flow: bool) -> bool {
    if schema::resolve(like) != Plain::String {
        return is_plain(text) && !(flow && text.contains([',', '[', ']', '{', '}']));
    }
    // `=` and `<<` are more than texts to readers of YAML 1.1.
    stands_plain(text, flow)
        && !["=", "<<"].contains(&text)
        && schema::resolve(text) == Plain::String
        && (!is_other_in_1_1(text) || is_other_in_1_1(like))
}

/// Whether a text is read back without quotes, as whatever it then is.
fn stands_plain(text: &str, flow: bool) -> bool {
    let mut chars = text.chars();
    let (first, second) = (chars.next(), chars.next());
    let begins = match first {
        Some('-' | '?' | ':') => second.is_some_and(|c| c != ' ' && !(flow && ",[]{}".contains(c))),
        Some(first) => !",[]{}#&*!|>'\"%@` ".contains(first),
        None => false,
    };
    begins
        && text.chars().all(is_printable)
        && !text.ends_with([' ', ':'])
        && !text.contains(": ")
        && !text.contains(" #")
        && !["---", "..."].iter().any(|mark| text.starts_with(mark))
        && !(flow && text.contains([',', '[', ']', '{', '}']))
}

/// Whether readers of YAML 1.1 may take a plain text for a boolean, a number, a date or a time.
fn is_other_in_1_1(text: &str) -> bool {
    WORDS_OF_1_1.iter().any(|word| word.eq_ignore_ascii_case(text))
        || text.starts_with(|c: char| c.is_ascii_digit() || "+-.".contains(c))
            && text.chars().all(|c| c.is_ascii_digit() || "_:.+- TZtzxobeE".contains(c))
}

/// Writes a key in the style of another one of its map.
pub(super) fn key(text: &str, like: &str, flow: bool) -> String {
    let like_is_string = schema::resolve(like) == Plain::String;
    match like.as_bytes().first() {
        Some(b'\'') if text.chars().all(is_printable) => format!("'{}'", text.replace('\'', "''")),
        Some(b'"') => double(text),
        Some(_) if text == "<<" => text.to_owned(),
        Some(_)
            if stands_plain(text, flow)
                && text.len() < 500
                && (schema::resolve(text) == Plain::String && !is_other_in_1_1(text) || !like_is_string) =>
        {
            text.to_owned()
        }
        _ => print_flow(&Value::String(text.to_owned())).unwrap_or_default(),
    }
}

/// Writes a text as the block that was there: with the same header where it can be, indented like it.
///
/// None where the text can't stand in such a block. Ends without the last line end, as places of blocks do.
pub(super) fn block(text: &str, old: &str, indent: usize) -> Option<String> {
    let folded = old.starts_with('>');
    if !(is_block(text) || is_block(&format!("{text}\n"))) {
        return None;
    }
    let header = old.lines().next().unwrap_or_default();
    let (marks, rest) = header.split_at(header.find([' ', '\t']).unwrap_or(header.len()));
    let old_indent = old.lines().skip(1).find(|line| !line.trim().is_empty());
    let given = marks.contains(|c: char| c.is_ascii_digit());
    let indent = match old_indent {
        Some(line) if !given => line.len() - line.trim_start_matches(' ').len(),
        _ if given => return None,
        _ => indent,
    };
    let body = text.trim_end_matches('\n');
    let chomping = match text.len() - body.len() {
        0 => "-",
        1 => "",
        _ => "+",
    };
    let lines: Vec<String> = if folded {
        fold(body, old, indent)?
    } else {
        text.strip_suffix('\n').unwrap_or(text).split('\n').map(str::to_owned).collect()
    };
    if folded && chomping == "+" {
        return None;
    }
    let mut written = format!("{}{chomping}{rest}", if folded { ">" } else { "|" });
    for line in lines {
        written.push('\n');
        if !line.is_empty() {
            written.extend(std::iter::repeat_n(' ', indent));
            written.push_str(&line);
        }
    }
    if old.ends_with('\n') {
        written.push('\n');
    }
    Some(written)
}

/// The lines of a folded block: lines that are there stay, others are as long as those.
fn fold(body: &str, old: &str, indent: usize) -> Option<Vec<String>> {
    let known: Vec<&str> = old.lines().skip(1).map(|line| line.get(indent..).unwrap_or_default()).collect();
    let width = known.iter().map(|line| line.chars().count()).max().unwrap_or(80);
    let mut lines = Vec::new();
    for (index, paragraph) in body.split('\n').enumerate() {
        if paragraph.is_empty() || paragraph.starts_with([' ', '\t']) || paragraph.contains("  ") {
            return None;
        }
        if index > 0 {
            lines.push(String::new());
        }
        let mut rest = paragraph;
        while !rest.is_empty() {
            let as_known = known.iter().find(|line| {
                !line.is_empty()
                    && rest.strip_prefix(**line).is_some_and(|rest| rest.is_empty() || rest.starts_with(' '))
            });
            let end = match as_known {
                Some(line) => line.len(),
                None => {
                    let fits = rest.char_indices().nth(width + 1).map_or(rest.len(), |(at, _)| at);
                    if fits == rest.len() && rest.chars().count() <= width {
                        rest.len()
                    } else {
                        rest[..fits].rfind(' ').or_else(|| rest.find(' ')).unwrap_or(rest.len())
                    }
                }
            };
            lines.push(rest[..end].to_owned());
            rest = rest[end..].trim_start_matches(' ');
        }
    }
    Some(lines)
}
