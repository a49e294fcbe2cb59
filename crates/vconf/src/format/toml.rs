//! TOML 1.1.

mod print;

use std::sync::Arc;

use ::toml::Spanned;
use ::toml::de::{DeString, DeTable, DeValue};
use toml_parser::lexer::TokenKind;

use super::{Format, ParseError, digits};
use crate::model::tree::{Span, Text, Tree, TreeBuilder};
use crate::model::value::Tagged;

pub(super) use print::{print, print_inline, print_key};

/// How deep tables, dotted keys and arrays may nest together; a table alone and an array alone less deep: 80.
const MAX_LEVELS: usize = 256;

/// Parses a TOML document.
///
/// Integers become decimal, floats keep their digits, and a date or time is a string under [`Tagged::TIMESTAMP`], with
/// `T`, `Z` and seconds. Children stand in the order of the source. A table's place is its header, that of one which is only
/// implied is its key.
pub(super) fn read(source: &Arc<String>) -> Result<Tree, ParseError> {
    let mut builder = TreeBuilder::over(Arc::clone(source));
    scan(source, &mut builder)?;
    let document = DeTable::parse(source).map_err(|error| {
        let at = error.span().map_or(0, |span| span.start);
        ParseError::at(Format::Toml, source, at, error.message())
    })?;
    let mut loader = Loader { source, builder };
    loader.builder.begin_map(0);
    loader.table(document.get_ref())?;
    loader.builder.end(source.len());
    Ok(loader.builder.finish())
}

/// Notes the comments, and refuses what nests too deep for what recurses later.
fn scan(source: &str, builder: &mut TreeBuilder) -> Result<(), ParseError> {
    let mut open: Vec<usize> = Vec::new();
    let mut level = 0;
    for token in toml_parser::Source::new(source).lex() {
        let span = token.span();
        match token.kind() {
            TokenKind::Comment => builder.comment(Span::new(span.start(), span.end())),
            TokenKind::LeftSquareBracket | TokenKind::LeftCurlyBracket => {
                level += 1;
                open.push(level);
            }
            TokenKind::RightSquareBracket | TokenKind::RightCurlyBracket => {
                level = open.pop().map_or(0, |level| level - 1);
            }
            TokenKind::Dot => level += 1,
            TokenKind::Comma | TokenKind::Newline => level = open.last().copied().unwrap_or(0),
            _ => {}
        }
        if level > MAX_LEVELS {
            let message = format!("nested deeper than {MAX_LEVELS} levels");
            return Err(ParseError::at(Format::Toml, source, span.start(), message));
        }
    }
    Ok(())
}

struct Loader<'a> {
    source: &'a str,
    builder: TreeBuilder,
}

impl Loader<'_> {
    /// Adds the children of a table. Recursive: the depth is bounded by [`scan`].
    fn table(&mut self, table: &DeTable<'_>) -> Result<(), ParseError> {
        let mut entries: Vec<(&Spanned<DeString<'_>>, &Spanned<DeValue<'_>>)> = table.iter().collect();
        entries.sort_unstable_by_key(|(key, _)| key.span().start);
        for (key, value) in entries {
            let span = Span::new(key.span().start, key.span().end);
            let text = self.place(key.get_ref(), span);
            self.builder.key(text, span);
            self.value(value)?;
        }
        Ok(())
    }

    fn value(&mut self, value: &Spanned<DeValue<'_>>) -> Result<(), ParseError> {
        let span = Span::new(value.span().start, value.span().end);
        match value.get_ref() {
            DeValue::String(text) => {
                let text = self.place(text, span);
                self.builder.string(text, span);
            }
            DeValue::Boolean(value) => self.builder.bool(*value, span),
            DeValue::Integer(integer) => {
                let (negative, digits) = sign(integer.as_str());
                let spelled = match integer.radix() {
                    10 => digits::to_json(negative, digits),
                    radix => digits::to_decimal(digits, radix),
                };
                self.number(spelled, span)?;
            }
            DeValue::Float(float) => {
                let (negative, digits) = sign(float.as_str());
                let spelled = match digits {
                    "inf" => Some(if negative { "-Infinity" } else { "Infinity" }.to_owned()),
                    "nan" => Some("NaN".to_owned()),
                    _ => digits::to_json(negative, digits),
                };
                self.number(spelled, span)?;
            }
            DeValue::Datetime(_) => self.datetime(span),
            DeValue::Array(items) => {
                self.builder.begin_list(span.start as usize);
                for item in items.iter() {
                    self.value(item)?;
                }
                self.builder.end(span.end as usize);
            }
            DeValue::Table(table) => {
                self.builder.begin_map(span.start as usize);
                self.table(table)?;
                self.builder.end(span.end as usize);
            }
        }
        Ok(())
    }

    fn number(&mut self, spelled: Option<String>, span: Span) -> Result<(), ParseError> {
        let Some(spelled) = spelled else {
            let message = "a number that is too long";
            return Err(ParseError::at(Format::Toml, self.source, span.start as usize, message));
        };
        let text = self.place(&spelled, span);
        self.builder.number(text, span);
        Ok(())
    }

    fn datetime(&mut self, span: Span) {
        let written = &self.source[span.range()];
        let mut spelled = written.to_ascii_uppercase().replace(' ', "T");
        let hours = if spelled.as_bytes().get(2) == Some(&b':') { 0 } else { "1979-05-27T".len() };
        let minutes_end = hours + "07:32".len();
        if spelled.is_char_boundary(minutes_end) && !spelled[minutes_end..].starts_with(':') {
            spelled.insert_str(minutes_end, ":00");
        }
        self.builder.tag(Tagged::TIMESTAMP);
        let text = self.place(&spelled, span);
        self.builder.string(text, span);
    }

    /// A text as a range of the source, where it stands there as it is.
    fn place<'t>(&self, text: &'t str, span: Span) -> Text<'t> {
        super::place(self.source, text, span)
    }
}

fn sign(text: &str) -> (bool, &str) {
    match text.strip_prefix('-') {
        Some(rest) => (true, rest),
        None => (false, text.strip_prefix('+').unwrap_or(text)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::format::json;

    fn check(source: &str, expected: &str) {
        let tree = crate::format::parse(Format::Toml, source).unwrap();
        assert_eq!(json::to_string(&tree.to_value().unwrap()), expected, "{source}");
    }

    fn error(source: &str) -> String {
        crate::format::parse(Format::Toml, source).unwrap_err().to_string()
    }

    #[test]
    fn tables_stand_where_they_first_come() {
        check(
            "x.y = 1\n[b]\nk = 1\n[a.c]\n[a]\nz = 2\n[[l]]\n[[l]]\nq = {r.s = 3}\n",
            r#"{"x":{"y":1},"b":{"k":1},"a":{"c":{},"z":2},"l":[{},{"q":{"r":{"s":3}}}]}"#,
        );
    }

    #[test]
    fn numbers_keep_their_digits() {
        check(
            "a = 0xdead_beef\nb = +1_000\nc = 1_000.50\nd = 0o17\n",
            r#"{"a":3735928559,"b":1000,"c":1000.50,"d":15}"#,
        );
        check(
            "a = [inf, -inf, nan, +nan, -nan, 1e+06, 0.0, -0.0]",
            r#"{"a":["Infinity","-Infinity","NaN","NaN","NaN",1e+06,0.0,-0.0]}"#,
        );
    }

    #[test]
    fn dates_and_times_are_tagged_texts() {
        let source = "a = 1979-05-27 07:32:00.123456789012z\nb = 07:32\n";
        let tree = crate::format::parse(Format::Toml, source).unwrap();
        let a = tree.child(tree.root(), "a").unwrap();
        assert_eq!(
            (tree.tag(a), tree.text(a)),
            (Some(Tagged::TIMESTAMP), "1979-05-27T07:32:00.123456789012Z")
        );
        let b = tree.child(tree.root(), "b").unwrap();
        assert_eq!((tree.tag(b), tree.text(b)), (Some(Tagged::TIMESTAMP), "07:32:00"));
        let source = "a = [1979-05-27, 1979-05-27t07:32-07:00]\n";
        check(source, r#"{"a":["1979-05-27","1979-05-27T07:32:00-07:00"]}"#);
    }

    #[test]
    fn comments_and_places_are_those_of_the_source() {
        let source = "\u{feff}# one\na = \"x\" # two\r\n[t]\n";
        let tree = crate::format::parse(Format::Toml, source).unwrap();
        let texts: Vec<_> = tree.comments().iter().map(|span| &source[span.range()]).collect();
        assert_eq!(texts, ["# one", "# two"]);
        let a = tree.child(tree.root(), "a").unwrap();
        assert_eq!((&source[tree.key_span(a).range()], &source[tree.span(a).range()]), ("a", "\"x\""));
    }

    #[test]
    fn depth_is_bounded() {
        assert!(error(&format!("a = {}", "[".repeat(100_000))).contains("nested deeper"));
        assert!(error(&format!("a{} = 1", ".a".repeat(100_000))).contains("nested deeper"));
        assert!(error(&format!("[a{}]", ".a".repeat(100_000))).contains("nested deeper"));
        assert!(error(&format!("a = {}", "{a.a.a.a.a=".repeat(90))).contains("nested deeper"));
    }

    #[test]
    fn a_key_that_comes_twice_is_an_error() {
        assert_eq!(error("a = 1\na = 2\n"), "not valid toml at line 2, column 1: duplicate key");
    }
}
