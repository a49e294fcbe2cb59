//! One reader for JSON and its dialects: one pass over the bytes, no recursion, no allocation for a node.

use std::sync::Arc;

use crate::format::{Format, MAX_DEPTH, MAX_NODES, ParseError};
use crate::model::tree::{SourceScope, Span, Text, Tree, TreeBuilder};

/// Reads a document in a dialect. A byte order mark before it is passed over.
pub(crate) fn read<D: Dialect>(source: &Arc<String>) -> Result<Tree, ParseError> {
    let bytes = source.as_bytes();
    let at = if bytes.starts_with(b"\xef\xbb\xbf") { 3 } else { 0 };
    let mut builder = TreeBuilder::over(Arc::clone(source));
    builder.source_scope(SourceScope::Node);
    let mut reader = Reader { source, bytes, at, builder, scratch: String::new() };
    match reader.document::<D>() {
        Ok(()) => Ok(reader.builder.finish()),
        Err(fault) => Err(ParseError::at(D::FORMAT, source, fault.at, fault.message)),
    }
}

/// What a dialect allows beyond strict JSON.
pub(crate) trait Dialect {
    /// The format's name in errors.
    const FORMAT: Format;
    /// `//` and `/* */` comments.
    const COMMENTS: bool;
    /// A comma after the last item.
    const TRAILING_COMMAS: bool;
    /// The strings, numbers, names and white space of JSON5.
    const FIVE: bool;
}

/// JSON (RFC 8259).
pub(crate) struct Strict;

impl Dialect for Strict {
    const FORMAT: Format = Format::Json;
    const COMMENTS: bool = false;
    const TRAILING_COMMAS: bool = false;
    const FIVE: bool = false;
}

/// JSON with comments and trailing commas.
pub(crate) struct Commented;

impl Dialect for Commented {
    const FORMAT: Format = Format::Jsonc;
    const COMMENTS: bool = true;
    const TRAILING_COMMAS: bool = true;
    const FIVE: bool = false;
}

/// JSON5 (spec.json5.org, 1.0.0).
pub(crate) struct Five;

impl Dialect for Five {
    const FORMAT: Format = Format::Json5;
    const COMMENTS: bool = true;
    const TRAILING_COMMAS: bool = true;
    const FIVE: bool = true;
}

pub(super) struct Fault {
    at: usize,
    message: String,
}

pub(super) struct Reader<'a> {
    pub(super) source: &'a str,
    pub(super) bytes: &'a [u8],
    pub(super) at: usize,
    pub(super) builder: TreeBuilder,
    /// The last string that had to be decoded.
    pub(super) scratch: String,
}

pub(super) type Outcome<T> = Result<T, Fault>;

impl Reader<'_> {
    fn document<D: Dialect>(&mut self) -> Outcome<()> {
        loop {
            self.blank::<D>()?;
            let opened = self.value::<D>()?;
            if opened && !self.first::<D>()? {
                continue;
            }
            if !self.after_value::<D>()? {
                break;
            }
        }
        self.blank::<D>()?;
        if self.at < self.bytes.len() {
            return self.fail(self.at, format!("expected the end after the value, found {}", self.found()));
        }
        Ok(())
    }

    /// Reads a scalar, or the opening of a list or map, and then returns true.
    fn value<D: Dialect>(&mut self) -> Outcome<bool> {
        let start = self.at;
        if self.builder.len() == MAX_NODES {
            return self.fail(start, format!("more than {MAX_NODES} values"));
        }
        match self.peek() {
            Some(b'"' | b'\'' | b'-' | b'+' | b'.' | b'0'..=b'9' | b'I' | b'N') if D::FIVE => {
                self.scalar5()?;
            }
            Some(b'"') => {
                let text = self.string()?;
                let span = Span::new(start, self.at);
                match text {
                    Some(inner) => self.builder.string(Text::Source(inner), span),
                    None => self.builder.string(Text::Decoded(&self.scratch), span),
                }
            }
            Some(b'{' | b'[') => {
                if self.builder.depth() == MAX_DEPTH {
                    return self.fail(start, format!("nested deeper than {MAX_DEPTH} levels"));
                }
                if self.bytes[start] == b'{' {
                    self.builder.begin_map(start);
                } else {
                    self.builder.begin_list(start);
                }
                self.at += 1;
                return Ok(true);
            }
            Some(b'-' | b'0'..=b'9') => {
                self.number()?;
                let span = Span::new(start, self.at);
                self.builder.number(Text::Source(span), span);
            }
            Some(b't') if self.word(b"true") => self.builder.bool(true, Span::new(start, self.at)),
            Some(b'f') if self.word(b"false") => self.builder.bool(false, Span::new(start, self.at)),
            Some(b'n') if self.word(b"null") => self.builder.null(Span::new(start, self.at)),
            _ => return self.fail(start, format!("expected a value, found {}", self.found())),
        }
        Ok(false)
    }

    /// After an opening: closes what is empty and returns true; else reads up to the first value.
    fn first<D: Dialect>(&mut self) -> Outcome<bool> {
        self.blank::<D>()?;
        let map = self.builder.in_map();
        let close = if map { b'}' } else { b']' };
        if self.peek() == Some(close) {
            self.at += 1;
            self.builder.end(self.at);
            return Ok(true);
        }
        if map {
            self.key::<D>()?;
        }
        Ok(false)
    }

    /// After a value: reads up to the next one and returns true; false where the document's value has ended.
    fn after_value<D: Dialect>(&mut self) -> Outcome<bool> {
        while self.builder.depth() > 0 {
            let map = self.builder.in_map();
            let close = if map { b'}' } else { b']' };
            if self.peek() != Some(b',') {
                self.blank::<D>()?;
            }
            match self.peek() {
                Some(b',') => {
                    let comma = self.at;
                    self.at += 1;
                    self.blank::<D>()?;
                    if self.peek() != Some(close) {
                        if map {
                            self.key::<D>()?;
                        }
                        return Ok(true);
                    }
                    if !D::TRAILING_COMMAS {
                        return self.fail(comma, format!("a comma before the closing `{}`", close as char));
                    }
                }
                Some(byte) if byte == close => {}
                _ => {
                    let place = format!("expected `,` or `{}`, found {}", close as char, self.found());
                    return self.fail(self.at, place);
                }
            }
            self.at += 1;
            self.builder.end(self.at);
        }
        Ok(false)
    }

    /// Reads a key and the colon after it.
    fn key<D: Dialect>(&mut self) -> Outcome<()> {
        let start = self.at;
        if self.peek() != Some(b'"') && !D::FIVE {
            let message = format!("expected a key in double quotes, found {}", self.found());
            return self.fail(start, message);
        }
        if self.peek() != Some(b'"') {
            self.key5()?;
        } else if let Some(close) = self.builder.likely_key(start + 1, b'"') {
            self.at = close + 1;
        } else {
            let text = if D::FIVE { self.string5()? } else { self.string()? };
            let span = Span::new(start, self.at);
            match text {
                Some(inner) => self.builder.key(Text::Source(inner), span),
                None => self.builder.key(Text::Decoded(&self.scratch), span),
            }
        }
        if self.peek() != Some(b':') {
            self.blank::<D>()?;
            if self.peek() != Some(b':') {
                return self.fail(self.at, format!("expected `:` after the key, found {}", self.found()));
            }
        }
        self.at += 1;
        Ok(())
    }

    /// Passes over white space and, where the dialect has them, comments.
    fn blank<D: Dialect>(&mut self) -> Outcome<()> {
        loop {
            while let Some(b' ' | b'\n' | b'\r' | b'\t') = self.peek() {
                self.at += 1;
            }
            match self.peek() {
                Some(b'/') if D::COMMENTS => self.comment::<D>()?,
                Some(0xb | 0xc | 0x80..) if D::FIVE && self.space5() => {}
                _ => return Ok(()),
            }
        }
    }

    fn comment<D: Dialect>(&mut self) -> Outcome<()> {
        let start = self.at;
        let rest = &self.source[start..];
        let length = if rest.starts_with("//") {
            let ends = |c: char| matches!(c, '\n' | '\r') || D::FIVE && matches!(c, '\u{2028}' | '\u{2029}');
            rest.find(ends).unwrap_or(rest.len())
        } else if let Some(inside) = rest.strip_prefix("/*") {
            match inside.find("*/") {
                Some(inner) => inner + 4,
                None => return self.fail(start, "the comment is not closed"),
            }
        } else {
            return self.fail(start, "expected a comment after `/`");
        };
        self.at += length;
        self.builder.comment(Span::new(start, self.at));
        Ok(())
    }

    fn number(&mut self) -> Outcome<()> {
        let start = self.at;
        if self.peek() == Some(b'-') {
            self.at += 1;
        }
        match self.peek() {
            Some(b'0') => {
                self.at += 1;
                if let Some(b'0'..=b'9') = self.peek() {
                    return self.fail(start, "a number with a leading zero");
                }
            }
            Some(b'1'..=b'9') => self.digits(),
            _ => return self.fail(self.at, format!("expected a digit, found {}", self.found())),
        }
        if self.peek() == Some(b'.') {
            self.at += 1;
            self.some_digits()?;
        }
        if let Some(b'e' | b'E') = self.peek() {
            self.at += 1;
            if let Some(b'+' | b'-') = self.peek() {
                self.at += 1;
            }
            if self.some_digits()? > crate::model::number::MAX_EXPONENT_DIGITS {
                return self.fail(start, "an exponent that is too long");
            }
        }
        Ok(())
    }

    pub(super) fn digits(&mut self) {
        while let Some(b'0'..=b'9') = self.peek() {
            self.at += 1;
        }
    }

    pub(super) fn some_digits(&mut self) -> Outcome<usize> {
        let start = self.at;
        self.digits();
        if self.at == start {
            return self.fail(start, format!("expected a digit, found {}", self.found()));
        }
        Ok(self.at - start)
    }

    /// Reads a string in double quotes: its inside, where that needs no decoding, or else `scratch`.
    fn string(&mut self) -> Outcome<Option<Span>> {
        let open = self.at;
        let start = open + 1;
        let mut at = string_run(self.bytes, start);
        if self.bytes.get(at) == Some(&b'"') {
            self.at = at + 1;
            return Ok(Some(Span::new(start, at)));
        }
        self.scratch.clear();
        let mut copied = start;
        loop {
            self.scratch.push_str(&self.source[copied..at]);
            self.at = at;
            match self.bytes.get(at) {
                Some(b'"') => {
                    self.at += 1;
                    return Ok(None);
                }
                Some(b'\\') => self.escape()?,
                Some(byte) => {
                    let message = format!("a control character (U+{byte:04X}) in a string must be escaped");
                    return self.fail(at, message);
                }
                None => return self.fail(open, "the string is not closed"),
            }
            copied = self.at;
            at = string_run(self.bytes, copied);
        }
    }

    /// Decodes an escape into `scratch`.
    fn escape(&mut self) -> Outcome<()> {
        let start = self.at;
        let decoded = match self.bytes.get(start + 1) {
            Some(b'"') => '"',
            Some(b'\\') => '\\',
            Some(b'/') => '/',
            Some(b'b') => '\u{8}',
            Some(b'f') => '\u{c}',
            Some(b'n') => '\n',
            Some(b'r') => '\r',
            Some(b't') => '\t',
            Some(b'u') => {
                self.at += 2;
                let decoded = self.unicode_escape(start)?;
                self.scratch.push(decoded);
                return Ok(());
            }
            _ => return self.fail(start, "no such escape in a string"),
        };
        self.scratch.push(decoded);
        self.at += 2;
        Ok(())
    }

    pub(super) fn unicode_escape(&mut self, start: usize) -> Outcome<char> {
        let first = self.hex4(start)?;
        let code = match first {
            0xd800..=0xdbff if self.bytes[self.at..].starts_with(b"\\u") => {
                self.at += 2;
                match self.hex4(start)? {
                    second @ 0xdc00..=0xdfff => 0x10000 + ((first - 0xd800) << 10) + (second - 0xdc00),
                    _ => first,
                }
            }
            _ => first,
        };
        match char::from_u32(code) {
            Some(decoded) => Ok(decoded),
            None => self.fail(start, format!("\\u{first:04x} is half of a character")),
        }
    }

    pub(super) fn hex4(&mut self, start: usize) -> Outcome<u32> {
        let digits = self.bytes.get(self.at..self.at + 4).unwrap_or_default();
        let mut code = 0;
        for &digit in digits {
            match (digit as char).to_digit(16) {
                Some(digit) => code = code * 16 + digit,
                None => return self.fail(start, "expected four hexadecimal digits after `\\u`"),
            }
        }
        if digits.len() < 4 {
            return self.fail(start, "expected four hexadecimal digits after `\\u`");
        }
        self.at += 4;
        Ok(code)
    }

    pub(super) fn word(&mut self, word: &[u8]) -> bool {
        let matches = self.bytes[self.at..].starts_with(word);
        if matches {
            self.at += word.len();
        }
        matches
    }

    #[inline]
    pub(super) fn peek(&self) -> Option<u8> {
        self.bytes.get(self.at).copied()
    }

    /// What stands at the place reached, for a message.
    pub(super) fn found(&self) -> String {
        match self.source.get(self.at..).and_then(|rest| rest.chars().next()) {
            Some(c) => format!("`{}`", c.escape_debug()),
            None => "the end of the file".to_owned(),
        }
    }

    #[cold]
    pub(super) fn fail<T>(&self, at: usize, message: impl Into<String>) -> Outcome<T> {
        Err(Fault { at, message: message.into() })
    }
}

/// Returns where the bytes from `at` on first have a quote, a backslash or a control character.
///
/// Eight bytes at a time: a borrow in the subtractions can only mark bytes above the first true hit.
#[inline]
fn string_run(bytes: &[u8], mut at: usize) -> usize {
    const ONES: u64 = u64::from_ne_bytes([1; 8]);
    const HIGHS: u64 = ONES << 7;
    while let Some(chunk) = bytes.get(at..at + 8) {
        let word = u64::from_le_bytes(chunk.try_into().expect("the slice has eight bytes"));
        let quote = word ^ (ONES * b'"' as u64);
        let escape = word ^ (ONES * b'\\' as u64);
        let hits = (quote.wrapping_sub(ONES) & !quote)
            | (escape.wrapping_sub(ONES) & !escape)
            | (word.wrapping_sub(ONES * 0x20) & !word);
        let hits = hits & HIGHS;
        if hits != 0 {
            return at + hits.trailing_zeros() as usize / 8;
        }
        at += 8;
    }
    let stops = |&byte: &u8| byte == b'"' || byte == b'\\' || byte < 0x20;
    let rest = bytes.get(at..).unwrap_or_default();
    at + rest.iter().position(stops).unwrap_or(rest.len())
}
