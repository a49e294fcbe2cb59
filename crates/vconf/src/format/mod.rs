//! Formats: detect, parse, print.

mod error;
pub mod json;
mod name;

pub use error::ParseError;
pub use name::{Format, UnknownFormat};

/// How deep a source may nest.
pub const MAX_DEPTH: usize = 1 << 20;

/// How long a source may be that is parsed: 256 MiB.
pub const MAX_SOURCE_BYTES: usize = 256 << 20;

/// Refuses a source that is too long to parse.
fn check_size(format: Format, source: &str) -> Result<(), ParseError> {
    if source.len() > MAX_SOURCE_BYTES {
        let message = format!("longer than the {MAX_SOURCE_BYTES} bytes that are parsed");
        return Err(ParseError::at(format, "", 0, message));
    }
    Ok(())
}
