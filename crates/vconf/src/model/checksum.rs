//! Checksums and random ids, as records write them.

use std::fmt;
use std::str::FromStr;

/// A SHA-256 checksum, written `sha256:` and 64 hexadecimal digits.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Checksum(pub [u8; 32]);

impl fmt::Display for Checksum {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("sha256:")?;
        write_hex(f, &self.0)
    }
}

impl fmt::Debug for Checksum {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl FromStr for Checksum {
    type Err = NotHex;

    fn from_str(text: &str) -> Result<Self, NotHex> {
        text.strip_prefix("sha256:").and_then(read_hex).map(Self).ok_or(NotHex)
    }
}

/// A random id of a record or an operation, written as 32 hexadecimal digits.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Id(pub [u8; 16]);

impl fmt::Display for Id {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write_hex(f, &self.0)
    }
}

impl fmt::Debug for Id {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl FromStr for Id {
    type Err = NotHex;

    fn from_str(text: &str) -> Result<Self, NotHex> {
        read_hex(text).map(Self).ok_or(NotHex)
    }
}

/// The text is not the expected run of lower-case hexadecimal digits.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct NotHex;

impl fmt::Display for NotHex {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("not the expected lower-case hexadecimal digits")
    }
}

impl std::error::Error for NotHex {}

fn write_hex(f: &mut fmt::Formatter<'_>, bytes: &[u8]) -> fmt::Result {
    const DIGITS: &[u8; 16] = b"0123456789abcdef";
    let mut text = [0; 64];
    for (pair, byte) in text.chunks_exact_mut(2).zip(bytes) {
        pair[0] = DIGITS[usize::from(byte >> 4)];
        pair[1] = DIGITS[usize::from(byte & 15)];
    }
    f.write_str(std::str::from_utf8(&text[..2 * bytes.len()]).expect("hexadecimal digits are ASCII"))
}

/// Lower case only: what is written is the one spelling that is read.
fn read_hex<const N: usize>(text: &str) -> Option<[u8; N]> {
    let digit = |byte| match byte {
        b'0'..=b'9' => Some(byte - b'0'),
        b'a'..=b'f' => Some(byte - b'a' + 10),
        _ => None,
    };
    if text.len() != 2 * N {
        return None;
    }
    let mut bytes = [0; N];
    for (byte, pair) in bytes.iter_mut().zip(text.as_bytes().chunks_exact(2)) {
        *byte = digit(pair[0])? << 4 | digit(pair[1])?;
    }
    Some(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn checksums_and_ids_round_trip() {
        let sum = Checksum(std::array::from_fn(|i| i as u8 * 7));
        assert_eq!(sum.to_string().parse(), Ok(sum));
        let id = Id(std::array::from_fn(|i| i as u8 * 13));
        assert_eq!(id.to_string().parse(), Ok(id));
    }

    #[test]
    fn one_spelling_only_is_read() {
        let text = Id([0xab; 16]).to_string();
        assert_eq!(text.to_uppercase().parse::<Id>(), Err(NotHex));
        assert_eq!(text[1..].parse::<Id>(), Err(NotHex));
    }
}
