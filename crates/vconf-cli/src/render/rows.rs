//! What there is to tell of a difference, a row an edit or several.

use vconf::diff::{Change, Crumb, Diff, Op, PeoplePath};
use vconf::model::path::Step;
use vconf::model::tree::{NodeId, Tree};
use vconf::model::value::Kind;

use super::fold::{self, Folded, Many};
use super::inline;
use super::style::{Look, Piece, cut, pieces_width, safe};
use super::value::show;

/// One edit, or several that are told together.
pub(crate) struct Row {
    pub(crate) mark: char,
    pub(crate) look: Look,
    pub(crate) place: PlaceOf,
    /// What is told, in lines.
    pub(crate) lines: Vec<Vec<Piece>>,
}

/// Where a row's edit is.
pub(crate) enum PlaceOf {
    /// At a path, which may be told under a header.
    At(Vec<Crumb>),
    /// At many paths.
    Everywhere(String),
}

/// How much is told.
#[derive(Clone, Copy)]
pub(crate) struct Room {
    /// How many columns a value may take.
    pub(crate) columns: usize,
    /// How many lines a value may take.
    pub(crate) lines: usize,
}

/// Makes the rows of the first so many changes.
pub(crate) fn rows(diff: &Diff<'_>, limit: usize, room: Room) -> Vec<Row> {
    let mut rows: Vec<Row> = Vec::new();
    let mut items: Vec<usize> = Vec::new();
    for folded in fold::fold(diff, limit) {
        let in_list = match &folded {
            Folded::One(at) => is_plain_item(diff, &diff.changes()[*at]),
            Folded::Many(_) => false,
        };
        let joins = |first: &usize, at: usize| {
            let list = |at: usize| list_of(diff, &diff.changes()[at]);
            list(*first) == list(at)
        };
        match folded {
            Folded::One(at) if in_list => {
                if items.first().is_some_and(|first| !joins(first, at)) {
                    rows.push(items_row(diff, &std::mem::take(&mut items), room));
                }
                items.push(at);
                continue;
            }
            _ if !items.is_empty() => rows.push(items_row(diff, &std::mem::take(&mut items), room)),
            _ => {}
        }
        rows.push(match folded {
            Folded::One(at) => row(diff, &diff.changes()[at], room),
            Folded::Many(many) => many_row(diff, &many, room),
        });
    }
    if !items.is_empty() {
        rows.push(items_row(diff, &items, room));
    }
    rows
}

fn row(diff: &Diff<'_>, change: &Change, room: Room) -> Row {
    let (mark, look) = match change.op {
        Op::Add => ('+', Look::Added),
        Op::Remove => ('-', Look::Removed),
        Op::Replace => ('~', Look::Changed),
        Op::Move | Op::Rename => ('→', Look::Moved),
    };
    let place = PlaceOf::At(crumbs(diff, change));
    Row { mark, look, place, lines: details(diff, change, room) }
}

fn many_row(diff: &Diff<'_>, many: &Many, room: Room) -> Row {
    let change = &diff.changes()[many.changes[0]];
    let mut row = row(diff, change, room);
    row.place = PlaceOf::Everywhere(many.path.clone());
    let count = many.changes.len();
    let all = diff.items_around(change).filter(|_| many.in_list);
    let names: Vec<String> = many.names.iter().map(|name| safe(name)).collect();
    let names = cut(&names.join(", "), 48);
    let told = match all {
        Some(all) if all == count => format!("   ({count} of {all} items)"),
        Some(all) => format!("   ({count} of {all} items: {names})"),
        None if many.in_list => format!("   ({count} items: {names})"),
        None => format!("   ({count} places: {names})"),
    };
    if let Some(line) = row.lines.first_mut() {
        line.push((Look::Dim, told));
    }
    row
}

/// The path of a change; of a very long one only both ends.
fn crumbs(diff: &Diff<'_>, change: &Change) -> Vec<Crumb> {
    let mut path = diff.people_path(change).0;
    if path.len() > 40 {
        let left_out = path.len() - 16;
        path.splice(8..8 + left_out, [Crumb::Key(format!("… ({left_out} steps)"))]);
    }
    path
}

fn details(diff: &Diff<'_>, change: &Change, room: Room) -> Vec<Vec<Piece>> {
    match (change.op, change.old, change.new) {
        (Op::Add, _, Some(new)) => {
            vec![copies(change, (Look::Added, show(diff.new_tree(), new, room.columns)))]
        }
        (Op::Remove, Some(old), _) => {
            vec![copies(change, (Look::Removed, show(diff.old_tree(), old, room.columns)))]
        }
        (Op::Replace, Some(old), Some(new)) => replaced(diff, change, old, new, room),
        (Op::Rename, ..) => {
            let before = diff.people_path_before(change);
            let key = before.0.last().map(Crumb::to_string).unwrap_or_default();
            vec![vec![(Look::Dim, format!("renamed from {}", safe(&key)))]]
        }
        (Op::Move, ..) => {
            let (old, new) = (diff.old_path(change), diff.new_path(change));
            let within = match (old.split_last(), new.split_last()) {
                (Some((a, Step::Index(i))), Some((b, Step::Index(j)))) if a == b => Some((*i, *j)),
                _ => None,
            };
            vec![vec![(
                Look::Dim,
                match within {
                    Some((from, to)) => format!("moved from index {from} to {to}"),
                    None => format!("moved from {}", safe(&diff.people_path_before(change).to_string())),
                },
            )]]
        }
        _ => Vec::new(),
    }
}

fn copies(change: &Change, value: Piece) -> Vec<Piece> {
    let mut line = vec![value];
    if let Some((old, new)) = change.copies {
        line.push((Look::Dim, format!("   ({old} → {new} copies)")));
    }
    line
}

fn replaced(diff: &Diff<'_>, change: &Change, old: NodeId, new: NodeId, room: Room) -> Vec<Vec<Piece>> {
    let (old_tree, new_tree) = (diff.old_tree(), diff.new_tree());
    let strings = old_tree.kind(old) == Kind::String && new_tree.kind(new) == Kind::String;
    let note = diff.note(change);
    let (a, b) = (old_tree.text(old), new_tree.text(new));
    let mut lines = if strings && note.is_none() && a.trim_end().contains('\n') && b.trim_end().contains('\n')
    {
        let (mut lines, more) = inline::mark_lines(a, b, room.columns, room.lines);
        if more > 0 {
            lines.push(vec![(Look::Dim, format!("… ({more} more lines)"))]);
        }
        lines
    } else if strings && note.is_none() && a.len() + b.len() > LONG && has_common(a, b) {
        let mut line = inline::mark(a, b, room.columns);
        line.push((Look::Dim, length_note(a, b)));
        vec![line]
    } else if note == Some(vconf::diff::Note::Normalization) || note == Some(vconf::diff::Note::Invisible) {
        let shown = |text: &str| cut(&format!("\"{}\"", text.escape_default()), room.columns);
        vec![arrow(shown(a), shown(b))]
    } else if note.is_some() && (a.len() + b.len() > LONG || differ_within(a, b)) {
        vec![inline::mark(a, b, room.columns)]
    } else {
        let columns = (room.columns / 2).max(20);
        vec![arrow(show(old_tree, old, columns), show(new_tree, new, columns))]
    };
    let told = match (note, diff.kind_change(change)) {
        (Some(note), _) => format!("   {note}"),
        (None, Some((old, new))) => format!("   {old} → {new}"),
        (None, None) => String::new(),
    };
    if let Some(line) = lines.first_mut().filter(|_| !told.is_empty()) {
        line.push((Look::Dim, told));
    }
    lines
}

/// From how many bytes on two strings together are told by what differs.
const LONG: usize = 56;

fn arrow(old: String, new: String) -> Vec<Piece> {
    vec![(Look::Removed, old), (Look::Dim, " → ".to_owned()), (Look::Added, new)]
}

/// Whether two texts begin or end with some of the same.
fn has_common(a: &str, b: &str) -> bool {
    let head = a.bytes().zip(b.bytes()).take_while(|(a, b)| a == b).count();
    let tail = a.bytes().rev().zip(b.bytes().rev()).take_while(|(a, b)| a == b).count();
    (head + tail) * 4 >= a.len().min(b.len())
}

fn length_note(a: &str, b: &str) -> String {
    let (a, b) = (a.chars().count(), b.chars().count());
    match (a.max(b) > 120, a == b) {
        (false, _) => String::new(),
        (true, true) => format!("   ({a} characters)"),
        (true, false) => format!("   ({a} → {b} characters)"),
    }
}

/// Whether two texts that only differ in blanks do so between their words, where nobody sees it.
fn differ_within(a: &str, b: &str) -> bool {
    a.split_whitespace().eq(b.split_whitespace()) && a.trim() != b.trim()
}

/// Whether a change adds or removes a scalar of a list.
fn is_plain_item(diff: &Diff<'_>, change: &Change) -> bool {
    let plain = |tree: &Tree, id: NodeId| tree.subtree_len(id) == 1 && tree.key(id).is_none();
    match (change.op, change.old, change.new) {
        (Op::Add, _, Some(new)) => plain(diff.new_tree(), new) && diff.is_deeper_than(change, 0),
        (Op::Remove, Some(old), _) => plain(diff.old_tree(), old) && diff.is_deeper_than(change, 0),
        _ => false,
    }
}

fn list_of(diff: &Diff<'_>, change: &Change) -> Vec<Crumb> {
    let mut path = crumbs(diff, change);
    path.pop();
    path
}

/// The scalars that came into a list and went out of it, in one row.
fn items_row(diff: &Diff<'_>, items: &[usize], room: Room) -> Row {
    let mut told: Vec<Vec<Piece>> = Vec::new();
    let (mut any_added, mut any_removed) = (false, false);
    let columns = room.columns.min(60);
    for &at in items {
        let change = &diff.changes()[at];
        let (mark, look, text) = match (change.op, change.old, change.new) {
            (Op::Add, _, Some(new)) => {
                any_added = true;
                ("+ ", Look::Added, show(diff.new_tree(), new, columns))
            }
            (_, Some(old), _) => {
                any_removed = true;
                ("- ", Look::Removed, show(diff.old_tree(), old, columns))
            }
            _ => continue,
        };
        let mut piece = vec![(look, format!("{mark}{text}"))];
        if let Some((old, new)) = change.copies {
            piece.push((Look::Dim, format!(" ({old} → {new} copies)")));
        }
        if change.copies.is_none() || !told.contains(&piece) {
            told.push(piece);
        }
    }
    if !(any_added && any_removed) {
        // The row's own mark says it.
        for (_, text) in told.iter_mut().filter_map(|pieces| pieces.first_mut()) {
            text.drain(..2);
        }
    }
    let mut lines: Vec<Vec<Piece>> = vec![Vec::new()];
    let mut left = told.len();
    for pieces in told {
        let line = lines.last_mut().expect("there is a line from the start on");
        let fits = pieces_width(line) + pieces_width(&pieces) + 3 <= room.columns;
        if !line.is_empty() && !fits {
            if lines.len() == room.lines {
                lines.push(vec![(Look::Dim, format!("… ({left} more items)"))]);
                break;
            }
            lines.push(pieces);
        } else {
            if !line.is_empty() {
                line.push((Look::Plain, "   ".to_owned()));
            }
            line.extend(pieces);
        }
        left -= 1;
    }
    let (mark, look) = match (any_added, any_removed) {
        (true, true) => ('±', Look::Changed),
        (true, false) => ('+', Look::Added),
        _ => ('-', Look::Removed),
    };
    let place = PlaceOf::At(list_of(diff, &diff.changes()[items[0]]));
    Row { mark, look, place, lines }
}

impl Row {
    /// How much of the path may stand in a header above: the way to the innermost item, else the first key.
    pub(crate) fn header_steps(&self) -> usize {
        let PlaceOf::At(path) = &self.place else { return 0 };
        let Some((_, above)) = path.split_last() else { return 0 };
        let item = above.iter().rposition(|crumb| !matches!(crumb, Crumb::Key(_)));
        item.map_or(above.len().min(1), |at| at + 1)
    }

    /// The header that the row may stand under.
    pub(crate) fn header(&self) -> Option<&[Crumb]> {
        match &self.place {
            PlaceOf::At(path) if self.header_steps() > 0 => Some(&path[..self.header_steps()]),
            _ => None,
        }
    }

    /// The row's path, without what its header says.
    pub(crate) fn label(&self, under_header: bool) -> String {
        match &self.place {
            PlaceOf::Everywhere(path) => safe(path),
            PlaceOf::At(path) => {
                let skip = if under_header { self.header_steps() } else { 0 };
                safe(&PeoplePath(path[skip..].to_vec()).to_string())
            }
        }
    }
}
