//! `.env`: variables for a process.

mod print;

use std::sync::Arc;

use super::lines::text_start;
use super::{Format, ParseError};
use crate::model::tree::{Span, Text, Tree, TreeBuilder};

pub(super) use print::{
    as_written, double_quoted, expands, fits_bare, fits_double, fits_single, is_bare, print,
};

/// Parses a `.env` file, as python-dotenv and node's dotenv do where they agree; variables are not substituted.
///
/// `KEY=value`, also after `export`, with blanks around `=`. A value ends at white space and `#`; in single quotes
/// `\\` and `\'` are escapes, in double quotes also those of C; both may span lines. What only begins like a quoted
/// value is taken as it stands. A key alone is null.
pub(super) fn read(source: &Arc<String>) -> Result<Tree, ParseError> {
    let mut reader =
        Reader { source, at: text_start(source), builder: TreeBuilder::over(Arc::clone(source)) };
    reader.builder.without_types();
    reader.builder.begin_map(0);
    while reader.at < source.len() {
        reader.line().map_err(|fault| ParseError::at(Format::Env, source, fault.0, fault.1))?;
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

impl<'a> Reader<'a> {
    /// Reads what begins on one line.
    fn line(&mut self) -> Result<(), Fault> {
        self.blanks();
        if self.rest().starts_with(['\n', '\r', '#']) || self.rest().is_empty() {
            self.comment();
            self.line_end();
            return Ok(());
        }
        let after_export = self.rest().strip_prefix("export").filter(|rest| rest.starts_with([' ', '\t']));
        if let Some(rest) = after_export
            && !rest.trim_start_matches([' ', '\t']).starts_with(['=', '\n', '\r', '#'])
        {
            self.at += "export".len();
            self.blanks();
        }
        self.key()?;
        self.blanks();
        if !self.rest().starts_with('=') {
            self.comment();
            if !self.rest().is_empty() && !self.rest().starts_with(['\n', '\r']) {
                return Err(Fault(self.at, "expected `=` after the key"));
            }
            self.builder.null(Span::new(self.at, self.at));
        } else {
            self.at += 1;
            self.value();
        }
        self.line_end();
        Ok(())
    }

    fn key(&mut self) -> Result<(), Fault> {
        let rest = self.rest();
        let quoted = rest.strip_prefix('\'').and_then(|rest| rest.split_once('\''));
        let (name, inside) = match quoted.filter(|(name, _)| !name.contains(['\n', '\r'])) {
            Some((name, _)) => (name.len() + 2, Span::new(self.at + 1, self.at + 1 + name.len())),
            None => {
                let end =
                    rest.find(|c: char| c.is_whitespace() || c == '=' || c == '#').unwrap_or(rest.len());
                (end, Span::new(self.at, self.at + end))
            }
        };
        if inside.is_empty() {
            return Err(Fault(self.at, "expected a key"));
        }
        self.builder.key(Text::Source(inside), Span::new(self.at, self.at + name));
        self.at += name;
        Ok(())
    }

    fn value(&mut self) {
        let start = self.at;
        self.blanks();
        if let Some(quote @ ('"' | '\'')) = self.rest().chars().next()
            && let Some((text, length)) = quoted(self.rest(), quote)
        {
            let end = self.at + length;
            let after = self.source[end..].trim_start_matches([' ', '\t']);
            if after.is_empty() || after.starts_with(['\n', '\r', '#']) {
                let span = Span::new(self.at, end);
                let text = super::place(self.source, &text, span);
                self.builder.string(text, span);
                self.at = end;
                self.blanks();
                self.comment();
                return;
            }
        }
        let rest = self.rest();
        let line = &rest[..rest.find(['\n', '\r']).unwrap_or(rest.len())];
        let blank = |at: usize| line[..at].ends_with(char::is_whitespace) || at == 0 && self.at > start;
        let comment = line.match_indices('#').map(|(at, _)| at).find(|&at| blank(at));
        let text = line[..comment.unwrap_or(line.len())].trim_end();
        // An empty value stands right behind the `=`.
        let value_start = if text.is_empty() { start } else { self.at };
        let span = Span::new(value_start, value_start + text.len());
        self.builder.string(Text::Source(span), span);
        self.at += comment.unwrap_or(line.len());
        self.comment();
    }

    fn blanks(&mut self) {
        let rest = self.rest();
        self.at +=
            rest.len() - rest.trim_start_matches(|c: char| c.is_whitespace() && c != '\n' && c != '\r').len();
    }

    fn comment(&mut self) {
        if self.rest().starts_with('#') {
            let end = self.rest().find(['\n', '\r']).unwrap_or(self.rest().len());
            self.builder.comment(Span::new(self.at, self.at + end));
            self.at += end;
        }
    }

    fn line_end(&mut self) {
        let rest = self.rest();
        self.at += if rest.starts_with("\r\n") { 2 } else { rest.chars().next().map_or(0, char::len_utf8) };
    }

    fn rest(&self) -> &'a str {
        &self.source[self.at..]
    }
}

/// A quoted value at the start of a text: what it means, and its length with the quotes. None where it is not closed.
fn quoted(text: &str, quote: char) -> Option<(String, usize)> {
    let mut value = String::new();
    let mut chars = text.char_indices().skip(1);
    while let Some((at, c)) = chars.next() {
        if c == quote {
            return Some((value, at + 1));
        }
        if c != '\\' {
            value.push(c);
            continue;
        }
        let (_, escaped) = chars.next()?;
        let decoded = match escaped {
            '\\' | '\'' => Some(escaped),
            _ if quote == '\'' => None,
            '"' => Some('"'),
            'a' => Some('\u{7}'),
            'b' => Some('\u{8}'),
            'f' => Some('\u{c}'),
            'n' => Some('\n'),
            'r' => Some('\r'),
            't' => Some('\t'),
            'v' => Some('\u{b}'),
            _ => None,
        };
        match decoded {
            Some(decoded) => value.push(decoded),
            None => value.extend(['\\', escaped]),
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::format::{json, parse};

    fn check(source: &str, expected: &str) {
        let tree = parse(Format::Env, source).unwrap();
        assert_eq!(json::to_string(&tree.to_value().unwrap()), expected, "{source}");
    }

    #[test]
    fn keys_have_values() {
        check("A=1\nexport B = two words \nC=\n\n# c\nD\n", r#"{"A":"1","B":"two words","C":"","D":null}"#);
        check("\u{feff}A=1\r\nB=2\r\n", r#"{"A":"1","B":"2"}"#);
        check("A=x=y\nexport=1\n'q k'=v\nexport  export=2", r#"{"A":"x=y","q k":"v","export":"2"}"#);
        check("", "{}");
    }

    #[test]
    fn quotes_keep_blanks_and_lines() {
        check(r#"A="a\n\"b\" \x # no" # yes"#, r#"{"A":"a\n\"b\" \\x # no"}"#);
        check(r"A='it\'s \n ${X}'", r#"{"A":"it's \\n ${X}"}"#);
        check("A=\"one\ntwo\"\nB=1\n", r#"{"A":"one\ntwo","B":"1"}"#);
        check("A=\"x\"y\nB=\"open\nC='\n", r#"{"A":"\"x\"y","B":"\"open","C":"'"}"#);
    }

    #[test]
    fn a_comment_begins_after_white_space() {
        check(
            "A=a#b # c\nB= # c\nC=#x\nD=1\t#c\nE # c\n",
            r##"{"A":"a#b","B":"","C":"#x","D":"1","E":null}"##,
        );
    }

    #[test]
    fn a_line_without_a_key_is_an_error() {
        let error = parse(Format::Env, "A=1\nnot a variable\n").unwrap_err();
        assert_eq!(error.to_string(), "not valid env at line 2, column 5: expected `=` after the key");
        assert_eq!(parse(Format::Env, "=1").unwrap_err().message, "expected a key");
    }

    #[test]
    fn the_last_of_equal_keys_counts() {
        let tree = parse(Format::Env, "A=1\nA=2\n").unwrap();
        assert_eq!(tree.notices().len(), 1);
        assert_eq!(tree.to_value().unwrap().get("A").unwrap().as_str(), Some("2"));
    }

    #[test]
    fn places_and_comments_are_those_of_the_source() {
        let source = "# one\nA = 'x' # two\nB=\n";
        let tree = parse(Format::Env, source).unwrap();
        let slice = |span: Span| &source[span.range()];
        let a = tree.child(tree.root(), "A").unwrap();
        assert_eq!((slice(tree.key_span(a)), slice(tree.span(a))), ("A", "'x'"));
        let b = tree.child(tree.root(), "B").unwrap();
        assert_eq!(tree.span(b).start as usize, source.len() - 1);
        assert_eq!(tree.comments().iter().map(|&span| slice(span)).collect::<Vec<_>>(), ["# one", "# two"]);
    }
}
