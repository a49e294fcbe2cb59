//! The lines of a source around a place: where they begin and end, and whose comments stand above.

use crate::model::tree::{Span, Tree};

/// Where the line begins that a place is in.
pub(super) fn line_start(source: &str, at: usize) -> usize {
    source[..at].rfind('\n').map_or(0, |end| end + 1)
}

/// Where the line ends that a place is in: before its line end (LF or CRLF).
pub(super) fn line_end(source: &str, at: usize) -> usize {
    let end = source[at..].find('\n').map_or(source.len(), |end| at + end);
    if end > at && source[..end].ends_with('\r') { end - 1 } else { end }
}

/// Where the line after that of a place begins; the end of the source where there is none.
pub(super) fn next_line(source: &str, at: usize) -> usize {
    source[at..].find('\n').map_or(source.len(), |end| at + end + 1)
}

/// The line end that the source uses: that of its first line.
pub(super) fn newline(source: &str) -> &'static str {
    match source.find('\n') {
        Some(end) if source[..end].ends_with('\r') => "\r\n",
        _ => "\n",
    }
}

/// The white space at the start of a place's line.
pub(super) fn indent(source: &str, at: usize) -> &str {
    let start = line_start(source, at);
    let line = &source[start..line_end(source, at)];
    &line[..line.len() - line.trim_start().len()]
}

/// Whether only white space stands between the start of the line and a place. Looks at the white space only.
pub(super) fn first_on_line(source: &str, at: usize) -> bool {
    let before = source[..at].trim_end_matches(is_blank);
    before.is_empty() || before.ends_with('\n')
}

/// White space within a line.
pub(super) fn is_blank(c: char) -> bool {
    c.is_whitespace() && c != '\n'
}

/// Whether the line of a place is a comment, or a part of one, and nothing else.
pub(super) fn is_comment_line(tree: &Tree, at: usize) -> bool {
    let source = tree.source();
    let start = line_start(source, at);
    let line = &source[start..line_end(source, at)];
    let text = line.trim();
    if text.is_empty() {
        return false;
    }
    let start = start + (line.len() - line.trim_start().len());
    comment_at(tree, start).is_some_and(|comment| comment.end as usize >= start + text.len())
}

/// The comment that a place is in.
pub(super) fn comment_at(tree: &Tree, at: usize) -> Option<Span> {
    let comments = tree.comments();
    let next = comments.partition_point(|comment| comment.start as usize <= at);
    comments[..next].last().copied().filter(|comment| at < comment.end as usize)
}

/// Where an entry begins with the comments that are its own, given the starts of its line and of the line after it.
///
/// The comment lines right above it go with it if nothing that they could be about as well follows right below: the
/// next line is blank, a comment, or closes something (`end`). The first lines of a file are about the file and stay.
pub(super) fn with_own_comments(tree: &Tree, line: usize, next: usize, end: usize) -> usize {
    let source = tree.source();
    let after = source[next..line_end(source, next)].trim();
    if next < end && !after.is_empty() && !is_comment_line(tree, next) {
        return line;
    }
    let mut start = line;
    while start > 0 && is_comment_line(tree, start - 1) {
        start = line_start(source, start - 1);
    }
    if start == 0 { line } else { start }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::format::{Format, parse};

    #[test]
    fn a_comment_goes_with_the_entry_that_alone_it_can_be_about() {
        let check = |source: &str, expected: &str| {
            let tree = parse(Format::Jsonc, source).unwrap();
            let line = source.find("\"x\"").map(|at| line_start(source, at)).unwrap();
            let next = next_line(source, line);
            let end = line_start(source, source.len());
            assert_eq!(&source[with_own_comments(&tree, line, next, end)..next], expected, "{source}");
        };
        check("[\n// a\n// b\n\"x\",\n\n1\n]", "// a\n// b\n\"x\",\n");
        check("[\n1,\n// a\n\"x\",\n// b\n1\n]", "// a\n\"x\",\n");
        check("[\n// both\n\"x\",\n1\n]", "\"x\",\n");
        check("[\n// a\n\n\"x\"\n]", "\"x\"\n");
        check("[1, // a\n\"x\"\n]", "\"x\"\n");
        check("[\n/* a\n b */\n\"x\"\n]", "/* a\n b */\n\"x\"\n");
    }

    #[test]
    fn lines_end_before_their_line_end() {
        let source = "a\r\n  b\nc";
        assert_eq!((line_start(source, 5), line_end(source, 5), next_line(source, 5)), (3, 6, 7));
        assert_eq!((line_end(source, 0), newline(source), indent(source, 5)), (1, "\r\n", "  "));
        assert!(first_on_line(source, 5) && !first_on_line(source, 6));
    }
}
