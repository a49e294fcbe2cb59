//! Where a store is: a folder, or an engine's address.

use std::collections::BTreeMap;
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
    /// A bucket of an object store: `s3://BUCKET/PREFIX`, `gs://…` or `az://…`.
    Objects {
        /// The address.
        url: String,
        /// What the clients of these services read from the environment.
        environment: BTreeMap<String, String>,
    },
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
            Some(("s3" | "gs" | "az", _)) => {
                Ok(Self::Objects { url: text.to_owned(), environment: BTreeMap::new() })
            }
            Some((scheme, _)) => Err(InvalidAddress { scheme: scheme.to_owned() }),
        }
    }
}

/// What addresses of engines look like.
pub const SCHEMES: [&str; 4] = ["postgres://…", "s3://…", "gs://…", "az://…"];

impl Address {
    /// Whether it is that of an engine, and no folder.
    pub fn is_engine(&self) -> bool {
        !matches!(self, Self::Folder(_))
    }

    /// The same with what clients of its engine read from the environment: the password, for PostgreSQL `PGPASSWORD`, or
    /// the variables of the cloud's own tools, which begin with `AWS_`, `GOOGLE_` or `AZURE_`.
    pub fn with_environment(self, variables: impl IntoIterator<Item = (String, String)>) -> Self {
        let mut variables = variables.into_iter().filter(|(_, value)| !value.is_empty());
        match self {
            Self::Folder(path) => Self::Folder(path),
            Self::Postgres(url) => match variables.find(|(name, _)| name == "PGPASSWORD") {
                Some((_, password)) => Self::Postgres(with_password(&url, &password)),
                None => Self::Postgres(url),
            },
            Self::Objects { url, mut environment } => {
                let is_of_clouds =
                    |name: &str| ["AWS_", "GOOGLE_", "AZURE_"].iter().any(|it| name.starts_with(it));
                environment.extend(variables.filter(|(name, _)| is_of_clouds(name)));
                Self::Objects { url, environment }
            }
        }
    }
}

/// The address as people may see it: without a password.
impl fmt::Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Folder(path) => path.display().fmt(f),
            Self::Postgres(url) | Self::Objects { url, .. } => f.write_str(&without_secrets(url)),
        }
    }
}

impl fmt::Debug for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Address({self})")
    }
}

/// A URL without its passwords.
pub(crate) fn without_secrets(url: &str) -> String {
    let (scheme, rest) = url.split_once("://").unwrap_or(("", url));
    let (rest, query) = rest.split_once('?').unwrap_or((rest, ""));
    // An `@` in a password may stand there as it is, and so may a `/`.
    let shown = match rest.rsplit_once('@') {
        Some((user, rest)) => match user.split(':').next() {
            Some("") | None => rest.to_owned(),
            Some(user) => format!("{user}@{rest}"),
        },
        None => rest.to_owned(),
    };
    let is_shown = |parameter: &&str| !parameter.is_empty() && !parameter.contains("password");
    let parameters: Vec<_> = query.split('&').filter(is_shown).collect();
    let query = if parameters.is_empty() { String::new() } else { format!("?{}", parameters.join("&")) };
    format!("{scheme}://{shown}{query}")
}

/// A URL with a password, where it has none.
fn with_password(url: &str, password: &str) -> String {
    let (base, query) = url.split_once('?').unwrap_or((url, ""));
    let has_one = base.split_once("://").and_then(|(_, rest)| rest.rsplit_once('@'));
    if has_one.is_some_and(|(user, _)| user.contains(':')) || query.contains("password=") {
        return url.to_owned();
    }
    let encoded: String = password.bytes().map(|byte| format!("%{byte:02X}")).collect();
    let separator = if query.is_empty() { "" } else { "&" };
    format!("{base}?{query}{separator}password={encoded}")
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
    fn a_password_is_added_where_there_is_none() {
        assert_eq!(with_password("postgres://me@db/x", "a&"), "postgres://me@db/x?password=%61%26");
        assert_eq!(with_password("postgres://db/x?schema=y", "a"), "postgres://db/x?schema=y&password=%61");
        assert_eq!(with_password("postgres://me:b@db/x", "a"), "postgres://me:b@db/x");
    }

    #[test]
    fn an_address_is_shown_without_its_password() {
        let shown = |text: &str| text.parse::<Address>().unwrap().to_string();
        assert_eq!(
            shown("postgres://me:secret@db:5433/x?password=y&schema=z"),
            "postgres://me@db:5433/x?schema=z"
        );
        assert_eq!(shown("postgres://me:s@c/r@db/x?password=y"), "postgres://me@db/x");
        assert_eq!(shown("postgresql:///x"), "postgresql:///x");
        assert_eq!(shown("s3://bucket/a/b?region=eu-west-1"), "s3://bucket/a/b?region=eu-west-1");
        assert_eq!(shown("/srv/.vconf"), "/srv/.vconf");
        assert_eq!("ftp://x".parse::<Address>().unwrap_err().scheme, "ftp");
    }
}
