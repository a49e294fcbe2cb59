//! Two sources in two columns.

use unicode_width::UnicodeWidthChar;

use super::diff::{Heading, RenderOptions, line_counts, put_heading};
use super::lines::{Block, Half, Row, blocks};
use super::style::{Look, Piece, Style, pieces_width, width};

/// How many rows are shown, unless all are asked for.
const MAX_ROWS: usize = 2000;
/// Each text gets this many columns at least.
const MIN_TEXT: usize = 12;
/// How far the next stop of a tab may be.
const TAB: usize = 4;

/// Writes two texts side by side: lines that differ with some around them, the words that differ marked.
pub(crate) fn render(old: &str, new: &str, heading: &Heading<'_>, options: &RenderOptions) -> String {
    let style = Style { color: options.color };
    let mut out = String::new();
    let top = RenderOptions { full: false, ..*options };
    put_heading(&mut out, style, heading, &[line_counts(old, new)], &top);
    let lines = old.lines().count().max(new.lines().count());
    let numbers = lines.to_string().len();
    // A number, a mark and a text on each side, and a line between them.
    let text = options.width.saturating_sub(2 * (numbers + 3) + 3) / 2;
    let full = options.full || options.wraps;
    let sheet = Sheet { style, numbers, text: text.max(MIN_TEXT), full };
    let mut left = if full { usize::MAX } else { MAX_ROWS };
    let mut left_out = 0;
    for block in blocks(old, new) {
        match block {
            Block::Folded(rows) if !options.full => {
                if left > 0 {
                    let told = format!("⋮ {} lines the same", rows.len());
                    style.put(&mut out, Look::Dim, &told);
                    out.push('\n');
                }
            }
            Block::Folded(rows) | Block::Rows(rows) => {
                rows.iter().take(left).for_each(|row| sheet.put_row(&mut out, row));
                left_out += rows.len().saturating_sub(left);
                left = left.saturating_sub(rows.len());
            }
        }
    }
    if left_out > 0 {
        style.put(&mut out, Look::Dim, &format!("… and {left_out} more lines"));
        out.push('\n');
    }
    out
}

struct Sheet {
    style: Style,
    /// How many columns a line's number takes.
    numbers: usize,
    /// How many columns a line's text takes.
    text: usize,
    /// Whether lines that are too long go on below.
    full: bool,
}

impl Sheet {
    fn put_row(&self, out: &mut String, row: &Row<'_>) {
        let is_same = row.is_same();
        let (mark, other) = match (&row.old, &row.new) {
            _ if is_same => (' ', ' '),
            (Some(_), Some(_)) => ('~', '~'),
            _ => ('-', '+'),
        };
        let from = [&row.old, &row.new].into_iter().flatten().map(|half| self.start(half, is_same)).max();
        let from = from.unwrap_or(0);
        let lines = |half: &Option<Half<'_>>, look| {
            half.as_ref().map(|half| self.lines(half, is_same, from, look)).unwrap_or_default()
        };
        let (old, new) = (lines(&row.old, Look::Removed), lines(&row.new, Look::Added));
        for at in 0..old.len().max(new.len()) {
            let mut line = String::new();
            let number = |half: &Option<Half<'_>>| half.as_ref().map(|half| half.number).filter(|_| at == 0);
            self.put_half(&mut line, number(&row.old), mark, Look::Removed, old.get(at), true);
            self.style.put(&mut line, Look::Dim, " │ ");
            self.put_half(&mut line, number(&row.new), other, Look::Added, new.get(at), false);
            out.push_str(line.trim_end());
            out.push('\n');
        }
    }

    fn put_half(
        &self,
        out: &mut String,
        number: Option<usize>,
        mark: char,
        look: Look,
        line: Option<&Vec<Piece>>,
        is_left: bool,
    ) {
        let shown = number.map(|number| number.to_string()).unwrap_or_default();
        self.style.put(out, Look::Dim, &format!("{shown:>columns$} ", columns = self.numbers));
        self.style.put(out, look, &number.map_or(' ', |_| mark).to_string());
        out.push(' ');
        let mut used = 0;
        if let Some(line) = line {
            line.iter().for_each(|(look, text)| self.style.put(out, *look, text));
            used = pieces_width(line);
        }
        if is_left {
            out.push_str(&" ".repeat(self.text.saturating_sub(used)));
        }
    }

    /// A line as pieces: what changed is marked, tabs are blanks.
    fn pieces(&self, half: &Half<'_>, is_same: bool, look: Look) -> Vec<Piece> {
        let is_whole = half.parts.len() == 1;
        let mut pieces: Vec<Piece> = Vec::new();
        let mut column = 0;
        let mut put = |look, text: &str| {
            let text = without_tabs(text, &mut column);
            pieces.push((look, text));
        };
        let (open, close) = if look == Look::Removed { ("[-", "-]") } else { ("{+", "+}") };
        for (is_changed, text) in half.told(is_same) {
            match is_changed {
                true if is_whole => put(look, &text),
                true => put(look, &format!("{open}{text}{close}")),
                false => put(Look::Plain, &text),
            }
        }
        if half.lacks_end {
            put(Look::Dim, " (no final newline)");
        }
        pieces
    }

    /// From which column on a line is shown: where it is too long, from shortly before what changed.
    fn start(&self, half: &Half<'_>, is_same: bool) -> usize {
        let pieces = self.pieces(half, is_same, Look::Removed);
        let all = pieces_width(&pieces);
        if self.full || all <= self.text {
            return 0;
        }
        let Some(at) = pieces.iter().position(|(look, _)| *look == Look::Removed) else { return 0 };
        let before = pieces_width(&pieces[..at]);
        let is_seen = before + width(&pieces[at].1).min(self.text / 2) < self.text;
        if is_seen { 0 } else { (before - self.text / 3).min(all + 1 - self.text) }
    }

    /// The lines of at most so many columns that a line of the source becomes: one, unless all is shown.
    fn lines(&self, half: &Half<'_>, is_same: bool, from: usize, look: Look) -> Vec<Vec<Piece>> {
        let mut lines: Vec<Vec<Piece>> = vec![Vec::new()];
        let (mut column, mut used) = (0, 0);
        if from > 0 {
            lines[0].push((Look::Dim, "…".to_owned()));
            used = 1;
        }
        for (look, text) in self.pieces(half, is_same, look) {
            let mut shown = String::new();
            for c in text.chars() {
                let wide = c.width().unwrap_or(0);
                column += wide;
                if column <= from {
                    continue;
                }
                if used + wide > self.text {
                    if !self.full {
                        put_cut(&mut lines[0], look, shown, self.text);
                        return lines;
                    }
                    lines.last_mut().expect("there is a line").push((look, std::mem::take(&mut shown)));
                    lines.push(Vec::new());
                    used = 0;
                }
                used += wide;
                shown.push(c);
            }
            lines.last_mut().expect("there is a line").push((look, shown));
        }
        lines
    }
}

/// Ends a line that has more columns than there are: its last ones give way to `…`.
fn put_cut(line: &mut Vec<Piece>, look: Look, shown: String, columns: usize) {
    line.push((look, shown));
    while pieces_width(line) >= columns {
        match line.last_mut() {
            Some((_, text)) if !text.is_empty() => {
                text.pop();
            }
            _ => {
                line.pop();
            }
        }
    }
    line.push((Look::Dim, "…".to_owned()));
}

/// A text with blanks for its tabs, from a column on.
fn without_tabs(text: &str, column: &mut usize) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        let wide = if c == '\t' { TAB - *column % TAB } else { c.width().unwrap_or(0) };
        *column += wide;
        match c {
            '\t' => out.push_str(&" ".repeat(wide)),
            c => out.push(c),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(old: &str, new: &str, width: usize, full: bool) -> String {
        let heading = Heading { title: "a.yaml", old: "@1", new: "@2" };
        render(old, new, &heading, &RenderOptions { width, full, ..RenderOptions::default() })
    }

    #[test]
    fn lines_stand_side_by_side_and_changed_words_are_marked() {
        let same: String = (1..=9).map(|n| format!("k{n}: {n}\n")).collect();
        let old = format!("port: 80 # x\nold: 1\n{same}a: 日本\n");
        let new = format!("port: 90 # x\n{same}a: 中国\nn: 2");
        assert_eq!(
            shown(&old, &new, 60, false),
            "\
a.yaml  @1 → @2   2 lines changed, 1 added, 1 removed
 1 ~ port: [-80-] # x        │  1 ~ port: {+90+} # x
 2 - old: 1                  │
 3   k1: 1                   │  2   k1: 1
 4   k2: 2                   │  3   k2: 2
 5   k3: 3                   │  4   k3: 3
⋮ 3 lines the same
 9   k7: 7                   │  8   k7: 7
10   k8: 8                   │  9   k8: 8
11   k9: 9                   │ 10   k9: 9
12 ~ a: [-日本-]             │ 11 ~ a: {+中国+}
                             │ 12 + n: 2 (no final newline)
"
        );
    }

    #[test]
    fn a_line_that_is_too_long_is_cut_and_shown_where_it_differs() {
        let (old, new) = (format!("x: {} 1\n", "word ".repeat(40)), format!("x: {} 2\n", "word ".repeat(40)));
        let cut = shown(&old, &new, 60, false);
        let line = "1 ~ …d word word word  [-1-] │ 1 ~ …d word word word  {+2+}";
        assert_eq!(cut.lines().nth(1), Some(line), "{cut}");
        let full = shown(&old, &new, 60, true);
        assert!(full.lines().count() > 8 && full.contains("[-1-]") && !full.contains('…'), "{full}");
        let tail =
            shown(&format!("a: 1 {}\n", "x".repeat(100)), &format!("a: 2 {}\n", "x".repeat(100)), 60, false);
        assert!(tail.contains("a: [-1-] xxxxxxxxxxxxxx… │"), "{tail}");
    }

    #[test]
    fn no_line_is_wider_than_there_is_room() {
        let old = "日本語日本語日本語日本語日本語日本語日本語日本語\n\tkey:\tvalue \u{1b}[2J and some more text\nx\n".repeat(30);
        let new = old.replace("more", "less").replacen("日本", "中国", 7);
        for columns in 44..90 {
            for full in [false, true] {
                let shown = shown(&old, &new, columns, full);
                for line in shown.lines() {
                    assert!(width(line) <= columns, "{columns}: {line}");
                    assert!(!line.contains('\u{1b}'), "{line:?}");
                }
            }
        }
    }
}
