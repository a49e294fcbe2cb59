//! The headers of INI sections as they stand in the source.

use crate::format::edit::layout::{is_comment_line, line_end, line_start, next_line};
use crate::format::ini::section_name;
use crate::format::lines::{lines, text_start};
use crate::model::tree::{Span, Tree};
use crate::model::value::Kind;

/// A header with the lines of its section up to the next one. A section may have several.
#[derive(Clone, Copy, Debug)]
pub(super) struct Part<'a> {
    pub(super) name: &'a str,
    pub(super) name_span: Span,
    /// Where the header's line begins.
    pub(super) line: usize,
    /// Where the header's line ends.
    pub(super) header_end: usize,
    /// Where the next header begins, with the comments right above it; or the end of the source.
    pub(super) end: usize,
}

/// Finds all headers, in order. Linear.
pub(super) fn parts(tree: &Tree) -> Vec<Part<'_>> {
    let source = tree.source();
    let nodes = (0..tree.len()).filter_map(|at| tree.at(at));
    let scalars = nodes.filter(|&id| !matches!(tree.kind(id), Kind::List | Kind::Map));
    let mut values: Vec<_> = scalars.map(|id| tree.span(id)).collect();
    values.sort_unstable_by_key(|span| span.start);
    let mut parts: Vec<Part<'_>> = Vec::new();
    for line in lines(source, text_start(source)) {
        let text = source[line.range()].trim_start();
        let start = line.end as usize - text.len();
        let Some(name) = section_name(text.trim_end()) else { continue };
        let before = values.partition_point(|value| value.start as usize <= start);
        let in_value = before > 0 && start < values[before - 1].end as usize;
        if in_value || is_key(&values, start, line.end as usize) {
            continue;
        }
        let line = line_start(source, start);
        if let Some(last) = parts.last_mut() {
            last.end = with_comments(tree, line);
        }
        parts.push(Part {
            name,
            name_span: Span::new(start + 1, start + 1 + name.len()),
            line,
            header_end: line_end(source, start),
            end: source.len(),
        });
    }
    parts
}

/// Whether a value begins on a line that looks like a header: then it is a key.
fn is_key(values: &[Span], start: usize, end: usize) -> bool {
    let next = values.partition_point(|value| (value.start as usize) < start);
    values.get(next).is_some_and(|value| value.start as usize <= end)
}

fn with_comments(tree: &Tree, line: usize) -> usize {
    let mut start = line;
    while start > 0 && is_comment_line(tree, start - 1) {
        start = line_start(tree.source(), start - 1);
    }
    start
}

impl Part<'_> {
    /// Where its last line that is not blank ends.
    pub(super) fn text_end(&self, source: &str) -> usize {
        let text = source[self.line..self.end].trim_end();
        (self.line + text.len()).max(self.header_end)
    }

    /// Where the line after its header begins.
    pub(super) fn body(&self, source: &str) -> usize {
        next_line(source, self.line)
    }
}
