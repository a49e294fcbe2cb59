//! What is allowed: a role, for some configs, perhaps on one branch only.

use std::fmt;
use std::str::FromStr;

use vconf::model::name::{ConfigName, RefName};

/// What one may do; each role includes those before it.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum Role {
    /// Look at everything.
    Read,
    /// Make versions, tags and branches, and undo.
    Write,
    /// Pack, forget, and read the audit log.
    Admin,
}

impl Role {
    /// Every role.
    pub const ALL: [Self; 3] = [Self::Read, Self::Write, Self::Admin];

    /// Its name.
    pub fn name(self) -> &'static str {
        match self {
            Self::Read => "read",
            Self::Write => "write",
            Self::Admin => "admin",
        }
    }
}

impl fmt::Display for Role {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl FromStr for Role {
    type Err = BadGrant;

    fn from_str(text: &str) -> Result<Self, BadGrant> {
        Self::ALL.into_iter().find(|role| role.name() == text).ok_or_else(|| BadGrant(text.to_owned()))
    }
}

/// Which configs are meant.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum ConfigPattern {
    /// `*`: all.
    All,
    /// `app.yaml`: the one of this name.
    One(ConfigName),
    /// `etc/`: those below a folder, with its `/`.
    Below(String),
    /// `app-*`: those whose names begin so.
    Beginning(String),
}

impl ConfigPattern {
    /// Whether a config is one of them.
    pub fn matches(&self, config: &ConfigName) -> bool {
        match self {
            Self::All => true,
            Self::One(name) => name == config,
            Self::Below(text) | Self::Beginning(text) => config.as_str().starts_with(text.as_str()),
        }
    }
}

impl fmt::Display for ConfigPattern {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::All => f.write_str("*"),
            Self::One(name) => name.fmt(f),
            Self::Below(text) => f.write_str(text),
            Self::Beginning(text) => write!(f, "{text}*"),
        }
    }
}

impl FromStr for ConfigPattern {
    type Err = BadGrant;

    fn from_str(text: &str) -> Result<Self, BadGrant> {
        let bad = || BadGrant(text.to_owned());
        if text == "*" {
            return Ok(Self::All);
        }
        if let Some(beginning) = text.strip_suffix('*') {
            return match beginning.contains('*') {
                true => Err(bad()),
                false => Ok(Self::Beginning(beginning.to_owned())),
            };
        }
        match text.strip_suffix('/') {
            Some(folder) => ConfigName::new(folder).map(|_| Self::Below(text.to_owned())).map_err(|_| bad()),
            None => ConfigName::new(text).map(Self::One).map_err(|_| bad()),
        }
    }
}

/// A role, for some configs. On one branch only where one is named: that limits what is written, for all versions of a
/// config are read together.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Grant {
    /// What one may do.
    pub role: Role,
    /// With which configs.
    pub configs: ConfigPattern,
    /// On which branch; without it, on all of them.
    pub branch: Option<RefName>,
}

impl Grant {
    /// Whether it allows something with a config. What is written is written to a branch; `None` stands for what
    /// concerns all of them.
    pub fn allows(&self, role: Role, config: &ConfigName, branch: Option<&RefName>) -> bool {
        let is_on_branch = role == Role::Read || self.branch.is_none() || self.branch.as_ref() == branch;
        self.role >= role && self.configs.matches(config) && is_on_branch
    }
}

impl fmt::Display for Grant {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.role, self.configs)?;
        match &self.branch {
            Some(branch) => write!(f, "@{branch}"),
            None => Ok(()),
        }
    }
}

/// Reads `ROLE`, `ROLE:CONFIGS` or `ROLE:CONFIGS@BRANCH`.
impl FromStr for Grant {
    type Err = BadGrant;

    fn from_str(text: &str) -> Result<Self, BadGrant> {
        let (role, rest) = text.split_once(':').unwrap_or((text, "*"));
        let (configs, branch) = match rest.rsplit_once('@') {
            Some((configs, branch)) => (configs, Some(branch)),
            None => (rest, None),
        };
        let bad = |_| BadGrant(text.to_owned());
        Ok(Self {
            role: role.parse().map_err(bad)?,
            configs: configs.parse().map_err(bad)?,
            branch: branch.map(RefName::new).transpose().map_err(|_| BadGrant(text.to_owned()))?,
        })
    }
}

/// A text that allows nothing.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct BadGrant(pub String);

impl fmt::Display for BadGrant {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "\"{}\" is not a grant", self.0.escape_debug())
    }
}

impl std::error::Error for BadGrant {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_grant_reads_as_it_is_written() {
        for text in ["read:*", "write:etc/", "admin:app.yaml", "write:app-*", "write:etc/app.yaml@staging"] {
            assert_eq!(text.parse::<Grant>().unwrap().to_string(), text);
        }
        assert_eq!("read".parse::<Grant>().unwrap().to_string(), "read:*");
        for text in ["", "root", "read:", "read:../x", "read:a*b*", "read:/", "write:a@", "write:a@-b"] {
            assert!(text.parse::<Grant>().is_err(), "{text}");
        }
    }

    #[test]
    fn a_grant_reaches_no_further_than_it_says() {
        let may = |grant: &str, role, config: &str, branch: Option<&str>| {
            let branch = branch.map(|branch| RefName::new(branch).unwrap());
            let grant: Grant = grant.parse().unwrap();
            grant.allows(role, &ConfigName::new(config).unwrap(), branch.as_ref())
        };
        assert!(may("write:etc/", Role::Write, "etc/app.yaml", Some("main")));
        assert!(!may("write:etc/", Role::Write, "etc.yaml", Some("main")));
        assert!(!may("write:etc/", Role::Write, "etcetera/app.yaml", Some("main")));
        assert!(!may("write:etc/", Role::Admin, "etc/app.yaml", None));
        assert!(!may("read:app.yaml", Role::Read, "app.yaml.old", None));
        assert!(may("read:app*", Role::Read, "app.yaml.old", None));
        assert!(may("write:a@staging", Role::Write, "a", Some("staging")));
        assert!(!may("write:a@staging", Role::Write, "a", Some("main")));
        assert!(!may("write:a@staging", Role::Write, "a", None), "what concerns all branches");
        assert!(may("write:a@staging", Role::Read, "a", None));
    }
}
