//! Lines of a source with their places.

use crate::model::tree::Span;

/// Where the text begins, past a byte order mark.
pub(super) fn text_start(source: &str) -> usize {
    if source.starts_with('\u{feff}') { '\u{feff}'.len_utf8() } else { 0 }
}

/// Goes through the lines of a source, from a place on; each without its line end (LF or CRLF).
pub(super) fn lines(source: &str, start: usize) -> impl Iterator<Item = Span> {
    let mut next = start;
    source[start..].split_inclusive('\n').map(move |line| {
        let at = next;
        next += line.len();
        let text = line.strip_suffix('\n').map_or(line, |text| text.strip_suffix('\r').unwrap_or(text));
        Span::new(at, at + text.len())
    })
}

/// A span without the white space at its ends.
pub(super) fn trim(source: &str, span: Span) -> Span {
    let text = &source[span.range()];
    let start = span.start as usize + (text.len() - text.trim_start().len());
    Span::new(start, start + text.trim().len())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_is_without_its_end() {
        let source = "a\r\n\n b \nc";
        let lines: Vec<_> = lines(source, 0).map(|span| &source[span.range()]).collect();
        assert_eq!(lines, ["a", "", " b ", "c"]);
    }

    #[test]
    fn blanks_are_trimmed_from_a_span() {
        assert_eq!(trim("a  b ", Span::new(1, 5)), Span::new(3, 4));
        assert!(trim("a  ", Span::new(1, 3)).is_empty());
    }
}
