//! Why a source could not be parsed, and where.

use std::fmt;

use super::Format;

/// A source is not in the format that it was read as.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct ParseError {
    /// The format that was tried.
    pub format: Format,
    /// Where parsing stopped, in bytes from the start of the source.
    pub offset: usize,
    /// The line of that place, from 1.
    pub line: usize,
    /// The column of that place in characters, from 1.
    pub column: usize,
    /// What was expected there, or what was found that may not be.
    pub message: String,
}

impl ParseError {
    /// Makes an error at a byte of a source. An offset inside a character counts as that character's place.
    pub fn at(format: Format, source: &str, offset: usize, message: impl Into<String>) -> Self {
        let mut offset = offset.min(source.len());
        while !source.is_char_boundary(offset) {
            offset -= 1;
        }
        let before = &source[..offset];
        let line_start = before.rfind('\n').map_or(0, |at| at + 1);
        let line = 1 + before.bytes().filter(|&byte| byte == b'\n').count();
        let column = 1 + before[line_start..].chars().filter(|&c| c != '\u{feff}').count();
        Self { format, offset, line, column, message: message.into() }
    }
}

impl fmt::Display for ParseError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "not valid {} at line {}, column {}: {}", self.format, self.line, self.column, self.message)
    }
}

impl std::error::Error for ParseError {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_place_is_told_in_lines_and_characters() {
        let error = ParseError::at(Format::Json, "{\n\"ä\": ?}", 8, "expected a value");
        assert_eq!(error.to_string(), "not valid json at line 2, column 6: expected a value");
    }

    #[test]
    fn a_byte_order_mark_takes_no_column() {
        assert_eq!(ParseError::at(Format::Json, "\u{feff}x", 3, "").column, 1);
    }

    #[test]
    fn an_offset_past_the_end_is_the_end() {
        let error = ParseError::at(Format::Json, "ab\n", 99, "");
        assert_eq!((error.offset, error.line, error.column), (3, 2, 1));
    }
}
