//! Where a store is: a folder, or an engine's address.

use std::fmt;
use std::path::PathBuf;
use std::str::FromStr;

/// The address of a store.
#[derive(Clone, PartialEq, Eq)]
pub enum Address {
    /// A folder.
    Folder(PathBuf),
    /// A PostgreSQL database: `postgres://USER@HOST/DATABASE`.
    Postgres(String),
}

/// Why a text is no address of a store.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct InvalidAddress {
    /// What stands before the `://`.
    pub scheme: String,
}

impl FromStr for Address {
    type Err = InvalidAddress;

    fn from_str(text: &str) -> Result<Self, InvalidAddress> {
        match text.split_once("://") {
            None => Ok(Self::Folder(text.into())),
            Some(("postgres" | "postgresql", _)) => Ok(Self::Postgres(text.to_owned())),
            Some((scheme, _)) => Err(InvalidAddress { scheme: scheme.to_owned() }),
        }
    }
}

/// The address as people may see it: without a password.
impl fmt::Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Folder(path) => path.display().fmt(f),
            Self::Postgres(url) => f.write_str(&without_secrets(url)),
        }
    }
}

impl fmt::Debug for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Address({self})")
    }
}

/// A URL without its password and its parameters.
pub(crate) fn without_secrets(url: &str) -> String {
    let (scheme, rest) = url.split_once("://").unwrap_or(("", url));
    let rest = rest.split(['?', '#']).next().unwrap_or_default();
    let (authority, path) = rest.split_at(rest.find('/').unwrap_or(rest.len()));
    let shown = match authority.rsplit_once('@') {
        Some((user, host)) => {
            let user = user.split(':').next().unwrap_or_default();
            if user.is_empty() { host.to_owned() } else { format!("{user}@{host}") }
        }
        None => authority.to_owned(),
    };
    format!("{scheme}://{shown}{path}")
}

impl fmt::Display for InvalidAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:// is no kind of store", self.scheme)
    }
}

impl std::error::Error for InvalidAddress {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_is_shown_without_its_password() {
        let shown = |text: &str| text.parse::<Address>().unwrap().to_string();
        assert_eq!(shown("postgres://me:secret@db:5433/x?password=y"), "postgres://me@db:5433/x");
        assert_eq!(shown("postgresql:///x"), "postgresql:///x");
        assert_eq!(shown("/srv/.vconf"), "/srv/.vconf");
        assert_eq!("ftp://x".parse::<Address>().unwrap_err().scheme, "ftp");
    }
}
