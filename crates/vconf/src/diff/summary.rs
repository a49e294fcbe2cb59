//! A difference in one line.

use super::change::{Change, Diff, Op, escape, is_unsafe};
use crate::model::number::is_json_number;
use crate::model::record::Summary;
use crate::model::tree::{NodeId, Tree};
use crate::model::value::{Kind, Tagged};

/// How long the line may be, in characters.
const MAX_CHARS: usize = 100;

/// Up to how long all edits are told rather than counted.
const ALL_TOLD: usize = 72;

/// Paths of more steps are not listed.
const MAX_STEPS: usize = 64;

/// Tells a difference in one line, with its counts and paths.
pub fn summary(diff: &Diff<'_>) -> Summary {
    let count = |ops: &[Op]| diff.changes().iter().filter(|change| ops.contains(&change.op)).count();
    let (added, removed) = (count(&[Op::Add]), count(&[Op::Remove]));
    let changed = count(&[Op::Replace, Op::Move, Op::Rename]);
    let in_text = diff.new_tree().tag(diff.new_tree().root()) == Some(Tagged::LINES);
    let line = if diff.is_equal() {
        layout_line(diff)
    } else if in_text {
        format!("{} in text", counts(added, removed, changed, " line"))
    } else {
        told(diff).unwrap_or_else(|| counted(diff, added, removed, changed))
    };
    let listed = diff.changes().iter().filter(|change| !is_deep(diff, change));
    let paths = listed.take(Summary::MAX_PATHS).map(|change| diff.path(change).to_string()).collect();
    Summary {
        summary: cut(&line, MAX_CHARS),
        added: added as u64,
        removed: removed as u64,
        changed: changed as u64,
        paths,
    }
}

fn is_deep(diff: &Diff<'_>, change: &Change) -> bool {
    diff.is_deeper_than(change, MAX_STEPS)
}

/// Every edit, where they are few and short.
fn told(diff: &Diff<'_>) -> Option<String> {
    let changes = diff.changes();
    if changes.len() > 4 || changes.iter().any(|change| is_deep(diff, change)) {
        return None;
    }
    let texts: Vec<String> = changes.iter().map(|change| tell(diff, change)).collect();
    let line = texts.join(", ");
    (changes.len() == 1 || line.chars().count() <= ALL_TOLD).then_some(line)
}

fn tell(diff: &Diff<'_>, change: &Change) -> String {
    let path = cut(&diff.people_path(change).to_string(), 60);
    match (change.op, change.old, change.new) {
        (Op::Add, _, Some(new)) => match scalar(diff.new_tree(), new) {
            Some(value) => format!("+ {path} {value}"),
            None => format!("+ {path}"),
        },
        (Op::Remove, Some(old), _) => match scalar(diff.old_tree(), old) {
            Some(value) if diff.old_tree().key(old).is_none() => format!("- {path} {value}"),
            _ => format!("- {path}"),
        },
        (Op::Replace, Some(old), Some(new)) => {
            let show = |tree: &Tree, id| scalar(tree, id).unwrap_or_else(|| format!("a {}", tree.kind(id)));
            format!("{path} {} → {}", show(diff.old_tree(), old), show(diff.new_tree(), new))
        }
        (Op::Rename, ..) => {
            format!("{} renamed to {path}", cut(&diff.people_path_before(change).to_string(), 60))
        }
        (Op::Move, ..) => {
            format!("{} moved to {path}", cut(&diff.people_path_before(change).to_string(), 60))
        }
        _ => path,
    }
}

/// How many edits, and under which keys of the root.
fn counted(diff: &Diff<'_>, added: usize, removed: usize, changed: usize) -> String {
    let mut places: Vec<String> = Vec::new();
    let mut more = false;
    for change in diff.changes().iter().take(10_000) {
        if is_deep(diff, change) {
            more = true;
            continue;
        }
        let Some(place) = diff.people_path(change).0.first().map(|crumb| cut(&crumb.to_string(), 24)) else {
            continue;
        };
        if places.contains(&place) {
            continue;
        }
        if places.len() == 3 {
            more = true;
            break;
        }
        places.push(place);
    }
    let counts = counts(added, removed, changed, "");
    if places.is_empty() {
        return counts;
    }
    let more = if more { ", …" } else { "" };
    format!("{counts} in {}{more}", places.join(", "))
}

fn counts(added: usize, removed: usize, changed: usize, unit: &str) -> String {
    let mut parts: Vec<String> = Vec::new();
    for (count, word) in [(changed, "changed"), (added, "added"), (removed, "removed")] {
        if count > 0 {
            let unit = if parts.is_empty() { unit } else { "" };
            let plural = if unit.is_empty() || count == 1 { "" } else { "s" };
            parts.push(format!("{count}{unit}{plural} {word}"));
        }
    }
    parts.join(", ")
}

fn layout_line(diff: &Diff<'_>) -> String {
    let kinds = diff.layout().kinds();
    if kinds.is_empty() { "no change".to_owned() } else { format!("only {}", kinds.join(", ")) }
}

/// A scalar as people write it; a text that could be taken for another kind stands in quotes.
fn scalar(tree: &Tree, id: NodeId) -> Option<String> {
    Some(match tree.kind(id) {
        Kind::Null => "null".to_owned(),
        Kind::Bool => tree.is_true(id).to_string(),
        Kind::Number => cut(tree.text(id), 40),
        Kind::String => {
            let text = cut(tree.text(id), 40);
            let plain = !text.is_empty()
                && text.trim() == text
                && !is_json_number(&text)
                && !matches!(&*text, "true" | "false" | "null")
                && !text.contains(|c| is_unsafe(c) || "\"\\→,".contains(c));
            if plain { text } else { format!("\"{}\"", escape(&text)) }
        }
        Kind::List | Kind::Map if tree.subtree_len(id) == 1 => {
            if tree.kind(id) == Kind::List { "[]" } else { "{}" }.to_owned()
        }
        Kind::List | Kind::Map => return None,
    })
}

fn cut(text: &str, chars: usize) -> String {
    match text.char_indices().nth(chars) {
        None => text.to_owned(),
        Some(_) => text.chars().take(chars - 1).chain(['…']).collect(),
    }
}
