//! Edits in a source: the smallest ones that make it mean something else.
//!
//! [`edit`] compares what a source means with what it shall mean and replaces just the bytes that say otherwise, so
//! that comments, the order of keys, quotes, indentation and line ends elsewhere stay to the byte. The result is read
//! again before it is given back: an edit that would mean anything else than asked for is refused, never made.

mod align;
mod brackets;
mod buffer;
mod json;
mod layout;
mod lines;
mod sides;
mod toml;
mod yaml;

use std::borrow::Cow;
use std::fmt;
use std::ops::Range;

use super::print::{Unprintable, check_depth};
use super::{Document, Encoding, Format, parse};
use crate::model::path::{Path, Step};
use crate::model::tree::{Span, Tree};
use crate::model::value::Value;
use sides::Sides;

/// Writes a document's source so that its content is `target`, with the smallest edits that do it.
///
/// Maps keep the order of their keys; new keys follow the one that they follow in `target`. Linear, but for lists whose
/// items differ, which are compared like lines of text.
///
/// # Errors
/// What can't be edited in place safely, with its path and the reason; nothing is ever reformatted instead.
pub fn edit(document: &Document, target: &Value) -> Result<Vec<u8>, EditError> {
    let tree = document.tree.as_deref().ok_or(EditError::new(EditReason::NoStructure))?;
    check_depth(target).map_err(|_| EditError::unprintable("nested deeper than 512 levels"))?;
    // A byte order mark belongs to no line: what is edited is the text behind it.
    let source = match tree.source().strip_prefix(MARK) {
        None => edited_until_right(document, Cow::Borrowed(tree), target)?,
        Some(unmarked) => {
            let read = |source: &str| parse(document.format, source).ok();
            let unmarked = read(unmarked).ok_or(EditError::new(EditReason::Unsafe))?;
            let source = format!("{MARK}{}", edited_until_right(document, Cow::Owned(unmarked), target)?);
            let value = read(&source).and_then(|tree| tree.to_value().ok());
            value.filter(|value| value == target).ok_or(EditError::new(EditReason::Unsafe))?;
            source
        }
    };
    encoded(document, &source).ok_or(EditError::new(EditReason::Encoding))
}

/// What may stand at the beginning of a text and is no part of it.
const MARK: char = '\u{feff}';

/// Edits a source until it means the target, mostly once.
fn edited_until_right(
    document: &Document,
    mut tree: Cow<'_, Tree>,
    target: &Value,
) -> Result<String, EditError> {
    let mut source = edited(document, &tree, target)?;
    // A key that stands in its map more than once is gone, or has another name, once all of them are: one each time.
    for _ in 0..MAX_REPEATED {
        let read = parse(document.format, source.as_str()).ok();
        if read.as_ref().and_then(|tree| tree.to_value().ok()).as_ref() == Some(target) {
            return Ok(source);
        }
        let repeated = tree.notices().len();
        match read.filter(|read| read.notices().len() < repeated) {
            Some(read) => tree = Cow::Owned(read),
            None if repeated > 0 => return Err(EditError::entangled("a key stands there more than once")),
            None => return Err(EditError::new(EditReason::Unsafe)),
        }
        source = edited(document, &tree, target)?;
    }
    Err(EditError::entangled("a key stands there too many times"))
}

/// How often a key may stand in one map and still be taken away.
const MAX_REPEATED: usize = 16;

/// The bytes of a source, where they are read back as that.
fn encoded(document: &Document, source: &str) -> Option<Vec<u8>> {
    let bytes = document.encoding.encode(source)?;
    // Bytes of ISO 8859-1 may be UTF-8 by chance, and those with a NUL are no text.
    let is_read_back = match document.encoding {
        Encoding::Utf8 => true,
        Encoding::Latin1 => {
            std::str::from_utf8(&bytes).is_ok_and(|text| text == source)
                || std::str::from_utf8(&bytes).is_err()
        }
    };
    (is_read_back && !bytes.contains(&0)).then_some(bytes)
}

/// The source of a tree with the edits that are to make it a value. The result is not checked.
fn edited(document: &Document, tree: &Tree, target: &Value) -> Result<String, EditError> {
    let sides = Sides::new(tree, target);
    if sides.same(tree.root(), target) {
        return Ok(tree.source().to_owned());
    }
    let splices = match document.format {
        Format::Json | Format::Jsonc | Format::Json5 => json::splices(&sides, document.format, target)?,
        Format::Yaml => yaml::splices(&sides, target)?,
        Format::Toml => toml::splices(&sides, target)?,
        Format::Ini | Format::Env | Format::Properties => {
            lines::splices(&sides, document.format, document.encoding == Encoding::Latin1, target)?
        }
        Format::Text | Format::Binary => return Err(EditError::new(EditReason::NoStructure)),
    };
    Ok(apply(tree.source(), splices))
}

/// One replacement of bytes of a source. They are in order and do not overlap.
#[derive(Clone, PartialEq, Eq, Debug)]
struct Splice {
    at: Span,
    text: String,
}

impl Splice {
    fn new(start: usize, end: usize, text: impl Into<String>) -> Self {
        Self { at: Span::new(start, end), text: text.into() }
    }
}

fn apply(source: &str, splices: Vec<Splice>) -> String {
    apply_within(source, 0..source.len(), splices)
}

/// A part of the source with the edits in it.
fn apply_within(source: &str, part: Range<usize>, mut splices: Vec<Splice>) -> String {
    splices.sort_by_key(|splice| (splice.at.start, splice.at.end));
    let mut written = String::with_capacity(part.len());
    let mut copied = part.start;
    for Splice { at, text } in splices {
        let at = at.range();
        if at.start < copied {
            // What is inserted within what goes comes after it, and what goes may overlap. All else that overlaps is
            // refused by the check of the result.
            if at.is_empty() {
                written.push_str(&text);
            } else if text.is_empty() {
                copied = copied.max(at.end);
            }
            continue;
        }
        written.push_str(&source[copied..at.start]);
        written.push_str(&text);
        copied = at.end;
    }
    written.push_str(&source[copied..part.end]);
    written
}

/// A source can't be edited in place.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct EditError {
    /// Where in the content.
    pub path: Path,
    /// Why.
    pub reason: EditReason,
}

impl EditError {
    fn new(reason: EditReason) -> Self {
        Self { path: Path::root(), reason }
    }

    /// What a format can't hold, and where below.
    fn of(format: Format, fault: Unprintable) -> Self {
        let (steps, what) = fault.into_parts();
        Self { path: Path(steps), ..Self::unprintable(format!("{format} can't hold {what}")) }
    }

    fn unprintable(what: impl Into<String>) -> Self {
        Self::new(EditReason::Unprintable(what.into()))
    }

    fn entangled(what: &'static str) -> Self {
        Self::new(EditReason::Entangled(what))
    }

    /// The same, seen from one step further up.
    fn under(mut self, step: Step) -> Self {
        self.path.0.insert(0, step);
        self
    }
}

/// Why a source can't be edited in place.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum EditReason {
    /// It has no structure that could be edited.
    NoStructure,
    /// The edited source would not mean what was asked for.
    Unsafe,
    /// Its encoding lacks a character.
    Encoding,
    /// The format can't hold the value, or not here.
    Unprintable(String),
    /// Something in the source stands in the way: an alias, a merge key, a repeated key.
    Entangled(&'static str),
    /// An alias would mean something else.
    Alias {
        /// What becomes of it.
        what: &'static str,
        /// The line of the alias, from 1.
        alias_line: usize,
        /// The line in which begins what it stands for, from 1.
        anchor_line: usize,
    },
}

impl fmt::Display for EditError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("can't be edited in place")?;
        if self.path != Path::root() {
            write!(f, " at {}", self.path)?;
        }
        match &self.reason {
            EditReason::NoStructure => f.write_str(": it has no keys and values"),
            EditReason::Unsafe => f.write_str(": the result would not mean what was asked for"),
            EditReason::Encoding => f.write_str(": its encoding lacks a character"),
            EditReason::Unprintable(what) => write!(f, ": {what}"),
            EditReason::Entangled(what) => write!(f, ": {what}"),
            EditReason::Alias { what, alias_line, anchor_line } => {
                write!(f, ": {what}; line {alias_line} is an alias of what begins in line {anchor_line}")
            }
        }
    }
}

impl std::error::Error for EditError {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_byte_order_mark_stays_where_it_is_whatever_comes_and_goes_behind_it() {
        let cases: [(Format, &str, &str); 8] = [
            (Format::Json, "{\"a\": 1, \"b\": 2}", "{\"b\": 2}"),
            (Format::Yaml, "a: 1\nb: 2\n", "b: 2\n"),
            (Format::Yaml, "- 1\n- 2\n", "- 2\n"),
            (Format::Toml, "a = 1\nb = 2\n", "b = 2\n"),
            (Format::Toml, "[a]\nx = 1\n[b]\n", "[b]\n"),
            (Format::Ini, "[a]\nx = 1\n[b]\ny = 2\n", "[b]\ny = 2\n"),
            (Format::Env, "A=1\nB=2\n", "B=2\n"),
            (Format::Properties, "a=1\nb=2\n", "b=2\n"),
        ];
        for (format, whole, rest) in cases {
            for (from, to) in [(whole, rest), (rest, whole)] {
                let marked = format!("\u{feff}{from}");
                let target = parse(format, to).unwrap().to_value().unwrap();
                let edited = edit(&crate::format::read("", marked.as_bytes(), Some(format)), &target)
                    .unwrap_or_else(|e| panic!("{marked:?} → {to:?}: {e}"));
                let edited = String::from_utf8(edited).unwrap();
                assert_eq!(edited.matches('\u{feff}').count(), 1, "{format}: {edited:?}");
                assert!(edited.starts_with('\u{feff}'), "{format}: {edited:?}");
            }
        }
    }
}
