//! A difference in one line.

use std::collections::HashSet;

use super::change::{Change, Crumb, Diff, Op, PeoplePath, escape, is_unsafe};
use super::number::number_text;
use crate::model::number::is_json_number;
use crate::model::record::Summary;
use crate::model::tree::{NodeId, Tree};
use crate::model::value::{Kind, Tagged};

/// How long the line may be, in characters.
const MAX_CHARS: usize = 100;

/// Up to how long all edits are told rather than counted.
const ALL_TOLD: usize = 72;

/// How long a path may be beside a value.
const MAX_PATH: usize = 60;

/// Paths of more steps are not listed.
const MAX_STEPS: usize = 64;

/// Tells a difference in one line, with its counts and paths.
pub fn summary(diff: &Diff<'_>) -> Summary {
    let count = |ops: &[Op]| diff.changes().iter().filter(|change| ops.contains(&change.op)).count();
    let in_text = is_text(diff);
    let line = if diff.is_equal() {
        layout_line(diff)
    } else if in_text {
        format!("{} in text", counts(diff))
    } else {
        told(diff).unwrap_or_else(|| counted(diff))
    };
    Summary {
        summary: cut(&line, MAX_CHARS),
        added: count(&[Op::Add]) as u64,
        removed: count(&[Op::Remove]) as u64,
        changed: count(&[Op::Replace, Op::Move, Op::Rename]) as u64,
        paths: paths(diff),
    }
}

/// The first paths, as many as a record holds.
fn paths(diff: &Diff<'_>) -> Vec<String> {
    let mut room = Summary::MAX_PATHS_BYTES;
    let listed = diff.changes().iter().filter(|change| !is_deep(diff, change)).take(Summary::MAX_PATHS);
    let mut fits = |path: &String| {
        let left = room.checked_sub(path.len());
        room = left.unwrap_or(0);
        left.is_some()
    };
    listed.map(|change| diff.path(change).to_string()).take_while(|path| fits(path)).collect()
}

/// Tells how many edits of each kind there are: `3 changed, 1 added`, of plain text `1 line changed, 12 added`.
///
/// Empty where there are none.
pub fn counts(diff: &Diff<'_>) -> String {
    let count = |op| diff.changes().iter().filter(|change| change.op == op).count();
    let counts = [
        (count(Op::Replace), "changed"),
        (count(Op::Add), "added"),
        (count(Op::Remove), "removed"),
        (count(Op::Rename), "renamed"),
        (count(Op::Move), "moved"),
    ];
    tell_counts(&counts, if is_text(diff) { " line" } else { "" })
}

/// Tells counts, the first with a unit: `1 line added, 2 removed`.
pub fn tell_counts(counts: &[(usize, &str)], unit: &str) -> String {
    let mut parts: Vec<String> = Vec::new();
    for (count, word) in counts.iter().filter(|(count, _)| *count > 0) {
        let unit = if parts.is_empty() { unit } else { "" };
        let plural = if unit.is_empty() || *count == 1 { "" } else { "s" };
        parts.push(format!("{count}{unit}{plural} {word}"));
    }
    parts.join(", ")
}

fn is_text(diff: &Diff<'_>) -> bool {
    let is_text = |tree: &Tree| tree.tag(tree.root()) == Some(Tagged::LINES);
    is_text(diff.old_tree()) && is_text(diff.new_tree())
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
    let path = shorten(&diff.people_path(change), MAX_PATH);
    let room = MAX_CHARS.saturating_sub(path.chars().count() + 6);
    let before = || shorten(&diff.people_path_before(change), MAX_CHARS / 2 - 8);
    match (change.op, change.old, change.new) {
        (Op::Add, _, Some(new)) => match scalar(diff.new_tree(), new, room.min(40)) {
            Some(value) => format!("+ {path} {value}"),
            None => format!("+ {path}"),
        },
        (Op::Remove, Some(old), _) => match scalar(diff.old_tree(), old, room.min(40)) {
            Some(value) if diff.old_tree().key(old).is_none() => format!("- {path} {value}"),
            _ => format!("- {path}"),
        },
        (Op::Replace, Some(old), Some(new)) => {
            let (o, n) = (diff.old_tree(), diff.new_tree());
            if o.kind(old) == Kind::String
                && n.kind(new) == Kind::String
                && let Some(marked) = mark(o.text(old), n.text(new), room)
            {
                return format!("{path} {marked}");
            }
            let show = |tree: &Tree, id| {
                scalar(tree, id, (room / 2).min(40)).unwrap_or_else(|| format!("a {}", tree.kind(id)))
            };
            format!("{path} {} → {}", show(o, old), show(n, new))
        }
        (Op::Rename, ..) => {
            format!("{} renamed to {}", before(), shorten(&diff.people_path(change), MAX_CHARS / 2 - 8))
        }
        (Op::Move, ..) => {
            format!("{} moved to {}", before(), shorten(&diff.people_path(change), MAX_CHARS / 2 - 8))
        }
        _ => path,
    }
}

/// A path without its first steps where it is long: `….pool.max`. No step is cut.
fn shorten(path: &PeoplePath, chars: usize) -> String {
    let whole = path.to_string();
    if whole.chars().count() <= chars {
        return whole;
    }
    let below = (1..path.0.len()).map(|steps| path.below(steps));
    let mut below = below.map(|path| match path.0.first() {
        Some(crumb) if crumb.is_key() => format!("….{path}"),
        _ => format!("…{path}"),
    });
    below.find(|path| path.chars().count() <= chars).unwrap_or_else(|| "…".to_owned())
}

/// The part in which two long texts differ, with a little around it: `…com/[one→two]/x…`.
fn mark(old: &str, new: &str, chars: usize) -> Option<String> {
    const AROUND: usize = 12;
    let (a, b): (Vec<char>, Vec<char>) = (old.chars().collect(), new.chars().collect());
    if a.len().max(b.len()) <= (chars / 2).min(40) {
        return None;
    }
    let is_end = |c: &char| !c.is_alphanumeric();
    let equal = a.iter().zip(&b).take_while(|(a, b)| a == b).count();
    let head = match a[..equal].iter().rev().take(AROUND).position(is_end) {
        Some(back) => equal - back,
        None if equal <= AROUND => 0,
        None => equal,
    };
    let rest = a.len().min(b.len()) - head;
    let equal = a.iter().rev().zip(b.iter().rev()).take(rest).take_while(|(a, b)| a == b).count();
    let tail = match a[a.len() - equal..].iter().take(AROUND).position(is_end) {
        Some(forth) => equal - forth,
        None if equal <= AROUND => 0,
        None => equal,
    };
    if head + tail == 0 {
        return None;
    }
    let text = |chars: &[char]| escape(&chars.iter().collect::<String>());
    let before = &a[head.saturating_sub(AROUND)..head];
    let after = &a[a.len() - tail..][..tail.min(AROUND)];
    let mut around = [text(before), text(after)];
    if before.len() < head {
        around[0].insert(0, '…');
    }
    if after.len() < tail {
        around[1].push('…');
    }
    let room = chars.saturating_sub(2 * AROUND + 5).max(16);
    let (was, is) = (text(&a[head..a.len() - tail]), text(&b[head..b.len() - tail]));
    let change = match (was.is_empty(), is.is_empty()) {
        (_, true) => format!("[-{}-]", cut(&was, room)),
        (true, _) => format!("{{+{}+}}", cut(&is, room)),
        _ => format!("[{}→{}]", cut(&was, room / 2), cut(&is, room / 2)),
    };
    Some(format!("{}{change}{}", around[0], around[1]))
}

/// How many edits, and under which keys of the root, as many as there is room for.
fn counted(diff: &Diff<'_>) -> String {
    let room = MAX_CHARS - ", …".chars().count();
    let mut line = counts(diff);
    let mut places: Vec<String> = Vec::new();
    let mut seen = HashSet::new();
    let mut more = false;
    for change in diff.changes().iter().take(10_000) {
        if is_deep(diff, change) {
            more = true;
            continue;
        }
        // A path is made once for each place, however long it is.
        if !seen.insert(diff.first_node(change)) {
            continue;
        }
        let Some(place) = diff.people_path(change).0.first().map(Crumb::to_string) else {
            continue;
        };
        if places.contains(&place) {
            continue;
        }
        if places.len() == 3 {
            more = true;
            break;
        }
        let joint = if places.is_empty() { " in " } else { ", " };
        if line.chars().count() + joint.len() + place.chars().count() > room {
            more = true;
            continue;
        }
        line += joint;
        line += &place;
        places.push(place);
    }
    if more && !places.is_empty() {
        line += ", …";
    }
    line
}

fn layout_line(diff: &Diff<'_>) -> String {
    let kinds = diff.layout().kinds();
    if kinds.is_empty() { "no change".to_owned() } else { format!("only {}", kinds.join(", ")) }
}

/// A scalar as people write it, in about so many characters; a text that could be taken for another kind stands in quotes.
fn scalar(tree: &Tree, id: NodeId, chars: usize) -> Option<String> {
    Some(match tree.kind(id) {
        Kind::Null => "null".to_owned(),
        Kind::Bool => tree.is_true(id).to_string(),
        Kind::Number => cut(number_text(tree, id), chars),
        Kind::String => {
            let text = cut(tree.text(id), chars);
            // Where all values are texts, none is taken for a number.
            let is_other = || is_json_number(&text) || matches!(&*text, "true" | "false");
            let marks = if tree.has_types() { "\"\\→," } else { "→," };
            let plain = !text.is_empty()
                && text.trim() == text
                && text != "null"
                && !(tree.has_types() && is_other())
                && !text.contains(|c| is_unsafe(c) || marks.contains(c));
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

#[cfg(test)]
mod tests {
    use crate::diff::{Options, compare, summary};
    use crate::format::{Format, parse};

    #[track_caller]
    fn check(format: Format, old: &str, new: &str, expected: &str) {
        let (old, new) = (parse(format, old).unwrap(), parse(format, new).unwrap());
        assert_eq!(summary(&compare(&old, &new, &Options::default())).summary, expected);
    }

    #[test]
    fn long_texts_are_told_by_what_differs() {
        let url = |owner: &str| format!("\"git+https://github.com/{owner}/home-assistant-js-websocket.git\"");
        check(
            Format::Json,
            &format!("{{\"url\":{}}}", url("balloob")),
            &format!("{{\"url\":{}}}", url("home-assistant")),
            "url …/github.com/[balloob→home-assistant]/home-assist…",
        );
        let long = "x".repeat(90);
        check(
            Format::Json,
            &format!("{{\"a\":\"{long}1{long}\"}}"),
            &format!("{{\"a\":\"{long}2{long}\"}}"),
            "a …xxxxxxxxxxxx[1→2]xxxxxxxxxxxx…",
        );
    }

    #[test]
    fn keys_are_never_cut() {
        let key = "\"log.flush.interval.messages.of.the.broker.number.one\"";
        let map = |n: u32| {
            let keys = (0..3).map(|at| format!("\"k{at}.{}:{n}", &key[1..])).collect::<Vec<_>>();
            format!("{{{},\"a\":{n},\"b\":{n}}}", keys.join(","))
        };
        check(
            Format::Json,
            &map(1),
            &map(2),
            "5 changed in \"k0.log.flush.interval.messages.of.the.broker.number.one\", a, b, …",
        );
        let deep = format!("{{\"a\":{{{key}:{{{key}:1}}}}}}");
        check(
            Format::Json,
            &deep,
            &deep.replace(":1", ":2"),
            "….\"log.flush.interval.messages.of.the.broker.number.one\" 1 → 2",
        );
    }

    #[test]
    fn paths_are_listed_up_to_a_length_however_long_keys_are() {
        let listed = |key: &str| {
            let map = |n: usize| {
                let leaves: Vec<_> = (0..200).map(|at| format!("\"{at:03}\":{n}")).collect();
                format!("{{\"{key}\":{{{}}}}}", leaves.join(","))
            };
            let [old, new] = [1, 2].map(|n| parse(Format::Json, map(n)).unwrap());
            let summary = summary(&compare(&old, &new, &Options::default()));
            assert_eq!(summary.changed, 200);
            (summary.paths.len(), summary.paths.iter().map(String::len).sum::<usize>())
        };
        assert_eq!(listed("short"), (100, 100 * "/short/000".len()));
        assert_eq!(listed(&"x".repeat(1019)), (64, 64 * 1024));
        assert_eq!(listed(&"x".repeat(100_000)), (0, 0));
    }

    #[test]
    fn renames_are_told_as_such() {
        let map = |key: &str, n: u32| {
            format!("{{\"{key}\":{{\"x\":[1,2,3]}},\"b\":{n},\"c\":{n},\"d\":{n},\"e\":{n}}}")
        };
        check(Format::Json, &map("db", 1), &map("database", 2), "4 changed, 1 renamed in database, b, c, …");
    }

    #[test]
    fn numbers_are_told_as_they_are_spelled() {
        check(Format::Yaml, "mode: 0644\n", "mode: 0o600\n", "mode 0644 → 0o600");
        check(Format::Yaml, "a: 0x1F\n", "a: 1_000\n", "a 0x1F → 1_000");
    }
}
