//! What white space differs in two sources.

use std::fmt;

use super::change::Diff;
use super::text;

/// A difference of white space between two sources.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub enum Whitespace {
    /// The mark at the start of a file (U+FEFF) came or went.
    ByteOrderMark {
        /// Whether it came.
        added: bool,
    },
    /// Lines end in another way.
    LineEnds {
        /// `CRLF`, `LF` or `mixed`.
        old: &'static str,
        /// `CRLF`, `LF` or `mixed`.
        new: &'static str,
        /// In how many lines.
        lines: usize,
    },
    /// The line end of the last line came or went.
    FinalNewline {
        /// Whether it came.
        added: bool,
    },
    /// What stands in front of lines.
    Indentation {
        /// Of how many lines.
        lines: usize,
    },
    /// Blanks between the words of lines.
    WithinLines {
        /// Of how many lines.
        lines: usize,
    },
    /// Blanks at the end of lines.
    TrailingBlanks {
        /// Of how many lines.
        lines: usize,
    },
    /// Lines in which nothing stands.
    BlankLines {
        /// How many lines of them came or went.
        lines: usize,
    },
    /// The same is broken into other lines.
    LineBreaks,
}

impl fmt::Display for Whitespace {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let change = |added| if added { "added" } else { "removed" };
        let (name, lines) = match *self {
            Self::ByteOrderMark { added } => return write!(f, "byte order mark {}", change(added)),
            Self::FinalNewline { added } => return write!(f, "final newline {}", change(added)),
            Self::LineBreaks => return f.write_str("line breaks"),
            Self::LineEnds { old, new, lines } => {
                write!(f, "line ends {old} → {new}")?;
                ("", lines)
            }
            Self::Indentation { lines } => ("indentation", lines),
            Self::WithinLines { lines } => ("blanks within lines", lines),
            Self::TrailingBlanks { lines } => ("trailing blanks", lines),
            Self::BlankLines { lines } => ("blank lines", lines),
        };
        write!(f, "{name} ({lines} {})", if lines == 1 { "line" } else { "lines" })
    }
}

impl Diff<'_> {
    /// Tells what white space differs in the sources. Near linear; nothing is found where a tree has no source.
    ///
    /// Beside edits of the content only what is no part of it is told: the mark at the start and the line ends, and
    /// the rest where [`Layout::whitespace`](super::Layout::whitespace) is set.
    pub fn whitespace(&self) -> Vec<Whitespace> {
        let (old, new) = (self.old.source(), self.new.source());
        let mut found = Vec::new();
        if old.is_empty() || new.is_empty() || old == new {
            return found;
        }
        let has_mark = |source: &str| source.starts_with('\u{feff}');
        if has_mark(old) != has_mark(new) {
            found.push(Whitespace::ByteOrderMark { added: has_mark(new) });
        }
        found.extend(line_ends(old, new));
        if old.ends_with('\n') != new.ends_with('\n') {
            found.push(Whitespace::FinalNewline { added: new.ends_with('\n') });
        }
        if self.layout().whitespace {
            found.extend(in_lines(old, new));
            if found.is_empty() {
                found.push(Whitespace::LineBreaks);
            }
        }
        found
    }
}

fn line_ends(old: &str, new: &str) -> Option<Whitespace> {
    let count = |source: &str| {
        let all = source.bytes().filter(|&byte| byte == b'\n').count();
        (source.matches("\r\n").count(), all)
    };
    let name = |(returns, all): (usize, usize)| match returns {
        0 => "LF",
        _ if returns == all => "CRLF",
        _ => "mixed",
    };
    let (old, new) = (count(old), count(new));
    let lines = match (name(old), name(new)) {
        (_, "LF") => old.0,
        (_, "CRLF") => old.1 - old.0,
        _ => old.0.abs_diff(new.0),
    };
    let has_lines = old.1 > 0 && new.1 > 0;
    (has_lines && name(old) != name(new)).then(|| Whitespace::LineEnds {
        old: name(old),
        new: name(new),
        lines,
    })
}

/// Compares the lines that say the same.
fn in_lines(old: &str, new: &str) -> Vec<Whitespace> {
    let lines = |source: &str| -> Vec<String> {
        let source = source.trim_start_matches('\u{feff}');
        source.lines().map(|line| line.split_whitespace().collect()).collect()
    };
    let (old_keys, new_keys) = (lines(old), lines(new));
    let raw = |source| str::lines(str::trim_start_matches(source, '\u{feff}')).collect::<Vec<_>>();
    let (old, new) = (raw(old), raw(new));
    let texts = |keys: &[String]| -> (Vec<usize>, usize) {
        let said: Vec<_> = (0..keys.len()).filter(|&at| !keys[at].is_empty()).collect();
        let blank = keys.len() - said.len();
        (said, blank)
    };
    let ((old_said, old_blank), (new_said, new_blank)) = (texts(&old_keys), texts(&new_keys));
    let a: Vec<&str> = old_said.iter().map(|&at| &*old_keys[at]).collect();
    let b: Vec<&str> = new_said.iter().map(|&at| &*new_keys[at]).collect();
    let [mut indentation, mut within, mut trailing, mut blank] = [0; 4];
    let head = |line: &str| line.len() - line.trim_start().len();
    let tail = |line: &str| line.len() - line.trim_end().len();
    let (mut at, mut to) = (0, 0);
    let mut last: Option<(usize, usize)> = None;
    for (removed, added) in text::edits(&a, &b).into_iter().chain([(a.len()..a.len(), b.len()..b.len())]) {
        for (o, n) in (at..removed.start).zip(to..added.start) {
            let (o, n) = (old_said[o], new_said[n]);
            let (was, is) = (old[o], new[n]);
            indentation += usize::from(was[..head(was)] != is[..head(is)]);
            trailing += usize::from(was[was.len() - tail(was)..] != is[is.len() - tail(is)..]);
            within += usize::from(was.trim() != is.trim());
            if let Some((last_o, last_n)) = last {
                blank += (o - last_o).abs_diff(n - last_n);
            } else {
                blank += o.abs_diff(n);
            }
            last = Some((o, n));
        }
        if !(removed.is_empty() && added.is_empty()) {
            // Blank lines around what was edited belong to the edit.
            last = removed
                .end
                .checked_sub(1)
                .zip(added.end.checked_sub(1))
                .map(|(o, n)| (old_said[o], new_said[n]));
        }
        (at, to) = (removed.end, added.end);
    }
    if let Some((o, n)) = last {
        blank += (old.len() - o).abs_diff(new.len() - n);
    } else {
        blank += old_blank.abs_diff(new_blank);
    }
    let found = [
        (indentation, Whitespace::Indentation { lines: indentation }),
        (within, Whitespace::WithinLines { lines: within }),
        (trailing, Whitespace::TrailingBlanks { lines: trailing }),
        (blank, Whitespace::BlankLines { lines: blank }),
    ];
    found.into_iter().filter(|(lines, _)| *lines > 0).map(|(_, found)| found).collect()
}

#[cfg(test)]
mod tests {
    use crate::diff::{Options, compare};
    use crate::format::{Format, parse};

    #[track_caller]
    fn check(format: Format, old: &str, new: &str, expected: &[&str]) {
        let (old, new) = (parse(format, old).unwrap(), parse(format, new).unwrap());
        let diff = compare(&old, &new, &Options::default());
        let found: Vec<_> = diff.whitespace().iter().map(ToString::to_string).collect();
        assert_eq!(found, expected);
    }

    #[test]
    fn each_kind_of_white_space_is_told() {
        let yaml = |old, new, expected: &[&str]| check(Format::Yaml, old, new, expected);
        yaml("a: 1\r\nb: 2\r\n", "a: 1\nb: 2\n", &["line ends CRLF → LF (2 lines)"]);
        yaml("a: 1\nb: 2\n", "a: 1\nb: 2", &["final newline removed"]);
        yaml("a: 1\n", "\u{feff}a: 1\n", &["byte order mark added"]);
        yaml("a:\n  b: 1\n", "a:\n    b: 1\n", &["indentation (1 line)"]);
        yaml("a: 1\nb: 2\n", "a: 1  \nb: 2\n", &["trailing blanks (1 line)"]);
        yaml("a: 1\nb: 2\n", "a: 1\n\n\nb:  2\n", &["blanks within lines (1 line)", "blank lines (2 lines)"]);
        yaml("a: 1\n", "a: 1\n\n", &["blank lines (1 line)"]);
        check(Format::Json, "{\"a\":1}\n", "{\n\"a\":1\n}\n", &["line breaks"]);
    }

    #[test]
    fn edits_of_the_content_are_no_white_space() {
        check(Format::Yaml, "a: 1\nb: 2\n", "a: 1\nc:\n  d: 2\n", &[]);
        check(Format::Yaml, "a: 1\r\nb: 2\r\n", "a: 1\nb: 3\n", &["line ends CRLF → LF (2 lines)"]);
    }
}
