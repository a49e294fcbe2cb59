//! The server: a store, who may do what with it, and what is known of it.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, Weak};
use std::time::{Instant, SystemTime};

use axum::http::header;
use tokio::sync::{OwnedMutexGuard, Semaphore, watch};
use vconf::history::{Error, State};
use vconf::model::name::ConfigName;
use vconf::model::time::Timestamp;
use vconf::store::{Store, StoreError};

use crate::access::{Caller, Role, Tokens};
use crate::audit::Audit;
use crate::call::Call;
use crate::heads::Heads;
use crate::limits::Limits;
use crate::metrics::Metrics;
use crate::problem::{Names, Problem};
use crate::watch::{Hub, Tailer};

/// How a server behaves.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Options {
    /// Whether who connects from this machine, without a token, may do everything.
    pub allow_anonymous_loopback: bool,
    /// Names under which the server is called without a token, besides those of this machine.
    pub hosts: Vec<String>,
    /// How long a body may be.
    pub max_body_bytes: usize,
    /// How many requests a second a token or an address may make, over a while.
    pub requests_per_second: u32,
    /// How many connections there may be at once.
    pub max_connections: usize,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            allow_anonymous_loopback: false,
            hosts: Vec::new(),
            max_body_bytes: 16 << 20,
            requests_per_second: 1000,
            max_connections: 10_000,
        }
    }
}

/// A store that is served, and all that belongs to it.
#[derive(Debug)]
pub struct Server {
    store: Store,
    tokens: Tokens,
    audit: Audit,
    hub: Hub,
    tailer: Tailer,
    options: Options,
    limits: Limits,
    heads: Heads,
    metrics: Metrics,
    writing: Mutex<HashMap<ConfigName, Weak<tokio::sync::Mutex<()>>>>,
    /// How many requests may wait for the disk at once.
    places: Arc<Semaphore>,
    /// How many of these may read many records.
    searches: Arc<Semaphore>,
    /// How many KiB of bodies may be in memory at once.
    body_kib: Arc<Semaphore>,
    ending: watch::Sender<bool>,
}

/// How many requests are carried out at once.
pub(crate) const MOST_AT_ONCE: usize = 128;

/// How many of them may read many records.
const MOST_SEARCHES: usize = 8;

/// How many bytes of bodies are held at once.
const MOST_BODY_BYTES: usize = 512 << 20;

impl Server {
    /// Serves a store; tokens and the audit log are in a store of their own.
    pub fn new(store: Store, data: Store, options: Options) -> Result<Arc<Self>, StartError> {
        let data = Arc::new(data);
        let tokens = Tokens::open(data.clone()).map_err(StartError::Tokens)?;
        let audit = Audit::start(data).map_err(StartError::Thread)?;
        let (tailer, pokes) = Tailer::new();
        let mut epoch = [0; 6];
        getrandom::fill(&mut epoch).map_err(|error| StartError::Thread(std::io::Error::other(error)))?;
        let epoch = epoch.iter().fold(0, |number, byte| number << 8 | u64::from(*byte));
        let server = Arc::new(Self {
            store,
            tokens,
            audit,
            hub: Hub::new(epoch),
            tailer,
            heads: Heads::default(),
            limits: Limits::new(options.requests_per_second),
            body_kib: Arc::new(Semaphore::new(MOST_BODY_BYTES.max(options.max_body_bytes) >> 10)),
            options,
            metrics: Metrics::default(),
            writing: Mutex::default(),
            places: Arc::new(Semaphore::new(MOST_AT_ONCE)),
            searches: Arc::new(Semaphore::new(MOST_SEARCHES)),
            ending: watch::Sender::new(false),
        });
        Tailer::start(&server, pokes).map_err(StartError::Thread)?;
        Ok(server)
    }

    /// The store that is served.
    pub fn store(&self) -> &Store {
        &self.store
    }

    /// The configs that a server has to do with. One whose name is an absolute path is a file on the machine that it was
    /// saved on, and nothing elsewhere.
    pub(crate) fn configs(&self) -> Result<Vec<ConfigName>, StoreError> {
        let mut configs = self.store.configs()?;
        configs.retain(|config| !config.is_absolute());
        Ok(configs)
    }

    /// Its tokens.
    pub fn tokens(&self) -> &Tokens {
        &self.tokens
    }

    /// How it behaves.
    pub fn options(&self) -> &Options {
        &self.options
    }

    pub(crate) fn audit(&self) -> &Audit {
        &self.audit
    }

    pub(crate) fn hub(&self) -> &Hub {
        &self.hub
    }

    pub(crate) fn tailer(&self) -> &Tailer {
        &self.tailer
    }

    pub(crate) fn heads(&self) -> &Heads {
        &self.heads
    }

    pub(crate) fn limits(&self) -> &Limits {
        &self.limits
    }

    pub(crate) fn metrics(&self) -> &Metrics {
        &self.metrics
    }

    pub(crate) fn places(&self) -> &Arc<Semaphore> {
        &self.places
    }

    pub(crate) fn searches(&self) -> &Arc<Semaphore> {
        &self.searches
    }

    pub(crate) fn body_kib(&self) -> &Arc<Semaphore> {
        &self.body_kib
    }

    /// Waits for the turn to write to a config: who writes at once would only be refused and try again.
    pub(crate) async fn turn(&self, config: &ConfigName) -> OwnedMutexGuard<()> {
        let lock = {
            let mut writing = self.writing.lock().unwrap_or_else(|poisoned| poisoned.into_inner());
            match writing.get(config).and_then(Weak::upgrade) {
                Some(lock) => lock,
                None => {
                    if writing.len() >= MOST_TURNS {
                        writing.retain(|_, lock| lock.strong_count() > 0);
                    }
                    let lock = Arc::new(tokio::sync::Mutex::new(()));
                    writing.insert(config.clone(), Arc::downgrade(&lock));
                    lock
                }
            }
        };
        lock.lock_owned().await
    }

    /// Runs what may wait for the disk.
    pub(crate) async fn blocking<T: Send + 'static>(
        &self,
        run: impl FnOnce() -> T + Send + 'static,
    ) -> Result<T, Problem> {
        let done = tokio::task::spawn_blocking(run).await;
        done.map_err(|error| {
            tracing::error!(error = %error, "a request was given up");
            Problem::new(axum::http::StatusCode::INTERNAL_SERVER_ERROR, "the server could not carry this out")
        })
    }

    /// Tells all that wait for something to come to an end.
    pub(crate) fn end(&self) {
        self.ending.send_replace(true);
    }

    pub(crate) fn is_ending(&self) -> bool {
        *self.ending.borrow()
    }

    pub(crate) fn shutdown(&self) -> watch::Receiver<bool> {
        self.ending.subscribe()
    }

    /// Looks whether the tokens were changed: done now and then.
    pub(crate) fn keep_up(&self) {
        if self.limits.is_due(Instant::now())
            && let Err(error) = self.tokens.refresh()
        {
            tracing::error!(error = %error, "the tokens can't be read; those that were known still count");
        }
    }

    /// Whether a caller's token still counts.
    pub(crate) fn still_counts(&self, caller: &Caller) -> bool {
        match &caller.token {
            Some(id) => self.tokens.get(id).is_some_and(|token| token.is_valid(now())),
            None => true,
        }
    }

    /// Whether a caller may still do something with a config.
    pub(crate) fn still_may(&self, caller: &Caller, role: Role, config: &ConfigName) -> bool {
        match &caller.token {
            Some(id) => self.tokens.get(id).is_some_and(|token| {
                token.is_valid(now()) && token.grants.iter().any(|grant| grant.allows(role, config, None))
            }),
            None => true,
        }
    }

    /// How things are called in the answer to a request.
    pub(crate) fn names(&self, call: &Call) -> Names<'_> {
        Names { now: call.now, store: &self.store }
    }

    /// The problem that an error is.
    pub(crate) fn problem(&self, error: &Error, call: &Call) -> Problem {
        let expects =
            [header::IF_MATCH, header::IF_NONE_MATCH].iter().any(|name| call.headers.contains_key(name));
        match error {
            // The names of what one may not read are told to nobody.
            Error::UnknownConfig { config, near } => {
                let near =
                    near.iter().filter(|name| call.caller.may(Role::Read, name, None)).cloned().collect();
                self.names(call).problem(&Error::UnknownConfig { config: config.clone(), near }, expects)
            }
            error => self.names(call).problem(error, expects),
        }
    }

    /// Where the config stands that the path names; it must have a history.
    pub(crate) fn known_state(&self, call: &Call) -> Result<State, Problem> {
        let config = call.config()?;
        self.store.known_state(&config).map_err(|error| self.problem(&error, call))
    }
}

/// How many configs may be written to before what is not needed any more is thrown away.
const MOST_TURNS: usize = 4096;

/// What time it is: asked here, and told to all that need it.
pub(crate) fn now() -> Timestamp {
    SystemTime::now().into()
}

/// Why a server can't begin.
#[derive(Debug)]
pub enum StartError {
    /// Its tokens can't be read.
    Tokens(crate::access::TokenError),
    /// The system refuses.
    Thread(std::io::Error),
    /// It can't listen there.
    Listen(std::io::Error),
    /// The certificate or its key can't be used.
    Tls(String),
}

impl std::fmt::Display for StartError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Tokens(error) => write!(f, "the tokens can't be read: {error}"),
            Self::Thread(error) => write!(f, "the server can't begin: {error}"),
            Self::Listen(error) => write!(f, "the server can't listen: {error}"),
            Self::Tls(why) => write!(f, "the certificate can't be used: {why}"),
        }
    }
}

impl std::error::Error for StartError {}
