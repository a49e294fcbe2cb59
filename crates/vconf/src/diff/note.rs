//! What two strings that look alike differ in.

use std::fmt;

use unicode_normalization::UnicodeNormalization;

/// A difference of two strings that is easily overlooked.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Note {
    /// Only their line ends differ.
    LineEnds,
    /// Only their white space differs.
    Whitespace,
    /// Only upper and lower case differ.
    Case,
    /// They are the same characters, composed in another way (Unicode Standard Annex #15).
    Normalization,
    /// Only characters that can't be seen differ.
    Invisible,
}

impl Note {
    /// The name in JSON.
    pub fn name(self) -> &'static str {
        match self {
            Self::LineEnds => "line-ends",
            Self::Whitespace => "whitespace",
            Self::Case => "case",
            Self::Normalization => "normalization",
            Self::Invisible => "invisible",
        }
    }
}

impl fmt::Display for Note {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::LineEnds => "line ends only",
            Self::Whitespace => "whitespace only",
            Self::Case => "case only",
            Self::Normalization => "Unicode normalization only",
            Self::Invisible => "invisible characters only",
        })
    }
}

/// Tells what two different strings differ in. Linear in their length.
pub(super) fn of(old: &str, new: &str) -> Option<Note> {
    let visible = |c: &char| !super::change::is_unsafe(*c) || c.is_control();
    let lines = |text: &str| text.replace("\r\n", "\n").replace('\r', "\n");
    if lines(old) == lines(new) {
        Some(Note::LineEnds)
    } else if old.split_whitespace().flat_map(str::chars).eq(new.split_whitespace().flat_map(str::chars)) {
        Some(Note::Whitespace)
    } else if old.nfc().eq(new.nfc()) {
        Some(Note::Normalization)
    } else if old.chars().flat_map(char::to_lowercase).eq(new.chars().flat_map(char::to_lowercase)) {
        Some(Note::Case)
    } else if old.chars().filter(visible).eq(new.chars().filter(visible)) {
        Some(Note::Invisible)
    } else {
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_easily_overlooked_is_named() {
        assert_eq!(of("a\r\nb", "a\nb"), Some(Note::LineEnds));
        assert_eq!(of("a b", "a  b "), Some(Note::Whitespace));
        assert_eq!(of("", " "), Some(Note::Whitespace));
        assert_eq!(of("Straße", "STRAßE"), Some(Note::Case));
        assert_eq!(of("caf\u{e9}", "cafe\u{301}"), Some(Note::Normalization));
        assert_eq!(of("ab", "a\u{200b}b"), Some(Note::Invisible));
        assert_eq!(of("a", "b"), None);
    }
}
