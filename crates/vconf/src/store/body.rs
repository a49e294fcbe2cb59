//! The body of a record: how it holds the exact bytes of a source.

use std::borrow::Cow;

use base64::Engine;
use base64::engine::general_purpose::STANDARD as BASE64;
use memchr::memchr_iter;

use super::error::Problem;
use crate::canonical::{first_escaped, write_string};
use crate::model::format::Format;
use crate::model::record::Encoding;

/// What ends every record, after the content.
pub(super) const END: &str = "\n}\n";

/// JSON that nests deeper is held as text: common readers of JSON refuse to go deeper (`jq` stops at 256 levels),
/// and a record must stay readable with common tools.
const MAX_EMBEDDED_DEPTH: usize = 200;

/// Chooses how to hold a source whose content nests so deep.
pub(super) fn choose(format: Format, source: &[u8], depth: usize) -> Encoding {
    let Ok(text) = std::str::from_utf8(source) else { return Encoding::Base64 };
    if text.contains('\0') {
        return Encoding::Base64;
    }
    let embeds = format == Format::Json && !text.starts_with('\u{feff}') && depth <= MAX_EMBEDDED_DEPTH;
    match embeds {
        true => Encoding::Json,
        false if text_size(source) > (source.len() as u64).saturating_mul(4) + FREE_TEXT_BYTES => {
            Encoding::Base64
        }
        false => Encoding::Text,
    }
}

/// How much longer than four times its length a source may become as text. A record of any source is so one that can
/// be read back, and that of a small file stays legible whatever is in it.
const FREE_TEXT_BYTES: u64 = 64 << 10;

/// How long the text of a source becomes.
fn text_size(source: &[u8]) -> u64 {
    // Counted in chunks whose sums fit a byte, many bytes are looked at at a time.
    let count = |is: fn(u8) -> bool| -> u64 {
        source
            .chunks(255)
            .map(|chunk| u64::from(chunk.iter().map(|&byte| u8::from(is(byte))).sum::<u8>()))
            .sum()
    };
    let newlines = count(|byte| byte == b'\n');
    let short = count(|byte| matches!(byte, b'"' | b'\\' | 0x08 | b'\t' | 0x0c | b'\r'));
    let long = count(|byte| byte < b' ') - count(|byte| matches!(byte, 0x08 | b'\t' | b'\n' | 0x0c | b'\r'));
    let line = ",\n    \"\"".len() as u64;
    source.len() as u64 + newlines * (line - 1) + short + long * 5 + "[\n    \"\"\n  ]".len() as u64
}

/// Writes the body's content. The source must be UTF-8 where it is not base64 that is chosen.
pub(super) fn write(encoding: Encoding, source: &[u8], out: &mut String) {
    let text = || std::str::from_utf8(source).expect("only base64 is chosen for what is not UTF-8");
    match encoding {
        Encoding::Json => out.push_str(text()),
        Encoding::Text => {
            let text = text();
            out.push_str("[\n    ");
            let mut start = 0;
            for end in memchr_iter(b'\n', source) {
                write_string(&text[start..end], out);
                out.push_str(",\n    ");
                start = end + 1;
            }
            write_string(&text[start..], out);
            out.push_str("\n  ]");
        }
        Encoding::Base64 => {
            out.push('"');
            BASE64.encode_string(source, out);
            out.push('"');
        }
    }
}

/// Reads the source back from the body's content, whose spelling must be the one that [`write`] makes.
pub(super) fn read(encoding: Encoding, content: &[u8]) -> Result<Cow<'_, [u8]>, Problem> {
    let source = match encoding {
        Encoding::Json => return Ok(content.into()),
        Encoding::Text => {
            if let Some(source) = plain_lines(content) {
                return Ok(source.into());
            }
            let lines: Vec<String> = serde_json::from_slice(content).map_err(not_json)?;
            lines.join("\n").into_bytes()
        }
        Encoding::Base64 => {
            let text: String = serde_json::from_slice(content).map_err(not_json)?;
            BASE64.decode(text).map_err(|error| Problem::Json(error.to_string()))?
        }
    };
    let mut again = String::with_capacity(content.len());
    write(encoding, &source, &mut again);
    if again.as_bytes() == content { Ok(source.into()) } else { Err(Problem::Spelling) }
}

/// Reads lines back that are spelled as [`write`] spells them, with short escapes at most; `None` where anything is
/// otherwise.
fn plain_lines(content: &[u8]) -> Option<Vec<u8>> {
    std::str::from_utf8(content).ok()?;
    let mut rest = content.strip_prefix(b"[\n    \"")?;
    let mut source = Vec::with_capacity(rest.len());
    loop {
        let end = first_escaped(rest)?;
        let (line, after) = rest.split_at(end);
        source.extend_from_slice(line);
        if let [b'\\', escape, after @ ..] = after {
            source.push(match escape {
                b'"' | b'\\' => *escape,
                b'b' => 0x08,
                b't' => b'\t',
                b'f' => 0x0c,
                b'r' => b'\r',
                _ => return None,
            });
            rest = after;
            continue;
        }
        match after.strip_prefix(b"\",\n    \"") {
            Some(next) => rest = next,
            None => return (after == b"\"\n  ]").then_some(source),
        }
        source.push(b'\n');
    }
}

fn not_json(error: serde_json::Error) -> Problem {
    Problem::Json(error.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn depth(source: &[u8]) -> usize {
        crate::format::read("a.json", source, None).tree.map_or(0, |tree| tree.depth())
    }

    fn round_trip(format: Format, source: &[u8]) -> (Encoding, String) {
        let encoding = choose(format, source, depth(source));
        let mut content = String::new();
        write(encoding, source, &mut content);
        assert_eq!(read(encoding, content.as_bytes()).unwrap(), source);
        (encoding, content)
    }

    #[test]
    fn every_encoding_gives_the_bytes_back() {
        for (format, source, encoding, content) in [
            (Format::Json, &b"{\"a\": 1.0 , \"a\":2}\r\n"[..], Encoding::Json, "{\"a\": 1.0 , \"a\":2}\r\n"),
            (Format::Yaml, b"a: 1\n", Encoding::Text, "[\n    \"a: 1\",\n    \"\"\n  ]"),
            (Format::Text, b"\"\\\x08\t\x0c\x1f", Encoding::Text, "[\n    \"\\\"\\\\\\b\\t\\f\\u001f\"\n  ]"),
            (Format::Text, b"a\r\nb", Encoding::Text, "[\n    \"a\\r\",\n    \"b\"\n  ]"),
            (Format::Text, b"", Encoding::Text, "[\n    \"\"\n  ]"),
            (Format::Json, "\u{feff}{}".as_bytes(), Encoding::Text, "[\n    \"\u{feff}{}\"\n  ]"),
            (Format::Binary, b"\xff\x00", Encoding::Base64, "\"/wA=\""),
            (Format::Text, b"a\0b", Encoding::Base64, "\"YQBi\""),
        ] {
            assert_eq!(round_trip(format, source), (encoding, content.to_owned()));
        }
    }

    #[test]
    fn json_too_deep_for_common_readers_is_held_as_text() {
        let deep = |levels| ["[".repeat(levels), "]".repeat(levels)].concat();
        assert_eq!(round_trip(Format::Json, deep(200).as_bytes()).0, Encoding::Json);
        assert_eq!(round_trip(Format::Json, deep(201).as_bytes()).0, Encoding::Text);
        for (json, levels) in [
            ("\"[[\\\"[[\"", 0),
            ("[\"\\\\\", [\"]\"]]", 2),
            ("{\"[\": \"\\\\\\\"[\"}", 1),
            ("[[], [[]]]", 3),
        ] {
            assert_eq!(depth(json.as_bytes()), levels, "{json}");
        }
    }

    #[test]
    fn text_that_would_grow_too_much_is_held_in_base64() {
        for source in ["\n", "\u{1}", "a\n\"\\\t\u{1f}ü", "", "a: 1\n"] {
            let (_, content) = round_trip(Format::Text, source.as_bytes());
            assert_eq!(text_size(source.as_bytes()), content.len() as u64, "{source:?}");
        }
        let (small, large) = ("\n".repeat(10_000), "\n".repeat(100_000));
        assert_eq!(round_trip(Format::Text, small.as_bytes()).0, Encoding::Text);
        assert_eq!(round_trip(Format::Text, large.as_bytes()).0, Encoding::Base64);
        let lines = "a: 1\n".repeat(100_000);
        assert_eq!(round_trip(Format::Yaml, lines.as_bytes()).0, Encoding::Text);
    }

    #[test]
    fn another_spelling_of_the_same_source_is_noticed() {
        assert_eq!(read(Encoding::Text, b"[\n    \"a\",\n   \"b\"\n  ]"), Err(Problem::Spelling));
        assert_eq!(read(Encoding::Text, b"[\n    \"\\u0061\"\n  ]"), Err(Problem::Spelling));
        assert_eq!(read(Encoding::Text, b"[\n    \"a\\nb\"\n  ]"), Err(Problem::Spelling));
        assert_eq!(read(Encoding::Text, b"[\n    \"a\\/b\"\n  ]"), Err(Problem::Spelling));
    }
}
