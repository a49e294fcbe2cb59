//! Edits in place: what the tests of all formats share.

use vconf::format::edit::{EditError, edit};
use vconf::format::{self, Document, Format, json};
use vconf::model::value::Value;

pub(crate) fn document(format: Format, source: &str) -> Document {
    let document = format::read("", source, Some(format));
    assert!(document.warning.is_none(), "{:?}: {source}", document.warning);
    document
}

/// Edits a source so that it means what a JSON text says.
pub(crate) fn edited(format: Format, source: &str, target: &str) -> Result<String, EditError> {
    let target = json::parse(target).unwrap().to_value().unwrap();
    let bytes = edit(&document(format, source), &target)?;
    Ok(String::from_utf8(bytes).unwrap())
}

/// Holds each `[before, target, after]` to the byte; an edit back to what it was must be one that can be made.
pub(crate) fn check(format: Format, cases: &[[&str; 3]]) {
    for [before, target, after] in cases {
        match edited(format, before, target) {
            Ok(result) => assert_eq!(&result, after, "{before} → {target}"),
            Err(error) => panic!("{error}: {before} → {target}"),
        }
    }
}

/// Holds each `[before, target, error]`.
pub(crate) fn refuse(format: Format, cases: &[[&str; 3]]) {
    for [before, target, expected] in cases {
        match edited(format, before, target) {
            Ok(result) => panic!("{before} → {target} was made: {result}"),
            Err(error) => assert_eq!(&error.to_string(), expected, "{before} → {target}"),
        }
    }
}

/// The content of a document, where it has some that is not too deep.
pub(crate) fn content(document: &Document) -> Option<Value> {
    document.tree.as_ref()?.to_value().ok()
}
