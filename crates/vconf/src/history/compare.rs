//! Compare: the contents of two versions, two files, or one of each.

use std::borrow::Cow;

use super::error::Error;
use super::load::{Loaded, is_structured};
use crate::format::{self, Document, Format};
use crate::model::name::ConfigName;
use crate::model::tree::Tree;
use crate::store::Store;

/// Two documents side by side, in forms that can be compared.
#[derive(Clone, Debug)]
pub struct Comparison<'a> {
    /// The older one, or the left.
    pub old: Cow<'a, Document>,
    /// The newer one, or the right.
    pub new: Cow<'a, Document>,
    /// Whether the sources are the same, byte for byte.
    pub same_bytes: bool,
}

impl Store {
    /// Puts two versions of a config side by side.
    pub fn compare(&self, config: &ConfigName, old: u64, new: u64) -> Result<Comparison<'static>, Error> {
        let (old, new) = (self.load_number(config, old)?, self.load_number(config, new)?);
        Ok(Comparison::of_versions(&old, &new))
    }
}

impl Comparison<'static> {
    /// Puts two versions side by side.
    pub fn of_versions(old: &Loaded, new: &Loaded) -> Self {
        Self::of_documents(Cow::Owned(old.document()), &old.source, Cow::Owned(new.document()), &new.source)
    }
}

impl<'a> Comparison<'a> {
    /// Puts two documents side by side, given their sources.
    ///
    /// Where only one of them has a structure, both are taken as lines of text.
    pub fn of_documents(
        old: Cow<'a, Document>,
        old_source: &[u8],
        new: Cow<'a, Document>,
        new_source: &[u8],
    ) -> Self {
        let is_lone =
            |document: &Document, other: &Document| is_structured(document) && other.format == Format::Text;
        let as_lines = |source| Cow::Owned(format::read("", source, Some(Format::Text)));
        let (old_is_lone, new_is_lone) = (is_lone(&old, &new), is_lone(&new, &old));
        Self {
            old: if old_is_lone { as_lines(old_source) } else { old },
            new: if new_is_lone { as_lines(new_source) } else { new },
            same_bytes: old_source == new_source,
        }
    }

    /// The two contents; `None` where one has none, being bytes.
    pub fn trees(&self) -> Option<(&Tree, &Tree)> {
        Some((self.old.tree.as_ref()?, self.new.tree.as_ref()?))
    }
}
