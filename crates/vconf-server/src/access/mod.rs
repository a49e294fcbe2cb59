//! Who may do what: tokens, and what each is allowed.

mod grant;
mod token;
mod tokens;

pub use grant::{BadGrant, ConfigPattern, Grant, Role};
pub use token::{NewToken, Secret, Token, TokenId};
pub use tokens::{TokenError, Tokens};

use std::net::IpAddr;
use std::sync::Arc;

use vconf::model::name::{ConfigName, RefName};

/// Who makes a request, and what that one may do.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Caller {
    /// The author of what is written.
    pub author: Arc<str>,
    /// The token; `None` for who needs none on this machine.
    pub token: Option<TokenId>,
    /// What is allowed.
    pub grants: Arc<[Grant]>,
    /// Where the request comes from.
    pub peer: IpAddr,
}

impl Caller {
    /// Whether it may do something with a config; with a branch, whether it may write to that one.
    pub fn may(&self, role: Role, config: &ConfigName, branch: Option<&RefName>) -> bool {
        self.grants.iter().any(|grant| grant.allows(role, config, branch))
    }

    /// Whether it may do something with every config there is or will be.
    pub fn may_all(&self, role: Role) -> bool {
        let is_all = |grant: &Grant| grant.configs == ConfigPattern::All && grant.branch.is_none();
        self.grants.iter().any(|grant| grant.role >= role && is_all(grant))
    }

    /// Whether it may do something at all.
    pub fn may_some(&self, role: Role) -> bool {
        self.grants.iter().any(|grant| grant.role >= role)
    }
}
