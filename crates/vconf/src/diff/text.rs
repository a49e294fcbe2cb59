//! Texts compared by lines, for people and for `patch`.

pub(super) mod merge;

use std::fmt::Write;
use std::ops::Range;

use imara_diff::{Algorithm, Diff, InternedInput};

pub use merge::{Names, Part, TextMerge, merge, merge_touching};

/// A run of lines that changed, with some around it that did not.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Hunk<'a> {
    /// The first old line, from 1; the one before where there are none.
    pub old_start: usize,
    /// How many old lines there are.
    pub old_len: usize,
    /// The first new line, from 1; the one before where there are none.
    pub new_start: usize,
    /// How many new lines there are.
    pub new_len: usize,
    /// The lines, removed ones before added ones.
    pub lines: Vec<Line<'a>>,
}

/// A line of a [`Hunk`].
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Line<'a> {
    /// Where it stands.
    pub kind: LineKind,
    /// The line with its line end; the last line of a text may have none.
    pub text: &'a str,
}

/// Where a line of a [`Hunk`] stands.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum LineKind {
    /// In both texts.
    Same,
    /// In the old text.
    Removed,
    /// In the new text.
    Added,
}

impl LineKind {
    /// The mark in front of the line.
    pub fn mark(self) -> char {
        match self {
            Self::Same => ' ',
            Self::Removed => '-',
            Self::Added => '+',
        }
    }
}

/// Compares two texts by lines, and gives the changes with `context` lines around each.
///
/// Near linear: where texts have little in common the search for the fewest edits is given up early.
pub fn hunks<'a>(old: &'a str, new: &'a str, context: usize) -> Vec<Hunk<'a>> {
    let (old_lines, new_lines) = (lines(old), lines(new));
    let mut hunks = Vec::new();
    let mut open: Vec<(Range<usize>, Range<usize>)> = Vec::new();
    for edit in edits(&old_lines, &new_lines) {
        if open.last().is_some_and(|(last, _)| edit.0.start - last.end > 2 * context) {
            hunks.push(hunk(&old_lines, &new_lines, &open, context));
            open.clear();
        }
        open.push(edit);
    }
    if !open.is_empty() {
        hunks.push(hunk(&old_lines, &new_lines, &open, context));
    }
    hunks
}

/// Writes a unified diff, as `diff -u` and `git` do and `patch` reads; empty where the texts are equal.
pub fn unified(old: &str, new: &str, old_name: &str, new_name: &str, context: usize) -> String {
    let hunks = hunks(old, new, context);
    let mut text = String::new();
    if hunks.is_empty() {
        return text;
    }
    let mut put =
        |line: std::fmt::Arguments<'_>| text.write_fmt(line).expect("writing to a string never fails");
    put(format_args!("--- {old_name}\n+++ {new_name}\n"));
    for hunk in hunks {
        put(format_args!("{}\n", hunk.header()));
        for line in hunk.lines {
            put(format_args!("{}{}", line.kind.mark(), line.text));
            if !line.text.ends_with('\n') {
                put(format_args!("\n{NO_FINAL_NEWLINE}\n"));
            }
        }
    }
    text
}

/// What stands below a last line that has no line end.
pub const NO_FINAL_NEWLINE: &str = "\\ No newline at end of file";

impl Hunk<'_> {
    /// The line above the hunk: `@@ -1,4 +1,5 @@`.
    pub fn header(&self) -> String {
        let range = |start, len| if len == 1 { format!("{start}") } else { format!("{start},{len}") };
        format!("@@ -{} +{} @@", range(self.old_start, self.old_len), range(self.new_start, self.new_len))
    }
}

/// The lines of a text, each with its line end.
pub fn lines(text: &str) -> Vec<&str> {
    text.split_inclusive('\n').collect()
}

/// The ranges of two sequences that replace each other, in order.
pub fn edits(old: &[&str], new: &[&str]) -> Vec<(Range<usize>, Range<usize>)> {
    let mut input = InternedInput::default();
    input.update_before(old.iter().copied());
    input.update_after(new.iter().copied());
    let mut diff = Diff::compute(Algorithm::Histogram, &input);
    diff.postprocess_lines(&input);
    let range = |range: Range<u32>| range.start as usize..range.end as usize;
    diff.hunks().map(|hunk| (range(hunk.before), range(hunk.after))).collect()
}

fn hunk<'a>(
    old: &[&'a str],
    new: &[&'a str],
    edits: &[(Range<usize>, Range<usize>)],
    context: usize,
) -> Hunk<'a> {
    let (first, last) = (&edits[0], &edits[edits.len() - 1]);
    let before = context.min(first.0.start);
    let after = context.min(old.len() - last.0.end);
    let old_range = first.0.start - before..last.0.end + after;
    let new_range = first.1.start - before..last.1.end + after;
    let mut lines = Vec::new();
    let mut at = old_range.start;
    let mut put = |kind, texts: &[&'a str]| lines.extend(texts.iter().map(|&text| Line { kind, text }));
    for (removed, added) in edits {
        put(LineKind::Same, &old[at..removed.start]);
        put(LineKind::Removed, &old[removed.clone()]);
        put(LineKind::Added, &new[added.clone()]);
        at = removed.end;
    }
    put(LineKind::Same, &old[at..old_range.end]);
    let start = |range: &Range<usize>| range.start + usize::from(!range.is_empty());
    Hunk {
        old_start: start(&old_range),
        old_len: old_range.len(),
        new_start: start(&new_range),
        new_len: new_range.len(),
        lines,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_unified_diff_has_hunks_with_context() {
        let old: String = (1..=20).map(|n| format!("{n}\n")).collect();
        let new = old.replace("3\n4\n", "three\n4\n").replace("17\n", "");
        let expected =
            "--- a\n+++ b\n@@ -2,3 +2,3 @@\n 2\n-3\n+three\n 4\n@@ -16,3 +16,2 @@\n 16\n-17\n 18\n";
        assert_eq!(unified(&old, &new.replace("1three", "13"), "a", "b", 1), expected);
    }

    #[test]
    fn a_missing_final_newline_and_empty_texts_are_told() {
        assert_eq!(
            unified("a\nb", "a\nb\n", "a", "b", 3),
            "--- a\n+++ b\n@@ -1,2 +1,2 @@\n a\n-b\n\\ No newline at end of file\n+b\n"
        );
        assert_eq!(unified("", "x\n", "a", "b", 3), "--- a\n+++ b\n@@ -0,0 +1 @@\n+x\n");
        assert_eq!(unified("x\n", "x\n", "a", "b", 3), "");
    }

    #[test]
    fn a_changed_line_end_is_a_change() {
        assert_eq!(hunks("a\r\n", "a\n", 3).len(), 1);
    }
}
