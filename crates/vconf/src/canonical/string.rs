//! Strings in their one canonical spelling (RFC 8785, section 3.2.2.2).

/// Writes a string, quotes and all.
pub fn write_string(text: &str, out: &mut String) {
    out.push('"');
    let mut rest = text;
    while let Some(at) = first_escaped(rest.as_bytes()) {
        out.push_str(&rest[..at]);
        write_escape(rest.as_bytes()[at], out);
        rest = &rest[at + 1..];
    }
    out.push_str(rest);
    out.push('"');
}

fn write_escape(byte: u8, out: &mut String) {
    match byte {
        b'"' => out.push_str("\\\""),
        b'\\' => out.push_str("\\\\"),
        0x08 => out.push_str("\\b"),
        b'\t' => out.push_str("\\t"),
        b'\n' => out.push_str("\\n"),
        0x0c => out.push_str("\\f"),
        b'\r' => out.push_str("\\r"),
        _ => out.push_str(&format!("\\u{byte:04x}")),
    }
}

/// Where the first byte is that does not stand for itself in a string: a quote, a backslash, a control character.
pub(crate) fn first_escaped(bytes: &[u8]) -> Option<usize> {
    let Some(last) = bytes.last_chunk::<8>() else {
        return bytes.iter().position(|&byte| byte == b'"' || byte == b'\\' || byte < b' ');
    };
    let (words, _) = bytes.as_chunks::<8>();
    for (at, word) in words.iter().enumerate() {
        if let Some(found) = first_escaped_of(*word) {
            return Some(at * 8 + found);
        }
    }
    // Of the bytes before these, none is.
    first_escaped_of(*last).map(|found| bytes.len() - 8 + found)
}

fn first_escaped_of(word: [u8; 8]) -> Option<usize> {
    let word = u64::from_le_bytes(word);
    let found = below(word, b' ') | below(word ^ repeated(b'"'), 1) | below(word ^ repeated(b'\\'), 1);
    (found != 0).then(|| found.trailing_zeros() as usize / 8)
}

/// The high bit of each byte that is less than a limit of at most 128; those above the first such byte may be wrong.
fn below(word: u64, limit: u8) -> u64 {
    word.wrapping_sub(repeated(limit)) & !word & repeated(0x80)
}

fn repeated(byte: u8) -> u64 {
    u64::from_le_bytes([byte; 8])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_byte_that_needs_an_escape_is_found_wherever_it_is() {
        for length in 0..40 {
            for at in 0..length {
                for byte in 0..=255 {
                    let mut bytes = vec![if byte % 2 == 0 { b' ' } else { 0xff }; length];
                    bytes[at] = byte;
                    // What comes after it must not matter.
                    bytes[at + 1..].fill(if at % 2 == 0 { b'"' } else { 0xff });
                    let is_escaped = |byte: &u8| matches!(byte, b'"' | b'\\' | 0..b' ');
                    assert_eq!(first_escaped(&bytes), bytes.iter().position(is_escaped), "{bytes:?}");
                }
            }
            assert_eq!(first_escaped(&vec![b'x'; length]), None);
        }
    }

    #[test]
    fn strings_are_spelled_as_by_serde_json() {
        let chars: Vec<char> = (0..0x80u8).map(char::from).chain("é€😀\u{2028}\u{7f}".chars()).collect();
        for shift in 0..chars.len() {
            for length in [0, 1, 7, 8, 9, 15, 16, 17, 60] {
                let text: String = chars.iter().cycle().skip(shift).take(length).collect();
                let mut written = String::new();
                write_string(&text, &mut written);
                assert_eq!(written, serde_json::to_string(&text).unwrap());
            }
        }
    }
}
