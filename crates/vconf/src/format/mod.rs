//! Formats: detect, parse, print.
//!
//! [`read`] takes the bytes of any file and never fails: what does not parse is text, with a warning. [`parse`] reads
//! a source in one format. A [`Tree`] knows the place of each of its nodes, so that edits can be made in the source.

mod detect;
mod digits;
mod document;
pub mod edit;
mod encoding;
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

pub use document::{Document, read};
pub use encoding::Encoding;
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
