//! What JSON5 allows in strings, numbers, names and white space (spec.json5.org, 1.0.0).

use super::reader::{Outcome, Reader};
use crate::format::digits;
use crate::model::tree::{Span, Text};

impl Reader<'_> {
    /// Reads a string or a number.
    pub(super) fn scalar5(&mut self) -> Outcome<()> {
        let start = self.at;
        if let Some(b'"' | b'\'') = self.peek() {
            let text = self.string5()?;
            let span = Span::new(start, self.at);
            match text {
                Some(inner) => self.builder.string(Text::Source(inner), span),
                None => self.builder.string(Text::Decoded(&self.scratch), span),
            }
            return Ok(());
        }
        self.number5()?;
        let span = Span::new(start, self.at);
        let text = super::super::place(self.source, &self.scratch, span);
        self.builder.number(text, span);
        Ok(())
    }

    /// Reads a key in single quotes or without quotes.
    pub(super) fn key5(&mut self) -> Outcome<()> {
        let start = self.at;
        let text = if self.peek() == Some(b'\'') { self.string5()? } else { self.name5()? };
        let span = Span::new(start, self.at);
        match text {
            Some(inner) => self.builder.key(Text::Source(inner), span),
            None => self.builder.key(Text::Decoded(&self.scratch), span),
        }
        Ok(())
    }

    /// Passes over one white space character beyond JSON's.
    pub(super) fn space5(&mut self) -> bool {
        let next = self.source[self.at..].chars().next();
        let space = next.filter(|c| {
            matches!(
                c,
                '\u{b}' | '\u{c}' | '\u{a0}' | '\u{feff}' | '\u{1680}' | '\u{2000}'
                    ..='\u{200a}' | '\u{2028}' | '\u{2029}' | '\u{202f}' | '\u{205f}' | '\u{3000}'
            )
        });
        self.at += space.map_or(0, char::len_utf8);
        space.is_some()
    }

    /// Reads a string in either quotes: its inside, where that needs no decoding, or else `scratch`.
    ///
    /// What holds a double quote counts as decoded: a key's text in the source is later sought between such quotes.
    pub(super) fn string5(&mut self) -> Outcome<Option<Span>> {
        let open = self.at;
        let quote = self.bytes[open];
        self.at += 1;
        let start = self.at;
        let mut copied = start;
        let mut decoded = false;
        self.scratch.clear();
        loop {
            match self.peek() {
                Some(byte) if byte == quote => break,
                Some(b'\\') => {
                    self.scratch.push_str(&self.source[copied..self.at]);
                    self.escape5()?;
                    copied = self.at;
                    decoded = true;
                }
                Some(b'\n' | b'\r') => return self.fail(self.at, "a line end in a string must be escaped"),
                Some(byte) => {
                    decoded |= byte == b'"';
                    self.at += 1;
                }
                None => return self.fail(open, "the string is not closed"),
            }
        }
        let end = self.at;
        self.at += 1;
        if !decoded {
            return Ok(Some(Span::new(start, end)));
        }
        self.scratch.push_str(&self.source[copied..end]);
        Ok(None)
    }

    /// Decodes an escape into `scratch`.
    fn escape5(&mut self) -> Outcome<()> {
        let start = self.at;
        let Some(escaped) = self.source[start + 1..].chars().next() else {
            return self.fail(start, "the string is not closed");
        };
        self.at += 1 + escaped.len_utf8();
        let decoded = match escaped {
            'b' => '\u{8}',
            'f' => '\u{c}',
            'n' => '\n',
            'r' => '\r',
            't' => '\t',
            'v' => '\u{b}',
            '0' if !matches!(self.peek(), Some(b'0'..=b'9')) => '\0',
            '0'..='9' => return self.fail(start, "no such escape in a string"),
            'x' => {
                let digits = self.source.get(self.at..self.at + 2);
                let valid = digits.filter(|digits| digits.bytes().all(|byte| byte.is_ascii_hexdigit()));
                let Some(code) = valid.and_then(|digits| u8::from_str_radix(digits, 16).ok()) else {
                    return self.fail(start, "expected two hexadecimal digits after `\\x`");
                };
                self.at += 2;
                char::from(code)
            }
            'u' => self.unicode_escape(start)?,
            '\n' | '\u{2028}' | '\u{2029}' => return Ok(()),
            '\r' => {
                if self.peek() == Some(b'\n') {
                    self.at += 1;
                }
                return Ok(());
            }
            other => other,
        };
        self.scratch.push(decoded);
        Ok(())
    }

    /// Reads a name as ECMAScript 5.1 has it: itself, or `scratch`, where it has escapes.
    fn name5(&mut self) -> Outcome<Option<Span>> {
        let start = self.at;
        let mut decoded = false;
        self.scratch.clear();
        while let Some(next) = self.source[self.at..].chars().next() {
            let place = self.at;
            let mut part = next;
            if next == '\\' {
                if self.bytes.get(place + 1) != Some(&b'u') {
                    return self.fail(place, "expected `\\u` in a name");
                }
                self.at += 2;
                part = self.unicode_escape(place)?;
                decoded = true;
            }
            let first = place == start;
            let fits =
                matches!(part, '$' | '_') || if first { part.is_alphabetic() } else { is_name_part(part) };
            if !fits && next == '\\' {
                return self.fail(place, format!("`{}` in a name", part.escape_debug()));
            }
            if !fits {
                break;
            }
            if next != '\\' {
                self.at += next.len_utf8();
            }
            self.scratch.push(part);
        }
        if self.at == start {
            return self.fail(start, format!("expected a key, found {}", self.found()));
        }
        Ok((!decoded).then(|| Span::new(start, self.at)))
    }

    /// Reads a number into `scratch`, spelled as JSON does.
    fn number5(&mut self) -> Outcome<()> {
        let start = self.at;
        let negative = self.peek() == Some(b'-');
        if let Some(b'-' | b'+') = self.peek() {
            self.at += 1;
        }
        let digits_start = self.at;
        let spelled = if self.word(b"Infinity") {
            Some(if negative { "-Infinity" } else { "Infinity" }.to_owned())
        } else if self.word(b"NaN") {
            Some("NaN".to_owned())
        } else if self.word(b"0x") || self.word(b"0X") {
            let rest = &self.source[self.at..];
            let end = rest.find(|c: char| !c.is_ascii_hexdigit()).unwrap_or(rest.len());
            self.at += end;
            let decimal = digits::to_decimal(&rest[..end], 16);
            decimal.map(|text| if negative { format!("-{text}") } else { text })
        } else {
            self.digits();
            let whole = &self.source[digits_start..self.at];
            if whole.len() > 1 && whole.starts_with('0') {
                return self.fail(start, "a number with a leading zero");
            }
            if self.peek() == Some(b'.') {
                self.at += 1;
                self.digits();
            }
            if let Some(b'e' | b'E') = self.peek() {
                self.at += 1;
                if let Some(b'+' | b'-') = self.peek() {
                    self.at += 1;
                }
                self.digits();
            }
            digits::to_json(negative, &self.source[digits_start..self.at])
        };
        match spelled {
            Some(spelled) => self.scratch = spelled,
            None => return self.fail(start, "not a number, or one that is too long"),
        }
        match self.source[self.at..].chars().next() {
            Some(next) if is_name_part(next) || next == '$' => {
                self.fail(self.at, format!("`{}` right after a number", next.escape_debug()))
            }
            _ => Ok(()),
        }
    }
}

fn is_name_part(c: char) -> bool {
    c.is_alphanumeric() || matches!(c, '_' | '\u{200c}' | '\u{200d}')
}

#[cfg(test)]
mod tests {
    use crate::format::{Format, json, parse};

    fn check(format: Format, source: &str, expected: &str) {
        let value = parse(format, source).unwrap().to_value().unwrap();
        assert_eq!(json::to_string(&value), expected, "{source}");
    }

    fn errors(format: Format, sources: &[&str]) {
        for source in sources {
            assert!(parse(format, *source).is_err(), "{source}");
        }
    }

    #[test]
    fn jsonc_has_comments_and_trailing_commas() {
        check(Format::Jsonc, "// a\n{\"a\": 1, /* b */ \"b\": [1, 2,],} // c", r#"{"a":1,"b":[1,2]}"#);
        errors(
            Format::Jsonc,
            &["{a: 1}", "['a']", "[,]", "[1,,]", "{,}", "[1] /* ", "[1] /", "# x\n1", "", "// x"],
        );
    }

    #[test]
    fn comments_are_noted_with_their_places() {
        let source = "/*a*/{// b\r\n}\n//c";
        let tree = parse(Format::Jsonc, source).unwrap();
        let texts: Vec<_> = tree.comments().iter().map(|span| &source[span.range()]).collect();
        assert_eq!(texts, ["/*a*/", "// b", "//c"]);
    }

    #[test]
    fn json5_has_more_ways_to_write_the_same() {
        check(
            Format::Json5,
            "{a: 1, 'b': 2, \"c\": 3, $d_1: 4, ünï: 5, \\u0061b: 6,}",
            r#"{"a":1,"b":2,"c":3,"$d_1":4,"ünï":5,"ab":6}"#,
        );
        check(
            Format::Json5,
            "[0x1F, -0X10, +1, .5, -5., 5.e3, +.5E-1, Infinity, -Infinity, +NaN, 0, -0]",
            r#"[31,-16,1,0.5,-5.0,5.0e3,0.5E-1,"Infinity","-Infinity","NaN",0,-0]"#,
        );
        check(
            Format::Json5,
            r#"['it\'s', "a\
b", '\x41\u0042\v\0\q\'', '"', "'", '\ud83d\ude00', "	"]"#,
            r#"["it's","ab","AB\u000b\u0000q'","\"","'","😀","\t"]"#,
        );
        check(Format::Json5, "\u{feff}\u{a0}\u{2028}[\u{b}\u{c}1\u{3000}]// x\u{2029}", "[1]");
    }

    #[test]
    fn json5_is_no_more_than_that() {
        errors(
            Format::Json5,
            &[
                "{1a: 1}",
                "{a-b: 1}",
                "{: 1}",
                "[01]",
                "[0x]",
                "[.]",
                "[+]",
                "[1e]",
                "[1a]",
                "[0xg]",
                "['\\1']",
                "['\\01']",
                "['\\x4']",
                "['\\x+1']",
                "['a\nb']",
                "['a]",
                "[Inf]",
                "[+ 1]",
                "[1.2.3]",
                "['\\ud800']",
                "[--1]",
                "undefined",
                "[1 2]",
                "",
            ],
        );
    }

    #[test]
    fn a_key_with_a_quote_in_it_is_not_taken_for_another() {
        check(Format::Json5, r#"[{'a"b': 1}, {'a"b': 2}]"#, r#"[{"a\"b":1},{"a\"b":2}]"#);
        errors(Format::Json5, &[r#"[{'a"b': 1}, {"a"b": 2}]"#]);
    }

    #[test]
    fn deep_nesting_is_read() {
        let source = "[".repeat(100_000) + &"]".repeat(100_000);
        for format in [Format::Jsonc, Format::Json5] {
            assert_eq!(parse(format, source.as_str()).unwrap().len(), 100_000);
        }
    }
}
