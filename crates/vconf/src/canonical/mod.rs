//! Canonical JSON and SHA-256. Nothing else hashes for integrity.

mod json;
mod string;

pub use json::write_number;
pub(crate) use string::first_escaped;
pub use string::write_string;

use sha2::{Digest, Sha256};

use crate::model::checksum::Checksum;
use crate::model::tree::Tree;

/// The SHA-256 checksum of bytes.
pub fn checksum(bytes: &[u8]) -> Checksum {
    Checksum(Sha256::digest(bytes).into())
}

/// The SHA-256 checksum of bytes that come in pieces.
#[derive(Clone, Debug, Default)]
pub struct Hasher(Sha256);

impl Hasher {
    /// Takes the next piece.
    pub fn update(&mut self, bytes: &[u8]) {
        self.0.update(bytes);
    }

    /// The checksum of all pieces.
    pub fn finish(self) -> Checksum {
        Checksum(self.0.finalize().into())
    }
}

/// The checksum of content: of its canonical JSON.
pub fn content_checksum(tree: &Tree) -> Checksum {
    checksum(json::of_tree(tree).as_bytes())
}

/// The canonical JSON of content.
///
/// It is that of RFC 8785 with two additions for what RFC 8785 can't say. A number that no double stands for keeps
/// its digits: every integer does, and any other with more than 17 significant digits. A tagged value becomes
/// `{"$tag":…,"$value":…}`, and so do `Infinity` and `NaN`, under the tag `number`.
pub fn to_string(tree: &Tree) -> String {
    json::of_tree(tree)
}
