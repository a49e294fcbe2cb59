//! Connections: where to, how they are encrypted, and how a statement is made on one.

use std::io;
use std::net::IpAddr;
use std::time::Duration;

use deadpool_postgres::{
    Hook, HookError, Manager, ManagerConfig, Object, Pool, PoolError, RecyclingMethod, Runtime,
};
use tokio_postgres::config::{Host, SslMode};
use tokio_postgres::error::SqlState;
use tokio_postgres::types::ToSql;
use tokio_postgres::{Config, NoTls, Row};
use tokio_postgres_rustls::MakeRustlsConnect;

use crate::address::without_secrets;
use crate::tls;
use crate::trouble::{Outcome, Trouble};

/// A value that goes into a statement.
pub(super) type Value = Box<dyn ToSql + Send + Sync>;

/// What an address says.
pub(super) struct Target {
    config: Config,
    /// The schema that has the tables.
    pub(super) schema: String,
    /// A file of certificates to trust in place of the system's.
    roots: Option<String>,
    /// What people may see of the address.
    pub(super) place: String,
}

impl Target {
    /// Takes an address apart. What is ours among its parameters is `schema` and `sslrootcert`.
    pub(super) fn parse(url: &str) -> Result<Self, Trouble> {
        let (base, query) = url.split_once('?').unwrap_or((url, ""));
        let (mut schema, mut roots, mut has_mode) = ("vconf".to_owned(), None, false);
        let mut rest = Vec::new();
        for parameter in query.split('&').filter(|parameter| !parameter.is_empty()) {
            match parameter.split_once('=') {
                Some(("schema", name)) => schema = name.to_owned(),
                Some(("sslrootcert", path)) => roots = Some(percent_decoded(path)),
                // What is encrypted is always verified, so that these ask for no more.
                Some(("sslmode", "verify-full" | "verify-ca")) => {
                    has_mode = true;
                    rest.push("sslmode=require");
                }
                Some(("sslmode", _)) => {
                    has_mode = true;
                    rest.push(parameter);
                }
                _ => rest.push(parameter),
            }
        }
        if !is_schema_name(&schema) {
            return Err(Trouble::refused(format!(
                "the schema {schema:?} is not made of lower-case letters, digits and _"
            )));
        }
        let plain = if rest.is_empty() { base.to_owned() } else { format!("{base}?{}", rest.join("&")) };
        let mut config: Config = plain.parse().map_err(|error| Trouble::refused(told(&error)))?;
        if !has_mode {
            let is_near = config.get_hosts().iter().all(is_near);
            config.ssl_mode(if is_near { SslMode::Disable } else { SslMode::Require });
        }
        config.application_name("vconf").connect_timeout(CONNECT_LIMIT);
        config.tcp_user_timeout(STATEMENT_LIMIT);
        let place = without_secrets(url);
        Ok(Self { config, schema, roots, place })
    }

    /// Makes a pool of connections; none is made yet.
    pub(super) fn pool(&self) -> Result<Pool, Trouble> {
        let options = ManagerConfig { recycling_method: RecyclingMethod::Fast };
        let manager = match self.config.get_ssl_mode() {
            SslMode::Disable => Manager::from_config(self.config.clone(), NoTls, options),
            _ => Manager::from_config(
                self.config.clone(),
                MakeRustlsConnect::new(tls::config(self.roots.as_deref())?),
                options,
            ),
        };
        // What is reported as created must be durable, whatever is the rule in the database.
        let prepare = format!(
            "SET search_path = {}; SELECT set_config('synchronous_commit', 'on', false) \
             WHERE current_setting('synchronous_commit') = 'off'",
            self.schema
        );
        let hook = Hook::async_fn(move |client, _| {
            let prepare = prepare.clone();
            Box::pin(async move { client.batch_execute(&prepare).await.map_err(HookError::Backend) })
        });
        Pool::builder(manager)
            .max_size(MOST_CONNECTIONS)
            .runtime(Runtime::Tokio1)
            .wait_timeout(Some(STATEMENT_LIMIT))
            .create_timeout(Some(CONNECT_LIMIT))
            .post_create(hook)
            .build()
            .map_err(|error| Trouble::refused(error.to_string()))
    }
}

/// Makes one statement, and once more where it may help: each of ours may be made again.
///
/// Where an answer was lost and none of the later ones is one, it is not known what was done.
pub(super) async fn rows(
    pool: &Pool,
    statement: &'static str,
    values: &[Value],
    pauses: &[Duration],
) -> Result<Vec<Row>, Trouble> {
    let mut is_lost = false;
    let mut pauses = pauses.iter();
    loop {
        let trouble = match attempt(pool, statement, values).await {
            Ok(rows) => return Ok(rows),
            Err(trouble) => trouble,
        };
        is_lost |= trouble.outcome == Outcome::Unknown;
        match (trouble.outcome, pauses.next()) {
            (Outcome::NotYet | Outcome::Unknown, Some(pause)) => tokio::time::sleep(*pause).await,
            _ if is_lost => return Err(Trouble { outcome: Outcome::Unknown, ..trouble }),
            _ => return Err(trouble),
        }
    }
}

async fn attempt(pool: &Pool, statement: &'static str, values: &[Value]) -> Result<Vec<Row>, Trouble> {
    let client = client(pool).await?;
    let prepared =
        client.prepare_cached(statement).await.map_err(|error| trouble(&error, Outcome::NotYet))?;
    let values: Vec<&(dyn ToSql + Sync)> = values.iter().map(|value| &**value as _).collect();
    client.query(&prepared, &values).await.map_err(|error| trouble(&error, Outcome::Unknown))
}

/// Takes a connection that nobody uses.
pub(super) async fn client(pool: &Pool) -> Result<Object, Trouble> {
    pool.get().await.map_err(|error| match error {
        PoolError::Backend(error) | PoolError::PostCreateHook(HookError::Backend(error)) => {
            trouble(&error, Outcome::NotYet)
        }
        error => Trouble::new(Outcome::NotYet, io::Error::other(error.to_string())),
    })
}

/// What is known after an error: `lost` where the connection broke.
pub(super) fn trouble(error: &tokio_postgres::Error, lost: Outcome) -> Trouble {
    let outcome = match error.code() {
        Some(code) if is_of_moment(code) => Outcome::NotYet,
        // The server ends, or says that it does not know.
        Some(code) if code.code().starts_with("57P") || code.code().starts_with("08") => lost,
        Some(&SqlState::T_R_STATEMENT_COMPLETION_UNKNOWN) => lost,
        Some(_) => Outcome::Refused,
        None if is_of_connection(error) => lost,
        None => Outcome::Refused,
    };
    Trouble::new(outcome, io::Error::other(told(error)))
}

/// Whether it goes away by itself, and nothing was done: the engine starts, has too many users, or two transactions
/// were in each other's way.
fn is_of_moment(code: &SqlState) -> bool {
    [
        SqlState::T_R_SERIALIZATION_FAILURE,
        SqlState::T_R_DEADLOCK_DETECTED,
        SqlState::CANNOT_CONNECT_NOW,
        SqlState::TOO_MANY_CONNECTIONS,
    ]
    .contains(code)
}

fn is_of_connection(error: &tokio_postgres::Error) -> bool {
    let mut cause: Option<&dyn std::error::Error> = Some(error);
    while let Some(error) = cause {
        if error.is::<io::Error>() {
            return true;
        }
        cause = error.source();
    }
    error.is_closed() || error.to_string().contains("connect")
}

/// An error with its causes, on one line.
fn told(error: &tokio_postgres::Error) -> String {
    if let Some(error) = error.as_db_error() {
        return [Some(error.message()), error.detail(), error.hint()]
            .into_iter()
            .flatten()
            .collect::<Vec<_>>()
            .join("; ");
    }
    let mut text = error.to_string();
    let mut cause = std::error::Error::source(error);
    while let Some(error) = cause {
        let told = error.to_string();
        if !text.ends_with(&told) {
            text = format!("{text}: {told}");
        }
        cause = error.source();
    }
    text
}

/// Whether nobody can listen on the way there.
fn is_near(host: &Host) -> bool {
    match host {
        Host::Unix(_) => true,
        Host::Tcp(name) => {
            name == "localhost" || name.parse::<IpAddr>().is_ok_and(|address| address.is_loopback())
        }
    }
}

fn is_schema_name(name: &str) -> bool {
    let is_start = |c: char| c.is_ascii_lowercase() || c == '_';
    name.len() <= 63 && name.starts_with(is_start) && name.chars().all(|c| is_start(c) || c.is_ascii_digit())
}

fn percent_decoded(text: &str) -> String {
    let mut bytes = Vec::new();
    let mut rest = text.as_bytes();
    while let Some((&byte, after)) = rest.split_first() {
        let hex = after.get(..2).and_then(|hex| std::str::from_utf8(hex).ok());
        match (byte, hex.and_then(|hex| u8::from_str_radix(hex, 16).ok())) {
            (b'%', Some(decoded)) => {
                bytes.push(decoded);
                rest = &after[2..];
            }
            _ => {
                bytes.push(byte);
                rest = after;
            }
        }
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

/// How long making a connection may take.
pub(super) const CONNECT_LIMIT: Duration = Duration::from_secs(15);

/// How long a statement may take, with waiting for a connection and making it again.
pub(super) const STATEMENT_LIMIT: Duration = Duration::from_secs(60);

/// How many connections there are at most: what else comes waits for one.
const MOST_CONNECTIONS: usize = 16;
