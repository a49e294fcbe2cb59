//! JSON (RFC 8259).
use crate::model::{tree::Tree, value::Value};

/// Parses a JSON document.
pub fn parse(_text: &str) -> Result<Tree, std::io::Error> {
    Err(std::io::Error::other("not yet"))
}

/// Writes a value as JSON on one line.
pub fn to_string(_value: &Value) -> String {
    String::new()
}
