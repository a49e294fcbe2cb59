//! Formats: detect, parse, print.
//!
//! [`read`] takes the bytes of any file and never fails: what does not parse is text, with a warning. [`parse`] reads
//! a source in one format. A [`Tree`] knows the place of each of its nodes, so that edits can be made in the source.

mod detect;
mod digits;
mod env;
mod error;
mod ini;
pub mod json;
mod lines;
mod print;
mod properties;
mod text;
mod toml;
mod typed;
mod yaml;

use std::sync::Arc;

pub use error::ParseError;
pub use print::{PrintError, print};
pub use yaml::{MAX_ALIAS_BYTES, MAX_ALIAS_NODES};

pub use crate::model::format::{Format, UnknownFormat};
use crate::model::tree::{Span, Text, Tree};

/// How deep a source may nest.
pub const MAX_DEPTH: usize = 1 << 20;

/// How long a source may be that is parsed: 256 MiB.
pub const MAX_SOURCE_BYTES: usize = 256 << 20;

/// How many nodes a source may have.
pub const MAX_NODES: usize = 1 << 26;

/// A file's content, as far as it could be parsed.
#[derive(Clone, Debug)]
pub struct Document {
    /// What the file was read as.
    pub format: Format,
    /// The content; none for bytes that are not text and for what is too long to be parsed.
    pub tree: Option<Tree>,
    /// Why the file is not what its name or the caller says it is.
    pub warning: Option<ParseError>,
}

/// Reads a file of any content; never fails.
///
/// The format is `forced`, or that of the file's `name`, or else what the content evidently is. A file that its name
/// or the caller says is in a format, and that does not parse, is text with a warning; a `.json` file may be JSONC or
/// JSON5, and is then called that. What is not UTF-8, or holds a NUL, is binary. A source past [`MAX_SOURCE_BYTES`]
/// has no tree, with a warning. Give an owned `Vec` to have the bytes moved, not copied. Linear.
pub fn read(name: &str, bytes: impl Into<Vec<u8>>, forced: Option<Format>) -> Document {
    let claimed = forced.or_else(|| Format::of_file_name(name));
    let source = match decode(bytes.into()) {
        Ok(source) => Arc::new(source),
        Err(NotText { before, message }) => {
            let claimed = claimed.filter(|&format| !matches!(format, Format::Text | Format::Binary));
            let warning = claimed.map(|format| ParseError::at(format, &before, before.len(), message));
            return Document { format: Format::Binary, tree: None, warning };
        }
    };
    if forced == Some(Format::Binary) {
        return Document { format: Format::Binary, tree: None, warning: None };
    }
    if let Err(warning) = check_size(claimed.unwrap_or(Format::Text), &source) {
        return Document { format: Format::Text, tree: None, warning: Some(warning) };
    }
    match claimed {
        Some(Format::Text) => as_text(&source, None),
        Some(format) => match parse_shared(format, &source) {
            Ok(tree) => Document { format, tree: Some(tree), warning: None },
            Err(warning) => match relaxed(format, forced, &source) {
                Some((format, tree)) => Document { format, tree: Some(tree), warning: None },
                None => as_text(&source, Some(warning)),
            },
        },
        None => match detect::by_content(&source) {
            Some((format, tree)) => Document { format, tree: Some(tree), warning: None },
            None => as_text(&source, None),
        },
    }
}

/// Parses a source in a format. [`Format::Binary`] has no content and is an error. Linear.
pub fn parse(format: Format, source: impl Into<String>) -> Result<Tree, ParseError> {
    let source = Arc::new(source.into());
    check_size(format, &source)?;
    parse_shared(format, &source)
}

fn parse_shared(format: Format, source: &Arc<String>) -> Result<Tree, ParseError> {
    match format {
        Format::Json => json::read(source),
        Format::Jsonc => json::read_commented(source),
        Format::Json5 => json::read_five(source),
        Format::Toml => toml::read(source),
        Format::Yaml => yaml::read(source),
        Format::Text => text::parse(source),
        Format::Ini => ini::read(source),
        Format::Env => env::read(source),
        Format::Properties => properties::read(source),
        Format::Binary => Err(ParseError::at(format, source, 0, "bytes without a structure")),
    }
}

/// Reads a file that is called JSON and is a dialect of it.
fn relaxed(format: Format, forced: Option<Format>, source: &Arc<String>) -> Option<(Format, Tree)> {
    if format != Format::Json || forced.is_some() {
        return None;
    }
    [Format::Jsonc, Format::Json5]
        .into_iter()
        .find_map(|format| Some((format, parse_shared(format, source).ok()?)))
}

fn as_text(source: &Arc<String>, warning: Option<ParseError>) -> Document {
    match text::parse(source) {
        Ok(tree) => Document { format: Format::Text, tree: Some(tree), warning },
        Err(error) => Document { format: Format::Text, tree: None, warning: warning.or(Some(error)) },
    }
}

/// Bytes that are not text: what comes before the first that can't be, and why it can't.
struct NotText {
    before: String,
    message: &'static str,
}

fn decode(bytes: Vec<u8>) -> Result<String, NotText> {
    let source = String::from_utf8(bytes).map_err(|error| {
        let valid = error.utf8_error().valid_up_to();
        let mut bytes = error.into_bytes();
        bytes.truncate(valid);
        let before = String::from_utf8(bytes).unwrap_or_default();
        NotText { before, message: "not UTF-8" }
    })?;
    match source.find('\0') {
        Some(at) => Err(NotText { before: source[..at].to_owned(), message: "a NUL byte" }),
        None => Ok(source),
    }
}

/// Refuses a source that is too long to parse.
fn check_size(format: Format, source: &str) -> Result<(), ParseError> {
    if source.len() > MAX_SOURCE_BYTES {
        let message = format!("longer than the {MAX_SOURCE_BYTES} bytes that are parsed");
        return Err(ParseError::at(format, "", 0, message));
    }
    Ok(())
}

/// A text as a range of the source, where it stands there as it is, with or without a mark at both ends.
fn place<'a>(source: &str, text: &'a str, span: Span) -> Text<'a> {
    let inner = Span { start: span.start + 1, end: span.end.saturating_sub(1).max(span.start + 1) };
    [span, inner]
        .into_iter()
        .find(|span| source.get(span.range()) == Some(text))
        .map_or(Text::Decoded(text), Text::Source)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(name: &str, source: &str, format: Format, warning: Option<&str>) {
        let document = read(name, source, None);
        assert_eq!(document.format, format, "{name}: {source:?}: {:?}", document.warning);
        assert_eq!(document.warning.map(|w| w.to_string()).as_deref(), warning, "{name}: {source:?}");
    }

    #[test]
    fn what_does_not_parse_is_text_with_a_warning() {
        let warning = "not valid json at line 1, column 6: expected a value, found `}`";
        check("a.json", "{\"a\":}", Format::Text, Some(warning));
        check("a.json", "{\"a\":1}", Format::Json, None);
    }

    #[test]
    fn what_is_not_text_is_binary() {
        let document = read("a.json", b"{\n\xff}".as_slice(), None);
        let warning = document.warning.unwrap();
        assert_eq!((document.format, warning.line, warning.column), (Format::Binary, 2, 1));
        let document = read("a", b"\0".as_slice(), None);
        assert_eq!((document.format, document.warning), (Format::Binary, None));
    }

    #[test]
    fn a_forced_format_is_not_second_guessed() {
        let document = read("a.json", "{}", Some(Format::Text));
        assert_eq!((document.format, document.warning), (Format::Text, None));
        let document = read("a.txt", "[1,]", Some(Format::Json));
        assert_eq!((document.format, document.warning.is_some()), (Format::Text, true));
        assert!(read("a", "x", Some(Format::Binary)).tree.is_none());
    }
}
