//! Edits in place on random sources and random changes: what is asked for, or a refusal, and nothing else changes.

use std::collections::BTreeMap;

use vconf::format::edit::{EditError, EditReason, edit};
use vconf::format::{self, Format};
use vconf::model::path::Path;
use vconf::model::value::{Map, Tagged, Value};

use crate::edit_kept::untouched_lines_are_kept;
use crate::edit_sources;
use crate::edit_support::{content, document};
use crate::support::{Random, say};

/// A format whose edits are made, with how its random sources are written.
#[derive(Clone, Copy)]
struct Sources {
    format: Format,
    /// What begins a comment line.
    mark: Option<&'static str>,
    /// Whether there are anchors, and texts that refuse an edit because of them.
    anchors: bool,
}

const fn sources(format: Format, mark: Option<&'static str>) -> Sources {
    Sources { format, mark, anchors: false }
}

const EDITED: [Sources; 9] = [
    sources(Format::Json, None),
    sources(Format::Jsonc, Some("// ")),
    sources(Format::Json5, Some("// ")),
    sources(Format::Ini, Some("# ")),
    sources(Format::Env, Some("# ")),
    sources(Format::Properties, Some("# ")),
    sources(Format::Yaml, None),
    Sources { format: Format::Yaml, mark: None, anchors: true },
    sources(Format::Toml, None),
];

const TIMES: [&str; 3] = ["1979-05-27", "07:32:00", "1979-05-27T07:32:00Z"];

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
        4 if format == Format::Toml => {
            let value = Value::from(TIMES[random.below(TIMES.len())]);
            Value::Tagged(Box::new(Tagged { tag: Tagged::TIMESTAMP.to_owned(), value }))
        }
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
        Value::Tagged(tagged) if tagged.tag == Tagged::DOCUMENTS => {
            change(random, format, &mut tagged.value, depth);
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
fn random_source(random: &mut Random, sources: Sources) -> Option<(String, Value)> {
    let Sources { format, mark, anchors } = sources;
    let root = map(random, format, depth(format));
    let newline = if random.below(4) == 0 { "\r\n" } else { "\n" };
    let mut source = match format {
        Format::Yaml => {
            let more = if random.below(6) == 0 { 1 + random.below(2) } else { 0 };
            let mut documents = vec![Value::Map(root)];
            documents.extend((0..more).map(|_| Value::Map(map(random, format, depth(format)))));
            edit_sources::yaml(random, &documents, anchors).replace('\n', newline)
        }
        Format::Toml => edit_sources::toml(random, &root).replace('\n', newline),
        _ => {
            let root = Value::Map(root);
            let printed = format::print(format, &root).ok()?;
            match format {
                Format::Json if random.below(3) == 0 => format::json::to_string(&root),
                _ => decorate(random, &printed, mark, newline),
            }
        }
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
    for sources in EDITED {
        let format = sources.format;
        let (mut made, mut refused) = (0, 0);
        let mut reasons: BTreeMap<String, usize> = BTreeMap::new();
        for _ in 0..1500 {
            let Some((source, content)) = random_source(&mut random, sources) else { continue };
            let mut target = content.clone();
            for _ in 0..=random.below(4) {
                change(&mut random, format, &mut target, depth(format));
            }
            if format::print(format, &target).is_err() {
                continue;
            }
            let document = document(format, &source);
            match edit(&document, &target) {
                Ok(bytes) => {
                    made += 1;
                    let result = String::from_utf8(bytes).unwrap();
                    let read = format::parse(format, result.as_str()).unwrap().to_value().unwrap();
                    assert_eq!(read, target, "{format}: {source}");
                    // Where an anchor goes, its aliases become values of their own.
                    if !sources.anchors || source.matches(" &a").count() == result.matches(" &a").count() {
                        untouched_lines_are_kept(&document, &target, &result);
                    }
                }
                Err(error) => {
                    refused += 1;
                    // It names what stands in the way.
                    let names_it = matches!(
                        error.reason,
                        EditReason::Entangled(_) | EditReason::Alias { .. } | EditReason::Unprintable(_)
                    );
                    assert!(names_it, "{format}: {error}: {source} → {target:?}");
                    let error = EditError { path: Path::root(), ..error };
                    *reasons.entry(error.to_string()).or_default() += 1;
                }
            }
        }
        say(&format!("random edits in {format}: {made} made, {refused} refused: {reasons:?}"));
        // What is on an anchor can't change where only one of those that have it shall.
        let per_refused = if sources.anchors { 4 } else { 500 };
        assert!(
            made > 300 && refused * per_refused <= made,
            "{format}: {refused} of {made} are refused: {reasons:?}"
        );
    }
}

#[test]
fn one_scalar_that_changes_is_one_line_that_differs() {
    let mut random = Random::new(0xfeed);
    for sources in EDITED {
        let format = sources.format;
        for _ in 0..600 {
            let Some((source, content)) = random_source(&mut random, sources) else { continue };
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
    if matches!(value, Value::Tagged(tagged) if tagged.tag == Tagged::DOCUMENTS) {
        let Value::Tagged(stream) = value else { return None };
        return some_scalar(random, &mut stream.value);
    }
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
