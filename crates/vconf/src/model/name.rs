//! Names of configs, branches and tags.

use std::fmt;
use std::str::FromStr;
use std::sync::Arc;

/// The name of a config: usually a file's path relative to the store's parent, with `/` between its parts.
///
/// A name is 1 to [`ConfigName::MAX_BYTES`] bytes of UTF-8 without NUL; no part of it is empty, `.` or `..`.
/// An absolute path, for a file that lies outside of the store's parent, begins with `/`.
#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct ConfigName(Arc<str>);

impl ConfigName {
    /// How long a name may be.
    pub const MAX_BYTES: usize = 4096;

    /// Whether it is the absolute path of a file, which lies elsewhere than the store's other files.
    pub fn is_absolute(&self) -> bool {
        self.0.starts_with('/')
    }

    /// Takes a name.
    pub fn new(text: &str) -> Result<Self, InvalidName> {
        let fail = |reason| Err(InvalidName { name: text.to_owned(), reason });
        if text.is_empty() {
            return fail("a name is not empty");
        }
        if text.len() > Self::MAX_BYTES {
            return fail("a name has at most 4096 bytes");
        }
        if text.contains('\0') {
            return fail("a name has no NUL in it");
        }
        let parts = text.strip_prefix('/').unwrap_or(text).split('/');
        for part in parts {
            match part {
                "" => return fail("no part of a name is empty"),
                "." | ".." => return fail("no part of a name is \".\" or \"..\""),
                _ => {}
            }
        }
        Ok(Self(text.into()))
    }

    /// The name as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for ConfigName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Debug for ConfigName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&*self.0, f)
    }
}

impl FromStr for ConfigName {
    type Err = InvalidName;

    fn from_str(text: &str) -> Result<Self, InvalidName> {
        Self::new(text)
    }
}

/// The name of a branch or a tag.
///
/// It has 1 to [`RefName::MAX_BYTES`] bytes of letters, digits and `. _ - + /`, begins with a letter, a digit or `_`,
/// and can't be taken for another kind of revision: not all digits, not `latest`, no time.
#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct RefName(Arc<str>);

impl RefName {
    /// How long a name may be.
    pub const MAX_BYTES: usize = 200;

    /// The branch that every config begins with.
    pub fn main() -> Self {
        Self("main".into())
    }

    /// Takes a name.
    pub fn new(text: &str) -> Result<Self, InvalidName> {
        let fail = |reason| Err(InvalidName { name: text.to_owned(), reason });
        let good = |c: char| c.is_alphanumeric() || matches!(c, '.' | '_' | '-' | '+' | '/');
        if text.is_empty() {
            return fail("a name is not empty");
        }
        if text.len() > Self::MAX_BYTES {
            return fail("a name has at most 200 bytes");
        }
        if !text.starts_with(|c: char| c.is_alphanumeric() || c == '_') {
            return fail("a name begins with a letter, a digit or _");
        }
        if !text.chars().all(good) {
            return fail("a name has only letters, digits and . _ - + / in it");
        }
        if super::revision::is_reserved(text) {
            return fail("it would be taken for a version number or a time");
        }
        Ok(Self(text.into()))
    }

    /// The name as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for RefName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Debug for RefName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&*self.0, f)
    }
}

impl FromStr for RefName {
    type Err = InvalidName;

    fn from_str(text: &str) -> Result<Self, InvalidName> {
        Self::new(text)
    }
}

/// A name that can't be one.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct InvalidName {
    /// The text that was given.
    pub name: String,
    /// Which rule it breaks.
    pub reason: &'static str,
}

impl fmt::Display for InvalidName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "\"{}\" can't be a name: {}", self.name.escape_debug(), self.reason)
    }
}

impl std::error::Error for InvalidName {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_config_is_named_like_a_file_in_the_folder() {
        for name in ["app.yaml", "etc/a b.ini", "a@b", "ü/…\n", "/etc/hosts", ".env", "..a"] {
            assert_eq!(ConfigName::new(name).unwrap().as_str(), name);
        }
        for name in ["", "a/", "a//b", ".", "a/../b", "../a", "a\0b", "/", "//a"] {
            assert!(ConfigName::new(name).is_err(), "{name:?}");
        }
    }

    #[test]
    fn a_tag_can_not_be_taken_for_another_revision() {
        for name in ["stable", "1.0.0", "release/2026-q1", "v3", "größer"] {
            assert!(RefName::new(name).is_ok(), "{name}");
        }
        for name in ["", "3", "-1", "latest", "2d", "yesterday", "2026-11-20", "a b", "a@b", ".a"] {
            assert!(RefName::new(name).is_err(), "{name}");
        }
    }
}
