//! Tokens: random secrets of which only the checksum is kept.

use std::fmt;
use std::io;
use std::sync::Arc;

use subtle::ConstantTimeEq;
use vconf::canonical;
use vconf::model::checksum::Checksum;
use vconf::model::time::Timestamp;
use vconf::model::value::Value;

use super::grant::Grant;

/// What a token is called: it is no secret.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct TokenId(Arc<str>);

impl TokenId {
    /// Takes an id: 16 lower-case hexadecimal digits.
    pub fn new(text: &str) -> Option<Self> {
        let is_digit = |byte: u8| byte.is_ascii_digit() || (b'a'..=b'f').contains(&byte);
        (text.len() == ID_DIGITS && text.bytes().all(is_digit)).then(|| Self(text.into()))
    }

    /// The id as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for TokenId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

const ID_DIGITS: usize = 16;

/// A token as its owner has it: `vconf_` with the id, `_`, and 256 random bits. It is never kept, and never shown again.
#[derive(Clone)]
pub struct Secret {
    id: TokenId,
    text: String,
}

impl Secret {
    /// Makes a new one.
    pub fn random() -> io::Result<Self> {
        let (mut id, mut secret) = ([0; ID_DIGITS / 2], [0; 32]);
        getrandom::fill(&mut id).map_err(io::Error::other)?;
        getrandom::fill(&mut secret).map_err(io::Error::other)?;
        let (id, secret) = (hex(&id), hex(&secret));
        Ok(Self { text: format!("{PREFIX}{id}_{secret}"), id: TokenId(id.into()) })
    }

    /// Reads one; `None` where it is none.
    pub fn read(text: &str) -> Option<Self> {
        let (id, secret) = text.strip_prefix(PREFIX)?.split_once('_')?;
        let id = TokenId::new(id)?;
        let is_whole = secret.len() == 64 && secret.bytes().all(|byte| byte.is_ascii_hexdigit());
        is_whole.then(|| Self { id, text: text.to_owned() })
    }

    /// Which token it is.
    pub fn id(&self) -> &TokenId {
        &self.id
    }

    /// The secret itself, to be shown once.
    pub fn reveal(&self) -> &str {
        &self.text
    }

    /// What is kept of it.
    pub fn checksum(&self) -> Checksum {
        canonical::checksum(self.text.as_bytes())
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{PREFIX}{}_…", self.id)
    }
}

const PREFIX: &str = "vconf_";

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// A token as it is kept.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Token {
    /// What it is called.
    pub id: TokenId,
    /// The checksum of the secret.
    pub checksum: Checksum,
    /// The author of what is written with it.
    pub author: Arc<str>,
    /// When it was made.
    pub created: Timestamp,
    /// Until when it counts; without it, until it is revoked.
    pub expires: Option<Timestamp>,
    /// What it allows.
    pub grants: Arc<[Grant]>,
}

impl Token {
    /// Whether it is this secret's, compared in a time that does not depend on where the two differ.
    pub fn is_of(&self, secret: &Secret) -> bool {
        bool::from(self.checksum.0.ct_eq(&secret.checksum().0))
    }

    /// Whether it counts at a time.
    pub fn is_valid(&self, now: Timestamp) -> bool {
        self.expires.is_none_or(|expires| now < expires)
    }

    /// The token as JSON, as it is kept.
    pub fn to_value(&self) -> Value {
        Value::map([
            ("id", Value::from(self.id.as_str())),
            ("author", Value::from(&*self.author)),
            ("checksum", Value::from(self.checksum.to_string())),
            ("created", Value::from(self.created.to_string())),
            ("expires", Value::from(self.expires.map(|time| time.to_string()))),
            ("grants", Value::list(self.grants.iter().map(ToString::to_string))),
        ])
    }

    /// Reads what [`to_value`](Self::to_value) writes; `None` where it is something else.
    pub fn from_value(value: &Value) -> Option<Self> {
        let text = |name: &str| value.get(name).and_then(Value::as_str);
        let Some(Value::List(grants)) = value.get("grants") else { return None };
        let grants = grants.iter().map(|grant| grant.as_str()?.parse().ok());
        Some(Self {
            id: TokenId::new(text("id")?)?,
            checksum: text("checksum")?.parse().ok()?,
            author: text("author")?.into(),
            created: text("created")?.parse().ok()?,
            expires: match text("expires") {
                Some(time) => Some(time.parse().ok()?),
                None => None,
            },
            grants: grants.collect::<Option<_>>()?,
        })
    }
}

/// A token that is to be made.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct NewToken {
    /// The author of what is written with it.
    pub author: String,
    /// Until when it counts.
    pub expires: Option<Timestamp>,
    /// What it allows.
    pub grants: Vec<Grant>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_whole_secret_is_the_token() {
        let secret = Secret::random().unwrap();
        let token = Token {
            id: secret.id().clone(),
            checksum: secret.checksum(),
            author: "ci".into(),
            created: "2026-11-24T12:00:00.000000Z".parse().unwrap(),
            expires: Some("2026-12-24T12:00:00.000000Z".parse().unwrap()),
            grants: ["write:etc/@main".parse().unwrap()].into(),
        };
        assert_eq!(Token::from_value(&token.to_value()).as_ref(), Some(&token));
        assert!(token.is_of(&Secret::read(secret.reveal()).unwrap()));
        let mut other = secret.reveal().to_owned();
        let last = if other.pop() == Some('0') { '1' } else { '0' };
        other.push(last);
        assert!(!token.is_of(&Secret::read(&other).unwrap()));
        assert!(!format!("{secret:?}").contains(&secret.reveal()[30..]), "a log must not have it");
        for text in ["", "vconf_", "vconf_0_0", &secret.reveal()[..60], &format!("{}0", secret.reveal())] {
            assert!(Secret::read(text).is_none(), "{text}");
        }
    }
}
