//! How the characters of a source are written as bytes.

/// An encoding of text.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Encoding {
    /// UTF-8 (RFC 3629).
    Utf8,
    /// ISO 8859-1, a byte a character: what Java took properties files to be before version 9.
    Latin1,
}

impl Encoding {
    /// Writes a text as bytes; `None` where the encoding has no such character.
    pub fn encode(self, text: &str) -> Option<Vec<u8>> {
        match self {
            Self::Utf8 => Some(text.as_bytes().to_vec()),
            Self::Latin1 => text.chars().map(|c| u8::try_from(c).ok()).collect(),
        }
    }

    /// Reads bytes as a text; `None` where they are not one.
    pub fn decode(self, bytes: &[u8]) -> Option<String> {
        match self {
            Self::Utf8 => str::from_utf8(bytes).ok().map(str::to_owned),
            Self::Latin1 => Some(bytes.iter().map(|&byte| char::from(byte)).collect()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_decoded_is_encoded_back() {
        let bytes: Vec<u8> = (0..=255).collect();
        let text = Encoding::Latin1.decode(&bytes).unwrap();
        assert_eq!(Encoding::Latin1.encode(&text), Some(bytes));
        assert_eq!(Encoding::Latin1.encode("€"), None);
        assert_eq!(Encoding::Utf8.encode("€"), Some("€".as_bytes().to_vec()));
        assert_eq!(Encoding::Utf8.decode(b"\xff"), None);
    }
}
