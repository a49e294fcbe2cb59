//! A backend in a PostgreSQL database, or in what speaks its protocol: one row a record, which is only ever inserted.
//!
//! Of two writers that insert the same `(config, log, number)` the primary key lets one in. The commit of that insertion
//! is the commit point; what can be read is durable, so that nothing need be settled.

mod connect;
mod packs;
mod schema;

use std::collections::HashSet;
use std::fmt;
use std::sync::Mutex;
use std::time::Duration;

use deadpool_postgres::Pool;
use tokio_postgres::Row;
use tokio_postgres::error::SqlState;
use vconf::backend::{
    self, Backend, BackendError, BackendErrorKind, Creation, Extent, FORMAT, Log, Notes, OpenError,
    SettingsFile, Slot,
};
use vconf::canonical::checksum;
use vconf::model::name::ConfigName;
use vconf::model::record::MAX_NUMBER;

use crate::bridge::Bridge;
use crate::trouble::{Outcome, Trouble};
use connect::{STATEMENT_LIMIT, Target, Value};

/// Keeps each record as a row.
pub struct Postgres {
    bridge: Bridge,
    pool: Pool,
    /// What people may see of the address.
    place: String,
    /// The configs that are known to have a row of their own.
    named: Mutex<HashSet<ConfigName>>,
}

impl Postgres {
    /// Opens the store in a database, `postgres://USER@HOST/DATABASE`; `None` where there is none.
    pub fn open(url: &str) -> Result<Option<Self>, OpenError> {
        let (engine, target) = Self::connect(url)?;
        match engine.said() {
            Ok(Some(said)) => {
                engine.check(&said)?;
                Ok(Some(engine))
            }
            Ok(None) => Ok(None),
            Err(trouble) => Err(trouble.failed(target.place).into_open()),
        }
    }

    /// Creates a store in a database, or opens the one that is there.
    pub fn create(url: &str) -> Result<Self, OpenError> {
        let (engine, target) = Self::connect(url)?;
        let failed = |trouble: Trouble| trouble.failed(target.place.clone()).into_open();
        let said = match engine.said().map_err(failed)? {
            Some(said) => said,
            None => {
                engine.make_tables(&target.schema).map_err(failed)?;
                engine.said().map_err(failed)?.unwrap_or_default()
            }
        };
        engine.check(&said)?;
        Ok(engine)
    }

    fn connect(url: &str) -> Result<(Self, Target), OpenError> {
        let failed = |trouble: Trouble| trouble.failed(crate::address::without_secrets(url)).into_open();
        let target = Target::parse(url).map_err(failed)?;
        let bridge = Bridge::new().map_err(|error| failed(Trouble::new(Outcome::Refused, error)))?;
        let pool = target.pool().map_err(failed)?;
        let place = target.place.clone();
        Ok((Self { bridge, pool, place, named: Mutex::default() }, target))
    }

    /// What the store says of itself; `None` where there are no tables.
    fn said(&self) -> Result<Option<Vec<(String, String)>>, Trouble> {
        let pool = self.pool.clone();
        let read = async move {
            let client = connect::client(&pool).await?;
            match client.query(schema::DESCRIBE, &[]).await {
                Ok(rows) => rows
                    .iter()
                    .map(|row| Ok((column(row, 0)?, column(row, 1)?)))
                    .collect::<Result<Vec<_>, _>>()
                    .map(Some),
                Err(error) => match error.code() {
                    Some(&SqlState::UNDEFINED_TABLE | &SqlState::INVALID_SCHEMA_NAME) => Ok(None),
                    _ => Err(connect::trouble(&error, Outcome::NotYet)),
                },
            }
        };
        let said = self.wait(read)?;
        // Tables that do not say what they are were not made to their end.
        Ok(said.filter(|said| said.iter().any(|(what, _)| what == FORMAT_SAID)))
    }

    /// Whether the store is one that this program reads and writes.
    fn check(&self, said: &[(String, String)]) -> Result<(), OpenError> {
        let number = |name: &str| {
            let value = said.iter().find(|(what, _)| what == name).map(|(_, value)| value.parse::<u32>());
            value.and_then(Result::ok)
        };
        let (Some(format), Some(layout)) = (number(FORMAT_SAID), number(LAYOUT_SAID)) else {
            let trouble = Trouble::refused("the table store does not say what it is");
            return Err(trouble.failed(self.place.clone()).into_open());
        };
        match format.max(FORMAT) {
            FORMAT if layout <= schema::LAYOUT => Ok(()),
            FORMAT => Err(OpenError::Newer(layout)),
            newer => Err(OpenError::Newer(newer)),
        }
    }

    /// Makes the tables. Any number of processes may be at it.
    fn make_tables(&self, schema: &str) -> Result<(), Trouble> {
        let make = format!("CREATE SCHEMA IF NOT EXISTS {schema};{}", schema::CREATE);
        let pool = self.pool.clone();
        self.wait(async move {
            let mut pauses = MAKING_PAUSES.iter();
            loop {
                let client = connect::client(&pool).await?;
                let encoding = client.query("SHOW server_encoding", &[]).await;
                let encoding = encoding.map_err(|error| connect::trouble(&error, Outcome::NotYet))?;
                let encoding =
                    encoding.first().map(|row| column::<String>(row, 0)).transpose()?.unwrap_or_default();
                if !["UTF8", "UTF-8"].contains(&&*encoding.to_ascii_uppercase()) {
                    return Err(Trouble::refused(format!(
                        "the database is in {encoding}, and names need UTF8"
                    )));
                }
                match client.batch_execute(&make).await {
                    Ok(()) => return Ok(()),
                    // Two that make the same table at once are in each other's way.
                    Err(error) => match pauses.next() {
                        Some(pause) if is_rivalry(&error) => tokio::time::sleep(*pause).await,
                        _ => return Err(connect::trouble(&error, Outcome::NotYet)),
                    },
                }
            }
        })?;
        let id = random_id().map_err(|error| Trouble::new(Outcome::Refused, error))?;
        let (format, layout) = (FORMAT.to_string(), schema::LAYOUT.to_string());
        // The format comes last: where it is, all is.
        for (what, value) in [("id", id), (LAYOUT_SAID, layout), (FORMAT_SAID, format)] {
            self.rows(schema::SAY, vec![Box::new(what), Box::new(value)])?;
        }
        Ok(())
    }

    fn wait<T: Send + 'static>(
        &self,
        future: impl Future<Output = Result<T, Trouble>> + Send + 'static,
    ) -> Result<T, Trouble> {
        self.bridge.wait(STATEMENT_LIMIT, future).map_err(|error| Trouble::new(Outcome::Unknown, error))?
    }

    fn rows(&self, statement: &'static str, values: Vec<Value>) -> Result<Vec<Row>, Trouble> {
        let pool = self.pool.clone();
        self.wait(async move { connect::rows(&pool, statement, &values, &PAUSES).await })
    }

    fn is_named(&self, config: &ConfigName) -> bool {
        self.named.lock().unwrap_or_else(|poisoned| poisoned.into_inner()).contains(config)
    }

    fn now_named(&self, config: &ConfigName) {
        let mut named = self.named.lock().unwrap_or_else(|poisoned| poisoned.into_inner());
        if named.len() >= MOST_NAMED {
            named.clear();
        }
        named.insert(config.clone());
    }

    fn describe_log(&self, config: &ConfigName, log: Log) -> String {
        let log = if log == Log::Refs { "refs" } else { "versions" };
        format!("the {log} of {config} in {}", self.place)
    }
}

impl fmt::Debug for Postgres {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Postgres({})", self.place)
    }
}

impl Backend for Postgres {
    fn create(&self, slot: &Slot<'_>, bytes: &[u8]) -> Result<Creation, BackendError> {
        let object = || self.describe(slot);
        if bytes.len() > MAX_ROW_BYTES {
            return Err(Trouble::refused("it is longer than a row can be, which is 1 GB").failed(object()));
        }
        let mut values = place_of(slot);
        values.push(Box::new(bytes.to_vec()));
        let is_named = self.is_named(slot.config);
        let statement = if is_named { schema::CREATE_RECORD } else { schema::CREATE_FIRST };
        if !is_named {
            values.push(Box::new(slot.config.as_str().to_owned()));
        }
        let rows = self.rows(statement, values).map_err(|trouble| trouble.uncreated(object()))?;
        if !is_named {
            self.now_named(slot.config);
        }
        Ok(if rows.is_empty() { Creation::Taken } else { Creation::Created })
    }

    fn read(&self, slot: &Slot<'_>, extent: Extent) -> Result<Option<Vec<u8>>, BackendError> {
        let mut values = place_of(slot);
        let statement = match extent {
            Extent::Whole => schema::READ,
            Extent::Prefix(limit) => {
                values.push(Box::new(i32::try_from(limit).unwrap_or(i32::MAX)));
                schema::READ_PREFIX
            }
        };
        let rows = self.rows(statement, values).and_then(|rows| first(&rows));
        rows.map_err(|trouble| trouble.failed(self.describe(slot)))
    }

    fn exists(&self, slot: &Slot<'_>) -> Result<bool, BackendError> {
        let rows = self.rows(schema::EXISTS, place_of(slot));
        rows.map(|rows| !rows.is_empty()).map_err(|trouble| trouble.failed(self.describe(slot)))
    }

    fn list(&self, config: &ConfigName, log: Log) -> Result<Vec<u64>, BackendError> {
        let failed = |trouble: Trouble| trouble.failed(self.describe_log(config, log));
        let mut numbers: Vec<u64> = Vec::new();
        loop {
            let mut values = place_of(&Slot { config, log, number: numbers.last().copied().unwrap_or(0) });
            values.push(Box::new(ROWS_AT_ONCE));
            let rows = self.rows(schema::LIST, values).map_err(failed)?;
            for row in &rows {
                numbers.push(number(row, 0).map_err(failed)?);
            }
            if (rows.len() as i64) < ROWS_AT_ONCE {
                return Ok(numbers);
            }
        }
    }

    fn last(&self, config: &ConfigName, log: Log, seen: Option<u64>) -> Result<Option<u64>, BackendError> {
        let mut values = place_of(&Slot { config, log, number: seen.unwrap_or(0) });
        values.push(Box::new(MAX_NUMBER as i64));
        let last = self
            .rows(schema::LAST, values)
            .and_then(|rows| rows.first().map(|row| number(row, 0)).transpose());
        last.map_err(|trouble| trouble.failed(self.describe_log(config, log)))
    }

    fn remove(&self, slot: &Slot<'_>) -> Result<(), BackendError> {
        let removed = self.rows(schema::REMOVE, place_of(slot));
        removed.map(drop).map_err(|trouble| trouble.failed(self.describe(slot)))
    }

    fn configs(&self) -> Result<Vec<ConfigName>, BackendError> {
        let failed = |trouble: Trouble| trouble.failed(self.place.clone());
        let rows = self.rows(schema::CONFIGS, Vec::new()).map_err(failed)?;
        let mut configs = Vec::new();
        for row in &rows {
            let name: String = column(row, 0).map_err(failed)?;
            // What is no name was not put there by us.
            configs.extend(ConfigName::new(&name).ok());
        }
        configs.sort_unstable();
        Ok(configs)
    }

    fn describe(&self, slot: &Slot<'_>) -> String {
        let log = if slot.log == Log::Refs { 'r' } else { 'v' };
        format!("{} {log}{} in {}", slot.config, slot.number, self.place)
    }

    fn settings(&self) -> Result<Option<SettingsFile>, BackendError> {
        let object = format!("the settings in {}", self.place);
        let text = self.rows(schema::SETTINGS, Vec::new()).and_then(|rows| first::<String>(&rows));
        let text = text.map_err(|trouble| trouble.failed(object.clone()))?;
        Ok(text.map(|text| SettingsFile { object, bytes: text.into_bytes() }))
    }

    fn create_settings(&self, bytes: &[u8]) -> Result<bool, BackendError> {
        let object = || format!("the settings in {}", self.place);
        let Ok(text) = String::from_utf8(bytes.to_vec()) else {
            return Err(Trouble::refused("they are not UTF-8").failed(object()));
        };
        let rows = self.rows(schema::SAY, vec![Box::new("settings"), Box::new(text)]);
        rows.map(|rows| !rows.is_empty()).map_err(|trouble| trouble.failed(object()))
    }

    fn notes(&self) -> Option<&dyn Notes> {
        Some(self)
    }

    fn packs(&self) -> Option<&dyn backend::Packs> {
        Some(self)
    }
}

impl Notes for Postgres {
    fn remember(&self, config: &ConfigName, log: Log, note: &[u8]) -> Result<(), BackendError> {
        // In one message, and without waiting for the disk: a note may be lost, and the next one comes soon.
        let sql = format!(
            "BEGIN; SET LOCAL synchronous_commit = off; \
             INSERT INTO notes (config, log, note) VALUES (convert_from('\\x{}'::bytea, 'UTF8'), {}, '\\x{}'::bytea) \
             ON CONFLICT (config, log) DO UPDATE SET note = excluded.note; COMMIT",
            hex(key(config).as_bytes()),
            log_number(log),
            hex(note)
        );
        let pool = self.pool.clone();
        let noted = self.wait(async move {
            let client = connect::client(&pool).await?;
            let noted = client.batch_execute(&sql).await;
            if noted.is_err() {
                // What was begun ends with the connection.
                drop(deadpool_postgres::Object::take(client));
            }
            noted.map_err(|error| connect::trouble(&error, Outcome::NotYet))
        });
        noted.map_err(|trouble| trouble.failed(self.describe_log(config, log)))
    }

    fn recall(&self, config: &ConfigName, log: Log) -> Result<Option<Vec<u8>>, BackendError> {
        let values: Vec<Value> = vec![Box::new(key(config)), Box::new(log_number(log))];
        let note = self.rows(schema::RECALL, values).and_then(|rows| first(&rows));
        note.map_err(|trouble| trouble.failed(self.describe_log(config, log)))
    }
}

/// A failure to open a store.
trait IntoOpen {
    fn into_open(self) -> OpenError;
}

impl IntoOpen for BackendError {
    fn into_open(self) -> OpenError {
        OpenError::Backend(BackendError { kind: BackendErrorKind::Failed, ..self })
    }
}

/// What a config is found under: its name, or its checksum where that is too long for an index. No name begins so.
fn key(config: &ConfigName) -> String {
    let name = config.as_str();
    if name.len() <= MAX_KEY_BYTES { name.to_owned() } else { format!("//{}", checksum(name.as_bytes())) }
}

fn place_of(slot: &Slot<'_>) -> Vec<Value> {
    vec![Box::new(key(slot.config)), Box::new(log_number(slot.log)), Box::new(signed(slot.number))]
}

fn log_number(log: Log) -> i16 {
    match log {
        Log::Versions => 0,
        Log::Refs => 1,
    }
}

/// Numbers that are no record's are larger than any that is there.
fn signed(number: u64) -> i64 {
    i64::try_from(number).unwrap_or(i64::MAX)
}

fn first<'a, T: tokio_postgres::types::FromSql<'a>>(rows: &'a [Row]) -> Result<Option<T>, Trouble> {
    rows.first().map(|row| column(row, 0)).transpose()
}

fn column<'a, T: tokio_postgres::types::FromSql<'a>>(row: &'a Row, at: usize) -> Result<T, Trouble> {
    row.try_get(at).map_err(|error| Trouble::refused(error.to_string()))
}

fn number(row: &Row, at: usize) -> Result<u64, Trouble> {
    let number: i64 = column(row, at)?;
    u64::try_from(number).map_err(|_| Trouble::refused(format!("{number} is no number of a record")))
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// Whether another process makes the same tables.
fn is_rivalry(error: &tokio_postgres::Error) -> bool {
    [
        SqlState::UNIQUE_VIOLATION,
        SqlState::DUPLICATE_TABLE,
        SqlState::DUPLICATE_SCHEMA,
        SqlState::DUPLICATE_OBJECT,
        SqlState::T_R_SERIALIZATION_FAILURE,
        SqlState::T_R_DEADLOCK_DETECTED,
    ]
    .iter()
    .any(|code| error.code() == Some(code))
}

fn random_id() -> std::io::Result<String> {
    let mut bytes = [0; 16];
    getrandom::fill(&mut bytes).map_err(|error| std::io::Error::other(error.to_string()))?;
    Ok(hex(&bytes))
}

const FORMAT_SAID: &str = "format";
const LAYOUT_SAID: &str = "layout";

/// How long a name may be as a part of a key: an index of PostgreSQL takes 2,700 bytes.
const MAX_KEY_BYTES: usize = 1000;

/// How long a record may be: a row of PostgreSQL and the message that brings it take 1 GB.
const MAX_ROW_BYTES: usize = 1_000_000_000;

/// Of how many configs it is kept in mind that they have a row.
const MOST_NAMED: usize = 10_000;

/// How many numbers are listed at once.
const ROWS_AT_ONCE: i64 = 10_000;

/// How long to wait before a statement is made once more: an engine that was killed is there again after seconds.
const PAUSES: [Duration; 5] = [
    Duration::from_millis(20),
    Duration::from_millis(200),
    Duration::from_millis(800),
    Duration::from_secs(2),
    Duration::from_secs(5),
];

/// How long to wait before tables are made once more.
const MAKING_PAUSES: [Duration; 4] = [
    Duration::from_millis(50),
    Duration::from_millis(100),
    Duration::from_millis(300),
    Duration::from_secs(1),
];
