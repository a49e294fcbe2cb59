//! Two texts, line beside line: what the views of two sources are made of.

use std::ops::Range;

use vconf::diff::text;

use super::inline::{self, Part};
use super::style::safe;

/// A run of rows that are shown, or of equal lines that are not.
pub(crate) enum Block<'a> {
    /// Lines that differ, with some around them that do not.
    Rows(Vec<Row<'a>>),
    /// Equal lines.
    Folded(Vec<Row<'a>>),
}

/// A line of each text, side by side; at least one is there.
pub(crate) struct Row<'a> {
    pub(crate) old: Option<Half<'a>>,
    pub(crate) new: Option<Half<'a>>,
}

/// One side of a row.
pub(crate) struct Half<'a> {
    /// The number of the line, from 1.
    pub(crate) number: usize,
    /// The line without its `\n`, in parts that differ from the other side and parts that do not.
    pub(crate) parts: Vec<Part<'a>>,
    /// Whether it is the last line, and no line end stands behind it where the other text has one.
    pub(crate) lacks_end: bool,
}

impl Row<'_> {
    /// Whether both sides are the same.
    pub(crate) fn is_same(&self) -> bool {
        let is_same = |half: &Option<Half<'_>>| {
            half.as_ref()
                .is_some_and(|half| !half.lacks_end && half.parts.iter().all(|part| !part.is_changed))
        };
        is_same(&self.old) && is_same(&self.new)
    }
}

impl Half<'_> {
    /// The line as it is shown, in texts that are safe to print and whether each changed. Tabs stay, but where one is
    /// all that changed; so do line ends that are the same in both.
    pub(crate) fn told(&self, is_same: bool) -> Vec<(bool, String)> {
        let mut told: Vec<(bool, String)> = Vec::new();
        let last = self.parts.len().saturating_sub(1);
        for (at, part) in self.parts.iter().enumerate() {
            let mut text = part.text;
            if is_same && at == last {
                text = text.strip_suffix('\r').unwrap_or(text);
            }
            let is_blank = part.is_changed && self.parts.len() > 1 && text.trim().is_empty();
            let shown = if is_blank { inline::visible_blanks(text) } else { with_tabs(text) };
            // Nobody sees blanks at the end of a line.
            let body = shown.trim_end_matches(' ');
            let blanks = if is_same || at != last { 0 } else { shown.len() - body.len() };
            told.push((part.is_changed, format!("{}{}", &shown[..shown.len() - blanks], "·".repeat(blanks))));
        }
        told
    }
}

/// A text that is safe to print, its tabs as they are and its carriage returns to be seen.
fn with_tabs(text: &str) -> String {
    let safe_line = |line: &str| line.split('\t').map(safe).collect::<Vec<_>>().join("\t");
    text.split('\r').map(safe_line).collect::<Vec<_>>().join("␍")
}

/// How many equal lines are shown around lines that differ.
const CONTEXT_LINES: usize = 3;
/// Fewer equal lines than this are not folded: saying so would take as much room.
const FEWEST_FOLDED: usize = 3;

/// Puts two texts side by side: all their lines, each once on its side and in order.
///
/// Lines that replace each other stand in one row where they are alike.
pub(crate) fn blocks<'a>(old: &'a str, new: &'a str) -> Vec<Block<'a>> {
    let sides = Sides { old: text::lines(old), new: text::lines(new) };
    let mut blocks = Vec::new();
    let mut open: Vec<Row<'a>> = Vec::new();
    let mut at = (0, 0);
    let ends = (sides.old.len()..sides.old.len(), sides.new.len()..sides.new.len());
    for (removed, added) in text::edits(&sides.old, &sides.new).into_iter().chain([ends]) {
        let count = removed.start - at.0;
        let is_end = removed.start == sides.old.len() && added.start == sides.new.len();
        let before = if open.is_empty() && blocks.is_empty() { 0 } else { CONTEXT_LINES };
        let after = if is_end { 0 } else { CONTEXT_LINES };
        let same = |range: Range<usize>| range.map(|n| sides.same(at.0 + n, at.1 + n)).collect::<Vec<_>>();
        if count >= before + after + FEWEST_FOLDED {
            open.extend(same(0..before));
            if !open.is_empty() {
                blocks.push(Block::Rows(std::mem::take(&mut open)));
            }
            blocks.push(Block::Folded(same(before..count - after)));
            open.extend(same(count - after..count));
        } else {
            open.extend(same(0..count));
        }
        open.extend(sides.changed(removed.clone(), added.clone()));
        at = (removed.end, added.end);
    }
    if !open.is_empty() {
        blocks.push(Block::Rows(open));
    }
    blocks
}

/// The lines of both texts.
struct Sides<'a> {
    old: Vec<&'a str>,
    new: Vec<&'a str>,
}

impl<'a> Sides<'a> {
    fn same(&self, old: usize, new: usize) -> Row<'a> {
        let half = |lines: &[&'a str], at: usize| Half {
            number: at + 1,
            parts: vec![Part { text: without_end(lines[at]), is_changed: false }],
            lacks_end: false,
        };
        Row { old: Some(half(&self.old, old)), new: Some(half(&self.new, new)) }
    }

    /// Rows for lines that replace each other.
    fn changed(&self, removed: Range<usize>, added: Range<usize>) -> Vec<Row<'a>> {
        let mut rows = Vec::new();
        let (mut o, mut n) = (removed.start, added.start);
        let pairs = pairs(&self.old[removed.clone()], &self.new[added.clone()]);
        let pairs = pairs.into_iter().map(|(a, b)| (removed.start + a, added.start + b));
        for (a, b) in pairs.chain([(removed.end, added.end)]) {
            rows.extend((o..a).map(|at| Row { old: Some(alone(&self.old, at)), new: None }));
            rows.extend((n..b).map(|at| Row { old: None, new: Some(alone(&self.new, at)) }));
            if a < removed.end {
                rows.push(self.replaced(a, b));
            }
            (o, n) = (a + 1, b + 1);
        }
        rows
    }

    fn replaced(&self, o: usize, n: usize) -> Row<'a> {
        let (old, new) = (self.old[o], self.new[n]);
        let (old_parts, new_parts) = inline::parts(without_end(old), without_end(new));
        let half = |text: &str, other: &str, number, parts| Half {
            number,
            parts,
            lacks_end: !text.ends_with('\n') && other.ends_with('\n'),
        };
        Row { old: Some(half(old, new, o + 1, old_parts)), new: Some(half(new, old, n + 1, new_parts)) }
    }
}

/// A line that only one of the texts has.
fn alone<'a>(lines: &[&'a str], at: usize) -> Half<'a> {
    let text = without_end(lines[at]);
    Half {
        number: at + 1,
        parts: vec![Part { text, is_changed: true }],
        lacks_end: !lines[at].ends_with('\n'),
    }
}

fn without_end(line: &str) -> &str {
    line.strip_suffix('\n').unwrap_or(line)
}

/// How many pairs of lines are looked at, and how much of each: past that, lines are paired in order.
const MOST_LOOKED_AT: usize = 4096;
const MOST_BYTES: usize = 256;

/// Which lines of a run replace which, in order: those that are alike, as much as can be had.
fn pairs(old: &[&str], new: &[&str]) -> Vec<(usize, usize)> {
    let (rows, columns) = (old.len(), new.len());
    if rows.saturating_mul(columns) > MOST_LOOKED_AT {
        return (0..rows.min(columns)).map(|at| (at, at)).collect();
    }
    let likeness: Vec<u32> = old.iter().flat_map(|a| new.iter().map(move |b| likeness(a, b))).collect();
    // best[a][b]: how alike the lines from a and from b on can be paired.
    let width = columns + 1;
    let mut best = vec![0_u32; (rows + 1) * width];
    for a in (0..rows).rev() {
        for b in (0..columns).rev() {
            let paired = match likeness[a * columns + b] {
                0 => 0,
                alike => alike + best[(a + 1) * width + b + 1],
            };
            best[a * width + b] = paired.max(best[(a + 1) * width + b]).max(best[a * width + b + 1]);
        }
    }
    let mut pairs = Vec::new();
    let (mut a, mut b) = (0, 0);
    while a < rows && b < columns {
        let here = best[a * width + b];
        let alike = likeness[a * columns + b];
        if alike > 0 && here == alike + best[(a + 1) * width + b + 1] {
            pairs.push((a, b));
            (a, b) = (a + 1, b + 1);
        } else if here == best[(a + 1) * width + b] {
            a += 1;
        } else {
            b += 1;
        }
    }
    pairs
}

/// How much two lines have in common, in percent and at least 1: at both ends, or in words anywhere; 0 where that is
/// too little to show them as one line that changed.
fn likeness(old: &str, new: &str) -> u32 {
    let (old, new) = (beginning(old), beginning(new));
    let longest = old.len().max(new.len());
    if longest == 0 {
        return 100;
    }
    let head = old.bytes().zip(new.bytes()).take_while(|(a, b)| a == b).count();
    let left = old.len().min(new.len()) - head;
    let tail = old.bytes().rev().zip(new.bytes().rev()).take(left).take_while(|(a, b)| a == b).count();
    let at_ends = (head + tail) * 100 / longest;
    let (old_words, new_words) = (words(old), words(new));
    let all: usize = old_words.iter().chain(&new_words).map(|word| word.len()).sum();
    let in_words = 2 * shared(old_words, new_words) * 100 / all.max(1);
    let percent = at_ends.max(in_words) as u32;
    if percent >= LEAST_PERCENT { percent } else { 0 }
}

fn beginning(line: &str) -> &str {
    let line = line.trim();
    let end = (0..=line.len().min(MOST_BYTES)).rev().find(|&at| line.is_char_boundary(at));
    &line[..end.unwrap_or(0)]
}

fn words(line: &str) -> Vec<&str> {
    let mut words: Vec<&str> =
        line.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty()).collect();
    words.sort_unstable();
    words
}

/// How many bytes the words have that are in both sorted lists.
fn shared(old: Vec<&str>, new: Vec<&str>) -> usize {
    let mut new = new.into_iter().peekable();
    let mut bytes = 0;
    for word in old {
        while new.next_if(|other| *other < word).is_some() {}
        bytes += new.next_if(|other| *other == word).map_or(0, str::len);
    }
    bytes
}

/// From how much in common on two lines are one that changed.
const LEAST_PERCENT: u32 = 30;

#[cfg(test)]
mod tests {
    use super::*;

    /// Each row as `old|new`, changed parts in brackets; folded lines as `=N`.
    fn shown(old: &str, new: &str) -> Vec<String> {
        let half = |half: &Option<Half<'_>>| {
            let Some(half) = half else { return String::new() };
            let part = |part: &Part<'_>| match part.is_changed {
                true => format!("[{}]", part.text),
                false => part.text.to_owned(),
            };
            let end = if half.lacks_end { "\\" } else { "" };
            half.parts.iter().map(part).collect::<String>() + end
        };
        let rows = |block: &Block<'_>| match block {
            Block::Folded(rows) => vec![format!("={}", rows.len())],
            Block::Rows(rows) => {
                rows.iter().map(|row| format!("{}|{}", half(&row.old), half(&row.new))).collect()
            }
        };
        blocks(old, new).iter().flat_map(rows).collect()
    }

    #[test]
    fn alike_lines_stand_in_one_row_and_others_alone() {
        assert_eq!(
            shown("a: 1\nport: 80\nb: 2\n", "a: 1\n# more\nport: 90\nb: 2\n"),
            ["a: 1|a: 1", "|[# more]", "port: [80]|port: [90]", "b: 2|b: 2"]
        );
        assert_eq!(shown("one\n", "zwei\n"), ["[one]|", "|[zwei]"]);
    }

    #[test]
    fn equal_lines_far_from_a_difference_are_folded() {
        let old: String = (1..=20).map(|n| format!("{n}\n")).collect();
        let rows = shown(&old, &old.replace("10\n", "10 x\n"));
        assert_eq!(rows, ["=6", "7|7", "8|8", "9|9", "10|10[ x]", "11|11", "12|12", "13|13", "=7"]);
        assert_eq!(shown(&old, &old), ["=20"]);
        assert_eq!(shown("", ""), [""; 0]);
    }

    #[test]
    fn line_ends_that_differ_are_told() {
        assert_eq!(shown("a\nb", "a\nb\n"), ["a|a", "b\\|b"]);
        assert_eq!(shown("a\r\n", "a\n"), ["a[\r]|a"]);
        assert_eq!(shown("x", ""), ["[x]\\|"]);
    }

    #[test]
    fn what_nobody_sees_is_shown_where_it_differs() {
        let told = |old: &str, new: &str| {
            let Some(Block::Rows(rows)) = blocks(old, new).pop() else {
                return [String::new(), String::new()];
            };
            let half = |half: &Option<Half<'_>>| half.as_ref().map(|half| half.told(rows[0].is_same()));
            [&rows[0].old, &rows[0].new]
                .map(|side| half(side).unwrap_or_default().into_iter().map(|(_, text)| text).collect())
        };
        assert_eq!(told("port: 80\n", "port: 80  \n"), ["port: 80", "port: 80··"]);
        assert_eq!(told("port: 80\r\n", "port: 80\n"), ["port: 80␍", "port: 80"]);
        assert_eq!(told("port:\t80\n", "port: 80\n"), ["port:⇥80", "port:·80"]);
        assert_eq!(
            told("\tport 1\u{1b}[2J\n", "\tport 2\u{202e}\n"),
            ["\tport 1\\u{1b}[2J", "\tport 2\\u{202e}"]
        );
    }

    #[test]
    fn every_line_stands_once_on_its_side_and_in_order() {
        let texts = ["", "a\n", "a", "a\nb\nc\n", "c\nb\na\n", "ab\nb\n\n\nac\n", "\n\n", "xa: 1\na: 2\nb\n"];
        for (old, new) in texts.iter().flat_map(|old| texts.iter().map(move |new| (*old, *new))) {
            let (mut left, mut right) = (Vec::new(), Vec::new());
            for block in blocks(old, new) {
                let (Block::Rows(rows) | Block::Folded(rows)) = block;
                for row in rows {
                    let text = |half: &Half<'_>| half.parts.iter().map(|part| part.text).collect::<String>();
                    left.extend(row.old.as_ref().map(|half| (half.number, text(half))));
                    right.extend(row.new.as_ref().map(|half| (half.number, text(half))));
                }
            }
            let numbered = |text: &str| -> Vec<_> {
                text::lines(text)
                    .iter()
                    .enumerate()
                    .map(|(at, line)| (at + 1, without_end(line).to_owned()))
                    .collect()
            };
            assert_eq!((left, right), (numbered(old), numbered(new)), "{old:?} {new:?}");
        }
    }
}
