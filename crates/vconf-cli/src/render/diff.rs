//! A difference as people read it.

use vconf::diff::text::{self, Line, LineKind};
use vconf::diff::{self, Diff, Layout, PeoplePath};
use vconf::model::tree::Tree;
use vconf::model::value::Tagged;

use super::rows::{Room, Row, rows};
use super::style::{Look, Piece, Style, UNLIMITED, cut, fit, pieces_width, safe, width, wrap_path};

/// What was compared.
#[derive(Clone, Copy)]
pub(crate) struct Heading<'a> {
    pub(crate) title: &'a str,
    pub(crate) old: &'a str,
    pub(crate) new: &'a str,
}

/// How a difference is shown.
#[derive(Clone, Copy, Debug)]
pub(crate) struct RenderOptions {
    pub(crate) color: bool,
    /// How many columns a line may take.
    pub(crate) width: usize,
    /// Whether everything is shown, however long.
    pub(crate) full: bool,
    /// Whether differences of layout are listed.
    pub(crate) layout: bool,
    /// Whether lines in columns that are too long go on below, and none is left out.
    pub(crate) wraps: bool,
}

impl Default for RenderOptions {
    fn default() -> Self {
        Self { color: false, width: 100, full: false, layout: false, wraps: false }
    }
}

/// How many rows are shown, unless all are asked for.
const MAX_ROWS: usize = 500;
/// How many changes are read for them: folding needs more than it shows.
const MAX_CHANGES: usize = 100_000;
/// How many lists are named of which only the order differs, unless all are asked for.
const MAX_LISTS: usize = 5;
/// How many lines of one text are shown, unless all are asked for.
const MAX_LINES: usize = 12;
/// How many lines of a text's hunks are shown, unless all are asked for.
const MAX_TEXT_LINES: usize = 2000;
/// Labels longer than this are not waited for when the rest is aligned.
const MAX_LABEL: usize = 36;
/// A line is never taken to be shorter than this.
const MIN_WIDTH: usize = 20;
/// With less room than this beside its path a value stands below it.
const MIN_VALUE: usize = 24;

impl RenderOptions {
    /// How many columns a line may take.
    fn columns(&self) -> usize {
        if self.full { UNLIMITED } else { self.width.max(MIN_WIDTH) }
    }
}

/// Writes a difference: a line of heading with the counts, then what changed.
pub(crate) fn render(diff: &Diff<'_>, heading: &Heading<'_>, options: &RenderOptions) -> String {
    let style = Style { color: options.color };
    let layout = diff.layout();
    let mut out = String::new();
    put_heading(&mut out, style, heading, &counts(diff, &layout), options);
    if is_text(diff.old_tree()) && is_text(diff.new_tree()) {
        put_hunks(&mut out, style, &whole_text(diff.old_tree()), &whole_text(diff.new_tree()), options);
    } else {
        put_rows(&mut out, style, diff, options);
    }
    put_reordered(&mut out, style, diff, options);
    if options.layout {
        super::layout::put(&mut out, style, diff, &layout, options.columns());
    }
    out
}

/// Writes the lines that differ between two texts.
pub(crate) fn render_text(old: &str, new: &str, heading: &Heading<'_>, options: &RenderOptions) -> String {
    let style = Style { color: options.color };
    let mut out = String::new();
    put_heading(&mut out, style, heading, &[line_counts(old, new)], options);
    put_hunks(&mut out, style, old, new, options);
    out
}

/// How many lines of a text changed: `2 lines changed, 1 added`.
pub(crate) fn line_counts(old: &str, new: &str) -> String {
    let hunks = text::hunks(old, new, 0);
    let (mut changed, mut added, mut removed) = (0, 0, 0);
    for hunk in &hunks {
        let both = hunk.old_len.min(hunk.new_len);
        changed += both;
        added += hunk.new_len - both;
        removed += hunk.old_len - both;
    }
    let counts = [(changed, "changed"), (added, "added"), (removed, "removed")];
    let told = diff::tell_counts(&counts, " line");
    if told.is_empty() { "no change".to_owned() } else { told }
}

/// Writes the title and the counts; what does not fit stands below.
pub(crate) fn put_heading(
    out: &mut String,
    style: Style,
    heading: &Heading<'_>,
    counts: &[String],
    options: &RenderOptions,
) {
    let columns = options.columns();
    let mut titles = wrap_path(&safe(heading.title), columns);
    let mut pieces = vec![(Look::Heading, titles.pop().unwrap_or_default())];
    for title in titles {
        style.put(out, Look::Heading, &title);
        out.push('\n');
    }
    // The title tells two files apart.
    if heading.old != "file" || heading.new != "file" {
        pieces.push((Look::Plain, format!("  {} → {}", safe(heading.old), safe(heading.new))));
    }
    for (number, part) in counts.iter().enumerate() {
        for (at, words) in part.split_inclusive(", ").enumerate() {
            let before = match (number, at) {
                (0, 0) => "   ",
                (_, 0) => " · ",
                _ => " ",
            };
            pieces.push((Look::Plain, format!("{before}{}", words.trim_end())));
        }
    }
    for (number, line) in fit(pieces, columns - 2, " ").iter().enumerate() {
        if number > 0 {
            out.push_str("  ");
        }
        put_pieces(out, style, line);
        out.push('\n');
    }
}

/// The counts of a heading: `5 changed, 2 added`, `order only: 2 lists`, `comments: 1`.
pub(crate) fn counts(diff: &Diff<'_>, layout: &Layout) -> Vec<String> {
    let told = diff::counts(diff);
    let mut parts = Vec::new();
    let lists = diff.reordered().len();
    if lists > 0 {
        parts.push(format!("order only: {lists} {}", if lists == 1 { "list" } else { "lists" }));
    }
    for (count, word) in
        [(layout.comments(), "comments"), (layout.key_order, "key order"), (layout.spelling, "spelling")]
    {
        if count > 0 {
            parts.push(format!("{word}: {count}"));
        }
    }
    if layout.whitespace {
        parts.push("whitespace".to_owned());
    }
    let content = match (told.is_empty(), parts.is_empty()) {
        (true, true) => "no change".to_owned(),
        (true, false) => "no change in content".to_owned(),
        _ => told,
    };
    parts.insert(0, content);
    parts
}

fn put_rows(out: &mut String, style: Style, diff: &Diff<'_>, options: &RenderOptions) {
    let read = if options.full { usize::MAX } else { MAX_CHANGES };
    let mut rows = rows(diff, read, options.full);
    let more_rows = rows.len().saturating_sub(MAX_ROWS);
    let mut left_out = diff.changes().len().saturating_sub(read);
    if !options.full && more_rows > 0 {
        rows.truncate(MAX_ROWS);
        left_out += more_rows;
    }
    let mut at = 0;
    while at < rows.len() {
        let header = rows[at].header();
        let same = rows[at..].iter().take_while(|row| header.is_some() && row.header() == header).count();
        if let (Some(header), true) = (header, same >= 2) {
            let header = PeoplePath(header.to_vec()).to_string();
            for line in wrap_path(&safe(&header), options.columns()) {
                style.put(out, Look::Heading, &line);
                out.push('\n');
            }
            put_aligned(out, style, diff, &rows[at..at + same], true, options);
            at += same;
        } else {
            let alone = rows[at..]
                .windows(2)
                .take_while(|pair| pair[0].header().is_none() || pair[0].header() != pair[1].header())
                .count();
            let last = at + alone + 1 == rows.len();
            let count = if last { alone + 1 } else { alone.max(1) };
            put_aligned(out, style, diff, &rows[at..at + count], false, options);
            at += count;
        }
    }
    if left_out > 0 {
        style.put(out, Look::Dim, &format!("… and {left_out} more"));
        out.push('\n');
    }
}

/// Names the lists of which only the order differs, where nothing else does.
fn put_reordered(out: &mut String, style: Style, diff: &Diff<'_>, options: &RenderOptions) {
    let lists = diff.reordered();
    if lists.is_empty() || !diff.changes().is_empty() || options.layout {
        return;
    }
    let most = if options.full { lists.len() } else { MAX_LISTS };
    let names = lists.iter().take(most).map(|list| match diff.people_path_of_list(list) {
        path if path.0.is_empty() => "the whole list".to_owned(),
        path => safe(&path.to_string()),
    });
    let more = if lists.len() > most { ", …" } else { "" };
    let told = format!(
        "order differs in {}{more}; with --order strict it counts",
        names.collect::<Vec<_>>().join(", ")
    );
    for line in fit(vec![(Look::Dim, told)], options.columns() - 2, "  ") {
        put_pieces(out, style, &line);
        out.push('\n');
    }
}

/// Writes rows with their details in one column; where there is little room, below their paths.
fn put_aligned(
    out: &mut String,
    style: Style,
    diff: &Diff<'_>,
    rows: &[Row],
    under_header: bool,
    options: &RenderOptions,
) {
    let indent = if under_header { 4 } else { 2 };
    let columns = options.columns();
    let labels: Vec<String> = rows.iter().map(|row| row.label(under_header)).collect();
    let most = MAX_LABEL.min(columns / 3);
    let column =
        labels.iter().map(|label| width(label)).filter(|&columns| columns <= most).max().unwrap_or(0);
    for (row, label) in rows.iter().zip(&labels) {
        out.push_str(&" ".repeat(indent - 2));
        style.put(out, row.look, &format!("{} ", row.mark));
        let label = wrap_path(label, columns - indent - 2);
        out.push_str(&label.join(&format!("\n{}", " ".repeat(indent + 2))));
        let used = width(&label[0]);
        let start = indent + used.max(column) + 3;
        let below = indent + 2;
        let room = |start| Room {
            columns: if options.full { columns } else { columns - start },
            lines: if options.full { usize::MAX } else { MAX_LINES },
        };
        let is_beside = label.len() == 1 && columns.saturating_sub(start) >= MIN_VALUE;
        let lines = row.lines(diff, room(if is_beside { start } else { below }));
        let is_short = || lines.len() == 1 && start + pieces_width(&lines[0]) <= columns;
        let (start, gap) = match is_beside || label.len() == 1 && is_short() {
            true => (start, " ".repeat(used.max(column) - used + 3)),
            false => (below, format!("\n{}", " ".repeat(below))),
        };
        for (number, line) in lines.iter().enumerate() {
            if number == 0 {
                out.push_str(&gap);
            } else {
                out.push('\n');
                out.push_str(&" ".repeat(start));
            }
            put_pieces(out, style, line);
        }
        out.push('\n');
    }
}

fn put_pieces(out: &mut String, style: Style, pieces: &[Piece]) {
    for (look, text) in pieces {
        style.put(out, *look, text);
    }
}

pub(crate) fn is_text(tree: &Tree) -> bool {
    tree.tag(tree.root()) == Some(Tagged::LINES)
}

fn whole_text(tree: &Tree) -> String {
    tree.children(tree.root()).map(|line| tree.text(line)).collect()
}

/// Writes the hunks of two texts. A `\r` is shown where the texts do not agree on it, blanks at the end of a changed line always.
fn put_hunks(out: &mut String, style: Style, old: &str, new: &str, options: &RenderOptions) {
    let all_crlf = |text: &str| text.split_inclusive('\n').all(|line| line.ends_with("\r\n"));
    let show_returns = !(all_crlf(old) && all_crlf(new));
    let mut left = if options.full { usize::MAX } else { MAX_TEXT_LINES };
    let columns = options.columns() - 1;
    let hunks = text::hunks(old, new, 3);
    let mut left_out: usize = hunks.iter().map(|hunk| hunk.lines.len()).sum();
    for hunk in hunks {
        if left == 0 {
            break;
        }
        style.put(out, Look::Dim, &hunk.header());
        out.push('\n');
        let starts = starts(&hunk.lines, columns);
        for (line, start) in hunk.lines.iter().zip(starts).take(left) {
            left_out -= 1;
            let shown = show_line(line, start, columns, show_returns);
            let look = match line.kind {
                LineKind::Same => Look::Plain,
                LineKind::Removed => Look::Removed,
                LineKind::Added => Look::Added,
            };
            style.put(out, look, &format!("{}{shown}", line.kind.mark()));
            out.push('\n');
            if !line.text.ends_with('\n') {
                style.put(out, Look::Dim, &cut(text::NO_FINAL_NEWLINE, columns));
                out.push('\n');
            }
        }
        left = left.saturating_sub(hunk.lines.len());
    }
    if left_out > 0 {
        style.put(out, Look::Dim, &format!("… and {left_out} more lines"));
        out.push('\n');
    }
}

/// A line of a text from a character on, in so many columns.
fn show_line(line: &Line<'_>, start: usize, columns: usize, show_returns: bool) -> String {
    let text = line.text.strip_suffix('\n').unwrap_or(line.text);
    let (text, returned) = match text.strip_suffix('\r') {
        Some(text) => (text, show_returns),
        None => (text, false),
    };
    let body = text.trim_end_matches(' ');
    let bound = columns.saturating_mul(2);
    let kept: String = body.chars().skip(start).take(bound).collect();
    let mut shown = if start > 0 { "…".to_owned() } else { String::new() };
    shown.push_str(&kept.split('\t').map(safe).collect::<Vec<_>>().join("\t"));
    let blank = if line.kind == LineKind::Same { " " } else { "·" };
    shown.push_str(&blank.repeat((text.len() - body.len()).min(bound)));
    if returned {
        shown.push('␍');
    }
    if text_width(&shown) <= columns {
        return shown;
    }
    // Tabs would be counted wrong where a line is cut.
    cut(&shown.replace('\t', "    "), columns)
}

/// How many columns a line of text takes, its tabs as wide as they may be.
fn text_width(text: &str) -> usize {
    width(text) + 8 * text.bytes().filter(|&byte| byte == b'\t').count()
}

/// From which character on each line is shown: a line that is too long, from shortly before it differs from the one
/// that it replaces.
fn starts(lines: &[Line<'_>], columns: usize) -> Vec<usize> {
    let mut starts = vec![0; lines.len()];
    let mut at = 0;
    while at < lines.len() {
        let run = |from: usize, kind| lines[from..].iter().take_while(|line| line.kind == kind).count();
        let removed = run(at, LineKind::Removed);
        let added = run(at + removed, LineKind::Added);
        for pair in 0..removed.min(added) {
            let (o, n) = (at + pair, at + removed + pair);
            let (old, new) = (lines[o].text, lines[n].text);
            let equal = old.chars().zip(new.chars()).take_while(|(a, b)| a == b).count();
            let is_long = text_width(old).max(text_width(new)) > columns;
            if is_long && equal > columns / 2 {
                let start = equal - columns / 3;
                (starts[o], starts[n]) = (start, start);
            }
        }
        at += (removed + added).max(1);
    }
    starts
}

#[cfg(test)]
mod tests;
