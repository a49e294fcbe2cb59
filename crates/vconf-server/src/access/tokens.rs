//! The tokens of a server: a config of its own, so that each change of them is a version with an author.

use std::collections::BTreeMap;
use std::fmt;
use std::io;
use std::sync::{Arc, RwLock};

use vconf::format::json;
use vconf::history::{Context, Error, SaveOptions};
use vconf::model::name::ConfigName;
use vconf::model::revision::Revision;
use vconf::model::value::Value;
use vconf::store::Store;

use super::token::{NewToken, Secret, Token, TokenId};

/// The tokens of a server, in a store of its own.
#[derive(Debug)]
pub struct Tokens {
    store: Arc<Store>,
    config: ConfigName,
    known: RwLock<Arc<Known>>,
}

#[derive(Debug, Default)]
struct Known {
    number: u64,
    tokens: BTreeMap<TokenId, Token>,
}

impl Tokens {
    /// The config that holds them.
    pub const CONFIG: &str = "tokens.json";

    /// Reads the tokens that are there.
    pub fn open(store: Arc<Store>) -> Result<Self, TokenError> {
        let config = ConfigName::new(Self::CONFIG).expect("it is a plain name");
        let tokens = Self { store, config, known: RwLock::default() };
        tokens.refresh()?;
        Ok(tokens)
    }

    /// Reads them again where they were changed; whether they were.
    pub fn refresh(&self) -> Result<bool, TokenError> {
        let state = self.store.state(&self.config)?;
        let number = self.store.head_number(&state, &state.current)?.unwrap_or(0);
        if number == self.known().number {
            return Ok(false);
        }
        let known = self.read()?;
        *self.known.write().unwrap_or_else(|poisoned| poisoned.into_inner()) = Arc::new(known);
        Ok(true)
    }

    /// The token of an id.
    pub fn get(&self, id: &TokenId) -> Option<Token> {
        self.known().tokens.get(id).cloned()
    }

    /// All of them.
    pub fn list(&self) -> Vec<Token> {
        self.known().tokens.values().cloned().collect()
    }

    /// Makes a new one, and gives its secret away for the one and only time.
    pub fn create(&self, new: NewToken, context: &Context) -> Result<(Token, Secret), TokenError> {
        let secret = Secret::random().map_err(TokenError::Random)?;
        let token = Token {
            id: secret.id().clone(),
            checksum: secret.checksum(),
            author: new.author.into(),
            created: context.timestamp,
            expires: new.expires,
            grants: new.grants.into(),
        };
        let grants: Vec<_> = token.grants.iter().map(ToString::to_string).collect();
        let why = format!("Create token {} of {}: {}", token.id, token.author, grants.join(", "));
        self.change(&why, context, |tokens| {
            tokens.insert(token.id.clone(), token.clone());
            Ok(())
        })?;
        Ok((token, secret))
    }

    /// Takes a token away.
    pub fn revoke(&self, id: &TokenId, context: &Context) -> Result<Token, TokenError> {
        let mut revoked = None;
        self.change(&format!("Revoke token {id}"), context, |tokens| {
            revoked = tokens.remove(id);
            if revoked.is_some() { Ok(()) } else { Err(TokenError::Unknown(id.clone())) }
        })?;
        revoked.ok_or_else(|| TokenError::Unknown(id.clone()))
    }

    fn change(
        &self,
        why: &str,
        context: &Context,
        mut edit: impl FnMut(&mut BTreeMap<TokenId, Token>) -> Result<(), TokenError>,
    ) -> Result<(), TokenError> {
        for _ in 0..MOST_ATTEMPTS {
            let mut known = self.read()?;
            edit(&mut known.tokens)?;
            if known.tokens.len() > MOST_TOKENS {
                return Err(TokenError::TooMany);
            }
            let tokens = Value::list(known.tokens.values().map(Token::to_value));
            let text = json::to_string_pretty(&Value::map([("tokens", tokens)]));
            let options = SaveOptions {
                description: Some(why.to_owned()),
                mode: Some(0o600),
                expect: Some(known.number),
                ..SaveOptions::default()
            };
            match self.store.save(&self.config, text.as_bytes(), &options, context) {
                Err(Error::Conflict { .. }) => continue,
                saved => saved?,
            };
            self.refresh()?;
            return Ok(());
        }
        Err(Error::Busy { config: self.config.clone() }.into())
    }

    fn read(&self) -> Result<Known, TokenError> {
        let loaded = match self.store.load(&self.config, &Revision::Latest) {
            Err(Error::UnknownConfig { .. } | Error::NoLatest { .. }) => return Ok(Known::default()),
            loaded => loaded?,
        };
        let content = loaded.value()?;
        let Some(Value::List(items)) = content.get("tokens") else { return Err(TokenError::NotTokens) };
        let tokens = items.iter().map(|item| Token::from_value(item).map(|token| (token.id.clone(), token)));
        let tokens = tokens.collect::<Option<_>>().ok_or(TokenError::NotTokens)?;
        Ok(Known { number: loaded.version.number, tokens })
    }

    fn known(&self) -> Arc<Known> {
        // Whatever a panicking thread left is a whole set of tokens.
        self.known.read().unwrap_or_else(|poisoned| poisoned.into_inner()).clone()
    }
}

const MOST_ATTEMPTS: usize = 32;

/// How many tokens a server may have.
const MOST_TOKENS: usize = 10_000;

/// Why tokens can't be used.
#[derive(Debug)]
pub enum TokenError {
    /// Their history can't be.
    History(Error),
    /// There is no token of this id.
    Unknown(TokenId),
    /// What is kept of them is something else.
    NotTokens,
    /// There are too many.
    TooMany,
    /// Randomness can't be had.
    Random(io::Error),
}

impl From<Error> for TokenError {
    fn from(error: Error) -> Self {
        Self::History(error)
    }
}

impl fmt::Display for TokenError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::History(error) => error.fmt(f),
            Self::Unknown(id) => write!(f, "there is no token {id}"),
            Self::NotTokens => write!(f, "the latest version of {} holds no tokens", Tokens::CONFIG),
            Self::TooMany => write!(f, "there are {MOST_TOKENS} tokens, and that is the most"),
            Self::Random(_) => f.write_str("the system gives no random numbers"),
        }
    }
}

impl std::error::Error for TokenError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            Self::History(error) => Some(error),
            Self::Random(error) => Some(error),
            Self::Unknown(_) | Self::NotTokens | Self::TooMany => None,
        }
    }
}
