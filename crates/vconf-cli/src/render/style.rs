//! Colours, which help but are never needed, and text that can do nothing to a terminal.

use unicode_width::UnicodeWidthChar;
use vconf::diff::is_unsafe;

/// What a piece of text is, and so how it looks.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Look {
    Plain,
    /// The line over all, and headers of groups.
    Heading,
    /// What is there now.
    Added,
    /// What was there.
    Removed,
    /// The mark of a replaced value.
    Changed,
    /// What stands elsewhere now.
    Moved,
    /// Counts, kinds, notes.
    Dim,
}

/// Puts looks on text, or leaves it plain.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Style {
    pub(crate) color: bool,
}

impl Style {
    /// Adds a text that is safe to print.
    pub(crate) fn put(self, out: &mut String, look: Look, text: &str) {
        let code = match look {
            Look::Plain => "",
            Look::Heading => "1",
            Look::Added => "32",
            Look::Removed => "31",
            Look::Changed => "33",
            Look::Moved => "36",
            Look::Dim => "2",
        };
        if !self.color || code.is_empty() || text.is_empty() {
            out.push_str(text);
        } else {
            out.push_str("\x1b[");
            out.push_str(code);
            out.push('m');
            out.push_str(text);
            out.push_str("\x1b[0m");
        }
    }
}

/// A piece of a line with its look.
pub(crate) type Piece = (Look, String);

/// How many columns a text takes on a terminal.
pub(crate) fn width(text: &str) -> usize {
    text.chars().map(|c| c.width().unwrap_or(0)).sum()
}

/// How many columns pieces take.
pub(crate) fn pieces_width(pieces: &[Piece]) -> usize {
    pieces.iter().map(|(_, text)| width(text)).sum()
}

/// Writes what can't be seen, or would do something to a terminal, as an escape.
pub(crate) fn safe(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        if is_unsafe(c) {
            out.extend(c.escape_debug());
        } else {
            out.push(c);
        }
    }
    out
}

/// Cuts a text to so many columns, the last of them then `…`.
pub(crate) fn cut(text: &str, columns: usize) -> String {
    if width(text) <= columns {
        return text.to_owned();
    }
    let mut out = String::new();
    let mut left = columns.saturating_sub(1);
    for c in text.chars() {
        let wide = c.width().unwrap_or(0);
        if wide > left {
            break;
        }
        left -= wide;
        out.push(c);
    }
    out.push('…');
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_that_acts_on_a_terminal_is_left() {
        assert_eq!(safe("a\u{1b}[31m\u{7}\r\n\u{202e}b"), "a\\u{1b}[31m\\u{7}\\r\\n\\u{202e}b");
        assert_eq!(safe("čeština 日本"), "čeština 日本");
    }

    #[test]
    fn wide_characters_take_two_columns() {
        assert_eq!(width("日本"), 4);
        assert_eq!(cut("日本語", 5), "日本…");
    }
}
