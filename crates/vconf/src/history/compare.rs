//! Compare: the contents of two versions, two files, or one of each.

use super::error::Error;
use super::load::{Loaded, is_structured};
use crate::format::{self, Document, Format};
use crate::model::name::ConfigName;
use crate::model::tree::Tree;
use crate::store::Store;

/// Two documents side by side, in forms that can be compared.
#[derive(Clone, Debug)]
pub struct Comparison {
    /// The older one, or the left.
    pub old: Document,
    /// The newer one, or the right.
    pub new: Document,
    /// Whether the sources are the same, byte for byte.
    pub same_bytes: bool,
}

impl Store {
    /// Puts two versions of a config side by side.
    pub fn compare(&self, config: &ConfigName, old: u64, new: u64) -> Result<Comparison, Error> {
        let (old, new) = (self.load_number(config, old)?, self.load_number(config, new)?);
        Ok(Comparison::of_versions(&old, &new))
    }
}

impl Comparison {
    /// Puts two versions side by side.
    pub fn of_versions(old: &Loaded, new: &Loaded) -> Self {
        Self::of_documents(old.document(), &old.source, new.document(), &new.source)
    }

    /// Puts two documents side by side, given their sources.
    ///
    /// Where only one of them has a structure, both are taken as lines of text.
    pub fn of_documents(old: Document, old_source: &[u8], new: Document, new_source: &[u8]) -> Self {
        let same_bytes = old_source == new_source;
        let as_lines = |document: &Document, source: &[u8], other: &Document| {
            let lines = is_structured(document) && other.format == Format::Text;
            lines.then(|| format::read("", source, Some(Format::Text)))
        };
        let old_lines = as_lines(&old, old_source, &new);
        let new_lines = as_lines(&new, new_source, &old);
        Self { old: old_lines.unwrap_or(old), new: new_lines.unwrap_or(new), same_bytes }
    }

    /// The two contents; `None` where one has none, being bytes.
    pub fn trees(&self) -> Option<(&Tree, &Tree)> {
        Some((self.old.tree.as_deref()?, self.new.tree.as_deref()?))
    }
}
