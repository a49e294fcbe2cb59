//! Java properties.

mod print;

use std::sync::Arc;

use super::lines::text_start;
use super::{Format, ParseError};
use crate::model::tree::{Span, Tree, TreeBuilder};

pub(super) use print::{escaped_key, escaped_text, print};

/// Parses a properties file as Java's `Properties.load` does, of UTF-8 text.
///
/// A key ends at the first `=`, `:` or blank that is not escaped. A backslash at a line's end continues the line, the
/// blanks before what follows are passed over. Comments are lines that begin with `#` or `!`. Half of a surrogate
/// pair is an error.
pub(super) fn read(source: &Arc<String>) -> Result<Tree, ParseError> {
    let mut reader =
        Reader { source, at: text_start(source), builder: TreeBuilder::over(Arc::clone(source)) };
    reader.builder.without_types();
    reader.builder.begin_map(0);
    while reader.at < source.len() {
        reader.line().map_err(|fault| ParseError::at(Format::Properties, source, fault.0, fault.1))?;
    }
    reader.builder.end(source.len());
    Ok(reader.builder.finish())
}

struct Reader<'a> {
    source: &'a str,
    at: usize,
    builder: TreeBuilder,
}

struct Fault(usize, &'static str);

/// A character of a logical line.
enum Next {
    Plain(char),
    Escaped(char),
    /// A line end behind a backslash, and the blanks after it.
    Continued,
    /// A line end or the end of the source.
    End,
}

impl Reader<'_> {
    /// Reads one logical line.
    fn line(&mut self) -> Result<(), Fault> {
        while self.source[self.at..].starts_with([' ', '\t', '\u{c}', '\n', '\r']) {
            self.at += 1;
        }
        let rest = &self.source[self.at..];
        if rest.starts_with(['#', '!']) {
            let end = rest.find(['\n', '\r']).unwrap_or(rest.len());
            self.builder.comment(Span::new(self.at, self.at + end));
            self.at += end;
            return Ok(());
        }
        self.continuations();
        if self.source[self.at..].is_empty() || self.source[self.at..].starts_with(['\n', '\r']) {
            return Ok(());
        }
        let key_start = self.at;
        let key = self.text(|c| matches!(c, '=' | ':' | ' ' | '\t' | '\u{c}'))?;
        let key_span = Span::new(key_start, self.at);
        let text = super::place(self.source, &key, key_span);
        self.builder.key(text, key_span);
        self.separator();
        let value_start = self.at;
        let value = self.text(|_| false)?;
        let span = Span::new(value_start, self.at);
        let text = super::place(self.source, &value, span);
        self.builder.string(text, span);
        Ok(())
    }

    /// Passes over lines of only a backslash: what follows them is no comment.
    fn continuations(&mut self) {
        loop {
            let start = self.at;
            if !matches!(self.next(), Ok(Next::Continued)) {
                self.at = start;
                return;
            }
        }
    }

    /// Reads up to a character that ends the text, or the end of the logical line.
    fn text(&mut self, ends: fn(char) -> bool) -> Result<String, Fault> {
        let mut text = String::new();
        loop {
            let start = self.at;
            match self.next()? {
                Next::Plain(c) if ends(c) => {
                    self.at = start;
                    return Ok(text);
                }
                Next::Plain(c) | Next::Escaped(c) => text.push(c),
                Next::Continued => {}
                Next::End => {
                    self.at = start;
                    return Ok(text);
                }
            }
        }
    }

    /// Passes over blanks, up to one `=` or `:`, and blanks.
    fn separator(&mut self) {
        let mut seen = false;
        loop {
            let start = self.at;
            match self.next() {
                Ok(Next::Plain(' ' | '\t' | '\u{c}') | Next::Continued) => {}
                Ok(Next::Plain('=' | ':')) if !seen => seen = true,
                _ => {
                    self.at = start;
                    return;
                }
            }
        }
    }

    fn next(&mut self) -> Result<Next, Fault> {
        let start = self.at;
        let rest = &self.source[start..];
        let mut chars = rest.chars();
        let Some(first) = chars.next().filter(|&c| c != '\n' && c != '\r') else { return Ok(Next::End) };
        self.at += first.len_utf8();
        if first != '\\' {
            return Ok(Next::Plain(first));
        }
        let Some(escaped) = chars.next() else { return Ok(Next::Continued) };
        self.at += escaped.len_utf8();
        Ok(match escaped {
            '\n' | '\r' => {
                let line_end = if rest[1..].starts_with("\r\n") { 2 } else { 1 };
                let after = &rest[1 + line_end..];
                let blanks = after.len() - after.trim_start_matches([' ', '\t', '\u{c}']).len();
                self.at = start + 1 + line_end + blanks;
                Next::Continued
            }
            't' => Next::Escaped('\t'),
            'n' => Next::Escaped('\n'),
            'r' => Next::Escaped('\r'),
            'f' => Next::Escaped('\u{c}'),
            'u' => Next::Escaped(self.unicode(start)?),
            other => Next::Escaped(other),
        })
    }

    fn unicode(&mut self, start: usize) -> Result<char, Fault> {
        let first = self.hex4(start)?;
        let mut code = first;
        if (0xd800..0xdc00).contains(&first) && self.source[self.at..].starts_with("\\u") {
            self.at += 2;
            let second = self.hex4(start)?;
            if (0xdc00..0xe000).contains(&second) {
                code = 0x10000 + ((first - 0xd800) << 10) + (second - 0xdc00);
            }
        }
        char::from_u32(code).ok_or(Fault(start, "half of a character"))
    }

    fn hex4(&mut self, start: usize) -> Result<u32, Fault> {
        let digits = self.source.get(self.at..self.at + 4);
        let valid = digits.filter(|digits| digits.bytes().all(|byte| byte.is_ascii_hexdigit()));
        let code = valid.and_then(|digits| u32::from_str_radix(digits, 16).ok());
        self.at += 4;
        code.ok_or(Fault(start, "expected four hexadecimal digits after `\\u`"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::format::{json, parse};

    fn check(source: &str, expected: &str) {
        let tree = parse(Format::Properties, source).unwrap();
        assert_eq!(json::to_string(&tree.to_value().unwrap()), expected, "{source}");
    }

    #[test]
    fn keys_end_at_the_first_separator() {
        check(
            "a=1\nb : 2\nc 3\nd\n\te = = 5 \nf:=6\n",
            r#"{"a":"1","b":"2","c":"3","d":"","e":"= 5 ","f":"=6"}"#,
        );
        check("a\\ b\\=c = d\n=x\n", r#"{"a b=c":"d","":"x"}"#);
        check("\u{feff}a=1\r\nb=2\rc=3", r#"{"a":"1","b":"2","c":"3"}"#);
    }

    #[test]
    fn a_backslash_continues_a_line() {
        check("a = 1,\\\n    2,\\\r\n\t3\nb=x\\\\\nc=4\n", r#"{"a":"1,2,3","b":"x\\","c":"4"}"#);
        check("a\\\n  b \\\n = 1\n", r#"{"ab":"1"}"#);
        check("a=1\\\n\nb=2\\", r#"{"a":"1","b":"2"}"#);
        check("a=x\\\n# no comment\n\\\n #neither\n", r##"{"a":"x# no comment","#neither":""}"##);
        check("\\\n\na=1\n\\", r#"{"a":"1"}"#);
    }

    #[test]
    fn escapes_are_decoded() {
        check(r"a = \t\n\u00e9\ud83d\ude00\q\:\ x", r#"{"a":"\t\né😀q: x"}"#);
        for source in [r"a=\u12", r"a=\u12g4", r"a=\ud83d", r"a=\ud83dx", r"a=\u+123"] {
            assert!(parse(Format::Properties, source).is_err(), "{source}");
        }
    }

    #[test]
    fn places_and_comments_are_those_of_the_source() {
        let source = "# one\n a.b = x \\\n   y\n! two\nempty=\n";
        let tree = parse(Format::Properties, source).unwrap();
        let slice = |span: Span| &source[span.range()];
        let a = tree.child(tree.root(), "a.b").unwrap();
        assert_eq!((slice(tree.key_span(a)), slice(tree.span(a))), ("a.b", "x \\\n   y"));
        let empty = tree.child(tree.root(), "empty").unwrap();
        assert_eq!(tree.span(empty).start as usize, source.len() - 1);
        assert_eq!(tree.comments().iter().map(|&span| slice(span)).collect::<Vec<_>>(), ["# one", "! two"]);
    }
}
