//! Texts merged by lines.

use std::ops::Range;

use super::{edits, lines};

/// Merges two edited texts by lines, as `git merge-file` does: edits that touch are a conflict, equal ones are not.
///
/// Near linear, as [`hunks`](super::hunks) is.
pub fn merge<'a>(base: &'a str, ours: &'a str, theirs: &'a str) -> TextMerge<'a> {
    let (base_lines, our_lines, their_lines) = (lines(base), lines(ours), lines(theirs));
    let mut parts = Vec::new();
    let (base, ours, theirs) = (Ends::new(base), Ends::new(ours), Ends::new(theirs));
    for region in of_lines(&base_lines, &our_lines, &their_lines) {
        parts.push(match region.taken {
            Some(Side::Ours) => Part::Merged(ours.slice(region.ours)),
            Some(Side::Theirs) => Part::Merged(theirs.slice(region.theirs)),
            None => Part::Conflict {
                base: base.slice(region.base),
                ours: ours.slice(region.ours),
                theirs: theirs.slice(region.theirs),
            },
        });
    }
    TextMerge { parts }
}

/// Merges two edited texts by lines where edits may touch, as long as they don't overlap; none where they do.
///
/// What comes out may mean something else than was meant, so it is for whoever can tell. Where both put lines in at the
/// same place there are two ways, ours first and theirs first. Near linear, as [`hunks`](super::hunks) is.
pub fn merge_touching(base: &str, ours: &str, theirs: &str) -> Vec<String> {
    let (base, ours, theirs) = (lines(base), lines(ours), lines(theirs));
    let (our_edits, their_edits) = (by_line(edits(&base, &ours)), by_line(edits(&base, &theirs)));
    let made = [Side::Ours, Side::Theirs].map(|first| {
        let (mut our_edits, mut their_edits) = (our_edits.iter().peekable(), their_edits.iter().peekable());
        let mut merged = String::new();
        let mut at = 0;
        loop {
            let side = match (our_edits.peek(), their_edits.peek()) {
                (None, None) => break,
                (Some(_), None) => Side::Ours,
                (None, Some(_)) => Side::Theirs,
                (Some(our), Some(their))
                    if our.0 == their.0 && ours[our.1.clone()] == theirs[their.1.clone()] =>
                {
                    their_edits.next();
                    Side::Ours
                }
                (Some(our), Some(their)) => match key(&our.0).cmp(&key(&their.0)) {
                    std::cmp::Ordering::Less => Side::Ours,
                    std::cmp::Ordering::Greater => Side::Theirs,
                    std::cmp::Ordering::Equal => first,
                },
            };
            let (edit, side) = match side {
                Side::Ours => (our_edits.next()?, &ours),
                Side::Theirs => (their_edits.next()?, &theirs),
            };
            if edit.0.start < at {
                return None;
            }
            merged.extend(base[at..edit.0.start].iter().copied());
            merged.extend(side[edit.1.clone()].iter().copied());
            at = edit.0.end;
        }
        merged.extend(base[at..].iter().copied());
        Some(merged)
    });
    let mut made: Vec<_> = made.into_iter().flatten().collect();
    made.dedup();
    made
}

/// What is put in before a line comes before what is done to the line.
fn key(range: &Range<usize>) -> (usize, usize) {
    (range.start, range.end)
}

/// Edits, with those that have as many lines on both sides divided into one for each line.
fn by_line(edits: Vec<(Range<usize>, Range<usize>)>) -> Vec<(Range<usize>, Range<usize>)> {
    let divided = edits.into_iter().flat_map(|(old, new)| match old.len() == new.len() {
        true => old.zip(new).map(|(old, new)| (old..old + 1, new..new + 1)).collect(),
        false => vec![(old, new)],
    });
    divided.collect()
}

/// Two edited texts, merged as far as that goes.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct TextMerge<'a> {
    /// The parts of the merged text, in order.
    pub parts: Vec<Part<'a>>,
}

/// A run of lines of a [`TextMerge`].
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Part<'a> {
    /// Lines that no side, one side, or both sides alike changed.
    Merged(&'a str),
    /// Lines that both sides changed, each in its own way.
    Conflict {
        /// What they came from.
        base: &'a str,
        /// What ours has.
        ours: &'a str,
        /// What theirs has.
        theirs: &'a str,
    },
}

/// What the sides are called where a conflict is marked.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Names<'a> {
    /// What both come from.
    pub base: &'a str,
    /// The side whose order and place counts.
    pub ours: &'a str,
    /// The side that is merged into it.
    pub theirs: &'a str,
}

impl<'a> TextMerge<'a> {
    /// Whether there is no conflict.
    pub fn is_clean(&self) -> bool {
        self.conflicts() == 0
    }

    /// How many conflicts there are.
    pub fn conflicts(&self) -> usize {
        self.parts.iter().filter(|part| matches!(part, Part::Conflict { .. })).count()
    }

    /// The merged text, where there is no conflict.
    pub fn text(&self) -> Option<String> {
        let merged = |part: &Part<'a>| match part {
            Part::Merged(text) => Some(*text),
            Part::Conflict { .. } => None,
        };
        self.parts.iter().map(merged).collect()
    }

    /// The merged text with each conflict between marker lines that name the sides, the base among them (`diff3`).
    ///
    /// A marker always begins a line: a last line without an end gets one.
    pub fn marked(&self, names: Names<'_>) -> String {
        let mut text = String::new();
        let mut put = |part: &str, marker: &str, name: &str| {
            text.push_str(part);
            if marker.is_empty() {
                return;
            }
            if !text.is_empty() && !text.ends_with('\n') {
                text.push('\n');
            }
            text.push_str(marker);
            if !name.is_empty() {
                text.push(' ');
                text.push_str(name);
            }
            text.push('\n');
        };
        for part in &self.parts {
            match part {
                Part::Merged(lines) => put(lines, "", ""),
                Part::Conflict { base, ours, theirs } => {
                    put("", "<<<<<<<", names.ours);
                    put(ours, "|||||||", names.base);
                    put(base, "=======", "");
                    put(theirs, ">>>>>>>", names.theirs);
                }
            }
        }
        text
    }
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(in crate::diff) enum Side {
    Ours,
    Theirs,
}

/// A run of three sequences, and whose items the merged one has there; none where both are edited differently.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(in crate::diff) struct Region {
    pub(in crate::diff) base: Range<usize>,
    pub(in crate::diff) ours: Range<usize>,
    pub(in crate::diff) theirs: Range<usize>,
    pub(in crate::diff) taken: Option<Side>,
}

/// The regions of three sequences of lines.
pub(in crate::diff) fn of_lines(base: &[&str], ours: &[&str], theirs: &[&str]) -> Vec<Region> {
    regions((base, ours, theirs), &edits(base, ours), &edits(base, theirs))
}

/// Divides three sequences by the edits that lead from the first to each of the others.
pub(in crate::diff) fn regions<T: PartialEq>(
    (base, ours, theirs): (&[T], &[T], &[T]),
    our_edits: &[(Range<usize>, Range<usize>)],
    their_edits: &[(Range<usize>, Range<usize>)],
) -> Vec<Region> {
    let mut regions = Vec::new();
    let (mut our_edits, mut their_edits) = (our_edits.iter().peekable(), their_edits.iter().peekable());
    let (mut base_at, mut ours_at, mut theirs_at) = (0, 0, 0);
    loop {
        let starts = [our_edits.peek(), their_edits.peek()].map(|edit| edit.map(|edit| edit.0.start));
        let start = starts.into_iter().flatten().min().unwrap_or(base.len());
        let kept = start - base_at;
        if kept > 0 {
            regions.push(Region {
                base: base_at..start,
                ours: ours_at..ours_at + kept,
                theirs: theirs_at..theirs_at + kept,
                taken: Some(Side::Ours),
            });
        }
        (ours_at, theirs_at) = (ours_at + kept, theirs_at + kept);
        if starts == [None, None] {
            return regions;
        }
        // Edits that touch are one region.
        let mut end = start;
        let (mut our_growth, mut their_growth) = (None, None);
        loop {
            if let Some((old, new)) = our_edits.next_if(|edit| edit.0.start <= end) {
                end = end.max(old.end);
                our_growth = Some(new.end as isize - old.end as isize);
            } else if let Some((old, new)) = their_edits.next_if(|edit| edit.0.start <= end) {
                end = end.max(old.end);
                their_growth = Some(new.end as isize - old.end as isize);
            } else {
                break;
            }
        }
        let reach = |at: usize, growth: Option<isize>| match growth {
            Some(growth) => end.checked_add_signed(growth).expect("an edit ends within the sequence"),
            None => at + (end - start),
        };
        let (our_end, their_end) = (reach(ours_at, our_growth), reach(theirs_at, their_growth));
        let (our_range, their_range) = (ours_at..our_end, theirs_at..their_end);
        let taken = match (our_growth, their_growth) {
            (_, None) => Some(Side::Ours),
            (None, _) => Some(Side::Theirs),
            _ if ours[our_range.clone()] == theirs[their_range.clone()] => Some(Side::Ours),
            _ => None,
        };
        regions.push(Region { base: start..end, ours: our_range, theirs: their_range, taken });
        (base_at, ours_at, theirs_at) = (end, our_end, their_end);
    }
}

/// A text and where its lines end.
struct Ends<'a> {
    text: &'a str,
    ends: Vec<usize>,
}

impl<'a> Ends<'a> {
    fn new(text: &'a str) -> Self {
        let mut end = 0;
        let ends = std::iter::once(0).chain(text.split_inclusive('\n').map(|line| {
            end += line.len();
            end
        }));
        Self { text, ends: ends.collect() }
    }

    fn slice(&self, lines: Range<usize>) -> &'a str {
        &self.text[self.ends[lines.start]..self.ends[lines.end]]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NAMES: Names<'_> = Names { base: "v1", ours: "v2", theirs: "v3" };

    #[test]
    fn edits_of_different_lines_merge() {
        let merged = merge("a\nb\nc\nd\n", "A\nb\nc\nd\n", "a\nb\nc\nD\nE\n");
        assert_eq!(merged.text().as_deref(), Some("A\nb\nc\nD\nE\n"));
        assert_eq!(merge("a\nb\nc\n", "a\nc\n", "a\nb\nc\nd\n").text().as_deref(), Some("a\nc\nd\n"));
    }

    #[test]
    fn edits_may_touch_and_not_overlap() {
        let made = |base, ours, theirs| merge_touching(base, ours, theirs);
        assert_eq!(made("a\nb\n", "A\nb\n", "a\nB\n"), ["A\nB\n"]);
        assert_eq!(made("a\nz\n", "a\nZ\n", "a\n# new\nb\nz\n"), ["a\n# new\nb\nZ\n"]);
        assert_eq!(made("a\n", "a\nb\n", "a\nc\n"), ["a\nb\nc\n", "a\nc\nb\n"]);
        assert_eq!(made("a\n", "b\n", "b\n"), ["b\n"]);
        assert_eq!(made("a\n", "b\n", "c\n"), [""; 0]);
        assert_eq!(made("a\nb\nc\n", "x\n", "a\nB\nc\n"), [""; 0]);
    }

    #[test]
    fn the_same_edit_on_both_sides_is_one() {
        assert_eq!(merge("a\n", "a\nb\n", "a\nb\n").text().as_deref(), Some("a\nb\n"));
        assert_eq!(merge("", "", "").text().as_deref(), Some(""));
    }

    #[test]
    fn edits_that_touch_are_a_conflict_that_names_the_sides_and_the_base() {
        let merged = merge("a\nb\nc\n", "a\nB\nc\n", "a\nbb\nC\n");
        assert_eq!(merged.conflicts(), 1);
        assert_eq!(
            merged.marked(NAMES),
            "a\n<<<<<<< v2\nB\nc\n||||||| v1\nb\nc\n=======\nbb\nC\n>>>>>>> v3\n"
        );
    }

    #[test]
    fn both_appending_is_a_conflict_also_without_a_final_newline() {
        let merged = merge("a", "a\nb", "a\nc\n");
        assert_eq!(merged.text(), None);
        assert_eq!(merged.marked(NAMES), "<<<<<<< v2\na\nb\n||||||| v1\na\n=======\na\nc\n>>>>>>> v3\n");
    }

    #[test]
    fn nothing_is_between_the_markers_where_a_side_has_nothing() {
        let merged = merge("", "x\n", "y\n");
        assert_eq!(merged.marked(NAMES), "<<<<<<< v2\nx\n||||||| v1\n=======\ny\n>>>>>>> v3\n");
    }
}
