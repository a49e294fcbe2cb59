//! Edits in place on random sources and random changes: what is asked for, or a refusal, and nothing else changes.

use vconf::format::edit::{EditReason, edit};
use vconf::format::{self, Format};
use vconf::model::value::{Map, Value};

use crate::edit_support::{content, document};
use crate::support::{Random, say};

/// The formats whose edits are made, with what begins a comment line in them.
const EDITED: [(Format, Option<&str>); 6] = [
    (Format::Json, None),
    (Format::Jsonc, Some("// ")),
    (Format::Json5, Some("// ")),
    (Format::Ini, Some("# ")),
    (Format::Env, Some("# ")),
    (Format::Properties, Some("# ")),
];

const TEXTS: [&str; 12] = [
    "",
    "x",
    "two words",
    "it's",
    "\"q\"",
    "a\nb",
    "$HOME",
    "back\\slash",
    "#no",
    "é😀",
    "https://example.org/a",
    "a,b",
];

/// How many levels a format's maps and lists nest.
fn depth(format: Format) -> usize {
    match format {
        Format::Env | Format::Properties => 0,
        Format::Ini => 1,
        _ => 3,
    }
}

fn is_flat(format: Format) -> bool {
    matches!(format, Format::Ini | Format::Env | Format::Properties)
}

fn scalar(random: &mut Random, format: Format) -> Value {
    match random.below(if is_flat(format) { 2 } else { 5 }) {
        2 => Value::from(random.below(1000)),
        3 => Value::Bool(random.below(2) == 0),
        4 => Value::Null,
        _ => Value::from(TEXTS[random.below(TEXTS.len())]),
    }
}

fn value(random: &mut Random, format: Format, depth: usize) -> Value {
    match random.below(4) {
        0 if depth > 0 && !is_flat(format) => {
            Value::List((0..random.below(5)).map(|_| value(random, format, depth - 1)).collect())
        }
        1 | 2 if depth > 0 => Value::Map(map(random, format, depth - 1)),
        _ => scalar(random, format),
    }
}

fn map(random: &mut Random, format: Format, depth: usize) -> Map {
    let mut map = Map::new();
    for _ in 0..random.below(6) {
        map.insert(format!("k{}", random.below(40)), value(random, format, depth));
    }
    map
}

/// Changes one thing, somewhere.
fn change(random: &mut Random, format: Format, within: &mut Value, depth: usize) {
    match within {
        Value::Map(map) if !map.is_empty() => {
            let at = random.below(map.len());
            match random.below(7) {
                0 => _ = map.shift_remove_index(at),
                1 => {
                    let at = at.min(map.len() - usize::from(map.contains_key("n")));
                    map.shift_insert(at, "n".to_owned(), value(random, format, depth));
                }
                2 => {
                    let old = map.shift_remove_index(at).unwrap();
                    map.shift_insert(
                        at.min(map.len() - usize::from(map.contains_key("r"))),
                        "r".to_owned(),
                        old.1,
                    );
                }
                _ => change(random, format, &mut map[at], depth.saturating_sub(1)),
            }
        }
        Value::List(items) if !items.is_empty() => {
            let at = random.below(items.len());
            match random.below(6) {
                0 => _ = items.remove(at),
                1 => items.insert(at, value(random, format, depth)),
                2 => {
                    let item = items.remove(at);
                    items.insert(random.below(items.len() + 1), item);
                }
                _ => change(random, format, &mut items[at], depth.saturating_sub(1)),
            }
        }
        Value::Map(map) => _ = map.insert("first".to_owned(), value(random, format, depth)),
        Value::List(items) => items.push(value(random, format, depth)),
        scalar_value => *scalar_value = scalar(random, format),
    }
}

/// Puts comments and empty lines between the lines; each comment is another one.
fn decorate(random: &mut Random, source: &str, mark: Option<&str>, newline: &str) -> String {
    let mut text = String::new();
    for (at, line) in source.lines().enumerate() {
        if let Some(mark) = mark.filter(|_| at > 0) {
            let indent = &line[..line.len() - line.trim_start().len()];
            match random.below(6) {
                0 => text.extend([indent, mark, &format!("comment {at}"), newline]),
                1 => text.push_str(newline),
                _ => {}
            }
        }
        text.push_str(line);
        if mark == Some("// ") && random.below(5) == 0 {
            text.push_str(&format!(" // after {at}"));
        }
        text.push_str(newline);
    }
    text
}

/// A source with its content, where the format can hold it.
fn random_source(random: &mut Random, format: Format, mark: Option<&str>) -> Option<(String, Value)> {
    let root = Value::Map(map(random, format, depth(format)));
    let printed = format::print(format, &root).ok()?;
    let newline = if random.below(4) == 0 { "\r\n" } else { "\n" };
    let mut source = match format {
        Format::Json if random.below(3) == 0 => format::json::to_string(&root),
        _ => decorate(random, &printed, mark, newline),
    };
    if random.below(4) == 0 {
        source.truncate(source.trim_end().len());
    }
    let content = content(&document(format, &source))?;
    Some((source, content))
}

#[test]
fn a_random_edit_means_what_was_asked_for() {
    let mut random = Random::new(0x5eed);
    for (format, mark) in EDITED {
        let (mut made, mut refused) = (0, 0);
        for _ in 0..1500 {
            let Some((source, content)) = random_source(&mut random, format, mark) else { continue };
            let mut target = content.clone();
            for _ in 0..=random.below(4) {
                change(&mut random, format, &mut target, depth(format));
            }
            if format::print(format, &target).is_err() {
                continue;
            }
            match edit(&document(format, &source), &target) {
                Ok(bytes) => {
                    made += 1;
                    let result = String::from_utf8(bytes).unwrap();
                    let read = format::parse(format, result.as_str()).unwrap().to_value().unwrap();
                    assert_eq!(read, target, "{format}: {source}");
                }
                Err(error) => {
                    refused += 1;
                    assert_ne!(error.reason, EditReason::NoStructure);
                    if refused <= 3 {
                        say(&format!("{format}: {error}: {source:?} → {target:?}"));
                    }
                }
            }
        }
        say(&format!("random edits in {format}: {made} made, {refused} refused"));
        assert!(made > 300 && refused * 500 <= made, "{format}: {refused} of {made} are refused");
    }
}

#[test]
fn one_scalar_that_changes_is_one_line_that_differs() {
    let mut random = Random::new(0xfeed);
    for (format, mark) in EDITED {
        for _ in 0..600 {
            let Some((source, content)) = random_source(&mut random, format, mark) else { continue };
            let mut target = content.clone();
            let Some(scalar) = some_scalar(&mut random, &mut target) else { continue };
            *scalar = Value::from("changed");
            let Ok(bytes) = edit(&document(format, &source), &target) else { continue };
            let result = String::from_utf8(bytes).unwrap();
            let differ = source.split('\n').zip(result.split('\n')).filter(|(a, b)| a != b).count();
            assert_eq!(differ, 1, "{format}: {source}\n→\n{result}");
            assert_eq!(
                source.split('\n').count(),
                result.split('\n').count(),
                "{format}: {source}\n→\n{result}"
            );
        }
    }
}

/// A scalar somewhere, on one line.
fn some_scalar<'v>(random: &mut Random, value: &'v mut Value) -> Option<&'v mut Value> {
    match value {
        Value::Map(map) if map.is_empty() => None,
        Value::Map(map) => {
            let at = random.below(map.len());
            some_scalar(random, &mut map[at])
        }
        Value::List(items) if items.is_empty() => None,
        Value::List(items) => {
            let at = random.below(items.len());
            some_scalar(random, &mut items[at])
        }
        Value::String(text) if text.contains('\n') => None,
        scalar => Some(scalar),
    }
}
