//! Edits that are gathered in any order and made at once.

use std::ops::Range;

/// Edits of a source. Those at one place are made in the order in which they came.
#[derive(Clone, Default)]
pub(super) struct Edits {
    list: Vec<(Range<usize>, String)>,
}

impl Edits {
    /// Puts a text before what stands at a place.
    pub(super) fn insert(&mut self, at: usize, text: impl Into<String>) {
        self.replace(at..at, text);
    }

    /// Takes out a part. Such parts may overlap; what is inserted within stays, what is replaced within goes.
    pub(super) fn remove(&mut self, at: Range<usize>) {
        self.replace(at, "");
    }

    /// Puts a text in place of a part.
    pub(super) fn replace(&mut self, at: Range<usize>, text: impl Into<String>) {
        let text = text.into();
        if !(at.is_empty() && text.is_empty()) {
            self.list.push((at, text));
        }
    }

    /// A part of the source with those edits made that are in it; none where two of them contradict each other.
    pub(super) fn apply(mut self, source: &str, part: Range<usize>) -> Option<String> {
        self.list.retain(|(at, _)| part.start <= at.start && at.end <= part.end);
        self.list.sort_by_key(|(at, _)| (at.start, !at.is_empty(), std::cmp::Reverse(at.end)));
        let mut written = String::with_capacity(part.len());
        let (mut copied, mut gone) = (part.start, part.start);
        for (at, text) in self.list {
            if at.start > copied {
                written.push_str(source.get(copied..at.start)?);
            } else if at.start < copied && !at.is_empty() && !text.is_empty() {
                if at.end <= gone {
                    continue;
                }
                return None;
            }
            if text.is_empty() {
                gone = gone.max(at.end);
            }
            written.push_str(&text);
            copied = copied.max(at.end);
        }
        written.push_str(source.get(copied..part.end.max(copied))?);
        Some(written)
    }
}
