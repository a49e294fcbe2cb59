//! YAML as most people write it, read at a glance.
//!
//! Nearly all configuration in YAML keeps to few forms: block maps and lists of scalars that stand on one line, short
//! flow collections, comments. [`read`] takes just these and declines all else, without an opinion on what it means:
//! then the general reader decides, and says what is wrong. What it takes it reads as the general reader does, to the
//! place of each node and comment; tests hold the one against the other.

use std::sync::Arc;

use memchr::memchr;

use super::schema::{self, Plain};
use crate::format::MAX_NODES;
use crate::model::tree::{SourceScope, Span, Text, Tree, TreeBuilder};

/// Reads a document that is written in the usual forms; `None` where anything in it is not. Linear.
pub(super) fn read(source: &Arc<String>) -> Option<Tree> {
    if source.len() >= MAX_NODES || !are_usual(source.as_bytes()) {
        return None;
    }
    if !source.is_ascii() && !source.chars().all(|c| !c.is_control() && !is_special(c) || c == '\n') {
        return None;
    }
    let mut builder = TreeBuilder::over(Arc::clone(source));
    builder.source_scope(SourceScope::Column);
    let mut reader = Reader {
        source,
        builder,
        open: Vec::new(),
        awaits: None,
        last_end: 0,
        is_marked: false,
        any_odd_key: false,
    };
    let mut start = 0;
    while start < source.len() {
        let end = memchr(b'\n', &source.as_bytes()[start..]).map_or(source.len(), |length| start + length);
        reader.line(start, end)?;
        start = end + 1;
    }
    reader.finish()
}

/// Whether all bytes may come in the usual forms: no tab, no carriage return and no other control.
fn are_usual(bytes: &[u8]) -> bool {
    // Within a chunk no look ends early, so that many bytes are looked at at a time.
    let is_usual = |byte: u8| (byte >= b' ') & (byte != 0x7f) | (byte == b'\n');
    bytes.chunks(256).all(|chunk| chunk.iter().fold(true, |usual, &byte| usual & is_usual(byte)))
}

/// Characters beyond ASCII that mean something to YAML, or may not stand in it.
fn is_special(c: char) -> bool {
    matches!(c, '\u{feff}' | '\u{2028}' | '\u{2029}' | '\u{fffe}' | '\u{ffff}')
}

/// How deep block collections may nest here, and how deep flow collections.
const MAX_BLOCKS: usize = 256;
const MAX_FLOWS: usize = 16;

/// How long a key may be here; YAML has a limit for keys on one line.
const MAX_KEY_BYTES: usize = 256;

struct Reader<'a> {
    source: &'a str,
    builder: TreeBuilder,
    open: Vec<Open>,
    /// Where the value that has not come yet would stand, were it left out.
    awaits: Option<usize>,
    /// Where the last scalar or flow collection ends: there a block collection ends too.
    last_end: usize,
    /// Whether `---` stood before it all.
    is_marked: bool,
    /// Whether there is a key in quotes that would not be one without.
    any_odd_key: bool,
}

/// A block collection whose end has not come.
#[derive(Clone, Copy)]
struct Open {
    indent: usize,
    is_map: bool,
}

impl Reader<'_> {
    fn byte(&self, at: usize, end: usize) -> Option<u8> {
        if at < end { self.source.as_bytes().get(at).copied() } else { None }
    }

    fn skip_blanks(&self, mut at: usize, end: usize) -> usize {
        while self.byte(at, end) == Some(b' ') {
            at += 1;
        }
        at
    }

    /// Reads the line from `start` to `end`.
    fn line(&mut self, start: usize, end: usize) -> Option<()> {
        let at = self.skip_blanks(start, end);
        match self.byte(at, end) {
            None => return Some(()),
            Some(b'#') => {
                self.builder.comment(Span::new(at, end));
                return Some(());
            }
            Some(_) => {}
        }
        let indent = at - start;
        if indent == 0 && matches!(self.source.get(at..at + 3), Some("---" | "...")) {
            let is_first = self.builder.is_empty() && !self.is_marked;
            self.is_marked = true;
            return (is_first && &self.source[at..end] == "---").then_some(());
        }
        let is_item = self.is_dash(at, end);
        self.close_down_to(indent, is_item)?;
        self.open_up_to(indent, at, is_item)?;
        if !is_item {
            return self.entry(at, end);
        }
        let content = self.skip_blanks(at + 1, end);
        if matches!(self.byte(content, end), None | Some(b'#')) {
            self.awaits = Some(end);
            return self.rest(content, end, at + 1);
        }
        self.awaits = Some(content);
        if self.is_dash(content, end) {
            return None;
        }
        if self.key_end(content, end).is_some() {
            self.open_up_to(content - start, content, false)?;
            return self.entry(content, end);
        }
        self.value(content, end)
    }

    fn is_dash(&self, at: usize, end: usize) -> bool {
        self.byte(at, end) == Some(b'-') && matches!(self.byte(at + 1, end), None | Some(b' '))
    }

    /// Closes the collections that a line at this indentation does not belong to.
    fn close_down_to(&mut self, indent: usize, is_item: bool) -> Option<()> {
        while let Some(&top) = self.open.last() {
            if self.awaits.is_some() {
                // A list may stand at the indentation of the key that it belongs to.
                if indent > top.indent || indent == top.indent && is_item && top.is_map {
                    return Some(());
                }
                self.nothing();
            }
            let goes_on = top.indent == indent && top.is_map != is_item;
            if goes_on {
                return Some(());
            }
            if indent > top.indent || indent == top.indent && top.is_map {
                return None;
            }
            self.close();
        }
        // The root's first line, or something after its end.
        (self.builder.is_empty() && indent == 0).then_some(())
    }

    /// Opens the collection that begins with the entry or item at `at`, where none is open for it.
    fn open_up_to(&mut self, indent: usize, at: usize, is_item: bool) -> Option<()> {
        if self.awaits.take().is_none() && !self.builder.is_empty() {
            return Some(());
        }
        if is_item {
            self.builder.begin_list(at);
        } else {
            self.builder.begin_map(at);
        }
        self.open.push(Open { indent, is_map: !is_item });
        self.last_end = self.last_end.max(at);
        (self.open.len() <= MAX_BLOCKS).then_some(())
    }

    fn close(&mut self) {
        self.open.pop();
        self.builder.end(self.last_end);
    }

    /// Adds the value that was left out.
    fn nothing(&mut self) {
        if let Some(at) = self.awaits.take() {
            self.builder.null(Span::new(at, at));
            self.last_end = at;
        }
    }

    fn finish(mut self) -> Option<Tree> {
        self.nothing();
        while !self.open.is_empty() {
            self.close();
        }
        (!self.builder.is_empty()).then(|| self.builder.finish())
    }

    /// Where a key that begins at `at` ends: at its colon.
    fn key_end(&self, at: usize, end: usize) -> Option<usize> {
        let bytes = &self.source.as_bytes()[..end];
        let colon = match self.byte(at, end)? {
            quote @ (b'"' | b'\'') => self.quoted_end(at, end, quote)?,
            first if begins_plain(first) => {
                let mut colon = at;
                loop {
                    colon += bytes[colon..].iter().position(|&byte| byte == b':')?;
                    if matches!(bytes.get(colon + 1), None | Some(b' ')) {
                        break colon;
                    }
                    colon += 1;
                }
            }
            _ => return None,
        };
        let is_key = bytes.get(colon) == Some(&b':') && matches!(bytes.get(colon + 1), None | Some(b' '));
        (is_key && colon - at <= MAX_KEY_BYTES).then_some(colon)
    }

    /// Past the closing quote of a text without escapes.
    fn quoted_end(&self, at: usize, end: usize, quote: u8) -> Option<usize> {
        let inner = &self.source.as_bytes()[at + 1..end];
        let close = inner.iter().position(|&byte| byte == quote || byte == b'\\' && quote == b'"')?;
        let past = at + 1 + close + 1;
        // Two single quotes stand for one.
        (inner[close] == quote && self.byte(past, end) != Some(quote)).then_some(past)
    }

    /// Reads `key: value`.
    fn entry(&mut self, at: usize, end: usize) -> Option<()> {
        let likely = if self.any_odd_key { None } else { self.builder.likely_plain_key(at, b':') };
        let colon = match likely {
            Some(colon) if matches!(self.byte(colon + 1, end), None | Some(b' ')) => colon,
            Some(_) => return None,
            None => {
                let colon = self.key_end(at, end)?;
                self.key(at, colon)?;
                colon
            }
        };
        self.awaits = Some(colon);
        let value = self.skip_blanks(colon + 1, end);
        match self.byte(value, end) {
            None | Some(b'#') => self.rest(value, end, colon + 1),
            Some(_) => self.value(value, end),
        }
    }

    fn key(&mut self, at: usize, colon: usize) -> Option<()> {
        let span = Span::new(at, colon);
        let text = &self.source[span.range()];
        let inner = match text.as_bytes()[0] {
            b'"' | b'\'' => self.quoted_key(Span::new(at + 1, colon - 1)),
            _ if text.ends_with(' ') || text.as_bytes().windows(2).any(|pair| pair == b" #") => return None,
            _ => span,
        };
        self.builder.key(Text::Source(inner), span);
        Some(())
    }

    /// Notes what stands in quotes as a key.
    fn quoted_key(&mut self, inner: Span) -> Span {
        let text = self.source[inner.range()].as_bytes();
        let is_word = |byte: &u8| byte.is_ascii_alphanumeric() || b"_-./".contains(byte);
        self.any_odd_key |= !text.iter().all(is_word) || !text.first().is_some_and(u8::is_ascii_alphanumeric);
        inner
    }

    /// Reads a value that begins at `at`, and what may follow it on the line.
    fn value(&mut self, at: usize, end: usize) -> Option<()> {
        self.awaits = None;
        let past = match self.byte(at, end)? {
            quote @ (b'"' | b'\'') => {
                let past = self.quoted_end(at, end, quote)?;
                self.builder.string(Text::Source(Span::new(at + 1, past - 1)), Span::new(at, past));
                past
            }
            b'[' | b'{' => self.flow(at, end, 0)?,
            first if begins_plain(first) || first == b'-' && !self.is_dash(at, end) => {
                let text = &self.source[at..self.plain_end(at, end)?];
                self.plain(text, at);
                at + text.len()
            }
            _ => return None,
        };
        self.last_end = past;
        self.rest(self.skip_blanks(past, end), end, past)
    }

    /// Where a plain scalar ends: before blanks and a comment. `None` where it could be a key.
    fn plain_end(&self, at: usize, end: usize) -> Option<usize> {
        let bytes = &self.source.as_bytes()[at..end];
        // Past the last byte that is no blank.
        let (mut past, mut before) = (0, b' ');
        for (index, &byte) in bytes.iter().enumerate() {
            match byte {
                b' ' if before == b':' => return None,
                b' ' => {}
                b'#' if before == b' ' => break,
                _ => past = index + 1,
            }
            before = byte;
        }
        (bytes[past - 1] != b':').then_some(at + past)
    }

    /// Takes a comment, or nothing, from `at` on; what is before ends at `past`.
    fn rest(&mut self, at: usize, end: usize, past: usize) -> Option<()> {
        match self.byte(at, end) {
            None => Some(()),
            Some(b'#') if at > past => {
                self.builder.comment(Span::new(at, end));
                Some(())
            }
            Some(_) => None,
        }
    }

    fn plain(&mut self, text: &str, at: usize) {
        let span = Span::new(at, at + text.len());
        match schema::resolve(text) {
            Plain::Null => self.builder.null(span),
            Plain::Bool(value) => self.builder.bool(value, span),
            Plain::Number(number) if number == text => self.builder.number(Text::Source(span), span),
            Plain::Number(number) => self.builder.number(Text::Decoded(&number), span),
            Plain::String => self.builder.string(Text::Source(span), span),
        }
    }

    /// Reads a flow collection on one line; returns where it ends.
    fn flow(&mut self, at: usize, end: usize, depth: usize) -> Option<usize> {
        if depth == MAX_FLOWS {
            return None;
        }
        let is_map = self.byte(at, end) == Some(b'{');
        let close = if is_map { b'}' } else { b']' };
        if is_map {
            self.builder.begin_map(at);
        } else {
            self.builder.begin_list(at);
        }
        let mut at = self.skip_blanks(at + 1, end);
        if self.byte(at, end) == Some(close) {
            self.builder.end(at + 1);
            return Some(at + 1);
        }
        loop {
            if is_map {
                let (past, inner) = self.flow_scalar(at, end)?;
                if self.byte(past, end) != Some(b':') || self.byte(past + 1, end) != Some(b' ') {
                    return None;
                }
                let inner = if inner.start as usize > at { self.quoted_key(inner) } else { inner };
                self.builder.key(Text::Source(inner), Span::new(at, past));
                at = self.skip_blanks(past + 1, end);
            }
            at = match self.byte(at, end)? {
                b'[' | b'{' => self.flow(at, end, depth + 1)?,
                _ => {
                    let (past, inner) = self.flow_scalar(at, end)?;
                    let span = Span::new(at, past);
                    if inner == span {
                        let source = self.source;
                        self.plain(&source[span.range()], at);
                    } else {
                        self.builder.string(Text::Source(inner), span);
                    }
                    past
                }
            };
            at = self.skip_blanks(at, end);
            match self.byte(at, end)? {
                b',' => at = self.skip_blanks(at + 1, end),
                byte if byte == close => {
                    self.builder.end(at + 1);
                    return Some(at + 1);
                }
                _ => return None,
            }
        }
    }

    /// Where a scalar in a flow collection ends, and where its text is.
    fn flow_scalar(&self, at: usize, end: usize) -> Option<(usize, Span)> {
        if let Some(quote @ (b'"' | b'\'')) = self.byte(at, end) {
            let past = self.quoted_end(at, end, quote)?;
            return Some((past, Span::new(at + 1, past - 1)));
        }
        let bytes = &self.source.as_bytes()[at..end];
        let word = |byte: &u8| byte.is_ascii_alphanumeric() || b"_./+-".contains(byte);
        let len = bytes.iter().position(|byte| !word(byte)).unwrap_or(bytes.len());
        // What follows must be an end, so that the word is the whole scalar.
        let ends = match bytes.get(len..) {
            Some([b':', b' ', ..] | [b',' | b']' | b'}', ..]) => true,
            Some([b' ', ..]) => {
                let next = bytes[len..].iter().find(|&&byte| byte != b' ');
                matches!(next, Some(b',' | b']' | b'}'))
            }
            _ => false,
        };
        let first = *bytes.first()?;
        let begins = first.is_ascii_alphanumeric()
            || b"_./+".contains(&first)
            || first == b'-' && bytes.get(1).is_some_and(u8::is_ascii_alphanumeric);
        (ends && begins).then(|| (at + len, Span::new(at, at + len)))
    }
}

/// Whether a plain scalar may begin with a byte, and with nothing to be minded after it.
fn begins_plain(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || b"_./$~+(<^;\\=".contains(&byte) || byte >= 0x80
}
