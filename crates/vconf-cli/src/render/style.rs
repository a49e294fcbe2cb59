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

/// As many columns as there may be, where all is shown.
pub(crate) const UNLIMITED: usize = usize::MAX >> 8;

/// Breaks pieces into lines of at most so many columns: before pieces that begin with `gap`, which then go without
/// it; a piece that is too long by itself is cut.
pub(crate) fn fit(pieces: Vec<Piece>, columns: usize, gap: &str) -> Vec<Vec<Piece>> {
    let mut lines = vec![Vec::new()];
    let mut used = 0;
    for (look, text) in pieces {
        let mut text = text;
        if used > 0 && used + width(&text) > columns && text.starts_with(gap) {
            lines.push(Vec::new());
            used = 0;
            text = text.trim_start().to_owned();
        }
        if used + width(&text) > columns {
            text = if used < columns { cut(&text, columns - used) } else { String::new() };
        }
        used += width(&text);
        lines.last_mut().expect("there is a line from the start on").push((look, text));
    }
    lines
}

/// Breaks a path into lines of at most so many columns, between steps where that is possible.
pub(crate) fn wrap_path(path: &str, columns: usize) -> Vec<String> {
    let mut lines = Vec::new();
    if width(path) <= columns {
        return vec![path.to_owned()];
    }
    let mut line = String::new();
    let mut between = 0;
    for c in path.chars() {
        if ".[/ ".contains(c) {
            between = line.len();
        }
        line.push(c);
        if width(&line) > columns {
            let at = if between > 0 { between } else { line.len() - c.len_utf8() };
            let rest = line.split_off(at);
            lines.push(std::mem::replace(&mut line, rest));
            between = 0;
        }
    }
    lines.push(line);
    lines
}

/// Shares columns between two texts: the shorter one gets what it needs.
pub(crate) fn share(a: usize, b: usize, columns: usize) -> (usize, usize) {
    let half = columns / 2;
    match (a <= half, b <= half) {
        (true, _) => (a, columns - a),
        (_, true) => (columns - b, b),
        _ => (half, columns - half),
    }
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
    fn paths_break_between_steps() {
        assert_eq!(wrap_path("spec.containers[name=app].image", 16), ["spec.containers", "[name=app].image"]);
        assert_eq!(wrap_path("abcdefgh", 3), ["abc", "def", "gh"]);
    }

    #[test]
    fn wide_characters_take_two_columns() {
        assert_eq!(width("日本"), 4);
        assert_eq!(cut("日本語", 5), "日本…");
    }
}
