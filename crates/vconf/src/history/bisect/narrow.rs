//! Some of the changes between two sources, written without the others.

use crate::diff::text::{self, LineKind};
use crate::diff::{Diff, Options, Parts, compare};
use crate::format::edit::edit;
use crate::format::{Document, Format};
use crate::history::load::is_structured;

/// The changes between two sources, as parts of which any can be written into the older one.
pub struct Changes<'a> {
    old: &'a Document,
    old_bytes: &'a [u8],
    new_bytes: &'a [u8],
    kind: Kind<'a>,
}

enum Kind<'a> {
    /// By keys and values.
    Content(Diff<'a>),
    /// By lines: each replaces old lines, from one on, so many, by others.
    Lines(Vec<(usize, usize, Vec<&'a str>)>),
    /// All or nothing.
    Whole,
}

impl<'a> Changes<'a> {
    /// The changes by keys and values; by lines where one of the two has none, and as one where one of them is no text.
    pub fn of_content(
        (old, old_bytes): (&'a Document, &'a [u8]),
        (new, new_bytes): (&'a Document, &'a [u8]),
        options: &Options,
    ) -> Self {
        let trees = [old, new].map(|document| {
            document.tree.as_deref().filter(|_| is_structured(document) && document.format != Format::Text)
        });
        match trees {
            [Some(old_tree), Some(new_tree)] if old.format == new.format => {
                let diff = compare(old_tree, new_tree, options);
                Self { old, old_bytes, new_bytes, kind: Kind::Content(diff) }
            }
            _ => Self::of_lines((old, old_bytes), new_bytes),
        }
    }

    /// The changes by lines; as one where one of the two is no text.
    pub fn of_lines((old, old_bytes): (&'a Document, &'a [u8]), new_bytes: &'a [u8]) -> Self {
        let texts = std::str::from_utf8(old_bytes).ok().zip(std::str::from_utf8(new_bytes).ok());
        let kind = match texts {
            Some((old, new)) => Kind::Lines(by_lines(old, new)),
            None => Kind::Whole,
        };
        Self { old, old_bytes, new_bytes, kind }
    }

    /// Whether they are changes of keys and values.
    pub fn is_content(&self) -> bool {
        matches!(self.kind, Kind::Content(_))
    }

    /// How many parts there are.
    pub fn count(&self) -> usize {
        match &self.kind {
            Kind::Content(diff) => Parts::of(diff).count(),
            Kind::Lines(lines) => lines.len(),
            Kind::Whole => 1,
        }
    }

    /// The older source with some of the parts; `None` where that can't be written. Linear in the source.
    pub fn write(&self, chosen: &[usize]) -> Option<Vec<u8>> {
        if chosen.is_empty() {
            return Some(self.old_bytes.to_vec());
        }
        match &self.kind {
            Kind::Content(diff) => edit(self.old, &Parts::of(diff).make(chosen)?).ok(),
            Kind::Lines(parts) => Some(self.with_lines(parts, chosen)),
            Kind::Whole => Some(self.new_bytes.to_vec()),
        }
    }

    fn with_lines(&self, parts: &[(usize, usize, Vec<&str>)], chosen: &[usize]) -> Vec<u8> {
        let old: Vec<&[u8]> = self.old_bytes.split_inclusive(|&byte| byte == b'\n').collect();
        let mut made = Vec::with_capacity(self.old_bytes.len());
        let mut copied = 0;
        let mut chosen: Vec<_> = chosen.iter().filter_map(|&part| parts.get(part)).collect();
        chosen.sort_by_key(|(start, gone, _)| (*start, *gone));
        let mut put = |line: &[u8]| {
            // A last line without an end is not the last any more.
            if !made.is_empty() && !made.ends_with(b"\n") {
                made.push(b'\n');
            }
            made.extend_from_slice(line);
        };
        for (start, gone, lines) in chosen {
            old.get(copied..*start).unwrap_or_default().iter().for_each(|line| put(line));
            lines.iter().for_each(|line| put(line.as_bytes()));
            copied = start + gone;
        }
        old.get(copied..).unwrap_or_default().iter().for_each(|line| put(line));
        made
    }
}

/// The runs of lines that changed; as many lines for as many are one part each.
fn by_lines<'a>(old: &'a str, new: &'a str) -> Vec<(usize, usize, Vec<&'a str>)> {
    let mut parts = Vec::new();
    for hunk in text::hunks(old, new, 0) {
        let start = if hunk.old_len == 0 { hunk.old_start } else { hunk.old_start - 1 };
        let added: Vec<&str> =
            hunk.lines.iter().filter(|line| line.kind == LineKind::Added).map(|line| line.text).collect();
        if added.len() == hunk.old_len {
            parts.extend(added.into_iter().enumerate().map(|(at, line)| (start + at, 1, vec![line])));
        } else {
            parts.push((start, hunk.old_len, added));
        }
    }
    parts
}
