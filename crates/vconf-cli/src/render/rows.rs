//! What there is to tell of a difference, a row an edit or several.

use vconf::diff::{Change, Crumb, Diff, Note, Op, PeoplePath};
use vconf::model::path::Step;
use vconf::model::tree::{NodeId, Tree};
use vconf::model::value::Kind;

use super::fold::{self, Folded, Many};
use super::inline;
use super::style::{Look, Piece, UNLIMITED, cut, fit, pieces_width, safe, share, width};
use super::value::show;

/// One edit, or several that are told together.
pub(crate) struct Row {
    pub(crate) mark: char,
    pub(crate) look: Look,
    pub(crate) place: PlaceOf,
    what: What,
}

/// What a row tells of: changes by their index.
enum What {
    One(usize),
    Many(Many),
    /// The scalars that came into a list and went out of it.
    Items(Vec<usize>),
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

impl Room {
    /// Whether there is room for everything.
    fn is_full(self) -> bool {
        self.columns >= UNLIMITED
    }
}

/// Makes the rows of the first so many changes.
pub(crate) fn rows(diff: &Diff<'_>, limit: usize, full: bool) -> Vec<Row> {
    let mut rows: Vec<Row> = Vec::new();
    let mut items: Vec<usize> = Vec::new();
    let list = |at: usize| list_of(diff, &diff.changes()[at], full);
    for folded in fold::fold(diff, limit) {
        let item = match &folded {
            Folded::One(at) => Some(*at).filter(|&at| is_plain_item(diff, &diff.changes()[at])),
            Folded::Many(_) => None,
        };
        let joins = item.is_some_and(|at| items.first().is_some_and(|&first| list(first) == list(at)));
        if !items.is_empty() && !joins {
            rows.push(items_row(diff, std::mem::take(&mut items), full));
        }
        match (item, folded) {
            (Some(at), _) => items.push(at),
            (None, Folded::One(at)) => {
                let change = &diff.changes()[at];
                let (mark, look) = mark_of(change.op);
                let place = PlaceOf::At(crumbs(diff, change, full));
                rows.push(Row { mark, look, place, what: What::One(at) });
            }
            (None, Folded::Many(many)) => {
                let (mark, look) = mark_of(diff.changes()[many.changes[0]].op);
                let place = PlaceOf::Everywhere(many.path.clone());
                rows.push(Row { mark, look, place, what: What::Many(many) });
            }
        }
    }
    if !items.is_empty() {
        rows.push(items_row(diff, items, full));
    }
    rows
}

fn mark_of(op: Op) -> (char, Look) {
    match op {
        Op::Add => ('+', Look::Added),
        Op::Remove => ('-', Look::Removed),
        Op::Replace => ('~', Look::Changed),
        Op::Move | Op::Rename => ('→', Look::Moved),
    }
}

fn items_row(diff: &Diff<'_>, items: Vec<usize>, full: bool) -> Row {
    let any = |op| items.iter().any(|&at| diff.changes()[at].op == op);
    let (mark, look) = match (any(Op::Add), any(Op::Remove)) {
        (true, true) => ('±', Look::Changed),
        (true, false) => mark_of(Op::Add),
        _ => mark_of(Op::Remove),
    };
    let place = PlaceOf::At(list_of(diff, &diff.changes()[items[0]], full));
    Row { mark, look, place, what: What::Items(items) }
}

/// In how many items or places the same changed, and which.
fn many_note(diff: &Diff<'_>, many: &Many, used: usize, room: Room) -> String {
    let count = many.changes.len();
    let all = diff.items_around(&diff.changes()[many.changes[0]]).filter(|_| many.in_list);
    let names: Vec<String> = many.names.iter().map(|name| safe(name)).collect();
    // Beside the edit, or where that is too little on a line of its own.
    let [beside, below] =
        [room.columns.saturating_sub(used), room.columns].map(|left| left.saturating_sub(24));
    let columns = match beside {
        _ if room.is_full() => UNLIMITED,
        16.. => beside.min(48),
        _ => below.clamp(1, 48),
    };
    let names = cut(&names.join(", "), columns);
    match all {
        Some(all) if all == count => format!("   ({count} of {all} items)"),
        Some(all) => format!("   ({count} of {all} items: {names})"),
        None if many.in_list => format!("   ({count} items: {names})"),
        None => format!("   ({count} places: {names})"),
    }
}

/// The path of a change; of a very long one only both ends, unless all is shown.
fn crumbs(diff: &Diff<'_>, change: &Change, full: bool) -> Vec<Crumb> {
    let mut path = diff.people_path(change).0;
    if path.len() > 40 && !full {
        let left_out = path.len() - 16;
        path.splice(8..8 + left_out, [Crumb::Key(format!("… ({left_out} steps)"))]);
    }
    path
}

fn details(diff: &Diff<'_>, change: &Change, room: Room) -> Vec<Vec<Piece>> {
    match (change.op, change.old, change.new) {
        (Op::Add, _, Some(new)) => alone(diff.new_tree(), new, change, Look::Added, room),
        (Op::Remove, Some(old), _) => alone(diff.old_tree(), old, change, Look::Removed, room),
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

/// A value that came or went.
fn alone(tree: &Tree, id: NodeId, change: &Change, look: Look, room: Room) -> Vec<Vec<Piece>> {
    let text = tree.text(id);
    if room.is_full() && tree.kind(id) == Kind::String && text.trim_end().contains('\n') {
        let lines = text.split_inclusive('\n');
        let mut lines: Vec<_> = lines.map(|line| vec![(look, inline::whole_line(line, UNLIMITED))]).collect();
        if !text.ends_with('\n') {
            lines.push(vec![(Look::Dim, "(no final newline)".to_owned())]);
        }
        return lines;
    }
    let mut line = vec![(look, show(tree, id, room.columns))];
    if let Some((old, new)) = change.copies {
        line.push((Look::Dim, format!("   ({old} → {new} copies)")));
    }
    vec![line]
}

fn replaced(diff: &Diff<'_>, change: &Change, old: NodeId, new: NodeId, room: Room) -> Vec<Vec<Piece>> {
    let (old_tree, new_tree) = (diff.old_tree(), diff.new_tree());
    let strings = old_tree.kind(old) == Kind::String && new_tree.kind(new) == Kind::String;
    let note = diff.note(change);
    let (a, b) = (old_tree.text(old), new_tree.text(new));
    let is_long = a.len() + b.len() > LONG.min(room.columns.saturating_sub(3));
    let mut lines = match note {
        None if strings && a.trim_end().contains('\n') && b.trim_end().contains('\n') => {
            let (mut lines, more) = inline::mark_lines(a, b, room.columns, room.lines);
            if more > 0 {
                lines.push(vec![(Look::Dim, format!("… ({more} more lines)"))]);
            }
            lines
        }
        None if strings && is_long && has_common(a, b) => {
            let mut line = inline::mark(a, b, room.columns);
            line.push((Look::Dim, length_note(a, b)));
            vec![line]
        }
        Some(Note::Normalization | Note::Invisible) => {
            let shown = |text: &str| format!("\"{}\"", text.escape_default());
            let (a, b) = (shown(a), shown(b));
            if a.len() + b.len() + 3 <= room.columns {
                vec![arrow(a, b)]
            } else {
                vec![inline::mark(&a, &b, room.columns)]
            }
        }
        Some(_) if is_long || differ_within(a, b) => vec![inline::mark(a, b, room.columns)],
        _ => {
            arrow_within(|columns| show(old_tree, old, columns), |columns| show(new_tree, new, columns), room)
        }
    };
    let told = match (note, diff.kind_change(change)) {
        (Some(note), _) => format!("   {note}"),
        (None, Some((old, new))) => format!("   {old} → {new}"),
        (None, None) => String::new(),
    };
    if let Some(line) = lines.last_mut().filter(|_| !told.is_empty()) {
        line.push((Look::Dim, told));
    }
    lines
}

/// From how many bytes on two strings together are told by what differs.
const LONG: usize = 56;

fn arrow(old: String, new: String) -> Vec<Piece> {
    vec![(Look::Removed, old), (Look::Dim, " → ".to_owned()), (Look::Added, new)]
}

/// Both values in one line, where little room is left in two.
fn arrow_within(old: impl Fn(usize) -> String, new: impl Fn(usize) -> String, room: Room) -> Vec<Vec<Piece>> {
    let (a, b) = (old(room.columns), new(room.columns));
    let left = room.columns.saturating_sub(3);
    let (wide_a, wide_b) = (width(&a), width(&b));
    if wide_a + wide_b <= left || room.is_full() {
        vec![arrow(a, b)]
    } else if room.columns < 40 {
        vec![vec![(Look::Removed, a)], vec![(Look::Dim, "→ ".to_owned()), (Look::Added, new(left + 1))]]
    } else {
        let (wide_a, wide_b) = share(wide_a, wide_b, left);
        vec![arrow(old(wide_a), new(wide_b))]
    }
}

/// Whether two texts begin or end with some of the same, or begin so much alike that a cut would hide the difference.
fn has_common(a: &str, b: &str) -> bool {
    let head = a.bytes().zip(b.bytes()).take_while(|(a, b)| a == b).count();
    let tail = a.bytes().rev().zip(b.bytes().rev()).take_while(|(a, b)| a == b).count();
    (head + tail) * 4 >= a.len().min(b.len()) || head >= 16
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

fn list_of(diff: &Diff<'_>, change: &Change, full: bool) -> Vec<Crumb> {
    let mut path = crumbs(diff, change, full);
    path.pop();
    path
}

/// The scalars that came into a list and went out of it.
fn item_lines(diff: &Diff<'_>, items: &[usize], room: Room) -> Vec<Vec<Piece>> {
    let mut told: Vec<Vec<Piece>> = Vec::new();
    let (mut any_added, mut any_removed) = (false, false);
    let columns = if room.is_full() { UNLIMITED } else { room.columns.saturating_sub(2).min(60) };
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
    lines
}

impl Row {
    /// What is told, in lines that fit the room.
    pub(crate) fn lines(&self, diff: &Diff<'_>, room: Room) -> Vec<Vec<Piece>> {
        let lines = match &self.what {
            What::One(at) => details(diff, &diff.changes()[*at], room),
            What::Items(items) => item_lines(diff, items, room),
            What::Many(many) => {
                let mut lines = details(diff, &diff.changes()[many.changes[0]], room);
                if let Some(line) = lines.last_mut() {
                    let note = many_note(diff, many, pieces_width(line), room);
                    line.push((Look::Dim, note));
                }
                lines
            }
        };
        lines.into_iter().flat_map(|line| fit(line, room.columns, "  ")).collect()
    }

    /// How much of the path may stand in a header above: the way to the innermost item, else the first key.
    pub(crate) fn header_steps(&self) -> usize {
        let PlaceOf::At(path) = &self.place else { return 0 };
        let Some((_, above)) = path.split_last() else { return 0 };
        let item = above.iter().rposition(|crumb| !crumb.is_key());
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
