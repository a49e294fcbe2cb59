//! A difference as people read it.

use vconf::diff::text::{self, LineKind};
use vconf::diff::{Diff, Layout, Op, PeoplePath};
use vconf::model::tree::Tree;
use vconf::model::value::Tagged;

use super::rows::{Room, Row, rows};
use super::style::{Look, Piece, Style, cut, safe, width};

/// What was compared.
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
}

impl Default for RenderOptions {
    fn default() -> Self {
        Self { color: false, width: 100, full: false, layout: false }
    }
}

/// How many rows are shown, unless all are asked for.
const MAX_ROWS: usize = 500;
/// How many changes are read for them: folding needs more than it shows.
const MAX_CHANGES: usize = 100_000;
/// How many lines of one text are shown, unless all are asked for.
const MAX_LINES: usize = 12;
/// How many lines of a text's hunks are shown, unless all are asked for.
const MAX_TEXT_LINES: usize = 2000;
/// Labels longer than this are not waited for when the rest is aligned.
const MAX_LABEL: usize = 36;

/// Writes a difference: a line of heading with the counts, then what changed.
pub(crate) fn render(diff: &Diff<'_>, heading: &Heading<'_>, options: &RenderOptions) -> String {
    let style = Style { color: options.color };
    let layout = diff.layout();
    let mut out = String::new();
    put_heading(&mut out, style, heading, &counts(diff, &layout));
    if is_text(diff.old_tree()) && is_text(diff.new_tree()) {
        put_hunks(&mut out, style, &whole_text(diff.old_tree()), &whole_text(diff.new_tree()), options.full);
    } else {
        put_rows(&mut out, style, diff, options);
    }
    if options.layout {
        super::layout::put(&mut out, style, diff, &layout, options.full);
    }
    out
}

/// Writes the lines that differ between two texts.
pub(crate) fn render_text(old: &str, new: &str, heading: &Heading<'_>, options: &RenderOptions) -> String {
    let style = Style { color: options.color };
    let mut out = String::new();
    let hunks = text::hunks(old, new, 0);
    let count = |kind| hunks.iter().flat_map(|hunk| &hunk.lines).filter(|line| line.kind == kind).count();
    let parts = [(count(LineKind::Added), "added"), (count(LineKind::Removed), "removed")];
    let parts: Vec<_> = parts.into_iter().filter(|(count, _)| *count > 0).map(lines_told).collect();
    let told = if parts.is_empty() { "no change".to_owned() } else { parts.join(", ") };
    put_heading(&mut out, style, heading, &told);
    put_hunks(&mut out, style, old, new, options.full);
    out
}

fn lines_told((count, word): (usize, &str)) -> String {
    format!("{count} {} {word}", if count == 1 { "line" } else { "lines" })
}

fn put_heading(out: &mut String, style: Style, heading: &Heading<'_>, counts: &str) {
    style.put(out, Look::Heading, &safe(heading.title));
    if heading.old == "file" && heading.new == "file" {
        // Two files, which the title names.
        out.push_str("   ");
    } else {
        out.push_str(&format!("  {} → {}   ", safe(heading.old), safe(heading.new)));
    }
    out.push_str(counts);
    out.push('\n');
}

/// The counts of a heading: `5 changed, 2 added, 1 removed · order only: 2 lists · comments: 1`.
fn counts(diff: &Diff<'_>, layout: &Layout) -> String {
    let count = |op| diff.changes().iter().filter(|change| change.op == op).count();
    let words = [
        (count(Op::Replace), "changed"),
        (count(Op::Add), "added"),
        (count(Op::Remove), "removed"),
        (count(Op::Rename), "renamed"),
        (count(Op::Move), "moved"),
    ];
    let words = words.into_iter().filter(|(count, _)| *count > 0);
    let told: Vec<String> = words.map(|(count, word)| format!("{count} {word}")).collect();
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
        _ => told.join(", "),
    };
    parts.insert(0, content);
    parts.join(" · ")
}

fn put_rows(out: &mut String, style: Style, diff: &Diff<'_>, options: &RenderOptions) {
    let width = options.width.max(40);
    let room = if options.full {
        Room { columns: usize::MAX >> 8, lines: usize::MAX }
    } else {
        Room { columns: width - width / 3, lines: MAX_LINES }
    };
    let read = if options.full { usize::MAX } else { MAX_CHANGES };
    let mut rows = rows(diff, read, room);
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
            style.put(out, Look::Heading, &safe(&header));
            out.push('\n');
            put_aligned(out, style, &rows[at..at + same], true);
            at += same;
        } else {
            let alone = rows[at..]
                .windows(2)
                .take_while(|pair| pair[0].header().is_none() || pair[0].header() != pair[1].header())
                .count();
            let last = at + alone + 1 == rows.len();
            let count = if last { alone + 1 } else { alone.max(1) };
            put_aligned(out, style, &rows[at..at + count], false);
            at += count;
        }
    }
    if left_out > 0 {
        style.put(out, Look::Dim, &format!("… and {left_out} more"));
        out.push('\n');
    }
}

/// Writes rows with their details in one column.
fn put_aligned(out: &mut String, style: Style, rows: &[Row], under_header: bool) {
    let indent = if under_header { "  " } else { "" };
    let labels: Vec<String> = rows.iter().map(|row| row.label(under_header)).collect();
    let widths = labels.iter().map(|label| width(label)).filter(|&columns| columns <= MAX_LABEL);
    let column = widths.max().unwrap_or(0);
    for (row, label) in rows.iter().zip(&labels) {
        out.push_str(indent);
        style.put(out, row.look, &format!("{} ", row.mark));
        out.push_str(label);
        let used = width(label);
        let gap = if used > column { 3 } else { column - used + 3 };
        for (number, line) in row.lines.iter().enumerate() {
            if number == 0 {
                out.push_str(&" ".repeat(gap));
            } else {
                out.push('\n');
                out.push_str(&" ".repeat(indent.len() + 2 + column + 3));
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

fn is_text(tree: &Tree) -> bool {
    tree.tag(tree.root()) == Some(Tagged::LINES)
}

fn whole_text(tree: &Tree) -> String {
    tree.children(tree.root()).map(|line| tree.text(line)).collect()
}

/// Writes the hunks of two texts. A `\r` is shown where the texts do not agree on it, blanks at the end of a changed line always.
fn put_hunks(out: &mut String, style: Style, old: &str, new: &str, full: bool) {
    let all_crlf = |text: &str| text.split_inclusive('\n').all(|line| line.ends_with("\r\n"));
    let show_returns = !(all_crlf(old) && all_crlf(new));
    let mut left = if full { usize::MAX } else { MAX_TEXT_LINES };
    let hunks = text::hunks(old, new, 3);
    let mut left_out: usize = hunks.iter().map(|hunk| hunk.lines.len()).sum();
    for hunk in hunks {
        if left == 0 {
            break;
        }
        style.put(out, Look::Dim, &hunk.header());
        out.push('\n');
        for line in hunk.lines.iter().take(left) {
            left_out -= 1;
            let text = line.text.strip_suffix('\n').unwrap_or(line.text);
            let (text, returned) = match text.strip_suffix('\r') {
                Some(text) => (text, show_returns),
                None => (text, false),
            };
            let text = if full { text.to_owned() } else { first(text, 4000) };
            let body = text.trim_end_matches(' ');
            let mut shown = body.split('\t').map(safe).collect::<Vec<_>>().join("\t");
            let blank = if line.kind == LineKind::Same { " " } else { "·" };
            shown.push_str(&blank.repeat(text.len() - body.len()));
            if returned {
                shown.push('␍');
            }
            let look = match line.kind {
                LineKind::Same => Look::Plain,
                LineKind::Removed => Look::Removed,
                LineKind::Added => Look::Added,
            };
            style.put(out, look, &format!("{}{shown}", line.kind.mark()));
            out.push('\n');
            if !line.text.ends_with('\n') {
                style.put(out, Look::Dim, text::NO_FINAL_NEWLINE);
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

fn first(text: &str, chars: usize) -> String {
    if text.len() <= chars {
        return text.to_owned();
    }
    cut(&text.chars().take(chars + 1).collect::<String>(), chars)
}

#[cfg(test)]
mod tests;
