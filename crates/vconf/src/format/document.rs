//! A file of any content, read as far as it can be.

use std::sync::Arc;

use super::{Encoding, Format, ParseError, check_size, detect, parse_shared, text};
use crate::model::tree::Tree;

/// A file's content, as far as it could be parsed.
#[derive(Clone, Debug)]
pub struct Document {
    /// What the file was read as.
    pub format: Format,
    /// The content; none for bytes that are not text and for what is too long to be parsed.
    pub tree: Option<Arc<Tree>>,
    /// How the bytes become the tree's source.
    pub encoding: Encoding,
    /// Why the file is not what its name or the caller says it is.
    pub warning: Option<ParseError>,
    /// Why a file that is called JSON is read as a dialect of it, which strict readers refuse.
    pub dialect: Option<ParseError>,
    /// The file's bytes, where they are not those of the tree's source.
    bytes: Option<Arc<Vec<u8>>>,
}

/// Reads a file of any content; never fails.
///
/// The format is `forced`, or that of the file's `name`, or else what the content evidently is. A file that its name
/// or the caller says is in a format, and that does not parse, is text with a warning; a `.json` file may be JSONC or
/// JSON5, and is then called that. What is not UTF-8, or holds a NUL, is binary, but for properties, which may be ISO
/// 8859-1. A source past [`MAX_SOURCE_BYTES`](super::MAX_SOURCE_BYTES) has no tree, with a warning. Give an owned
/// `Vec` to have the bytes moved, not copied. Linear.
pub fn read(name: &str, bytes: impl Into<Vec<u8>>, forced: Option<Format>) -> Document {
    let claimed = forced.or_else(|| Format::of_file_name(name));
    let bytes = bytes.into();
    if claimed == Some(Format::Binary) {
        return Document { bytes: Some(Arc::new(bytes)), ..Document::new(Format::Binary, None, None) };
    }
    match decode(bytes, claimed) {
        Ok((source, encoding, bytes)) => {
            let source = Arc::new(source);
            let mut document = read_text(&source, claimed, forced.is_some());
            document.encoding = encoding;
            document.bytes = match &document.tree {
                Some(_) => bytes,
                None => bytes.or_else(|| Some(Arc::new(Arc::unwrap_or_clone(source).into_bytes()))),
            };
            document
        }
        Err(NotText { bytes, before, message }) => {
            let claimed = claimed.filter(|&format| format != Format::Text);
            let before = String::from_utf8_lossy(&bytes[..before]);
            let warning = claimed.map(|format| ParseError::at(format, &before, before.len(), message));
            Document { bytes: Some(Arc::new(bytes)), ..Document::new(Format::Binary, None, warning) }
        }
    }
}

impl Document {
    /// The exact bytes that were read.
    pub fn source(&self) -> &[u8] {
        match (&self.bytes, &self.tree) {
            (Some(bytes), _) => bytes,
            (None, Some(tree)) => tree.source().as_bytes(),
            (None, None) => &[],
        }
    }

    fn new(format: Format, tree: Option<Tree>, warning: Option<ParseError>) -> Self {
        Self {
            format,
            tree: tree.map(Arc::new),
            encoding: Encoding::Utf8,
            warning,
            dialect: None,
            bytes: None,
        }
    }
}

fn read_text(source: &Arc<String>, claimed: Option<Format>, forced: bool) -> Document {
    if let Err(warning) = check_size(claimed.unwrap_or(Format::Text), source) {
        return Document::new(Format::Text, None, Some(warning));
    }
    match claimed {
        Some(Format::Text) => as_text(source, None),
        Some(format) => match parse_shared(format, source) {
            Ok(tree) => Document::new(format, Some(tree), None),
            Err(warning) => match relaxed(format, source).filter(|_| !forced) {
                Some((format, tree)) => {
                    Document { dialect: Some(warning), ..Document::new(format, Some(tree), None) }
                }
                None => as_text(source, Some(warning)),
            },
        },
        None => match detect::by_content(source) {
            Some((format, tree)) => Document::new(format, Some(tree), None),
            None => as_text(source, None),
        },
    }
}

/// Reads a file that is called JSON and is a dialect of it.
fn relaxed(format: Format, source: &Arc<String>) -> Option<(Format, Tree)> {
    let dialects: &[Format] = if format == Format::Json { &[Format::Jsonc, Format::Json5] } else { &[] };
    dialects.iter().find_map(|&format| Some((format, parse_shared(format, source).ok()?)))
}

fn as_text(source: &Arc<String>, warning: Option<ParseError>) -> Document {
    match text::parse(source) {
        Ok(tree) => Document::new(Format::Text, Some(tree), warning),
        Err(error) => Document::new(Format::Text, None, warning.or(Some(error))),
    }
}

/// Bytes that are not text: how many stand before the first that can't be, and why it can't.
struct NotText {
    bytes: Vec<u8>,
    before: usize,
    message: &'static str,
}

/// A text, and the bytes that it was made of where they are not its own.
type Decoded = (String, Encoding, Option<Arc<Vec<u8>>>);

fn decode(bytes: Vec<u8>, claimed: Option<Format>) -> Result<Decoded, NotText> {
    let (source, encoding, bytes) = match String::from_utf8(bytes) {
        Ok(source) => (source, Encoding::Utf8, None),
        Err(error) => {
            let latin1 = Encoding::Latin1.decode(error.as_bytes());
            match latin1.filter(|_| claimed == Some(Format::Properties)) {
                Some(source) => (source, Encoding::Latin1, Some(error.into_bytes())),
                None => {
                    let before = error.utf8_error().valid_up_to();
                    return Err(NotText { bytes: error.into_bytes(), before, message: "not UTF-8" });
                }
            }
        }
    };
    let nul = if has_nul(source.as_bytes()) { source.find('\0') } else { None };
    match nul {
        Some(at) => {
            let before = if bytes.is_some() { source[..at].chars().count() } else { at };
            let bytes = bytes.unwrap_or_else(|| source.into_bytes());
            Err(NotText { bytes, before, message: "a NUL byte" })
        }
        None => Ok((source, encoding, bytes.map(Arc::new))),
    }
}

/// Whether a byte is NUL: faster than to find it, which is seldom needed.
fn has_nul(bytes: &[u8]) -> bool {
    let (blocks, rest) = bytes.as_chunks::<64>();
    let any = |bytes: &[u8]| bytes.iter().fold(false, |any, &byte| any | (byte == 0));
    blocks.iter().any(|block| any(block)) || any(rest)
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
    fn the_exact_bytes_are_kept_whatever_they_are() {
        for (name, bytes) in [
            ("a.json", b"\xef\xbb\xbf{}\r\n".as_slice()),
            ("a.json", b"{"),
            ("a.json", b"\xff{"),
            ("a.json", b"{\0"),
            ("a.properties", b"a=\xe9"),
            ("a.properties", b"a=\xe9\0"),
            ("a", b""),
        ] {
            assert_eq!(read(name, bytes, None).source(), bytes);
            assert_eq!(read(name, bytes, Some(Format::Binary)).source(), bytes);
        }
    }

    #[test]
    fn a_forced_format_is_not_second_guessed() {
        let document = read("a.json", "{}", Some(Format::Text));
        assert_eq!((document.format, document.warning), (Format::Text, None));
        let document = read("a.txt", "[1,]", Some(Format::Json));
        assert_eq!((document.format, document.warning.is_some()), (Format::Text, true));
        assert!(read("a", "x", Some(Format::Binary)).tree.is_none());
    }

    #[test]
    fn properties_may_be_in_the_encoding_that_java_had() {
        let bytes = b"a=\xe9\n".as_slice();
        let document = read("x.properties", bytes, None);
        let tree = document.tree.unwrap();
        assert_eq!(
            (document.format, document.encoding, document.warning),
            (Format::Properties, Encoding::Latin1, None)
        );
        assert_eq!(tree.to_value().unwrap().get("a").unwrap().as_str(), Some("\u{e9}"));
        assert_eq!(document.encoding.encode(tree.source()).as_deref(), Some(bytes));
        assert_eq!(read("x.properties", "a=\u{e9}", None).encoding, Encoding::Utf8);
    }

    #[test]
    fn json_in_name_may_be_a_dialect() {
        check("a.json", "{\"a\": 1, // c\n}", Format::Jsonc, None);
        check("a.json", "{a: 1}", Format::Json5, None);
        check("tsconfig.json", "{\"a\": [1,],}", Format::Jsonc, None);
    }

    #[test]
    fn content_decides_where_the_name_does_not() {
        for (source, format) in [
            ("{\"a\": 1}", Format::Json),
            ("[1, 2]\n", Format::Json),
            ("{\"a\": 1, // c\n}", Format::Jsonc),
            ("---\na: 1\n", Format::Yaml),
            ("%YAML 1.2\n---\n- a\n", Format::Yaml),
            ("[core]\n\tbare = maybe\n; c\n[remote \"x\"]\nurl = a b\n", Format::Ini),
            ("[a]\nx = \"y\"\nz = [1]\n", Format::Toml),
            ("x = 1\ny = true\n", Format::Toml),
            ("---\ntitle: x\n---\nSome prose, and more.\n", Format::Text),
            ("user nginx;\nhttp {\n  server { listen 80; }\n}\n", Format::Text),
            ("#!/bin/sh\nA=1\n", Format::Text),
            ("A=1\necho $A\n", Format::Text),
            ("1\n", Format::Text),
            ("\"x\"", Format::Text),
            ("key: value\n", Format::Text),
            ("# only\n# comments\n", Format::Text),
            ("[section]\n", Format::Text),
            ("{ not json", Format::Text),
            ("", Format::Text),
        ] {
            check("some.conf", source, format, None);
            check("unknown", source, format, None);
        }
    }
}
